//! A schema in words: what may stand there, and what it refers to.

use serde_json::Value;

/// What may stand at a place.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    schema: &'a Value,
    definitions: &'a Value,
    /// The definition that the place refers to.
    name: Option<&'a str>,
}

impl<'a> Place<'a> {
    pub(super) fn new(mut schema: &'a Value, definitions: &'a Value) -> Self {
        let mut name = None;
        // `allOf` with a reference is that definition with more words beside it.
        while let Some(next) = schema.get("$ref").or_else(|| schema.pointer("/allOf/0/$ref"))
            && let Some(key) = next.as_str().and_then(|path| path.strip_prefix("#/$defs/"))
            && let Some(target) = definitions.get(key)
        {
            (schema, name) = (target, Some(key));
        }
        Self { schema, definitions, name }
    }

    /// The name under which a representation of an application has a list of its fields.
    pub(super) fn representation(self) -> Option<&'a str> {
        self.name.filter(|name| name.ends_with("Representation") && self.fields().is_some())
    }

    /// The keys of a map with known keys.
    pub(super) fn fields(self) -> Option<&'a serde_json::Map<String, Value>> {
        self.schema.get("properties").and_then(Value::as_object).filter(|_| !self.is_secret())
    }

    /// Whether a key must be there.
    pub(super) fn requires(self, key: &str) -> bool {
        self.schema["required"].as_array().is_some_and(|keys| keys.iter().any(|known| known == key))
    }

    /// What a list holds.
    pub(super) fn items(self) -> Option<Self> {
        self.schema.get("items").filter(|items| items.is_object()).map(|items| Self::new(items, self.definitions))
    }

    /// What a map with free keys holds.
    pub(super) fn entries(self) -> Option<Self> {
        let entries = self.schema.get("additionalProperties").filter(|entries| entries.is_object())?;
        Some(Self::new(entries, self.definitions))
    }

    /// The definition's own words.
    pub(super) fn description(self) -> &'a str {
        self.schema["description"].as_str().unwrap_or_default()
    }

    /// The form of a text that has a type of its own.
    pub(super) fn form(self) -> Option<&'a str> {
        self.schema.get("x-expected").and_then(Value::as_str).filter(|_| self.schema["type"] == "string")
    }

    fn is_secret(self) -> bool {
        matches!(self.name, Some("SecretValue" | "SecretReference" | "CaBundle" | "WebhookAddress"))
    }

    /// What may stand there, for the column of types.
    pub(super) fn words(self) -> String {
        if let Some(name) = self.representation() {
            return link(short(name));
        }
        if let Some(choices) = self.schema.get("oneOf").and_then(Value::as_array) {
            let choices: Vec<String> = choices.iter().map(|choice| format!("`{}`", plain(&choice["const"]))).collect();
            return choices.join(", ");
        }
        match self.type_name() {
            _ if self.name == Some("Patterns") => "text, or a list of texts".to_owned(),
            _ if matches!(self.name, Some("CaBundle" | "WebhookAddress")) => {
                "text, or a [reference](#secrets)".to_owned()
            }
            _ if self.is_secret() => "[secret](#secrets)".to_owned(),
            "array" => format!(
                "list of {}",
                self.items().map_or_else(|| "anything".to_owned(), |items| several(&items.words()))
            ),
            "object" => match self.entries().filter(|_| self.fields().is_none()) {
                Some(entries) if entries.name != Some("FreeValue") => format!("map of {}", several(&entries.words())),
                _ => "map".to_owned(),
            },
            "boolean" => "true or false".to_owned(),
            "integer" | "number" => "number".to_owned(),
            "string" => "text".to_owned(),
            _ => "anything".to_owned(),
        }
    }

    /// The type, without the `null` by which a program says "nothing". A text may also be a reference.
    fn type_name(self) -> &'a str {
        let named = match &self.schema["type"] {
            Value::Array(types) => types.iter().find(|kind| *kind != "null").and_then(Value::as_str),
            other => other.as_str(),
        };
        named.or_else(|| self.schema.pointer("/anyOf/0/type").and_then(Value::as_str)).unwrap_or_default()
    }
}

/// The last part of a definition's name: `ProtocolMapperRepresentation` of `ClientRepresentation.ProtocolMapperRepresentation`.
pub(super) fn short(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}

/// A value as people write it in YAML.
pub(super) fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn link(name: &str) -> String {
    format!("[{name}](#{})", name.to_lowercase())
}

fn several(words: &str) -> String {
    match words {
        "text" | "map" | "number" => format!("{words}s"),
        words if words.starts_with("list of") => words.replacen("list", "lists", 1),
        words => words.to_owned(),
    }
}
