//! Placeholders in recorded values: `{{number}}`, `{{string}}`, `{{time}}`, `{{base}}`, `{{host}}` and `{{variable}}`,
//! alone or inside a longer string.

use serde_json::Value;

use super::variables::{Variables, as_text};

/// Whether `got` is what the recorded string stands for.
pub(crate) fn matches(recorded: &str, got: &Value, variables: &Variables) -> bool {
    match whole_placeholder(recorded) {
        Some("number") => got.is_number(),
        Some("string") => got.is_string(),
        Some("time") => got.as_str().is_some_and(is_time),
        Some("host") => got.as_str().is_some_and(is_host),
        Some(name) => variables.get(name).is_some_and(|value| is_value(value, got)),
        None => got.as_str().is_some_and(|text| fits(&pieces(recorded, variables), text)),
    }
}

/// Whether `got` is the variable's value. A number that a server also writes as a text is the same variable in both.
fn is_value(value: &Value, got: &Value) -> bool {
    value == got || (value.is_number() && got.as_str() == Some(as_text(value).as_str()))
}

/// The names in `recorded` that are neither a kind of value nor a variable that has been saved.
pub(crate) fn unknown_names(recorded: &str, variables: &Variables) -> Vec<String> {
    pieces(recorded, variables)
        .into_iter()
        .filter_map(|piece| match piece {
            Piece::Unknown(name) => Some(name.to_owned()),
            _ => None,
        })
        .collect()
}

enum Piece<'a> {
    Literal(String),
    Number,
    Text,
    Time,
    Host,
    Unknown(&'a str),
}

fn whole_placeholder(recorded: &str) -> Option<&str> {
    let name = recorded.strip_prefix("{{")?.strip_suffix("}}")?;
    (!name.contains(['{', '}'])).then_some(name)
}

fn pieces<'a>(recorded: &'a str, variables: &Variables) -> Vec<Piece<'a>> {
    let mut pieces = Vec::new();
    let mut rest = recorded;
    while let Some((before, name, after)) = next_placeholder(rest) {
        pieces.push(Piece::Literal(before.to_owned()));
        pieces.push(match name {
            "number" => Piece::Number,
            "string" => Piece::Text,
            "time" => Piece::Time,
            "host" => Piece::Host,
            other => variables.get(other).map_or(Piece::Unknown(other), |value| Piece::Literal(as_text(value))),
        });
        rest = after;
    }
    pieces.push(Piece::Literal(rest.to_owned()));
    pieces
}

fn next_placeholder(text: &str) -> Option<(&str, &str, &str)> {
    let (before, from_name) = text.split_once("{{")?;
    let (name, after) = from_name.split_once("}}")?;
    Some((before, name, after))
}

/// Whether `text` can be cut so that each piece takes its part.
fn fits(pieces: &[Piece<'_>], text: &str) -> bool {
    let Some((first, rest)) = pieces.split_first() else {
        return text.is_empty();
    };
    let takes = |accepts: &dyn Fn(&str) -> bool| {
        text.char_indices()
            .map(|(at, character)| at + character.len_utf8())
            .any(|end| accepts(&text[..end]) && fits(rest, &text[end..]))
    };
    match first {
        Piece::Literal(literal) => text.strip_prefix(literal.as_str()).is_some_and(|after| fits(rest, after)),
        Piece::Number => takes(&|part| part.bytes().all(|byte| byte.is_ascii_digit())),
        Piece::Text => takes(&|part| !part.is_empty()),
        Piece::Time => takes(&is_time),
        Piece::Host => takes(&is_host),
        Piece::Unknown(_) => false,
    }
}

fn is_time(text: &str) -> bool {
    text.parse::<jiff::Timestamp>().is_ok()
}

/// A host name or address, with or without a port.
fn is_host(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|character| character.is_alphanumeric() || "-._:[]".contains(character))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn variables() -> Variables {
        let mut variables = Variables::default();
        variables.set("base", json!("http://127.0.0.1:1"));
        variables.set("app", json!("ab-1"));
        variables.set("key", json!(12));
        variables
    }

    fn fit(recorded: &str, got: Value) -> bool {
        matches(recorded, &got, &variables())
    }

    #[test]
    fn a_whole_placeholder_asks_for_its_type() {
        assert!(fit("{{number}}", json!(3)) && !fit("{{number}}", json!("3")));
        assert!(fit("{{string}}", json!("x")) && !fit("{{string}}", json!(null)));
        assert!(fit("{{time}}", json!("2023-11-14T10:00:00+01:00")));
        assert!(fit("{{time}}", json!("2023-11-14T10:00:00Z")) && !fit("{{time}}", json!("soon")));
        assert!(fit("{{key}}", json!(12)) && fit("{{key}}", json!("12")) && !fit("{{key}}", json!("012")));
    }

    #[test]
    fn a_saved_variable_asks_for_its_value() {
        assert!(fit("{{app}}", json!("ab-1")) && !fit("{{app}}", json!("ab-2")));
        assert!(!fit("{{never_saved}}", json!("ab-1")));
        assert_eq!(unknown_names("a/{{never_saved}}/{{app}}", &variables()), ["never_saved"]);
    }

    #[test]
    fn placeholders_stand_inside_longer_strings() {
        let recorded = "{{base}}/clients/{{string}}/keys/{{number}}?app={{app}}";
        assert!(fit(recorded, json!("http://127.0.0.1:1/clients/x/y/keys/40?app=ab-1")));
        assert!(!fit(recorded, json!("http://127.0.0.1:1/clients//keys/40?app=ab-1")));
        assert!(!fit(recorded, json!("http://127.0.0.1:1/clients/x/keys/4b?app=ab-1")));
        assert!(!fit(recorded, json!("http://127.0.0.1:2/clients/x/keys/40?app=ab-1")));
        assert!(fit("ssh://root@{{host}}/a.git", json!("ssh://root@git.example:22/a.git")));
        assert!(!fit("ssh://root@{{host}}/a.git", json!("ssh://root@/a.git")));
    }

    #[test]
    fn all_else_is_literal() {
        assert!(fit("**********", json!("**********")) && !fit("**********", json!("x")));
        assert!(fit("", json!("")) && !fit("", json!(" ")));
    }
}
