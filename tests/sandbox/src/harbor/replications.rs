//! Replication policies (server-behaviour 6).

use serde_json::{Map, Value, json};

use super::answer::{Answer, Reply};
use super::body::{self, Model, Shape};
use super::cron::Cron;
use super::paging::{Key, Listing};
use super::registries::{self, ADAPTERS};
use super::request::Request;
use super::routes::{self, nowhere};
use super::time::written;
use super::world::World;

const TRIGGERS: [&str; 3] = ["manual", "scheduled", "event_based"];

const REGISTRY: Model = Model { name: "Registry", fields: &[("id", Shape::Whole)] };

const SETTINGS: Model = Model { name: "ReplicationTriggerSettings", fields: &[("cron", Shape::Text)] };

const TRIGGER: Model = Model {
    name: "ReplicationTrigger",
    fields: &[("type", Shape::Text), ("trigger_settings", Shape::Object(&SETTINGS))],
};

const FILTER: Model = Model {
    name: "ReplicationFilter",
    fields: &[("type", Shape::Text), ("value", Shape::Any), ("decoration", Shape::Text)],
};

const POLICY: Model = Model {
    name: "ReplicationPolicy",
    fields: &[
        ("name", Shape::Text),
        ("description", Shape::Text),
        ("src_registry", Shape::Object(&REGISTRY)),
        ("dest_registry", Shape::Object(&REGISTRY)),
        ("dest_namespace", Shape::Text),
        ("dest_namespace_replace_count", Shape::Whole),
        ("trigger", Shape::Object(&TRIGGER)),
        ("filters", Shape::List(&Shape::Object(&FILTER))),
        ("replicate_deletion", Shape::Flag),
        ("deletion", Shape::Flag),
        ("override", Shape::Flag),
        ("enabled", Shape::Flag),
        ("speed", Shape::Whole),
        ("copy_by_chunk", Shape::Flag),
        ("single_active_replication", Shape::Flag),
    ],
};

/// One policy.
#[derive(Debug)]
pub(crate) struct Replication {
    pub(crate) id: i64,
    pub(crate) name: String,
    /// The registry that is pulled from; this server where there is none.
    pub(crate) source: Option<i64>,
    /// The registry that is pushed to; this server where there is none.
    pub(crate) destination: Option<i64>,
    /// All that is shown as it was sent.
    fields: Map<String, Value>,
    created: i64,
    updated: i64,
}

impl Replication {
    fn key(&self, field: &str) -> Option<Key> {
        match field {
            "name" => Some(self.name.as_str().into()),
            "id" => Some(self.id.into()),
            "src_registry_id" => Some(self.source.unwrap_or_default().into()),
            "dest_registry_id" => Some(self.destination.unwrap_or_default().into()),
            _ => None,
        }
    }
}

impl World {
    pub(crate) fn answer_replication(&mut self, request: &Request, segments: &[&str]) -> Reply {
        const RIGHT: &str = "replication-policy";
        match (request.method.as_str(), segments) {
            ("GET", ["adapters"]) => {
                self.need(request.who, "replication-adapter", "list")?;
                Ok(Answer::found(json!(ADAPTERS)))
            }
            ("GET", ["executions"]) => {
                let listing = Listing::of(request)?;
                self.need(request.who, "replication", "list")?;
                Ok(listing.linked(Answer::list(Vec::new(), 0), 0))
            }
            ("GET", ["policies"]) => {
                let listing = Listing::of(request)?;
                self.need(request.who, RIGHT, "list")?;
                let rows = self.replications.all();
                listing.answer(rows, |policy, field| policy.key(field), |policy| self.replication_view(policy))
            }
            ("POST", ["policies"]) => {
                let mut fields = request.json("policy", &POLICY)?;
                fields.retain(|field, _| self.version.knows(field));
                self.need(request.who, RIGHT, "create")?;
                let policy = self.checked_replication(&fields, 0)?;
                let id = self.replications.insert(|id| Replication { id, ..policy });
                Ok(Answer::created(format!("/api/v2.0/replication/policies/{id}")))
            }
            ("GET", ["policies", policy]) => {
                let id = routes::number(policy, "id")?;
                self.need(request.who, RIGHT, "read")?;
                let policy = self.replications.get(id).ok_or_else(|| missing(id))?;
                Ok(Answer::found(self.replication_view(policy)))
            }
            ("PUT", ["policies", policy]) => {
                let id = routes::number(policy, "id")?;
                let mut fields = request.json("policy", &POLICY)?;
                fields.retain(|field, _| self.version.knows(field));
                self.need(request.who, RIGHT, "update")?;
                let created = self.replications.get(id).ok_or_else(|| missing(id))?.created;
                let policy = self.checked_replication(&fields, id)?;
                if let Some(stored) = self.replications.get_mut(id) {
                    *stored = Replication { id, created, ..policy };
                }
                Ok(Answer::done())
            }
            ("DELETE", ["policies", policy]) => {
                let id = routes::number(policy, "id")?;
                self.need(request.who, RIGHT, "delete")?;
                self.replications.remove(id).map(|_| Answer::done()).ok_or_else(|| missing(id))
            }
            _ => Err(nowhere(request)),
        }
    }

    /// The policy in a body, or what the server finds fault with; `own` is the number of the one that is changed.
    fn checked_replication(&self, fields: &Map<String, Value>, own: i64) -> Result<Replication, Answer> {
        let name = body::text(fields, "name");
        if name.is_empty() {
            return Err(Answer::invalid("empty name"));
        }
        let end = |name: &str| body::object(fields, name).map(|end| body::whole(end, "id")).filter(|id| *id != 0);
        let (source, destination) = (end("src_registry"), end("dest_registry"));
        if source.is_some() == destination.is_some() {
            return Err(Answer::invalid(
                "either src_registry or dest_registry should be empty and the other one shouldn't be empty",
            ));
        }
        check_trigger_and_filters(fields)?;
        for registry in source.into_iter().chain(destination) {
            self.registries.get(registry).ok_or_else(|| registries::missing(registry))?;
        }
        if self.replications.all().any(|other| other.name == name && other.id != own) {
            return Err(Answer::conflict(format!("replication policy {name} already exists")));
        }
        let now = self.now();
        Ok(Replication {
            id: own,
            name: name.to_owned(),
            source,
            destination,
            fields: shown_fields(fields),
            created: now,
            updated: now,
        })
    }

    /// Registries are shown whole.
    fn replication_view(&self, policy: &Replication) -> Value {
        let mut view = Value::Object(policy.fields.clone());
        view["creation_time"] = json!(written(policy.created));
        view["dest_registry"] = self.registry_or_local(policy.destination);
        view["id"] = json!(policy.id);
        view["src_registry"] = self.registry_or_local(policy.source);
        view["update_time"] = json!(written(policy.updated));
        if let Some(view) = view.as_object_mut() {
            view.retain(|field, _| self.version.knows(field));
        }
        view
    }

    /// Policies by name, for the snapshot.
    pub(crate) fn replication_views(&self) -> impl Iterator<Item = (String, Value)> {
        self.replications.all().map(|policy| (policy.name.clone(), self.replication_view(policy)))
    }
}

fn check_trigger_and_filters(fields: &Map<String, Value>) -> Result<(), Answer> {
    let trigger = body::object(fields, "trigger");
    let kind = trigger.map(|trigger| body::text(trigger, "type")).unwrap_or_default();
    if kind == "event_based" && body::flag(fields, "single_active_replication") {
        return Err(Answer::unhandled());
    }
    for filter in body::list(fields, "filters").iter().filter_map(Value::as_object) {
        check_filter(filter).map_err(Answer::invalid)?;
    }
    if !kind.is_empty() && !TRIGGERS.contains(&kind) {
        return Err(Answer::invalid("invalid trigger type"));
    }
    let settings = trigger.and_then(|trigger| body::object(trigger, "trigger_settings"));
    let cron = settings.map(|settings| body::text(settings, "cron")).unwrap_or_default();
    if kind == "scheduled" && Cron::parse(cron).is_err() {
        return Err(Answer::invalid(format!("invalid cron string for scheduled trigger: {cron}")));
    }
    let mut parts = cron.split_whitespace();
    if kind == "scheduled" && parts.next() != Some("0") {
        return Err(Answer::invalid("the 1st field (indicating Seconds of time) of the cron setting must be 0"));
    }
    if kind == "scheduled" && parts.next() == Some("*") {
        let message = "* is not allowed for the Minutes field of the cron setting of replication policy";
        return Err(Answer::invalid(message));
    }
    Ok(())
}

/// What the server finds fault with in one filter.
fn check_filter(filter: &Map<String, Value>) -> Result<(), String> {
    let (kind, decoration) = (body::text(filter, "type"), body::text(filter, "decoration"));
    let value = filter.get("value");
    match kind {
        "label" => {
            let labels = value.and_then(Value::as_array).filter(|labels| labels.iter().all(Value::is_string));
            labels.ok_or("the type of label filter value isn't string slice")?;
        }
        "name" | "tag" | "resource" => {
            let pattern = value.and_then(Value::as_str).ok_or("the type of filter value isn't string")?;
            if kind == "resource" && !matches!(pattern, "image" | "artifact") {
                return Err(format!("invalid resource filter: {pattern}"));
            }
            if kind != "tag" && !decoration.is_empty() {
                return Err("only tag and label filter support decoration".to_owned());
            }
        }
        _ => return Err("invalid filter type".to_owned()),
    }
    match decoration {
        "" | "matches" | "excludes" => Ok(()),
        other => Err(format!("invalid filter decoration, :{other}")),
    }
}

/// What is shown as it was sent: without what is empty, and with the defaults.
fn shown_fields(fields: &Map<String, Value>) -> Map<String, Value> {
    let mut shown = body::without_empty([
        ("description", json!(body::text(fields, "description"))),
        ("dest_namespace", json!(body::text(fields, "dest_namespace"))),
        // only the older name counts in requests
        ("deletion", json!(body::flag(fields, "deletion"))),
        ("replicate_deletion", json!(body::flag(fields, "deletion"))),
        ("override", json!(body::flag(fields, "override"))),
        ("enabled", json!(body::flag(fields, "enabled"))),
    ]);
    let number = |name: &str, otherwise: i64| fields.get(name).and_then(Value::as_i64).unwrap_or(otherwise);
    let trigger = body::object(fields, "trigger").cloned().map_or_else(|| json!({ "type": "manual" }), Value::Object);
    let always = [
        ("name", json!(body::text(fields, "name"))),
        ("copy_by_chunk", json!(body::flag(fields, "copy_by_chunk"))),
        ("dest_namespace_replace_count", json!(number("dest_namespace_replace_count", -1))),
        ("filters", json!(body::list(fields, "filters"))),
        ("single_active_replication", json!(body::flag(fields, "single_active_replication"))),
        // below zero is as unlimited as zero
        ("speed", json!(number("speed", 0).max(0))),
        ("trigger", trigger),
    ];
    shown.extend(always.map(|(name, value)| (name.to_owned(), value)));
    shown
}

fn missing(id: i64) -> Answer {
    Answer::not_found(format!("replication policy {id} not found"))
}
