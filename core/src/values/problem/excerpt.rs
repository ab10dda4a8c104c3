//! The source line of a problem, with everything that must not be shown taken out.

use std::ops::Range;

use unicode_width::UnicodeWidthStr;

use crate::{
    text::escape,
    values::source::{Origin, SourceKind, Sources},
};

/// What stands where something is not shown.
const SECRET: &str = "(secret)";

/// The longest part of a line that is shown, in columns: a line of a megabyte helps nobody.
const MAX_WIDTH: usize = 160;

/// A source line as it is shown, and which part of it is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Excerpt {
    pub(super) text: String,
    /// Columns of the terminal before the part that is meant.
    pub(super) indent: usize,
    /// Columns of the part that is meant, at least one.
    pub(super) width: usize,
}

impl Excerpt {
    pub(crate) fn of(origin: Origin, sources: &Sources) -> Option<Self> {
        let (line, range) = sources.line(origin)?;
        let hidden = match sources.kind(origin.source) {
            SourceKind::Secrets => std::iter::once(range.start + key_prefix(line)..range.end).collect(),
            _ => sources.hidden(origin.source, &range),
        };
        let mark = Range { start: origin.start as usize, end: (origin.end as usize).min(range.end) };
        let shown = window(line, mark.start.saturating_sub(range.start));
        Some(Self::masked(line.get(shown.clone())?, range.start + shown.start, &hidden, mark))
    }

    /// Replaces the hidden ranges (offsets of the source, in order) and finds where the mark falls then.
    fn masked(line: &str, line_start: usize, hidden: &[Range<usize>], mark: Range<usize>) -> Self {
        let mut shown = Shown { text: String::new(), mark, start: None, end: 0 };
        let line_end = line_start + line.len();
        let mut position = line_start;
        for range in hidden {
            let start = range.start.clamp(position, line_end);
            let end = range.end.clamp(start, line_end);
            shown.copy(line, line_start, position..start);
            if start < end {
                if shown.text.ends_with(':') {
                    shown.text.push(' ');
                }
                shown.replace(SECRET, start..end);
            }
            position = end;
        }
        shown.copy(line, line_start, position..line_end);
        shown.finish()
    }
}

/// A line while it is put together.
struct Shown {
    text: String,
    mark: Range<usize>,
    start: Option<usize>,
    end: usize,
}

impl Shown {
    fn copy(&mut self, line: &str, line_start: usize, range: Range<usize>) {
        let Some(part) = line.get(range.start - line_start..range.end - line_start) else { return };
        for (offset, character) in part.char_indices() {
            self.meet(range.start + offset..range.start + offset + character.len_utf8());
            match escape(character) {
                // a tab has no fixed width
                _ if character == '\t' => self.text.push(' '),
                // a control character may do anything to a terminal
                Some(escape) => self.text.push_str(&escape),
                None => self.text.push(character),
            }
            self.leave(range.start + offset);
        }
    }

    fn replace(&mut self, text: &str, range: Range<usize>) {
        let offset = range.start;
        self.meet(range);
        self.text.push_str(text);
        self.leave(offset);
    }

    /// Called before the piece that stood at `range` is shown.
    fn meet(&mut self, range: Range<usize>) {
        if self.start.is_none() && range.end > self.mark.start {
            self.start = Some(self.text.width());
        }
    }

    /// Called after the piece that began at `offset` is shown.
    fn leave(&mut self, offset: usize) {
        if offset < self.mark.end {
            self.end = self.text.width();
        }
    }

    fn finish(self) -> Excerpt {
        let text_end = self.text.trim_end().len();
        let mut text = self.text;
        text.truncate(text_end);
        let mut indent = self.start.unwrap_or_else(|| text.width());
        let mut width = self.end.saturating_sub(indent).min(text.width().saturating_sub(indent)).max(1);
        if text.width() > MAX_WIDTH {
            // keep a part that begins shortly before the mark
            let skipped = text.chars().take(indent.saturating_sub(40)).collect::<String>();
            let kept: String = text.chars().skip(skipped.chars().count()).take(MAX_WIDTH).collect();
            indent = indent.saturating_sub(skipped.width()) + 1;
            width = width.min(MAX_WIDTH.saturating_sub(indent)).max(1);
            text = format!("…{kept}…");
        }
        Excerpt { text, indent, width }
    }
}

/// The part of a line around an offset that is worth looking at: all of it, unless it is very long.
fn window(line: &str, offset: usize) -> Range<usize> {
    let boundary = |index: usize| (index..line.len()).find(|&index| line.is_char_boundary(index)).unwrap_or(line.len());
    boundary(offset.saturating_sub(MAX_WIDTH))..boundary(offset.saturating_add(4 * MAX_WIDTH))
}

/// Length of the part of a line that is a key with its colon: all that is shown of a secrets file.
fn key_prefix(line: &str) -> usize {
    let body = line.trim_start_matches([' ', '-']);
    let key = body.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(byte)).count();
    let before = line.len() - body.len();
    match body.get(key..) {
        Some(rest) if key > 0 && (rest == ":" || rest.starts_with(": ")) => before + key + 1,
        _ => before,
    }
}
