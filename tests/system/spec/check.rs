//! Holds a document of ours against an application's own document.
//!
//! Both are read as plain JSON: what the check compares is names and types, and it must not depend on what a parser
//! of OpenAPI makes of them.

use serde_json::{Map, Value};

/// What cannot be compared because the application's document does not have it, by name.
pub(crate) struct Outside {
    /// Paths that the application serves and does not describe there.
    pub(crate) paths: &'static [&'static str],
    /// Schemas of ours for what the application does not describe.
    pub(crate) schemas: &'static [&'static str],
    /// Bodies that it describes as bytes or not at all, as the check names them.
    pub(crate) bodies: &'static [&'static str],
}

/// One version of the application's own document.
pub(crate) struct Upstream {
    /// The version as `x-absent-in` names it.
    pub(crate) version: &'static str,
    /// The document.
    pub(crate) document: Value,
}

const METHODS: [&str; 7] = ["get", "put", "post", "delete", "patch", "head", "options"];

/// Everything in `ours` that `upstream` does not have, or has with another type.
pub(crate) fn problems(ours: &Value, upstream: &Upstream, outside: &Outside) -> Vec<String> {
    let check = Check { ours, upstream };
    let mut problems = Vec::new();
    for (path, item) in entries(&ours["paths"]) {
        check.path(path, item, outside, &mut problems);
    }
    for (name, schema) in entries(&ours["components"]["schemas"]) {
        check.schema(name, schema, outside, &mut problems);
    }
    problems.iter().map(|problem| format!("{}: {problem}", upstream.version)).collect()
}

/// Properties of an upstream schema with a type that needs no schema of its own, and that `ours` lacks.
pub(crate) fn missing_simple_properties(ours: &Value, upstream: &Upstream, name: &str) -> Vec<String> {
    let own = &ours["components"]["schemas"][name]["properties"];
    entries(&upstream.document["components"]["schemas"][name]["properties"])
        .filter(|(property, schema)| {
            !kind(&upstream.document, schema).contains("schema ") && own.get(*property).is_none()
        })
        .map(|(property, _)| property.clone())
        .collect()
}

struct Check<'a> {
    ours: &'a Value,
    upstream: &'a Upstream,
}

impl Check<'_> {
    fn path(&self, path: &str, item: &Value, outside: &Outside, problems: &mut Vec<String>) {
        let theirs = &self.upstream.document["paths"][path];
        match (outside.paths.contains(&path), theirs.is_null()) {
            (true, true) => return,
            (true, false) => return problems.push(format!("{path}: is described upstream, no exception is needed")),
            (false, true) => return problems.push(format!("{path}: no such path upstream")),
            (false, false) => {}
        }
        for method in METHODS {
            let operation = &item[method];
            if operation.is_null() {
                continue;
            }
            let place = format!("{} {path}", method.to_uppercase());
            if theirs[method].is_null() {
                problems.push(format!("{place}: no such method upstream"));
                continue;
            }
            self.parameters(&place, [item, operation], [theirs, &theirs[method]], problems);
            self.bodies(&place, operation, &theirs[method], outside, problems);
        }
    }

    /// `ours` and `theirs` are the path and the operation: parameters can stand in both.
    fn parameters(&self, place: &str, ours: [&Value; 2], theirs: [&Value; 2], problems: &mut Vec<String>) {
        for parameter in ours.into_iter().flat_map(parameters) {
            let (name, within) = (text(&parameter["name"]), text(&parameter["in"]));
            let same = |other: &&Value| text(&other["name"]) == name && text(&other["in"]) == within;
            let Some(other) = theirs.into_iter().flat_map(parameters).find(same) else {
                problems.push(format!("{place}: no {within} parameter `{name}` upstream"));
                continue;
            };
            let (own, other) = (self.own(&parameter["schema"]), self.other(&other["schema"]));
            if own != other {
                problems.push(format!("{place}: {within} parameter `{name}` is {own}, upstream {other}"));
            }
        }
    }

    fn bodies(&self, place: &str, ours: &Value, theirs: &Value, outside: &Outside, problems: &mut Vec<String>) {
        for (media, body) in entries(&ours["requestBody"]["content"]) {
            let other = &theirs["requestBody"]["content"][media];
            let place = format!("{place}: request {media}");
            let bytes = other["schema"]["format"] == "binary" || theirs["requestBody"].is_null();
            match (outside.bodies.contains(&place.as_str()), bytes) {
                (true, true) => {}
                (true, false) => problems.push(format!("{place}: is described upstream, no exception is needed")),
                (false, _) => self.body(&place, body, other, problems),
            }
        }
        for (status, response) in entries(&ours["responses"]).filter(|(status, _)| status.starts_with('2')) {
            for (media, body) in entries(&response["content"]) {
                // Upstream describes some answers without saying of what.
                let other = &theirs["responses"][status]["content"][media];
                if !other.is_null() {
                    self.body(&format!("{place}: answer {status} {media}"), body, other, problems);
                }
            }
        }
    }

    fn body(&self, place: &str, ours: &Value, theirs: &Value, problems: &mut Vec<String>) {
        if theirs.is_null() {
            return problems.push(format!("{place}: nothing of the kind upstream"));
        }
        let (own, other) = (self.own(&ours["schema"]), self.other(&theirs["schema"]));
        if own != other {
            problems.push(format!("{place} is {own}, upstream {other}"));
        }
    }

    fn schema(&self, name: &str, schema: &Value, outside: &Outside, problems: &mut Vec<String>) {
        if outside.schemas.contains(&name) {
            return;
        }
        let theirs = &self.upstream.document["components"]["schemas"][name];
        if theirs.is_null() {
            return problems.push(format!("{name}: no such schema upstream"));
        }
        for (property, schema) in entries(&schema["properties"]) {
            let other = &theirs["properties"][property];
            match (self.is_absent(schema), other.is_null()) {
                (true, true) => {}
                (true, false) => problems.push(format!("{name}.{property}: is there upstream, against `x-absent-in`")),
                (false, true) => problems.push(format!("{name}.{property}: no such property upstream")),
                (false, false) => {
                    let (own, other) = (self.own(schema), self.other(other));
                    if !self.fits(&own, &other) {
                        problems.push(format!("{name}.{property}: is {own}, upstream {other}"));
                    }
                }
            }
        }
    }

    /// Whether our property says that this version does not have it.
    fn is_absent(&self, property: &Value) -> bool {
        property["x-absent-in"]
            .as_array()
            .is_some_and(|versions| versions.iter().any(|version| version == self.upstream.version))
    }

    /// A map of anything stands for a schema or a map that we take as it comes, and a schema of ours for a map whose names it gives.
    fn fits(&self, own: &str, other: &str) -> bool {
        own == other
            || own == "map of anything" && (other.starts_with("schema ") || other.starts_with("map of "))
            || other.strip_prefix("map of ").is_some_and(|values| self.gives_names(own, values))
    }

    /// Whether our schema is an object with values of one kind only.
    fn gives_names(&self, own: &str, values: &str) -> bool {
        let Some(name) = own.strip_prefix("schema ") else { return false };
        let mut properties = entries(&self.ours["components"]["schemas"][name]["properties"]).peekable();
        properties.peek().is_some() && properties.all(|(_, property)| self.own(property) == values)
    }

    fn own(&self, schema: &Value) -> String {
        kind(self.ours, schema)
    }

    fn other(&self, schema: &Value) -> String {
        kind(&self.upstream.document, schema)
    }
}

/// A schema's type in words that compare: formats of numbers count, those of texts do not (ours marks secrets).
fn kind(document: &Value, schema: &Value) -> String {
    if let Some(reference) = schema["$ref"].as_str() {
        let name = reference.rsplit('/').next().unwrap_or_default();
        let target = &document["components"]["schemas"][name];
        // upstream names its enums, and some texts; for us these are texts
        if !target["enum"].is_null() || target["type"] == "string" {
            return kind(document, target);
        }
        // upstream names its maps with lists as values
        if target["properties"].is_null() && !target["additionalProperties"].is_null() {
            return kind(document, target);
        }
        return format!("schema {name}");
    }
    match schema["type"].as_str() {
        Some("array") => format!("list of {}", kind(document, &schema["items"])),
        Some("object") => {
            let values = &schema["additionalProperties"];
            format!("map of {}", if values.is_object() { kind(document, values) } else { "anything".to_owned() })
        }
        Some(number @ ("integer" | "number")) => match schema["format"].as_str() {
            Some(format) => format!("{number} {format}"),
            None => number.to_owned(),
        },
        Some(other) => other.to_owned(),
        None => "anything".to_owned(),
    }
}

fn parameters(of: &Value) -> impl Iterator<Item = &Value> {
    of["parameters"].as_array().into_iter().flatten()
}

fn entries(object: &Value) -> impl Iterator<Item = (&String, &Value)> {
    object.as_object().into_iter().flat_map(Map::iter)
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
