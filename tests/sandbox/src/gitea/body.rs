//! Bodies: JSON of named fields, each of one kind. Unknown fields are ignored without a word, null is as absent.

use http::header::CONTENT_TYPE;
use serde_json::error::Category;
use serde_json::{Map, Value};

use super::answer::Answer;
use super::names;
use super::request::Request;

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    Flag,
    Whole,
    /// A list of texts.
    Texts,
    /// Texts by name.
    TextMap,
    /// An object that is kept as it comes.
    Any,
}

impl Kind {
    fn takes(self, value: &Value) -> bool {
        match self {
            Self::Text => value.is_string(),
            Self::Flag => value.is_boolean(),
            Self::Whole => value.is_i64(),
            Self::Texts => value.as_array().is_some_and(|list| list.iter().all(Value::is_string)),
            Self::TextMap => value.as_object().is_some_and(|map| map.values().all(Value::is_string)),
            Self::Any => value.is_object(),
        }
    }
}

/// The fields that a body may have.
pub(crate) type Model = &'static [(&'static str, Kind)];

/// The fields of a body that were there.
#[derive(Debug, Default)]
pub(crate) struct Form(Map<String, Value>);

impl Form {
    pub(crate) fn read(request: &Request, model: Model) -> Result<Self, Answer> {
        let kind = request.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        if !request.body.is_empty() && !kind.contains("json") {
            return Err(Answer::invalid("[]: Unsupported Content-Type"));
        }
        if request.body.is_empty() {
            return Ok(Self::default());
        }
        let value: Value = serde_json::from_slice(&request.body).map_err(|error| unreadable(&request.body, &error))?;
        let Value::Object(sent) = value else { return Err(Answer::invalid("[]: the body is no object")) };
        let mut fields = Map::new();
        for (name, value) in sent.into_iter().filter(|(_, value)| !value.is_null()) {
            let Some((_, kind)) = model.iter().find(|(known, _)| *known == name) else { continue };
            if !kind.takes(&value) {
                return Err(Answer::invalid(format!("[]: the field {name} is of another type")));
            }
            fields.insert(name, value);
        }
        Ok(Self(fields))
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    /// A text; absent is empty.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.given(name).unwrap_or_default()
    }

    /// A text that is there, empty or not.
    pub(crate) fn given(&self, name: &str) -> Option<&str> {
        self.0.get(name).and_then(Value::as_str)
    }

    pub(crate) fn flag(&self, name: &str) -> Option<bool> {
        self.0.get(name).and_then(Value::as_bool)
    }

    pub(crate) fn whole(&self, name: &str) -> Option<i64> {
        self.0.get(name).and_then(Value::as_i64)
    }

    /// A list of texts that is there, empty or not.
    pub(crate) fn texts(&self, name: &str) -> Option<Vec<String>> {
        let list = self.0.get(name)?.as_array()?;
        Some(list.iter().filter_map(Value::as_str).map(str::to_owned).collect())
    }

    /// Texts by name; absent is empty.
    pub(crate) fn map(&self, name: &str) -> Vec<(&str, &str)> {
        let entries = self.0.get(name).and_then(Value::as_object).into_iter().flatten();
        entries.filter_map(|(name, value)| Some((name.as_str(), value.as_str()?))).collect()
    }

    /// 422 where a text, or a list, is absent or empty; `field` is how the server calls it.
    pub(crate) fn require(&self, name: &str, field: &str) -> Result<(), Answer> {
        let is_there = match self.0.get(name) {
            Some(Value::String(text)) => !text.is_empty(),
            Some(Value::Array(list)) => !list.is_empty(),
            Some(_) => true,
            None => false,
        };
        if is_there { Ok(()) } else { Err(Answer::invalid(format!("[{field}]: Required"))) }
    }

    /// 422 where there is a name that is no letters, digits, `-`, `_` and `.`.
    pub(crate) fn check_plain_name(&self, name: &str, field: &str) -> Result<(), Answer> {
        if self.text(name).chars().all(names::is_plain) {
            return Ok(());
        }
        Err(Answer::invalid(format!("[{field}]: AlphaDashDot")))
    }

    /// 422 where there is another visibility than those that there are.
    pub(crate) fn check_visibility(&self) -> Result<(), Answer> {
        if matches!(self.text("visibility"), "" | "public" | "limited" | "private") {
            return Ok(());
        }
        Err(Answer::invalid("[Visibility]: In"))
    }
}

/// What the server's parser says where ours stopped; the end of the text is a character of its own to it.
fn unreadable(body: &[u8], error: &serde_json::Error) -> Answer {
    let line = body.split(|byte| *byte == b'\n').nth(error.line().saturating_sub(1)).unwrap_or_default();
    let character = match error.classify() {
        Category::Eof => '\0',
        _ => line.get(error.column().saturating_sub(1)).map_or('\0', |byte| char::from(*byte)),
    };
    Answer::invalid(format!("[]: invalid character '{character}' looking for beginning of value"))
}
