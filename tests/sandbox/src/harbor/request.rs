//! A request as the handlers see it: decoded, with its whole body and with who asks.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use http::{HeaderMap, Method};
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

use super::answer::Answer;
use super::body::{self, Model};
use super::identity::Identity;
use crate::server::Call;

/// One request.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) method: Method,
    /// The path as it was sent.
    pub(crate) path: String,
    /// Percent-decoded path segments, without empty ones at the end.
    pub(crate) segments: Vec<String>,
    pub(crate) query: Query,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// Who asks; known once the credentials were looked at.
    pub(crate) who: Identity,
}

impl Request {
    /// What a real server makes of `.`, `..` and empty segments in the middle of a path, no contract has recorded. Here they are
    /// names like others, which is a guess: that no such path is sent is what the tests of the clients hold, and not this.
    pub(crate) fn new(call: Call) -> Self {
        let path = call.uri.path().to_owned();
        let inner = path.trim_matches('/');
        let segments = inner.split('/').map(|segment| percent_decode_str(segment).decode_utf8_lossy().into_owned());
        Self {
            segments: segments.collect(),
            query: Query::new(call.uri.query().unwrap_or_default()),
            method: call.method,
            path,
            headers: call.headers,
            body: call.body,
            who: Identity::Nobody,
        }
    }

    /// The header's value, when it is text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// Whether the header says `true`.
    pub(crate) fn says(&self, name: &str) -> bool {
        self.header(name).is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }

    /// User name and password of the Authorization header.
    pub(crate) fn basic(&self) -> Option<(String, String)> {
        let (scheme, encoded) = self.header("authorization")?.split_once(' ')?;
        if !scheme.eq_ignore_ascii_case("basic") {
            return None;
        }
        let decoded = String::from_utf8(BASE64_STANDARD.decode(encoded.trim()).ok()?).ok()?;
        decoded.split_once(':').map(|(user, password)| (user.to_owned(), password.to_owned()))
    }

    /// A cookie that the client sends back.
    pub(crate) fn cookie(&self, name: &str) -> Option<&str> {
        let cookies = self.headers.get_all("cookie").iter().filter_map(|value| value.to_str().ok());
        cookies.flat_map(|value| value.split(';')).find_map(|cookie| {
            let (found, value) = cookie.trim().split_once('=')?;
            (found == name).then_some(value)
        })
    }

    /// Whether the method changes things.
    pub(crate) fn writes(&self) -> bool {
        !matches!(self.method, Method::GET | Method::HEAD | Method::OPTIONS)
    }

    /// 422 when the client does not take JSON.
    pub(crate) fn check_accept(&self) -> Result<(), Answer> {
        let accepted = self.header("accept").unwrap_or("*/*");
        let takes = accepted.split(',').any(|kind| {
            matches!(kind.split(';').next().unwrap_or(kind).trim(), "application/json" | "application/*" | "*/*" | "")
        });
        if takes {
            return Ok(());
        }
        Err(Answer::unreadable("unsupported media type requested, only [application/json] are available"))
    }

    /// The body, read as the model says; `name` is how the server calls it.
    pub(crate) fn json(&self, name: &str, model: &'static Model) -> Result<Map<String, Value>, Answer> {
        if self.body.is_empty() {
            return Err(Answer::unreadable(format!("{name} in body is required")));
        }
        let kind = self.header("content-type").unwrap_or("application/octet-stream");
        let media = kind.split(';').next().unwrap_or(kind).trim();
        if !media.eq_ignore_ascii_case("application/json") {
            let message = format!("unsupported media type {media:?}, only [application/json] are allowed");
            return Err(Answer::unreadable(message));
        }
        body::read(&self.body, model)
            .map_err(|reason| Answer::unreadable(format!("parsing {name} body from \"\" failed, because {reason}")))
    }
}

/// Query parameters, by name.
#[derive(Debug, Default)]
pub(crate) struct Query(BTreeMap<String, String>);

impl Query {
    fn new(text: &str) -> Self {
        let pairs = text.split('&').filter(|part| !part.is_empty()).map(|part| {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            (unescaped(name), unescaped(value))
        });
        Self(pairs.collect())
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// All parameters, sorted by name.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// A whole number; 422 for anything else.
    pub(crate) fn number(&self, name: &str) -> Result<Option<i64>, Answer> {
        let Some(text) = self.get(name) else { return Ok(None) };
        let wrong = |_| Answer::unreadable(format!("{name} in query must be of type int64: {text:?}"));
        text.parse().map(Some).map_err(wrong)
    }
}

/// A part of a query, decoded once.
pub(crate) fn unescaped(text: &str) -> String {
    percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned()
}
