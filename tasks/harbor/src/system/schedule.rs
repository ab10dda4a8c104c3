//! Schedules of what the server does by itself: garbage collection, the purge of the audit log, scans.
//!
//! The cron text counts; the type beside it is a word for people, and kept (contract `purge-schedule`). What is set without one is
//! `Custom`. Parameters live with the schedule: a change replaces them all, so that those that nobody declared go back as they are.

use evenkeel_core::{reading::Reading, values::ValuePath};
use evenkeel_harbor_client::types::{Schedule, ScheduleObj};
use serde_json::{Map, Value};

use crate::schedule;

/// A schedule as it is there.
#[derive(Clone, Debug, Default)]
pub(super) struct There {
    /// The cron text; empty where nothing is scheduled.
    pub(super) cron: String,
    /// The word beside it.
    kind: Option<String>,
    /// What it is done with.
    pub(super) parameters: Map<String, Value>,
}

impl There {
    /// What an answer says, where there is one.
    pub(super) fn of(schedule: Option<&ScheduleObj>, parameters: Option<&str>) -> Self {
        let Some(schedule) = schedule else { return Self::default() };
        let parameters = parameters.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
        let cron = normal(schedule.cron.as_deref().unwrap_or_default());
        Self { cron, kind: schedule.type_.clone(), parameters }
    }

    /// The request that sets a schedule with these parameters over those that are there.
    pub(super) fn with(
        &self,
        cron: &str,
        parameters: impl IntoIterator<Item = (&'static str, Option<Value>)>,
    ) -> Schedule {
        let mut all = self.parameters.clone();
        all.extend(parameters.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))));
        let kind = match (cron, &self.kind) {
            ("", _) => "None".to_owned(),
            (cron, Some(kind)) if cron == self.cron => kind.clone(),
            _ => "Custom".to_owned(),
        };
        Schedule {
            schedule: Some(ScheduleObj { type_: Some(kind), cron: Some(cron.to_owned()) }),
            parameters: Some(all).filter(|parameters| !parameters.is_empty()),
            ..Schedule::default()
        }
    }

    /// A parameter that is a number, which the server also takes as a text.
    pub(super) fn number(&self, name: &str) -> Option<i64> {
        let value = self.parameters.get(name)?;
        value.as_i64().or_else(|| value.as_str()?.parse().ok())
    }
}

/// A declared schedule, if it is one. `others` are the keys beside it that say nothing without one.
pub(super) fn declared(reading: &Reading<'_>, schedule: &str, path: &ValuePath, others: &[(&str, bool)]) -> String {
    schedule::check(reading, schedule, &path.clone().key("schedule"));
    for (key, _) in others.iter().filter(|(_, is_declared)| *is_declared && schedule.is_empty()) {
        let problem = reading.problem(&path.clone().key(*key), &format!("without a schedule `{key}` has no effect"));
        reading.report(problem.with_hint("write a schedule, or leave it out"));
    }
    normal(schedule)
}

/// With one space between fields.
fn normal(schedule: &str) -> String {
    schedule.split_whitespace().collect::<Vec<_>>().join(" ")
}
