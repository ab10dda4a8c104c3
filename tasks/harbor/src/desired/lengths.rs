//! Texts that are longer than their column in Harbor's database: the server fails over them, as if another try could help.

use evenkeel_core::{reading::Reading, values::ValuePath};

/// A text that Harbor keeps.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Column {
    /// The name of a robot, together with its project.
    RobotName,
    RobotDescription,
    Group,
    Label,
    Webhook,
    Registry,
}

impl Column {
    /// What it holds, in words, and how many characters of it (server-behaviour 5 and 6).
    const fn limit(self) -> (&'static str, usize) {
        match self {
            Self::RobotName => ("the name of a robot, with its project and a `+` before it,", 255),
            Self::RobotDescription => ("the description of a robot", 1024),
            Self::Group => ("the name of a group", 255),
            Self::Label => ("the name of a label", 128),
            Self::Webhook => ("the name of a webhook", 256),
            Self::Registry => ("the name of a registry", 64),
        }
    }
}

/// Reports texts that are longer.
pub(crate) fn check<'t>(reading: &Reading<'_>, path: &ValuePath, texts: impl IntoIterator<Item = (Column, &'t str)>) {
    for (column, text) in texts {
        let (what, most) = column.limit();
        let long = text.chars().count();
        if long > most {
            let message = format!("{what} has {long} characters, and harbor keeps {most} of them");
            reading.report(reading.problem(path, &message).with_hint("write a shorter one"));
        }
    }
}
