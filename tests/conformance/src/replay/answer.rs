//! Holds one answer against what was recorded.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::Value;

use super::compare::{Comparison, without};
use super::contract::{BodyIs, Exchange, Keep, Response, StepUnordered};
use super::pattern;
use super::pointer;
use super::report::StepReport;
use super::send::Answer;
use super::variables::Variables;

/// Headers that belong to the contract also where they were not recorded: the recorded server then sent none.
const ALWAYS_COMPARED: [&str; 7] =
    ["content-type", "location", "link", "x-total-count", "www-authenticate", "allow", "warning"];

/// What a step's answer is held against.
pub(crate) struct Rules<'a> {
    pub(crate) variables: &'a Variables,
    pub(crate) unordered: &'a BTreeSet<String>,
    pub(crate) dropped: &'a BTreeSet<String>,
    pub(crate) may_be_left_out: &'a BTreeSet<String>,
}

/// Compares status, headers, body and count. Returns the keys that were left out by permission.
pub(crate) fn check(
    exchange: &Exchange,
    answer: &Answer,
    rules: &Rules<'_>,
    report: &mut StepReport<'_>,
) -> BTreeMap<String, usize> {
    let recorded = &exchange.response;
    if recorded.status != answer.status {
        report.add("status", &recorded.status.to_string(), format!("{} {}", answer.status, answer.text()).trim_end());
    }
    check_headers(recorded, answer, rules.variables, report);
    check_count(recorded, answer, report);
    check_time(recorded, answer, report);
    check_variables(exchange, answer, rules.variables, report);
    let mut left_out = check_body(exchange, answer, rules, report);
    for (key, times) in claims::check(exchange, answer, rules, report) {
        *left_out.entry(key).or_default() += times;
    }
    left_out
}

fn check_headers(recorded: &Response, answer: &Answer, variables: &Variables, report: &mut StepReport<'_>) {
    for (name, value) in &recorded.headers {
        let got = answer.header(name);
        let agrees = got.as_ref().is_some_and(|got| pattern::matches(value, &Value::from(got.as_str()), variables));
        if !agrees {
            report.add(&format!("header {name}"), value, got.as_deref().unwrap_or("no such header"));
        }
    }
    for name in ALWAYS_COMPARED {
        if let Some(got) = answer.header(name)
            && !recorded.headers.contains_key(name)
        {
            report.add(&format!("header {name}"), "no such header", &got);
        }
    }
}

fn check_count(recorded: &Response, answer: &Answer, report: &mut StepReport<'_>) {
    let Some(expected) = recorded.count else {
        return;
    };
    let body = answer.json();
    let counted = body.as_ref().and_then(|body| pointer::find(body, recorded.count_at.as_deref().unwrap_or_default()));
    let agrees = match (expected, counted) {
        (None, Some(value)) => value.is_null(),
        (Some(expected), Some(value)) => length(value) == Some(expected),
        (_, None) => false,
    };
    if !agrees {
        let expected = expected.map_or("null".to_owned(), |count| count.to_string());
        report.add("count", &expected, &described(counted));
    }
}

/// Servers make some answers wait on purpose.
fn check_time(recorded: &Response, answer: &Answer, report: &mut StepReport<'_>) {
    let least = recorded.takes.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()).unwrap_or_default();
    if answer.took < least {
        report.add("time", &format!("at least {least:?}"), &format!("{:?}", answer.took));
    }
}

/// Holds values of the body against variables: those that must be the same, and those that must not.
fn check_variables(exchange: &Exchange, answer: &Answer, variables: &Variables, report: &mut StepReport<'_>) {
    let body = answer.json();
    let same = exchange.same.iter().map(|(name, pointer)| (name, pointer, true));
    let differs = exchange.differs.iter().map(|(name, pointer)| (name, pointer, false));
    for (name, pointer, wanted) in same.chain(differs) {
        let found = body.as_ref().and_then(|body| pointer::find(body, pointer));
        if found.is_none() || (found == variables.get(name)) != wanted {
            let expected = format!("{} value than `{name}`", if wanted { "no other" } else { "another" });
            let got = found.map_or_else(|| "nothing there".to_owned(), Value::to_string);
            report.add(&format!("body {pointer}"), &expected, &got);
        }
    }
}

/// The number of a list's elements or of an object's keys.
fn length(value: &Value) -> Option<usize> {
    match value {
        Value::Array(items) => Some(items.len()),
        Value::Object(entries) => Some(entries.len()),
        _ => None,
    }
}

fn described(counted: Option<&Value>) -> String {
    match counted {
        Some(value) => length(value).map_or_else(|| value.to_string(), |count| count.to_string()),
        None => "nothing to count".to_owned(),
    }
}

/// Whether the recorded answer had no body at all. Where a body was not recorded, its content type was: a page for
/// people, and all but one of many answers.
fn has_no_body(exchange: &Exchange) -> bool {
    let recorded = &exchange.response;
    recorded.count.is_none() && exchange.request.repeat.is_none() && !recorded.headers.contains_key("content-type")
}

fn check_body(
    exchange: &Exchange,
    answer: &Answer,
    rules: &Rules<'_>,
    report: &mut StepReport<'_>,
) -> BTreeMap<String, usize> {
    let recorded = &exchange.response;
    if !recorded.keep_body {
        return BTreeMap::new();
    }
    let Some(expected) = &recorded.body else {
        if has_no_body(exchange) && !answer.body.is_empty() {
            report.add("body", "no body", &answer.text());
        }
        return BTreeMap::new();
    };
    let Some(got) = answer.value(recorded.body_is, expected) else {
        report.add("body", &expected.to_string(), &answer.text());
        return BTreeMap::new();
    };
    let dropped: BTreeSet<String> = rules.dropped - &exchange.undropped;
    let got = if dropped.is_empty() { got } else { without(&got, &dropped) };
    let expected = recorded.shorten.map_or(Cow::Borrowed(expected), |_| Cow::Owned(mended(expected)));
    let mut keep = recorded.keep.as_ref().filter(|_| recorded.status < 400);
    let got = match exchange.request.watch {
        Some(_) => changes(keep.take(), got),
        None => got,
    };
    let (body_unordered, unordered) = match &exchange.unordered {
        StepUnordered::Body(whole) => (*whole, rules.unordered.clone()),
        StepUnordered::Keys(keys) => (false, rules.unordered | keys),
    };
    let mut comparison = Comparison::new(rules.variables, &unordered, rules.may_be_left_out);
    comparison.bodies(&expected, &got, keep, body_unordered);
    for difference in &comparison.differences {
        report.add_difference(difference);
    }
    comparison.left_out
}

/// The recorded parts of each of a watch's lines, without such that look like the line before.
fn changes(keep: Option<&Keep>, got: Value) -> Value {
    let Value::Array(mut lines) = got else { return got };
    if let Some(keep) = keep {
        lines = lines.iter().map(|line| keep.of(line)).collect();
    }
    lines.dedup();
    Value::Array(lines)
}

/// A recorded body in which texts that were cut inside of a placeholder end before it.
fn mended(recorded: &Value) -> Value {
    const CUT: &str = "{{string}}";
    match recorded {
        Value::Object(entries) => entries.iter().map(|(key, value)| (key.clone(), mended(value))).collect(),
        Value::Array(items) => items.iter().map(mended).collect(),
        Value::String(text) => match text.strip_suffix(CUT) {
            Some(start) => Value::from(format!("{}{CUT}", before_a_cut_placeholder(start))),
            None => recorded.clone(),
        },
        other => other.clone(),
    }
}

/// A text without the beginning of a placeholder at its end, of which one brace may be left.
fn before_a_cut_placeholder(start: &str) -> &str {
    match start.rfind("{{") {
        Some(open) if !start[open..].contains("}}") => &start[..open],
        _ => start.strip_suffix('{').unwrap_or(start),
    }
}

/// Takes the step's variables from the answer.
pub(crate) fn save(exchange: &Exchange, answer: &Answer, variables: &mut Variables, report: &mut StepReport<'_>) {
    let body = answer.json();
    for (name, source) in &exchange.save {
        let value = match source.split_once(':') {
            Some(("header", header)) => answer.last_segment(header),
            Some(("whole", header)) => answer.header(header).map(Value::from),
            Some(("cookie", cookie)) => answer.cookie(cookie),
            _ => body.as_ref().and_then(|body| pointer::find(body, source)).cloned(),
        };
        match value {
            Some(value) => variables.set(name, value),
            None => report.add(&format!("save {name}"), source, "nothing there"),
        }
    }
}

impl Answer {
    /// The header's value, or its values joined by commas.
    fn header(&self, name: &str) -> Option<String> {
        let values: Vec<_> =
            self.headers.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes())).collect();
        (!values.is_empty()).then(|| values.join(", "))
    }

    /// The last path segment of a header that holds an address, as it stands there; digits are a number.
    fn last_segment(&self, header: &str) -> Option<Value> {
        let address = self.header(header)?;
        let path = address.split(['?', '#']).next()?;
        let segment = path.rsplit('/').next()?;
        let number = segment.parse::<u64>().ok().filter(|number| number.to_string() == segment);
        Some(number.map_or_else(|| Value::from(segment), Value::from))
    }

    /// The value that is set for a cookie.
    fn cookie(&self, name: &str) -> Option<Value> {
        self.headers.get_all("set-cookie").iter().find_map(|header| {
            let (found, rest) = header.to_str().ok()?.split_once('=')?;
            (found == name).then(|| Value::from(rest.split(';').next().unwrap_or(rest)))
        })
    }

    fn is_json(&self) -> bool {
        self.header("content-type").is_some_and(|kind| kind.starts_with("application/json") || kind.contains("+json"))
    }

    /// The body as JSON, whatever the content type says.
    pub(crate) fn json(&self) -> Option<Value> {
        serde_json::from_slice(&self.body).ok()
    }

    /// The body as a value to compare: JSON where the content type says so, or where it was recorded as such under another
    /// type; text otherwise.
    fn value(&self, body_is: Option<BodyIs>, recorded: &Value) -> Option<Value> {
        match body_is {
            Some(BodyIs::Text) => Some(self.json().filter(Value::is_string).unwrap_or_else(|| self.text().into())),
            None if self.is_json() || !recorded.is_string() => self.json(),
            None => Some(self.text().into()),
        }
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

mod claims;

#[cfg(test)]
mod tests;
