//! What an object must be related to.

/// Names of one kind to which an object must be related.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Related {
    /// The names.
    pub names: Vec<String>,
    /// Whether these are all: a declared list is managed as a whole, what a team implies is only added.
    pub exact: bool,
}

impl Related {
    /// These, beside what other people have added.
    pub fn at_least(names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self { names: names.into_iter().map(Into::into).collect(), exact: false }
    }

    /// These and no others.
    #[must_use]
    pub const fn exactly(names: Vec<String>) -> Self {
        Self { names, exact: true }
    }
}
