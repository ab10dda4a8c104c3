//! What the barrier tells at its end.

use std::{collections::BTreeSet, fmt::Write};

use evenkeel_core::{report::Failure, text::visible};
use evenkeel_engine::exit_code::ExitCode;
use serde::Serialize;
use tokio::time::Instant;

use crate::barrier::{Outcome, Phase, Row};

/// The summary, as `--output json` prints it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    /// Version of this form.
    pub format: u32,
    /// Always `wait-for`.
    pub task: &'static str,
    /// The exit code.
    pub exit_code: u8,
    /// The exit code in words.
    pub outcome: &'static str,
    /// Each condition, in the order in which they were given.
    pub conditions: Vec<ConditionSummary>,
    /// How long the barrier was closed, in milliseconds.
    pub duration_milliseconds: u64,
}

/// One condition at the end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ConditionSummary {
    /// The condition, as it was written.
    pub condition: String,
    /// Whether it is met.
    pub state: State,
    /// How often it was asked.
    pub attempts: u32,
    /// What is missing, or why it cannot be met.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub missing: Option<String>,
    /// What to do about it, where waiting cannot help.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// How long it was waited for, in milliseconds.
    pub waited_milliseconds: u64,
    /// How long it has been missing, in milliseconds; less than the whole time when it was ready in between.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub missing_for_milliseconds: Option<u64>,
}

/// Where a condition stands at the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// It is met.
    Met,
    /// It is not.
    Unmet,
    /// Waiting cannot help.
    Failed,
}

impl Outcome {
    /// The exit code for it. What waiting cannot help is a matter of configuration: somebody has to change something first.
    #[must_use]
    pub const fn exit_code(self) -> ExitCode {
        match self {
            Self::Open => ExitCode::Converged,
            Self::Deadline => ExitCode::Unavailable,
            Self::Hopeless => ExitCode::Configuration,
            Self::Stopped => ExitCode::SomeFailed,
        }
    }
}

impl Summary {
    /// The summary of what is on the board now.
    #[must_use]
    pub fn new(outcome: Outcome, rows: &[Row], begin: Instant) -> Self {
        let now = Instant::now();
        let code = outcome.exit_code();
        Self {
            format: 1,
            task: crate::NAME,
            exit_code: code.number(),
            outcome: if outcome == Outcome::Open { "open" } else { code.outcome() },
            conditions: rows.iter().map(|row| ConditionSummary::new(row, now)).collect(),
            duration_milliseconds: milliseconds(begin, now),
        }
    }

    /// One line for each condition.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        for condition in &self.conditions {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{condition}");
        }
        text
    }

    /// Why the barrier is not open, with the name of every condition that is not met.
    #[must_use]
    pub fn failure(&self, outcome: Outcome) -> Option<Failure> {
        let names = |state: State| {
            let of_state = self.conditions.iter().filter(|condition| condition.state == state);
            let named = of_state.map(|condition| {
                format!("`{}` {}", condition.condition, condition.missing.as_deref().unwrap_or("has not answered yet"))
            });
            named.collect::<Vec<_>>().join("; ")
        };
        let seconds = self.duration_milliseconds / 1000;
        let (message, hint) = match outcome {
            Outcome::Open => return None,
            Outcome::Deadline => {
                let hint = "see what keeps it, or give it more time with `--timeout`";
                (format!("not ready after {seconds} s: {}", names(State::Unmet)), hint)
            }
            Outcome::Hopeless => {
                return Some(Failure {
                    message: format!("waiting cannot help: {}", names(State::Failed)),
                    hint: Some(self.hints()).filter(|hints| !hints.is_empty()),
                });
            }
            Outcome::Stopped => (format!("stopped after {seconds} s: {}", names(State::Unmet)), "run it again"),
        };
        Some(Failure { message, hint: Some(hint.to_owned()) })
    }

    /// What to do about those that cannot be met, each once.
    fn hints(&self) -> String {
        let mut hints: Vec<&str> = self.conditions.iter().filter_map(|condition| condition.hint.as_deref()).collect();
        let mut seen = BTreeSet::new();
        hints.retain(|hint| seen.insert(*hint));
        hints.join("; ")
    }
}

impl ConditionSummary {
    pub(crate) fn new(row: &Row, now: Instant) -> Self {
        let state = match row.phase {
            Phase::Met => State::Met,
            Phase::Waiting => State::Unmet,
            Phase::Hopeless => State::Failed,
        };
        Self {
            condition: row.name.clone(),
            state,
            attempts: row.attempts,
            missing: Some(row.missing.clone()).filter(|missing| !missing.is_empty()),
            hint: Some(row.hint.clone()).filter(|hint| !hint.is_empty()),
            waited_milliseconds: milliseconds(row.begin, row.ended.unwrap_or(now)),
            missing_for_milliseconds: (row.phase == Phase::Waiting && row.successes == 0)
                .then(|| milliseconds(row.since, now)),
        }
    }
}

/// `met   tcp://db:5432 (3 s, asked 2 times)`.
impl std::fmt::Display for ConditionSummary {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let word = match self.state {
            State::Met => "met",
            State::Unmet => "unmet",
            State::Failed => "failed",
        };
        // A line for each: neither a name nor a server makes one of its own.
        write!(formatter, "{word:<6} {}", visible(&self.condition))?;
        if self.state != State::Met {
            write!(formatter, " {}", visible(self.missing.as_deref().unwrap_or("has not answered yet")))?;
        }
        let times = if self.attempts == 1 { "once".to_owned() } else { format!("{} times", self.attempts) };
        let shown = self.missing_for_milliseconds.unwrap_or(self.waited_milliseconds);
        let since = if self.missing_for_milliseconds.is_some() { "for " } else { "" };
        write!(formatter, " ({since}{} s, asked {times})", shown / 1000)
    }
}

fn milliseconds(begin: Instant, end: Instant) -> u64 {
    u64::try_from(end.saturating_duration_since(begin).as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::barrier::Board;

    #[test]
    fn neither_a_name_nor_a_server_forges_a_line_of_the_summary() {
        let board = Board::new(["tcp://db:1\nmet    tcp://db:5432".to_owned()]);
        board.missing(0, "has failed: No\u{85}\u{2028}\r\nmet    tcp://other:1 \u{1b}[2K".to_owned());
        let summary = Summary::new(Outcome::Deadline, &board.rows(), Instant::now());
        let text = summary.text();
        assert_eq!(text.lines().count(), 1, "{text}");
        assert!(
            text.trim_end_matches('\n').chars().all(|character| evenkeel_core::text::escape(character).is_none()),
            "{text}"
        );
        let line = ConditionSummary::new(&board.rows()[0], Instant::now()).to_string();
        assert!(line.starts_with("unmet  ") && !line.contains('\n'), "{line}");
    }
}
