//! Law 4: crash anywhere, run again, arrive.
//!
//! "Arrive" is one state: that of a server on which nothing ever went wrong, but for generated ids and moments. So there is
//! no duplicate, no orphan, and no half-made object; and what may be set once only (initial passwords) was set once only.

use std::collections::BTreeSet;

use evenkeel_engine::exit_code::ExitCode;
use evenkeel_sandbox::{Effect, Fault, Gate, Kind, Logged, Matching, Page};
use futures::{StreamExt, stream};
use serde_json::Value;

use crate::{
    bench::{Bench, told},
    essence::{differences, essence, without_ids},
    subject::Subject,
};

/// Runs that go on side by side: a run mostly waits, for answers and for the pause before it tries again.
const AT_ONCE: usize = 8;

/// One request of a run: the server's position, and which one it is there among those of its kind, counted from 1.
pub(crate) type Place = (usize, usize);

/// What a first run does where nothing goes wrong.
pub(crate) struct Undisturbed {
    pub(crate) writes: Vec<Place>,
    pub(crate) kinds_of_write: Vec<Place>,
    kinds_of_read: Vec<Place>,
    pub(crate) set_once: usize,
    pub(crate) state: Value,
}

pub(crate) async fn undisturbed<S: Subject>() -> Undisturbed {
    let bench = Bench::<S>::new().one_at_a_time();
    bench.converge().await;
    let places = |of_server: &dyn Fn(&[Logged]) -> Vec<usize>| -> Vec<Place> {
        let servers = bench.subject.servers().into_iter().map(|(_, server)| of_server(&server.requests()));
        servers
            .enumerate()
            .flat_map(|(server, numbers)| numbers.into_iter().map(move |number| (server, number)))
            .collect()
    };
    Undisturbed {
        writes: places(&|requests| {
            (1..=requests.iter().filter(|request| request.kind == Kind::Write).count()).collect()
        }),
        kinds_of_write: places(&|requests| kinds(requests, Kind::Write)),
        kinds_of_read: places(&|requests| kinds(requests, Kind::Read)),
        set_once: bench.subject.set_once(),
        state: essence(&bench.subject),
    }
}

/// Which requests, counted from 1, are the first with their method and, ids and query aside, their path.
fn kinds(requests: &[Logged], kind: Kind) -> Vec<usize> {
    let mut known = BTreeSet::new();
    let place = |request: &Logged| without_ids(request.path.split('?').next().unwrap_or_default());
    let requests = requests.iter().filter(|request| request.kind == kind);
    let is_new = requests.map(|request| known.insert((request.method.to_string(), place(request))));
    (1..).zip(is_new).filter(|(_, is_new)| *is_new).map(|(number, _)| number).collect()
}

/// Runs once more without faults, and tells what is not as it should be.
async fn arrive<S: Subject>(bench: &Bench<S>, whole: &Undisturbed) -> Vec<String> {
    bench.subject.heal();
    let finished = bench.apply().await;
    let mut complaints = differences(&whole.state, &essence(&bench.subject));
    complaints.extend(bench.subject.broken_promises());
    if finished.exit_code != ExitCode::Converged {
        complaints.push(told(&finished));
    }
    if bench.subject.set_once() != whole.set_once {
        complaints.push(format!("{} secrets were set instead of {}", bench.subject.set_once(), whole.set_once));
    }
    complaints
}

/// The process dies when a write has been done and its answer is still on the way: for every single write.
pub(crate) async fn a_run_that_dies_after_any_write_is_finished_by_the_next<S: Subject>() {
    let whole = &undisturbed::<S>().await;
    assert!(whole.writes.len() > 1);
    let runs = whole.writes.iter().map(|&(server, number)| async move {
        let bench = Bench::<S>::new().one_at_a_time();
        let gate = Gate::new();
        bench.subject.inject_into(server, Fault::once(Matching::writes().nth(number), Effect::Hold(gate.clone())));
        tokio::select! {
            biased;
            finished = bench.apply() => panic!("the run did not reach write {number}: {}", told(&finished)),
            () = gate.reached(1) => {}
        }
        gate.open();
        let (_, struck) = bench.subject.servers()[server];
        let writes = struck.requests().iter().filter(|request| request.kind == Kind::Write).count();
        assert_eq!(writes, number);
        arrive(&bench, whole)
            .await
            .into_iter()
            .map(|complaint| format!("died after write {number}: {complaint}"))
            .collect::<Vec<_>>()
    });
    nothing_to_complain_about(runs).await;
}

/// The connection is cut before a write: for every single write.
pub(crate) async fn a_write_that_never_arrived_is_made_up_for<S: Subject>() {
    disturb_every_write::<S>(Effect::CutBefore).await;
}

/// A write is done and its answer lost: for every single write.
pub(crate) async fn a_write_whose_answer_is_lost_is_not_done_twice<S: Subject>() {
    disturb_every_write::<S>(Effect::CutAfter).await;
}

/// The connection is reset before a write: for every kind of write.
pub(crate) async fn a_reset_connection_is_made_up_for<S: Subject>() {
    disturb_every_kind_of_write::<S>(Effect::Reset).await;
}

/// The application breaks down over a write: for every kind of write.
pub(crate) async fn an_internal_error_is_made_up_for<S: Subject>() {
    disturb_every_kind_of_write::<S>(Effect::Status { code: 500, page: Page::Html, retry_after: None }).await;
}

/// A write is done, and a gateway says that it does not know: for every kind of write.
pub(crate) async fn a_gateway_that_gave_up_is_made_up_for<S: Subject>() {
    disturb_every_kind_of_write::<S>(Effect::StatusAfter { code: 502 }).await;
}

/// The answer to a read breaks off in the middle of its JSON: for every kind of read in a first run.
pub(crate) async fn a_read_that_makes_no_sense_changes_nothing_for_the_worse<S: Subject>() {
    let whole = &undisturbed::<S>().await;
    let runs = whole.kinds_of_read.iter().flat_map(|&(server, number)| {
        [Effect::TruncatedJson, Effect::CutInBody, Effect::Status { code: 500, page: Page::Json, retry_after: None }]
            .map(|effect| {
                disturbed::<S>(
                    whole,
                    server,
                    Fault::once(Matching::reads().nth(number), effect.clone()),
                    format!("{effect:?} at read {number}"),
                )
            })
    });
    nothing_to_complain_about(runs).await;
}

async fn disturb_every_write<S: Subject>(effect: Effect) {
    let whole = &undisturbed::<S>().await;
    disturb_writes::<S>(effect, whole, &whole.writes).await;
}

async fn disturb_every_kind_of_write<S: Subject>(effect: Effect) {
    let whole = &undisturbed::<S>().await;
    disturb_writes::<S>(effect, whole, &whole.kinds_of_write).await;
}

async fn disturb_writes<S: Subject>(effect: Effect, whole: &Undisturbed, places: &[Place]) {
    let runs = places.iter().map(|&(server, number)| {
        disturbed::<S>(
            whole,
            server,
            Fault::once(Matching::writes().nth(number), effect.clone()),
            format!("{effect:?} at write {number}"),
        )
    });
    nothing_to_complain_about(runs).await;
}

/// A first run with one fault ends well or says that it did not; the next one arrives.
async fn disturbed<S: Subject>(whole: &Undisturbed, server: usize, fault: Fault, what: String) -> Vec<String> {
    let bench = Bench::<S>::new().one_at_a_time();
    bench.subject.inject_into(server, fault);
    let first = bench.apply().await;
    let mut complaints = Vec::new();
    if !bench.subject.requests().iter().any(|request| request.faulted) {
        complaints.push("the fault did not strike".to_owned());
    }
    if first.exit_code == ExitCode::Converged {
        complaints.extend(differences(&whole.state, &essence(&bench.subject)));
    }
    complaints.extend(arrive(&bench, whole).await);
    complaints.into_iter().map(|complaint| format!("{what}: {complaint}")).collect()
}

pub(crate) async fn nothing_to_complain_about(runs: impl Iterator<Item = impl Future<Output = Vec<String>>>) {
    let complaints: Vec<Vec<String>> = stream::iter(runs).buffer_unordered(AT_ONCE).collect().await;
    assert!(!complaints.is_empty(), "nothing was tried");
    let complaints: Vec<String> = complaints.into_iter().flatten().collect();
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}
