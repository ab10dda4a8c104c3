//! Which tags or repositories a rule is about.

use std::fmt;

use evenkeel_core::{reading::Reading, values::ValuePath};

/// Harbor's words for the two ways in which a pattern can select.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Words {
    matches: &'static str,
    excludes: &'static str,
}

/// Of tags.
pub(crate) const TAGS: Words = Words { matches: "matches", excludes: "excludes" };
/// Of repositories.
pub(crate) const REPOSITORIES: Words = Words { matches: "repoMatches", excludes: "repoExcludes" };

/// What stands for everything.
pub(crate) const EVERYTHING: &str = "**";

/// A choice by name. Shown, one that excludes begins with `except `: no pattern of a tag or repository holds a blank.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Pattern {
    /// What fits.
    Matches(String),
    /// What does not fit.
    Excludes(String),
}

impl Pattern {
    /// Everything.
    #[must_use]
    pub fn everything() -> Self {
        Self::Matches(EVERYTHING.to_owned())
    }

    /// Whether it is everything.
    pub(crate) fn is_everything(&self) -> bool {
        matches!(self, Self::Matches(pattern) if pattern == EVERYTHING)
    }

    /// What a server's selector says; `None` for what values cannot say.
    pub(crate) fn seen(words: Words, decoration: Option<&str>, pattern: Option<&str>) -> Option<Self> {
        let pattern = pattern.filter(|pattern| fault(pattern).is_none())?.to_owned();
        match decoration? {
            decoration if decoration == words.matches => Some(Self::Matches(pattern)),
            decoration if decoration == words.excludes => Some(Self::Excludes(pattern)),
            _ => None,
        }
    }

    /// Harbor's word for how it selects.
    pub(crate) const fn decoration(&self, words: Words) -> &'static str {
        match self {
            Self::Matches(_) => words.matches,
            Self::Excludes(_) => words.excludes,
        }
    }

    /// The pattern itself.
    pub(crate) fn text(&self) -> &str {
        match self {
            Self::Matches(pattern) | Self::Excludes(pattern) => pattern,
        }
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Matches(pattern) => formatter.write_str(pattern),
            Self::Excludes(pattern) => write!(formatter, "except {pattern}"),
        }
    }
}

/// Two keys of the values of which one at most is written: the pattern that matches, and the one that excludes.
pub(super) struct Declared<'a> {
    pub(super) matches: (&'static str, Option<&'a String>),
    pub(super) excludes: (&'static str, Option<&'a String>),
}

impl Declared<'_> {
    /// The pattern; `None` where neither key is written. Harbor takes any text, and a rule with a broken one does nothing or fails.
    pub(super) fn read(self, reading: &Reading<'_>, path: &ValuePath) -> Option<Pattern> {
        let (pattern, key) = match (self.matches, self.excludes) {
            ((key, Some(pattern)), (_, None)) => (Pattern::Matches(pattern.clone()), key),
            ((_, None), (key, Some(pattern))) => (Pattern::Excludes(pattern.clone()), key),
            ((one, Some(pattern)), (other, Some(_))) => {
                let problem = reading.problem(path, &format!("`{one}` and `{other}` contradict each other"));
                reading.report(problem.with_hint("write one of them"));
                (Pattern::Matches(pattern.clone()), one)
            }
            ((_, None), (_, None)) => return None,
        };
        if let Some(fault) = fault(pattern.text()) {
            let problem = reading.problem(&path.clone().key(key), &format!("no tag or repository fits it: {fault}"));
            reading.report(problem.with_hint("such as `v*`, `release-**` or `{main,v*}`"));
        }
        Some(pattern)
    }
}

/// What is wrong with a pattern.
fn fault(pattern: &str) -> Option<&'static str> {
    let is_open = |open: char, close: char| {
        let mut depth = 0_i32;
        let falls = pattern.chars().any(|character| {
            depth += i32::from(character == open) - i32::from(character == close);
            depth < 0
        });
        falls || depth != 0
    };
    match () {
        () if pattern.is_empty() => Some("it is empty"),
        () if pattern.contains(|character: char| character.is_whitespace() || character.is_control()) => {
            Some("it holds a blank")
        }
        () if is_open('[', ']') || is_open('{', '}') => Some("a bracket has no counterpart"),
        () => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_tag_fits_is_no_pattern() {
        for pattern in ["", "a b", "[", "a]", "{a,b", "}{"] {
            assert!(fault(pattern).is_some(), "{pattern:?}");
        }
        for pattern in ["**", "v*", "{a,b}", "v[0-9].*", "apps/**"] {
            assert_eq!(fault(pattern), None, "{pattern:?}");
        }
    }
}
