//! What is wrong with which field of an object, and the rules that objects of all kinds share.

use serde_json::{Map, Value, json};
use std::fmt;

use super::json::quoted;

/// One mistake.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct FieldError {
    field: String,
    reason: &'static str,
    text: String,
}

impl FieldError {
    fn new(field: impl Into<String>, reason: &'static str, text: String) -> Self {
        Self { field: field.into(), reason, text }
    }

    pub(crate) fn required(field: impl Into<String>, detail: &str) -> Self {
        Self::new(field, "FieldValueRequired", detailed("Required value", detail))
    }

    pub(crate) fn invalid(field: impl Into<String>, value: &Value, detail: &str) -> Self {
        let value = match value {
            Value::String(text) => quoted(text),
            other => other.to_string(),
        };
        Self::new(field, "FieldValueInvalid", detailed(&format!("Invalid value: {value}"), detail))
    }

    /// An invalid value that is shown as it is written here.
    pub(crate) fn invalid_shown(field: impl Into<String>, shown: &str, detail: &str) -> Self {
        Self::new(field, "FieldValueInvalid", detailed(&format!("Invalid value: {shown}"), detail))
    }

    /// An invalid part of an object that is not shown.
    pub(crate) fn invalid_without_value(field: impl Into<String>, detail: &str) -> Self {
        Self::new(field, "FieldValueInvalid", format!("Invalid value: {detail}"))
    }

    pub(crate) fn forbidden(field: impl Into<String>, detail: &str) -> Self {
        Self::new(field, "FieldValueForbidden", detailed("Forbidden", detail))
    }

    pub(crate) fn too_long(field: impl Into<String>, bytes: usize) -> Self {
        Self::new(field, "FieldValueTooLong", format!("Too long: may not be more than {bytes} bytes"))
    }

    pub(crate) fn immutable(field: impl Into<String>, value: &Value) -> Self {
        Self::invalid(field, value, "field is immutable")
    }

    /// `value` is shown as it is, so a text brings its quotes along.
    pub(crate) fn unsupported(field: impl Into<String>, value: &str, supported: &[&str]) -> Self {
        let supported: Vec<String> = supported.iter().map(|word| quoted(word)).collect();
        let text = format!("Unsupported value: {value}: supported values: {}", supported.join(", "));
        Self::new(field, "FieldValueNotSupported", text)
    }

    pub(crate) fn cause(&self) -> Value {
        json!({"reason": self.reason, "message": self.text, "field": self.field})
    }
}

fn detailed(text: &str, detail: &str) -> String {
    if detail.is_empty() { text.to_owned() } else { format!("{text}: {detail}") }
}

impl fmt::Display for FieldError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.field, self.text)
    }
}

/// Which names a kind takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Names {
    #[default]
    Subdomain,
    Label,
    /// A label that starts with a letter.
    OldLabel,
    /// Whatever can stand in a path.
    PathSegment,
}

const LABEL: &str = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const OLD_LABEL: &str = "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";
const SUBDOMAIN: &str = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const LABEL_VALUE: &str = "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
const NAME_PART: &str = "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
const QUALIFIED: &str = "a qualified name must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]') with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')";
/// How many bytes keys and values of annotations may have together.
const ANNOTATIONS: usize = 256 << 10;

/// What is wrong with a name, sentence by sentence.
fn wrong_name(name: &str, names: Names) -> Vec<String> {
    let (longest, fits, words) = match names {
        Names::Subdomain => (253, is_subdomain(name), SUBDOMAIN),
        Names::Label => (63, is_label(name), LABEL),
        Names::OldLabel => {
            (63, is_label(name) && name.starts_with(|first: char| first.is_ascii_lowercase()), OLD_LABEL)
        }
        Names::PathSegment => return wrong_path_segment(name),
    };
    let mut wrong = Vec::new();
    if name.len() > longest {
        wrong.push(format!("must be no more than {longest} bytes"));
    }
    if !fits {
        wrong.push(words.to_owned());
    }
    wrong
}

fn wrong_path_segment(name: &str) -> Vec<String> {
    match name {
        "." | ".." => vec![format!("may not be '{name}'")],
        _ => ["/", "%"]
            .iter()
            .filter(|part| name.contains(**part))
            .map(|part| format!("may not contain '{part}'"))
            .collect(),
    }
}

fn is_label(name: &str) -> bool {
    let lower = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let bytes = name.as_bytes();
    bytes.first().is_some_and(|byte| lower(*byte))
        && bytes.last().is_some_and(|byte| lower(*byte))
        && bytes.iter().all(|byte| lower(*byte) || *byte == b'-')
}

fn is_subdomain(name: &str) -> bool {
    name.split('.').all(is_label)
}

/// The form of a label's value and of the last part of its key.
fn is_word(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.first().is_some_and(u8::is_ascii_alphanumeric)
        && bytes.last().is_some_and(u8::is_ascii_alphanumeric)
        && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(byte))
}

/// What is wrong with a name that may have a domain before it.
pub(crate) fn wrong_qualified_name(name: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut parts = name.split('/');
    let (part, rest) = match (parts.next(), parts.next(), parts.next()) {
        (Some(part), None, _) => (part, None),
        (Some(domain), Some(part), None) => (part, Some(domain)),
        _ => return vec![QUALIFIED.to_owned()],
    };
    match rest {
        Some("") => wrong.push("prefix part must be non-empty".to_owned()),
        Some(domain) if !is_subdomain(domain) => wrong.push(format!("prefix part {SUBDOMAIN}")),
        _ => {}
    }
    if part.is_empty() {
        wrong.push("name part must be non-empty".to_owned());
    } else if part.len() > 63 {
        wrong.push("name part must be no more than 63 bytes".to_owned());
    }
    if !is_word(part) {
        wrong.push(NAME_PART.to_owned());
    }
    wrong
}

/// What is wrong with the metadata of an object that is to be made.
pub(crate) fn metadata(object: &Value, namespaced: bool, names: Names) -> Vec<FieldError> {
    let mut errors = Vec::new();
    let metadata = &object["metadata"];
    let text = |key: &str| metadata[key].as_str().unwrap_or_default();
    let prefix = text("generateName");
    if !prefix.is_empty() {
        let trial =
            if names == Names::PathSegment { prefix.to_owned() } else { prefix.trim_end_matches('-').to_owned() };
        let wrong = wrong_name(&trial, names);
        errors.extend(wrong.iter().map(|why| FieldError::invalid("metadata.generateName", &prefix.into(), why)));
    }
    let name = text("name");
    if name.is_empty() {
        errors.push(FieldError::required("metadata.name", "name or generateName is required"));
    } else {
        let wrong = wrong_name(name, names);
        errors.extend(wrong.iter().map(|why| FieldError::invalid("metadata.name", &name.into(), why)));
    }
    if namespaced && !is_label(text("namespace")) {
        errors.push(FieldError::invalid("metadata.namespace", &text("namespace").into(), LABEL));
    }
    errors.extend(changeable_metadata(metadata));
    errors
}

/// What is wrong with labels, annotations, finalizers and owners.
pub(crate) fn changeable_metadata(metadata: &Value) -> Vec<FieldError> {
    let mut errors = labels(metadata["labels"].as_object(), "metadata.labels");
    if let Some(annotations) = metadata["annotations"].as_object() {
        for key in annotations.keys() {
            let wrong = wrong_qualified_name(&key.to_lowercase());
            errors
                .extend(wrong.iter().map(|why| FieldError::invalid("metadata.annotations", &key.as_str().into(), why)));
        }
        let length = |(key, value): (&String, &Value)| key.len() + value.as_str().unwrap_or_default().len();
        if annotations.iter().map(length).sum::<usize>() > ANNOTATIONS {
            errors.push(FieldError::too_long("metadata.annotations", ANNOTATIONS));
        }
    }
    for finalizer in strings(&metadata["finalizers"]) {
        let standard = ["foregroundDeletion", "orphan", "kubernetes"].contains(&finalizer);
        if !standard && !finalizer.contains('/') {
            let why = "name is neither a standard finalizer name nor is it fully qualified";
            errors.push(FieldError::invalid("metadata.finalizers", &finalizer.into(), why));
        }
    }
    for (index, owner) in metadata["ownerReferences"].as_array().into_iter().flatten().enumerate() {
        for key in ["apiVersion", "kind", "name", "uid"] {
            if owner[key].as_str().unwrap_or_default().is_empty() {
                let field = format!("metadata.ownerReferences[{index}].{key}");
                let why = if key == "apiVersion" {
                    "version must not be empty".to_owned()
                } else {
                    "must not be empty".to_owned()
                };
                errors.push(FieldError::invalid(field, &"".into(), &why));
            }
        }
    }
    errors
}

/// What is wrong with labels.
pub(crate) fn labels(labels: Option<&Map<String, Value>>, field: &str) -> Vec<FieldError> {
    let mut errors = Vec::new();
    for (key, value) in labels.into_iter().flatten() {
        let wrong = wrong_qualified_name(key);
        errors.extend(wrong.iter().map(|why| FieldError::invalid(field, &key.as_str().into(), why)));
        let text = value.as_str().unwrap_or_default();
        if text.len() > 63 {
            errors.push(FieldError::invalid(field, value, "must be no more than 63 bytes"));
        }
        if !text.is_empty() && !is_word(text) {
            errors.push(FieldError::invalid(field, value, LABEL_VALUE));
        }
    }
    errors
}

/// What of the metadata may not change, told as often as the real server tells it: twice.
pub(crate) fn fixed_metadata(old: &Value, new: &Value) -> Vec<FieldError> {
    let mut errors = Vec::new();
    for key in ["name", "namespace", "uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds"] {
        if old["metadata"][key] != new["metadata"][key] {
            errors.push(FieldError::immutable(format!("metadata.{key}"), &new["metadata"][key]));
        }
    }
    if !old["metadata"]["deletionTimestamp"].is_null() {
        let before: Vec<&str> = strings(&old["metadata"]["finalizers"]).collect();
        let added: Vec<String> = strings(&new["metadata"]["finalizers"])
            .filter(|finalizer| !before.contains(finalizer))
            .map(quoted)
            .collect();
        if !added.is_empty() {
            let why = format!(
                "no new finalizers can be added if the object is being deleted, found new finalizers []string{{{}}}",
                added.join(", ")
            );
            errors.push(FieldError::forbidden("metadata.finalizers", &why));
        }
    }
    errors.extend(changeable_metadata(&new["metadata"]));
    [errors.clone(), errors].concat()
}

/// The texts of a list.
pub(crate) fn strings(list: &Value) -> impl Iterator<Item = &str> {
    list.as_array().into_iter().flatten().filter_map(Value::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_held_to_their_kind() {
        assert!(wrong_name("a.b-c", Names::Subdomain).is_empty());
        assert!(!wrong_name("a.b", Names::Label).is_empty());
        assert!(!wrong_name("Bad_Name", Names::Subdomain).is_empty());
        assert!(wrong_name("system:basic-user", Names::PathSegment).is_empty());
        assert_eq!(wrong_name(&"x".repeat(254), Names::Subdomain), ["must be no more than 253 bytes"]);
    }

    #[test]
    fn an_empty_qualified_name_is_wrong_in_two_ways() {
        assert_eq!(wrong_qualified_name("").len(), 2);
        assert!(wrong_qualified_name("evenkeel.demo/harbor").is_empty());
    }
}
