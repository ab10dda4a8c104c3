//! Credentials in addresses: user info, and query parameters whose name says what they are. They are hidden whoever wrote them.

use std::ops::Range;

use super::names::looks_secret;

/// The longest name of a parameter.
const LONGEST_NAME: usize = 64;
/// The longest address: without a limit, a server could make looking for them cost as much as it likes.
const LONGEST_ADDRESS: usize = 4096;

/// Where credentials stand in the addresses of a text.
pub(super) fn credentials(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    for (at, scheme_end) in text.match_indices("://") {
        let start = at + scheme_end.len();
        let user = user_info(word(&text[start..], LONGEST_ADDRESS, "\"'`"));
        if user > 0 {
            found.push(start..start + user);
        }
    }
    let mut done = 0;
    for (at, mark) in text.match_indices(['?', '&', '#']) {
        if at < done {
            continue;
        }
        let start = at + mark.len();
        let name = text[start..].bytes().take(LONGEST_NAME).take_while(|byte| is_of_name(*byte)).count();
        let Some(rest) = text[start + name..].strip_prefix('=') else { continue };
        if !looks_secret(&text[start..start + name]) {
            continue;
        }
        let value = word(rest, usize::MAX, "\"'`<>\\|&#").len();
        if value > 0 {
            let value_start = start + name + 1;
            done = value_start + value;
            found.push(value_start..done);
        }
    }
    found
}

/// How many bytes of an address behind its `://` are user and password.
fn user_info(address: &str) -> usize {
    let authority = &address[..address.find(['/', '?', '#']).unwrap_or(address.len())];
    if let Some(end) = authority.rfind('@') {
        return end;
    }
    // A password with a slash in it ends the authority too early; what stands behind the colon is then no port.
    let has_password =
        authority.rsplit_once(':').is_some_and(|(_, port)| !port.bytes().all(|byte| byte.is_ascii_digit()));
    match address.rfind('@') {
        Some(end) if has_password && !authority.ends_with(']') => end,
        _ => 0,
    }
}

/// The part up to white space, or to one of these, of at most so many characters.
fn word<'a>(text: &'a str, longest: usize, ends: &str) -> &'a str {
    let ends = |character: char| character.is_whitespace() || ends.contains(character);
    let end = text.char_indices().take(longest).take_while(|(_, character)| !ends(*character)).last();
    end.map_or("", |(start, last)| &text[..start + last.len_utf8()])
}

fn is_of_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-_.[]%".contains(&byte)
}
