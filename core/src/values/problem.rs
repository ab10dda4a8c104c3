//! What is wrong with values: messages with their place, their source line and a hint.

use std::fmt;

use super::source::{Location, Origin, SourceKind, Sources};

mod excerpt;
mod render;

pub(crate) use excerpt::Excerpt;

/// One thing that is wrong, with the place where it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    message: String,
    hint: Option<String>,
    location: Option<Location>,
    excerpt: Option<Excerpt>,
}

impl Problem {
    /// A problem without a place. [`Document::problem`](super::Document::problem) makes one with a place.
    #[must_use]
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), hint: None, location: None, excerpt: None }
    }

    /// Adds what to do next.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Adds where it is written. Excerpts hide what `sources` hides, so this comes after the hiding.
    pub(crate) fn at(mut self, origin: Origin, sources: &Sources) -> Self {
        // nobody wrote the defaults: a place there would send people to a file that they do not have
        if sources.kind(origin.source) != SourceKind::Defaults {
            self.location = sources.location(origin);
            self.excerpt = Excerpt::of(origin, sources);
        }
        self
    }

    /// What is wrong, in lower case, without a final period. Never holds a value from the sources.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What to do next.
    #[must_use]
    pub fn hint(&self) -> Option<&str> {
        self.hint.as_deref()
    }

    /// Where it is written.
    #[must_use]
    pub fn location(&self) -> Option<&Location> {
        self.location.as_ref()
    }
}

/// All that is wrong with values, in the order of the sources.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Problems(Vec<Problem>);

impl Problems {
    /// Adds a problem.
    pub fn push(&mut self, problem: Problem) {
        self.0.push(problem);
    }

    /// Adds a problem, unless it was added before: parts that depend on the same value tell it once.
    pub fn add(&mut self, problem: Problem) {
        if !self.0.contains(&problem) {
            self.0.push(problem);
        }
    }

    /// What a part came to; what is wrong with it is told together with the rest. Parts that depend on the same value tell it once.
    pub fn take<T>(&mut self, part: Result<T, Self>) -> Option<T> {
        match part {
            Ok(value) => Some(value),
            Err(problems) => {
                problems.into_iter().for_each(|problem| self.add(problem));
                None
            }
        }
    }

    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many problems there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The problems one by one.
    pub fn iter(&self) -> std::slice::Iter<'_, Problem> {
        self.0.iter()
    }

    /// `value` when nothing is wrong.
    ///
    /// # Errors
    /// The problems themselves, when there are any.
    pub fn into_result<T>(self, value: T) -> Result<T, Self> {
        if self.is_empty() { Ok(value) } else { Err(self) }
    }

    /// Renders every problem with its source line; with ANSI colours when `colour` is set.
    #[must_use]
    pub fn render(&self, colour: bool) -> String {
        render::render(self, colour)
    }
}

impl From<Problem> for Problems {
    fn from(problem: Problem) -> Self {
        Self(vec![problem])
    }
}

impl Extend<Problem> for Problems {
    fn extend<I: IntoIterator<Item = Problem>>(&mut self, problems: I) {
        self.0.extend(problems);
    }
}

impl FromIterator<Problem> for Problems {
    fn from_iter<I: IntoIterator<Item = Problem>>(problems: I) -> Self {
        Self(problems.into_iter().collect())
    }
}

impl IntoIterator for Problems {
    type Item = Problem;
    type IntoIter = std::vec::IntoIter<Problem>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'problems> IntoIterator for &'problems Problems {
    type Item = &'problems Problem;
    type IntoIter = std::slice::Iter<'problems, Problem>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// The rendering without colour.
impl fmt::Display for Problems {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.render(false))
    }
}

impl std::error::Error for Problems {}
