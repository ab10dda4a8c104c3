//! The system's list of allowed vulnerabilities.

use http::Method;
use serde_json::{Value, json};
use std::collections::BTreeSet;

use super::answer::{Answer, Reply};
use super::body;
use super::projects::ALLOWLIST;
use super::request::Request;
use super::time::{ZERO, written};
use super::world::World;

/// The list, once it was written.
#[derive(Debug, Default)]
pub(crate) struct Allowlist(Option<Written>);

#[derive(Debug)]
struct Written {
    items: Vec<Value>,
    /// In seconds since 1970; `None` is for ever.
    expires_at: Option<i64>,
    time: i64,
}

impl Allowlist {
    /// What it allows, and until when.
    pub(crate) fn snapshot(&self) -> Value {
        let Some(written) = &self.0 else { return json!({ "items": [], "expires_at": null }) };
        let mut items = written.items.clone();
        items.sort_by_key(ToString::to_string);
        json!({ "items": items, "expires_at": written.expires_at })
    }
}

impl World {
    pub(crate) fn answer_allowlist(&mut self, request: &Request) -> Reply {
        if request.method == Method::PUT {
            let fields = request.json("allowlist", &ALLOWLIST)?;
            self.need(request.who, "cve-allowlist", "update")?;
            let items = body::list(&fields, "items").to_vec();
            let ids: BTreeSet<&str> = items.iter().filter_map(|item| item["cve_id"].as_str()).collect();
            // a failure that nobody has thought of
            if ids.len() < items.len() || ids.iter().any(|id| id.trim().is_empty()) {
                return Err(Answer::unhandled());
            }
            let expires_at = fields.get("expires_at").and_then(Value::as_i64);
            self.allowlist.0 = Some(Written { items, expires_at, time: self.now() });
            return Ok(Answer::done());
        }
        self.need_login(request.who)?;
        Ok(Answer::found(match &self.allowlist.0 {
            None => json!({ "creation_time": ZERO, "items": [], "update_time": ZERO }),
            Some(Written { items, expires_at, time }) => {
                let time = written(*time);
                let mut view = json!({ "creation_time": time, "id": 1, "items": items, "update_time": time });
                if let Some(expires_at) = expires_at {
                    view["expires_at"] = json!(expires_at);
                }
                view
            }
        }))
    }
}
