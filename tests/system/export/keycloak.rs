//! `evenkeel keycloak export`.

use std::{fs, path::Path};

use assert_cmd::Command;
use evenkeel_conformance::{live::server::Server, scenario::Target};
use evenkeel_sandbox::{Keycloak, Options};
use serde_json::json;

const PASSWORD: &str = "the administrator's password";
const SECRET: &str = "it's the shop's $ecret";

/// A server with a realm that people made, and a folder to write to.
struct Stage {
    sandbox: Keycloak,
    server: Server,
    folder: tempfile::TempDir,
}

impl Stage {
    async fn new() -> Self {
        let sandbox = Keycloak::start(&Options::new("admin", PASSWORD)).unwrap();
        let server = Server::new(&Target::new(sandbox.url(), "admin", PASSWORD.into())).unwrap();
        server.post("/admin/realms", &json!({"realm": "ours", "enabled": true})).await.unwrap();
        let client = json!({"clientId": "shop", "secret": SECRET, "redirectUris": ["https://shop.example/*"]});
        server.post("/admin/realms/ours/clients", &client).await.unwrap();
        server.post("/admin/realms/ours/roles", &json!({"name": "no"})).await.unwrap();
        sandbox.reset_log();
        Self { sandbox, server, folder: tempfile::tempdir().unwrap() }
    }

    /// Exit code, standard output and standard error, without what differs from run to run.
    fn run(&self, arguments: &[&str]) -> String {
        let mut command = Command::new(env!("CARGO_BIN_EXE_evenkeel"));
        command.env_clear().env("HOME", self.folder.path()).env("KEYCLOAK_ADMIN_PASSWORD", PASSWORD);
        let output = command.current_dir(self.folder.path()).args(arguments).output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap().replace(self.sandbox.url(), "http://keycloak");
        format!(
            "exit code: {}\n--- stdout\n{}--- stderr\n{}",
            output.status.code().unwrap(),
            text(output.stdout),
            text(output.stderr)
        )
    }

    fn export(&self, more: &[&str]) -> String {
        let url = format!("--url={}", self.sandbox.url());
        let arguments = ["keycloak", "export", "--realm=ours", url.as_str(), "--username=admin"];
        self.run(&[arguments.as_slice(), more].concat())
    }

    fn file(&self, name: &str) -> String {
        let text = fs::read_to_string(self.folder.path().join(name)).unwrap();
        text.replace(self.sandbox.url(), "http://keycloak")
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_realm_becomes_files_that_are_valid_values() {
    let stage = Stage::new().await;
    insta::assert_snapshot!("export-summary", stage.export(&["--out=ours"]));
    assert_eq!(stage.sandbox.writes(), 0);
    insta::assert_snapshot!("export-keycloak", stage.file("ours/40-keycloak.yaml"));
    insta::assert_snapshot!("export-platform", stage.file("ours/00-platform.yaml"));
    let valid = stage.run(&["validate", "--values=ours"]);
    assert!(valid.starts_with("exit code: 0"), "{valid}");
    assert!(!stage.folder.path().join("ours/secrets.env").exists());

    let again = stage.export(&["--out=ours"]);
    assert!(again.starts_with("exit code: 78") && again.contains("is not empty"), "{again}");
    let forced = stage.export(&["--out=ours", "--force", "--with-secrets"]);
    assert!(forced.starts_with("exit code: 0"), "{forced}");
    assert!(stage.file("ours/secrets.env").contains(r"'it'\''s the shop'\''s $ecret'"));
    assert_eq!(mode(&stage.folder.path().join("ours/secrets.env")), 0o600);
}

#[cfg(unix)]
fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt as _;
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[tokio::test(flavor = "multi_thread")]
async fn one_document_on_standard_output_is_valid_too() {
    let stage = Stage::new().await;
    let printed = stage.export(&["--out=-"]);
    let (_, document) = printed.split_once("--- stdout\n").unwrap();
    let (document, summary) = document.split_once("--- stderr\n").unwrap();
    assert!(summary.contains("KEYCLOAK_CLIENT_SHOP_SECRET"), "{summary}");
    assert!(!printed.contains("ecret'") && !printed.contains(PASSWORD));
    fs::write(stage.folder.path().join("values.yaml"), document).unwrap();
    let valid = stage.run(&["validate", "--values=values.yaml"]);
    assert!(valid.starts_with("exit code: 0"), "{valid}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_limited_administrator_may_not_read_is_named_and_not_taken_for_empty() {
    let stage = Stage::new().await;
    let realm = |path: &str| format!("/admin/realms/ours{path}");
    let credentials = json!([{"type": "password", "value": PASSWORD, "temporary": false}]);
    let user = json!({"username": "limited", "enabled": true, "email": "limited@example.com", "emailVerified": true,
                      "firstName": "L", "lastName": "L", "credentials": credentials});
    stage.server.post(&realm("/users"), &user).await.unwrap();
    let user = stage.server.id(&realm("/users"), "username", "limited").await.unwrap();
    let management = stage.server.id(&realm("/clients"), "clientId", "realm-management").await.unwrap();
    let role = stage.server.get(&realm(&format!("/clients/{management}/roles/view-clients"))).await.unwrap();
    let list = realm(&format!("/users/{user}/role-mappings/clients/{management}"));
    stage.server.post(&list, &json!([role])).await.unwrap();

    let url = format!("--url={}", stage.sandbox.url());
    let login = ["--realm=ours", "--admin-realm=ours", "--username=limited", "--out=ours"];
    let said = stage.run(&[["keycloak", "export", &url].as_slice(), &login].concat());
    assert!(said.starts_with("exit code: 77"), "{said}");
    assert!(said.contains("the realm's settings: the account may not view realm `ours`"), "{said}");
    assert!(said.contains("the users: "), "{said}");
    let values = stage.file("ours/40-keycloak.yaml");
    assert!(values.contains("clientId: shop") && !values.contains("roles:"), "{values}");
    assert!(!stage.folder.path().join("ours/30-users.yaml").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_address_is_told_in_the_words_of_the_command_line() {
    let stage = Stage::new().await;
    let said = stage.run(&["keycloak", "export", "--realm=ours", "--username=admin", "--out=ours"]);
    insta::assert_snapshot!("export-without-address", said);
    insta::assert_snapshot!("export-help", stage.run(&["keycloak", "export", "--help"]));
}
