//! Patterns of names, in which `*` stands for any text.

/// Whether `text` fits `pattern`, in which `*` stands for any text: the pieces between the stars
/// have to follow each other, the first at the start and the last at the end.
#[must_use]
pub fn fits_pattern(pattern: &str, text: &str) -> bool {
    let Some((first, rest)) = pattern.split_once('*') else { return pattern == text };
    let (middle, last) = rest.rsplit_once('*').unwrap_or(("", rest));
    let Some(mut text) = text.strip_prefix(first).and_then(|text| text.strip_suffix(last)) else { return false };
    middle.split('*').all(|piece| match text.find(piece) {
        Some(start) => {
            text = &text[start + piece.len()..];
            true
        }
        None => false,
    })
}
