//! Who owns which field: server-side apply, and what other writes do to ownership.
//!
//! An apply owns the fields that it names. It may set a field that nobody else owns, or that another manager owns with the same
//! value; fields that it owned before and leaves out now are removed unless somebody else owns them too. Every other write
//! takes the fields that it changes. An object of which no owner is known is not tracked before its first apply; what is
//! there then belongs to `before-first-apply`.

mod compare;
mod fields;
mod managers;
mod merge;

use serde_json::{Value, json};

use super::answer::Failure;
use super::schema::Shape;
use compare::{Compared, compare};
use fields::Fields;
use managers::{Entry, Managers, Operation};

pub(crate) use merge::misfits;

/// Who writes.
#[derive(Debug, Clone)]
pub(crate) struct Writer<'a> {
    pub(crate) manager: &'a str,
    pub(crate) api_version: &'a str,
    pub(crate) subresource: &'a str,
    /// The time of the write.
    pub(crate) now: &'a str,
}

impl Writer<'_> {
    fn entry(&self, operation: Operation, fields: Fields) -> Entry {
        Entry {
            manager: self.manager.to_owned(),
            operation,
            api_version: self.api_version.to_owned(),
            subresource: self.subresource.to_owned(),
            time: None,
            fields,
        }
    }
}

/// Writes into `new`, which was made without apply from `old`, who owns what.
pub(crate) fn track(shape: &Shape, old: Option<&Value>, new: &mut Value, writer: &Writer<'_>) {
    let given = new["metadata"].as_object_mut().and_then(|metadata| metadata.remove("managedFields"));
    let before = match (given, old) {
        (Some(given), _) => given,
        (None, Some(old)) => old["metadata"]["managedFields"].clone(),
        (None, None) => Value::Null,
    };
    let mut managers = Managers::read(&before);
    if old.is_none() || !managers.is_empty() {
        let empty = empty(shape);
        update(shape, old.unwrap_or(&empty), new, &mut managers, writer);
    }
    store(new, old, &managers);
}

/// What `new` takes from `old` by an ordinary write.
fn update(shape: &Shape, old: &Value, new: &Value, managers: &mut Managers, writer: &Writer<'_>) {
    let compared = compare(shape, old, new);
    let taken = compared.added.union(&compared.modified);
    let own = writer.entry(Operation::Update, Fields::default());
    managers.lose(&taken, &compared.removed, None);
    if !taken.is_empty() {
        let fields = managers.fields_of(&own).union(&taken);
        managers.set(Entry { fields, time: Some(writer.now.to_owned()), ..own });
    }
}

/// The object that an apply makes of `old`, still with the fields as they were written (`stringData`).
pub(crate) fn apply(
    shape: &Shape,
    old: Option<&Value>,
    configuration: &Value,
    writer: &Writer<'_>,
    force: bool,
) -> Result<Value, Failure> {
    let empty = empty(shape);
    let live = old.unwrap_or(&empty);
    let mut managers = Managers::read(&live["metadata"]["managedFields"]);
    if managers.is_empty() && old.is_some() {
        let before = Writer { manager: "before-first-apply", ..writer.clone() };
        update(shape, &empty, live, &mut managers, &before);
    }
    let own = writer.entry(Operation::Apply, Fields::default());
    let last = managers.fields_of(&own);
    let time = managers.time_of(&own);
    let fields = compare::fields_of(shape, configuration);
    let merged = merge::merge(shape, live, configuration);
    managers.set(Entry { fields, time, ..own.clone() });
    let kept = managers.all_fields();
    let mut new = merge::prune(shape, merged, &last.difference(&kept), &kept);

    let Compared { added, modified, removed } = compare(shape, live, &new);
    let taken = added.union(&modified);
    let conflicts = managers.conflicts(&taken, &own);
    if !conflicts.is_empty() && !force {
        return Err(managers::conflict(&conflicts));
    }
    managers.lose(&taken, &removed, Some(&own));
    if !(taken.is_empty() && removed.is_empty()) {
        let fields = managers.fields_of(&own);
        managers.set(Entry { fields, time: Some(writer.now.to_owned()), ..own });
    }
    store(&mut new, old, &managers);
    Ok(new)
}

/// Writes the owners down. Where only their times would change, they stay as they were: nothing is written then.
fn store(new: &mut Value, old: Option<&Value>, managers: &Managers) {
    let Some(metadata) = new["metadata"].as_object_mut() else { return };
    metadata.remove("managedFields");
    let before = old.map(|old| old["metadata"]["managedFields"].clone()).unwrap_or_default();
    let same = Managers::read(&before).is_timelessly(managers);
    let written = if same { before } else { managers.write() };
    if !written.is_null() {
        metadata.insert("managedFields".to_owned(), written);
    }
}

/// Whether two objects differ in nothing but the times of their owners.
pub(crate) fn differ_in_times_only(old: &Value, new: &Value) -> bool {
    let bare = |object: &Value| {
        let mut object = object.clone();
        if let Some(metadata) = object["metadata"].as_object_mut() {
            metadata.remove("managedFields");
            metadata.remove("resourceVersion");
        }
        object
    };
    let owners = |object: &Value| Managers::read(&object["metadata"]["managedFields"]);
    owners(old).is_timelessly(&owners(new)) && bare(old) == bare(new)
}

fn empty(shape: &Shape) -> Value {
    match shape {
        Shape::Object { name, .. } => {
            super::schema::decode(name, json!({})).map_or_else(|_| json!({}), |decoded| decoded.value)
        }
        _ => json!({}),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn writer(manager: &str) -> Writer<'_> {
        Writer { manager, api_version: "v1", subresource: "", now: "2026-01-01T00:00:00Z" }
    }

    fn applied(old: Option<&Value>, data: Value, manager: &str, force: bool) -> Result<Value, Failure> {
        let configuration = json!({"metadata": {"name": "x"}, "data": data});
        apply(&Shape::of("Secret"), old, &configuration, &writer(manager), force)
    }

    #[test]
    fn a_key_that_is_left_out_goes_unless_somebody_else_owns_it() {
        let first = applied(None, json!({"a": "MQ==", "b": "Mg=="}), "one", false).unwrap();
        let both = applied(Some(&first), json!({"b": "Mg=="}), "two", false).unwrap();
        let left = applied(Some(&both), json!({}), "one", false).unwrap();
        assert_eq!(left["data"], json!({"b": "Mg=="}));
    }

    #[test]
    fn another_value_conflicts_until_it_is_forced() {
        let first = applied(None, json!({"a": "MQ=="}), "one", false).unwrap();
        let status = applied(Some(&first), json!({"a": "Mg=="}), "two", false).unwrap_err().into_status();
        assert_eq!(status["details"]["causes"][0]["field"], ".data.a");
        let forced = applied(Some(&first), json!({"a": "Mg=="}), "two", true).unwrap();
        let owners = forced["metadata"]["managedFields"].as_array().unwrap();
        assert_eq!(owners.len(), 1, "{owners:?}");
        assert_eq!(owners[0]["manager"], "two");
    }

    #[test]
    fn the_same_apply_again_changes_nothing() {
        let first = applied(None, json!({"a": "MQ=="}), "one", false).unwrap();
        let again = apply(
            &Shape::of("Secret"),
            Some(&first),
            &json!({"metadata": {"name": "x"}, "data": {"a": "MQ=="}}),
            &Writer { now: "2026-01-02T00:00:00Z", ..writer("one") },
            false,
        );
        assert_eq!(again.unwrap(), first);
    }

    #[test]
    fn what_was_never_tracked_belongs_to_before_first_apply() {
        let shape = Shape::of("ServiceAccount");
        let mut account = json!({"metadata": {"name": "default"}});
        track(&shape, None, &mut account, &writer("controller"));
        assert!(account["metadata"].get("managedFields").is_none());
        let mut patched = account.clone();
        patched["imagePullSecrets"] = json!([{"name": "registry"}]);
        track(&shape, Some(&account), &mut patched, &writer("hand"));
        assert!(patched["metadata"].get("managedFields").is_none());
        let ours = json!({"metadata": {"name": "default"}, "imagePullSecrets": [{"name": "ours"}]});
        let status = apply(&shape, Some(&patched), &ours, &writer("one"), false).unwrap_err().into_status();
        let message = "Apply failed with 1 conflict: conflict with \"before-first-apply\" using v1: .imagePullSecrets";
        assert_eq!(status["message"], message);
    }
}
