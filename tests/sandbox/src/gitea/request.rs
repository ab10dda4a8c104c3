//! A request as the handlers see it: decoded, with its whole body and with who asks.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use http::{HeaderMap, Method};
use percent_encoding::percent_decode_str;
use std::collections::BTreeMap;

use super::login::Identity;
use crate::server::Call;

/// One request.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) method: Method,
    /// The path as it was sent.
    pub(crate) path: String,
    /// Percent-decoded path segments.
    pub(crate) segments: Vec<String>,
    pub(crate) query: BTreeMap<String, String>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// Who asks; known once the credentials were looked at.
    pub(crate) who: Identity,
}

impl Request {
    pub(crate) fn new(call: Call) -> Self {
        let path = call.uri.path().to_owned();
        let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
        let pairs = call.uri.query().unwrap_or_default().split('&').filter(|part| !part.is_empty());
        let query = pairs.map(|part| {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            (decoded(&name.replace('+', " ")), decoded(&value.replace('+', " ")))
        });
        Self {
            segments: path.trim_start_matches('/').split('/').map(decoded).collect(),
            query: query.collect(),
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

    /// A parameter of the query.
    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        self.query.get(name).map(String::as_str)
    }

    /// A number of the query; what is none is 0.
    pub(crate) fn number(&self, name: &str) -> i64 {
        self.parameter(name).and_then(|text| text.parse().ok()).unwrap_or_default()
    }

    /// The scheme of the Authorization header, in small letters, and what follows.
    pub(crate) fn authorization(&self) -> Option<(String, &str)> {
        let (scheme, rest) = self.header("authorization")?.split_once(' ')?;
        Some((scheme.to_ascii_lowercase(), rest.trim()))
    }

    /// User name and password of the Authorization header.
    pub(crate) fn basic(&self) -> Option<(String, String)> {
        let (scheme, encoded) = self.authorization()?;
        if scheme != "basic" {
            return None;
        }
        let decoded = String::from_utf8(BASE64_STANDARD.decode(encoded).ok()?).ok()?;
        decoded.split_once(':').map(|(user, password)| (user.to_owned(), password.to_owned()))
    }

    /// Whether the method changes things.
    pub(crate) fn writes(&self) -> bool {
        !matches!(self.method, Method::GET | Method::HEAD | Method::OPTIONS)
    }
}
