//! The plan without the task's typed operations: what is printed, stored and compared.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Action, Cause, Note};
use crate::{diff::FieldChange, object::ObjectId};

/// What a run would change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PlanDocument {
    /// The task, such as `keycloak`.
    pub task: String,
    /// What it looks at, such as ``realm `otomi` at https://keycloak.example.com``.
    pub target: String,
    /// The changes, each after what it waits for.
    pub changes: Vec<Arc<ChangeDocument>>,
    /// What somebody should see to, although no change of this task can help.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<Note>,
    /// What people should know beside them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<Note>,
}

/// One change of one object.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChangeDocument {
    /// What changes.
    pub object: ObjectId,
    /// How.
    pub action: Action,
    /// The declared fields that differ.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<FieldChange>,
    /// Which value asks for it.
    pub cause: Cause,
    /// What comes first. Where an object could not be made, or a change failed that this one needs, this one is skipped.
    // Shared by changes that wait for the same.
    #[serde(default, skip_serializing_if = "<[ObjectId]>::is_empty")]
    #[schemars(with = "Vec<ObjectId>")]
    pub waits_for: Arc<[ObjectId]>,
}
