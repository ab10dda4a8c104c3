//! Text from elsewhere, fit to be shown: nothing in it moves a cursor, makes a line of its own or turns what is read around.

use std::borrow::Cow;

/// One line: control characters and those that change direction or look without being seen are written as `\n`, `\u202e` and so on.
///
/// For every name, message and value from values, servers and inventories, on its way into text for people. Inside of a JSON text the result
/// means the same as before.
#[must_use]
pub fn visible(text: &str) -> Cow<'_, str> {
    escaped(text, |_| false)
}

/// As [`visible`], but lines stay lines: for texts that are made of several pieces.
#[must_use]
pub fn visible_lines(text: &str) -> Cow<'_, str> {
    escaped(text, |character| character == '\n')
}

/// What is written in place of this character; `None` for one that can be seen as it is.
#[must_use]
pub fn escape(character: char) -> Option<String> {
    match character {
        '\n' => Some("\\n".to_owned()),
        '\r' => Some("\\r".to_owned()),
        '\t' => Some("\\t".to_owned()),
        hidden if is_hidden(hidden) => {
            Some(hidden.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")).collect())
        }
        _ => None,
    }
}

fn escaped(text: &str, stays: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.chars().any(|character| is_hidden(character) && !stays(character)) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        match escape(character) {
            Some(escape) if !stays(character) => shown.push_str(&escape),
            _ => shown.push(character),
        }
    }
    Cow::Owned(shown)
}

/// Control characters, those that set the direction of text (Unicode Standard Annex 9), line and paragraph separators, what has no width, and
/// the invisible tags.
fn is_hidden(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_move_the_cursor_or_turn_the_text_is_shown_escaped() {
        assert_eq!(visible("a\u{1b}[2Kb\r\nc\u{202e}d\u{7f}\u{9b}"), r"a\u001b[2Kb\r\nc\u202ed\u007f\u009b");
        assert_eq!(visible("\u{e0041}"), r"\udb40\udc41");
        assert_eq!(visible_lines("a\nb\u{2066}\n"), "a\nb\\u2066\n");
    }

    #[test]
    fn what_people_write_stays_as_it_is() {
        for text in ["Zoë Ωmega – 日本語", "a/b\\c \"d\"", "👩🏽", ""] {
            assert!(matches!(visible(text), Cow::Borrowed(same) if same == text), "{text}");
        }
    }

    #[test]
    fn an_escaped_json_text_means_the_same() {
        let value = serde_json::json!({"na\u{202e}me": "a\u{85}\u{e0041}\u{7f}b\n"});
        let text = serde_json::to_string_pretty(&value).unwrap();
        let shown = visible_lines(&text);
        assert!(shown.is_ascii(), "{shown}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&shown).unwrap(), value);
    }
}
