//! Lists: how many rows, and the headers about the rest (server-behaviour 3.5).

use http::header::{self, HeaderName};
use serde_json::{Value, json};

use super::answer::Answer;
use super::request::Request;

const DEFAULT: i64 = 30;
pub(crate) const MOST: i64 = 50;
const TOTAL: HeaderName = HeaderName::from_static("x-total-count");

/// What a list is like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Pages {
    /// Whether the list is cut also where no page is asked for.
    always: bool,
    /// Whether there are links to other pages.
    linked: bool,
}

impl Pages {
    /// Cut always, with links.
    pub(crate) const LINKED: Self = Self { always: true, linked: true };
    /// Cut always, without links.
    pub(crate) const PLAIN: Self = Self { always: true, linked: false };
    /// Cut only where a page is asked for, without links.
    pub(crate) const WHOLE: Self = Self { always: false, linked: false };

    /// Links as before, and whole unless a page is asked for.
    pub(crate) const fn unless_asked(self) -> Self {
        Self { always: false, ..self }
    }
}

/// The rows of the page that was asked for. The total is that of all rows.
pub(crate) fn list(request: &Request, base: &str, pages: Pages, rows: Vec<Value>) -> Answer {
    let total = rows.len();
    counted(request, base, pages, Answer::found(Value::Array(cut(request, pages, rows))), total)
}

/// The same inside of `data`.
pub(crate) fn search(request: &Request, base: &str, pages: Pages, rows: Vec<Value>) -> Answer {
    let total = rows.len();
    let body = json!({ "data": cut(request, pages, rows), "ok": true });
    counted(request, base, pages, Answer::found(body), total)
}

/// Rows a page: what was asked for, but not more than there may be.
fn size(request: &Request) -> i64 {
    match request.number("limit") {
        asked if asked > 0 => asked.min(MOST),
        _ => DEFAULT,
    }
}

pub(crate) fn cut<T>(request: &Request, pages: Pages, rows: Vec<T>) -> Vec<T> {
    let page = request.number("page");
    if page <= 0 && !pages.always {
        return rows;
    }
    let size = usize::try_from(size(request)).unwrap_or_default();
    let before = usize::try_from(page.max(1) - 1).unwrap_or_default();
    rows.into_iter().skip(before.saturating_mul(size)).take(size).collect()
}

/// The answer with the total and the links.
pub(crate) fn counted(request: &Request, base: &str, pages: Pages, answer: Answer, total: usize) -> Answer {
    let links = if pages.linked { links(request, base, total) } else { Vec::new() };
    let exposed = if links.is_empty() { "X-Total-Count" } else { "Link, X-Total-Count" };
    let answer = answer.with(TOTAL, total.to_string()).with(header::ACCESS_CONTROL_EXPOSE_HEADERS, exposed);
    if links.is_empty() { answer } else { answer.with(header::LINK, links.join(",")) }
}

fn links(request: &Request, base: &str, total: usize) -> Vec<String> {
    let size = size(request);
    let last = (i64::try_from(total).unwrap_or(i64::MAX) + size - 1) / size;
    // beyond the end is as at the end
    let page = request.number("page").clamp(1, last.max(1));
    let mut links = Vec::new();
    if page < last {
        links.push(link(request, base, page + 1, "next"));
        links.push(link(request, base, last, "last"));
    }
    if page > 1 {
        links.push(link(request, base, 1, "first"));
        links.push(link(request, base, page - 1, "prev"));
    }
    links
}

fn link(request: &Request, base: &str, page: i64, relation: &str) -> String {
    let mut query = request.query.clone();
    query.insert("page".to_owned(), page.to_string());
    let query: Vec<String> = query.into_iter().map(|(name, value)| format!("{name}={value}")).collect();
    format!("<{base}{}?{}>; rel=\"{relation}\"", request.path, query.join("&"))
}
