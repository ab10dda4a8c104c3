//! Ours is the very object that we made: another one under its name is not, whatever the inventory says (law 5).

use std::fs;

use evenkeel_core::{plan::Action, report::Status};
use evenkeel_engine::{command_line::Options, exit_code::ExitCode, run::Finished};
use evenkeel_sandbox::{Effect, Fault, Gate, HarborOptions, Matching};
use reqwest::Method;
use serde_json::{Value, json};

use crate::stage::{PASSWORD, Stage, told};

const REGISTRY: &str = "https://registry.example.com";

const ALL: &str = "
teams: {alpha: {}, gamma: {}}
kubernetes: {createNamespaces: true}
harbor:
  projects:
    - name: kept
      retention: {keepLast: 3}
      immutableTags: [{tags: 'v*'}]
      webhooks: [{name: builds, events: [PUSH_ARTIFACT], address: 'https://hooks.example.com/harbor'}]
      labels: [{name: tested}]
      robots: [{name: ci, access: [{resource: repository, action: pull}]}]
    - {name: gone}
  robots: [{name: ops, permissions: [{access: [{resource: project, action: list}]}]}]
  registries: [{name: upstream, type: docker-registry, url: 'https://registry.example.com'}]
  replications: [{name: mirror, source: upstream, destinationNamespace: kept}]
";

/// Without one object of each kind, and not without the project in which most of them are.
const FEWER: &str = "
teams: {gamma: {}}
kubernetes: {createNamespaces: true}
harbor: {projects: [{name: kept}]}
";

/// The objects that [`FEWER`] leaves out and that [`Others`] make anew.
const LEFT_OUT: [&str; 10] = [
    "immutable-tag-rule/kept/**:v*",
    "label/kept/tested",
    "project/gone",
    "registry/upstream",
    "replication/mirror",
    "retention/kept",
    "robot/kept+ci",
    "robot/ops",
    "secret/team-alpha/harbor-pullsecret",
    "webhook/kept/builds",
];

struct Others<'a>(&'a Stage);

impl Others<'_> {
    /// What is in a list, by what it is called; the secret of the server's own robot and the like are not.
    async fn find(&self, list: &str, name: &str) -> Option<Value> {
        let found = self.0.get(list).await;
        found.as_array().unwrap().iter().find(|row| row["name"] == name).cloned()
    }

    async fn delete(&self, path: &str) {
        let (status, body) = self.0.meddle(Method::DELETE, path, None).await;
        assert_eq!(status, 200, "{path}: {body}");
    }

    async fn make(&self, path: &str, body: Value) {
        self.0.make(path, &body).await;
    }

    async fn kept(&self) -> (String, Value) {
        let project = self.0.get("/projects/kept").await;
        (format!("/robots?q=Level%3Dproject%2CProjectID%3D{}", project["project_id"]), project)
    }

    /// Deletes everything of [`LEFT_OUT`].
    async fn delete_all(&self) {
        let (robots, project) = self.kept().await;
        let labels = format!("/labels?scope=p&project_id={}", project["project_id"]);
        let lists = [
            ("/replication/policies", "mirror", "/replication/policies"),
            ("/registries", "upstream", "/registries"),
            ("/projects/kept/webhook/policies", "builds", "/projects/kept/webhook/policies"),
            (labels.as_str(), "tested", "/labels"),
            (robots.as_str(), "otomi-kept+ci", "/robots"),
            ("/robots?page_size=100", "otomi-ops", "/robots"),
        ];
        for (list, name, path) in lists {
            let found = self.find(list, name).await.unwrap();
            self.delete(&format!("{path}/{}", found["id"])).await;
        }
        let rules = self.0.get("/projects/kept/immutabletagrules").await;
        self.delete(&format!("/projects/kept/immutabletagrules/{}", rules[0]["id"])).await;
        self.delete(&format!("/retentions/{}", project["metadata"]["retention_id"].as_str().unwrap())).await;
        self.delete("/projects/gone").await;
        assert!(self.0.cluster().remove("secrets", "team-alpha", "harbor-pullsecret"));
    }

    /// Makes everything of [`LEFT_OUT`], as people do who have never heard of evenkeel.
    async fn make_all(&self) {
        let number = self.kept().await.1["project_id"].clone();
        let selector = |decoration: &str, pattern: &str| json!([{"kind": "doublestar", "decoration": decoration, "pattern": pattern}]);
        let everything = json!({"repository": selector("repoMatches", "**")});
        let robot = |name: &str, level: &str, kind: &str, place: &str| {
            let access = json!([{"resource": if kind == "system" { "project" } else { "repository" }, "action": if kind == "system" { "list" } else { "pull" }}]);
            json!({"name": name, "level": level, "duration": -1, "permissions": [{"kind": kind, "namespace": place, "access": access}]})
        };
        self.make("/projects", json!({"project_name": "gone"})).await;
        self.make("/registries", json!({"name": "upstream", "type": "docker-registry", "url": REGISTRY})).await;
        let registry = self.find("/registries", "upstream").await.unwrap();
        let policy = json!({"name": "mirror", "src_registry": {"id": registry["id"]}, "trigger": {"type": "manual"}});
        self.make("/replication/policies", policy).await;
        let target = json!({"type": "http", "address": "https://hooks.example.com/theirs"});
        let webhook = json!({"name": "builds", "enabled": true, "event_types": ["PUSH_ARTIFACT"], "targets": [target]});
        self.make("/projects/kept/webhook/policies", webhook).await;
        self.make("/labels", json!({"name": "tested", "scope": "p", "project_id": number})).await;
        self.make("/robots", robot("ci", "project", "project", "kept")).await;
        self.make("/robots", robot("ops", "system", "system", "/")).await;
        let rule = json!({"action": "immutable", "template": "immutable_template",
            "tag_selectors": selector("matches", "v*"), "scope_selectors": everything});
        self.make("/projects/kept/immutabletagrules", rule).await;
        let rule = json!({"action": "retain", "template": "latestPushedK", "params": {"latestPushedK": 9},
            "tag_selectors": selector("matches", "**"), "scope_selectors": everything});
        let policy = json!({"algorithm": "or", "scope": {"level": "project", "ref": number}, "rules": [rule],
            "trigger": {"kind": "Schedule", "settings": {"cron": "0 0 0 * * *"}}});
        self.make("/retentions", policy).await;
        let secret = json!({"metadata": {}, "type": "Opaque", "data": {"theirs": "eQ=="}});
        self.0.cluster().insert("secrets", "team-alpha", "harbor-pullsecret", secret);
    }
}

/// A server and a cluster that hold everything, with the inventory in a file.
async fn converged() -> Stage {
    let stage = Stage::with_cluster_and(&HarborOptions::new(PASSWORD).with_registry(REGISTRY), ALL);
    expect_converged(&apply(&stage, false).await);
    expect_converged(&apply(&stage, false).await);
    stage
}

async fn apply(stage: &Stage, prune: bool) -> Finished {
    let options =
        Options { inventory: Some(stage.file("inventory.jsonl")), prune, max_deletes: 100, ..stage.options() };
    stage.apply_with(false, options).await
}

fn expect_converged(finished: &Finished) {
    assert_eq!(finished.exit_code, ExitCode::Converged, "{}", told(finished));
}

/// What of [`LEFT_OUT`] was deleted.
fn deleted(finished: &Finished) -> Vec<String> {
    let deletes = finished.report.changes.iter();
    let deletes = deletes.filter(|change| change.change.action == Action::Delete && change.status == Status::Applied);
    let objects = deletes.map(|change| change.change.object.to_string());
    let mut objects: Vec<String> = objects.filter(|object| LEFT_OUT.contains(&object.as_str())).collect();
    objects.sort();
    objects
}

/// The objects of [`LEFT_OUT`] of which these words were told.
fn told_of(finished: &Finished, words: &str) -> Vec<String> {
    let notes = finished.report.notes.iter().filter(|note| note.message.contains(words));
    let mut objects: Vec<String> = notes.map(|note| note.object.to_string()).collect();
    objects.retain(|object| LEFT_OUT.contains(&object.as_str()));
    objects.sort();
    objects.dedup();
    objects
}

/// What the inventory says of an object.
fn last_line(stage: &Stage, object: &str) -> Value {
    let text = fs::read_to_string(stage.file("inventory.jsonl")).unwrap();
    let mut lines = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    lines.rfind(|line| line["object"] == object && !line["state"].is_null()).unwrap_or_default()
}

#[tokio::test]
async fn what_others_made_anew_under_the_names_of_ours_is_not_pruned() {
    let stage = converged().await;
    for object in LEFT_OUT {
        assert!(last_line(&stage, object)["id"].is_string(), "{object}: {}", last_line(&stage, object));
    }
    Others(&stage).delete_all().await;
    Others(&stage).make_all().await;
    stage.declare(FEWER);
    let pruned = apply(&stage, true).await;
    expect_converged(&pruned);
    assert_eq!(deleted(&pruned), [""; 0]);
    assert_eq!(told_of(&pruned, "was deleted by others, who made another one of this name"), LEFT_OUT);
    for object in LEFT_OUT {
        let line = last_line(&stage, object);
        assert!(line.is_null() || line["state"] == "gone", "{line}");
    }
    stage.cluster().object("secrets", "team-alpha", "harbor-pullsecret").unwrap();
}

#[tokio::test]
async fn an_older_inventory_that_was_put_back_prunes_nothing_that_others_have_made_since() {
    let stage = converged().await;
    let older = fs::read_to_string(stage.file("inventory.jsonl")).unwrap();
    stage.declare(FEWER);
    let pruned = apply(&stage, true).await;
    expect_converged(&pruned);
    assert_eq!(deleted(&pruned), LEFT_OUT, "{}", told(&pruned));
    Others(&stage).make_all().await;
    fs::write(stage.file("inventory.jsonl"), older).unwrap();
    let again = apply(&stage, true).await;
    expect_converged(&again);
    assert_eq!(deleted(&again), [""; 0]);
    assert_eq!(told_of(&again, "was deleted by others, who made another one of this name"), LEFT_OUT);
}

#[tokio::test]
async fn names_without_numbers_are_no_reason_to_delete_and_learn_them_while_they_are_declared() {
    let stage = converged().await;
    let text = fs::read_to_string(stage.file("inventory.jsonl")).unwrap();
    let without = text.lines().map(|line| {
        let mut line: Value = serde_json::from_str(line).unwrap();
        line.as_object_mut().unwrap().remove("id");
        format!("{line}\n")
    });
    fs::write(stage.file("inventory.jsonl"), without.collect::<String>()).unwrap();
    stage.declare(FEWER);
    let unknown = apply(&stage, true).await;
    expect_converged(&unknown);
    assert_eq!(deleted(&unknown), [""; 0]);
    assert_eq!(told_of(&unknown, "the inventory does not say which object of this name is ours"), LEFT_OUT);
    stage.declare(ALL);
    expect_converged(&apply(&stage, false).await);
    stage.declare(FEWER);
    assert_eq!(deleted(&apply(&stage, true).await), LEFT_OUT);
}

#[tokio::test]
async fn what_is_gone_is_struck_off_at_once() {
    let stage = converged().await;
    stage.declare(FEWER);
    Others(&stage).delete_all().await;
    expect_converged(&apply(&stage, false).await);
    for object in LEFT_OUT {
        let line = last_line(&stage, object);
        assert!(line.is_null() || line["state"] == "gone", "{line}");
    }
    assert!(last_line(&stage, "robot/team-gamma-pull")["id"].is_string());
}

#[tokio::test]
async fn a_project_is_deleted_by_its_number() {
    let stage = converged().await;
    let number = stage.get("/projects/gone").await["project_id"].clone();
    stage.declare(FEWER);
    stage.sandbox.reset_log();
    expect_converged(&apply(&stage, true).await);
    let deletes = stage.sandbox.requests().into_iter().filter(|request| request.method == "DELETE");
    let deletes: Vec<String> = deletes.map(|request| request.path).collect();
    assert!(deletes.contains(&format!("/api/v2.0/projects/{number}")), "{deletes:#?}");
    assert!(!deletes.iter().any(|path| path.ends_with("/projects/gone")), "{deletes:#?}");
}

#[tokio::test]
async fn what_could_not_be_seen_is_not_forgotten() {
    let mut stage = converged().await;
    stage.declare(FEWER);
    stage.confine(&["team-gamma"]);
    let finished = apply(&stage, true).await;
    assert!(deleted(&finished).contains(&"robot/ops".to_owned()), "{}", told(&finished));
    let secret = last_line(&stage, "secret/team-alpha/harbor-pullsecret");
    assert!(secret["id"].is_string(), "{secret}");
}

#[tokio::test]
async fn a_secret_that_was_exchanged_after_the_look_keeps_its_entry_in_the_account() {
    let stage = converged().await;
    stage.declare(FEWER);
    let gate = Gate::new();
    // The last of what is read in the cluster.
    let accounts = Matching::reads().path("/api/v1/serviceaccounts");
    stage.cluster().inject(Fault::once(accounts, Effect::Hold(gate.clone())));
    let exchange = async {
        gate.reached(1).await;
        assert!(stage.cluster().remove("secrets", "team-alpha", "harbor-pullsecret"));
        let secret = json!({"metadata": {}, "type": "Opaque", "data": {"theirs": "eQ=="}});
        stage.cluster().insert("secrets", "team-alpha", "harbor-pullsecret", secret);
        gate.open();
    };
    let (finished, ()) = tokio::join!(apply(&stage, true), exchange);
    expect_converged(&finished);
    assert!(stage.cluster().object("secrets", "team-alpha", "harbor-pullsecret").is_some());
    assert!(stage.cluster().object("secrets", "team-alpha", "harbor-pushsecret").is_none(), "ours went");
    let account = stage.cluster().object("serviceaccounts", "team-alpha", "default").unwrap();
    assert_eq!(account["imagePullSecrets"], json!([{"name": "harbor-pullsecret"}]));
}

/// A run that does nothing because its selector is mistyped looks like one that has nothing to do.
#[tokio::test]
async fn a_selector_that_can_match_nothing_is_refused_also_for_what_belongs_to_other_objects() {
    let more = "
harbor:
  configuration: {self_registration: false}
  projects:
    - name: kept
      storageQuota: 5Gi
      retention: {keepLast: 3}
      webhooks: [{name: builds, events: [PUSH_ARTIFACT], address: 'https://hooks.example.com/harbor'}]
      cveAllowlist: {items: [CVE-2021-44228]}
";
    let stage = Stage::with_cluster(&format!("teams: {{alpha: {{}}}}\nkubernetes: {{createNamespaces: true}}{more}"));
    stage.converge().await;
    let run = async |selector: &str| {
        let only = vec![selector.parse().unwrap()];
        stage.apply_with(false, Options { only, ..stage.options() }).await
    };
    for selector in [
        "project/kept",
        "quota/kept",
        "retention/*",
        "retention-rule/kept/1",
        "robot-permission/kept/ci",
        "robot-secret/team-alpha-pull",
        "webhook/kept/builds",
        "cve-allowlist/kept",
        "configuration/settings",
        "namespace/team-alpha",
        "secret/team-alpha/harbor-pullsecret",
        "image-pull-secrets/team-alpha/default",
    ] {
        let finished = run(selector).await;
        assert_eq!(finished.exit_code, ExitCode::Converged, "{selector}: {}", told(&finished));
    }
    for selector in [
        "quota/kpet",
        "quota/team-beta",
        "retenton/kept",
        "retention-rule/kpet/1",
        "group-member/kept/g-devs",
        "user-member/kept/ada",
        "project-scanner/kept",
        "configuration/setings",
        "robot-secret/kept",
        "namespace/kept",
        "image-pull-secrets/kept/default",
    ] {
        let finished = run(selector).await;
        assert_eq!(finished.exit_code, ExitCode::Usage, "{selector}: {}", told(&finished));
        assert!(told(&finished).contains(&format!("`--only {selector}` selects nothing")), "{}", told(&finished));
    }
}
