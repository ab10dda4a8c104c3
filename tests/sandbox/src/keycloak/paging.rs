//! Cutting pages out of lists (server-behaviour 2.6). Nobody tells a client that there is more.

use super::answer::Answer;
use super::request::Query;

/// Which rows of a list are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Window {
    first: usize,
    /// `None` is without limit.
    max: Option<usize>,
}

impl Window {
    /// All rows.
    pub(crate) const ALL: Self = Self { first: 0, max: None };

    /// `first` and `max`, each working alone; `default` rows where `max` is not sent. A negative number is as none.
    pub(crate) fn of(query: &Query, default: Option<usize>) -> Result<Self, Answer> {
        let first = query.number("first")?.and_then(|number| usize::try_from(number).ok()).unwrap_or(0);
        let max = match query.number("max")? {
            None => default,
            Some(number) => usize::try_from(number).ok(),
        };
        Ok(Self { first, max })
    }

    /// For roles, where only `first` and `max` together page and either alone is ignored.
    pub(crate) fn of_both(query: &Query) -> Result<Self, Answer> {
        let both = query.number("first")?.is_some() && query.number("max")?.is_some();
        if both { Self::of(query, None) } else { Ok(Self::ALL) }
    }

    /// The rows of `rows` within the window.
    pub(crate) fn cut<I: Iterator>(self, rows: I) -> impl Iterator<Item = I::Item> {
        rows.skip(self.first).take(self.max.unwrap_or(usize::MAX))
    }
}
