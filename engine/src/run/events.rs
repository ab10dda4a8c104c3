//! What the Job that owns this pod hears: how the run ended, where people look for it (`kubectl describe job`).

use std::time::Duration;

use evenkeel_core::{
    report::{Mode, Status},
    text::visible,
};
use evenkeel_kubernetes_client::{
    KubernetesError, ObjectName,
    event::{Event, Severity},
};
use evenkeel_transport::{Deadline, Mask};

use super::Finished;
use crate::{bounds::LAST_WORDS, cluster::ClusterAccess, exit_code::ExitCode};

/// How long it may take, unless the run had to end.
const WITHIN: Duration = Duration::from_secs(5);

/// Tells the Job, when there is news: a run that found nothing to do writes nothing, not even this. That it does not
/// work is worth a line in the log and changes nothing else.
pub(super) async fn tell(finished: &Finished, pod: &ObjectName, access: &ClusterAccess, had_to_end: bool) {
    if !is_news(finished) {
        return;
    }
    let within = if had_to_end { LAST_WORDS } else { WITHIN };
    match tokio::time::timeout(within, record(finished, pod, access, within)).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::info!("no event could be recorded: {error}"),
        Err(_) => tracing::info!("no event could be recorded in time"),
    }
}

fn is_news(finished: &Finished) -> bool {
    let failed = !matches!(finished.exit_code, ExitCode::Converged | ExitCode::Differences);
    failed || (finished.report.mode == Mode::Apply && finished.report.count(Status::Applied) > 0)
}

async fn record(
    finished: &Finished,
    pod: &ObjectName,
    access: &ClusterAccess,
    within: Duration,
) -> Result<(), KubernetesError> {
    let cluster = access.connected().await?.with_deadline(Deadline::after(within));
    let Some(owner) = cluster.owning_job(pod).await? else { return Ok(()) };
    let report = &finished.report;
    let (severity, reason) = match finished.exit_code {
        ExitCode::Converged => (Severity::Normal, "Converged".to_owned()),
        code => (Severity::Warning, camel_case(code.outcome())),
    };
    let action = match report.mode {
        Mode::Plan => "Plan",
        Mode::Apply => "Apply",
        Mode::Check => "Check",
    };
    let event = Event {
        regarding: &owner.job,
        related: Some(&owner.pod),
        severity,
        reason: &reason,
        action,
        note: &note(finished, cluster.mask()),
        controller: &format!("evenkeel/{}", report.task),
        instance: &pod.name,
    };
    cluster.record_event(&event).await
}

/// Counts, and the first thing that went wrong, in one line without secrets. The report has all of it.
fn note(finished: &Finished, mask: &Mask) -> String {
    let report = &finished.report;
    let count = |status| report.count(status);
    let mut note = format!(
        "{}: {} applied, {} failed, {} skipped",
        report.outcome,
        count(Status::Applied),
        count(Status::Failed),
        count(Status::Skipped)
    );
    let failed = report.changes.iter().find_map(|change| change.failure.as_ref());
    if let Some(failure) = report.failure.as_ref().or(failed) {
        note.push_str("; ");
        note.push_str(&failure.message);
    }
    visible(&mask.leaving(&note)).into_owned()
}

/// `some changes failed` as the API wants a reason: `SomeChangesFailed`.
fn camel_case(words: &str) -> String {
    let capital = |word: &str| {
        let mut letters = word.chars();
        letters.next().map(|first| first.to_uppercase().chain(letters).collect::<String>()).unwrap_or_default()
    };
    words.split(' ').map(capital).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::{Ending, Record};

    #[test]
    fn an_event_is_one_line_that_shows_all_it_says_and_no_secret() {
        let mask = Mask::default();
        mask.learn("canary-Pass.1");
        let failure = evenkeel_core::report::Failure {
            message: "refused: canary-Pass.1\nNormal  Converged \u{1b}[2K\u{202e}".to_owned(),
            hint: None,
        };
        let ending = Ending::failed(ExitCode::Configuration, failure);
        let finished = Record::new("fake", Mode::Apply).finish(ending, Duration::ZERO, false);
        let note = note(&finished, &mask);
        assert!(note.ends_with("; refused: (secret)\\nNormal  Converged \\u001b[2K\\u202e"), "{note}");
    }
}
