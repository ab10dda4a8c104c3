//! One mask for a whole run: it knows every secret of the run so far, and takes them out of texts.
//!
//! A secret reaches a text in many ways: a server quotes what it was sent, in whole or cut short; a proxy decodes the
//! `user:password` of a login; a page escapes it for HTML, a log for JSON. So the mask does not look for spellings. It undoes
//! every escape and every base64 of the *text* (`plain`, `base64`) and looks there for pieces of the secrets (`pieces`).
//! The cost depends on the text, and not on how many secrets there are.
//!
//! It is applied twice: where text [enters](Mask::entering) from a server, and where text [leaves](Mask::leaving) to people.
//! Clones are the same mask.

mod address;
mod base64;
mod credentials;
mod names;
mod pieces;
mod plain;
mod windows;

use std::{
    borrow::Cow,
    fmt,
    ops::Range,
    sync::{Arc, PoisonError, RwLock},
};

use serde_json::{Map, Value};

pub(crate) use credentials::credentials_in;
pub use names::looks_secret;
pub(crate) use names::{collect, is_confidential};
use pieces::{Pieces, Reach};
use plain::Plain;

/// What stands in a secret's place.
pub const MASK: &str = "(secret)";

/// How often base64 is looked for inside of base64: an image pull secret holds it twice.
const DEEPEST: u8 = 2;

/// The secrets of a run. See the module's words.
#[derive(Clone, Default)]
pub struct Mask(Arc<RwLock<Pieces>>);

impl Mask {
    /// Knows this secret from now on. Fewer than 4 characters are no secret, and would take harmless words apart; a public
    /// certificate is none either. Of an image pull secret, logins are learnt: its host is no secret.
    pub fn learn(&self, secret: &str) {
        match serde_json::from_str::<Map<String, Value>>(secret) {
            Ok(document) if holds_logins(&document) => self.learn_fields(secret.as_bytes()),
            _ => self.learn_text(secret),
        }
    }

    /// Knows what a header of this text says in confidence: what follows its scheme, and the password of a user.
    pub fn learn_credential(&self, header: &str) {
        credentials_in(header).iter().for_each(|text| self.learn_text(text));
    }

    /// Knows the confidential fields of a JSON document from now on, if it has any: the tokens in the answer to a login. Of a user and
    /// password in base64 it knows the password as well.
    pub(crate) fn learn_fields(&self, document: &[u8]) {
        let mut confidential = Vec::new();
        if let Ok(document) = serde_json::from_slice(document) {
            names::collect(&document, false, &mut confidential);
        }
        for text in &confidential {
            self.learn_text(text);
            if let Some(password) = password_in(text) {
                self.learn_text(&password);
            }
        }
    }

    fn learn_text(&self, text: &str) {
        if !is_secret(text) || self.pieces(|pieces| pieces.knows(text)) {
            return;
        }
        let mut pieces = self.0.write().unwrap_or_else(PoisonError::into_inner);
        pieces.add(text.as_bytes());
        let plain = Plain::of(text.as_bytes());
        if plain.bytes() != text.as_bytes() {
            pieces.add(plain.bytes());
        }
    }

    /// A text that a server has sent, without secrets.
    #[must_use]
    pub fn entering(&self, text: &str) -> String {
        self.masked(text, Reach::All).into_owned()
    }

    /// A text of ours, without secrets. Those of fewer than 8 characters, or of small letters alone, are left to
    /// [`entering`](Self::entering): in our own words they may be any word, such as `admin`.
    #[must_use]
    pub fn leaving<'a>(&self, text: &'a str) -> Cow<'a, str> {
        self.masked(text, Reach::NoWords)
    }

    /// A document that a server has sent, without secrets in texts and in names.
    #[must_use]
    pub fn entering_json(&self, value: Value) -> Value {
        mapped(value, &|text| self.entering(&text))
    }

    /// A document of ours, without secrets in texts and in names.
    #[must_use]
    pub fn leaving_json(&self, value: Value) -> Value {
        mapped(value, &|text| match self.leaving(&text) {
            Cow::Owned(masked) => masked,
            Cow::Borrowed(_) => text,
        })
    }

    fn masked<'a>(&self, text: &'a str, reach: Reach) -> Cow<'a, str> {
        let mut found = Vec::new();
        for window in windows::of(text.as_bytes()) {
            let begin = found.len();
            self.pieces(|pieces| find(pieces, &text.as_bytes()[window.clone()], reach, DEEPEST, &mut found));
            let seen = joined(found.split_off(begin)).into_iter();
            found.extend(seen.map(|part| window.start + part.start..window.start + part.end));
        }
        if found.is_empty() { Cow::Borrowed(text) } else { Cow::Owned(without(text, &joined(found))) }
    }

    fn pieces<R>(&self, look: impl FnOnce(&Pieces) -> R) -> R {
        // What a panicking thread left behind knows what it had learnt.
        look(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl fmt::Debug for Mask {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Mask")
    }
}

/// Whether a document is an image pull secret, of the present form or of the one before.
fn holds_logins(document: &Map<String, Value>) -> bool {
    let are_logins = || document.values().all(|registry| registry.get("auth").is_some());
    document.contains_key("auths") || (!document.is_empty() && are_logins())
}

/// The password in the base64 of a user and a password.
fn password_in(text: &str) -> Option<String> {
    let pair = String::from_utf8(base64::decodings(text.as_bytes()).next()?).ok()?;
    let (_, password) = pair.split_once(':')?;
    Some(password.to_owned()).filter(|password| !password.contains(char::is_control))
}

/// Whether a text is worth hiding.
fn is_secret(text: &str) -> bool {
    let is_public = text.trim_start().starts_with("-----BEGIN CERTIFICATE") && !text.contains("PRIVATE KEY");
    let is_word = ["true", "false", "null", "basic", "bearer"].iter().any(|word| text.eq_ignore_ascii_case(word));
    text.len() >= pieces::SHORTEST && !is_word && !is_public
}

/// Where secrets stand in a text: as they are, behind escapes, and in base64; and where credentials stand in its addresses.
fn find(pieces: &Pieces, text: &[u8], reach: Reach, depth: u8, found: &mut Vec<Range<usize>>) {
    found.extend(address::credentials(text));
    // Each layer by itself: the next one would end a value at a blank or a mark that stands escaped in this one.
    let plain = Plain::of_seeing(text, |layer| {
        found.extend(address::credentials(layer.bytes()).into_iter().map(|part| layer.origin(part)));
    });
    if !pieces.reaches(reach) {
        return;
    }
    pieces.find(text, reach, found);
    if plain.bytes() != text {
        let mut behind_escapes = Vec::new();
        pieces.find(plain.bytes(), reach, &mut behind_escapes);
        found.extend(behind_escapes.into_iter().map(|range| plain.origin(range)));
    }
    if depth == 0 {
        return;
    }
    for run in base64::runs(plain.bytes()) {
        let holds = |decoded: Vec<u8>| {
            let mut inside = Vec::new();
            find(pieces, &decoded, reach, depth - 1, &mut inside);
            !inside.is_empty()
        };
        if base64::decodings(&plain.bytes()[run.clone()]).any(holds) {
            found.push(plain.origin(run));
        }
    }
}

/// The parts in their order, those that touch as one.
fn joined(mut parts: Vec<Range<usize>>) -> Vec<Range<usize>> {
    parts.sort_unstable_by_key(|part| (part.start, part.end));
    let mut joined: Vec<Range<usize>> = Vec::new();
    for part in parts {
        match joined.last_mut() {
            Some(last) if part.start <= last.end => last.end = last.end.max(part.end),
            _ => joined.push(part),
        }
    }
    joined
}

/// The text with the mask in place of these parts, which are in their order.
fn without(text: &str, parts: &[Range<usize>]) -> String {
    let mut masked = String::with_capacity(text.len());
    let mut done = 0;
    for part in parts {
        let start = (done..=part.start).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(done);
        let end = (part.end..=text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(text.len());
        if end <= done {
            continue;
        }
        masked.push_str(&text[done..start]);
        masked.push_str(MASK);
        done = end;
    }
    masked.push_str(&text[done..]);
    masked
}

/// The document with every text and every name in it changed.
fn mapped(value: Value, change: &impl Fn(String) -> String) -> Value {
    match value {
        Value::String(text) => Value::String(change(text)),
        Value::Array(items) => items.into_iter().map(|item| mapped(item, change)).collect(),
        Value::Object(fields) => {
            fields.into_iter().map(|(name, value)| (change(name), mapped(value, change))).collect()
        }
        other => other,
    }
}

#[cfg(test)]
mod tests;
