//! What to do about a value of another type, where YAML made of a text what nobody meant. No hint holds a value.

use crate::values::tree::{Content, Node};

/// The words that older YAML takes for true and false.
const SWITCHES: [&str; 4] = ["yes", "no", "on", "off"];

/// `expected` is what a message says is expected.
pub(super) fn of(expected: &str, node: &Node) -> Option<&'static str> {
    let is_scalar = matches!(node.content, Content::Bool(_) | Content::Number(_));
    match (expected, &node.content) {
        ("a string", _) if is_scalar => Some("put it in quotes: without them YAML takes it for a number or a boolean"),
        ("a list", Content::Text(_)) => Some("write it as a list: `[…]`, or one item after each `- `"),
        ("a list", _) if is_scalar => Some("write it as a list of texts in quotes: `['…']`"),
        ("`true` or `false`", Content::Text(text)) if SWITCHES.contains(&text.to_lowercase().as_str()) => {
            Some("write `true` or `false`: `yes`, `no`, `on` and `off` are texts")
        }
        ("`true` or `false`", Content::Text(text)) if matches!(&**text, "true" | "false") => {
            Some("take the quotes away")
        }
        ("a whole number" | "a number", Content::Text(text)) if text.parse::<f64>().is_ok() => {
            Some("take the quotes away")
        }
        _ => None,
    }
}
