//! Holds one answer against what was recorded.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::compare::Comparison;
use super::contract::{Exchange, Response, StepUnordered};
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
    check_body(exchange, answer, rules, report)
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
    let Some(expected) = &recorded.body else {
        if has_no_body(exchange) && !answer.body.is_empty() {
            report.add("body", "no body", &answer.text());
        }
        return BTreeMap::new();
    };
    let Some(got) = answer.value() else {
        report.add("body", &expected.to_string(), &answer.text());
        return BTreeMap::new();
    };
    let (body_unordered, unordered) = match &exchange.unordered {
        StepUnordered::Body(whole) => (*whole, rules.unordered.clone()),
        StepUnordered::Keys(keys) => (false, rules.unordered | keys),
    };
    let mut comparison = Comparison::new(rules.variables, &unordered, rules.may_be_left_out);
    comparison.bodies(expected, &got, recorded.keep.as_ref(), body_unordered);
    for difference in &comparison.differences {
        report.add_difference(difference);
    }
    comparison.left_out
}

/// Takes the step's variables from the answer.
pub(crate) fn save(exchange: &Exchange, answer: &Answer, variables: &mut Variables, report: &mut StepReport<'_>) {
    let body = answer.json();
    for (name, source) in &exchange.save {
        let value = match source.strip_prefix("header:") {
            Some(header) => answer.last_segment(header),
            None => body.as_ref().and_then(|body| pointer::find(body, source)).cloned(),
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

    /// The last path segment of a header that holds an address, as it stands there.
    fn last_segment(&self, header: &str) -> Option<Value> {
        let address = self.header(header)?;
        let path = address.split(['?', '#']).next()?;
        path.rsplit('/').next().map(Value::from)
    }

    fn is_json(&self) -> bool {
        self.header("content-type").is_some_and(|kind| kind.starts_with("application/json") || kind.contains("+json"))
    }

    /// The body as JSON, whatever the content type says.
    pub(crate) fn json(&self) -> Option<Value> {
        serde_json::from_slice(&self.body).ok()
    }

    /// The body as a value to compare: JSON where the content type says so, text otherwise.
    fn value(&self) -> Option<Value> {
        if self.is_json() { self.json() } else { Some(Value::from(self.text())) }
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

#[cfg(test)]
mod tests;
