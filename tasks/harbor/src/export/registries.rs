//! What is copied from and to other registries.

use evenkeel_core::{object::ObjectId, values::ObjectName};
use evenkeel_engine::export::document::Node;
use evenkeel_harbor_client::types::{Registry, ReplicationFilter, ReplicationPolicy};
use serde_json::Value;

use super::composing::Composing;
use crate::{names::REPLICATION, schedule::is_readable};

/// The replication policies.
pub(super) fn replications(composing: &mut Composing<'_>) -> Option<Node> {
    let mut nodes = Vec::new();
    for (name, policy) in &composing.observed.replications {
        if !composing.composer.may_declare(&ObjectId::new(REPLICATION, name.as_str())) {
            continue;
        }
        let (source, destination) = (end(policy.src_registry.as_ref()), end(policy.dest_registry.as_ref()));
        if ObjectName::parse(name).is_err() || source.is_some() == destination.is_some() {
            composing.composer.remark(format!("replication `{name}`, whose name or registries values do not take"));
            continue;
        }
        let (trigger, schedule) = trigger(composing, name, policy);
        let deletes = policy.replicate_deletion.or(policy.deletion).unwrap_or_default();
        let is_true = |flag: bool| flag.then_some(Node::Bool(true));
        let number = |number: i64| Some(Node::Number(number.into()));
        nodes.push(Node::map([
            ("name", Some(Node::Text(name.clone()))),
            ("description", Node::text(policy.description.as_ref())),
            ("source", source),
            ("destination", destination),
            ("destinationNamespace", Node::text(policy.dest_namespace.as_ref())),
            ("namespaceReplaceCount", policy.dest_namespace_replace_count.and_then(|count| number(count.into()))),
            ("filters", filters(composing, name, policy.filters.as_deref().unwrap_or_default())),
            ("trigger", trigger),
            ("schedule", schedule),
            ("replicateDeletion", is_true(deletes)),
            ("override", Some(Node::Bool(policy.override_.unwrap_or_default()))),
            ("enabled", Some(Node::Bool(policy.enabled.unwrap_or_default()))),
            ("speed", policy.speed.filter(|speed| *speed != 0).and_then(|speed| number(speed.into()))),
            ("copyByChunk", is_true(policy.copy_by_chunk.unwrap_or_default())),
            ("singleActive", is_true(policy.single_active_replication.unwrap_or_default())),
        ]));
    }
    Node::list(nodes)
}

/// The other registry; the server's own has no number.
fn end(registry: Option<&Registry>) -> Option<Node> {
    let registry = registry.filter(|registry| registry.id.is_some_and(|id| id != 0))?;
    let name = registry.name.as_deref().filter(|name| ObjectName::parse(name).is_ok())?;
    Some(Node::Text(name.to_owned()))
}

fn trigger(composing: &mut Composing<'_>, name: &str, policy: &ReplicationPolicy) -> (Option<Node>, Option<Node>) {
    let Some(trigger) = &policy.trigger else { return (None, None) };
    let schedule = trigger.trigger_settings.as_ref().and_then(|settings| settings.cron.clone());
    match (trigger.type_.as_deref(), schedule) {
        (Some(kind @ ("manual" | "event_based")), _) => (Some(Node::Text(kind.to_owned())), None),
        (Some("scheduled"), Some(schedule)) if is_readable(&schedule) => {
            (Some(Node::Text("scheduled".to_owned())), Some(Node::Text(schedule)))
        }
        _ => {
            composing.composer.remark(format!("when replication `{name}` runs"));
            (None, None)
        }
    }
}

/// The filters, unless one of them is of a kind that values do not know.
fn filters(composing: &mut Composing<'_>, name: &str, filters: &[ReplicationFilter]) -> Option<Node> {
    let nodes: Option<Vec<Node>> = filters.iter().map(filter).collect();
    if nodes.is_none() {
        composing.composer.remark(format!("the filters of replication `{name}`, one of which values do not know"));
    }
    Node::list(nodes?)
}

fn filter(filter: &ReplicationFilter) -> Option<Node> {
    let kind = filter.type_.as_deref().filter(|kind| ["name", "tag", "resource", "label"].contains(kind))?;
    let (value, labels) = match (&filter.value, kind) {
        (Some(Value::Array(labels)), "label") if !labels.is_empty() => {
            let labels: Option<Vec<String>> = labels.iter().map(|label| label.as_str().map(str::to_owned)).collect();
            (None, Some(Node::texts(labels?)))
        }
        (Some(Value::String(pattern)), "name" | "tag" | "resource") => (Some(Node::Text(pattern.clone())), None),
        _ => return None,
    };
    Some(Node::map([
        ("type", Some(Node::Text(kind.to_owned()))),
        ("value", value),
        ("labels", labels),
        ("exclude", (filter.decoration.as_deref() == Some("excludes")).then_some(Node::Bool(true))),
    ]))
}
