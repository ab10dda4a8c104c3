//! Answers, and the shapes that failures take (server-behaviour 3.2).

use bytes::Bytes;
use http::header::{self, HeaderName, HeaderValue};
use http::{Response, StatusCode};
use serde_json::{Value, json};

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
    /// What the API says.
    Json(Value),
    /// A failure, to which the address of the API's description is added.
    Failure(Value),
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

    /// 201 with a body.
    pub(crate) fn created(body: Value) -> Self {
        Self::new(StatusCode::CREATED, Content::Json(body))
    }

    /// 204: a write that was done.
    pub(crate) fn done() -> Self {
        Self::new(StatusCode::NO_CONTENT, Content::Empty)
    }

    pub(crate) fn with(mut self, name: HeaderName, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// `{"message": …, "url": …}`.
    pub(crate) fn refused(status: StatusCode, message: impl Into<String>) -> Self {
        Self::new(status, Content::Failure(json!({ "message": message.into() })))
    }

    /// 422.
    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::refused(StatusCode::UNPROCESSABLE_ENTITY, message)
    }

    /// 400.
    pub(crate) fn bad(message: impl Into<String>) -> Self {
        Self::refused(StatusCode::BAD_REQUEST, message)
    }

    /// 403.
    pub(crate) fn forbidden(message: impl Into<String>) -> Self {
        Self::refused(StatusCode::FORBIDDEN, message)
    }

    /// 500 in words.
    pub(crate) fn failed(message: impl Into<String>) -> Self {
        Self::refused(StatusCode::INTERNAL_SERVER_ERROR, message)
    }

    /// 401 for who says nothing of who asks.
    pub(crate) fn token_required() -> Self {
        Self::refused(StatusCode::UNAUTHORIZED, "token is required")
    }

    /// 404.
    pub(crate) fn absent() -> Self {
        Self::absent_as("The target couldn't be found.", Value::Null)
    }

    /// 404 in the words of what was looked up.
    pub(crate) fn absent_as(message: &str, errors: Value) -> Self {
        Self::new(StatusCode::NOT_FOUND, Content::Failure(json!({ "errors": errors, "message": message })))
    }

    /// A message without the address of the description: from what stands before the API.
    pub(crate) fn words(status: StatusCode, message: impl Into<String>) -> Self {
        Self::new(status, Content::Json(json!({ "message": message.into() })))
    }

    /// 404 for a path that leads nowhere.
    pub(crate) fn nowhere() -> Self {
        let text = "404 page not found\n".to_owned();
        Self::new(StatusCode::NOT_FOUND, Content::Other("text/plain; charset=utf-8", text))
    }

    /// 307 to where the object of that former name is.
    pub(crate) fn moved(path: &str) -> Self {
        let page = format!("<a href=\"{path}\">Temporary Redirect</a>.\n\n");
        Self::new(StatusCode::TEMPORARY_REDIRECT, Content::Other("text/html; charset=utf-8", page))
            .with(header::LOCATION, path)
    }

    /// The answer as it leaves the server at that address.
    pub(crate) fn response(self, base: &str) -> Response<Bytes> {
        let api = "application/json;charset=utf-8";
        let (kind, body) = match self.content {
            Content::Empty => (None, Bytes::new()),
            Content::Json(value) => (Some(api), Bytes::from(format!("{value}\n"))),
            Content::Failure(mut value) => {
                value["url"] = json!(format!("{base}/api/swagger"));
                (Some(api), Bytes::from(format!("{value}\n")))
            }
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
