//! Schedules of garbage collection, of purging the audit log and of scanning everything (server-behaviour 6).

use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

use super::answer::{Answer, Content, Reply};
use super::body::{self, Model, Shape};
use super::cron::Cron;
use super::paging::Listing;
use super::request::Request;
use super::routes::nowhere;
use super::time::written;
use super::world::World;
use http::StatusCode;

const TIMES: Model = Model { name: "ScheduleObj", fields: &[("type", Shape::Text), ("cron", Shape::Text)] };

const SCHEDULE: Model =
    Model { name: "Schedule", fields: &[("schedule", Shape::Object(&TIMES)), ("parameters", Shape::Map(&Shape::Any))] };

/// The words that stand beside a schedule.
const TYPES: [&str; 7] = ["Hourly", "Daily", "Weekly", "Custom", "Manual", "None", "Schedule"];

/// The most hours for which the audit log is kept.
const MOST_HOURS: i64 = 240_000;

/// What can be scheduled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum What {
    Collection,
    Purge,
    Scan,
}

impl What {
    /// By the word in the path.
    fn of(word: &str) -> Option<Self> {
        match word {
            "gc" => Some(Self::Collection),
            "purgeaudit" => Some(Self::Purge),
            "scanAll" => Some(Self::Scan),
            _ => None,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Collection => "gc",
            Self::Purge => "purgeaudit",
            Self::Scan => "scanAll",
        }
    }

    /// How failures call it.
    fn name(self) -> &'static str {
        match self {
            Self::Collection => "gc",
            Self::Purge => "log rotation purge",
            Self::Scan => "scan all",
        }
    }

    fn right(self) -> &'static str {
        match self {
            Self::Collection => "garbage-collection",
            Self::Purge => "purge-audit",
            Self::Scan => "scan-all",
        }
    }

    /// What is kept of the parameters.
    fn kept(self, sent: Map<String, Value>) -> Map<String, Value> {
        let defaults = match self {
            Self::Collection => json!({ "delete_tag": false, "delete_untagged": false, "workers": 0 }),
            Self::Purge => return sent,
            Self::Scan => return Map::new(),
        };
        let mut kept = defaults.as_object().cloned().unwrap_or_default();
        kept.extend(sent.into_iter().filter(|(name, _)| defaults.get(name).is_some()));
        kept
    }
}

/// What is scheduled.
#[derive(Debug, Default)]
pub(crate) struct Schedules {
    stored: BTreeMap<What, Schedule>,
    /// Purges that somebody has started by hand, with their parameters.
    runs: Vec<Map<String, Value>>,
    last: i64,
}

impl Schedules {
    /// All of them, without moments.
    pub(crate) fn snapshot(&self) -> Value {
        let view = |schedule: &Schedule| json!({ "cron": schedule.cron, "type": schedule.kind, "parameters": schedule.parameters });
        let stored = self.stored.iter().map(|(what, schedule)| (what.word().to_owned(), view(schedule)));
        Value::Object(stored.collect())
    }
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
        let what = match segments {
            ["oidc", "ping"] => return self.ping_provider(request),
            ["purgeaudit"] => return self.list_purges(request),
            [word, "schedule"] => What::of(word).ok_or_else(|| nowhere(request))?,
            _ => return Err(nowhere(request)),
        };
        let creates = request.method == http::Method::POST;
        let action = match (request.writes(), creates) {
            (false, _) => "read",
            (true, true) => "create",
            (true, false) => "update",
        };
        if !request.writes() {
            self.need(request.who, what.right(), action)?;
            self.need_scanner(what)?;
            return Ok(self.show_schedule(what));
        }
        let fields = request.json("schedule", &SCHEDULE)?;
        self.need(request.who, what.right(), action)?;
        self.need_scanner(what)?;
        let id = self.store_schedule(what, &fields, creates)?;
        Ok(match (creates, what) {
            (true, What::Scan) => Answer::new(StatusCode::CREATED, Content::Empty),
            (true, _) => Answer::created(format!("/api/v2.0/system/{}/{id}", what.word())),
            (false, _) => Answer::done(),
        })
    }

    fn need_scanner(&self, what: What) -> Result<(), Answer> {
        if what == What::Scan && !self.has_default_scanner() {
            return Err(Answer::precondition("no scanner is configured, it's not possible to scan"));
        }
        Ok(())
    }

    fn show_schedule(&self, what: What) -> Answer {
        let nothing = || Answer::new(StatusCode::OK, Content::Other("application/json", String::new()));
        let now = self.now();
        let stored = self.schedules.stored.get(&what);
        stored.map_or_else(nothing, |schedule| Answer::found(schedule.view(what, now)))
    }

    fn list_purges(&self, request: &Request) -> Reply {
        let listing = Listing::of(request)?;
        self.need(request.who, "purge-audit", "list")?;
        let runs = self.schedules.runs.iter().map(|parameters| {
            json!({
                "job_kind": "MANUAL",
                "job_name": "PURGE_AUDIT_LOG",
                "job_parameters": Value::Object(parameters.clone()).to_string(),
            })
        });
        let runs: Vec<Value> = runs.collect();
        let total = runs.len();
        Ok(listing.linked(Answer::list(listing.cut(runs), total), total))
    }

    /// Overwrites what was scheduled; parameters that are left out go back to their defaults.
    fn store_schedule(&mut self, what: What, fields: &Map<String, Value>, creates: bool) -> Result<i64, Answer> {
        let times = body::object(fields, "schedule");
        let of_times = |name: &str| times.map(|times| body::text(times, name).to_owned()).unwrap_or_default();
        let (kind, cron) = (of_times("type"), of_times("cron"));
        if !kind.is_empty() && !TYPES.contains(&kind.as_str()) {
            let types = TYPES.join(" ");
            let message = format!("validation failure list:\nschedule.type in body should be one of [{types}]");
            return Err(Answer::unreadable(message));
        }
        let parameters = body::object(fields, "parameters").cloned().unwrap_or_default();
        match what {
            What::Collection => check_workers(&parameters)?,
            What::Purge => check_purge(times.is_some(), &parameters)?,
            What::Scan => {}
        }
        if matches!(kind.as_str(), "None" | "") {
            self.schedules.stored.remove(&what);
            return Ok(0);
        }
        if kind == "Manual" {
            if what == What::Purge {
                self.schedules.runs.push(parameters);
            }
            self.schedules.last += 1;
            return Ok(self.schedules.last);
        }
        if what == What::Scan && creates && self.schedules.stored.contains_key(&what) {
            let message =
                "fail to set schedule for scan all as always had one, please delete it firstly then to re-schedule";
            return Err(Answer::precondition(message));
        }
        check_cron(what, &cron)?;
        let (parameters, created) = (what.kept(parameters), self.now());
        self.schedules.last += 1;
        let id = self.schedules.last;
        self.schedules.stored.insert(what, Schedule { id, kind, cron, parameters, created });
        Ok(id)
    }
}

fn check_cron(what: What, cron: &str) -> Result<(), Answer> {
    let result =
        if cron.is_empty() { Err("empty cron string is invalid".to_owned()) } else { Cron::parse(cron).map(drop) };
    result.map_err(|reason| {
        Answer::invalid(format!("invalid cron string for scheduled {}: {cron}, error: {reason}", what.name()))
    })
}

fn check_workers(parameters: &Map<String, Value>) -> Result<(), Answer> {
    match parameters.get("workers").and_then(Value::as_i64) {
        Some(workers) if !(1..=10).contains(&workers) => Err(Answer::invalid(format!(
            "Error: Invalid number of workers:{workers}. Workers must be greater than 0 and less than or equal to 10."
        ))),
        _ => Ok(()),
    }
}

/// Both parameters are wanted, also to remove the schedule (contract `purge-schedule`).
fn check_purge(has_schedule: bool, parameters: &Map<String, Value>) -> Result<(), Answer> {
    let refuse = |what: &str| Err(Answer::invalid(format!("bad request: {what}")));
    let hours = parameters.get("audit_retention_hour");
    if !has_schedule {
        refuse("schedule cann't be empty")
    } else if parameters.is_empty() {
        refuse("schedule parameter cann't be empty")
    } else if hours.is_none() {
        refuse("audit_retention_hour should provide")
    } else if hours.and_then(Value::as_i64).is_some_and(|hours| hours > MOST_HOURS) {
        refuse("audit_retention_hour should be less than 240000")
    } else if !parameters.contains_key("include_event_types") {
        refuse("include_event_types should provide")
    } else {
        Ok(())
    }
}

impl Schedule {
    fn view(&self, what: What, now: i64) -> Value {
        let next = Cron::parse(&self.cron).ok().and_then(|cron| cron.next_after(now));
        if what == What::Scan {
            return json!({
                "creation_time": written(self.created),
                "id": self.id,
                "schedule": { "cron": self.cron, "type": self.kind },
                "update_time": written(self.created),
            });
        }
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
