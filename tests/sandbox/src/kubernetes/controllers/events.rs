//! What controllers tell of what they do: events about the object that it was done for.

use serde_json::{Value, json};

use crate::kubernetes::bootstrap::put;
use crate::kubernetes::world::World;

const CONTROLLER: &str = "job-controller";

/// What is told.
pub(super) struct Note {
    kind: &'static str,
    reason: String,
    message: String,
}

impl Note {
    pub(super) fn normal(reason: &str, message: impl Into<String>) -> Self {
        Self { kind: "Normal", reason: reason.to_owned(), message: message.into() }
    }

    pub(super) fn warning(reason: &str, message: impl Into<String>) -> Self {
        Self { kind: "Warning", reason: reason.to_owned(), message: message.into() }
    }
}

/// Tells of a job, in its namespace.
pub(super) fn tell(world: &mut World, job: &Value, note: &Note) {
    let text = |key: &str| job["metadata"][key].as_str().unwrap_or_default();
    // Names are in the order in which things happened.
    let name = format!("{}.{:016x}", text("name"), world.store.revision());
    let now = world.now();
    let event = json!({
        "metadata": {},
        "involvedObject": {
            "apiVersion": "batch/v1", "kind": "Job", "name": text("name"), "namespace": text("namespace"),
            "uid": text("uid"), "resourceVersion": text("resourceVersion"),
        },
        "reason": note.reason, "message": note.message, "type": note.kind, "source": {"component": CONTROLLER},
        "firstTimestamp": now, "lastTimestamp": now, "count": 1, "reportingComponent": CONTROLLER,
        "reportingInstance": "",
    });
    put(world, "", "events", text("namespace"), &name, event);
}
