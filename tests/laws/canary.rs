//! Law 7: secrets never leave. The program runs with secrets that are easy to recognise, logs all it can, and nothing that
//! it writes anywhere may hold one of them, in any spelling, whatever the server does.

use std::{collections::BTreeSet, net::TcpListener, process::Command};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::Value;

use crate::{
    program::Program,
    proxy::{Manner, Proxy, Seen, Which},
    spellings::{Canary, Spelling},
    subject::Subject,
};

/// The program's output formats, by turns.
const FORMS: [&[&str]; 2] =
    [&["--log-format", "json", "--output", "json"], &["--log-format", "text", "--output", "text"]];

/// Where secrets that the task has made are kept: of those, only there.
const VAULT: &str = "out/inventory.secrets.json";

/// Everything goes well: planning, applying, applying again.
pub(crate) async fn no_secret_leaves_when_all_is_well<S: Subject>() {
    for form in FORMS {
        let subject = S::start();
        let proxy = Proxy::before(&subject.urls()).await;
        let program = Program::<S>::new(&S::values(proxy.urls()));
        for command in ["plan", "check", "apply", "apply", "plan"] {
            let said = expect_no_secret(&program, &proxy, program.command(command, form), &["0"]).await;
            assert!(String::from_utf8_lossy(&said).contains("TRACE"), "the program logs all it can");
        }
        assert!(program.files().contains_key("out/inventory.jsonl"));
    }
}

/// A server that quotes what it was sent, credentials and bodies, in failures of every kind. That the quotes reach the log at
/// all shows in what stands there in place of the secrets.
pub(crate) async fn no_secret_leaves_when_the_server_quotes_it<S: Subject>() {
    for which in [Which::Logins, Which::Reads, Which::Writes, Which::SecretWrites] {
        if which == Which::Logins && !S::LOGS_IN {
            continue;
        }
        let mut masked = 0;
        for (turn, status) in [400, 401, 403, 409, 500, 503].into_iter().enumerate() {
            let said = expect_no_secret_with::<S>(Manner::Echo(which, status), FORMS[turn % 2]).await;
            masked += String::from_utf8_lossy(&said).matches("(secret)").count();
        }
        assert!(masked > 0, "{which:?}: nothing of what the server quoted was logged");
    }
}

/// A server that remembers what it was sent, and quotes it in the answers to requests that hold nothing of it: all secrets so far, as they are,
/// decoded, escaped, or a half of them, in every kind of failure and to every kind of request.
pub(crate) async fn no_secret_leaves_when_the_server_remembers_it<S: Subject>() {
    for which in [Which::Logins, Which::Reads, Which::Writes] {
        if which == Which::Logins && !S::LOGS_IN {
            continue;
        }
        let mut masked = 0;
        for (turn, status) in [400, 403, 404, 409, 422, 500, 503].into_iter().enumerate() {
            let manner = Manner::Recall(which, status, S::SECRETS);
            let said = expect_no_secret_with::<S>(manner, FORMS[turn % 2]).await;
            masked += String::from_utf8_lossy(&said).matches("(secret)").count();
        }
        assert!(masked >= Spelling::ALL.len(), "{which:?}: not all of what the server remembered was logged");
    }
}

/// A server whose answers break off.
pub(crate) async fn no_secret_leaves_when_answers_break_off<S: Subject>() {
    for which in [Which::Logins, Which::Reads].into_iter().filter(|which| *which != Which::Logins || S::LOGS_IN) {
        for form in FORMS {
            expect_no_secret_with::<S>(Manner::Truncate(which), form).await;
        }
    }
}

/// Values that cannot be used, with a secret in the wrong place or in the wrong form: no message repeats it.
pub(crate) async fn no_secret_leaves_when_the_values_are_wrong<S: Subject>() {
    let subject = S::start();
    let proxy = Proxy::before(&subject.urls()).await;
    for (what, values) in S::broken_values(proxy.urls()) {
        let program = Program::<S>::new(&values);
        for form in FORMS {
            let ended = expect_no_secret(&program, &proxy, program.command("apply", form), &["65", "78"]).await;
            assert!(!ended.is_empty(), "{what}: nothing was said");
        }
    }
    assert!(proxy.seen().is_empty(), "a request was made with values that cannot be used");
}

async fn expect_no_secret_with<S: Subject>(manner: Manner, form: &[&str]) -> Vec<u8> {
    let subject = S::start();
    let proxy = Proxy::before(&subject.urls()).await;
    let program = Program::<S>::new(&S::values(proxy.urls()));
    proxy.behave(manner);
    let mut command = program.command("apply", form);
    // whoever asks for time does not get it here: the waiting is not what this is about
    command.args(["--timeout", "2s"]);
    expect_no_secret(&program, &proxy, command, &["1", "69", "75", "77", "78"]).await
}

/// Runs the program to its end and looks for secrets in everything that it wrote. Returns what it wrote to its outputs.
async fn expect_no_secret<S: Subject>(
    program: &Program<S>,
    proxy: &Proxy,
    mut command: Command,
    codes: &[&str],
) -> Vec<u8> {
    let arguments: Vec<u8> = command.get_args().flat_map(|argument| argument.as_encoded_bytes().to_vec()).collect();
    let output = tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap();
    let code = output.status.code().unwrap().to_string();
    assert!(codes.contains(&code.as_str()), "exit code {code}: {}", String::from_utf8_lossy(&output.stderr));
    let mut written = program.files();
    written.insert("standard output".to_owned(), output.stdout.clone());
    written.insert("standard error".to_owned(), output.stderr.clone());
    written.insert("arguments".to_owned(), arguments);
    let canaries = canaries::<S>(&proxy.seen());
    for (place, bytes) in written.iter().filter(|(place, _)| *place != VAULT) {
        for canary in &canaries {
            if let Some(spelling) = canary.found_in(bytes) {
                let text = String::from_utf8_lossy(bytes);
                panic!("{place} holds {} ({spelling}): {text}", canary.name());
            }
        }
    }
    [output.stdout, output.stderr].concat()
}

/// The secrets of the values, and every token, password and secret that went by.
fn canaries<S: Subject>(seen: &[Seen]) -> Vec<Canary> {
    let mut tokens: BTreeSet<String> = seen.iter().filter_map(|request| request.credential.clone()).collect();
    tokens.extend(seen.iter().filter_map(|request| password(request.credential.as_deref()?)));
    for request in seen {
        if let Ok(answer) = serde_json::from_slice::<Value>(&request.answer) {
            let fields = ["access_token", "refresh_token", "id_token", "secret"].into_iter();
            tokens.extend(fields.filter_map(|field| answer[field].as_str().map(str::to_owned)));
        }
    }
    let tokens = tokens.iter().map(|token| Canary::new("a token", token));
    S::SECRETS.iter().map(|(name, text)| Canary::new(name, text)).chain(tokens).collect()
}

/// The password of a credential that is user and password in base64.
fn password(credential: &str) -> Option<String> {
    let pair = String::from_utf8(STANDARD.decode(credential).ok()?).ok()?;
    Some(pair.split_once(':')?.1.to_owned())
}

/// A proxy that refuses its password and quotes it, decoded.
#[tokio::test]
async fn no_secret_leaves_when_a_proxy_refuses_and_quotes_its_password() {
    use std::io::{BufRead, BufReader, Write};

    use crate::keycloak::Keycloak;

    const PASSWORD: &str = "KanarieProxyQq3";
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let lines = BufReader::new(stream.try_clone().unwrap()).lines().map_while(Result::ok);
            let head: Vec<String> = lines.take_while(|line| !line.is_empty()).collect();
            let words = format!("{head:?} me:{PASSWORD}");
            let answer = format!(
                "HTTP/1.1 407 Proxy Authentication Required\r\nproxy-authenticate: Basic realm=\"{words:?}\"\r\n\
                 content-type: text/plain\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{words}",
                words.len()
            );
            // whoever leaves before the answer is none of our business
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    for url in ["http://keycloak.invalid", "https://keycloak.invalid"] {
        let subject = Keycloak::start();
        let program = Program::<Keycloak>::new(&Keycloak::values(&[url.to_owned()]));
        let proxy = Proxy::before(&subject.urls()).await;
        let mut command = program.command("apply", FORMS[1]);
        command.env("HTTP_PROXY", format!("http://me:{PASSWORD}@{address}"));
        command.env("HTTPS_PROXY", format!("http://me:{PASSWORD}@{address}"));
        command.args(["--timeout", "2s"]);
        let said = expect_no_secret(&program, &proxy, command, &["1", "69", "75", "77", "78"]).await;
        let canary = Canary::new("the proxy's password", PASSWORD);
        assert_eq!(canary.found_in(&said), None, "{}", String::from_utf8_lossy(&said));
    }
}
