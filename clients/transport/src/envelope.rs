//! How an answer, or the lack of one, passes through the generated code.
//!
//! The generated code parses each documented error as JSON and loses the status when that fails; and what sends for it can
//! return nothing but an HTTP response. So error bodies are rewritten to objects that carry their status, and a failure of our own
//! travels as an extension of a response whose status no server sends.

use bytes::Bytes;
use http::{HeaderMap, StatusCode, header};
use reqwest::Response;
use serde_json::{Map, Value, json};

use crate::{ApiError, Kind, echo::Echo, text};

/// The key by which a rewritten error body carries its status.
const STATUS_KEY: &str = "evenkeel:status";

/// The status of a response that is none: above every class that a specification can document.
const NO_STATUS: u16 = 999;

/// What the server said, for answers that the API does not document.
#[derive(Clone)]
struct Said(String);

/// A buffered answer.
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Reply {
    /// Whether the status says that the request failed.
    pub(crate) fn failed(&self) -> bool {
        self.status.is_client_error() || self.status.is_server_error()
    }

    /// The response that the generated code sees. Its address is left out: it is not ours to show. `echo` is what an error
    /// must not repeat.
    pub(crate) fn into_response(mut self, echo: &Echo) -> Response {
        let said = self.failed().then(|| self.normalize(echo));
        let mut response = http::Response::new(self.body);
        *response.status_mut() = self.status;
        *response.headers_mut() = self.headers;
        if let Some(said) = said {
            response.extensions_mut().insert(said);
        }
        response.into()
    }

    /// Makes the error body an object with the status inside, and returns what it says.
    fn normalize(&mut self, echo: &Echo) -> Said {
        let parsed = serde_json::from_slice(&self.body).map(|value| echo.mask_value(value));
        let mut object = match parsed {
            Ok(Value::Object(object)) => object,
            _ => wrapped(&self.headers, &echo.mask(&String::from_utf8_lossy(&self.body))),
        };
        let said = Said(said(&object));
        object.insert(STATUS_KEY.to_owned(), json!(self.status.as_u16()));
        self.body = Value::Object(object).to_string().into();
        self.headers.remove(header::CONTENT_LENGTH);
        self.headers.insert(header::CONTENT_TYPE, header::HeaderValue::from_static("application/json"));
        said
    }
}

/// A body that is no JSON object. A page of HTML says nothing that the status does not.
fn wrapped(headers: &HeaderMap, words: &str) -> Map<String, Value> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let page = kind.contains("html") || words.trim_start().starts_with('<');
    let message = if page { String::new() } else { text::clean(words) };
    Map::from_iter([("message".to_owned(), Value::String(message))])
}

/// The first of the usual words for "message" that holds text.
fn said(object: &Map<String, Value>) -> String {
    ["errorMessage", "error_description", "message", "error", "detail"]
        .iter()
        .find_map(|key| object.get(*key)?.as_str().filter(|message| !message.is_empty()))
        .map(text::clean)
        .unwrap_or_default()
}

/// A failure of ours as a response that no specification documents.
pub(crate) fn seal(error: ApiError) -> Response {
    let mut response = http::Response::new(Bytes::new());
    *response.status_mut() = StatusCode::from_u16(NO_STATUS).unwrap_or(StatusCode::BAD_GATEWAY);
    response.extensions_mut().insert(error);
    response.into()
}

/// The error that an undocumented response stands for.
pub(crate) fn open(response: &Response) -> ApiError {
    if let Some(error) = response.extensions().get::<ApiError>() {
        return error.clone();
    }
    let status = response.status();
    let message = match response.extensions().get::<Said>() {
        Some(Said(message)) => message.clone(),
        None if status.is_redirection() => "redirects are not followed; check the address".to_owned(),
        None => "the API does not document this answer".to_owned(),
    };
    ApiError::from_status(status, message)
}

/// The error whose body the generated code could not read, by the status inside.
pub(crate) fn status_of(body: &[u8]) -> Option<ApiError> {
    let Ok(Value::Object(object)) = serde_json::from_slice(body) else { return None };
    let status = object.get(STATUS_KEY)?.as_u64().and_then(|code| u16::try_from(code).ok())?;
    let status = StatusCode::from_u16(status).ok().filter(|status| Kind::of_status(*status) != Kind::Unexpected)?;
    Some(ApiError::from_status(status, said(&object)))
}
