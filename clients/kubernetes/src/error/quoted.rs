//! What the API server quotes of an object that it refuses.

/// What stands before a quoted value.
const MARKS: [&str; 2] = ["Invalid value: ", "Unsupported value: "];
/// What stands in its place.
const HIDDEN: &str = "(not shown)";

/// The text without the values that it quotes. Of a Secret whose patch is refused the server quotes all that is stored in it, also what
/// others have put there and no mask knows.
pub(crate) fn without_values(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(end) = MARKS.iter().filter_map(|mark| Some(rest.find(mark)? + mark.len())).min() {
        shown.push_str(&rest[..end]);
        shown.push_str(HIDDEN);
        rest = after_value(&rest[end..]);
    }
    shown.push_str(rest);
    shown
}

/// What follows a value. Where nobody can tell its end, nothing does.
fn after_value(text: &str) -> &str {
    if let Some(quoted) = text.strip_prefix('"') {
        let mut is_escaped = false;
        let end = quoted.find(|character: char| {
            let ends = character == '"' && !is_escaped;
            is_escaped = character == '\\' && !is_escaped;
            ends
        });
        return end.map_or("", |end| &quoted[end + 1..]);
    }
    let end = text.find(|character: char| !character.is_ascii_alphanumeric()).unwrap_or(text.len());
    if text[end..].starts_with(": ") { &text[end..] } else { "" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoted_values_go_and_what_is_wrong_with_them_stays() {
        for (text, shown) in [
            ("a is required", "a is required"),
            (
                r#" "" is invalid: patch: Invalid value: "{\"data\":{\"a\":\"b25l\\\\\"}}": no kind, and more"#,
                r#" "" is invalid: patch: Invalid value: (not shown): no kind, and more"#,
            ),
            (
                r#"type: Invalid value: "a": field is immutable, b: Unsupported value: "c": supported values: "d""#,
                r#"type: Invalid value: (not shown): field is immutable, b: Unsupported value: (not shown): supported values: "d""#,
            ),
            ("n: Invalid value: 5: must be less", "n: Invalid value: (not shown): must be less"),
            (r#"n: Invalid value: {"a": "b: c"}: no"#, "n: Invalid value: (not shown)"),
            (r#"n: Invalid value: "torn off"#, "n: Invalid value: (not shown)"),
            ("n: Invalid value: ", "n: Invalid value: (not shown)"),
        ] {
            assert_eq!(without_values(text), shown);
        }
    }
}
