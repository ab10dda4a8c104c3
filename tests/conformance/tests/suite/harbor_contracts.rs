//! The sandbox Harbor answers what a real Harbor 2.15.2 was recorded to answer.

use std::sync::Arc;
use std::time::Duration;

use evenkeel_conformance::contracts;
use evenkeel_conformance::replay::{Contract, PlayedClock, Replay, Replayer, Waiting};
use evenkeel_sandbox::{Harbor, HarborOptions, HarborPart, ManualClock};

type Failure = Box<dyn std::error::Error>;

const PASSWORD: &str = "correct horse battery staple";
/// A registry that the sandbox is told it can reach; nobody listens there.
const REGISTRY: (&str, &str, &str) = ("http://registry.example.com", "reader", "Registry-Secret1");

/// The sandbox's clock, in the hand of the replayer.
struct Hand(Arc<ManualClock>);

impl PlayedClock for Hand {
    fn advance(&self, time: Duration) {
        self.0.advance(time);
    }

    fn held(&self) -> usize {
        self.0.waiting()
    }
}

/// A sandbox as the contract wants it to be started.
fn started(contract: &Contract, clock: &Arc<ManualClock>) -> Result<Harbor, Failure> {
    let (url, user, password) = REGISTRY;
    let mut options =
        HarborOptions::new(PASSWORD).with_clock(Arc::clone(clock) as _).with_guarded_registry(url, user, password);
    for (name, value) in &contract.server {
        match name.as_str() {
            "CONFIG_OVERWRITE_JSON" => options = options.with_fixed_configuration(serde_json::from_str(value)?),
            other => return Err(format!("the sandbox has no setting `{other}`").into()),
        }
    }
    Ok(Harbor::start(&options)?)
}

/// Makes something happen to the sandbox.
fn happen(server: &Harbor, what: &str) -> Result<(), String> {
    match what {
        "database down" => server.take_away(HarborPart::Database),
        "database up" => server.bring_back(HarborPart::Database),
        "registry down" => server.take_away(HarborPart::Registry),
        "registry up" => server.bring_back(HarborPart::Registry),
        "cache down" => server.take_away(HarborPart::Cache),
        "cache up" => server.bring_back(HarborPart::Cache),
        "the robot expires" => server.expire_robots(),
        "push" => {
            let pushed = server.push("team-alpha", "app", "1") && server.push("team-alpha", "tools/helper", "1");
            return pushed.then_some(()).ok_or_else(|| "there is no project `team-alpha`".to_owned());
        }
        other => return Err(format!("the sandbox does not know `{other}`")),
    }
    Ok(())
}

/// Replays a contract on a sandbox of its own, whose clock moves on where the contract or an answer waits.
async fn replay(name: &str) -> Result<Replay, Failure> {
    let all = contracts::harbor()?;
    let contract = contracts::named(&all, name).ok_or("no such contract")?;
    let clock = Arc::new(ManualClock::new());
    let server = Arc::new(started(contract, &clock)?);
    let (url, user, password) = REGISTRY;
    let hand = Arc::clone(&server);
    let replayer = Replayer::new(server.url())?
        .given("admin_user", "admin".into())
        .given("admin_password", PASSWORD.into())
        .given("registry_url", url.into())
        .given("registry_user", user.into())
        .given("registry_password", password.into())
        .given("dead_url", "http://127.0.0.1:9".into())
        .waiting(Waiting::Advance(Box::new(Hand(clock))))
        .happening(Box::new(move |what| happen(&hand, what)))
        .may_leave_out(contracts::left_out_by_the_sandbox()?);
    Ok(replayer.replay(contract).await?)
}

/// The keys that were left out. Fails with the list of disagreements, and where a key that may be left out was there: the
/// permission is then stale.
async fn agrees(name: &str) -> Result<Vec<String>, Failure> {
    let replay = replay(name).await?;
    let permitted = contracts::left_out_by_the_sandbox()?.remove(&replay.file).unwrap_or_default();
    let stale: Vec<_> = permitted.into_iter().filter(|key| !replay.left_out.contains_key(key)).collect();
    if !replay.disagreements.is_empty() {
        return Err(replay.to_string().into());
    }
    if !stale.is_empty() {
        return Err(format!("{}: left-out.json names keys that are there: {}", replay.file, stale.join(", ")).into());
    }
    Ok(replay.left_out.into_keys().collect())
}

/// Shows a failure as the list that it is; the form that a returned error takes would be one long line.
macro_rules! contracts_agree {
    ($($test:ident: $name:literal),+ $(,)?) => {
        $(#[tokio::test]
        async fn $test() {
            match agrees($name).await {
                Ok(left_out) if left_out.is_empty() => {}
                Ok(left_out) => println!("{}: left out: {}", $name, left_out.join(", ")),
                Err(failure) => panic!("{failure}"),
            }
        })+
    };
}

contracts_agree! {
    audit_log_agrees: "audit-log",
    auth_agrees: "auth",
    configurations_fixed_agrees: "configurations-fixed",
    configurations_agree: "configurations",
    health_outage_agrees: "health-outage",
    immutable_rules_agree: "immutable-rules",
    info_agrees: "info",
    labels_agree: "labels",
    long_names_agree: "long-names",
    members_at_once_agree: "members-at-once",
    members_agree: "members",
    outages_agree: "outages",
    paging_agrees: "paging",
    permissions_agree: "permissions",
    project_delete_agrees: "project-delete",
    projects_agree: "projects",
    purge_schedule_agrees: "purge-schedule",
    quotas_agree: "quotas",
    read_only_mode_agrees: "read-only",
    registries_agree: "registries",
    replications_agree: "replications",
    repositories_agree: "repositories",
    retention_rules_agree: "retention-rules",
    retentions_agree: "retentions",
    robot_prefix_agrees: "robot-prefix",
    robots_change_agrees: "robots-change",
    robots_project_agrees: "robots-project",
    robots_system_agrees: "robots-system",
    robots_verify_agrees: "robots-verify",
    schedules_agree: "schedules",
    statistics_agree: "statistics",
    systeminfo_fixed_agrees: "systeminfo-fixed",
    usergroups_agree: "usergroups",
    webhook_addresses_agree: "webhook-addresses",
    webhooks_agree: "webhooks",
}
