//! Law 10: two runs at once are safe, also where nothing keeps them apart: each with an inventory of its own.

use evenkeel_engine::{exit_code::ExitCode, run::Finished};
use evenkeel_sandbox::{Effect, Fault, Gate, Matching};

use crate::{
    bench::{Bench, ended_but_for_others, told},
    crash::{Place, Undisturbed, nothing_to_complain_about, undisturbed},
    essence::{differences, essence},
    first_contact::left_alone,
    subject::Subject,
};

/// A run stands still in the middle of a write while another one does everything: at each kind of write.
pub(crate) async fn a_run_that_was_overtaken_by_another_ends_in_the_same_state<S: Subject>() {
    let whole = &undisturbed::<S>().await;
    nothing_to_complain_about(whole.kinds_of_write.iter().map(|&place| overtaken::<S>(whole, place))).await;
}

async fn overtaken<S: Subject>(whole: &Undisturbed, (server, number): Place) -> Vec<String> {
    let bench = Bench::<S>::new().one_at_a_time();
    let gate = Gate::new();
    bench.subject.inject_into(server, Fault::once(Matching::writes().nth(number), Effect::Hold(gate.clone())));
    let other = async {
        gate.reached(1).await;
        let finished = apply_elsewhere(&bench).await;
        gate.open();
        finished
    };
    let (first, second) = tokio::join!(bench.apply(), other);
    let complaints = arrived(&bench, whole, [first, second]).await;
    let complaints = complaints.into_iter().chain(bench.subject.broken_promises());
    complaints.map(|complaint| format!("held at write {number} of server {server}: {complaint}")).collect()
}

/// Two runs with many changes under way each.
pub(crate) async fn two_runs_at_once_make_nothing_twice<S: Subject>() {
    let whole = &undisturbed::<S>().await;
    let runs = (0..3).map(|_| async move {
        let bench = Bench::<S>::new();
        let (first, second) = tokio::join!(bench.apply(), apply_elsewhere(&bench));
        arrived(&bench, whole, [first, second]).await
    });
    nothing_to_complain_about(runs).await;
}

/// The same values, as another machine would run them.
async fn apply_elsewhere<S: Subject>(bench: &Bench<S>) -> Finished {
    bench.apply_with(|options| options.inventory = Some(bench.path("elsewhere.jsonl"))).await
}

/// Both have converged, or say that something was changed under their hands or is the other's; nothing is there twice. Each inventory lists
/// what its own run has made, so that to each the rest was there before (law 11). Where a run that is alone again says so, a word is
/// needed to take that over; then, and without such a saying at once, all is as if there had been one run.
async fn arrived<S: Subject>(bench: &Bench<S>, whole: &Undisturbed, finished: [Finished; 2]) -> Vec<String> {
    let may_end_so =
        |finished: &&Finished| finished.exit_code == ExitCode::SomeFailed || ended_but_for_others(finished);
    let mut complaints: Vec<String> = finished.iter().filter(|finished| !may_end_so(finished)).map(told).collect();
    let last = bench.apply().await;
    if !ended_but_for_others(&last) {
        complaints.push(told(&last));
    }
    if last.exit_code != ExitCode::Converged || !left_alone(&last.report).is_empty() {
        let adopted = bench.adopt().await;
        if adopted.exit_code != ExitCode::Converged {
            complaints.push(told(&adopted));
        }
    }
    complaints.extend(differences(&whole.state, &essence(&bench.subject)));
    if bench.subject.set_once() != whole.set_once {
        complaints.push(format!("{} secrets were set instead of {}", bench.subject.set_once(), whole.set_once));
    }
    complaints
}
