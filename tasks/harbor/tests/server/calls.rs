//! The exact calls of the task where their order is what keeps a credential alive.

mod fallback;
mod frozen;
mod lists;
mod login;
mod secrets;

use std::{fs, sync::Arc};

use evenkeel_engine::{
    command_line::{Options, TaskCommand, ValuesOptions},
    run::{Finished, Surroundings, run},
    secrets::SecretResolver,
};
use evenkeel_harbor::{Harbor, RunOptions, desired::Desired};
use serde_json::{Value, json};
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{header, method, path},
};

/// `admin:right` in the words of the header.
const ADMIN: &str = "Basic YWRtaW46cmlnaHQ=";
/// `robot$evenkeel-demo:Own-Secret-1`.
const OWN: &str = "Basic cm9ib3QkZXZlbmtlZWwtZGVtbzpPd24tU2VjcmV0LTE=";
/// `robot$ci:Robot-Secret-1`.
const CI: &str = "Basic cm9ib3QkY2k6Um9ib3QtU2VjcmV0LTE=";

/// As little as there can be: no key of the configuration, and one robot with a declared secret.
const VALUES: &str = "
platform: {name: demo}
harbor:
  admin: {password: {fromEnv: PASSWORD}}
  robots:
    - {name: ci, secret: {fromEnv: ROBOT}, permissions: [{project: '*', access: [{resource: repository, action: pull}]}]}
";

struct Stage {
    server: MockServer,
    folder: tempfile::TempDir,
    surroundings: Surroundings,
}

impl Stage {
    /// A server that knows the administrator, where our own robot is there with all its rights, and its secret is kept.
    async fn new() -> Self {
        Self::with("").await
    }

    /// The same, with more in the section of the values.
    async fn with(more: &str) -> Self {
        let stage = Self::bare().await;
        fs::write(stage.folder.path().join("values.yaml"), format!("{VALUES}{more}")).unwrap();
        let target = format!("harbor at {}", stage.server.uri());
        let kept = json!({"format": 1, "targets": {target: {"robot/evenkeel-demo": "Own-Secret-1"}}});
        stage.keep(&kept);
        let configuration = json!({"robot_name_prefix": {"value": "robot$", "editable": true}});
        stage.answer("GET", "/users/current", ADMIN, 200, json!({"username": "admin", "sysadmin_flag": true})).await;
        stage.answer("GET", "/configurations", ADMIN, 200, configuration).await;
        stage
    }

    /// A server that answers nothing yet, and nothing kept.
    async fn bare() -> Self {
        let stage = Self {
            server: MockServer::start().await,
            folder: tempfile::tempdir().unwrap(),
            surroundings: Surroundings {
                secrets: Arc::new(SecretResolver::with_environment([
                    ("PASSWORD", "right".into()),
                    ("ROBOT", "Robot-Secret-1".into()),
                ])),
                ..Surroundings::default()
            },
        };
        fs::write(stage.folder.path().join("values.yaml"), VALUES).unwrap();
        stage
    }

    fn kept(&self) -> std::path::PathBuf {
        self.folder.path().join("inventory.secrets.json")
    }

    /// As a run leaves it: for its owner only.
    fn keep(&self, content: &Value) {
        let mut options = fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        std::io::Write::write_all(&mut options.open(self.kept()).unwrap(), content.to_string().as_bytes()).unwrap();
    }

    fn forget_kept(&self) {
        fs::remove_file(self.kept()).unwrap();
    }

    async fn answer(&self, verb: &str, place: &str, caller: &str, status: u16, body: Value) {
        Mock::given(method(verb))
            .and(path(format!("/api/v2.0{place}")))
            .and(header("authorization", caller))
            .respond_with(ResponseTemplate::new(status).set_body_json(body))
            .mount(&self.server)
            .await;
    }

    /// The same for the first request of its kind only.
    async fn answer_once(&self, verb: &str, place: &str, caller: &str, status: u16, body: Value) {
        Mock::given(method(verb))
            .and(path(format!("/api/v2.0{place}")))
            .and(header("authorization", caller))
            .respond_with(ResponseTemplate::new(status).set_body_json(body))
            .up_to_n_times(1)
            .with_priority(1)
            .mount(&self.server)
            .await;
    }

    /// The same in the place of what was mounted before.
    async fn answer_first(&self, verb: &str, place: &str, caller: &str, status: u16, body: Value) {
        Mock::given(method(verb))
            .and(path(format!("/api/v2.0{place}")))
            .and(header("authorization", caller))
            .respond_with(ResponseTemplate::new(status).set_body_json(body))
            .with_priority(1)
            .mount(&self.server)
            .await;
    }

    async fn run(&self, command: impl FnOnce(Options<RunOptions>) -> TaskCommand<RunOptions>) -> Finished {
        let options = Options {
            values: ValuesOptions {
                paths: vec![self.folder.path().join("values.yaml")],
                set: vec![format!("harbor.url={}", self.server.uri())],
            },
            inventory: Some(self.folder.path().join("inventory.jsonl")),
            ..Options::default()
        };
        run::<Harbor>(&command(options), &self.surroundings).await
    }

    async fn apply(&self) -> Finished {
        self.run(|options| TaskCommand::Apply { adopt: false, options }).await
    }

    /// Who asked for what, in the order in which it arrived.
    async fn calls(&self) -> Vec<String> {
        let received = self.server.received_requests().await.unwrap();
        let call = |request: &wiremock::Request| {
            let caller = match request.headers.get("authorization").map(|value| value.to_str().unwrap()) {
                Some(ADMIN) => "admin",
                Some(OWN) => "own",
                Some(CI) => "ci",
                Some(_) => "other",
                None => "nobody",
            };
            format!("{caller} {} {}", request.method, request.url.path().trim_start_matches("/api/v2.0"))
        };
        received.iter().map(call).collect()
    }
}

/// Our own robot and `ci`, as they should be.
fn robots() -> Value {
    let own = own_permissions();
    json!([
        robot(5, "robot$evenkeel-demo", "evenkeel keeps demo equal to its values", &own),
        robot(
            7,
            "robot$ci",
            "",
            &json!([{"kind": "project", "namespace": "*", "access": [{"resource": "repository", "action": "pull"}]}])
        ),
    ])
}

fn robot(id: u32, name: &str, description: &str, permissions: &Value) -> Value {
    json!({"id": id, "name": name, "description": description, "level": "system", "duration": -1, "expires_at": -1,
        "disable": false, "permissions": permissions, "update_time": "2026-01-01T00:00:00.000Z"})
}

/// The rights that our own robot wants, from the same place as the task has them.
fn own_permissions() -> Value {
    use evenkeel_core::values::{Schema, Source, Values};
    let source = Source::file("values.yaml", format!("{VALUES}  url: http://harbor.example.com\n"));
    let (values, document) = Values::load(vec![source], &[], &Schema::new()).unwrap();
    let secrets = SecretResolver::with_environment([("PASSWORD", "right".into()), ("ROBOT", "Robot-Secret-1".into())]);
    let desired = Desired::from_values(&values, &document, &secrets).unwrap();
    serde_json::to_value(desired.robots[0].fields.value.permissions()).unwrap()
}

/// The rights that robots may be given: those that our own robot and `ops` want.
fn grantable() -> Value {
    let mut rights = json!({"system": [{"resource": "project", "action": "list"}], "project": []});
    for permission in own_permissions().as_array().unwrap() {
        let place = if permission["kind"] == "system" { "system" } else { "project" };
        rights[place].as_array_mut().unwrap().extend(permission["access"].as_array().unwrap().iter().cloned());
    }
    rights
}

fn unauthorised() -> Value {
    json!({"errors": [{"code": "UNAUTHORIZED", "message": "unauthorized"}]})
}
