//! Schedules of garbage collection and of purging the audit log (server-behaviour 6).

use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

use super::answer::{Answer, Content, Reply};
use super::body::{self, Model, Shape};
use super::cron::Cron;
use super::request::Request;
use super::routes::nowhere;
use super::time::written;
use super::world::World;
use http::StatusCode;

const TIMES: Model = Model { name: "ScheduleObj", fields: &[("type", Shape::Text), ("cron", Shape::Text)] };

const SCHEDULE: Model =
    Model { name: "Schedule", fields: &[("schedule", Shape::Object(&TIMES)), ("parameters", Shape::Map(&Shape::Any))] };

/// What can be scheduled, by the word in the path.
#[derive(Debug, Default)]
pub(crate) struct Schedules {
    stored: BTreeMap<String, Schedule>,
    last: i64,
}

#[derive(Debug)]
struct Schedule {
    id: i64,
    kind: String,
    cron: String,
    parameters: Map<String, Value>,
    created: i64,
}

impl World {
    pub(crate) fn answer_system(&mut self, request: &Request, segments: &[&str]) -> Reply {
        let (what, right) = match segments {
            ["oidc", "ping"] => return self.ping_provider(request),
            ["gc", "schedule"] => ("gc", "garbage-collection"),
            ["purgeaudit", "schedule"] => ("purgeaudit", "purge-audit"),
            ["scanAll", "schedule"] => {
                self.need(request.who, "scan-all", if request.writes() { "create" } else { "read" })?;
                return Err(Answer::precondition("no scanner is configured, it's not possible to scan"));
            }
            _ => return Err(nowhere(request)),
        };
        if !request.writes() {
            self.need(request.who, right, "read")?;
            let now = self.now();
            let nothing = || Answer::new(StatusCode::OK, Content::Other("application/json", String::new()));
            return Ok(self
                .schedules
                .stored
                .get(what)
                .map_or_else(nothing, |schedule| Answer::found(schedule.view(now))));
        }
        let fields = request.json("schedule", &SCHEDULE)?;
        let creates = request.method == http::Method::POST;
        self.need(request.who, right, if creates { "create" } else { "update" })?;
        let id = self.store_schedule(what, &fields)?;
        Ok(if creates { Answer::created(format!("/api/v2.0/system/{what}/{id}")) } else { Answer::done() })
    }

    /// Overwrites what was scheduled; parameters that are left out go back to their defaults.
    fn store_schedule(&mut self, what: &str, fields: &Map<String, Value>) -> Result<i64, Answer> {
        let times = body::object(fields, "schedule");
        let of_times = |name: &str| times.map(|times| body::text(times, name).to_owned()).unwrap_or_default();
        let (kind, cron) = (of_times("type"), of_times("cron"));
        if matches!(kind.as_str(), "None" | "") {
            self.schedules.stored.remove(what);
            return Ok(0);
        }
        let name = if what == "gc" { "gc" } else { "purge audit" };
        Cron::parse(&cron).map_err(|reason| {
            Answer::invalid(format!("invalid cron string for scheduled {name}: {cron}, error: {reason}"))
        })?;
        let defaults = if what == "gc" {
            json!({ "delete_tag": false, "delete_untagged": false, "workers": 0 })
        } else {
            json!({ "audit_retention_hour": 0, "dry_run": false, "include_event_types": "" })
        };
        let mut parameters = defaults.as_object().cloned().unwrap_or_default();
        parameters.extend(body::object(fields, "parameters").cloned().unwrap_or_default());
        let created = self.now();
        self.schedules.last += 1;
        let id = self.schedules.last;
        self.schedules.stored.insert(what.to_owned(), Schedule { id, kind, cron, parameters, created });
        Ok(id)
    }
}

impl Schedule {
    fn view(&self, now: i64) -> Value {
        let next = Cron::parse(&self.cron).ok().and_then(|cron| cron.next_after(now));
        json!({
            "creation_time": written(self.created),
            "id": self.id,
            "job_kind": self.cron,
            "job_parameters": Value::Object(self.parameters.clone()).to_string(),
            "job_status": "Running",
            "schedule": { "cron": self.cron, "next_scheduled_time": next, "type": self.kind },
            "update_time": written(self.created),
        })
    }
}
