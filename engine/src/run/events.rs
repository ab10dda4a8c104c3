//! What the Job that owns this pod hears: how the run ended, where people look for it (`kubectl describe job`).

use std::time::Duration;

use evenkeel_core::report::{Mode, Status};
use evenkeel_kubernetes_client::{
    KubernetesError, ObjectName,
    event::{Event, Severity},
};
use evenkeel_transport::Deadline;

use super::Finished;
use crate::{cluster::ClusterAccess, exit_code::ExitCode};

/// How long it may take, also when the run's own time is up.
const WITHIN: Duration = Duration::from_secs(5);

/// Tells the Job, when there is news: a run that found nothing to do writes nothing, not even this. That it does not
/// work is worth a line in the log and changes nothing else.
pub(super) async fn tell(finished: &Finished, pod: &ObjectName, access: &ClusterAccess) {
    if !is_news(finished) {
        return;
    }
    match tokio::time::timeout(WITHIN, record(finished, pod, access)).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::info!("no event could be recorded: {error}"),
        Err(_) => tracing::info!("no event could be recorded in time"),
    }
}

fn is_news(finished: &Finished) -> bool {
    let failed = !matches!(finished.exit_code, ExitCode::Converged | ExitCode::Differences);
    failed || (finished.report.mode == Mode::Apply && finished.report.count(Status::Applied) > 0)
}

async fn record(finished: &Finished, pod: &ObjectName, access: &ClusterAccess) -> Result<(), KubernetesError> {
    let cluster = access.connected().await?.with_deadline(Deadline::after(WITHIN));
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
    let note = note(finished);
    let event = Event {
        regarding: &owner.job,
        related: Some(&owner.pod),
        severity,
        reason: &reason,
        action,
        note: &cluster.mask().leaving(&note),
        controller: &format!("evenkeel/{}", report.task),
        instance: &pod.name,
    };
    cluster.record_event(&event).await
}

/// Counts, and the first thing that went wrong. The report has all of it.
fn note(finished: &Finished) -> String {
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
    note
}

/// `some changes failed` as the API wants a reason: `SomeChangesFailed`.
fn camel_case(words: &str) -> String {
    let capital = |word: &str| {
        let mut letters = word.chars();
        letters.next().map(|first| first.to_uppercase().chain(letters).collect::<String>()).unwrap_or_default()
    };
    words.split(' ').map(capital).collect()
}
