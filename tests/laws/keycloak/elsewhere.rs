//! A realm at random moves: its export makes an empty server equal to it, but for what was told.

mod carried;
mod left_out;

use std::collections::BTreeSet;

use evenkeel_engine::exit_code::ExitCode;
use proptest::{
    prelude::*,
    sample::subsequence,
    test_runner::{Config, FileFailurePersistence, RngAlgorithm, TestCaseError, TestRng, TestRunner},
};
use reqwest::Method;
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use self::{carried::Carried, left_out::LeftOut};
use super::{
    ADMIN_PASSWORD, Keycloak, MINIMAL,
    random::{Objects, objects},
};
use crate::{
    bench::{Bench, planned, told},
    essence::{differences, essence},
    subject::Subject,
};

/// How many realms a test run tries.
const CASES: u32 = 24;

/// What somebody has made in a realm.
#[derive(Clone, Debug)]
struct Case {
    objects: Objects,
    carried: Vec<Carried>,
    left_out: Vec<LeftOut>,
}

fn cases() -> impl Strategy<Value = Case> {
    let carried = subsequence(Carried::ALL.to_vec(), 0..=Carried::ALL.len());
    let left_out = subsequence(LeftOut::ALL.to_vec(), 0..=LeftOut::ALL.len());
    (objects(), carried, left_out).prop_map(|(objects, carried, left_out)| Case { objects, carried, left_out })
}

#[tokio::test]
async fn keycloak_export_on_an_empty_server_differs_only_in_what_was_told() {
    let run = || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let kept = FileFailurePersistence::Direct("tests/laws/proptest-regressions.txt");
        let config = Config { cases: CASES, failure_persistence: Some(Box::new(kept)), ..Config::default() };
        let dice = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
        let outcome = TestRunner::new_with_rng(config, dice).run(&cases(), |case| {
            let complaints = runtime.block_on(play(&case));
            if complaints.is_empty() { Ok(()) } else { Err(TestCaseError::fail(complaints.join("\n"))) }
        });
        outcome.map_err(|failed| failed.to_string())
    };
    tokio::task::spawn_blocking(run).await.unwrap().unwrap();
}

/// Everything at once: what two parts do to each other is found here too.
#[tokio::test]
async fn keycloak_export_of_a_realm_with_everything_differs_only_in_what_was_told() {
    let case = Case { objects: Objects::new(), carried: Carried::ALL.to_vec(), left_out: LeftOut::ALL.to_vec() };
    assert_eq!(play(&case).await, Vec::<String>::new());
}

#[tokio::test]
async fn keycloak_export_of_an_untouched_realm_tells_of_nothing() {
    let case = Case { objects: Objects::new(), carried: Vec::new(), left_out: Vec::new() };
    assert_eq!(play(&case).await, Vec::<String>::new());
}

#[expect(clippy::disallowed_methods, reason = "the other server gets the secrets that the export could read")]
async fn play(case: &Case) -> Vec<String> {
    let source = Keycloak::start();
    make(&source, case).await;
    let login = vec![("10-platform.yaml", MINIMAL.replace("(server)", &source.urls()[0]))];
    let source = Bench::with_values(source, &login);
    let export = source.export().await;
    if export.exit_code != ExitCode::Converged {
        return vec![format!("the export does not hold: {export:?}")];
    }
    let exported = export.exported.unwrap();

    let target = Keycloak::start();
    let url = target.urls()[0].clone();
    let files: Vec<(&'static str, String)> = exported
        .layers
        .iter()
        .filter(|layer| !layer.content.is_empty())
        .map(|layer| (layer.name, layer.content.yaml().unwrap().replace(&source.subject.urls()[0], &url)))
        .collect();
    let mut target = Bench::with_values(target, &files);
    target.change_secret("KEYCLOAK_ADMIN_PASSWORD", ADMIN_PASSWORD);
    for secret in exported.secrets {
        let value = secret.value.map_or_else(|| "hidden".to_owned(), |value| value.expose_secret().to_owned());
        target.change_secret(secret.variable.leak(), &value);
    }
    let mut complaints = wrongly_told(case, exported.left_out);
    let finished = target.apply().await;
    if finished.exit_code != ExitCode::Converged {
        complaints.push(told(&finished));
        return complaints;
    }
    let second = planned(&target.plan().await);
    complaints.extend(second.iter().map(|object| format!("a second plan has {object}")));
    let (before, after) = (essence(&source.subject), essence(&target.subject));
    let of = |state: &Value| state["keycloak"]["otomi"].clone();
    // An empty text is how a new realm is told to have none.
    let is_empty = |place: &String| place.ends_with(r#": (nothing) -> """#);
    let differ = differences(&of(&before), &of(&after)).into_iter().filter(|place| !is_empty(place));
    complaints.extend(differ.filter(|place| !case.left_out.iter().any(|left_out| left_out.is_at(place))));
    complaints
}

async fn make(server: &Keycloak, case: &Case) {
    server.ask(Method::POST, "/admin/realms", Some(&json!({"realm": "otomi", "enabled": true}))).await;
    for ((kind, name), fields) in &case.objects {
        server.send(Method::POST, kind.places().1, fields.of(*kind, name)).await;
    }
    for carried in &case.carried {
        carried.make(server).await;
    }
    for left_out in &case.left_out {
        left_out.make(server).await;
    }
}

/// Lines that are missing, and lines that nobody expects.
fn wrongly_told(case: &Case, told: Vec<String>) -> Vec<String> {
    let told: BTreeSet<String> = told.into_iter().collect();
    let mut expected: BTreeSet<String> =
        case.left_out.iter().flat_map(|left_out| left_out.told()).map(|line| (*line).to_owned()).collect();
    let users = case.carried.iter().map(|carried| carried.users()).sum::<usize>()
        + case.left_out.iter().map(|left_out| left_out.users()).sum::<usize>();
    // A default action is asked of every user who is made after it was set.
    let mut asked = usize::from(case.left_out.contains(&LeftOut::BusyUser));
    if case.carried.contains(&Carried::RequiredAction) {
        asked += if case.carried.contains(&Carried::Accounts) { 3 } else { 0 };
        asked += usize::from(case.left_out.contains(&LeftOut::UserWithoutRole));
    }
    if asked > 0 {
        expected.insert(format!("what users have to do at their next login ({asked})"));
    }
    if users > 0 {
        expected.insert(format!("passwords and other credentials of users, which keycloak does not show ({users})"));
    }
    let missing = expected.difference(&told).map(|line| format!("not told: {line}"));
    missing.chain(told.difference(&expected).map(|line| format!("told without reason: {line}"))).collect()
}
