//! Answers, and the shapes that failures take (server-behaviour 1.3).

use bytes::Bytes;
use http::header::{self, HeaderName, HeaderValue};
use http::{Response, StatusCode};
use serde_json::{Value, json};

/// The total of a list.
const TOTAL: HeaderName = HeaderName::from_static("x-total-count");

/// What goes back over the wire.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: Vec<(HeaderName, String)>,
    pub(crate) content: Content,
}

/// The body of an answer with its content type.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Content {
    Empty,
    /// What the API found.
    Json(Value),
    /// Failures, and all outside of the API: with a charset.
    CharsetJson(Value),
    /// Something else under a content type.
    Other(&'static str, String),
}

/// A handler's result: a failure is an answer, too.
pub(crate) type Reply = Result<Answer, Answer>;

impl Answer {
    pub(crate) fn new(status: StatusCode, content: Content) -> Self {
        Self { status, headers: Vec::new(), content }
    }

    /// 200 with a body.
    pub(crate) fn found(body: Value) -> Self {
        Self::new(StatusCode::OK, Content::Json(body))
    }

    /// 200 with a list and its total.
    pub(crate) fn list(rows: Vec<Value>, total: usize) -> Self {
        Self::found(Value::Array(rows)).with(TOTAL, total.to_string())
    }

    /// 200 with an empty body: a write that was done.
    pub(crate) fn done() -> Self {
        Self::new(StatusCode::OK, Content::Empty)
    }

    /// 201 with an empty body and a relative Location.
    pub(crate) fn created(location: String) -> Self {
        Self::new(StatusCode::CREATED, Content::Empty).with(header::LOCATION, location)
    }

    pub(crate) fn with(mut self, name: HeaderName, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// `{"errors": [{"code": …, "message": …}]}`.
    pub(crate) fn failure(status: StatusCode, code: &str, message: impl Into<String>) -> Self {
        let errors = json!({ "errors": [{ "code": code, "message": message.into() }] });
        Self::new(status, Content::CharsetJson(errors))
    }

    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::failure(StatusCode::BAD_REQUEST, "BAD_REQUEST", message)
    }

    /// 401; the API never adds a challenge.
    pub(crate) fn unauthorized() -> Self {
        Self::failure(StatusCode::UNAUTHORIZED, "UNAUTHORIZED", "unauthorized")
    }

    pub(crate) fn forbidden(message: impl Into<String>) -> Self {
        Self::failure(StatusCode::FORBIDDEN, "FORBIDDEN", message)
    }

    pub(crate) fn not_found(message: impl Into<String>) -> Self {
        Self::failure(StatusCode::NOT_FOUND, "NOT_FOUND", message)
    }

    pub(crate) fn conflict(message: impl Into<String>) -> Self {
        Self::failure(StatusCode::CONFLICT, "CONFLICT", message)
    }

    pub(crate) fn precondition(message: impl Into<String>) -> Self {
        Self::failure(StatusCode::PRECONDITION_FAILED, "PRECONDITION", message)
    }

    /// 422, from the part of the server that reads parameters.
    pub(crate) fn unreadable(message: impl AsRef<str>) -> Self {
        let message = format!("validation failure list:\n{}", message.as_ref());
        Self::failure(StatusCode::UNPROCESSABLE_ENTITY, "UNPROCESSABLE_ENTITY", message)
    }

    /// 500 without a detail.
    pub(crate) fn unhandled() -> Self {
        Self::failure(StatusCode::INTERNAL_SERVER_ERROR, "UNKNOWN", "internal server error")
    }

    pub(crate) fn response(self) -> Response<Bytes> {
        let (kind, body) = match self.content {
            Content::Empty => (None, Bytes::new()),
            Content::Json(value) => (Some("application/json"), Bytes::from(format!("{value}\n"))),
            Content::CharsetJson(value) => (Some("application/json; charset=utf-8"), Bytes::from(format!("{value}\n"))),
            Content::Other(kind, text) => (Some(kind), Bytes::from(text)),
        };
        let mut response = Response::new(body);
        *response.status_mut() = self.status;
        if let Some(kind) = kind {
            response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
        }
        for (name, value) in self.headers {
            if let Ok(value) = HeaderValue::from_str(&value) {
                response.headers_mut().append(name, value);
            }
        }
        response
    }
}
