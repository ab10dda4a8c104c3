//! Answers, and the shapes that failures take (server-behaviour 2.2).

use http::StatusCode;
use serde_json::{Value, json};

/// What goes back over the wire.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    /// Absolute URL, already percent-encoded.
    pub(crate) location: Option<String>,
    /// A WWW-Authenticate header; the admin API never sends one.
    pub(crate) challenge: Option<String>,
    pub(crate) content: Content,
}

/// The body of an answer with its content type.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Content {
    Empty,
    /// Found things: the admin API names the charset.
    Json(Value),
    /// Failures, tokens and a few odd end points: no charset.
    PlainJson(Value),
    /// A page for people.
    Html(&'static str),
    /// Failures of the router: a charset behind a space.
    RouterJson(Value),
    /// No body, but the content type of one.
    Typed(&'static str),
}

/// A handler's result: a failure is an answer, too.
pub(crate) type Reply = Result<Answer, Answer>;

impl Answer {
    fn new(status: StatusCode, content: Content) -> Self {
        Self { status, location: None, challenge: None, content }
    }

    /// 200 with a body.
    pub(crate) fn found(body: Value) -> Self {
        Self::new(StatusCode::OK, Content::Json(body))
    }

    /// 200 with a body, without a charset: token end points and the user profile's PUT.
    pub(crate) fn plain(body: Value) -> Self {
        Self::new(StatusCode::OK, Content::PlainJson(body))
    }

    /// 204.
    pub(crate) fn done() -> Self {
        Self::new(StatusCode::NO_CONTENT, Content::Empty)
    }

    /// 201 with an empty body and a Location.
    pub(crate) fn created(location: String) -> Self {
        Self { status: StatusCode::CREATED, location: Some(location), challenge: None, content: Content::Empty }
    }

    /// 201 with a body, as only the creation of a subgroup answers.
    pub(crate) fn created_with(location: String, body: Value) -> Self {
        Self {
            status: StatusCode::CREATED,
            location: Some(location),
            challenge: None,
            content: Content::PlainJson(body),
        }
    }

    /// A refusal that only its header explains.
    pub(crate) fn challenged(status: StatusCode, challenge: String) -> Self {
        Self { status, location: None, challenge: Some(challenge), content: Content::Typed("text/plain;charset=utf-8") }
    }

    /// A status and a body as they are.
    pub(crate) fn with(status: StatusCode, content: Content) -> Self {
        Self::new(status, content)
    }

    /// `{"error": …}`: most 404 and some 400.
    pub(crate) fn error(status: StatusCode, text: impl Into<String>) -> Self {
        Self::new(status, Content::PlainJson(json!({ "error": text.into() })))
    }

    /// `{"errorMessage": …}`: most 409 and validation 400.
    pub(crate) fn message(status: StatusCode, text: impl Into<String>) -> Self {
        Self::new(status, Content::PlainJson(json!({ "errorMessage": text.into() })))
    }

    /// `{"error": …, "error_description": …}`: database conflicts, 500, tokens.
    pub(crate) fn described(status: StatusCode, error: &str, description: impl Into<String>) -> Self {
        Self::new(status, Content::PlainJson(json!({ "error": error, "error_description": description.into() })))
    }

    /// `{"error": "HTTP 404 Not Found"}`, the framework's own words.
    pub(crate) fn bare(status: StatusCode) -> Self {
        let reason = status.canonical_reason().unwrap_or_default();
        Self::error(status, format!("HTTP {} {reason}", status.as_u16()))
    }

    pub(crate) fn not_found(text: &str) -> Self {
        Self::error(StatusCode::NOT_FOUND, text)
    }

    /// 404 for a path that leads nowhere.
    pub(crate) fn nowhere() -> Self {
        Self::bare(StatusCode::NOT_FOUND)
    }

    /// 405.
    pub(crate) fn wrong_method() -> Self {
        Self::bare(StatusCode::METHOD_NOT_ALLOWED)
    }

    /// 401 of the admin API, the same for missing, garbage, expired and ended tokens.
    pub(crate) fn unauthorized() -> Self {
        Self::bare(StatusCode::UNAUTHORIZED)
    }

    /// 403.
    pub(crate) fn forbidden() -> Self {
        Self::bare(StatusCode::FORBIDDEN)
    }

    /// 400 with `errorMessage`.
    pub(crate) fn invalid(text: impl Into<String>) -> Self {
        Self::message(StatusCode::BAD_REQUEST, text)
    }

    /// 409 with `errorMessage`.
    pub(crate) fn exists(text: impl Into<String>) -> Self {
        Self::message(StatusCode::CONFLICT, text)
    }

    /// 409 from the database's own uniqueness.
    pub(crate) fn duplicate() -> Self {
        Self::described(StatusCode::CONFLICT, "conflict", "Duplicate resource error")
    }

    /// 500: the request forgot something, or refers to nothing.
    pub(crate) fn unhandled() -> Self {
        Self::described(
            StatusCode::INTERNAL_SERVER_ERROR,
            "unknown_error",
            "For more on this error consult the server log.",
        )
    }
}
