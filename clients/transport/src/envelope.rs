//! How an answer, or the lack of one, passes through the generated code.
//!
//! The generated code parses each documented error as JSON and loses the status when that fails; and what sends for it can
//! return nothing but an HTTP response. So error bodies are rewritten to objects that carry their status, and a failure of our own
//! travels as an extension of a response whose status no server sends.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, StatusCode, header};
use reqwest::Response;
use serde_json::{Map, Value, json};

use crate::{ApiError, Kind, echo::Echo, text};

/// The key by which a rewritten error body carries its status.
const STATUS_KEY: &str = "evenkeel:status";

/// The key by which a rewritten error body says that its request could change nothing, and the header that says the same: the
/// generated code keeps the one or the other.
const OF_READ_KEY: &str = "evenkeel:of-read";
const OF_READ_HEADER: HeaderName = HeaderName::from_static("evenkeel-of-read");

/// The status of a response that is none: above every class that a specification can document.
const NO_STATUS: u16 = 999;

/// What the server said, for answers that the API does not document.
#[derive(Clone)]
struct Said {
    message: String,
    /// The rewritten body.
    body: Bytes,
    of_read: bool,
}

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
    /// must not repeat, and `of_read` says whether the request could change nothing.
    pub(crate) fn into_response(mut self, echo: &Echo, of_read: bool) -> Response {
        self.headers.remove(OF_READ_HEADER);
        let said = self.failed().then(|| self.normalize(echo, of_read));
        let mut response = http::Response::new(self.body);
        *response.status_mut() = self.status;
        *response.headers_mut() = self.headers;
        if let Some(said) = said {
            response.extensions_mut().insert(said);
        }
        response.into()
    }

    /// Makes the error body an object with the status inside, and returns what it says.
    fn normalize(&mut self, echo: &Echo, of_read: bool) -> Said {
        let parsed = serde_json::from_slice(&self.body).map(|value| echo.mask_value(value));
        let mut object = match parsed {
            Ok(Value::Object(object)) => object,
            _ => wrapped(&self.headers, &echo.mask(&String::from_utf8_lossy(&self.body))),
        };
        let message = said(&object);
        object.insert(STATUS_KEY.to_owned(), json!(self.status.as_u16()));
        object.insert(OF_READ_KEY.to_owned(), json!(of_read));
        if of_read {
            self.headers.insert(OF_READ_HEADER, header::HeaderValue::from_static("true"));
        }
        self.body = Value::Object(object).to_string().into();
        self.headers.remove(header::CONTENT_LENGTH);
        self.headers.insert(header::CONTENT_TYPE, header::HeaderValue::from_static("application/json"));
        Said { message, body: self.body.clone(), of_read }
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

/// The body of an answer that failed, while nobody has read the response; empty for one that did not fail.
pub(crate) fn failed_body(response: &Response) -> &[u8] {
    response.extensions().get::<Said>().map(|said| said.body.as_ref()).unwrap_or_default()
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
    let said = response.extensions().get::<Said>();
    let message = match said {
        Some(said) => said.message.clone(),
        None if status.is_redirection() => "redirects are not followed; check the address".to_owned(),
        None => "the API does not document this answer".to_owned(),
    };
    ApiError::from_status(status, message).of_read(said.is_some_and(|said| said.of_read))
}

/// Whether the request of a failed answer could change nothing, by the answer's headers.
pub(crate) fn is_of_read(headers: &HeaderMap) -> bool {
    headers.contains_key(OF_READ_HEADER)
}

/// The error whose body the generated code could not read, by the status inside.
pub(crate) fn status_of(body: &[u8]) -> Option<ApiError> {
    let Ok(Value::Object(object)) = serde_json::from_slice(body) else { return None };
    let status = object.get(STATUS_KEY)?.as_u64().and_then(|code| u16::try_from(code).ok())?;
    let status = StatusCode::from_u16(status).ok().filter(|status| Kind::of_status(*status) != Kind::Unexpected)?;
    let of_read = object.get(OF_READ_KEY).and_then(Value::as_bool).unwrap_or_default();
    Some(ApiError::from_status(status, said(&object)).of_read(of_read))
}
