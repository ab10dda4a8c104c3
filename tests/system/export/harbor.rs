//! `evenkeel harbor export`.

use std::{collections::BTreeMap, fs};

use assert_cmd::Command;
use evenkeel_sandbox::{Harbor, HarborOptions, Kind};
use reqwest::Method;
use serde_json::{Value, json};

const PASSWORD: &str = "the administrator's password";
const HEADER: &str = "Bearer it's the hook's $ecret";
const REGISTRY: &str = "https://registry.example.com";
const ADDRESS: &str = "https://hooks.example.com/services/T0/B0/confidential";
const SECRETS: [(&str, &str); 5] = [
    ("HARBOR_ADMIN_PASSWORD", PASSWORD),
    ("CLIENT", "the client's secret"),
    ("HOOK", HEADER),
    ("READER", "the reader's secret"),
    ("ADDRESS", ADDRESS),
];

/// One of everything that values can say of Harbor.
const VALUES: &str = "\
platform: {name: ours}
teams:
  alpha: {}
  beta: {harbor: {storageQuota: 5Gi, autoScan: true, retention: {keepLast: 30, schedule: '0 0 3 * * *'}}}
harbor:
  url: (server)
  admin: {username: admin, password: {fromEnv: HARBOR_ADMIN_PASSWORD}}
  oidc:
    endpoint: https://keycloak.example.com/realms/ours
    clientId: registry
    clientSecret: {fromEnv: CLIENT}
    scope: openid,email
    verifyCert: false
  configuration: {token_expiration: 60, oidc_name: Ours, project_creation_restriction: adminonly}
  projects:
    - name: '2024'
      public: true
      severity: high
      preventVulnerable: true
      storageQuota: 1500M
      cveAllowlist: {items: [CVE-2024-3094], expiresAt: '2030-01-01T00:00:00Z'}
      scanner: Theirs
      retention:
        rules:
          - {template: latestPulledN, count: 5, tags: 'v*', excludeRepositories: 'tmp/**'}
          - {template: always, excludeTags: 'dev-*', untagged: true, disabled: true}
      immutableTags: [{tags: 'v*', disabled: true}, {tags: '**', repositories: 'base/**'}, {excludeTags: 'dev*'}]
      webhooks:
        - name: builds
          events: [PUSH_ARTIFACT, DELETE_ARTIFACT]
          address: https://hooks.example.com/harbor
          authHeader: {fromEnv: HOOK}
          enabled: true
          format: CloudEvents
        - {name: chat, events: [QUOTA_EXCEED], target: slack, address: {fromEnv: ADDRESS}, enabled: true}
      labels: [{name: tested, color: '#48960C', description: passed}]
      robots:
        - {name: ci, description: builds, duration: -1, access: [{resource: repository, action: pull}]}
    - {name: cache, registry: upstream, cache: {speedKb: 512, serveRemoved: true}}
    - {name: mirror, members: [{group: devs, role: maintainer}, {group: admins, role: projectAdmin}]}
  robots:
    - name: ops
      duration: 30
      disabled: true
      permissions:
        - access: [{resource: project, action: list}]
        - {project: '*', access: [{resource: repository, action: pull}, {resource: repository, action: list, effect: deny}]}
  registries:
    - name: upstream
      type: docker-registry
      url: https://registry.example.com
      description: images of others
      credential: {accessKey: reader, accessSecret: {fromEnv: READER}}
  replications:
    - name: mirror
      source: upstream
      destinationNamespace: mirror
      filters: [{type: name, value: 'demo/**'}, {type: tag, value: 'old*', exclude: true}, {type: label, labels: [released]}]
      singleActive: true
      trigger: scheduled
      schedule: 0 0 4 * * *
      override: true
      enabled: false
";

/// A server that values made, and a folder to write to.
struct Stage {
    sandbox: Harbor,
    folder: tempfile::TempDir,
    secrets: Vec<(String, String)>,
}

impl Stage {
    /// A server with nothing in it.
    fn empty() -> Self {
        let options = HarborOptions::new(PASSWORD).with_registry(REGISTRY).with_scanner("Theirs");
        let sandbox = Harbor::start(&options).unwrap();
        let secrets = SECRETS.map(|(variable, secret)| (variable.to_owned(), secret.to_owned()));
        Self { sandbox, folder: tempfile::tempdir().unwrap(), secrets: secrets.into() }
    }

    fn new() -> Self {
        let stage = Self::empty();
        stage.write("made/values.yaml", &VALUES.replace("(server)", stage.sandbox.url()));
        let applied = stage.run(&["harbor", "apply", "--values=made"]);
        assert!(applied.starts_with("exit code: 0"), "{applied}");
        stage.sandbox.reset_log();
        stage
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn file(&self, name: &str) -> String {
        let text = fs::read_to_string(self.folder.path().join(name)).unwrap();
        text.replace(self.sandbox.url(), "http://harbor")
    }

    /// Exit code, standard output and standard error, without what differs from run to run.
    fn run(&self, arguments: &[&str]) -> String {
        let mut command = Command::new(env!("CARGO_BIN_EXE_evenkeel"));
        command.env_clear().env("HOME", self.folder.path()).envs(self.secrets.iter().cloned());
        let output = command.current_dir(self.folder.path()).args(arguments).output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap().replace(self.sandbox.url(), "http://harbor");
        let (out, log) = (text(output.stdout), text(output.stderr));
        format!("exit code: {}\n--- stdout\n{out}--- stderr\n{log}", output.status.code().unwrap())
    }

    fn export(&self, more: &[&str]) -> String {
        let url = format!("--url={}", self.sandbox.url());
        self.run(&[["harbor", "export", url.as_str(), "--username=admin"].as_slice(), more].concat())
    }

    /// One request past evenkeel.
    #[expect(clippy::disallowed_methods, reason = "speaks with the sandbox past the transport under test")]
    async fn send(&self, method: Method, path: &str, body: Value) -> Value {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let request = client.request(method, format!("{}/api/v2.0{path}", self.sandbox.url()));
        let request = request.basic_auth("admin", Some(PASSWORD)).header("X-Is-Resource-Name", "true");
        let request = if body.is_null() { request } else { request.json(&body) };
        let answer = request.send().await.unwrap();
        let (status, text) = (answer.status(), answer.text().await.unwrap());
        assert!(status.is_success(), "{path}: {status} {text}");
        serde_json::from_str(&text).unwrap_or_default()
    }

    /// The exported secrets, with those that the server hides as they were.
    fn take_secrets(&mut self, folder: &str) {
        let hidden = BTreeMap::from([
            ("HARBOR_LOGIN_CLIENT_SECRET", "CLIENT"),
            ("HARBOR_REGISTRY_UPSTREAM_ACCESS_SECRET", "READER"),
            ("HARBOR_WEBHOOK_2024_CHAT_ADDRESS", "ADDRESS"),
        ]);
        let known: BTreeMap<_, _> = SECRETS.into();
        let example = self.file(&format!("{folder}/secrets.env.example"));
        for line in example.lines().filter(|line| !line.starts_with('#')) {
            let variable = line.split('=').next().unwrap();
            let secret = hidden.get(variable).map_or(HEADER, |name| known[name]);
            self.secrets.push((variable.to_owned(), secret.to_owned()));
        }
    }

    /// The changes of a plan, by object.
    fn plan(&self, folder: &str) -> Vec<String> {
        let planned = self.run(&["harbor", "plan", "--output=json", &format!("--values={folder}")]);
        let (_, document) = planned.split_once("--- stdout\n").unwrap();
        let (document, _) = document.split_once("--- stderr\n").unwrap();
        let document: Value = serde_json::from_str(document).unwrap();
        let changes = document["changes"].as_array().unwrap();
        changes.iter().map(|change| change["object"].as_str().unwrap().to_owned()).collect()
    }
}

#[test]
fn a_registry_becomes_files_on_which_a_plan_is_empty_but_for_the_own_robot() {
    let mut stage = Stage::new();
    insta::assert_snapshot!("summary", stage.export(&["--out=ours"]));
    assert_eq!(stage.sandbox.writes(), 0);
    insta::assert_snapshot!("platform", stage.file("ours/00-platform.yaml"));
    insta::assert_snapshot!("teams", stage.file("ours/20-teams.yaml"));
    insta::assert_snapshot!("harbor", stage.file("ours/50-harbor.yaml"));
    assert!(!stage.folder.path().join("ours/secrets.env").exists());
    stage.take_secrets("ours");
    assert_eq!(stage.plan("ours"), ["robot/evenkeel-platform", "robot-secret/evenkeel-platform"]);
    assert_eq!(stage.sandbox.writes(), 0);
}

/// With the name that the platform has, nothing at all is left to do.
#[test]
fn with_the_platforms_own_name_only_its_own_memory_counts() {
    let mut stage = Stage::new();
    let said = stage.run(&["harbor", "export", "--values=made", "--out=ours"]);
    assert!(said.starts_with("exit code: 0"), "{said}");
    let file = stage.file("ours/50-harbor.yaml");
    assert_eq!(file.matches("evenkeel-ours").count(), 1, "{file}");
    assert!(
        file.contains("not in this file: evenkeel's own robot `evenkeel-ours`, which is there and works on"),
        "{file}"
    );
    stage.take_secrets("ours");
    assert_eq!(stage.plan("ours"), Vec::<String>::new());
}

/// What nobody can compare is written by `--adopt`, and known from then on.
#[test]
fn an_installation_is_taken_over_with_the_own_robot_and_the_hidden_secrets_alone() {
    let mut stage = Stage::new();
    let exported = stage.export(&["--out=ours"]);
    assert!(exported.starts_with("exit code: 0"), "{exported}");
    stage.take_secrets("ours");
    let adopted = stage.run(&["harbor", "apply", "--adopt", "--values=ours"]);
    assert!(adopted.starts_with("exit code: 0"), "{adopted}");
    let requests = stage.sandbox.requests();
    let writes = requests.iter().filter(|logged| logged.kind == Kind::Write);
    let mut writes: Vec<String> = writes.map(|logged| format!("{} {}", logged.method, logged.path)).collect();
    writes.sort();
    insta::assert_debug_snapshot!("adopting", writes);
    assert_eq!(stage.plan("ours"), Vec::<String>::new());
}

#[test]
fn applied_to_an_empty_server_an_export_makes_the_same_again() {
    let mut first = Stage::new();
    let said = first.run(&["harbor", "export", "--values=made", "--out=ours"]);
    assert!(said.starts_with("exit code: 0"), "{said}");
    first.take_secrets("ours");
    let mut second = Stage::empty();
    second.secrets = first.secrets.clone();
    for name in ["00-platform.yaml", "20-teams.yaml", "50-harbor.yaml"] {
        second.write(
            &format!("ours/{name}"),
            &first.file(&format!("ours/{name}")).replace("http://harbor", second.sandbox.url()),
        );
    }
    // One after the other: rules without names are told by their order.
    let applied = second.run(&["harbor", "apply", "--values=ours", "--concurrency=1"]);
    assert!(applied.starts_with("exit code: 0"), "{applied}");
    let said = second.run(&["harbor", "export", "--values=ours", "--out=again"]);
    assert!(said.starts_with("exit code: 0"), "{said}");
    for name in ["00-platform.yaml", "20-teams.yaml", "50-harbor.yaml"] {
        assert_eq!(second.file(&format!("again/{name}")), first.file(&format!("ours/{name}")), "{name}");
    }
}

#[test]
fn secrets_are_written_for_their_owner_and_only_when_asked_for() {
    let stage = Stage::new();
    let printed = stage.export(&["--out=-"]);
    assert!(printed.contains("HARBOR_WEBHOOK_2024_BUILDS_AUTH_HEADER"), "{printed}");
    let forced = stage.export(&["--out=ours", "--with-secrets"]);
    assert!(forced.starts_with("exit code: 0"), "{forced}");
    for (_, secret) in SECRETS {
        assert!(!printed.contains(secret) && !forced.contains(secret), "{secret}");
    }
    assert!(stage.file("ours/secrets.env").contains(r"'Bearer it'\''s the hook'\''s $ecret'"));
}

/// What is not as a team's, and what no values can say.
#[tokio::test(flavor = "multi_thread")]
async fn what_values_cannot_say_is_named_and_not_made_up() {
    let stage = Stage::new();
    let (put, post) = (Method::PUT, Method::POST);
    stage.send(put.clone(), "/projects/team-alpha", json!({"metadata": {"auto_scan": "true"}})).await;
    stage.send(put.clone(), "/projects/team-beta", json!({"metadata": {"public": "true"}})).await;
    let guests = json!({"role_id": 3, "member_group": {"group_name": "guests", "group_type": 3}});
    stage.send(post.clone(), "/projects/team-alpha/members", guests).await;
    let members = stage.send(Method::GET, "/projects/team-beta/members", Value::Null).await;
    let developers = members.as_array().unwrap().iter().find(|member| member["entity_name"] == "team-beta").unwrap();
    let guest = json!({"role_id": 3});
    stage.send(put.clone(), &format!("/projects/team-beta/members/{}", developers["id"]), guest).await;

    let selector =
        |decoration: &str, pattern: &str| json!([{"kind": "doublestar", "decoration": decoration, "pattern": pattern}]);
    let scopes = json!({"repository": selector("repoMatches", "**")});
    let rule = json!({"disabled": false, "action": "immutable", "template": "immutable_template",
                      "tag_selectors": selector("matches", "two words"), "scope_selectors": scopes});
    stage.send(post.clone(), "/projects/mirror/immutabletagrules", rule).await;
    let targets = json!([{"type": "http", "address": "https://one.example.com"},
                         {"type": "http", "address": "https://two.example.com"}]);
    let webhook = json!({"name": "two", "enabled": true, "event_types": ["PUSH_ARTIFACT"], "targets": targets});
    stage.send(post, "/projects/mirror/webhook/policies", webhook).await;
    let beta = stage.send(Method::GET, "/projects/team-beta", Value::Null).await;
    let retention = format!("/retentions/{}", beta["metadata"]["retention_id"].as_str().unwrap());
    let mut policy = stage.send(Method::GET, &retention, Value::Null).await;
    let mut pulled = policy["rules"][0].clone();
    pulled["template"] = "nDaysSinceLastPull".into();
    pulled["params"] = json!({"nDaysSinceLastPull": 7});
    policy["rules"].as_array_mut().unwrap().push(pulled);
    stage.send(put, &retention, policy).await;
    stage.sandbox.expire_robots();

    let said = stage.export(&["--out=ours"]);
    insta::assert_snapshot!("left-out", said);
    insta::assert_snapshot!("left-out-teams", stage.file("ours/20-teams.yaml"));
    let harbor = stage.file("ours/50-harbor.yaml");
    let (_, beta) = harbor.split_once("    - name: team-beta\n").unwrap();
    let (beta, _) = beta.split_once("  registries:").unwrap();
    insta::assert_snapshot!("left-out-beta", beta);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_and_a_label_that_values_cannot_name_are_left_out_and_told() {
    let stage = Stage::new();
    let project = stage.send(Method::GET, "/projects/mirror", Value::Null).await;
    let label = json!({"name": "..", "scope": "p", "project_id": project["project_id"]});
    stage.send(Method::POST, "/labels", label).await;
    let targets = json!([{"type": "http", "address": "https://one.example.com"}]);
    let webhook = json!({"name": ".", "enabled": true, "event_types": ["PUSH_ARTIFACT"], "targets": targets});
    stage.send(Method::POST, "/projects/mirror/webhook/policies", webhook).await;
    let said = stage.export(&["--out=ours"]);
    assert!(said.starts_with("exit code: 0"), "{said}");
    for line in ["label \"..\" of project `mirror`", "webhook \".\" of project `mirror`"] {
        assert!(said.contains(&format!("{line}, whose name values do not take")), "{said}");
    }
}

#[test]
fn a_missing_address_is_told_in_the_words_of_the_command_line() {
    let stage = Stage::empty();
    let said = stage.run(&["harbor", "export", "--username=admin", "--out=ours"]);
    assert!(said.starts_with("exit code: 64") && said.contains("`--url` is missing"), "{said}");
    insta::assert_snapshot!("help", stage.run(&["harbor", "export", "--help"]));
}

#[test]
fn a_wrong_password_ends_an_export_before_any_file() {
    let mut stage = Stage::new();
    stage.secrets = vec![("HARBOR_ADMIN_PASSWORD".to_owned(), "another".to_owned())];
    let said = stage.export(&["--out=ours"]);
    assert!(said.starts_with("exit code: 77"), "{said}");
    assert!(!stage.folder.path().join("ours").exists());
}

/// One of every kind that belongs to the whole system, with local accounts.
const SYSTEM: &str = "\
platform: {name: ours}
harbor:
  url: (server)
  admin: {username: admin, password: {fromEnv: HARBOR_ADMIN_PASSWORD}}
  users: [{username: ada, email: ada@example.com, admin: true, initialPassword: {fromEnv: USER}}]
  userGroups: [{name: auditors}]
  system:
    garbageCollection: {schedule: '0 0 2 * * 6', deleteUntagged: true}
    auditPurge: {schedule: '0 0 3 * * *', retentionHours: 720, eventTypes: [create_artifact]}
    scanAll: {schedule: '0 0 4 * * *'}
    scanners: [{name: own, url: 'http://scanner.example.com', auth: bearer, credential: {fromEnv: HOOK}}]
    cveAllowlist: {items: [CVE-2021-44228], expiresAt: '2030-01-31T00:00:00Z'}
    labels: [{name: tested, color: '#48960C'}]
    preheat: [{name: dragon, vendor: dragonfly, endpoint: 'https://dragonfly.example.com', auth: {token: {fromEnv: HOOK}}}]
";

#[test]
fn objects_of_the_whole_system_become_values_on_which_a_plan_is_empty() {
    let options = HarborOptions::new(PASSWORD).with_scanner_adapter("http://scanner.example.com");
    let sandbox = Harbor::start(&options).unwrap();
    let mut stage = Stage { sandbox, ..Stage::empty() };
    stage.secrets.push(("USER".to_owned(), "Password-of-ada-1".to_owned()));
    stage.write("made/values.yaml", &SYSTEM.replace("(server)", stage.sandbox.url()));
    let applied = stage.run(&["harbor", "apply", "--values=made"]);
    assert!(applied.starts_with("exit code: 0"), "{applied}");
    stage.sandbox.reset_log();
    let said = stage.run(&["harbor", "export", "--values=made", "--out=ours"]);
    assert!(said.starts_with("exit code: 0"), "{said}");
    insta::assert_snapshot!("system", stage.file("ours/50-harbor.yaml"));
    stage.take_secrets("ours");
    assert_eq!(stage.plan("ours"), Vec::<String>::new());
    assert_eq!(stage.sandbox.writes(), 0);
}
