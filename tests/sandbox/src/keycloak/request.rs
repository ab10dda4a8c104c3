//! A request as the handlers see it: decoded, with its whole body.

use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode};
use percent_encoding::percent_decode_str;
use serde_json::json;
use std::borrow::Cow;

use super::answer::{Answer, Content};
use super::options::{Paths, Version};

/// One request.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) method: Method,
    /// Percent-decoded path segments; a single trailing slash is gone.
    pub(crate) segments: Vec<String>,
    pub(crate) query: Query,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// Who reads it.
    pub(crate) version: Version,
}

impl Request {
    /// Takes a request apart.
    pub(crate) fn new(
        method: Method,
        path: &str,
        query: Option<&str>,
        headers: HeaderMap,
        body: Bytes,
        paths: Paths,
    ) -> Result<Self, Answer> {
        let inner = path.strip_prefix('/').unwrap_or(path);
        let inner = inner.strip_suffix('/').unwrap_or(inner);
        let segments = inner.split('/').filter(|_| !inner.is_empty());
        let segments = match paths {
            Paths::Refused => refusing(segments)?,
            Paths::Resolved => resolved(segments),
        };
        Ok(Self {
            method,
            segments,
            query: Query::new(query.unwrap_or_default()),
            headers,
            body,
            version: Version::default(),
        })
    }

    /// The request as this version reads it.
    pub(crate) fn to(self, version: Version) -> Self {
        Self { version, ..self }
    }

    /// The header's value, when it is text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The bearer token of the Authorization header.
    pub(crate) fn bearer(&self) -> Option<&str> {
        let (scheme, token) = self.header("authorization")?.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
    }

    /// The content type without its parameters, lower case.
    pub(crate) fn content_type(&self) -> Option<String> {
        let whole = self.header("content-type")?;
        let media = whole.split(';').next().unwrap_or(whole);
        Some(media.trim().to_ascii_lowercase())
    }
}

/// The segments of a path that can be read in one way only, as 26.7 wants it.
fn refusing<'a>(segments: impl Iterator<Item = &'a str>) -> Result<Vec<String>, Answer> {
    let refusal = |error: &str, description: &str| {
        let body = json!({"error": error, "error_description": description});
        Answer::with(StatusCode::BAD_REQUEST, Content::RouterJson(body))
    };
    let mut read = Vec::new();
    for segment in segments {
        if segment.contains(';') {
            return Err(refusal("invalidCharacter", "Request path contains invalid character ';'"));
        }
        let segment = decoded(segment);
        if matches!(segment.as_str(), "" | "." | "..") {
            return Err(refusal("missingNormalization", "Request path not normalized"));
        }
        read.push(segment);
    }
    Ok(read)
}

/// The segments that a path comes to, as 26.0 reads it: empty segments and dots first, encoded ones too, then what stands behind a `;` is cut off.
fn resolved<'a>(segments: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut kept: Vec<&str> = Vec::new();
    for segment in segments {
        match decoded(segment).as_str() {
            "" | "." => {}
            ".." => drop(kept.pop()),
            _ => kept.push(segment),
        }
    }
    kept.into_iter().map(|segment| decoded(segment.split(';').next().unwrap_or(segment))).collect()
}

fn decoded(segment: &str) -> String {
    percent_decode_str(segment).decode_utf8_lossy().into_owned()
}

/// Query parameters, in order.
#[derive(Debug, Default)]
pub(crate) struct Query(Vec<(String, String)>);

impl Query {
    /// Parses `a=b&c=d`, the form of queries and of form bodies alike.
    pub(crate) fn new(text: &str) -> Self {
        let pairs = text.split('&').filter(|part| !part.is_empty()).map(|part| {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            (unplus(name), unplus(value))
        });
        Self(pairs.collect())
    }

    /// The first value of a parameter.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Whether a boolean parameter is `true`. Anything else is false, as the real server takes it.
    pub(crate) fn flag(&self, name: &str) -> Option<bool> {
        self.get(name).map(|value| value.eq_ignore_ascii_case("true"))
    }

    /// A number. What is no number answers 404, as if the path did not exist (contract `error-shapes`).
    pub(crate) fn number(&self, name: &str) -> Result<Option<i64>, Answer> {
        match self.get(name) {
            None | Some("") => Ok(None),
            Some(text) => text.parse::<i32>().map(|number| Some(i64::from(number))).map_err(|_| Answer::nowhere()),
        }
    }
}

fn unplus(text: &str) -> String {
    let spaced: Cow<'_, str> = if text.contains('+') { text.replace('+', " ").into() } else { text.into() };
    percent_decode_str(&spaced).decode_utf8_lossy().into_owned()
}
