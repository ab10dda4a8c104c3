//! The field managers of one object.

use serde_json::{Value, json};

use super::fields::Fields;
use crate::kubernetes::answer::Failure;
use crate::kubernetes::json::quoted;

/// How a manager came to own its fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Operation {
    Apply,
    Update,
}

/// What one manager owns.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Entry {
    pub(crate) manager: String,
    pub(crate) operation: Operation,
    pub(crate) api_version: String,
    pub(crate) subresource: String,
    /// When it last changed something; an apply that found everything in place has none.
    pub(crate) time: Option<String>,
    pub(crate) fields: Fields,
}

impl Entry {
    /// An apply is one manager whatever version it speaks; an update is not.
    fn is(&self, other: &Self) -> bool {
        self.manager == other.manager
            && self.operation == other.operation
            && self.subresource == other.subresource
            && (self.operation == Operation::Apply || self.api_version == other.api_version)
    }

    /// As messages name it.
    fn shown(&self) -> String {
        let mut text = quoted(&self.manager);
        if !self.subresource.is_empty() {
            text.push_str(&format!(" with subresource {}", quoted(&self.subresource)));
        }
        if self.operation == Operation::Update {
            text.push_str(&format!(" using {}", self.api_version));
        }
        text
    }

    fn write(&self) -> Value {
        let operation = match self.operation {
            Operation::Apply => "Apply",
            Operation::Update => "Update",
        };
        let mut entry = json!({
            "manager": self.manager, "operation": operation, "apiVersion": self.api_version,
            "fieldsType": "FieldsV1", "fieldsV1": self.fields.write(),
        });
        if let Some(time) = &self.time {
            entry["time"] = time.as_str().into();
        }
        if !self.subresource.is_empty() {
            entry["subresource"] = self.subresource.as_str().into();
        }
        entry
    }

    fn read(value: &Value) -> Option<Self> {
        let text = |key: &str| value[key].as_str().unwrap_or_default().to_owned();
        let operation = match value["operation"].as_str()? {
            "Apply" => Operation::Apply,
            "Update" => Operation::Update,
            _ => return None,
        };
        Some(Self {
            manager: text("manager"),
            operation,
            api_version: text("apiVersion"),
            subresource: text("subresource"),
            time: value["time"].as_str().map(str::to_owned),
            fields: Fields::read(&value["fieldsV1"]),
        })
    }
}

/// All managers of an object.
#[derive(Debug, Clone, Default)]
pub(crate) struct Managers(Vec<Entry>);

impl Managers {
    pub(crate) fn read(value: &Value) -> Self {
        Self(value.as_array().into_iter().flatten().filter_map(Entry::read).collect())
    }

    /// The form of `managedFields`; nothing when nobody owns anything.
    pub(crate) fn write(&self) -> Value {
        if self.0.is_empty() {
            return Value::Null;
        }
        let mut entries: Vec<&Entry> = self.0.iter().collect();
        entries.sort_by_key(|entry| {
            (entry.operation, &entry.time, &entry.manager, &entry.api_version, &entry.subresource)
        });
        entries.into_iter().map(Entry::write).collect()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn fields_of(&self, own: &Entry) -> Fields {
        self.0.iter().find(|entry| entry.is(own)).map(|entry| entry.fields.clone()).unwrap_or_default()
    }

    pub(crate) fn time_of(&self, own: &Entry) -> Option<String> {
        self.0.iter().find(|entry| entry.is(own)).and_then(|entry| entry.time.clone())
    }

    /// Everything that anybody owns.
    pub(crate) fn all_fields(&self) -> Fields {
        self.0.iter().fold(Fields::default(), |all, entry| all.union(&entry.fields))
    }

    /// Replaces what a manager owns.
    pub(crate) fn set(&mut self, entry: Entry) {
        self.0.retain(|other| !other.is(&entry));
        if !entry.fields.is_empty() {
            self.0.push(entry);
        }
    }

    /// Who else owns fields that are about to change.
    pub(crate) fn conflicts(&self, taken: &Fields, own: &Entry) -> Vec<Entry> {
        let others = self.0.iter().filter(|entry| !entry.is(own));
        others
            .map(|entry| Entry { fields: entry.fields.intersection(taken), ..entry.clone() })
            .filter(|entry| !entry.fields.is_empty())
            .collect()
    }

    /// Takes fields from all managers but `own`.
    pub(crate) fn lose(&mut self, taken: &Fields, removed: &Fields, own: Option<&Entry>) {
        for entry in self.0.iter_mut().filter(|entry| own.is_none_or(|own| !entry.is(own))) {
            entry.fields = entry.fields.difference(taken).difference(removed);
        }
        self.0.retain(|entry| !entry.fields.is_empty());
    }

    /// Whether both are the same but for times.
    pub(crate) fn is_timelessly(&self, other: &Self) -> bool {
        let covered = |one: &Self, two: &Self| {
            one.0.iter().all(|entry| two.0.iter().any(|other| entry.is(other) && entry.fields == other.fields))
        };
        self.0.len() == other.0.len() && covered(self, other)
    }
}

/// 409 of an apply: who owns what.
pub(crate) fn conflict(conflicts: &[Entry]) -> Failure {
    let mut conflicts: Vec<&Entry> = conflicts.iter().collect();
    conflicts.sort_by(|one, two| one.manager.cmp(&two.manager));
    let mut causes = Vec::new();
    let mut lines = Vec::new();
    for entry in conflicts {
        let who = entry.shown();
        lines.push(format!("conflicts with {who}:"));
        for path in entry.fields.paths() {
            lines.push(format!("- {path}"));
            let message = format!("conflict with {who}");
            causes.push(json!({"reason": "FieldManagerConflict", "message": message, "field": path}));
        }
    }
    let message = match causes.as_slice() {
        [one] => {
            let text = |key: &str| one[key].as_str().unwrap_or_default();
            format!("Apply failed with 1 conflict: {}: {}", text("message"), text("field"))
        }
        several => format!("Apply failed with {} conflicts: {}", several.len(), lines.join("\n")),
    };
    Failure::apply_conflict(message, causes)
}
