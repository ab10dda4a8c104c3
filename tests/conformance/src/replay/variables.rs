//! Variables of a replay, and their places `{name}` in requests.

use std::collections::BTreeMap;

use serde_json::Value;

use super::ordered::OrderedJson;

/// Names and values known so far: given, saved by earlier steps, and `base`.
#[derive(Debug, Clone, Default)]
pub(crate) struct Variables(BTreeMap<String, Value>);

impl Variables {
    pub(crate) fn set(&mut self, name: &str, value: Value) {
        self.0.insert(name.to_owned(), value);
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    /// The text with every `{name}` of a known variable replaced; all else stays as it is.
    pub(crate) fn fill(&self, text: &str) -> String {
        let mut filled = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(open) = rest.find('{') {
            let (before, from_open) = rest.split_at(open);
            filled.push_str(before);
            let known = from_open.find('}').and_then(|close| Some((close, self.get(&from_open[1..close])?)));
            if let Some((close, value)) = known {
                filled.push_str(&as_text(value));
                rest = &from_open[close + 1..];
            } else {
                filled.push('{');
                rest = &from_open[1..];
            }
        }
        filled.push_str(rest);
        filled
    }

    /// The same for a JSON body. A string that is one variable and nothing else becomes that variable, with its type.
    pub(crate) fn fill_json(&self, json: &OrderedJson) -> OrderedJson {
        match json {
            OrderedJson::Text(text) => match self.whole(text) {
                Some(value) => value.into(),
                None => OrderedJson::Text(self.fill(text)),
            },
            OrderedJson::List(items) => OrderedJson::List(items.iter().map(|item| self.fill_json(item)).collect()),
            OrderedJson::Object(entries) => OrderedJson::Object(
                entries.iter().map(|(key, value)| (self.fill(key), self.fill_json(value))).collect(),
            ),
            OrderedJson::Scalar(_) => json.clone(),
        }
    }

    fn whole(&self, text: &str) -> Option<&Value> {
        self.get(text.strip_prefix('{')?.strip_suffix('}')?)
    }
}

/// How a variable reads inside a longer string.
pub(crate) fn as_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn variables() -> Variables {
        let mut variables = Variables::default();
        variables.set("id", json!("ab-1"));
        variables.set("number", json!(7));
        variables.set("document", json!({"realm": "otomi"}));
        variables
    }

    #[test]
    fn names_that_are_no_variables_stay_as_they_are() {
        assert_eq!(variables().fill("/a/{id}/{number}/{nobody}/${client_id}/{"), "/a/ab-1/7/{nobody}/${client_id}/{");
    }

    #[test]
    fn a_string_that_is_one_variable_takes_its_type() {
        let body: OrderedJson =
            serde_json::from_str(r#"{"n": "{number}", "s": "no {number}", "d": ["{document}"]}"#).expect("JSON");
        let filled = variables().fill_json(&body).to_bytes().expect("bytes");
        assert_eq!(String::from_utf8(filled).expect("UTF-8"), r#"{"n": 7, "s": "no 7", "d": [{"realm": "otomi"}]}"#);
    }
}
