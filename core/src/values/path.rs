//! Paths of values: `teams.alpha.displayName`, `users[3].email`.

use std::fmt;

/// One step of a [`ValuePath`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// A key of a map.
    Key(String),
    /// A place in a list, from 0.
    Index(usize),
}

/// Where a value stands in the document.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ValuePath {
    steps: Vec<Step>,
}

impl ValuePath {
    /// The whole document.
    #[must_use]
    pub fn root() -> Self {
        Self::default()
    }

    /// The value of a key.
    #[must_use]
    pub fn key(mut self, key: impl Into<String>) -> Self {
        self.steps.push(Step::Key(key.into()));
        self
    }

    /// The value at a place in a list, from 0.
    #[must_use]
    pub fn index(mut self, index: usize) -> Self {
        self.steps.push(Step::Index(index));
        self
    }

    /// Appends the steps of a JSON Pointer (RFC 6901), such as a [`Representation`](super::Representation) names
    /// its secrets by. A step of digits alone becomes a place in a list.
    #[must_use]
    pub fn pointer(mut self, pointer: &str) -> Self {
        for part in pointer.split('/').skip(1) {
            let part = part.replace("~1", "/").replace("~0", "~");
            match part.parse() {
                Ok(index) => self.steps.push(Step::Index(index)),
                Err(_) => self.steps.push(Step::Key(part)),
            }
        }
        self
    }

    /// The steps from the root.
    #[must_use]
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    pub(crate) fn push(&mut self, step: Step) {
        self.steps.push(step);
    }

    pub(crate) fn pop(&mut self) {
        self.steps.pop();
    }
}

impl fmt::Display for ValuePath {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, step) in self.steps.iter().enumerate() {
            match step {
                Step::Index(index) => write!(formatter, "[{index}]")?,
                Step::Key(key) => {
                    if position > 0 {
                        formatter.write_str(".")?;
                    }
                    write_key(formatter, key)?;
                }
            }
        }
        Ok(())
    }
}

/// A key that would read as several steps is quoted, as `--set` wants it.
fn write_key(formatter: &mut fmt::Formatter<'_>, key: &str) -> fmt::Result {
    let special =
        |character: char| character.is_whitespace() || character.is_control() || ".[]\"=`".contains(character);
    if key.is_empty() || key.contains(special) { write!(formatter, "{key:?}") } else { formatter.write_str(key) }
}
