//! What a replay found, for people.

use std::collections::BTreeMap;
use std::fmt;

use super::compare::Difference;

/// The longest value that a disagreement shows, in characters.
const SHOWN: usize = 300;

/// One place where a server did not answer as recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disagreement {
    /// The contract file.
    pub file: String,
    /// The name of the step.
    pub step: String,
    /// Where: `status`, `header NAME`, `count`, `save NAME`, or `body` and a JSON pointer into it.
    pub place: String,
    /// What was recorded.
    pub expected: String,
    /// What was answered.
    pub got: String,
}

impl fmt::Display for Disagreement {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{}: step `{}`: {}: expected {}, got {}",
            self.file, self.step, self.place, self.expected, self.got
        )
    }
}

/// What the replay of one file found. Its display form is the readable list.
#[derive(Debug, Clone, Default)]
pub struct Replay {
    /// The contract file.
    pub file: String,
    /// How many steps the file has.
    pub steps: usize,
    /// All disagreements, in the order of the steps.
    pub disagreements: Vec<Disagreement>,
    /// Keys that the answers lacked by permission, and how often.
    pub left_out: BTreeMap<String, usize>,
}

impl fmt::Display for Replay {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "{}: {} steps, {} disagreements", self.file, self.steps, self.disagreements.len())?;
        for (key, times) in &self.left_out {
            writeln!(formatter, "  left out: `{key}` ({times} times)")?;
        }
        for found in &self.disagreements {
            writeln!(formatter, "  step `{}`: {}", found.step, found.place)?;
            writeln!(formatter, "    expected {}", found.expected)?;
            writeln!(formatter, "    got      {}", found.got)?;
        }
        Ok(())
    }
}

/// Collects the disagreements of one step and keeps secrets out of them.
pub(crate) struct StepReport<'a> {
    pub(crate) file: &'a str,
    pub(crate) step: &'a str,
    pub(crate) secrets: &'a [String],
    pub(crate) found: &'a mut Vec<Disagreement>,
}

impl StepReport<'_> {
    pub(crate) fn add(&mut self, place: &str, expected: &str, got: &str) {
        self.found.push(Disagreement {
            file: self.file.to_owned(),
            step: self.step.to_owned(),
            place: place.to_owned(),
            expected: self.shown(expected),
            got: self.shown(got),
        });
    }

    pub(crate) fn add_difference(&mut self, difference: &Difference) {
        let place = format!("body {}", difference.pointer);
        self.add(place.trim_end(), &difference.expected, &difference.got);
    }

    /// The text without secrets that were given and without signed tokens, cut where it is long.
    fn shown(&self, text: &str) -> String {
        let mut shown =
            self.secrets.iter().fold(text.to_owned(), |text, secret| text.replace(secret.as_str(), "(secret)"));
        while let Some(start) = shown.find("eyJ") {
            let token = shown[start..]
                .find(|character: char| !(character.is_ascii_alphanumeric() || "-_.".contains(character)))
                .map_or(shown.len(), |length| start + length);
            shown.replace_range(start..token, "(token)");
        }
        match shown.char_indices().nth(SHOWN) {
            Some((cut, _)) => format!("{}…", &shown[..cut]),
            None => shown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disagreement_shows_neither_given_secrets_nor_tokens() {
        let secrets = ["correct horse".to_owned()];
        let mut found = Vec::new();
        let mut report = StepReport { file: "keycloak/x.json", step: "log in", secrets: &secrets, found: &mut found };
        report.add("body /a", "\"eyJhbGciOi.eyJ-_x.s\" and eyJ", "password=correct horse&x");
        assert_eq!(found[0].expected, "\"(token)\" and (token)");
        assert_eq!(found[0].got, "password=(secret)&x");
    }

    #[test]
    fn a_long_value_is_cut_between_characters() {
        let mut found = Vec::new();
        let mut report = StepReport { file: "", step: "", secrets: &[], found: &mut found };
        report.add("", &"é".repeat(SHOWN + 1), &"é".repeat(SHOWN));
        assert_eq!(found[0].expected, format!("{}…", "é".repeat(SHOWN)));
        assert_eq!(found[0].got, "é".repeat(SHOWN));
    }
}
