//! Secrets in text that has no tree because its syntax is broken: found line by line, by the name of the key.

use super::compose::is_secret_name;
use super::source::{Origin, SourceId};

/// The rest of each line behind a key that by its name holds a secret; to the end of the text where the value
/// may go on over further lines.
pub(crate) fn find(source: SourceId, text: &str) -> Vec<Origin> {
    let mut found = Vec::new();
    let mut start = 0;
    let mut deeper_than: Option<usize> = None;
    for line in text.split_inclusive('\n') {
        let indent = line.len() - line.trim_start().len();
        let blank = line.trim().is_empty();
        if deeper_than.is_some_and(|depth| !blank && indent <= depth) {
            deeper_than = None;
        }
        if deeper_than.is_some() {
            found.push(Origin::new(source, start..start + line.trim_end().len()));
        } else if let Some(value) = secret_value(line) {
            found.push(Origin::new(source, start + value..start + line.trim_end().len()));
            deeper_than = Some(indent);
        }
        start += line.len();
    }
    found
}

/// Where in a line the value of the first secret key begins.
fn secret_value(line: &str) -> Option<usize> {
    line.match_indices(':').map(|(colon, _)| colon).find_map(|colon| {
        let before = line[..colon].trim_end_matches(['"', '\'', ' ']);
        let key_start = before.rfind(|character: char| !character.is_alphanumeric() && character != '_');
        let key = &before[key_start.map_or(0, |index| index + 1)..];
        let rest = line[colon + 1..].trim_start();
        let value = line.len() - rest.len();
        (is_secret_name(key) && !rest.is_empty()).then_some(value)
    })
}
