//! The claims of a token in an answer.

use std::collections::BTreeMap;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

use super::Rules;
use crate::replay::compare::Comparison;
use crate::replay::contract::Exchange;
use crate::replay::pointer;
use crate::replay::report::StepReport;
use crate::replay::send::Answer;

/// Compares the claims that were recorded; the signature is not looked at.
pub(super) fn check(
    exchange: &Exchange,
    answer: &Answer,
    rules: &Rules<'_>,
    report: &mut StepReport<'_>,
) -> BTreeMap<String, usize> {
    let (Some(asked), Some(expected)) = (&exchange.request.claims, &exchange.response.claims) else {
        return BTreeMap::new();
    };
    let body = answer.json();
    let token = body.as_ref().and_then(|body| pointer::find(body, &asked.token)).and_then(Value::as_str);
    let Some(claims) = token.and_then(decoded) else {
        report.add("claims", "a token with claims", "no such token");
        return BTreeMap::new();
    };
    let got = claims.into_iter().filter(|(key, _)| asked.keys.contains(key)).collect();
    let mut comparison = Comparison::new(rules.variables, rules.unordered, rules.may_be_left_out);
    comparison.bodies(&Value::Object(expected.clone()), &Value::Object(got), None, false);
    for difference in &comparison.differences {
        report.add(&format!("claims {}", difference.pointer), &difference.expected, &difference.got);
    }
    comparison.left_out
}

fn decoded(token: &str) -> Option<Map<String, Value>> {
    let payload = token.split('.').nth(1)?;
    serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(payload).ok()?).ok()
}
