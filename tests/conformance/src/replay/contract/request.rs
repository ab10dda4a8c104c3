//! What a step asks.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::Value;

use super::present;
use crate::replay::ordered::OrderedJson;

/// What is asked.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// The HTTP method.
    pub method: String,
    /// The path behind the base URL, percent-encoded, with variables.
    pub path: String,
    /// The name of a credential, or `none`.
    pub auth: String,
    /// A body that goes out as `application/json`, unless a header says otherwise.
    #[serde(default, deserialize_with = "present")]
    pub json: Option<OrderedJson>,
    /// A body that goes out as `application/x-www-form-urlencoded`.
    #[serde(default)]
    pub form: Option<BTreeMap<String, String>>,
    /// A body that goes out as it is.
    #[serde(default)]
    pub raw: Option<String>,
    /// Headers besides those of credential and body.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// How often the request is sent, with `{i}` counting from one.
    #[serde(default)]
    pub repeat: Option<usize>,
    /// How often the request is sent at once.
    #[serde(default)]
    pub parallel: Option<usize>,
    /// Seconds to wait before the request.
    #[serde(default)]
    pub wait: Option<f64>,
    /// What the answer must come to; the request is sent again until it does, and the last answer is the one that counts.
    #[serde(default)]
    pub until: Option<Until>,
    /// The answer is one JSON document a line; the body is the list of them.
    #[serde(default)]
    pub watch: Option<Watch>,
    /// Seconds that the client waits before it reads the answer.
    #[serde(default)]
    pub slow: Option<f64>,
    /// Variables that are a text many times.
    #[serde(default)]
    pub fill: BTreeMap<String, (String, usize)>,
    /// A token in the answer whose claims belong to the contract.
    #[serde(default)]
    pub claims: Option<Claims>,
}

/// When asking again comes to its end.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Until {
    /// The answer has this status.
    #[serde(default)]
    pub status: Option<u16>,
    /// Where in the body `is` or `has` looks.
    #[serde(default)]
    pub pointer: Option<String>,
    /// The value at the pointer.
    #[serde(default, deserialize_with = "present")]
    pub is: Option<Value>,
    /// Whether there is anything at the pointer.
    #[serde(default = "yes")]
    pub has: bool,
    /// Seconds between two requests.
    #[serde(default = "a_fifth")]
    pub every: f64,
    /// After that many seconds the answer is taken as it is.
    #[serde(default = "ninety")]
    pub seconds: f64,
}

fn yes() -> bool {
    true
}

fn a_fifth() -> f64 {
    0.2
}

fn ninety() -> f64 {
    90.0
}

/// How long an answer is read that comes line by line.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Watch {
    /// Until a line is so; without it, for `seconds` or until the server ends it.
    #[serde(default)]
    pub until: Option<Until>,
    /// Seconds after which reading ends.
    pub seconds: f64,
}

/// A JWT in an answer, and which of its claims were recorded.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Claims {
    /// Where the token is in the body.
    pub token: String,
    /// The claims that belong to the contract.
    pub keys: BTreeSet<String>,
}
