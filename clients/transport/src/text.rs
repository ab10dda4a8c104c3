//! Text from elsewhere, made fit for one line of ours.

/// The most characters of a server's message that are kept.
pub const LIMIT: usize = 300;

/// One line of at most [`LIMIT`] characters: control characters and runs of white space become one blank, what is too
/// long ends in `…`.
#[must_use]
pub fn clean(text: &str) -> String {
    let mut line = String::new();
    let mut length = 0;
    for word in text.split(|character: char| character.is_whitespace() || is_hidden(character)) {
        if word.is_empty() {
            continue;
        }
        if length > 0 {
            line.push(' ');
            length += 1;
        }
        for character in word.chars() {
            if length >= LIMIT {
                line.push('…');
                return line;
            }
            line.push(character);
            length += 1;
        }
    }
    line
}

/// Control characters, and those that change the direction or the look of a terminal's line without being seen.
fn is_hidden(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}
