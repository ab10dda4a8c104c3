//! Objects of the whole system: schedules, scanners, allowed vulnerabilities, labels, preheat instances.

use evenkeel_engine::{command_line::Options, exit_code::ExitCode};
use evenkeel_sandbox::HarborOptions;
use reqwest::Method;
use serde_json::{Value, json};

use crate::stage::{PASSWORD, Stage, told};

const SCANNER: &str = "http://scanner.example.com:8080";
const OTHER: &str = "http://other.example.com:8080";

const ALL: &str = "
harbor:
  system:
    garbageCollection: {schedule: '0 0 2 * * 6', deleteUntagged: true, workers: 2}
    auditPurge: {schedule: '0 0 3 * * *', retentionHours: 720, eventTypes: [create_artifact, delete_artifact, other]}
    scanAll: {schedule: '0 0 4 * * *'}
    scanners:
      - {name: own, url: 'http://scanner.example.com:8080', auth: bearer, credential: {fromEnv: HOOK}, skipCertVerify: false}
      - {name: second, url: 'http://other.example.com:8080/', description: spare}
    defaultScanner: second
    cveAllowlist: {items: [CVE-2021-44228, CVE-2020-0001], expiresAt: '2030-01-31T00:00:00+01:00'}
    labels: [{name: tested, color: '#48960C', description: passed}]
    preheat:
      - {name: dragon, vendor: dragonfly, endpoint: 'https://dragonfly.example.com', auth: {basic: {username: harbor, password: {fromEnv: REGISTRY}}}}
";

fn stage(values: &str) -> Stage {
    Stage::with(&HarborOptions::new(PASSWORD).with_scanner_adapter(SCANNER).with_scanner_adapter(OTHER), values)
}

async fn send(stage: &Stage, method: Method, path: &str, body: Value) {
    let (status, answer) = stage.meddle(method, path, Some(body)).await;
    assert!((200..300).contains(&status), "{path}: {status} {answer}");
}

async fn prune(stage: &Stage, values: &str) {
    stage.declare(values);
    let finished = stage.apply_with(false, Options { prune: true, ..stage.options() }).await;
    assert_eq!(finished.exit_code, ExitCode::Converged, "{}", told(&finished));
}

/// What a plan, a check and a run all end with.
async fn is_refused(stage: &Stage, message: &str) {
    for finished in [stage.plan().await, stage.check().await, stage.apply().await] {
        assert_eq!(finished.exit_code, ExitCode::Configuration, "{}", told(&finished));
        assert!(told(&finished).contains(message), "{}", told(&finished));
    }
}

fn parameters(answer: &Value) -> Value {
    serde_json::from_str(answer["job_parameters"].as_str().unwrap()).unwrap()
}

async fn scanner(stage: &Stage, name: &str) -> Value {
    let list = stage.get("/scanners").await;
    let found = list.as_array().unwrap().iter().find(|scanner| scanner["name"] == name);
    found.unwrap_or_else(|| panic!("no scanner `{name}` in {list}")).clone()
}

#[tokio::test]
async fn everything_of_the_system_is_made_in_one_run_and_the_next_one_only_reads() {
    let stage = stage(ALL);
    stage.converge().await;
    let collection = stage.get("/system/gc/schedule").await;
    assert_eq!(collection["schedule"]["cron"], "0 0 2 * * 6");
    assert_eq!(parameters(&collection), json!({"delete_tag": false, "delete_untagged": true, "workers": 2}));
    let purge = parameters(&stage.get("/system/purgeaudit/schedule").await);
    assert_eq!(purge["include_event_types"], "create_artifact,delete_artifact,other");
    assert_eq!(stage.get("/system/scanAll/schedule").await["schedule"]["cron"], "0 0 4 * * *");
    assert_eq!(scanner(&stage, "second").await["is_default"], true);
    assert_eq!(stage.get("/system/CVEAllowlist").await["expires_at"], 1_896_044_400);
    assert_eq!(stage.sandbox.hidden()["scanners"]["own"], "Bearer hook");
    assert_eq!(
        stage.sandbox.hidden()["preheat"]["dragon"],
        json!({"username": "harbor", "password": "Registry-Pass-1"})
    );
    assert_eq!(stage.get("/p2p/preheat/instances/dragon").await["enabled"], true);
}

/// Law 9: what nobody declares costs no request.
#[tokio::test]
async fn values_without_objects_of_the_system_cost_no_request_for_them() {
    let stage = stage("teams: {alpha: {}}\n");
    stage.converge().await;
    let asked: Vec<String> = stage.sandbox.requests().iter().map(|request| request.path.clone()).collect();
    for part in ["/system/", "/scanners", "/labels", "/preheat/", "/users?", "/usergroups"] {
        assert!(!asked.iter().any(|path| path.contains(part)), "{part}: {asked:#?}");
    }
}

#[tokio::test]
async fn a_new_schedule_leaves_parameters_alone_that_nobody_declared() {
    let stage = stage("harbor: {system: {garbageCollection: {schedule: '0 0 2 * * 6'}}}\n");
    let theirs = json!({"schedule": {"type": "Daily", "cron": "0 0 0 * * *"},
                        "parameters": {"delete_untagged": true, "workers": 3}});
    send(&stage, Method::PUT, "/system/gc/schedule", theirs).await;
    stage.converge().await;
    let there = stage.get("/system/gc/schedule").await;
    assert_eq!(there["schedule"]["cron"], "0 0 2 * * 6");
    assert_eq!(parameters(&there), json!({"delete_tag": false, "delete_untagged": true, "workers": 3}));
}

/// The server shows no worker as 0, and takes no 0.
#[tokio::test]
async fn workers_that_nobody_ever_chose_are_not_sent_back() {
    let stage = stage("harbor: {system: {garbageCollection: {schedule: '0 0 2 * * 6', deleteUntagged: true}}}\n");
    send(&stage, Method::PUT, "/system/gc/schedule", json!({"schedule": {"type": "Daily", "cron": "0 0 0 * * *"}}))
        .await;
    stage.converge().await;
    assert_eq!(parameters(&stage.get("/system/gc/schedule").await)["delete_untagged"], true);
}

/// The word beside a schedule is for people: `Daily` and `Custom` of the same cron do the same.
#[tokio::test]
async fn the_word_beside_a_schedule_is_no_difference_and_stays() {
    let stage = stage("harbor: {system: {garbageCollection: {schedule: '0 0 0 * * *', workers: 2}}}\n");
    send(&stage, Method::PUT, "/system/gc/schedule", json!({"schedule": {"type": "Daily", "cron": "0 0 0 * * *"}}))
        .await;
    stage.converge().await;
    assert_eq!(stage.get("/system/gc/schedule").await["schedule"]["type"], "Daily");
}

/// The real server wants both parameters also from whoever removes the purge (contract `purge-schedule`).
#[tokio::test]
async fn a_purge_that_is_declared_to_be_off_is_removed_with_the_parameters_that_it_had() {
    let stage = stage(ALL);
    stage.converge().await;
    stage.declare("harbor: {system: {auditPurge: {schedule: ''}, garbageCollection: {schedule: ''}}}\n");
    stage.converge().await;
    assert_eq!(stage.there("/schedules"), json!({"scanAll": stage.there("/schedules/scanAll")}));
}

/// The server takes any name of an event, and purges none of it.
#[tokio::test]
async fn an_event_that_no_log_holds_is_refused_before_the_purge_is_written() {
    let values = ALL.replace("delete_artifact,", "delete_artefact,");
    let stage = stage(&values);
    let finished = stage.apply().await;
    assert_eq!(finished.exit_code, ExitCode::Configuration, "{}", told(&finished));
    assert!(told(&finished).contains("harbor logs no event `delete_artefact`"), "{}", told(&finished));
    assert_eq!(stage.there("/schedules").get("purgeaudit"), None);
}

#[tokio::test]
async fn what_says_nothing_without_a_schedule_is_refused_with_the_values() {
    for (values, message) in [
        ("garbageCollection: {schedule: '', workers: 2}", "without a schedule `workers` has no effect"),
        ("auditPurge: {schedule: '', eventTypes: [create_artifact]}", "without a schedule `eventTypes` has no effect"),
        ("auditPurge: {schedule: '0 0 3 * * *', retentionHours: 24}", "wants `eventTypes` beside it"),
        ("scanAll: {schedule: '0 3 * * *'}", "a schedule of harbor has six fields"),
        ("cveAllowlist: {items: [CVE-1, CVE-1]}", "`CVE-1` is declared twice"),
        ("scanners: [{name: Trivy, url: 'http://a.example.com'}]", "never changes"),
        ("scanners: [{name: a, url: 'http://a.example.com', auth: basic}]", "belong together"),
        ("labels: [{name: a}, {name: a}]", "label `a` is declared twice"),
    ] {
        let finished = stage(&format!("harbor: {{system: {{{values}}}}}\n")).apply().await;
        assert_eq!(finished.exit_code, ExitCode::InvalidValues, "{values}: {}", told(&finished));
        assert!(told(&finished).contains(message), "{values}: {}", told(&finished));
    }
}

#[tokio::test]
async fn scans_without_a_scanner_are_told_by_plan_check_and_apply() {
    let stage = stage("harbor: {system: {scanAll: {schedule: '0 0 4 * * *'}}}\n");
    is_refused(&stage, "harbor has no default scanner").await;
    stage.declare("harbor: {system: {scanAll: {schedule: ''}}}\n");
    stage.converge().await;
}

#[tokio::test]
async fn a_default_scanner_that_is_not_there_is_told_by_plan_check_and_apply() {
    let stage = stage("harbor: {system: {defaultScanner: nobody}}\n");
    is_refused(&stage, "there is no scanner `nobody` that is on").await;
}

#[tokio::test]
async fn a_change_of_a_scanner_leaves_its_hidden_credential_and_all_that_nobody_declared() {
    let stage = stage(ALL);
    stage.converge().await;
    let own = scanner(&stage, "own").await;
    let mut theirs = own.clone();
    theirs["use_internal_addr"] = json!(true);
    theirs["skip_certVerify"] = json!(true);
    send(&stage, Method::PUT, &format!("/scanners/{}", own["uuid"].as_str().unwrap()), theirs).await;
    stage.converge().await;
    let own = scanner(&stage, "own").await;
    assert_eq!((&own["use_internal_addr"], &own["skip_certVerify"]), (&json!(true), &json!(false)));
    assert_eq!(stage.sandbox.hidden()["scanners"]["own"], "Bearer hook");
    stage.declare(&ALL.replace("fromEnv: HOOK", "fromEnv: OTHER_SECRET"));
    stage.converge().await;
    assert_eq!(stage.sandbox.hidden()["scanners"]["own"], "other-secret");
}

/// Of a scanner without a login it shows that there is no credential.
#[tokio::test]
async fn a_login_that_somebody_took_away_from_a_scanner_is_given_back() {
    let stage = stage(ALL);
    stage.converge().await;
    let own = scanner(&stage, "own").await;
    let mut theirs = own.clone();
    theirs["auth"] = json!("");
    send(&stage, Method::PUT, &format!("/scanners/{}", own["uuid"].as_str().unwrap()), theirs).await;
    assert_eq!(stage.sandbox.hidden()["scanners"]["own"], "");
    stage.converge().await;
    assert_eq!(stage.sandbox.hidden()["scanners"]["own"], "Bearer hook");
}

#[tokio::test]
async fn a_scanner_that_cannot_be_reached_holds_up_only_what_needs_it_and_says_why() {
    let stage = Stage::with(&HarborOptions::new(PASSWORD).with_scanner_adapter(OTHER), ALL);
    let finished = stage.apply().await;
    assert_eq!(finished.exit_code, ExitCode::SomeFailed, "{}", told(&finished));
    assert!(told(&finished).contains("harbor contacts a scanner before it takes it"), "{}", told(&finished));
    stage.get("/p2p/preheat/instances/dragon").await;
    assert_eq!(stage.there("/schedules/gc/cron"), "0 0 2 * * 6");
}

#[tokio::test]
async fn the_end_of_an_allowlist_stays_where_only_its_items_are_declared() {
    let stage = stage("harbor: {system: {cveAllowlist: {items: [CVE-1]}}}\n");
    let theirs = json!({"items": [{"cve_id": "CVE-9"}], "expires_at": 1_900_000_000});
    send(&stage, Method::PUT, "/system/CVEAllowlist", theirs).await;
    stage.converge().await;
    let there = stage.get("/system/CVEAllowlist").await;
    assert_eq!((&there["items"], &there["expires_at"]), (&json!([{"cve_id": "CVE-1"}]), &json!(1_900_000_000)));
    stage.declare("harbor: {system: {cveAllowlist: {expiresAt: never}}}\n");
    stage.converge().await;
    let there = stage.get("/system/CVEAllowlist").await;
    assert_eq!((&there["items"], there.get("expires_at")), (&json!([{"cve_id": "CVE-1"}]), None));
}

#[tokio::test]
async fn the_order_of_an_allowlist_is_no_difference() {
    let stage = stage("harbor: {system: {cveAllowlist: {items: [CVE-1, CVE-2]}}}\n");
    let theirs = json!({"items": [{"cve_id": "CVE-2"}, {"cve_id": "CVE-1"}]});
    send(&stage, Method::PUT, "/system/CVEAllowlist", theirs).await;
    let finished = stage.plan().await;
    assert!(!told(&finished).contains("cve-allowlist"), "{}", told(&finished));
}

#[tokio::test]
async fn a_label_of_the_system_is_not_one_of_a_project_and_keeps_what_nobody_declared() {
    let stage = stage(
        "
harbor: {system: {labels: [{name: tested, color: '#48960C'}]}, projects: [{name: shared, labels: [{name: tested}]}]}
",
    );
    send(&stage, Method::POST, "/labels", json!({"name": "theirs", "scope": "g"})).await;
    stage.converge().await;
    let label = stage.get("/labels?scope=g&name=tested").await[0].clone();
    let mut theirs = label.clone();
    (theirs["color"], theirs["description"]) = (json!("#000000"), json!("theirs"));
    send(&stage, Method::PUT, &format!("/labels/{}", label["id"]), theirs).await;
    stage.converge().await;
    let label = stage.get("/labels?scope=g&name=tested").await[0].clone();
    assert_eq!((&label["color"], &label["description"]), (&json!("#48960C"), &json!("theirs")));
    prune(&stage, "harbor: {projects: [{name: shared, labels: [{name: tested}]}]}\n").await;
    let names =
        |labels: Value| labels.as_array().unwrap().iter().map(|label| label["name"].clone()).collect::<Vec<_>>();
    assert_eq!(names(stage.get("/labels?scope=g").await), ["theirs"]);
    let project = stage.get("/projects/shared").await["project_id"].clone();
    assert_eq!(names(stage.get(&format!("/labels?scope=p&project_id={project}")).await), ["tested"]);
}

#[tokio::test]
async fn a_change_of_a_preheat_instance_leaves_its_hidden_login_alone() {
    let stage = stage(ALL);
    stage.converge().await;
    let login = stage.sandbox.hidden()["preheat"]["dragon"].clone();
    stage.declare(&ALL.replace("vendor: dragonfly,", "vendor: dragonfly, insecure: true,"));
    stage.converge().await;
    assert_eq!(stage.get("/p2p/preheat/instances/dragon").await["insecure"], true);
    assert_eq!(stage.sandbox.hidden()["preheat"]["dragon"], login);
    stage.declare(&ALL.replace("basic: {username: harbor, password: {fromEnv: REGISTRY}}", "token: {fromEnv: HOOK}"));
    stage.converge().await;
    assert_eq!(stage.sandbox.hidden()["preheat"]["dragon"], json!({"token": "Bearer hook"}));
    stage.declare(&ALL.replace("basic: {username: harbor, password: {fromEnv: REGISTRY}}", ""));
    stage.converge().await;
    assert_eq!(stage.get("/p2p/preheat/instances/dragon").await["auth_mode"], "NONE");
}

#[tokio::test]
async fn a_preheat_instance_never_becomes_one_of_another_vendor_and_that_is_told() {
    let stage = stage(ALL);
    stage.converge().await;
    stage.declare(&ALL.replace("vendor: dragonfly", "vendor: kraken"));
    is_refused(&stage, "is one of dragonfly, and never becomes one of kraken").await;
}

#[tokio::test]
async fn what_is_ours_of_the_system_goes_and_what_others_made_stays() {
    let stage = stage(ALL);
    let theirs =
        json!({"name": "theirs", "vendor": "kraken", "endpoint": "https://kraken.example.com", "enabled": true});
    send(&stage, Method::POST, "/p2p/preheat/instances", theirs).await;
    stage.converge().await;
    prune(&stage, "harbor: {system: {}}\n").await;
    assert_eq!(stage.get("/scanners").await, json!([]));
    let instances = stage.get("/p2p/preheat/instances").await;
    assert_eq!((instances.as_array().unwrap().len(), &instances[0]["name"]), (1, &json!("theirs")));
    // What is only ever set stays as it is.
    assert_eq!(stage.there("/schedules/gc/cron"), "0 0 2 * * 6");
}

/// Whoever has heard of evenkeel elsewhere made one of the same name.
#[tokio::test]
async fn a_preheat_instance_that_others_made_anew_is_not_ours_to_delete() {
    let stage = stage(ALL);
    stage.converge().await;
    assert_eq!(stage.meddle(Method::DELETE, "/p2p/preheat/instances/dragon", None).await.0, 200);
    let theirs = json!({"name": "dragon", "vendor": "dragonfly", "endpoint": "https://theirs.example.com"});
    send(&stage, Method::POST, "/p2p/preheat/instances", theirs).await;
    prune(&stage, "harbor: {system: {}}\n").await;
    assert_eq!(stage.get("/p2p/preheat/instances/dragon").await["endpoint"], "https://theirs.example.com");
}
