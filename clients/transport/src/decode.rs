//! What a failed decoding may say: where, and what was expected. Never what was there.

use serde::de::DeserializeOwned;
use serde_json::error::Category;

/// Decodes `body` once more to learn the place of the failure; the generated code keeps the bytes, not the path.
pub(crate) fn locate<T: DeserializeOwned>(body: &[u8], first: &serde_json::Error) -> String {
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    match serde_path_to_error::deserialize::<_, T>(&mut deserializer) {
        Err(error) if error.inner().classify() == Category::Data => {
            let path = error.path().to_string();
            format!("{} at `{path}`", describe(error.inner()))
        }
        _ => describe(first),
    }
}

/// What is wrong, in words that come from types only.
///
/// serde's own text holds the value that it found (`invalid type: string "…"`), and a custom message can hold anything:
/// of both only the tail is kept that names what was expected, and only where serde made it.
pub(crate) fn describe(error: &serde_json::Error) -> String {
    match error.classify() {
        Category::Io => "the answer could not be read".to_owned(),
        Category::Syntax => format!("the answer is not JSON (line {}, column {})", error.line(), error.column()),
        Category::Eof => format!("the answer is JSON cut short (line {}, column {})", error.line(), error.column()),
        Category::Data => {
            let text = error.to_string();
            let text = text.rsplit_once(" at line ").map_or(text.as_str(), |(text, _)| text);
            format!("the answer is not what the API describes: {}", expectation(text))
        }
    }
}

/// The part of serde's message that comes from the type.
fn expectation(text: &str) -> String {
    const STATIC: [&str; 3] =
        ["missing field `", "duplicate field `", "data did not match any variant of untagged enum "];
    const WITH_VALUE: [&str; 5] =
        ["invalid type: ", "invalid value: ", "invalid length ", "unknown variant ", "unknown field "];
    if STATIC.iter().any(|prefix| text.starts_with(prefix)) {
        return text.to_owned();
    }
    match text.rsplit_once(", expected ") {
        Some((found, expected)) if WITH_VALUE.iter().any(|prefix| found.starts_with(prefix)) => {
            format!("expected {expected}")
        }
        _ => "a value does not fit its type".to_owned(),
    }
}
