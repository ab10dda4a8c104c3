//! What jsonschema finds, in the words of this house. No message holds a value.

use std::cell::Cell;

use jsonschema::error::{TypeKind, ValidationErrorKind};
use jsonschema::{JsonType, ValidationError};
use serde_json::Value;

use super::hints;
use super::shape::{parts, resolved};
use crate::values::compose::Finding;
use crate::values::path::ValuePath;
use crate::values::tree::{Nearest, Node};

/// Turns errors into findings.
pub(super) struct Messages<'schema> {
    pub(super) schema: &'schema Value,
    pub(super) root: &'schema Node,
    pub(super) complete: bool,
    /// How many names were compared already, see [`MAX_COMPARED`].
    pub(super) compared: Cell<usize>,
}

/// How many wrong names are compared with the right ones: a file of nothing but mistakes shall not take minutes.
const MAX_COMPARED: usize = 200;

impl Messages<'_> {
    pub(super) fn findings(&self, error: &ValidationError<'_>) -> Vec<Finding> {
        let path = self.root.path(error.instance_path().as_str());
        let place = self.root.nearest(&path);
        match error.kind() {
            ValidationErrorKind::AdditionalProperties { unexpected }
            | ValidationErrorKind::UnevaluatedProperties { unexpected } => {
                unexpected.iter().map(|key| self.unknown_key(error, &path, place, key)).collect()
            }
            ValidationErrorKind::Required { property } => self.missing(&path, place, property).into_iter().collect(),
            ValidationErrorKind::PropertyNames { error: inner } => vec![self.wrong_name(inner, place)],
            ValidationErrorKind::AnyOf { context } | ValidationErrorKind::OneOfNotValid { context } => {
                self.no_branch(error, context, &path, place)
            }
            _ => vec![self.wrong_value(error, &path, place)],
        }
    }

    fn unknown_key(&self, error: &ValidationError<'_>, path: &ValuePath, place: Nearest<'_>, key: &str) -> Finding {
        let origin = place.node.as_map().and_then(|map| map.get(key)).map_or_else(|| place.origin(), |entry| entry.key);
        let schema = self.parent(error);
        if schema.is_some_and(|schema| self.is_derived(schema, key, 0)) {
            let message = format!("`{key}` in `{path}` cannot be declared: the application derives it");
            return Finding::at(origin, message).with_hint("leave it out");
        }
        let message = if path.steps().is_empty() {
            format!("unknown key `{key}`")
        } else {
            format!("unknown key `{key}` in `{path}`")
        };
        let finding = Finding::at(origin, message);
        match schema.and_then(|schema| self.similar_key(schema, key)) {
            Some(similar) => finding.with_hint(format!("did you mean `{similar}`?")),
            None => finding,
        }
    }

    /// Whether a key is one that people see at the application and cannot set there.
    fn is_derived(&self, schema: &Value, key: &str, depth: usize) -> bool {
        let schema = resolved(self.schema, schema);
        let derived = schema.get("x-derived").and_then(Value::as_array);
        derived.is_some_and(|derived| derived.iter().any(|name| name == key))
            || (depth < 8 && parts(schema).any(|part| self.is_derived(part, key, depth + 1)))
    }

    /// The known key that is written most like `key`.
    fn similar_key(&self, schema: &Value, key: &str) -> Option<String> {
        self.compared.set(self.compared.get() + 1);
        if self.compared.get() > MAX_COMPARED {
            return None;
        }
        let mut known = Vec::new();
        self.known_keys(schema, &mut known, 0);
        similar(key, known.into_iter()).map(str::to_owned)
    }

    fn known_keys<'schema>(&'schema self, schema: &'schema Value, known: &mut Vec<&'schema str>, depth: usize) {
        let schema = resolved(self.schema, schema);
        if let Some(properties) = schema.get("properties").and_then(Value::as_object) {
            known.extend(properties.keys().map(String::as_str));
        }
        if depth < 8 {
            parts(schema).for_each(|part| self.known_keys(part, known, depth + 1));
        }
    }

    /// What is absent says nothing while a layer could not be read.
    fn missing(&self, path: &ValuePath, place: Nearest<'_>, property: &Value) -> Option<Finding> {
        let key = property.as_str()?;
        let path = path.clone().key(key);
        self.complete.then(|| Finding::at(place.written(), format!("missing key `{path}`")))
    }

    fn wrong_name(&self, inner: &ValidationError<'_>, place: Nearest<'_>) -> Finding {
        let name = inner.instance().as_str().unwrap_or_default();
        let origin =
            place.node.as_map().and_then(|map| map.get(name)).map_or_else(|| place.origin(), |entry| entry.key);
        let expected = self
            .parent(inner)
            .and_then(|schema| schema.get("x-expected"))
            .and_then(Value::as_str)
            .unwrap_or("another name");
        Finding::at(origin, format!("key `{}`: expected {expected}", name.escape_debug()))
    }

    /// None of several forms fits. When the value has the shape of exactly one form, what that form misses is
    /// told; otherwise the forms are named.
    fn no_branch(
        &self,
        error: &ValidationError<'_>,
        context: &[Vec<ValidationError<'static>>],
        path: &ValuePath,
        place: Nearest<'_>,
    ) -> Vec<Finding> {
        let here = error.instance_path().as_str();
        let shaped: Vec<_> =
            context.iter().filter(|errors| !errors.iter().any(|inner| is_type_error(inner, here))).collect();
        if let [only] = shaped.as_slice() {
            return only.iter().flat_map(|inner| self.findings(inner)).collect();
        }
        if let Some(expected) = self.expected_of(self.parent(error)) {
            return vec![with_hint(
                Finding::at(place.node.origin, found(path, &expected, place.node)),
                &expected,
                place.node,
            )];
        }
        let options = options(context, here);
        let listed = options.iter().map(|option| format!("`{option}`")).collect::<Vec<_>>().join(", ");
        let mut expected = match options.as_slice() {
            [] => Vec::new(),
            [_] => vec![listed],
            _ => vec![format!("one of {listed}")],
        };
        // A form of which values are listed is a text as well, which says nothing more.
        let forms = context.iter().filter(|errors| options_of(errors, here).next().is_none());
        for name in forms.flatten().filter_map(type_names) {
            if !expected.contains(&name) {
                expected.push(name);
            }
        }
        if expected.is_empty() {
            expected.push("another value".to_owned());
        }
        let expected = expected.join(" or ");
        // A text that is none of the listed ones is of the right type.
        let is_another = !options.is_empty() && place.node.as_text().is_some();
        let message = if is_another {
            format!("{}expected {expected}", prefix(path))
        } else {
            found(path, &expected, place.node)
        };
        let finding = Finding::at(place.node.origin, message);
        let meant = place.node.as_text().and_then(|text| similar(text, options.iter().map(String::as_str)));
        vec![match meant {
            Some(option) => finding.with_hint(format!("did you mean `{option}`?")),
            None => with_hint(finding, &expected, place.node),
        }]
    }

    fn wrong_value(&self, error: &ValidationError<'_>, path: &ValuePath, place: Nearest<'_>) -> Finding {
        let schema = self.parent(error);
        let origin = place.node.origin;
        let same_type = !matches!(error.kind(), ValidationErrorKind::Type { .. });
        match (self.expected_of(schema), expectation(error.kind())) {
            (Some(expected), _) if same_type => Finding::at(origin, format!("{}expected {expected}", prefix(path))),
            (_, Some(Expectation::Other(expected))) => {
                let finding = Finding::at(origin, format!("{}expected {expected}", prefix(path)));
                match self.similar_option(error.kind(), place.node) {
                    Some(option) => finding.with_hint(format!("did you mean `{option}`?")),
                    None => finding,
                }
            }
            (_, Some(Expectation::Type(expected))) => {
                with_hint(Finding::at(origin, found(path, &expected, place.node)), &expected, place.node)
            }
            (_, None) => Finding::at(origin, format!("{}the value is not allowed here", prefix(path))),
        }
    }

    fn similar_option(&self, kind: &ValidationErrorKind, node: &Node) -> Option<String> {
        let ValidationErrorKind::Enum { options } = kind else { return None };
        let text = node.as_text()?;
        similar(text, options.as_array()?.iter().filter_map(Value::as_str)).map(str::to_owned)
    }

    /// The schema whose keyword failed.
    fn parent(&self, error: &ValidationError<'_>) -> Option<&Value> {
        let pointer = error.schema_path().as_str();
        let (parent, _) = pointer.rsplit_once('/')?;
        self.schema.pointer(parent).map(|schema| resolved(self.schema, schema))
    }

    fn expected_of(&self, schema: Option<&Value>) -> Option<String> {
        schema?.get("x-expected").and_then(Value::as_str).map(str::to_owned)
    }
}

fn prefix(path: &ValuePath) -> String {
    if path.steps().is_empty() { String::new() } else { format!("`{path}`: ") }
}

fn found(path: &ValuePath, expected: &str, node: &Node) -> String {
    format!("{}expected {expected}, found {}", prefix(path), node.type_name())
}

enum Expectation {
    Type(String),
    Other(String),
}

fn expectation(kind: &ValidationErrorKind) -> Option<Expectation> {
    let other = |text: String| Some(Expectation::Other(text));
    match kind {
        ValidationErrorKind::Type { kind } => Some(Expectation::Type(type_kind(kind))),
        ValidationErrorKind::Enum { options } => {
            let options: Vec<_> = options.as_array()?.iter().map(|option| format!("`{}`", plain(option))).collect();
            other(match options.as_slice() {
                [only] => only.clone(),
                _ => format!("one of {}", options.join(", ")),
            })
        }
        ValidationErrorKind::Constant { expected_value } => other(format!("`{}`", plain(expected_value))),
        ValidationErrorKind::Minimum { limit } => other(format!("a number of at least {limit}")),
        ValidationErrorKind::Maximum { limit } => other(format!("a number of at most {limit}")),
        ValidationErrorKind::ExclusiveMinimum { limit } => other(format!("a number above {limit}")),
        ValidationErrorKind::ExclusiveMaximum { limit } => other(format!("a number below {limit}")),
        ValidationErrorKind::MinLength { limit: 1 } => other("a text that is not empty".to_owned()),
        ValidationErrorKind::MinLength { limit } => other(format!("a text of at least {limit} characters")),
        ValidationErrorKind::MaxLength { limit } => other(format!("a text of at most {limit} characters")),
        ValidationErrorKind::MinItems { limit: 1 } => other("a list that is not empty".to_owned()),
        ValidationErrorKind::MinItems { limit } => other(format!("a list of at least {limit} items")),
        ValidationErrorKind::MaxItems { limit } => other(format!("a list of at most {limit} items")),
        ValidationErrorKind::MinProperties { limit: 1 } => other("a map that is not empty".to_owned()),
        ValidationErrorKind::MaxProperties { limit: 1 } => other("a map with one key only".to_owned()),
        ValidationErrorKind::UniqueItems => other("a list without repetitions".to_owned()),
        ValidationErrorKind::Pattern { pattern } => other(format!("a text that fits `{pattern}`")),
        ValidationErrorKind::Format { format } => other(format!("a text of format `{format}`")),
        _ => None,
    }
}

/// The values that one of several forms lists.
fn options_of<'e>(errors: &'e [ValidationError<'static>], here: &'e str) -> impl Iterator<Item = String> + 'e {
    errors.iter().filter(move |error| error.instance_path().as_str() == here).flat_map(|error| match error.kind() {
        ValidationErrorKind::Constant { expected_value } => vec![plain(expected_value)],
        ValidationErrorKind::Enum { options } => options.as_array().into_iter().flatten().map(plain).collect(),
        _ => Vec::new(),
    })
}

/// The values that several forms list.
fn options(context: &[Vec<ValidationError<'static>>], here: &str) -> Vec<String> {
    context.iter().flat_map(|errors| options_of(errors, here)).collect()
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn is_type_error(error: &ValidationError<'_>, path: &str) -> bool {
    matches!(error.kind(), ValidationErrorKind::Type { .. }) && error.instance_path().as_str() == path
}

fn type_names(error: &ValidationError<'_>) -> Option<String> {
    match error.kind() {
        ValidationErrorKind::Type { kind } => Some(type_kind(kind)),
        _ => None,
    }
}

fn type_kind(kind: &TypeKind) -> String {
    match kind {
        TypeKind::Single(only) => type_name(*only).to_owned(),
        TypeKind::Multiple(several) => several.into_iter().map(type_name).collect::<Vec<_>>().join(" or "),
    }
}

fn type_name(json_type: JsonType) -> &'static str {
    match json_type {
        JsonType::Array => "a list",
        JsonType::Boolean => "`true` or `false`",
        JsonType::Integer => "a whole number",
        JsonType::Null => "nothing",
        JsonType::Number => "a number",
        JsonType::Object => "a map",
        JsonType::String => "a string",
    }
}

/// The candidate that is written most like `text`, if one is near enough to be meant.
pub(crate) fn similar<'text>(text: &str, candidates: impl Iterator<Item = &'text str>) -> Option<&'text str> {
    // ids and keys are short; what is longer is no misspelling
    if text.chars().count() > 64 {
        return None;
    }
    let folded = text.to_lowercase();
    candidates
        .map(|candidate| (strsim::damerau_levenshtein(&folded, &candidate.to_lowercase()), candidate))
        .filter(|(distance, candidate)| *distance <= candidate.chars().count().max(3) / 3)
        .min()
        .map(|(_, candidate)| candidate)
}

/// A finding with what to do about a value of another type, where something is known.
fn with_hint(finding: Finding, expected: &str, node: &Node) -> Finding {
    match hints::of(expected, node) {
        Some(hint) => finding.with_hint(hint),
        None => finding,
    }
}
