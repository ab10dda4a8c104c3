//! A text line by line: that of many objects is never in memory as a whole.

use std::io::{self, Read};

use secrecy::zeroize::Zeroizing;

/// How much is read at once.
const CHUNK: usize = 64 * 1024;

/// The whole lines of a text. The first line of an inventory holds a key, so that nothing of what was read stays in memory.
pub(super) struct Lines<'a> {
    source: &'a mut dyn Read,
    buffer: Zeroizing<Vec<u8>>,
    /// Where in the buffer the next line begins, and where what was read ends.
    start: usize,
    end: usize,
}

impl<'a> Lines<'a> {
    pub(super) fn new(source: &'a mut dyn Read) -> Self {
        Self { source, buffer: Zeroizing::new(vec![0; CHUNK]), start: 0, end: 0 }
    }

    /// The next line without its end; `None` where no whole line is left.
    pub(super) fn next(&mut self) -> io::Result<Option<&[u8]>> {
        let mut seen = self.start;
        loop {
            let new = self.buffer[seen..self.end].iter().position(|byte| *byte == b'\n');
            if let Some(length) = new.map(|position| seen + position - self.start) {
                let line = self.start..self.start + length;
                self.start += length + 1;
                return Ok(Some(&self.buffer[line]));
            }
            seen = self.end - self.start;
            if self.read_more()? == 0 {
                return Ok(None);
            }
        }
    }

    /// Whether nothing is left: the text ended with a whole line.
    pub(super) const fn is_at_end(&self) -> bool {
        self.start == self.end
    }

    fn read_more(&mut self) -> io::Result<usize> {
        self.buffer.copy_within(self.start..self.end, 0);
        (self.start, self.end) = (0, self.end - self.start);
        if self.end == self.buffer.len() {
            let mut longer = Zeroizing::new(vec![0; 2 * self.buffer.len()]);
            longer[..self.end].copy_from_slice(&self.buffer);
            self.buffer = longer;
        }
        loop {
            match self.source.read(&mut self.buffer[self.end..]) {
                Ok(read) => {
                    self.end += read;
                    return Ok(read);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives a few bytes at a time.
    struct Slow<'a>(&'a [u8], usize);

    impl Read for Slow<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let count = self.1.min(self.0.len()).min(buffer.len());
            let (now, later) = self.0.split_at(count);
            buffer[..count].copy_from_slice(now);
            self.0 = later;
            Ok(count)
        }
    }

    #[test]
    fn lines_are_the_same_however_they_are_read() {
        let long = "x".repeat(3 * CHUNK);
        let text = format!("a\n\n{long}\nlast");
        for step in [1_000, CHUNK - 1, CHUNK, usize::MAX] {
            let mut source = Slow(text.as_bytes(), step);
            let mut lines = Lines::new(&mut source);
            for expected in ["a", "", &long] {
                assert_eq!(lines.next().unwrap(), Some(expected.as_bytes()), "{step}");
            }
            assert_eq!(lines.next().unwrap(), None, "a torn line is none");
            assert!(!lines.is_at_end());
        }
    }

    #[test]
    fn a_text_that_ends_with_a_line_is_whole() {
        for (text, count) in [("", 0), ("\n", 1), ("a\nb\n", 2)] {
            let mut source = text.as_bytes();
            let mut lines = Lines::new(&mut source);
            assert_eq!(std::iter::from_fn(|| lines.next().unwrap().map(drop)).count(), count);
            assert!(lines.is_at_end());
        }
    }
}
