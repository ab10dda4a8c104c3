//! Law 6: failures stay local. What does not depend on an object that failed is done, what does is skipped with the reason,
//! and the exit code tells.

use std::collections::BTreeSet;

use evenkeel_core::{
    object::ObjectId,
    report::{ChangeReport, Status},
};
use evenkeel_engine::{exit_code::ExitCode, run::Finished};
use evenkeel_sandbox::{Effect, Fault, Kind, Matching, Page};

use crate::{
    bench::{Bench, told},
    crash::{Place, Undisturbed, nothing_to_complain_about, undisturbed},
    essence::{differences, essence},
    subject::Subject,
};

/// Every write of a first run is refused in turn.
pub(crate) async fn what_does_not_depend_on_a_refused_write_is_done<S: Subject>() {
    let whole = &undisturbed::<S>().await;
    assert!(whole.writes.len() > 1);
    nothing_to_complain_about(whole.writes.iter().map(|&place| refused::<S>(whole, place))).await;
}

async fn refused<S: Subject>(whole: &Undisturbed, (server, number): Place) -> Vec<String> {
    let bench = Bench::<S>::new().one_at_a_time();
    let refusal = Effect::Status { code: 400, page: Page::Json, retry_after: None };
    bench.subject.inject_into(server, Fault::once(Matching::writes().nth(number), refusal));
    let finished = bench.apply().await;
    // What a server gives to new things by itself (a realm has its default roles) is planned while they are not there. When the
    // write of it is refused, the next look finds that nothing is missing: then everything has to be there already.
    let was_needless = finished.exit_code == ExitCode::Converged && finished.report.count(Status::Failed) == 0;
    let mut complaints =
        if was_needless { differences(&whole.state, &essence(&bench.subject)) } else { of_report::<S>(&finished) };
    let is_written = |change: &&ChangeReport| change.status == Status::Applied && !S::goes_along(&change.change);
    let applied = finished.report.changes.iter().filter(is_written).count();
    if bench.count(Kind::Write) < applied {
        complaints.push(format!("{applied} changes with {} writes", bench.count(Kind::Write)));
    }
    let again = bench.apply().await;
    if again.exit_code != ExitCode::Converged {
        complaints.push(format!("the next run: {}", told(&again)));
    }
    complaints.extend(differences(&whole.state, &essence(&bench.subject)));
    complaints.extend(bench.subject.broken_promises());
    let struck = bench.subject.requests().into_iter().find(|request| request.faulted);
    let struck = struck.map(|request| format!("{} {}", request.method, request.path)).unwrap_or_default();
    complaints
        .into_iter()
        .map(|complaint| format!("write {number} ({struck}) of server {server} refused: {complaint}"))
        .collect()
}

/// One failed, those that wait for it are skipped and say so, and everything else is done.
fn of_report<S: Subject>(finished: &Finished) -> Vec<String> {
    let mut complaints = Vec::new();
    let changes = &finished.report.changes;
    let failed: Vec<&ChangeReport> = changes.iter().filter(|change| change.status == Status::Failed).collect();
    let [failed] = failed[..] else {
        complaints.push(format!("{} changes failed: {}", failed.len(), told(finished)));
        return complaints;
    };
    let is_for_good = S::is_refused_for_good(&failed.change.object);
    if finished.exit_code != if is_for_good { ExitCode::Configuration } else { ExitCode::SomeFailed } {
        complaints.push(told(finished));
    }
    let dependents = dependents(changes, &failed.change.object);
    for change in changes {
        let object = &change.change.object;
        match (change.status, dependents.contains(object)) {
            (Status::Failed, _) | (Status::Applied, false) => {}
            (Status::Skipped, true) => {
                let reason = change.failure.as_ref().map(|failure| failure.message.as_str()).unwrap_or_default();
                if !change.change.waits_for.iter().any(|waited| reason.contains(&waited.to_string())) {
                    complaints.push(format!("{object} was skipped for `{reason}`"));
                }
            }
            (status, waits) => {
                complaints.push(format!("{object} is {status:?}, and waits for the failed one: {waits}"))
            }
        }
    }
    complaints
}

/// Everything that waits for `failed`, directly or through others.
fn dependents(changes: &[ChangeReport], failed: &ObjectId) -> BTreeSet<ObjectId> {
    let mut found = BTreeSet::from([failed.clone()]);
    // In a plan each change comes after what it waits for.
    for change in changes {
        if change.change.waits_for.iter().any(|waited| found.contains(waited)) {
            found.insert(change.change.object.clone());
        }
    }
    found.remove(failed);
    found
}
