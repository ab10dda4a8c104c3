//! The plan as text for people. Signs carry the meaning; colour only repeats it.

use std::fmt::{self, Write};

use serde_json::Value;

use super::{Action, ChangeDocument, Note, PlanDocument};
use crate::{diff::FieldChange, text::visible};

/// How text is dressed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Style {
    /// Signs and words only.
    #[default]
    Plain,
    /// With ANSI colours on top.
    Colour,
}

impl Style {
    /// `text` in an SGR colour (31 red, 32 green, 33 yellow, 2 dim), if this style has colours.
    #[must_use]
    pub fn paint(self, code: u8, text: &str) -> String {
        match self {
            Self::Plain => text.to_owned(),
            Self::Colour => format!("\u{1b}[{code}m{text}\u{1b}[0m"),
        }
    }
}

/// A value longer than this is cut: a plan is read by people.
const LONGEST_VALUE: usize = 160;

impl PlanDocument {
    /// How many changes there are of an action.
    #[must_use]
    pub fn count(&self, action: Action) -> usize {
        self.changes.iter().filter(|change| change.action == action).count()
    }

    /// The plan for people: a heading, a paragraph for each change, and the notes.
    #[must_use]
    pub fn text(&self, style: Style) -> String {
        let mut out = String::new();
        // Writing to a string cannot fail.
        let _ = self.write_text(&mut out, style);
        out
    }

    fn write_text(&self, out: &mut String, style: Style) -> fmt::Result {
        writeln!(out, "{}: {}, {}", self.task, visible(&self.target), self.counts())?;
        for change in &self.changes {
            write_change(out, change, style)?;
        }
        if !self.warnings.is_empty() || !self.notes.is_empty() {
            writeln!(out)?;
        }
        for warning in &self.warnings {
            write_note(out, &style.paint(33, "warning"), warning)?;
        }
        for note in &self.notes {
            write_note(out, "note", note)?;
        }
        Ok(())
    }

    /// The counts in words: `1 to create, 2 to update`, or `no changes`.
    #[must_use]
    pub fn counts(&self) -> String {
        let counts: Vec<String> = [Action::Create, Action::Update, Action::Delete]
            .into_iter()
            .filter_map(|action| match self.count(action) {
                0 => None,
                count => Some(format!("{count} to {action}")),
            })
            .collect();
        if counts.is_empty() { "no changes".to_owned() } else { counts.join(", ") }
    }
}

impl FieldChange {
    /// What was declared and what the application holds instead, in words; of a secret neither is said.
    #[must_use]
    pub fn contrast(&self) -> String {
        let path = visible(&self.path);
        if self.secret {
            return format!("`{path}` is another than declared");
        }
        format!("`{path}` is {} where {} is declared", shown(self.before.as_deref()), shown(self.after.as_ref()))
    }
}

/// A line about an object.
pub(crate) fn write_note(out: &mut String, word: &str, note: &Note) -> fmt::Result {
    writeln!(out, "{word}: `{}`: {}", visible(&note.object.to_string()), visible(&note.message))
}

fn write_change(out: &mut String, change: &ChangeDocument, style: Style) -> fmt::Result {
    let (sign, colour) = match change.action {
        Action::Create => ("+", 32),
        Action::Update => ("~", 33),
        Action::Delete => ("-", 31),
    };
    let head = style.paint(colour, &visible(&format!("{sign} {}", change.object)));
    writeln!(out, "\n{head}  {}", style.paint(2, &visible(&format!("because of {}", change.cause))))?;
    for field in &change.fields {
        write_field(out, field, change, style)?;
    }
    Ok(())
}

fn write_field(out: &mut String, field: &FieldChange, change: &ChangeDocument, style: Style) -> fmt::Result {
    write!(out, "    {}: ", visible(&field.path))?;
    match (change.action, field.secret) {
        (Action::Create, true) => write!(out, "(secret)")?,
        (_, true) => write!(out, "(secret) changed")?,
        (Action::Create, false) => write!(out, "{}", shown(field.after.as_ref()))?,
        (_, false) => write!(out, "{} → {}", shown(field.before.as_deref()), shown(field.after.as_ref()))?,
    }
    match &field.cause {
        Some(cause) if cause.value != change.cause.value => {
            writeln!(out, "  {}", style.paint(2, &visible(&cause.to_string())))
        }
        _ => writeln!(out),
    }
}

fn shown(value: Option<&Value>) -> String {
    let text = match value {
        None | Some(Value::Null) => return "(none)".to_owned(),
        Some(value) => visible(&value.to_string()).into_owned(),
    };
    match text.char_indices().nth(LONGEST_VALUE) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}
