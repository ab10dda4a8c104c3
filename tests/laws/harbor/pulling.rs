//! What has worked once never stops working between two of our writes: somebody pulls all the time.

use evenkeel_engine::exit_code::ExitCode;
use evenkeel_sandbox::{Effect, Fault, Gate, Kind, Matching};
use reqwest::Method;
use serde_json::json;

use super::Harbor;
use crate::{
    bench::{Bench, told},
    crash::nothing_to_complain_about,
    subject::Subject as _,
};

/// How many runs somebody watches.
const RUNS: usize = 20;

/// What happens to the servers between two runs. None of it ends a credential by itself: that would be no doing of ours.
async fn drift(harbor: &Harbor, number: usize) {
    let secrets = ["harbor-pullsecret", "harbor-pushsecret", "harbor-pushsecret-builds"];
    let name = secrets[number % secrets.len()];
    match number % 10 {
        // nothing at all
        0 => {}
        // a robot says something else, or may do more
        1 | 2 => {
            let mut robot = harbor.robot("team-alpha-pull").await;
            robot["description"] = json!(format!("drifted {number}"));
            if number % 10 == 2 {
                let more = json!({"kind": "project", "namespace": "library",
                                  "access": [{"resource": "repository", "action": "pull"}]});
                robot["permissions"].as_array_mut().unwrap().push(more);
            }
            harbor.send(Method::PUT, &format!("/robots/{}", robot["id"]), robot).await;
        }
        // a Secret is gone
        3 => assert!(harbor.cluster.remove("secrets", "team-beta", name)),
        // the note is gone, or somebody else's is there
        4 => harbor.change("secrets", "team-alpha", name, |secret| {
            secret["metadata"]["annotations"] = json!({"theirs": "yes"});
        }),
        // our labels are gone
        5 => harbor
            .change("secrets", "team-alpha", name, |secret| secret["metadata"]["labels"] = json!({"theirs": "yes"})),
        // pods pull with something else
        6 => harbor.change("serviceaccounts", "team-alpha", "default", |account| {
            account["imagePullSecrets"] = json!([{"name": "theirs"}]);
        }),
        // the whole project was changed
        7 => {
            let metadata = json!({"metadata": {"public": "true", "auto_scan": "false"}});
            harbor.send(Method::PUT, "/projects/team-alpha", metadata).await;
        }
        // the prefix was set to what it is, which renames nothing
        8 => harbor.send(Method::PUT, "/configurations", json!({"robot_name_prefix": "otomi-"})).await,
        // this task's own robot has another secret
        _ => assert!(harbor.server.impose_secret("otomi-evenkeel-demo", format!("Somebody-Elses-{number}"))),
    }
}

/// 20 runs in a row, with drift before each, and most of them cut at one of their writes in one way or another.
#[tokio::test]
async fn there_is_no_moment_at_which_a_published_secret_fails() {
    let mut bench = Bench::<Harbor>::new();
    let mut cut = 0;
    for run in 0..RUNS {
        bench.options.concurrency = [1, 4].map(|count| std::num::NonZeroUsize::new(count).unwrap())[run % 2];
        bench.options.own.verify_secrets = run % 5 == 4;
        if run > 0 {
            drift(&bench.subject, run).await;
        }
        bench.subject.forget();
        // the first run has many writes, later ones few, and most of them one at a server
        let number = if run == 0 { 20 } else { 1 + usize::from(run % 5 == 0) };
        let effect =
            [Effect::CutBefore, Effect::CutAfter, Effect::StatusAfter { code: 502 }, Effect::Reset][run % 4].clone();
        bench.subject.inject_into(run / 2 % 2, Fault::once(Matching::writes().nth(number), effect));
        bench.apply().await;
        cut += usize::from(bench.subject.requests().iter().any(|request| request.faulted));
        bench.subject.heal();
        assert_eq!(bench.subject.broken_promises(), [""; 0], "in run {run}");
    }
    assert!(cut > 5, "{cut} runs were cut");
    bench.options.own.verify_secrets = true;
    bench.converge().await;
    assert_eq!(bench.subject.broken_promises(), [""; 0]);
    let published = bench.subject.snapshot();
    for team in ["team-alpha", "team-beta"] {
        for name in ["harbor-pullsecret", "harbor-pushsecret", "harbor-pushsecret-builds"] {
            let secret = published["kubernetes"]["secrets"][format!("{team}/{name}")].to_string();
            assert!(secret.contains("\"works\":true"), "{team}/{name}");
        }
    }
    assert!(bench.subject.watcher.looks() > 1_000, "{} looks", bench.subject.watcher.looks());
}

/// Where a run is cut: the server's position, and which one of its writes there.
type Place = (usize, usize);

/// One team whose pull robot is gone, with what was published for it and what was kept of it: everything else is there.
async fn without_credentials() -> Bench<Harbor> {
    let bench = Bench::<Harbor>::new().one_at_a_time();
    bench.declare(&[Harbor::fewer_values(&bench.subject.urls()), vec![("95-light.yaml", LIGHT.to_owned())]].concat());
    bench.converge().await;
    let _away = bench.subject.watcher.look_away();
    bench.subject.remove_object(&"secret/team-alpha/harbor-pullsecret".parse().unwrap()).await;
    bench.subject.remove_object(&"robot/team-alpha-pull".parse().unwrap()).await;
    bench.subject.change("serviceaccounts", "team-alpha", "default", |account| account["imagePullSecrets"] = json!([]));
    std::fs::remove_file(bench.path("inventory.secrets.json")).unwrap();
    bench.subject.forget();
    bench
}

/// As little as a team needs.
const LIGHT: &str = "harbor: {teamDefaults: {storageQuota: null, retention: null}}\n";

/// The writes of a run that makes the credentials.
async fn places() -> Vec<Place> {
    let bench = without_credentials().await;
    bench.converge().await;
    let writes = |server: &dyn crate::subject::StandIn| {
        server.requests().iter().filter(|request| request.kind == Kind::Write).count()
    };
    let servers = bench.subject.servers();
    (0..servers.len()).flat_map(|server| (1..=writes(servers[server].1)).map(move |write| (server, write))).collect()
}

/// A run that dies right after one of its writes, or one of whose writes never arrives.
async fn cut(bench: &Bench<Harbor>, (server, number): Place, after: bool) {
    let gate = Gate::new();
    let effect = if after { Effect::Hold(gate.clone()) } else { Effect::CutBefore };
    bench.subject.inject_into(server, Fault::once(Matching::writes().nth(number), effect));
    tokio::select! {
        biased;
        _ = bench.apply() => {}
        () = gate.reached(1) => {}
    }
    gate.open();
    bench.subject.heal();
}

/// Every pair of cuts: the first run is cut at one of its writes, the second at one of its own, and the third arrives.
#[tokio::test]
async fn two_runs_that_are_cut_anywhere_one_after_the_other_are_finished_by_the_third() {
    let places = &places().await;
    assert!(places.len() > 3, "{places:?}");
    let cuts: Vec<(Place, bool)> = places.iter().flat_map(|place| [(*place, false), (*place, true)]).collect();
    let pairs = cuts.iter().flat_map(|first| cuts.iter().map(move |second| (*first, *second)));
    let runs = pairs.map(|(first, second)| async move {
        let bench = without_credentials().await;
        cut(&bench, first.0, first.1).await;
        cut(&bench, second.0, second.1).await;
        let finished = bench.apply().await;
        let mut complaints = bench.subject.broken_promises();
        if finished.exit_code != ExitCode::Converged {
            complaints.push(told(&finished));
        }
        let published = bench.subject.snapshot();
        let secret = published["kubernetes"]["secrets"]["team-alpha/harbor-pullsecret"].to_string();
        if !secret.contains("\"works\":true") {
            complaints.push("the pull secret does not log in".to_owned());
        }
        complaints.into_iter().map(|complaint| format!("cut at {first:?} and {second:?}: {complaint}")).collect()
    });
    nothing_to_complain_about(runs).await;
}

/// The watcher itself: without this, no complaint would prove nothing.
#[tokio::test]
async fn a_watcher_that_sees_a_secret_end_complains() {
    let bench = Bench::<Harbor>::converged().await;
    assert!(bench.subject.server.impose_secret("otomi-team-alpha-pull", "Somebody-Elses-1"));
    bench.apply_with(|options| options.only = vec!["quota/*".parse().unwrap()]).await;
    let complaints = bench.subject.broken_promises();
    assert_eq!(complaints, ["team-alpha/harbor-pullsecret logs in no more"]);
}
