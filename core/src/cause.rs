//! Why something is as it is: the declared value behind it.

use std::{fmt, sync::Arc};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which declared value asks for something, and where it is written.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Cause {
    /// The value's path, such as `teams.alpha`.
    pub value: String,
    /// The file (or `built-in defaults`, or `--set`) that it stands in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub file: Option<Arc<str>>,
    /// Its line there, counted from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
}

impl Cause {
    /// The cause of a delete: what once asked for the object is gone.
    #[must_use]
    pub fn undeclared() -> Self {
        Self { value: "no value any more".to_owned(), file: None, line: None }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.value)?;
        match (&self.file, self.line) {
            (Some(file), Some(line)) => write!(formatter, " ({file}:{line})"),
            (Some(file), None) => write!(formatter, " ({file})"),
            (None, _) => Ok(()),
        }
    }
}
