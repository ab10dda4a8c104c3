//! JSON text without secrets, text by text: it stays JSON, and its order and layout what they were. Whole documents are never taken apart: that would need
//! ten times the memory of the output.

use std::borrow::Cow;

use evenkeel_transport::Mask;

/// The document with every text and every name in it masked.
pub(super) fn masked(document: &str, mask: &Mask) -> String {
    let mut masked = String::with_capacity(document.len() + 1);
    let mut rest = document;
    while let Some(start) = rest.find('"') {
        let (before, text) = rest.split_at(start);
        masked.push_str(before);
        let (text, behind) = text.split_at(text_end(text));
        masked.push_str(&masked_text(text, mask));
        rest = behind;
    }
    masked.push_str(rest);
    masked
}

/// How long the text is with which this begins, its quotes included.
fn text_end(text: &str) -> usize {
    let mut is_escaped = false;
    let end = text.bytes().skip(1).position(|byte| {
        let ends = byte == b'"' && !is_escaped;
        is_escaped = byte == b'\\' && !is_escaped;
        ends
    });
    end.map_or(text.len(), |end| end + 2)
}

/// A text, in its quotes.
fn masked_text<'a>(quoted: &'a str, mask: &Mask) -> Cow<'a, str> {
    if matches!(mask.leaving(quoted), Cow::Borrowed(_)) {
        return Cow::Borrowed(quoted);
    }
    // What is masked inside of its escapes may take a quote or half an escape along.
    let text = serde_json::from_str::<String>(quoted).unwrap_or_default();
    Cow::Owned(serde_json::Value::String(mask.leaving(&text).into_owned()).to_string())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn a_document_that_holds_a_secret_stays_json_in_its_order() {
        let mask = Mask::default();
        mask.learn("canary \"Pass\" \\1");
        let document =
            r#"{"zebra": "got canary \"Pass\" \\1", "apple": [1, "\\"], "canary \"Pass\" \\1": {"note": "x\\\"y"}}"#;
        let masked = masked(document, &mask);
        assert_eq!(masked, r#"{"zebra": "got (secret)", "apple": [1, "\\"], "(secret)": {"note": "x\\\"y"}}"#);
        let value: Value = serde_json::from_str(&masked).unwrap();
        assert_eq!(value["apple"], json!([1, "\\"]));
    }

    #[test]
    fn what_holds_no_secret_stays_byte_for_byte() {
        let mask = Mask::default();
        mask.learn("canary-Pass.1");
        for document in ["", "{\n  \"a\": \"\\u0041\\n\"\n}", "[\"\", \"half"] {
            assert_eq!(masked(document, &mask), document);
        }
    }
}
