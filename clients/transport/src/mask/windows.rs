//! A long text in windows, so that looking into it needs memory for a window and not for the whole.

use std::{iter::from_fn, ops::Range};

/// How long a window is, if its last line does not make it longer.
pub(super) const WINDOW: usize = 64 * 1024;
/// How much of what came before a window shows again: pieces of secrets go over the ends of lines, and base64, escapes and addresses do not. The
/// longest secret of which a window has to see more than a piece is far shorter.
const OVERLAP: usize = 4 * 1024;

/// Windows of whole lines that overlap.
pub(super) fn of(text: &[u8]) -> impl Iterator<Item = Range<usize>> + '_ {
    let mut done = 0;
    from_fn(move || {
        if done >= text.len() {
            return None;
        }
        let end = line_end(text, done.saturating_add(WINDOW));
        let window = overlap(text, done)..end;
        done = end;
        Some(window)
    })
}

/// The first end of a line that is not before this place.
fn line_end(text: &[u8], from: usize) -> usize {
    let rest = text.get(from..).unwrap_or_default();
    rest.iter().position(|byte| *byte == b'\n').map_or(text.len(), |at| from + at + 1)
}

/// Where the window begins of which what is before `done` has been seen: with a line, of which no more is seen again than that it ends
/// where the overlap begins.
fn overlap(text: &[u8], done: usize) -> usize {
    match done.checked_sub(OVERLAP) {
        Some(from) if from > 0 => line_end(text, from).min(done),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_of_lines_is_seen_whole_in_small_windows() {
        let text = "a line of a report, with an end\n".repeat(20_000);
        let windows: Vec<_> = of(text.as_bytes()).collect();
        assert!(windows.len() > 8);
        assert!(windows.iter().all(|window| window.len() < WINDOW + OVERLAP + 64));
        let over_the_end = windows.windows(2).all(|two| two[1].start + OVERLAP / 2 < two[0].end);
        assert!(over_the_end, "{windows:?}");
        assert_eq!((windows[0].start, windows.last().unwrap().end), (0, text.len()));
        assert_eq!(of(b"").count(), 0);
    }
}
