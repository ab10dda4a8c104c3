//! The sandbox Kubernetes answers what a real Kubernetes 1.36.2 was recorded to answer. No key may be left out.

use std::sync::Arc;
use std::time::Duration;

use evenkeel_conformance::contracts;
use evenkeel_conformance::kubernetes;
use evenkeel_conformance::replay::{PlayedClock, Replay, Replayer, Waiting};
use evenkeel_conformance::scenario::{ContractScenario, Scenario, Target, run_all};
use evenkeel_sandbox::{Image, Kubernetes, KubernetesOptions, ManualClock};

type Failure = Box<dyn std::error::Error>;

const TOKEN: &str = "the token of the tests";

/// What was recorded on a cluster whose pods are placed nowhere.
const WITHOUT_A_NODE: [&str; 1] = ["exec"];

/// The images of the recordings' node.
fn images() -> [(&'static str, Image); 2] {
    let log = "hello from container, uid 0 pid 1 args []\nenv 10.96.0.1 \nsa namespace team-alpha\n";
    let hello = Image::exits(0).with_arguments_exits(3).at_its_index_exits("FAIL_INDEX", 3).prints(log);
    let hello = hello.sleeps_with("nap", Duration::from_secs(5));
    [("localhost/hello:1", hello), ("localhost/pause:3", Image::runs())]
}

/// The server's clock and its crowd, for the replayer to look at.
struct Played {
    clock: Arc<ManualClock>,
    server: Arc<Kubernetes>,
}

impl PlayedClock for Played {
    fn advance(&self, time: Duration) {
        self.clock.advance(time);
    }

    fn held(&self) -> usize {
        self.clock.waiting() + self.server.under_way()
    }
}

/// Replays a contract on a sandbox of its own, whose clock moves on where the contract waits.
async fn replay(name: &str) -> Result<Replay, Failure> {
    let all = contracts::kubernetes()?;
    let contract = contracts::named(&all, name).ok_or("no such contract")?;
    let clock = Arc::new(ManualClock::new());
    let mut options = KubernetesOptions::new(TOKEN).with_clock(Arc::clone(&clock) as _);
    if !WITHOUT_A_NODE.contains(&name) {
        options = options.with_node(images());
    }
    if contract.server.contains_key("flags") {
        options = options.at_most(1, 1);
    }
    let server = Arc::new(Kubernetes::start(&options)?);
    let played = Played { clock, server: Arc::clone(&server) };
    let replayer = Replayer::new(server.url())?
        .given("admin_token", TOKEN.into())
        .waiting(Waiting::Advance(Box::new(played)))
        .happening(Box::new(move |event| {
            match event {
                "controllers pause" => server.pause_controllers(),
                "controllers resume" => server.resume_controllers(),
                "history is lost" => server.lose_history(),
                other => return Err(format!("the sandbox cannot let `{other}` happen")),
            }
            Ok(())
        }))
        .may_leave_out(contracts::left_out_by_the_sandbox()?);
    Ok(replayer.replay(contract).await?)
}

/// Shows a failure as the list that it is; the form that a returned error takes would be one long line.
macro_rules! contracts_agree {
    ($($test:ident: $name:literal),+ $(,)?) => {
        $(#[tokio::test]
        async fn $test() {
            match replay($name).await {
                Ok(replay) if replay.disagreements.is_empty() => {
                    assert!(replay.left_out.is_empty(), "left out: {:?}", replay.left_out);
                }
                Ok(replay) => panic!("{replay}"),
                Err(failure) => panic!("{failure}"),
            }
        })+
    };
}

contracts_agree! {
    access_agrees: "access",
    configmaps_agree: "configmaps",
    cronjobs_agree: "cronjobs",
    deployments_agree: "deployments",
    discovery_agrees: "discovery",
    empty_lists_agree: "empty-lists",
    errors_agree: "errors",
    events_agree: "events",
    exec_agrees: "exec",
    jobs_agree: "jobs",
    jobs_policies_agree: "jobs-policies",
    leases_agree: "leases",
    limits_and_locks_agree: "limits-and-locks",
    metadata_only_agrees: "metadata-only",
    namespace_accounts_agree: "namespace-accounts",
    namespaces_agree: "namespaces",
    overload_agrees: "overload",
    roles_agree: "roles",
    secrets_agree: "secrets",
    secrets_apply_agrees: "secrets-apply",
    secrets_list_agrees: "secrets-list",
    secrets_patch_agrees: "secrets-patch",
    serviceaccounts_agree: "serviceaccounts",
}

/// The way to a real cluster, taken to the sandbox: each file finds the cluster as it was, also the second time.
#[tokio::test]
async fn a_cluster_is_put_back_between_files() {
    let server = Kubernetes::start(&KubernetesOptions::new(TOKEN)).expect("a server");
    let access = kubernetes::access(&server.kubeconfig(), None).expect("a kubeconfig");
    let mut target = Target::new(&access.url, "platform-admin", access.token.clone());
    target.given.insert("admin_token".to_owned(), access.token);
    let baseline = kubernetes::Baseline::take(&target).await.expect("a fresh cluster");
    let all = contracts::kubernetes().expect("contracts");
    let scenarios: Vec<Box<dyn Scenario>> = ["events", "secrets", "events"]
        .iter()
        .filter_map(|name| contracts::named(&all, name).cloned())
        .map(|contract| Box::new(ContractScenario(contract)) as Box<dyn Scenario>)
        .collect();
    let rows = run_all(&scenarios, &target, &baseline, |_| {}).await;
    assert_eq!(rows.len(), 3);
    for row in rows {
        assert!(row.passed() && row.steps > 0, "{}: {:?}", row.name, row.findings);
    }
    server.add_namespace("team-beta");
    let refused = kubernetes::Baseline::take(&target).await;
    assert!(matches!(refused, Err(kubernetes::BaselineError::NotFresh(_))));
}
