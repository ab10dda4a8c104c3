//! Credentials in addresses: user info, and query parameters whose name says what they are. They are hidden whoever wrote them.

use std::ops::Range;

use super::names::looks_secret;

/// The longest name of a parameter.
const LONGEST_NAME: usize = 64;
/// The longest address: without a limit, a server could make looking for them cost as much as it likes.
const LONGEST_ADDRESS: usize = 4096;

/// Where credentials stand in the addresses of a text, which has the escapes that it has: each layer of them is a text of its own.
pub(super) fn credentials(text: &[u8]) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut done = 0;
    for (at, byte) in text.iter().enumerate() {
        match byte {
            b':' if text[at..].starts_with(b"://") => {
                let start = at + 3;
                let user = user_info(word(&text[start..], LONGEST_ADDRESS, b"\"'`"));
                if user > 0 {
                    found.push(start..start + user);
                }
            }
            b'?' | b'&' | b'#' if at >= done => {
                if let Some(value) = confidential_value(text, at + 1) {
                    done = value.end;
                    found.push(value);
                }
            }
            _ => {}
        }
    }
    found
}

/// The value of the parameter whose name begins here, if the name says that it is confidential.
fn confidential_value(text: &[u8], start: usize) -> Option<Range<usize>> {
    let length = text[start..].iter().take(LONGEST_NAME).take_while(|byte| is_of_name(**byte)).count();
    let name = std::str::from_utf8(&text[start..start + length]).ok()?;
    let value = text[start + length..].strip_prefix(b"=")?;
    if !looks_secret(name) {
        return None;
    }
    let value_start = start + length + 1;
    let end = value_start + word(value, usize::MAX, b"\"'`<>\\|&#").len();
    (end > value_start).then_some(value_start..end)
}

/// How many bytes of an address behind its `://` are user and password.
fn user_info(address: &[u8]) -> usize {
    let authority = address.split(|byte| b"/?#".contains(byte)).next().unwrap_or(address);
    let at = |text: &[u8]| text.iter().rposition(|byte| *byte == b'@');
    if let Some(end) = at(authority) {
        return end;
    }
    // A password with a slash in it ends the authority too early; what stands behind the colon is then no port.
    let colon = authority.iter().rposition(|byte| *byte == b':');
    let has_password = colon.is_some_and(|colon| !authority[colon + 1..].iter().all(u8::is_ascii_digit));
    match at(address) {
        Some(end) if has_password && !authority.ends_with(b"]") => end,
        _ => 0,
    }
}

/// The part up to white space, or to one of these, of at most so many bytes.
fn word<'a>(text: &'a [u8], longest: usize, ends: &[u8]) -> &'a [u8] {
    let end = |byte: &u8| byte.is_ascii_whitespace() || ends.contains(byte);
    &text[..text.iter().take(longest).take_while(|byte| !end(byte)).count()]
}

fn is_of_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-_.[]%".contains(&byte)
}
