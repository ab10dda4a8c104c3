use ::base64::{
    Engine,
    engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD},
};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::json;

use super::*;

/// With a character of every alphabet, and one for every escape.
const SECRET: &str = "Kanarie \"Zq9\"+/&x%41=<ü>";

fn knowing(secrets: &[&str]) -> Mask {
    let mask = Mask::default();
    secrets.iter().for_each(|secret| mask.learn(secret));
    mask
}

fn html(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('ü', "&#252;")
}

fn json_text(text: &str) -> String {
    json!(text).to_string().trim_matches('"').to_owned()
}

#[test]
fn a_secret_is_masked_in_every_spelling() {
    let mask = knowing(&[SECRET]);
    let percent = utf8_percent_encode(SECRET, NON_ALPHANUMERIC).to_string();
    let form = reqwest::Url::parse_with_params("form:/", [("", SECRET)]).unwrap();
    for spelling in [
        SECRET.to_owned(),
        json_text(SECRET),
        json_text(&json_text(SECRET)),
        format!("{SECRET:?}").trim_matches('"').to_owned(),
        percent.clone(),
        utf8_percent_encode(&percent, NON_ALPHANUMERIC).to_string(),
        form.query().unwrap()[1..].to_owned(),
        html(SECRET),
        html(&json_text(SECRET)),
        json_text(&html(SECRET)),
        STANDARD.encode(SECRET),
        STANDARD_NO_PAD.encode(SECRET),
        URL_SAFE.encode(SECRET),
        URL_SAFE_NO_PAD.encode(format!("a-user:{SECRET}")),
        STANDARD.encode(format!("user:{SECRET}")),
        STANDARD.encode(format!("us:{SECRET} and more")),
        STANDARD.encode(json!({"auths": {"harbor": {"auth": STANDARD.encode(format!("robot:{SECRET}"))}}}).to_string()),
        utf8_percent_encode(&STANDARD.encode(format!("user:{SECRET}")), NON_ALPHANUMERIC).to_string(),
    ] {
        let text = format!("got [{spelling}] from you");
        assert_eq!(mask.entering(&text), "got [(secret)] from you", "{spelling}");
        assert_eq!(mask.leaving(&text), "got [(secret)] from you", "{spelling}");
    }
}

#[test]
fn a_quoted_half_is_masked_wherever_it_was_cut() {
    for secret in ["01a2b3c4d5e6f7g8h9ij", "0123456789abcdefghij"] {
        let mask = knowing(&[secret]);
        for start in 0..=10 {
            let half = &secret[start..start + 10];
            assert_eq!(mask.entering(&format!("{half}…")), "(secret)…");
            // In our own words, small letters alone may be any word.
            let is_word = half.bytes().all(|byte| byte.is_ascii_lowercase());
            assert_eq!(
                mask.leaving(&format!("{half}…")),
                if is_word { format!("{half}…") } else { "(secret)…".to_owned() }
            );
            let coded = STANDARD_NO_PAD.encode(format!("user:{}", &secret[..start + 10]));
            assert_eq!(mask.leaving(&coded), "(secret)");
        }
        assert_eq!(mask.leaving("01234 and fghij"), "01234 and fghij");
    }
}

#[test]
fn a_token_is_masked_to_its_end_however_much_of_it_is_quoted() {
    let token: String = (0..300).map(|number| format!("{:x}.", number * 7919)).collect();
    let mask = knowing(&[&token]);
    for (start, length) in [(0, 40), (100, 50), (token.len() - 40, 40), (0, token.len())] {
        assert_eq!(mask.leaving(&format!("'{}'", &token[start..start + length])), "'(secret)'");
    }
}

#[test]
fn a_key_of_several_lines_is_masked_in_one_line() {
    let lines: Vec<String> = (0..20).map(|number| STANDARD.encode(format!("{number:048}"))).collect();
    let key = format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", lines.join("\n"));
    let mask = knowing(&[&key]);
    for text in [key.clone(), crate::text::clean(&key), json_text(&key)] {
        let masked = mask.leaving(&text);
        assert!(lines.iter().all(|line| !masked.contains(&line[8..24])), "{masked}");
    }
}

#[test]
fn a_secret_that_may_be_any_word_is_masked_in_what_servers_say_only() {
    let mask = knowing(&["admin", "password"]);
    assert_eq!(mask.entering("admin:admin of the administration"), "(secret):(secret) of the administration");
    assert_eq!(mask.entering("password passwords pass"), "(secret) passwords pass");
    assert_eq!(mask.leaving("password of `admin`"), "password of `admin`");
    let mask = knowing(&["keycloak-password-1"]);
    assert_eq!(mask.leaving("check the password: it is keycloak-password-1"), "check the password: it is (secret)");
    assert_eq!(mask.entering("keycloak-password, no"), "(secret), no");
    let mask = knowing(&["correct horse battery staple"]);
    assert_eq!(
        mask.leaving("the correct horse battery staple is a horse of staples"),
        "the (secret) is a horse of staples"
    );
    assert_eq!(knowing(&["abc", "", "true"]).entering("abc true"), "abc true");
}

#[test]
fn a_public_certificate_is_no_secret_and_neither_is_the_host_in_an_image_pull_secret() {
    let certificate = "-----BEGIN CERTIFICATE-----\nMIIBszCCAVmgAwIBAgIU\n-----END CERTIFICATE-----\n";
    let document =
        json!({"auths": {"harbor.example.com": {"username": "robot", "password": "canary-word-1"}}}).to_string();
    let mask = knowing(&[certificate, &document]);
    assert_eq!(mask.leaving(certificate), certificate);
    assert_eq!(mask.leaving("canary-word-1 at harbor.example.com"), "(secret) at harbor.example.com");
}

#[test]
fn credentials_in_an_address_are_masked_whoever_wrote_them() {
    let mask = Mask::default();
    for (text, masked) in [
        ("http://user:pw@host/x", "http://(secret)@host/x"),
        ("`https://token@host`, too", "`https://(secret)@host`, too"),
        ("http://user:p/w@host/x", "http://(secret)@host/x"),
        ("http://user:p@ss@host", "http://(secret)@host"),
        ("http://[::1]:80/a@b", "http://[::1]:80/a@b"),
        ("http://host:8080/mail?to=a@b", "http://host:8080/mail?to=a@b"),
        ("http://host/x?a=1&access_token=abc&b=2", "http://host/x?a=1&access_token=(secret)&b=2"),
        ("'/x?sig=a%2Fb'", "'/x?sig=(secret)'"),
        ("http://host/#id_token=abc", "http://host/#id_token=(secret)"),
        ("http://host/?name=abc&keyword=x", "http://host/?name=abc&keyword=x"),
        ("what? key = value", "what? key = value"),
    ] {
        assert_eq!(mask.leaving(text), masked);
        assert_eq!(mask.entering(text), masked);
    }
}

#[test]
fn credentials_in_an_address_are_masked_behind_every_escape() {
    let mask = Mask::default();
    for (text, masked) in [
        (r"/x?a=1\u0026access_token=abc\u0026b=2", r"/x?a=1\u0026access_token=(secret)\u0026b=2"),
        ("/x?a=1&amp;access_token=abc&amp;b=2", "/x?a=1&amp;access_token=(secret)&amp;b=2"),
        ("to=http%3A%2F%2Fuser%3Apw%40host%2Fx", "to=http%3A%2F%2F(secret)%40host%2Fx"),
        ("http://user:pw%40host/x", "http://(secret)%40host/x"),
        (r"http:\/\/user:pw@host", r"http:\/\/(secret)@host"),
        ("u=%2Fx%3Ftoken%3Dmy%2520word%26b", "u=%2Fx%3Ftoken%3D(secret)%26b"),
        ("http://host/x?to=a%40b&amp;c=d", "http://host/x?to=a%40b&amp;c=d"),
    ] {
        assert_eq!(mask.leaving(text), masked);
        assert_eq!(mask.entering(text), masked);
    }
}

#[test]
fn a_secret_of_short_lines_is_masked_wherever_it_stands_in_a_long_text() {
    let mask = knowing(&["aB1x\ncD2y\neF3z"]);
    let line = "a line of a report\n";
    // The first window ends with a line, soon behind its length: in the middle of the secret, too.
    let nearly = line.repeat(windows::WINDOW / line.len() - 2);
    for more in 0..60 {
        let around = |secret: &str| format!("{}\n{nearly}{secret}\n{nearly}", "-".repeat(more));
        assert_eq!(mask.leaving(&around("aB1x\ncD2y\neF3z")), around("(secret)"), "{more} further");
    }
}

#[test]
fn what_says_something_about_a_secret_is_none() {
    let mask = Mask::default();
    mask.learn_fields(
        br#"{"access_token": "canary-token-1", "token_type": "Bearer", "token_endpoint": "http://host.example"}"#,
    );
    assert_eq!(mask.entering("Bearer canary-token-1 of http://host.example"), "Bearer (secret) of http://host.example");
    mask.learn_credential("Bearer");
    assert_eq!(mask.entering("a Bearer is missing"), "a Bearer is missing");
}

#[test]
fn the_password_of_an_image_pull_secret_that_has_only_the_pair_is_masked() {
    let pair = STANDARD.encode("robot$team:Canary-Pull.1");
    for document in
        [json!({"auths": {"harbor.example.com": {"auth": pair}}}), json!({"harbor.example.com": {"auth": pair}})]
    {
        let mask = knowing(&[&document.to_string()]);
        let text = format!("robot$team:Canary-Pull.1 ({pair}) at harbor.example.com");
        assert_eq!(mask.leaving(&text), "robot$team:(secret) ((secret)) at harbor.example.com");
    }
}

#[test]
fn what_holds_no_secret_stays_as_it_is() {
    let mask = knowing(&[SECRET, "another-secret"]);
    let text =
        "realm `otomi` at https://keycloak.example.com/realms/otomi: 100 % of \\d+ &c. in ZXZlcnl0aGluZw==\n\n  ü";
    assert!(matches!(mask.leaving(text), Cow::Borrowed(same) if same == text));
}

#[test]
fn one_of_twenty_thousand_passwords_is_found_like_the_only_one() {
    let mask = Mask::default();
    let password = |number: u64| format!("Welcome-2024-{:x}", number.wrapping_mul(0x9E37_79B9_7F4A_7C15));
    (0..20_000).for_each(|number| mask.learn(&password(number)));
    let text = "update user `team-alpha-000017` (email: team-alpha@example.com): groups + /teams/alpha\n";
    assert_eq!(mask.leaving(text), text);
    assert_eq!(mask.leaving(&format!("for {}!", password(17_017))), "for (secret)!");
}

/// The peak of a process is that of everything in it, so that this needs one of its own.
#[cfg(target_os = "linux")]
#[test]
fn masking_a_large_output_needs_little_memory_beside_the_output() {
    let mut child = std::process::Command::new(std::env::current_exe().unwrap());
    let child = child.args(["--exact", "mask::tests::child_masks_a_large_output", "--ignored", "--nocapture"]);
    let output = child.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[cfg(target_os = "linux")]
#[test]
#[ignore = "is the process of another test"]
fn child_masks_a_large_output() {
    let kib = |name: &str| {
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
        line.trim().trim_end_matches(" kB").parse::<usize>().unwrap()
    };
    let mask = knowing(&["canary-Pass.1"]);
    let line = "  + \"user\": \"ada@example.com\\n\", \"note\": \"100 %25 &amp; canary-Pass.1\"\n";
    let text = line.repeat(4 * 1024 * 1024 / line.len());
    let (output, before) = (text.len() / 1024, kib("VmRSS:"));
    let masked = mask.leaving(&text).len();
    let peak = kib("VmHWM:").saturating_sub(before);
    assert!(masked < text.len());
    assert!(peak < 4 * output, "{peak} KiB for an output of {output} KiB");
}
