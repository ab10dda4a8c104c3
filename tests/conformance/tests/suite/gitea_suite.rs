//! One server for many files: what the suite puts back between them.

use evenkeel_conformance::contracts;
use evenkeel_conformance::gitea::{Baseline, BaselineError};
use evenkeel_conformance::scenario::{ContractScenario, Scenario, Target, run_all};
use evenkeel_sandbox::{Gitea, GiteaOptions};

const PASSWORD: &str = "Passw0rd-of-the-suite";

fn target(server: &Gitea) -> Target {
    Target::new(server.url(), "gitadmin", PASSWORD.into())
}

#[tokio::test]
async fn files_follow_each_other_on_one_server() {
    let server = Gitea::start(&GiteaOptions::new(PASSWORD)).unwrap();
    let mut target = target(&server);
    let baseline = Baseline::take(&target).await.unwrap();
    target.given.insert("token".to_owned(), baseline.token());
    let all = contracts::gitea().unwrap();
    let names = ["auth", "organisations", "teams", "oauth2-applications", "paging", "organisations"];
    let chosen = names.iter().map(|name| contracts::named(&all, name).unwrap().clone());
    let scenarios: Vec<Box<dyn Scenario>> =
        chosen.map(|contract| Box::new(ContractScenario(contract)) as Box<dyn Scenario>).collect();
    for row in run_all(&scenarios, &target, &baseline, |_| {}).await {
        assert_eq!(row.findings, Vec::<String>::new(), "{}", row.name);
    }
    let left = server.snapshot();
    assert_eq!(left["organisations"], serde_json::json!({}));
    assert_eq!(left["users"].as_object().unwrap().len(), 1);
}

#[tokio::test]
async fn a_server_in_use_is_refused() {
    let server = Gitea::start(&GiteaOptions::new(PASSWORD)).unwrap();
    let target = target(&server);
    let before = server.snapshot();
    let baseline = Baseline::take(&target).await.unwrap();
    baseline.restore().await.unwrap();
    assert_ne!(server.snapshot(), before, "the token of the suite is there");
    let all = contracts::gitea().unwrap();
    let users = contracts::named(&all, "branch-protections-and-deploy-keys").unwrap();
    let mut given = target.clone();
    given.given.insert("token".to_owned(), baseline.token());
    ContractScenario(users.clone()).run(&given).await;
    let refused = Baseline::take(&target).await.err().unwrap();
    assert!(matches!(refused, BaselineError::NotFresh(names) if names == "otomi"));
}
