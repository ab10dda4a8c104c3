//! The API server's way of saying no.

use evenkeel_transport::{nothing::null_is_empty, text};
use http::{HeaderMap, header};
use serde::Deserialize;
use serde_json::Value;

use super::{FieldConflict, quoted::without_values};

/// A `Status` object, as far as a failure's meaning depends on it.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct Status {
    kind: String,
    pub(crate) message: String,
    pub(crate) reason: String,
    pub(crate) code: u16,
    pub(crate) details: Details,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Details {
    /// The resource that it is about: it may be another one than the call's.
    pub(crate) kind: String,
    #[serde(deserialize_with = "null_is_empty")]
    causes: Vec<Cause>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Cause {
    reason: String,
    message: String,
    field: String,
}

impl Status {
    /// The status in a body, every text of it as `hide` leaves it: what it says about a field quotes the field. A body that is none says something only as plain text: an overloaded server does so
    /// (429, server-behaviour 9); a page of a proxy says nothing that the HTTP status does not.
    pub(crate) fn of(headers: &HeaderMap, body: &[u8], hide: impl Fn(&str) -> String) -> Self {
        Self::read(headers, body).hidden(hide)
    }

    /// The status in a document, as [`of`](Self::of).
    ///
    /// # Errors
    /// When it is none.
    pub(crate) fn of_document(document: Value, hide: impl Fn(&str) -> String) -> Result<Self, serde_json::Error> {
        serde_json::from_value::<Self>(document).map(|status| status.hidden(hide))
    }

    fn hidden(mut self, hide: impl Fn(&str) -> String) -> Self {
        let causes = self.details.causes.iter_mut().flat_map(|cause| [&mut cause.message, &mut cause.field]);
        for text in causes.chain([&mut self.message, &mut self.details.kind]) {
            *text = hide(text);
        }
        self
    }

    /// The status without the values that it quotes, for objects that hold secrets.
    pub(crate) fn without_values(mut self) -> Self {
        let causes = self.details.causes.iter_mut().map(|cause| &mut cause.message);
        for text in causes.chain([&mut self.message]) {
            *text = without_values(text);
        }
        self
    }

    fn read(headers: &HeaderMap, body: &[u8]) -> Self {
        if let Ok(status) = serde_json::from_slice::<Self>(body)
            && status.kind == "Status"
        {
            return status;
        }
        let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let message =
            if kind.starts_with("text/plain") { String::from_utf8_lossy(body).into_owned() } else { String::new() };
        Self { message, ..Self::default() }
    }

    pub(crate) fn has_cause(&self, reason: &str) -> bool {
        self.details.causes.iter().any(|cause| cause.reason == reason)
    }

    /// The verb that RBAC refuses, as the message names it; it may be another one than the call's.
    pub(crate) fn missing_verb(&self) -> Option<&'static str> {
        let verbs = ["get", "list", "watch", "create", "update", "patch", "delete"];
        verbs.into_iter().find(|verb| self.message.contains(&format!(" cannot {verb} resource \"")))
    }

    /// ``conflict with "kubectl-edit" using v1`` names the manager in quotes.
    pub(crate) fn field_conflicts(&self) -> Vec<FieldConflict> {
        let causes = self.details.causes.iter().filter(|cause| cause.reason == "FieldManagerConflict");
        causes
            .map(|cause| FieldConflict {
                field: text::clean(&cause.field),
                manager: text::clean(cause.message.split('"').nth(1).unwrap_or_default()),
            })
            .collect()
    }

    /// The fields that can never change. The type of a Secret is a `FieldValueInvalid` like any other wrong value; only the
    /// words tell. What an immutable Secret refuses is a `FieldValueForbidden`.
    pub(crate) fn immutable_fields(&self) -> Vec<String> {
        let immutable = |cause: &&Cause| {
            matches!(cause.reason.as_str(), "FieldValueInvalid" | "FieldValueForbidden")
                && cause.message.contains("immutable")
        };
        self.details.causes.iter().filter(immutable).map(|cause| format!("`{}`", text::clean(&cause.field))).collect()
    }
}
