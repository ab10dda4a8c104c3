//! Lists: which rows, in which order, and how many of them (server-behaviour 1.4).

use http::header;
use serde_json::Value;
use std::cmp::Ordering;

use super::answer::{Answer, Reply};
use super::request::{Request, unescaped};

/// What a row has under the name of a field, to filter and sort by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Key {
    Number(i64),
    Text(String),
}

impl From<i64> for Key {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}

impl From<&str> for Key {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl Key {
    fn text(&self) -> String {
        match self {
            Self::Number(number) => number.to_string(),
            Self::Text(text) => text.clone(),
        }
    }
}

/// One condition of `q`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Condition {
    Is(String),
    Contains(String),
    /// `{a b}`: any of these.
    AnyOf(Vec<String>),
}

impl Condition {
    fn read(value: &str) -> Self {
        if let Some(part) = value.strip_prefix('~') {
            return Self::Contains(part.to_owned());
        }
        match value.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
            Some(any) => Self::AnyOf(any.split(' ').map(str::to_owned).collect()),
            None => Self::Is(value.to_owned()),
        }
    }

    fn holds(&self, key: &Key) -> bool {
        let text = key.text();
        match self {
            Self::Is(value) => text == *value,
            Self::Contains(part) => text.contains(part.as_str()),
            Self::AnyOf(values) => values.contains(&text),
        }
    }
}

/// How a list is asked for.
#[derive(Debug)]
pub(crate) struct Listing {
    page: i64,
    size: i64,
    conditions: Vec<(String, Condition)>,
    /// Fields, each with whether it counts backwards.
    sort: Vec<(String, bool)>,
    path: String,
    /// All parameters but the page, sorted by name and as they were meant, not as they were sent.
    parameters: Vec<(String, String)>,
}

impl Listing {
    pub(crate) fn of(request: &Request) -> Result<Self, Answer> {
        let query = &request.query;
        let page = query.number("page")?.unwrap_or(1);
        let size = query.number("page_size")?.unwrap_or(10);
        if size > 100 {
            return Err(Answer::unreadable("page_size in query should be less than or equal to 100"));
        }
        let sort = query.get("sort").unwrap_or_default().split(',').filter(|field| !field.is_empty());
        let sort = sort.map(|field| field.strip_prefix('-').map_or((field, false), |field| (field, true)));
        let parameters = query.all().filter(|(name, _)| !matches!(*name, "page" | "page_size"));
        Ok(Self {
            page,
            size,
            conditions: conditions(query.get("q").unwrap_or_default())?,
            sort: sort.map(|(field, backwards)| (field.to_owned(), backwards)).collect(),
            path: request.path.clone(),
            parameters: parameters.map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
        })
    }

    /// Takes a condition out, so that it is no filter on a field.
    pub(crate) fn take(&mut self, name: &str) -> Option<Condition> {
        let place = self.conditions.iter().position(|(key, _)| key == name)?;
        Some(self.conditions.remove(place).1)
    }

    /// Adds a condition that another parameter stands for.
    pub(crate) fn add(&mut self, name: &str, condition: Condition) {
        self.conditions.push((name.to_owned(), condition));
    }

    /// The rows of the page. What has no such field is neither filtered nor sorted by it: unknown keys are ignored.
    pub(crate) fn answer<T>(
        &self,
        rows: impl Iterator<Item = T>,
        field: impl Fn(&T, &str) -> Option<Key>,
        view: impl FnMut(T) -> Value,
    ) -> Reply {
        let fits = |row: &T| {
            self.conditions.iter().all(|(name, condition)| field(row, name).is_none_or(|key| condition.holds(&key)))
        };
        let mut rows: Vec<T> = rows.filter(fits).collect();
        if !self.sort.is_empty() {
            rows.sort_by(|one, other| {
                let orders = self.sort.iter().map(|(name, backwards)| {
                    let order = field(one, name).cmp(&field(other, name));
                    if *backwards { order.reverse() } else { order }
                });
                orders.fold(Ordering::Equal, Ordering::then)
            });
        }
        let total = rows.len();
        let page = self.cut(rows).into_iter().map(view).collect();
        Ok(self.linked(Answer::list(page, total), total))
    }

    /// The page's rows of a list that is filtered and sorted already.
    pub(crate) fn cut<T>(&self, rows: Vec<T>) -> Vec<T> {
        let Some(size) = usize::try_from(self.size).ok().filter(|size| *size > 0) else { return rows };
        let before = usize::try_from(self.page - 1).unwrap_or_default();
        rows.into_iter().skip(before.saturating_mul(size)).take(size).collect()
    }

    /// Adds the links to the pages before and behind.
    pub(crate) fn linked(&self, answer: Answer, total: usize) -> Answer {
        let total = i64::try_from(total).unwrap_or(i64::MAX);
        let (page, size) = (self.page, self.size);
        let mut links = Vec::new();
        if size != 0 && page > 1 && (page - 1).saturating_mul(size) <= total {
            links.push(self.link(page - 1, "prev"));
        }
        if size != 0 && page.saturating_mul(size) < total {
            links.push(self.link(page + 1, "next"));
        }
        if links.is_empty() { answer } else { answer.with(header::LINK, links.join(" , ")) }
    }

    fn link(&self, page: i64, relation: &str) -> String {
        let mut parameters = self.parameters.clone();
        parameters.push(("page".to_owned(), page.to_string()));
        parameters.push(("page_size".to_owned(), self.size.to_string()));
        parameters.sort();
        let query: Vec<String> = parameters.into_iter().map(|(name, value)| format!("{name}={value}")).collect();
        format!("<{}?{}>; rel=\"{relation}\"", self.path, query.join("&"))
    }
}

/// The conditions of `q`, which is escaped a second time.
fn conditions(q: &str) -> Result<Vec<(String, Condition)>, Answer> {
    let q = unescaped(q);
    if q.is_empty() {
        return Ok(Vec::new());
    }
    let pair = |part: &str| match part.split_once('=') {
        Some((name, value)) if !name.is_empty() && !value.is_empty() => Ok((name.to_owned(), Condition::read(value))),
        _ => Err(Answer::invalid("the query string must contain \"=\" and the key/value cannot be empty")),
    };
    q.split(',').map(pair).collect()
}
