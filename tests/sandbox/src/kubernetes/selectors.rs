//! Label and field selectors.

use serde_json::Value;

use super::answer::Failure;
use super::registry::Resource;

/// A condition on labels.
#[derive(Debug, Clone, PartialEq)]
enum Requirement {
    In(String, Vec<String>),
    NotIn(String, Vec<String>),
    Exists(String),
    Missing(String),
    Greater(String, i64),
    Less(String, i64),
}

impl Requirement {
    fn fits(&self, labels: &Value) -> bool {
        let value = |key: &str| labels.get(key).and_then(Value::as_str);
        let number = |key: &str| value(key).and_then(|text| text.parse::<i64>().ok());
        match self {
            Self::In(key, values) => value(key).is_some_and(|value| values.iter().any(|wanted| wanted == value)),
            Self::NotIn(key, values) => value(key).is_none_or(|value| values.iter().all(|other| other != value)),
            Self::Exists(key) => value(key).is_some(),
            Self::Missing(key) => value(key).is_none(),
            Self::Greater(key, bound) => number(key).is_some_and(|number| number > *bound),
            Self::Less(key, bound) => number(key).is_some_and(|number| number < *bound),
        }
    }
}

/// Which objects a list or a watch is about.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Selector {
    labels: Vec<Requirement>,
    /// Pointer, value, and whether it must be so.
    fields: Vec<(String, String, bool)>,
}

impl Selector {
    pub(crate) fn read(labels: &str, fields: &str, resource: &Resource) -> Result<Self, Failure> {
        let labels = Reader::new(labels).requirements().map_err(Failure::bad_request)?;
        Ok(Self { labels, fields: field_requirements(fields, resource)? })
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.labels.is_empty() && self.fields.is_empty()
    }

    pub(crate) fn fits(&self, object: &Value) -> bool {
        let labels = &object["metadata"]["labels"];
        self.labels.iter().all(|requirement| requirement.fits(labels))
            && self.fields.iter().all(|(pointer, wanted, is)| {
                let value = object.pointer(pointer);
                let same = match value {
                    Some(Value::String(text)) => text == wanted,
                    Some(Value::Null) | None => wanted.is_empty(),
                    Some(other) => serde_json::from_str::<Value>(wanted).is_ok_and(|wanted| wanted == *other),
                };
                same == *is
            })
    }
}

/// The name that a field selector asks for.
pub(crate) fn selected_name(fields: &str) -> Option<&str> {
    let (key, value) = fields.split(',').find_map(|part| part.split_once('='))?;
    (key == "metadata.name").then(|| value.trim_start_matches('='))
}

fn field_requirements(text: &str, resource: &Resource) -> Result<Vec<(String, String, bool)>, Failure> {
    let mut requirements = Vec::new();
    for part in text.split(',').filter(|part| !part.is_empty()) {
        let split = part.split_once("!=").map(|(key, value)| (key, value, false));
        let split = split.or_else(|| part.split_once("==").map(|(key, value)| (key, value, true)));
        let split = split.or_else(|| part.split_once('=').map(|(key, value)| (key, value, true)));
        let Some((key, value, is)) = split else {
            let why = format!("invalid selector: '{text}'; can't understand '{part}'");
            return Err(Failure::bad_request(why));
        };
        let Some(pointer) = pointer(key, resource) else {
            return Err(Failure::bad_request(unsupported(key, resource)));
        };
        requirements.push((pointer, value.to_owned(), is));
    }
    Ok(requirements)
}

/// Built-in kinds list what can be selected with less care than others; most say only that the label is not supported.
fn unsupported(key: &str, resource: &Resource) -> String {
    match resource.plural.as_str() {
        "secrets" | "events" | "namespaces" | "pods" | "nodes" | "jobs" => format!("field label not supported: {key}"),
        _ => format!("\"{key}\" is not a known field selector: only \"metadata.name\", \"metadata.namespace\""),
    }
}

/// Where in the stored object a field is that can be selected.
fn pointer(key: &str, resource: &Resource) -> Option<String> {
    let own: &[&str] = match (resource.group.as_str(), resource.plural.as_str()) {
        ("", "secrets") => &["type"],
        ("", "namespaces") => &["status.phase"],
        ("", "nodes") => &["spec.unschedulable"],
        ("", "pods") => &[
            "spec.nodeName",
            "spec.restartPolicy",
            "spec.schedulerName",
            "spec.serviceAccountName",
            "spec.hostNetwork",
            "status.phase",
            "status.podIP",
            "status.nominatedNodeName",
        ],
        ("batch", "jobs") => &["status.successful"],
        ("", "events") => &[
            "involvedObject.kind",
            "involvedObject.namespace",
            "involvedObject.name",
            "involvedObject.uid",
            "involvedObject.apiVersion",
            "involvedObject.resourceVersion",
            "involvedObject.fieldPath",
            "reason",
            "reportingComponent",
            "source",
            "type",
        ],
        ("events.k8s.io", "events") => return event_pointer(key),
        _ => &[],
    };
    let path = match key {
        "metadata.name" | "metadata.namespace" => key,
        "source" if own.contains(&key) => "source.component",
        "status.successful" if own.contains(&key) => "status.succeeded",
        key if own.contains(&key) => key,
        _ => return None,
    };
    Some(format!("/{}", path.replace('.', "/")))
}

/// The newer events have other names for the same fields.
fn event_pointer(key: &str) -> Option<String> {
    let path = match key.split_once('.') {
        Some(("regarding", field)) => format!("involvedObject.{field}"),
        _ if key == "reportingController" => "reportingComponent".to_owned(),
        _ if ["reason", "type", "metadata.name", "metadata.namespace"].contains(&key) => key.to_owned(),
        _ => return None,
    };
    Some(format!("/{}", path.replace('.', "/")))
}

/// Reads a label selector.
struct Reader<'a> {
    rest: &'a str,
}

impl<'a> Reader<'a> {
    fn new(text: &'a str) -> Self {
        Self { rest: text }
    }

    /// The next word or sign without taking it; empty at the end.
    fn peek(&mut self) -> &'a str {
        self.rest = self.rest.trim_start();
        for sign in ["==", "!=", "=", "!", "(", ")", ",", ">", "<"] {
            if self.rest.starts_with(sign) {
                return &self.rest[..sign.len()];
            }
        }
        let end = self.rest.find(|character: char| character.is_whitespace() || "=!(),<>".contains(character));
        &self.rest[..end.unwrap_or(self.rest.len())]
    }

    fn take(&mut self) -> &'a str {
        let token = self.peek();
        self.rest = &self.rest[token.len()..];
        token
    }

    fn requirements(&mut self) -> Result<Vec<Requirement>, String> {
        let mut requirements = Vec::new();
        if self.peek().is_empty() {
            return Ok(requirements);
        }
        loop {
            requirements.push(self.requirement()?);
            match self.take() {
                "" => return Ok(requirements),
                "," if !self.peek().is_empty() => {}
                "," => return Err("found '', expected: identifier after ','".to_owned()),
                other => return Err(format!("found '{other}', expected: ',' or 'end of string'")),
            }
        }
    }

    fn requirement(&mut self) -> Result<Requirement, String> {
        let key = match self.take() {
            "!" => return self.word().map(Requirement::Missing),
            word if is_word(word) => word.to_owned(),
            other => return Err(format!("found '{other}', expected: !, identifier, or 'end of string'")),
        };
        match self.peek() {
            "" | "," => Ok(Requirement::Exists(key)),
            "=" | "==" => {
                self.take();
                Ok(Requirement::In(key, vec![self.value()]))
            }
            "!=" => {
                self.take();
                Ok(Requirement::NotIn(key, vec![self.value()]))
            }
            "in" => {
                self.take();
                self.values().map(|values| Requirement::In(key, values))
            }
            "notin" => {
                self.take();
                self.values().map(|values| Requirement::NotIn(key, values))
            }
            sign @ (">" | "<") => {
                self.take();
                let bound =
                    self.take().parse().map_err(|_| "for 'Gt', 'Lt' operators, the value must be an integer")?;
                Ok(if sign == ">" { Requirement::Greater(key, bound) } else { Requirement::Less(key, bound) })
            }
            other => Err(format!("found '{other}', expected: in, notin, =, ==, !=, gt, lt")),
        }
    }

    fn word(&mut self) -> Result<String, String> {
        match self.take() {
            word if is_word(word) => Ok(word.to_owned()),
            other => Err(format!("found '{other}', expected: identifier")),
        }
    }

    /// A value may be empty.
    fn value(&mut self) -> String {
        if is_word(self.peek()) { self.take().to_owned() } else { String::new() }
    }

    fn values(&mut self) -> Result<Vec<String>, String> {
        match self.take() {
            "(" => {}
            other => return Err(format!("found '{other}' expected: '('")),
        }
        let mut values = Vec::new();
        loop {
            values.push(self.value());
            match self.take() {
                ")" => return Ok(values),
                "," => {}
                other => return Err(format!("found '{other}', expected: ',' or ')'")),
            }
        }
    }
}

fn is_word(token: &str) -> bool {
    token.starts_with(|first: char| first.is_alphanumeric() || "-_./".contains(first))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn fits(selector: &str, labels: Value) -> bool {
        let labels_read = Reader::new(selector).requirements().unwrap();
        Selector { labels: labels_read, fields: Vec::new() }.fits(&json!({"metadata": {"labels": labels}}))
    }

    #[test]
    fn labels_are_selected_by_every_operator() {
        let labels = || json!({"team": "alpha", "n": "5"});
        for selector in [
            "team",
            "team=alpha",
            "team == alpha,n",
            "team in (alpha, beta)",
            "team!=beta",
            "!x",
            "x!=1",
            "n>4",
            "x notin (a)",
        ] {
            assert!(fits(selector, labels()), "{selector}");
        }
        for selector in ["x", "team=beta", "!team", "team notin (alpha)", "n<5", "x=", "team="] {
            assert!(!fits(selector, labels()), "{selector}");
        }
    }

    #[test]
    fn a_broken_selector_is_refused_as_the_server_does() {
        let why = Reader::new("==").requirements().unwrap_err();
        assert_eq!(why, "found '==', expected: !, identifier, or 'end of string'");
        assert!(Reader::new("a in b").requirements().is_err());
    }
}
