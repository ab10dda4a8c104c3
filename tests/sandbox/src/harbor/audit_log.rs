//! The audit log: it shows few of the changes (server-behaviour, contract `audit-log`).

use serde_json::{Value, json};

use super::answer::{Answer, Reply};
use super::identity::Identity;
use super::paging::{Key, Listing};
use super::request::Request;
use super::routes::nowhere;
use super::time::written;
use super::world::World;

const EVENTS: [&str; 14] = [
    "create_artifact",
    "delete_artifact",
    "pull_artifact",
    "create_project",
    "delete_project",
    "delete_repository",
    "login_user",
    "logout_user",
    "create_user",
    "delete_user",
    "update_user",
    "create_robot",
    "delete_robot",
    "update_configuration",
];

/// Entries, oldest first.
#[derive(Debug, Default)]
pub(crate) struct AuditLog(Vec<Entry>);

#[derive(Debug)]
struct Entry {
    id: i64,
    operation: String,
    kind: String,
    resource: String,
    user: String,
    time: i64,
}

impl Entry {
    fn view(&self) -> Value {
        let description = if self.kind == self.resource {
            format!("{} {}", self.operation, self.kind)
        } else {
            format!("{} {}: {}", self.operation, self.kind, self.resource)
        };
        json!({
            "id": self.id,
            "op_time": written(self.time),
            "operation": self.operation,
            "operation_description": description,
            "operation_result": true,
            "resource": self.resource,
            "resource_type": self.kind,
            "username": self.user,
        })
    }

    fn key(&self, field: &str) -> Option<Key> {
        match field {
            "id" => Some(self.id.into()),
            "op_time" => Some(self.time.into()),
            "operation" => Some(self.operation.as_str().into()),
            "resource" => Some(self.resource.as_str().into()),
            "resource_type" => Some(self.kind.as_str().into()),
            "username" => Some(self.user.as_str().into()),
            _ => None,
        }
    }
}

impl World {
    /// Adds an entry: projects and robots that come and go, and writes of the configuration.
    pub(crate) fn note(&mut self, who: Identity, operation: &str, kind: &str, resource: &str) {
        let (user, time) = (self.name_of(who), self.now());
        let entries = &mut self.audit_log.0;
        entries.push(Entry {
            id: i64::try_from(entries.len()).unwrap_or(i64::MAX) + 1,
            operation: operation.to_owned(),
            kind: kind.to_owned(),
            resource: resource.to_owned(),
            user,
            time,
        });
    }

    pub(crate) fn answer_audit_log(&self, request: &Request, segments: &[&str]) -> Reply {
        let listing = Listing::of(request)?;
        self.need(request.who, "audit-log", "list")?;
        match segments {
            ["auditlog-exts"] => {
                listing.answer(self.audit_log.0.iter().rev(), |entry, field| entry.key(field), Entry::view)
            }
            ["auditlog-exts", "events"] => {
                let events = EVENTS.iter().map(|event| json!({ "event_type": event }));
                Ok(Answer::found(Value::Array(events.collect())))
            }
            // the older log is empty
            ["audit-logs"] => Ok(listing.linked(Answer::list(Vec::new(), 0), 0)),
            _ => Err(nowhere(request)),
        }
    }
}
