//! The system's list of allowed vulnerabilities.

use http::Method;
use serde_json::{Value, json};

use super::answer::{Answer, Reply};
use super::body;
use super::projects::ALLOWLIST;
use super::request::Request;
use super::time::{ZERO, written};
use super::world::World;

/// The list, once it was written.
#[derive(Debug, Default)]
pub(crate) struct Allowlist(Option<(Vec<Value>, i64)>);

impl World {
    pub(crate) fn answer_allowlist(&mut self, request: &Request) -> Reply {
        if request.method == Method::PUT {
            let fields = request.json("allowlist", &ALLOWLIST)?;
            self.need(request.who, "cve-allowlist", "update")?;
            self.allowlist.0 = Some((body::list(&fields, "items").to_vec(), self.now()));
            return Ok(Answer::done());
        }
        self.need_login(request.who)?;
        Ok(Answer::found(match &self.allowlist.0 {
            None => json!({ "creation_time": ZERO, "items": [], "update_time": ZERO }),
            Some((items, time)) => {
                json!({ "creation_time": written(*time), "id": 1, "items": items, "update_time": written(*time) })
            }
        }))
    }
}
