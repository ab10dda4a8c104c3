//! The vulnerabilities that a project allows.

use std::{collections::BTreeSet, fmt};

use evenkeel_core::{
    plan::Cause,
    values::{Problems, ValuePath, model::ProjectAllowlist},
};
use jiff::Timestamp;

use super::reading::Reading;

/// The vulnerabilities that a project allows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DesiredAllowlist {
    /// All of them.
    pub items: BTreeSet<String>,
    /// When the list ends to hold; `None` leaves that alone.
    pub end: Option<AllowlistEnd>,
    /// The value that asks for it.
    pub cause: Cause,
}

/// When a list of allowed vulnerabilities ends to hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AllowlistEnd {
    /// It does not end.
    Never,
    /// At this moment, in whole seconds.
    At(Timestamp),
}

impl AllowlistEnd {
    /// What the server says: seconds since 1970, or nothing.
    pub(crate) fn seen(seconds: Option<i64>) -> Self {
        let moment = seconds.and_then(|seconds| Timestamp::from_second(seconds).ok());
        moment.map_or(Self::Never, Self::At)
    }

    /// What the server takes.
    pub(crate) fn seconds(self) -> Option<i64> {
        match self {
            Self::Never => None,
            Self::At(moment) => Some(moment.as_second()),
        }
    }
}

impl fmt::Display for AllowlistEnd {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Never => formatter.write_str("never"),
            Self::At(moment) => moment.fmt(formatter),
        }
    }
}

/// What is declared. The server refuses the same name twice as a failure of its own.
pub(super) fn desired(
    reading: &Reading<'_>,
    declared: &ProjectAllowlist,
    path: &ValuePath,
) -> Result<DesiredAllowlist, Problems> {
    let mut items = BTreeSet::new();
    for (index, item) in declared.items.iter().enumerate() {
        if !items.insert(item.clone()) {
            let path = path.clone().key("items").index(index);
            return Err(reading.problem(&path, &format!("`{item}` is declared twice")).into());
        }
    }
    Ok(DesiredAllowlist { items, end: end(reading, declared, path)?, cause: reading.cause(path) })
}

fn end(reading: &Reading<'_>, declared: &ProjectAllowlist, path: &ValuePath) -> Result<Option<AllowlistEnd>, Problems> {
    let Some(text) = &declared.expires_at else { return Ok(None) };
    if text == "never" {
        return Ok(Some(AllowlistEnd::Never));
    }
    let moment: Option<Timestamp> = text.parse().ok();
    match moment.and_then(|moment| Timestamp::from_second(moment.as_second()).ok()) {
        Some(moment) => Ok(Some(AllowlistEnd::At(moment))),
        None => {
            let problem = reading.problem(&path.clone().key("expiresAt"), "this is no moment");
            Err(problem.with_hint("such as `2027-01-31T00:00:00Z`, or `never`").into())
        }
    }
}
