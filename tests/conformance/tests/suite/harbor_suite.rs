//! One server for many files: what the suite puts back between them.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use evenkeel_conformance::contracts;
use evenkeel_conformance::harbor::{Baseline, BaselineError};
use evenkeel_conformance::replay::{Contract, Replayer};
use evenkeel_conformance::scenario::{ContractScenario, Row, Scenario, Target, run_all};
use evenkeel_sandbox::{Harbor, HarborOptions};

const PASSWORD: &str = "Passw0rd-of-the-suite";

async fn run(target: &Target, names: &[&str]) -> Vec<Row> {
    let all = contracts::harbor().unwrap();
    let chosen = names.iter().map(|name| contracts::named(&all, name).unwrap().clone());
    let scenarios: Vec<Box<dyn Scenario>> =
        chosen.map(|contract| Box::new(ContractScenario(contract)) as Box<dyn Scenario>).collect();
    let baseline = Baseline::take(target).await.unwrap();
    run_all(&scenarios, target, &baseline, |_| {}).await
}

#[tokio::test]
async fn files_follow_each_other_on_one_server() {
    let server = Harbor::start(&HarborOptions::new(PASSWORD)).unwrap();
    let target = Target::new(server.url(), "admin", PASSWORD.into());
    let before = server.snapshot();
    let names =
        ["robots-change", "usergroups", "robots-system", "quotas", "schedules", "paging", "labels", "usergroups"];
    for row in run(&target, &names).await {
        assert_eq!(row.findings, Vec::<String>::new(), "{}", row.name);
    }
    let mut after = server.snapshot();
    // a label of a project that does not exist cannot be found by anybody
    after["labels"] = before["labels"].clone();
    assert_eq!(after, before);
}

#[tokio::test]
async fn a_file_that_needs_more_than_a_server_is_named_and_not_replayed() {
    let server = Harbor::start(&HarborOptions::new(PASSWORD)).unwrap();
    let target = Target::new(server.url(), "admin", PASSWORD.into());
    let rows = run(&target, &["configurations-fixed", "outages", "registries"]).await;
    let remarks: Vec<_> = rows.iter().flat_map(|row| &row.remarks).map(String::as_str).collect();
    assert_eq!(rows.iter().map(|row| row.steps).sum::<usize>(), 0);
    assert!(remarks[0].starts_with("not replayed: it needs a server that was started with CONFIG_OVERWRITE_JSON="));
    assert_eq!(remarks[1], "not replayed: it needs a hand on the server: `registry down`");
    assert_eq!(remarks[2], "not replayed: it needs a value for `dead_url`");
}

#[tokio::test]
async fn a_server_in_use_is_refused() {
    let server = Harbor::start(&HarborOptions::new(PASSWORD)).unwrap();
    let target = Target::new(server.url(), "admin", PASSWORD.into());
    let create = serde_json::json!({
        "application": "harbor", "version": "2.15.2", "about": "somebody's project", "given": {"password": null},
        "auth": {"admin": {"basic": ["admin", "{password}"]}},
        "exchanges": [{
            "name": "create",
            "request": {"method": "POST", "path": "/api/v2.0/projects", "auth": "admin", "json": {"project_name": "somebodys"}},
            "response": {"status": 201, "headers": {"location": "/api/v2.0/projects/2"}}
        }]
    });
    let create = Contract::parse("create.json", &create.to_string()).unwrap();
    let replayer = Replayer::new(server.url()).unwrap().given("password", PASSWORD.into());
    assert!(replayer.replay(&create).await.unwrap().disagreements.is_empty());
    let refused = Baseline::take(&target).await.err().unwrap();
    assert!(matches!(refused, BaselineError::NotFresh(names) if names == "somebodys"));
}
