//! Says of a text why it is no JSON, in the words of the API server's decoder.

use std::fmt::Write as _;

const END: &str = "unexpected end of JSON input";

/// The first thing that is wrong with a text that is no JSON.
pub(crate) fn why_not_json(text: &[u8]) -> String {
    let mut scanner = Scanner { text, at: 0 };
    let read = scanner.value().and_then(|()| match scanner.peek() {
        None => Ok(()),
        Some(byte) => Err(invalid(byte, "after top-level value")),
    });
    read.err().unwrap_or_else(|| END.to_owned())
}

/// A text between quotes, with what cannot be shown escaped, as error messages have it.
pub(crate) fn quoted(text: &str) -> String {
    let mut shown = String::with_capacity(text.len() + 2);
    shown.push('"');
    for character in text.chars() {
        // writing into a String cannot fail
        let _ = match character {
            '"' => write!(shown, "\\\""),
            '\\' => write!(shown, "\\\\"),
            '\n' => write!(shown, "\\n"),
            '\t' => write!(shown, "\\t"),
            '\r' => write!(shown, "\\r"),
            other if other.is_control() && u32::from(other) < 0x80 => write!(shown, "\\x{:02x}", u32::from(other)),
            other if other.is_control() => write!(shown, "\\u{:04x}", u32::from(other)),
            other => write!(shown, "{other}"),
        };
    }
    shown.push('"');
    shown
}

fn invalid(byte: u8, context: &str) -> String {
    let shown = match byte {
        b'\'' => r"'\''".to_owned(),
        b'"' => "'\"'".to_owned(),
        other => {
            let text = quoted(&char::from(other).to_string());
            format!("'{}'", &text[1..text.len() - 1])
        }
    };
    format!("invalid character {shown} {context}")
}

struct Scanner<'a> {
    text: &'a [u8],
    at: usize,
}

type Scanned = Result<(), String>;

impl Scanner<'_> {
    /// The next byte that is no white space.
    fn peek(&mut self) -> Option<u8> {
        while self.text.get(self.at).is_some_and(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
        self.text.get(self.at).copied()
    }

    fn next(&mut self) -> Result<u8, String> {
        let byte = self.text.get(self.at).copied().ok_or_else(|| END.to_owned())?;
        self.at += 1;
        Ok(byte)
    }

    fn value(&mut self) -> Scanned {
        match self.peek().ok_or_else(|| END.to_owned())? {
            b'{' => self.object(),
            b'[' => self.list(),
            b'"' => self.string(),
            b't' => self.literal("true"),
            b'f' => self.literal("false"),
            b'n' => self.literal("null"),
            b'-' | b'0'..=b'9' => self.number(),
            other => Err(invalid(other, "looking for beginning of value")),
        }
    }

    fn object(&mut self) -> Scanned {
        self.at += 1;
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(());
        }
        loop {
            match self.peek().ok_or_else(|| END.to_owned())? {
                b'"' => self.string()?,
                other => return Err(invalid(other, "looking for beginning of object key string")),
            }
            match self.peek().ok_or_else(|| END.to_owned())? {
                b':' => self.at += 1,
                other => return Err(invalid(other, "after object key")),
            }
            self.value()?;
            match self.peek().ok_or_else(|| END.to_owned())? {
                b',' => self.at += 1,
                b'}' => {
                    self.at += 1;
                    return Ok(());
                }
                other => return Err(invalid(other, "after object key:value pair")),
            }
        }
    }

    fn list(&mut self) -> Scanned {
        self.at += 1;
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(());
        }
        loop {
            self.value()?;
            match self.peek().ok_or_else(|| END.to_owned())? {
                b',' => self.at += 1,
                b']' => {
                    self.at += 1;
                    return Ok(());
                }
                other => return Err(invalid(other, "after array element")),
            }
        }
    }

    fn string(&mut self) -> Scanned {
        self.at += 1;
        loop {
            match self.next()? {
                b'"' => return Ok(()),
                b'\\' => self.escape()?,
                other if other < 0x20 => return Err(invalid(other, "in string literal")),
                _ => {}
            }
        }
    }

    fn escape(&mut self) -> Scanned {
        match self.next()? {
            b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => Ok(()),
            b'u' => {
                for _ in 0..4 {
                    let digit = self.next()?;
                    if !digit.is_ascii_hexdigit() {
                        return Err(invalid(digit, "in \\u hexadecimal character escape"));
                    }
                }
                Ok(())
            }
            other => Err(invalid(other, "in string escape code")),
        }
    }

    fn literal(&mut self, word: &str) -> Scanned {
        self.at += 1;
        for expected in &word.as_bytes()[1..] {
            let byte = self.next()?;
            if byte != *expected {
                return Err(invalid(byte, &format!("in literal {word} (expecting '{}')", char::from(*expected))));
            }
        }
        Ok(())
    }

    fn number(&mut self) -> Scanned {
        if self.text[self.at] == b'-' {
            self.at += 1;
        }
        match self.next()? {
            b'0' => {}
            b'1'..=b'9' => self.digits(),
            other => return Err(invalid(other, "in numeric literal")),
        }
        if self.text.get(self.at) == Some(&b'.') {
            self.at += 1;
            self.digit("after decimal point in numeric literal")?;
        }
        if matches!(self.text.get(self.at), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.text.get(self.at), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digit("in exponent of numeric literal")?;
        }
        Ok(())
    }

    fn digit(&mut self, context: &str) -> Scanned {
        let byte = self.next()?;
        if !byte.is_ascii_digit() {
            return Err(invalid(byte, context));
        }
        self.digits();
        Ok(())
    }

    fn digits(&mut self) {
        while self.text.get(self.at).is_some_and(u8::is_ascii_digit) {
            self.at += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_json_is_explained_as_the_server_does() {
        let cases: [(&[u8], &str); 8] = [
            (b"{not json", "invalid character 'n' looking for beginning of object key string"),
            (b"", END),
            (b"{", END),
            (b"one", "invalid character 'o' looking for beginning of value"),
            (b"n\xba", "invalid character '\u{ba}' in literal null (expecting 'u')"),
            (b"{\"a\" 1}", "invalid character '1' after object key"),
            (b"[1 2]", "invalid character '2' after array element"),
            (b"{} x", "invalid character 'x' after top-level value"),
        ];
        for (text, why) in cases {
            assert_eq!(why_not_json(text), why);
        }
    }
}
