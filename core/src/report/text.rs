//! A report as text for people.

use std::fmt::{self, Write};

use super::{ChangeReport, Failure, Mode, Report, Status};
use crate::{
    plan::{Action, Style, write_note},
    text::visible,
};

/// Kubernetes keeps this many bytes of a container's termination message.
const TERMINATION_MESSAGE_BYTES: usize = 4096;

impl Report {
    /// The report for people: one line for each change, failures with their hints, and a summary.
    #[must_use]
    pub fn text(&self, style: Style) -> String {
        let mut out = String::new();
        // Writing to a string cannot fail.
        let _ = self.write_text(&mut out, style);
        out
    }

    fn write_text(&self, out: &mut String, style: Style) -> fmt::Result {
        for change in &self.changes {
            write_change(out, change, style)?;
        }
        for warning in &self.warnings {
            write_note(out, &style.paint(33, "warning"), warning)?;
        }
        for note in &self.notes {
            write_note(out, "note", note)?;
        }
        if let Some(failure) = &self.failure {
            write_failure(out, "", failure)?;
        }
        writeln!(out, "{}", self.summary())
    }

    /// The report in one line.
    #[must_use]
    pub fn summary(&self) -> String {
        let changes: Vec<String> = [
            (Status::Planned, "planned"),
            (Status::Applied, "applied"),
            (Status::Failed, "failed"),
            (Status::Skipped, "skipped"),
        ]
        .into_iter()
        .filter_map(|(status, word)| match self.count(status) {
            0 => None,
            count => Some(format!("{count} {word}")),
        })
        .collect();
        let warnings = match self.warnings.len() {
            0 => String::new(),
            1 => "1 warning; ".to_owned(),
            count => format!("{count} warnings; "),
        };
        let changes = if changes.is_empty() { "nothing to change".to_owned() } else { changes.join(", ") };
        let did = match self.mode {
            Mode::Check => String::new(),
            // It ended before there was a plan: nobody knows whether there is something to change.
            _ if self.failure.is_some() && self.changes.is_empty() => String::new(),
            Mode::Plan | Mode::Apply => format!("{changes}; "),
        };
        format!(
            "{}: {}: {did}{warnings}{} reads, {} writes in {}",
            self.task,
            self.outcome,
            self.requests.reads,
            self.requests.writes,
            duration(self.duration_milliseconds),
        )
    }

    /// The summary that a pod leaves behind: the failures that fit into 4,096 bytes.
    #[must_use]
    pub fn termination_message(&self) -> String {
        let mut out = self.summary();
        let failures = self.failure.iter().map(|failure| failure.message.clone()).chain(
            self.changes.iter().filter_map(|change| {
                let failure = change.failure.as_ref().filter(|_| change.status == Status::Failed)?;
                Some(format!("{}: {}", change.change.object, failure.message))
            }),
        );
        for line in failures {
            let line = visible(&line);
            const MORE: &str = "\n…";
            if out.len() + 1 + line.len() + MORE.len() > TERMINATION_MESSAGE_BYTES {
                out.push_str(MORE);
                break;
            }
            out.push('\n');
            out.push_str(&line);
        }
        out.truncate(floor_char_boundary(&out, TERMINATION_MESSAGE_BYTES));
        out
    }
}

fn floor_char_boundary(text: &str, limit: usize) -> usize {
    (0..=limit.min(text.len())).rev().find(|&end| text.is_char_boundary(end)).unwrap_or_default()
}

fn write_change(out: &mut String, report: &ChangeReport, style: Style) -> fmt::Result {
    let object = report.change.object.to_string();
    let object = visible(&object);
    match (report.status, report.change.action) {
        (Status::Applied, Action::Create) => writeln!(out, "{}", style.paint(32, &format!("+ {object} created")))?,
        (Status::Applied, Action::Update) => writeln!(out, "{}", style.paint(33, &format!("~ {object} updated")))?,
        (Status::Applied, Action::Delete) => writeln!(out, "{}", style.paint(31, &format!("- {object} deleted")))?,
        (Status::Planned, action) => writeln!(out, "  {object} to {action}")?,
        // The plan that said why may be long gone when this is read.
        (Status::Failed, _) => {
            let cause = style.paint(2, &visible(&format!("because of {}", report.change.cause)));
            writeln!(out, "{}  {cause}", style.paint(31, &format!("! {object} failed")))?;
        }
        (Status::Skipped, _) => writeln!(out, "  {object} skipped")?,
    }
    report.failure.iter().try_for_each(|failure| write_failure(out, "    ", failure))
}

fn write_failure(out: &mut String, indent: &str, failure: &Failure) -> fmt::Result {
    writeln!(out, "{indent}error: {}", visible(&failure.message))?;
    failure.hint.iter().try_for_each(|hint| writeln!(out, "{indent}hint: {}", visible(hint)))
}

fn duration(milliseconds: u64) -> String {
    match milliseconds {
        0..1_000 => format!("{milliseconds} ms"),
        1_000..60_000 => format!("{}.{} s", milliseconds / 1_000, milliseconds % 1_000 / 100),
        _ => format!("{} min {} s", milliseconds / 60_000, milliseconds % 60_000 / 1_000),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{
        object::{Kind, ObjectId},
        plan::{Cause, ChangeDocument, Note},
        report::RequestCounts,
    };

    fn change(name: &str, status: Status, message: Option<&str>) -> ChangeReport {
        ChangeReport {
            change: Arc::new(ChangeDocument {
                object: ObjectId::new(Kind::new("role"), name),
                action: Action::Create,
                fields: vec![],
                cause: Cause { value: "teams".into(), file: None, line: None },
                waits_for: [].into(),
            }),
            status,
            failure: message
                .map(|message| Failure { message: message.into(), hint: Some("grant `manage-realm`".into()) }),
        }
    }

    fn report(changes: Vec<ChangeReport>) -> Report {
        Report {
            format: Report::FORMAT,
            task: "keycloak".into(),
            version: "0.1.0".into(),
            mode: Mode::Apply,
            target: "realm `otomi`".into(),
            server: None,
            exit_code: 75,
            outcome: "some changes failed".into(),
            failure: None,
            changes,
            warnings: vec![],
            notes: vec![],
            rounds: 1,
            requests: RequestCounts { total: 9, reads: 5, writes: 3, tokens: 1, retries: 0 },
            duration_milliseconds: 1_234,
        }
    }

    #[test]
    fn the_text_of_a_report() {
        let report = report(vec![
            change("a", Status::Applied, None),
            change("b", Status::Failed, Some("role `b` was refused")),
            change("c", Status::Skipped, Some("waits for `role/b`, which failed")),
        ]);
        insta::assert_snapshot!(report.text(Style::Plain));
    }

    #[test]
    fn no_name_and_no_message_makes_a_line_of_its_own_or_turns_the_text_around() {
        let evil = "a\nerror: forged\u{1b}[2K\u{202e}\u{9b}";
        let mut report = report(vec![
            change(evil, Status::Applied, None),
            change(evil, Status::Failed, Some(evil)),
            change(evil, Status::Skipped, Some(evil)),
            change(evil, Status::Planned, None),
        ]);
        let note = || Note { object: ObjectId::new(Kind::new("role"), evil), message: evil.into() };
        (report.notes, report.warnings) = (vec![note()], vec![note()]);
        report.failure = Some(Failure { message: evil.into(), hint: Some(evil.into()) });
        for text in [report.text(Style::Plain), report.termination_message()] {
            assert!(
                text.chars().all(|character| character == '\n' || crate::text::escape(character).is_none()),
                "{text}"
            );
            assert!(!text.lines().any(|line| line.starts_with("error: forged")), "{text}");
        }
    }

    #[test]
    fn a_termination_message_fits_into_what_kubernetes_keeps() {
        let failed: Vec<_> =
            (0..500).map(|number| change(&number.to_string(), Status::Failed, Some("was refused – ü"))).collect();
        let message = report(failed).termination_message();
        assert!(message.len() <= TERMINATION_MESSAGE_BYTES, "{}", message.len());
        assert!(
            message.starts_with("keycloak: some changes failed: 500 failed") && message.ends_with('…'),
            "{message}"
        );
    }
}
