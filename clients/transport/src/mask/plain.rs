//! A text without its escapes: what JSON, Rust, HTML and addresses have escaped, once or several times over.

use std::{borrow::Cow, ops::Range};

/// How often escapes are undone. Each layer of a system adds at most one.
const MOST_LAYERS: usize = 4;

/// A text without its escapes, and where each byte of it came from.
pub(super) struct Plain<'a> {
    bytes: Cow<'a, [u8]>,
    /// Where in the original each byte begins, and at last where the original ends; empty where nothing was changed.
    starts: Vec<usize>,
}

impl<'a> Plain<'a> {
    /// Undoes escapes until there are none. Runs of white space become one blank, as in every message of ours.
    pub(super) fn of(text: &'a [u8]) -> Self {
        Self::of_seeing(text, |_| {})
    }

    /// As [`of`](Self::of), and shows what is left each time that one layer of escapes is gone.
    pub(super) fn of_seeing(text: &'a [u8], mut see: impl FnMut(&Self)) -> Self {
        let mut plain = Self { bytes: Cow::Borrowed(text), starts: Vec::new() };
        if is_plain(text) {
            return plain;
        }
        for _ in 0..MOST_LAYERS {
            let next = plain.unescaped();
            let is_last = next.bytes == plain.bytes || !next.bytes.iter().any(is_escape);
            plain = next;
            see(&plain);
            if is_last {
                break;
            }
        }
        plain
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Where a part came from.
    pub(super) fn origin(&self, part: Range<usize>) -> Range<usize> {
        self.start(part.start)..self.start(part.end)
    }

    fn start(&self, at: usize) -> usize {
        self.starts.get(at).copied().unwrap_or(at)
    }

    fn unescaped(&self) -> Plain<'static> {
        let mut next = Builder { bytes: Vec::with_capacity(self.bytes.len()), starts: Vec::new() };
        let mut at = 0;
        while let Some(&byte) = self.bytes.get(at) {
            let rest = &self.bytes[at..];
            let (decoded, length) = match byte {
                b'\\' => backslash(rest),
                b'%' => percent(rest),
                b'&' => entity(rest),
                _ => None,
            }
            .unwrap_or((Decoded::Byte(byte), 1));
            next.push(decoded, self.start(at));
            at += length;
        }
        next.starts.push(self.start(self.bytes.len()));
        Plain { bytes: Cow::Owned(next.bytes), starts: next.starts }
    }
}

/// Whether there is nothing to undo.
fn is_plain(text: &[u8]) -> bool {
    let blank_twice = || text.windows(2).any(|two| two == b"  ");
    !text.iter().any(|byte| is_escape(byte) || byte.is_ascii_control()) && !blank_twice()
}

const fn is_escape(byte: &u8) -> bool {
    matches!(byte, b'\\' | b'%' | b'&')
}

/// A text that is being made.
struct Builder {
    bytes: Vec<u8>,
    starts: Vec<usize>,
}

impl Builder {
    fn push(&mut self, decoded: Decoded, start: usize) {
        let mut buffer = [0; 4];
        let bytes = match decoded {
            Decoded::Byte(byte) => {
                buffer[0] = byte;
                &buffer[..1]
            }
            Decoded::Character(character) => character.encode_utf8(&mut buffer).as_bytes(),
        };
        for byte in bytes {
            let byte = if byte.is_ascii_whitespace() || byte.is_ascii_control() { b' ' } else { *byte };
            if byte == b' ' && self.bytes.last() == Some(&b' ') {
                continue;
            }
            self.bytes.push(byte);
            self.starts.push(start);
        }
    }
}

/// What stands behind an escape.
enum Decoded {
    Byte(u8),
    Character(char),
}

/// An escape of JSON or Rust, with its length.
fn backslash(text: &[u8]) -> Option<(Decoded, usize)> {
    let byte = match text.get(1)? {
        b'n' | b'r' | b't' | b'b' | b'f' => b' ',
        quoted @ (b'"' | b'\'' | b'\\' | b'/') => *quoted,
        b'x' => return Some((Decoded::Byte(u8::try_from(hexadecimal(text.get(2..4)?)?).ok()?), 4)),
        b'u' if text.get(2) == Some(&b'{') => {
            let digits = text.get(3..)?.iter().take(7).position(|byte| *byte == b'}')?;
            let code = hexadecimal(&text[3..3 + digits])?;
            return Some((Decoded::Character(char::from_u32(code)?), digits + 4));
        }
        b'u' => return utf16(text),
        _ => return None,
    };
    Some((Decoded::Byte(byte), 2))
}

/// `\uXXXX`, or two of them for one character.
fn utf16(text: &[u8]) -> Option<(Decoded, usize)> {
    let unit = |at: usize| {
        let escape = text.get(at..at + 6).filter(|escape| escape.starts_with(b"\\u"))?;
        u16::try_from(hexadecimal(&escape[2..])?).ok()
    };
    let first = unit(0)?;
    match char::from_u32(first.into()) {
        Some(character) => Some((Decoded::Character(character), 6)),
        None => {
            let character = char::decode_utf16([first, unit(6)?]).next()?.ok()?;
            Some((Decoded::Character(character), 12))
        }
    }
}

fn percent(text: &[u8]) -> Option<(Decoded, usize)> {
    Some((Decoded::Byte(u8::try_from(hexadecimal(text.get(1..3)?)?).ok()?), 3))
}

/// An entity of HTML or XML.
fn entity(text: &[u8]) -> Option<(Decoded, usize)> {
    let end = text.iter().take(12).position(|byte| *byte == b';')?;
    let name = std::str::from_utf8(&text[1..end]).ok()?;
    let character = match name {
        "lt" => '<',
        "gt" => '>',
        "amp" => '&',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => ' ',
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(digits) => hexadecimal(digits.as_bytes())?,
                None => number.parse().ok()?,
            };
            char::from_u32(code)?
        }
    };
    Some((Decoded::Character(character), end + 1))
}

fn hexadecimal(digits: &[u8]) -> Option<u32> {
    let is_number = !digits.is_empty() && digits.iter().all(u8::is_ascii_hexdigit);
    is_number.then(|| u32::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok())?
}
