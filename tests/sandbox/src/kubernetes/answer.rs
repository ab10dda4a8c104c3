//! Answers, and the one shape that failures take: a `Status` object (server-behaviour 9).

use serde_json::{Map, Value, json};
use tokio::sync::mpsc::UnboundedReceiver;

use super::crowd::Permit;
use super::invalid::FieldError;
use super::json::quoted;

/// What goes back over the wire.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) content_type: &'static str,
    /// Texts of `Warning` headers.
    pub(crate) warnings: Vec<String>,
    /// Other headers.
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) content: Content,
    /// A place among the requests under way, held until the answer has left.
    pub(crate) permit: Option<Permit>,
}

/// The body of an answer.
#[derive(Debug)]
pub(crate) enum Content {
    /// All of it.
    Whole(String),
    /// One line a change, until the watch ends.
    Lines(UnboundedReceiver<String>),
}

/// A handler's result.
pub(crate) type Reply = Result<Answer, Failure>;

pub(crate) const JSON: &str = "application/json";
pub(crate) const TEXT: &str = "text/plain; charset=utf-8";

impl Answer {
    /// A JSON text.
    pub(crate) fn json(status: u16, body: String) -> Self {
        Self::new(status, JSON, body)
    }

    /// Any text.
    pub(crate) fn new(status: u16, content_type: &'static str, body: String) -> Self {
        Self {
            status,
            content_type,
            warnings: Vec::new(),
            headers: Vec::new(),
            content: Content::Whole(body),
            permit: None,
        }
    }

    /// 204: there is nothing to show, in no content type.
    pub(crate) fn nothing() -> Self {
        Self::new(204, "", String::new())
    }

    pub(crate) fn warned(mut self, warnings: Vec<String>) -> Self {
        self.warnings = warnings;
        self
    }
}

/// An object or a resource as messages name it: `secrets`, `leases.coordination.k8s.io`, `Job.batch`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Named<'a> {
    pub(crate) group: &'a str,
    pub(crate) kind: &'a str,
}

impl Named<'_> {
    fn whole(&self) -> String {
        if self.group.is_empty() { self.kind.to_owned() } else { format!("{}.{}", self.kind, self.group) }
    }

    fn details(&self, name: &str) -> Map<String, Value> {
        let mut details = Map::new();
        for (key, value) in [("name", name), ("group", self.group), ("kind", self.kind)] {
            if !value.is_empty() {
                details.insert(key.to_owned(), value.into());
            }
        }
        details
    }
}

/// A refusal.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Failure(Box<Refusal>);

#[derive(Debug, Clone, PartialEq)]
struct Refusal {
    code: u16,
    /// The Status, or a text for people.
    body: Result<Value, &'static str>,
    retry_after: Option<u64>,
}

impl Failure {
    fn status(code: u16, reason: &str, message: impl Into<String>, details: Option<Value>) -> Self {
        let mut status = json!({
            "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
            "message": message.into(), "code": code,
        });
        if !reason.is_empty() {
            status["reason"] = reason.into();
        }
        if let Some(details) = details {
            status["details"] = details;
        }
        Self(Box::new(Refusal { code, body: Ok(status), retry_after: None }))
    }

    /// A text that is no Status.
    pub(crate) fn text(code: u16, text: &'static str, retry_after: Option<u64>) -> Self {
        Self(Box::new(Refusal { code, body: Err(text), retry_after }))
    }

    pub(crate) fn not_found(what: Named<'_>, name: &str) -> Self {
        let message = format!("{} {} not found", what.whole(), quoted(name));
        Self::status(404, "NotFound", message, Some(what.details(name).into()))
    }

    /// 404 for a path that leads nowhere.
    pub(crate) fn no_page() -> Self {
        Self::text(404, "404 page not found\n", None)
    }

    /// 404 for a resource that its group does not have.
    pub(crate) fn no_resource() -> Self {
        Self::status(404, "NotFound", "the server could not find the requested resource", Some(json!({})))
    }

    pub(crate) fn exists(what: Named<'_>, name: &str, being_deleted: bool) -> Self {
        let prefix = if being_deleted { "object is being deleted: " } else { "" };
        let message = format!("{prefix}{} {} already exists", what.whole(), quoted(name));
        Self::status(409, "AlreadyExists", message, Some(what.details(name).into()))
    }

    /// 409 with reason Conflict.
    pub(crate) fn conflict(what: Named<'_>, name: &str, why: &str) -> Self {
        let message = format!("Operation cannot be fulfilled on {} {}: {why}", what.whole(), quoted(name));
        Self::status(409, "Conflict", message, Some(what.details(name).into()))
    }

    /// 409 with reason Conflict and who owns which field.
    pub(crate) fn apply_conflict(message: String, causes: Vec<Value>) -> Self {
        Self::status(409, "Conflict", message, Some(json!({ "causes": causes })))
    }

    pub(crate) fn invalid(what: Named<'_>, name: &str, errors: &[FieldError]) -> Self {
        let mut texts: Vec<String> = Vec::new();
        for error in errors.iter().map(FieldError::to_string) {
            if !texts.contains(&error) {
                texts.push(error);
            }
        }
        let all = match texts.as_slice() {
            [one] => one.clone(),
            several => format!("[{}]", several.join(", ")),
        };
        let mut details = what.details(name);
        details.insert("causes".to_owned(), errors.iter().map(FieldError::cause).collect());
        let message = format!("{} {} is invalid: {all}", what.whole(), quoted(name));
        Self::status(422, "Invalid", message, Some(details.into()))
    }

    /// 422 of a JSON patch, without a hint at what was wrong.
    pub(crate) fn unprocessable() -> Self {
        let message = "the server rejected our request due to an error in our request";
        Self::status(422, "Invalid", message, Some(json!({})))
    }

    pub(crate) fn bad_request(message: impl Into<String>) -> Self {
        Self::status(400, "BadRequest", message, None)
    }

    /// 500 without a reason.
    pub(crate) fn internal(message: impl Into<String>) -> Self {
        Self::status(500, "", message, None)
    }

    pub(crate) fn unauthorized() -> Self {
        Self::status(401, "Unauthorized", "Unauthorized", None)
    }

    pub(crate) fn forbidden(what: Named<'_>, name: &str, why: &str) -> Self {
        let object = if name.is_empty() { String::new() } else { format!(" {}", quoted(name)) };
        let message = format!("{}{object} is forbidden: {why}", what.whole());
        Self::status(403, "Forbidden", message, Some(what.details(name).into()))
    }

    /// 403 for a path that is no resource's.
    pub(crate) fn forbidden_path(why: &str) -> Self {
        Self::status(403, "Forbidden", format!("forbidden: {why}"), Some(json!({})))
    }

    pub(crate) fn expired(message: &str, go_on_with: Option<String>) -> Self {
        let mut failure = Self::status(410, "Expired", message, None);
        if let (Some(token), Ok(status)) = (go_on_with, &mut failure.0.body) {
            status["metadata"]["continue"] = token.into();
        }
        failure
    }

    pub(crate) fn wrong_method() -> Self {
        let message = "the server does not allow this method on the requested resource";
        Self::status(405, "MethodNotAllowed", message, Some(json!({})))
    }

    /// 406.
    pub(crate) fn not_acceptable() -> Self {
        let message = "406: Not Acceptable\n\nAvailable representations: application/json, application/yaml, \
                       application/vnd.kubernetes.protobuf, application/json;stream=watch, \
                       application/vnd.kubernetes.protobuf;stream=watch";
        Self::status(406, "NotAcceptable", message, Some(json!({})))
    }

    /// 406 of a form that there is not in that version.
    pub(crate) fn unknown_form() -> Self {
        let message = "only the following media types are accepted: application/json, application/yaml, \
                       application/vnd.kubernetes.protobuf";
        Self::status(406, "NotAcceptable", message, None)
    }

    /// 406 of a list that is asked for as one object, or the other way round.
    pub(crate) fn wrong_view(what: &str) -> Self {
        Self::status(406, "NotAcceptable", format!("you requested {what}"), None)
    }

    /// 415 of a patch.
    pub(crate) fn unsupported_patch() -> Self {
        Self::status(415, "UnsupportedMediaType", "415: Unsupported Media Type", Some(json!({})))
    }

    /// 415 of a body.
    pub(crate) fn unsupported_body(accepted: &str) -> Self {
        let message =
            format!("the body of the request was in an unknown format - accepted media types include: {accepted}");
        Self::status(415, "UnsupportedMediaType", message, None)
    }

    pub(crate) fn too_large(limit: usize) -> Self {
        let message = format!("Request entity too large: limit is {limit}");
        Self::status(413, "RequestEntityTooLarge", message, None)
    }

    /// 504 for a revision that is still to come.
    pub(crate) fn from_the_future(wanted: u64, current: u64) -> Self {
        let message = format!("Timeout: Too large resource version: {wanted}, current: {current}");
        let details = json!({
            "causes": [{"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}],
            "retryAfterSeconds": 1,
        });
        let mut failure = Self::status(504, "Timeout", message, Some(details));
        failure.0.retry_after = Some(1);
        failure
    }

    /// Adds causes to the details.
    pub(crate) fn because(mut self, causes: Value) -> Self {
        if let Ok(status) = &mut self.0.body {
            status["details"]["causes"] = causes;
        }
        self
    }

    /// The Status as it stands in an ERROR line of a watch.
    pub(crate) fn into_status(self) -> Value {
        self.0.body.unwrap_or_default()
    }
}

impl From<Failure> for Answer {
    fn from(failure: Failure) -> Self {
        let Refusal { code, body, retry_after } = *failure.0;
        let mut answer = match body {
            Ok(status) => Self::json(code, status.to_string()),
            Err(text) => Self::new(code, TEXT, text.to_owned()),
        };
        answer.headers.extend(retry_after.map(|seconds| ("retry-after", seconds.to_string())));
        answer
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_mistake_is_told_once_and_listed_twice() {
        let error = FieldError::invalid("metadata.uid", &json!("x"), "field is immutable");
        let secret = Named { group: "", kind: "Secret" };
        let status = Failure::invalid(secret, "demo", &[error.clone(), error]).into_status();
        assert_eq!(
            status["message"],
            r#"Secret "demo" is invalid: metadata.uid: Invalid value: "x": field is immutable"#
        );
        assert_eq!(status["details"]["causes"].as_array().map(Vec::len), Some(2));
    }
}
