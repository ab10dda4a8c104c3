//! The JSON Schema of the values: generated from the types, completed by the tasks, printed and enforced as one.

use std::cell::Cell;
use std::collections::BTreeSet;

use schemars::generate::SchemaSettings;
use serde_json::{Map, Value};

use super::compose::Finding;
use super::model::Values;
use super::path::ValuePath;
use super::secret::SecretReference;
use super::source::{Origin, SourceKind, Sources};
use super::tree::Node;

mod checked;
mod compose_definition;
mod hints;
mod instance;
mod messages;
mod narrow;
mod shape;
mod walk;

pub(crate) use messages::similar;

/// The JSON Schema (draft 2020-12) of the values.
#[derive(Debug, Clone)]
pub struct Schema {
    root: Value,
}

impl Default for Schema {
    fn default() -> Self {
        Self::new()
    }
}

impl Schema {
    /// The schema of the types. Representations of an application's own objects are any object until a task
    /// contributes their definition.
    #[must_use]
    pub fn new() -> Self {
        let mut generator = SchemaSettings::draft2020_12().into_generator();
        generator.subschema_for::<SecretReference>();
        let mut root = Value::from(generator.into_root_schema_for::<Values>());
        remove_null(&mut root);
        if let Some(object) = root.as_object_mut() {
            object.insert("title".to_owned(), "evenkeel values".into());
        }
        Self { root }
    }

    /// Puts a task's JSON Schema in the place of a representation, such as `RealmRepresentation`.
    ///
    /// Wherever the definition takes a string, the values may have a secret reference. `definition` may carry
    /// its own `$defs`; references into them (`#/$defs/Name`) are moved along. A property with
    /// `"x-secret": true` may be plain text only in files whose name starts with `secrets.`, as may every
    /// property whose name says that it is a secret (`password`, `clientSecret` and the like).
    #[must_use]
    pub fn with_definition(mut self, name: &str, definition: Value) -> Self {
        if let Some(definitions) = self.root.get_mut("$defs").and_then(Value::as_object_mut) {
            compose_definition::contribute(definitions, name, definition);
        }
        self
    }

    /// The schema as JSON.
    #[must_use]
    pub fn as_json(&self) -> &Value {
        &self.root
    }

    /// Everything in which a tree differs from the schema. `complete` tells whether what is absent is missing.
    pub(crate) fn findings(&self, root: &Node, complete: bool) -> Result<Vec<Finding>, InvalidSchema> {
        let touched = narrow::narrow(&self.root, root);
        let validator = validator(&touched)?;
        let messages = messages::Messages { schema: &self.root, root, complete, compared: Cell::new(0) };
        Ok(validator.iter_errors(root).flat_map(|error| messages.findings(&error)).collect())
    }

    /// The plain secrets of a layer that stand where secrets are; `hide` learns of every scalar there.
    pub(crate) fn plain_secrets(&self, root: &Node, hide: &mut impl FnMut(Origin)) -> Vec<PlainSecret> {
        let mut seen = BTreeSet::new();
        let mut found = Vec::new();
        walk::secrets(&self.root, root, &mut |node, path| {
            if seen.insert(node.origin) {
                // a map is a reference, which tells where the secret is; what is no reference has unknown keys
                if node.as_map().is_none() {
                    node.scalars(hide);
                }
                if let super::tree::Content::Text(_) = node.content {
                    found.push(PlainSecret { origin: node.origin, path: path.clone() });
                }
            }
        });
        found
    }

    /// Hides the values of keys that the schema does not know: nobody can say that they are no secrets.
    pub(crate) fn unknown_values(&self, root: &Node, hide: &mut impl FnMut(Origin)) {
        walk::unknown_values(&self.root, root, &mut |node| node.possible_secrets(hide));
    }
}

fn validator(schema: &Value) -> Result<jsonschema::Validator<instance::Tree>, InvalidSchema> {
    let options = jsonschema::options_for::<instance::Tree>().with_keyword(checked::KEYWORD, checked::keyword);
    options.build(schema).map_err(|_| InvalidSchema)
}

/// The composed schema is no valid JSON Schema: a task's definition is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the composed schema of the values is not a valid JSON Schema")]
pub(crate) struct InvalidSchema;

/// A plain text where a secret belongs.
pub(crate) struct PlainSecret {
    origin: Origin,
    path: ValuePath,
}

impl PlainSecret {
    /// The finding, unless the source may hold plain secrets.
    pub(crate) fn finding(self, sources: &Sources) -> Option<Finding> {
        let path = &self.path;
        let finding = Finding::at(self.origin, format!("`{path}` holds a plain secret"));
        match sources.kind(self.origin.source) {
            SourceKind::Secrets | SourceKind::Defaults => None,
            SourceKind::Plain => Some(finding.with_hint(
                "write a reference such as `{fromEnv: NAME}`, or move it to a file whose name starts with `secrets.`",
            )),
            SourceKind::Set => Some(finding.with_hint(format!(
                "other programs can read arguments; write a reference: `--set {path}={{fromEnv: NAME}}`"
            ))),
        }
    }
}

/// `null` never reaches the schema: in a map it removes what an earlier layer set. What `Option` adds goes.
fn remove_null(schema: &mut Value) {
    match schema {
        Value::Array(items) => items.iter_mut().for_each(remove_null),
        Value::Object(object) => {
            remove_null_type(object);
            remove_null_branch(object);
            object.values_mut().for_each(remove_null);
        }
        _ => {}
    }
}

fn remove_null_type(object: &mut Map<String, Value>) {
    if let Some(Value::Array(types)) = object.get_mut("type") {
        types.retain(|name| name != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            object.insert("type".to_owned(), only);
        }
    }
    if let Some(Value::Array(options)) = object.get_mut("enum") {
        options.retain(|option| !option.is_null());
    }
}

fn remove_null_branch(object: &mut Map<String, Value>) {
    let Some(Value::Array(branches)) = object.get_mut("anyOf") else { return };
    branches.retain(|branch| branch.get("type").is_none_or(|name| name != "null"));
    if let [Value::Object(only)] = branches.as_slice() {
        let only = only.clone();
        object.remove("anyOf");
        for (keyword, value) in only {
            object.entry(keyword).or_insert(value);
        }
    }
}
