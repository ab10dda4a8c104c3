//! `--set path=value`: a layer of one value.
//!
//! The path is keys with dots between; a key that holds a dot itself is quoted: `a."b.c".d=1`. The value is a
//! YAML scalar (`8`, `true`, `null`, text), or in flow style a list, map or quoted string.

use std::sync::Arc;

use super::compose::{Composed, Finding, Text, compose};
use super::scalar::{self, Scalar};
use super::source::{Origin, SourceId, SourceKind};
use super::tree::{Content, Entry, Map, Node};

const EXAMPLE: &str =
    "write `--set keycloak.url=https://keycloak.example.com`; quote a key that holds a dot: `a.\"b.c\"=1`";

/// Reads one `--set` argument.
pub(crate) fn read(source: SourceId, argument: &str) -> Composed {
    let broken = |finding: Finding| Composed {
        root: None,
        complete: false,
        findings: vec![finding],
        hidden: vec![Origin::new(source, value_start(argument)..argument.len())],
    };
    let path = match path(source, argument) {
        Ok(path) => path,
        Err(finding) => return broken(finding),
    };
    let start = path.value_start;
    let mut composed = value(source, argument, start);
    if path.keys.iter().any(|(key, _)| super::compose::is_secret_name(key)) {
        composed.hidden.push(Origin::new(source, start..argument.len()));
    }
    composed.root = composed.root.map(|value| {
        path.keys.into_iter().rev().fold(value, |value, (key, origin)| {
            let entry = Entry { key: origin, value };
            Node { content: Content::Map(Map::from((Arc::from(key), entry))), origin }
        })
    });
    composed
}

struct Path {
    keys: Vec<(Box<str>, Origin)>,
    value_start: usize,
}

fn value_start(argument: &str) -> usize {
    argument.find('=').map_or(argument.len(), |index| index + 1)
}

fn path(source: SourceId, argument: &str) -> Result<Path, Finding> {
    let mut keys = Vec::new();
    let mut position = 0;
    loop {
        let (key, end) = key(source, argument, position)?;
        keys.push((key, Origin::new(source, position..end)));
        match argument.as_bytes().get(end) {
            Some(b'.') => position = end + 1,
            Some(b'=') => return Ok(Path { keys, value_start: end + 1 }),
            _ => return Err(wrong(source, position..end, "expected `path=value`")),
        }
    }
}

/// One key of the path and where it ends.
fn key(source: SourceId, argument: &str, start: usize) -> Result<(Box<str>, usize), Finding> {
    let rest = argument.get(start..).unwrap_or_default();
    if let Some(quoted) = rest.strip_prefix('"') {
        let Some(length) = quoted.find('"') else {
            return Err(wrong(source, start..argument.len(), "a quoted key is not closed"));
        };
        return Ok((quoted[..length].into(), start + length + 2));
    }
    let length = rest.find(['.', '=']).unwrap_or(rest.len());
    let key = &rest[..length];
    let range = start..start + length;
    if key.is_empty() || key.starts_with(char::is_control) {
        return Err(wrong(source, range, "expected `path=value`, found an empty key"));
    }
    if key.contains('[') {
        return Err(Finding::at(Origin::new(source, range), "an item of a list cannot be set alone")
            .with_hint("set the whole list: `--set users=[…]`"));
    }
    Ok((key.into(), start + length))
}

fn wrong(source: SourceId, range: std::ops::Range<usize>, message: &str) -> Finding {
    Finding::at(Origin::new(source, range), message).with_hint(EXAMPLE)
}

/// The value: YAML where it begins like a flow collection or quoted string, a single scalar otherwise.
fn value(source: SourceId, argument: &str, start: usize) -> Composed {
    let text = argument.get(start..).unwrap_or_default();
    let origin = Origin::new(source, start..argument.len());
    if text.starts_with(['[', '{', '"', '\'']) {
        let mut composed = compose(Text { source, kind: SourceKind::Set, text, offset: start });
        for finding in &mut composed.findings {
            // an error at the end of the text has an empty range behind it
            finding.origin = finding.origin.or(Some(origin));
        }
        if !composed.complete {
            composed.hidden.push(origin);
        }
        return composed;
    }
    let mut findings = Vec::new();
    let content = match scalar::resolve(text) {
        // `--set a=` is the empty text; `--set a=null` removes
        Ok(Scalar::Null) if text.is_empty() => Content::Text(text.into()),
        Ok(Scalar::Null) => Content::Null { written: true },
        Ok(Scalar::Bool(value)) => Content::Bool(value),
        Ok(Scalar::Number(number)) => Content::Number(number),
        Ok(Scalar::Text) => Content::Text(text.into()),
        Err(scalar::NotFinite) => {
            findings.push(Finding::at(origin, "the number is too large or not a number"));
            Content::Null { written: true }
        }
    };
    let root = Some(Node { content, origin });
    Composed { root, complete: true, findings, hidden: Vec::new() }
}
