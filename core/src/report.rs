//! What a run did: the JSON report, and its summaries for people and for a pod's termination log.

mod text;

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::plan::{ChangeDocument, Note};

/// What became of a planned change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// It was only planned.
    Planned,
    /// It was made.
    Applied,
    /// The application refused it or could not be reached; the error says more.
    Failed,
    /// It was not tried: something that it waits for failed, or the run ended before.
    Skipped,
}

/// What a run was asked to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Show what would change.
    Plan,
    /// Change it.
    Apply,
    /// See whether a run could work: values, secrets, login, rights.
    Check,
}

/// Why something did not work, for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Failure {
    /// What went wrong with which object; no secret, no answer's body.
    pub message: String,
    /// What to do about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

/// A planned change and what became of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChangeReport {
    /// The change.
    #[serde(flatten)]
    pub change: Arc<ChangeDocument>,
    /// What became of it.
    pub status: Status,
    /// Why it failed or was skipped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
}

/// The requests of a run, counted from the request log. Every attempt counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RequestCounts {
    /// Attempts in all.
    pub total: u64,
    /// Attempts that only read.
    pub reads: u64,
    /// Attempts that write, without logins.
    pub writes: u64,
    /// Logins: tokens that were asked for.
    pub tokens: u64,
    /// Attempts that repeated an earlier one.
    pub retries: u64,
}

/// What a run did. Written by `--report FILE`; its JSON Schema is `schema/report.schema.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// The version of this format; it grows when a reader could misunderstand.
    pub format: u32,
    /// The task, such as `keycloak`.
    pub task: String,
    /// The version of evenkeel.
    pub version: String,
    /// What the run was asked to do.
    pub mode: Mode,
    /// What it looked at; empty when it did not come so far.
    pub target: String,
    /// What the application says that it is, such as `keycloak 26.7.3`; absent where the account is not told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server: Option<String>,
    /// The process's exit code; `docs/exit-codes.md` says what each means.
    pub exit_code: u8,
    /// The exit code in a word, such as `converged`.
    pub outcome: String,
    /// Why the whole run failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
    /// Every change that was planned, in order, with what became of it.
    pub changes: Vec<ChangeReport>,
    /// What somebody should see to, although no change of this task can help.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<Note>,
    /// What people should know beside the changes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<Note>,
    /// How often the run observed, planned and applied until nothing was left.
    pub rounds: u32,
    /// The requests that it took.
    pub requests: RequestCounts,
    /// How long it took, in milliseconds.
    pub duration_milliseconds: u64,
}

impl Report {
    /// The current [`format`](Self::format).
    pub const FORMAT: u32 = 1;

    /// How many changes have this status.
    #[must_use]
    pub fn count(&self, status: Status) -> usize {
        self.changes.iter().filter(|change| change.status == status).count()
    }
}
