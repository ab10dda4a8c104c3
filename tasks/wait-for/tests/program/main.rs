//! The barrier as people and init containers run it: the real program against servers on loopback.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod applications;
mod cluster;
mod secrecy;
mod servers;

use std::net::TcpListener;

use assert_cmd::Command;
use serde_json::{Value, json};
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{body_string_contains, header, method, path},
};

/// The program, without anything of the environment, and quick.
fn wait_for(arguments: &[&str]) -> Command {
    let mut command = Command::cargo_bin("evenkeel-wait-for").unwrap();
    let quick = [("EVENKEEL_INTERVAL", "20ms"), ("EVENKEEL_BACKOFF", "20ms"), ("EVENKEEL_TIMEOUT", "20s")];
    command.env_clear().envs(quick).args(arguments);
    command
}

async fn run(mut command: Command) -> (i32, String, String) {
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

fn answer(status: u16, body: Value) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_json(body)
}

/// A server whose page at `at` answers so, one after the other, and with the last answer for ever.
async fn server(at: &str, answers: Vec<ResponseTemplate>) -> MockServer {
    let server = MockServer::start().await;
    let last = answers.len() - 1;
    for (number, answer) in answers.into_iter().enumerate() {
        let mock = Mock::given(path(at)).respond_with(answer).with_priority(u8::try_from(number + 1).unwrap());
        if number == last { mock.mount(&server).await } else { mock.up_to_n_times(1).mount(&server).await }
    }
    server
}

#[tokio::test]
async fn a_gateway_that_starts_is_waited_for_with_its_502_and_404() {
    let answers = vec![answer(502, json!(null)), answer(404, json!(null)), answer(200, json!({}))];
    let server = server("/", answers).await;
    let (code, stdout, stderr) = run(wait_for(&[&server.uri()])).await;
    assert_eq!(code, 0, "{stderr}");
    assert!(stdout.starts_with("met ") && stdout.contains("asked 3 times"), "{stdout}");
}

#[tokio::test]
async fn a_refused_login_ends_the_waiting_at_once_unless_it_is_expected() {
    for status in [401, 403] {
        let server = server("/", vec![answer(status, json!(null))]).await;
        let (code, _, stderr) = run(wait_for(&[&server.uri()])).await;
        assert_eq!(code, 78, "{stderr}");
        assert!(stderr.contains(&format!("answers {status}")) && stderr.contains("hint:"), "{stderr}");
        assert_eq!(run(wait_for(&["--status", &status.to_string(), &server.uri()])).await.0, 0);
    }
}

#[tokio::test]
async fn the_deadline_names_every_condition_that_is_not_met() {
    let ready = server("/", vec![answer(200, json!({}))]).await;
    let ill = server(
        "/api/v2.0/health",
        vec![answer(
            200,
            json!({"status": "unhealthy", "components": [
        {"name": "core", "status": "healthy"}, {"name": "database", "status": "unhealthy"}]}),
        )],
    )
    .await;
    let harbor = format!("harbor:{}", ill.uri());
    let (code, stdout, stderr) = run(wait_for(&["--timeout", "1s", &ready.uri(), &harbor, "dns:nobody.invalid"])).await;
    assert_eq!(code, 69, "{stderr}");
    assert!(stderr.contains("is not healthy: `database`") && stderr.contains("`dns:nobody.invalid`"), "{stderr}");
    let error = stderr.lines().find(|line| line.starts_with("error:")).unwrap();
    assert!(!error.contains(&ready.uri()), "{stderr}");
    assert_eq!(
        stdout.lines().map(|line| line.split(' ').next().unwrap()).collect::<Vec<_>>(),
        ["met", "unmet", "unmet"]
    );
}

#[tokio::test]
async fn an_open_port_is_not_a_ready_application() {
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = nobody.local_addr().unwrap();
    assert_eq!(run(wait_for(&[&format!("tcp://{address}")])).await.0, 0);
    let page = server("/realms/otomi", vec![ResponseTemplate::new(200).set_body_string("<html>welcome</html>")]).await;
    let keycloak = format!("keycloak:{}/realms/otomi", page.uri());
    let (code, _, stderr) = run(wait_for(&["--timeout", "300ms", &keycloak])).await;
    assert_eq!(code, 69);
    assert!(stderr.contains("what answers is not Keycloak"), "{stderr}");
}

#[tokio::test]
async fn another_realm_that_answers_is_not_the_one_that_is_waited_for() {
    let page = server("/realms/otomi", vec![answer(200, json!({"realm": "other"}))]).await;
    let keycloak = format!("keycloak:{}/realms/otomi", page.uri());
    let (code, _, stderr) = run(wait_for(&["--timeout", "300ms", &keycloak])).await;
    assert_eq!(code, 69);
    assert!(stderr.contains("what answers is another realm"), "{stderr}");
    let spelt = server("/realms/%C3%BCbung", vec![answer(200, json!({"realm": "übung"}))]).await;
    let (code, _, stderr) = run(wait_for(&[&format!("keycloak:{}/realms/übung", spelt.uri())])).await;
    assert_eq!(code, 0, "the name is compared, and not its spelling: {stderr}");
}

#[tokio::test]
async fn a_realm_whose_address_is_that_of_something_above_is_refused() {
    let server = MockServer::start().await;
    for realm in ["%2e%2e", ".%2E", "..", "%2e"] {
        let (code, _, stderr) = run(wait_for(&[&format!("keycloak:{}/realms/{realm}", server.uri())])).await;
        assert_eq!(code, 64, "{realm}: {stderr}");
    }
    assert_eq!(server.received_requests().await.unwrap().len(), 0);
}

#[tokio::test]
async fn a_realm_is_ready_when_its_client_gets_a_token() {
    let server = MockServer::start().await;
    let realm = json!({"realm": "otomi", "public_key": "x"});
    Mock::given(method("GET")).and(path("/realms/otomi")).respond_with(answer(200, realm)).mount(&server).await;
    Mock::given(method("POST"))
        .and(path("/realms/otomi/protocol/openid-connect/token"))
        .and(body_string_contains("grant_type=client_credentials&client_id=otomi&client_secret=s%2Bcret"))
        .respond_with(answer(200, json!({"access_token": "abc"})))
        .expect(1)
        .mount(&server)
        .await;
    let target = format!("keycloak:{}/realms/otomi", server.uri());
    let mut command = wait_for(&["--client-id", "otomi", &target]);
    command.env("EVENKEEL_CLIENT_SECRET", "s+cret");
    let (code, _, stderr) = run(command).await;
    assert_eq!(code, 0, "{stderr}");
}

#[tokio::test]
async fn a_client_that_is_refused_a_token_is_not_waited_for() {
    let server = MockServer::start().await;
    Mock::given(method("GET")).respond_with(answer(200, json!({"realm": "otomi"}))).mount(&server).await;
    Mock::given(method("POST")).respond_with(answer(401, json!({"error": "invalid_client"}))).mount(&server).await;
    let mut command = wait_for(&["--client-id", "otomi", &format!("keycloak:{}/realms/otomi", server.uri())]);
    command.env("EVENKEEL_CLIENT_SECRET", "canary");
    let (code, stdout, stderr) = run(command).await;
    assert_eq!(code, 78, "{stderr}");
    assert!(stderr.contains("client `otomi` is refused a token"), "{stderr}");
    assert!(!format!("{stdout}{stderr}").contains("canary"));
}

#[tokio::test]
async fn gitea_and_drone_tell_their_own_health() {
    let gitea =
        server("/api/healthz", vec![answer(503, json!({"status": "fail"})), answer(200, json!({"status": "pass"}))])
            .await;
    let drone = server("/healthz", vec![ResponseTemplate::new(200).set_body_string("OK")]).await;
    let targets = [format!("gitea:{}", gitea.uri()), format!("drone:{}", drone.uri())];
    let (code, stdout, stderr) = run(wait_for(&[&targets[0], &targets[1]])).await;
    assert_eq!(code, 0, "{stderr}");
    assert!(stdout.contains("asked 2 times") && stdout.contains("asked once"), "{stdout}");
}

#[tokio::test]
async fn what_stands_in_the_answer_counts() {
    let server =
        server("/", vec![answer(200, json!({"phase": "starting"})), answer(200, json!({"phase": "ready", "n": 3}))])
            .await;
    let (code, _, stderr) = run(wait_for(&["--json", "/phase=ready", "--json", "/n=3", &server.uri()])).await;
    assert_eq!(code, 0, "{stderr}");
}

#[tokio::test]
async fn what_the_header_of_an_answer_says_counts() {
    let of = |role: &str| answer(200, json!({})).insert_header("x-role", role);
    let server = server("/", vec![answer(200, json!({})), of("standby"), of("primary")]).await;
    let (code, stdout, stderr) = run(wait_for(&["--answer-header", "X-Role: primary", &server.uri()])).await;
    assert_eq!(code, 0, "{stderr}");
    assert!(stdout.contains("asked 3 times"), "{stdout}");
}

/// The predecessor took numbers from its environment as text, and its limit never came.
#[tokio::test]
async fn numbers_of_the_environment_are_numbers() {
    let server = server("/", vec![answer(502, json!(null)), answer(200, json!({}))]).await;
    let mut command = wait_for(&[&server.uri()]);
    command.env("EVENKEEL_CONFIRMATIONS", "3");
    let (code, stdout, stderr) = run(command).await;
    assert_eq!(code, 0, "{stderr}");
    assert!(stdout.contains("asked 4 times"), "{stdout}");
    let mut command = wait_for(&[&server.uri()]);
    command.env("EVENKEEL_CONFIRMATIONS", "many");
    assert_eq!(run(command).await.0, 64);
}

#[test]
fn a_header_that_http_does_not_take_is_wrong_usage() {
    for option in [["--header", "a b: c"], ["--answer-header", "nothing"], ["--header-from-env", "a b=C"]] {
        let output = wait_for(&[option[0], option[1], "http://127.0.0.1:1"]).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(64), "{said}");
        assert!(said.contains(option[0]) && said.contains("write it as"), "{said}");
    }
    let mut command = wait_for(&["--header-from-env", "Authorization=TOKEN", "http://127.0.0.1:1"]);
    let output = command.env("TOKEN", "Bearer canary\nx").output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(78), "{said}");
    assert!(said.contains("header `authorization` cannot be sent") && !said.contains("canary"), "{said}");
}

/// k8s-wait-for has none: there is one even if nobody asks for it.
#[test]
fn unlike_k8s_wait_for_there_is_always_a_deadline() {
    let help = wait_for(&["--help"]).output().unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    let timeout = help.split("--timeout <DURATION>").nth(1).unwrap();
    assert!(timeout.lines().take(6).any(|line| line.contains("[default: 10m]")), "{timeout}");
    for none in ["0s", "infinite"] {
        let code = wait_for(&["--timeout", none, "dns:localhost"]).output().unwrap().status.code();
        assert_eq!(code, Some(64), "{none}");
    }
}

#[tokio::test]
async fn a_header_of_a_declared_barrier_may_be_a_secret_of_the_environment() {
    let server = MockServer::start().await;
    let wanted = header("authorization", "Bearer canary");
    Mock::given(wanted).respond_with(answer(200, json!({}))).expect(1).mount(&server).await;
    let folder = tempfile::tempdir().unwrap();
    let values = folder.path().join("values.yaml");
    let condition = format!("{{http: {}, headers: {{Authorization: {{fromEnv: TOKEN}}}}}}", server.uri());
    let text = format!("platform: {{name: demo, domain: demo.example.com}}\nbarriers:\n  identity: [{condition}]\n");
    std::fs::write(&values, text).unwrap();
    let mut command = wait_for(&["--values", &values.display().to_string(), "--barrier", "identity"]);
    command.env("TOKEN", "Bearer canary").env("RUST_LOG", "trace");
    let (code, stdout, stderr) = run(command).await;
    assert_eq!(code, 0, "{stderr}");
    assert!(!format!("{stdout}{stderr}").contains("canary"), "{stderr}");
}

#[tokio::test]
async fn a_request_for_one_host_goes_to_another_address() {
    let server = MockServer::start().await;
    // without the port, which is that of the way and not of the host
    let host = "keycloak.example.com";
    Mock::given(header("host", host)).respond_with(answer(200, json!({}))).expect(1).mount(&server).await;
    let (code, _, stderr) = run(wait_for(&["--host", host, "--timeout", "2s", &server.uri()])).await;
    assert_eq!(code, 0, "{stderr}");
}

#[tokio::test]
async fn the_name_of_the_host_and_the_own_authority_count_in_tls() {
    let server = servers::tls("keycloak.example.com");
    let folder = tempfile::tempdir().unwrap();
    let authority = folder.path().join("ca.crt");
    std::fs::write(&authority, server.certificate()).unwrap();
    let authority = authority.display().to_string();
    let trusted = ["--host", "keycloak.example.com", "--ca-file", &authority, server.url()];
    let (code, _, stderr) = run(wait_for(&trusted)).await;
    assert_eq!(code, 0, "{stderr}");
    // a certificate that is not trusted yet may be replaced: it is waited for
    let (code, _, stderr) =
        run(wait_for(&["--timeout", "300ms", "--host", "keycloak.example.com", server.url()])).await;
    assert_eq!(code, 69);
    assert!(stderr.contains("certificate is refused"), "{stderr}");
}

#[tokio::test]
async fn with_invert_it_waits_until_the_target_is_gone() {
    let server = server("/", vec![answer(200, json!({})), answer(200, json!({})), answer(503, json!({}))]).await;
    let (code, stdout, stderr) = run(wait_for(&["--invert", &server.uri()])).await;
    assert_eq!(code, 0, "{stderr}");
    assert!(stdout.contains("asked 3 times"), "{stdout}");
}

#[cfg(unix)]
#[tokio::test]
async fn the_command_takes_the_place_of_the_process() {
    let server = server("/", vec![answer(200, json!({}))]).await;
    let mut command = wait_for(&[&server.uri(), "--", "/bin/sh", "-c", "echo \"$0 $1\"; exit 7", "a b", "$HOME"]);
    command.env("RUST_LOG", "off");
    let (code, stdout, stderr) = run(command).await;
    assert_eq!((code, stdout.as_str(), stderr.as_str()), (7, "a b $HOME\n", ""));
    let (code, _, stderr) = run(wait_for(&[&server.uri(), "--", "/nobody/here"])).await;
    assert_eq!(code, 78);
    assert!(stderr.contains("`/nobody/here` cannot be run"), "{stderr}");
}

#[cfg(unix)]
#[tokio::test]
async fn the_command_does_not_run_while_the_barrier_is_closed() {
    let server = server("/", vec![answer(503, json!({}))]).await;
    for form in ["text", "json"] {
        let mut command = wait_for(&["--timeout", "300ms", &server.uri(), "--output", form, "--", "/bin/echo", "ran"]);
        command.env("RUST_LOG", "info");
        let (code, stdout, stderr) = run(command).await;
        assert_eq!((code, stdout.contains("ran")), (69, false));
        assert!(!stderr.contains("is open"), "{stderr}");
    }
}

#[tokio::test]
async fn a_malformed_target_is_wrong_usage_before_anything_is_asked() {
    let server = MockServer::start().await;
    Mock::given(method("GET")).respond_with(answer(200, json!({}))).expect(0).mount(&server).await;
    for target in ["keycloak.example.com", "tcp://db", "kubernetes:job/keycloak", "keycloak:https://k.example"] {
        let (code, _, stderr) = run(wait_for(&[&server.uri(), target])).await;
        assert_eq!(code, 64, "{stderr}");
        assert!(stderr.contains(&format!("`{target}` names nothing to wait for")), "{stderr}");
    }
    assert_eq!(run(wait_for(&["--any"])).await.0, 64);
}

#[tokio::test]
async fn a_named_barrier_of_the_values_has_conditions_of_its_own() {
    let page = server("/realms/otomi", vec![answer(200, json!({"realm": "otomi"}))]).await;
    let folder = tempfile::tempdir().unwrap();
    let values = folder.path().join("values.yaml");
    let condition = format!("{{http: {}/realms/otomi, json: {{/realm: otomi}}, confirmations: 3}}", page.uri());
    let text = format!("platform: {{name: demo, domain: demo.example.com}}\nbarriers:\n  identity: [{condition}]\n");
    std::fs::write(&values, text).unwrap();
    let values = values.display().to_string();
    let (code, stdout, stderr) = run(wait_for(&["--values", &values, "--barrier", "identity"])).await;
    assert_eq!(code, 0, "{stderr}");
    assert!(stdout.contains("asked 3 times"), "{stdout}");
    let (code, _, stderr) = run(wait_for(&["--values", &values, "--barrier", "identiy"])).await;
    assert_eq!(code, 65);
    assert!(stderr.contains("hint: there are: `identity`"), "{stderr}");
}

#[tokio::test]
async fn the_summary_is_json_for_programs() {
    let server = server("/", vec![answer(200, json!({}))]).await;
    let (code, stdout, _) = run(wait_for(&["--output", "json", &server.uri()])).await;
    let summary: Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!((code, &summary["outcome"], &summary["exitCode"]), (0, &json!("open"), &json!(0)));
    assert_eq!((&summary["conditions"][0]["state"], &summary["conditions"][0]["attempts"]), (&json!("met"), &json!(1)));
}
