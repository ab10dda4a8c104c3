//! Nothing that the barrier is told in confidence shows, whatever it waits for and however that ends.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::json;
use wiremock::{Mock, MockServer, Request, ResponseTemplate, matchers::any};

use super::{run, wait_for};

const CANARY: &str = "KanarieRr6&<w>";

/// Everything that the program says, at every level of its log and in both forms.
async fn said(arguments: &[&str], environment: &[(&str, String)]) -> (i32, String) {
    let (mut codes, mut all) = (Vec::new(), String::new());
    for form in ["text", "json"] {
        let mut command = wait_for(arguments);
        command.args(["--timeout", "200ms", "--output", form, "--log-format", form]);
        command.env("RUST_LOG", "trace").envs(environment.iter().map(|(name, text)| (name, text)));
        let (code, stdout, stderr) = run(command).await;
        codes.push(code);
        all.push_str(&stdout);
        all.push_str(&stderr);
    }
    assert_eq!(codes[0], codes[1]);
    (codes[0], all)
}

fn expect_no_canary(said: &str) {
    let coded = STANDARD.encode(format!("user:{CANARY}"));
    for spelling in
        [CANARY, "KanarieR", "r6&<w>", "KanarieRr6&amp;&lt;w&gt;", "KanarieRr6%26%3Cw%3E", &coded[..coded.len() - 4]]
    {
        assert!(!said.contains(spelling), "{spelling} in {said}");
    }
}

/// A server that quotes the request, and what its credentials decode to, in an answer of this status.
async fn quoting(status: u16) -> MockServer {
    let server = MockServer::start().await;
    let answer = move |request: &Request| {
        let words = format!("{:?} {} user:{CANARY}", request.headers, String::from_utf8_lossy(&request.body));
        let template = ResponseTemplate::new(status).insert_header("x-quote", "user:KanarieRr6");
        template.set_body_json(json!({"status": words, "error": words, "message": words, "realm": words}))
    };
    Mock::given(any()).respond_with(answer).mount(&server).await;
    server
}

#[tokio::test]
async fn no_secret_leaves_the_barrier_when_a_server_quotes_it() {
    let basic = format!("Authorization: Basic {}", STANDARD.encode(format!("user:{CANARY}")));
    let bearer = format!("Authorization: Bearer {CANARY}");
    for status in [200, 302, 400, 401, 403, 404, 500, 503] {
        let server = quoting(status).await;
        let realm = format!("keycloak:{}/realms/otomi", server.uri());
        let (harbor, gitea) = (format!("harbor:{}", server.uri()), format!("gitea:{}", server.uri()));
        let token = format!("{}/ready?access_token=KanarieRr6w", server.uri());
        let environment = [("TOKEN", format!("Bearer {CANARY}")), ("EVENKEEL_CLIENT_SECRET", CANARY.to_owned())];
        for arguments in [
            &["--header", basic.as_str(), &server.uri(), &harbor, &gitea][..],
            &["--header", &bearer, "--json", "/status=ready", &server.uri()],
            &["--header-from-env", "Authorization=TOKEN", "--answer-header", "x-quote: ready", &server.uri()],
            &["--client-id", "otomi", &realm],
            &[&token],
        ] {
            let (_, said) = said(arguments, &environment).await;
            expect_no_canary(&said);
            assert!(!said.contains("KanarieRr6w"), "{said}");
        }
    }
}

#[tokio::test]
async fn what_is_written_wrong_on_the_command_line_is_not_repeated_where_it_may_be_a_secret() {
    let with_equals_sign = format!("Authorization=Bearer {CANARY}");
    let target = format!("http://user:{CANARY}@host.invalid/");
    let port = format!("tcp://user:{CANARY}@host.invalid:80");
    let realm = format!("keycloak:http://user:{CANARY}@host.invalid/realms/a");
    for (arguments, expected) in [
        (&["--header", with_equals_sign.as_str(), "tcp://a:1"][..], "`--header` number 1"),
        (&["--header", CANARY, "tcp://a:1"], "hint: write it as `NAME: VALUE`"),
        (&["--header-from-env", &with_equals_sign, "tcp://a:1"], "`--header-from-env` number 1"),
        (&[target.as_str()], "http://(secret)@host.invalid/"),
        (&[port.as_str()], "tcp://(secret)@host.invalid:80"),
        (&[realm.as_str()], "keycloak:http://(secret)@host.invalid/realms/a"),
    ] {
        let (code, said) = said(arguments, &[]).await;
        assert_eq!(code, 64, "{said}");
        assert!(said.contains(expected), "{said}");
        expect_no_canary(&said);
    }
}

#[tokio::test]
async fn a_barrier_of_the_values_reaches_no_secret_that_it_may_not() {
    let folder = tempfile::tempdir().unwrap();
    let values = folder.path().join("values.yaml");
    let text =
        "platform: {name: demo}\nbarriers: {a: [{http: 'http://host.invalid/', headers: {X-Key: {fromEnv: TOKEN}}}]}\n";
    std::fs::write(&values, text).unwrap();
    let arguments = ["--values", values.to_str().unwrap(), "--barrier", "a"];
    let environment = |limit: &str| [("TOKEN", CANARY.to_owned()), ("EVENKEEL_SECRETS_FROM_ENV", limit.to_owned())];
    let (code, refused) = said(&arguments, &environment("OTHER_*")).await;
    assert_eq!(code, 78, "{refused}");
    assert!(refused.contains("environment variable `TOKEN` is out of the values' reach"), "{refused}");
    assert_eq!(said(&arguments, &environment("OTHER_*,TOK*")).await.0, 69);
    // An empty list allows nothing.
    assert_eq!(said(&arguments, &environment("")).await.0, 78);
}
