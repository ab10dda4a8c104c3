//! The path of an operation, and whether a request has it.
//!
//! Libraries and servers resolve `.` and `..` in addresses, some servers cut a segment at `;`, and a name that is empty leaves an
//! address that means the list or the object above. A request that was meant for a role would then be one for the whole realm.
//! So a name becomes exactly one segment with everything encoded that could mean something, and a request whose address is not
//! its operation's template with exactly these segments is never sent.

use std::fmt;

use bytes::Bytes;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use reqwest::Url;
use serde_json::{Map, Value};

use crate::{ApiError, Kind};

/// What means nothing in any segment of any address (RFC 3986, 2.3). All else is encoded.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Why a text cannot be a segment of an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unaddressable {
    /// Without it the address is that of the list, or of what is above.
    #[error("it is empty")]
    Empty,
    /// Addresses that hold these mean what is above, however they are written.
    #[error("it is `.` or `..`")]
    Dots,
    /// Nobody sees them, and few servers agree on them.
    #[error("it holds control characters")]
    Control,
}

/// Whether a name can be a segment of an address.
///
/// # Errors
/// Says why not.
pub fn check_segment(name: &str) -> Result<(), Unaddressable> {
    match name {
        "" => Err(Unaddressable::Empty),
        "." | ".." => Err(Unaddressable::Dots),
        name if name.chars().any(char::is_control) => Err(Unaddressable::Control),
        _ => Ok(()),
    }
}

/// A text as a part of an address, with everything encoded that could mean something there. Whether it can be a segment,
/// [`check_segment`] says.
#[must_use]
pub fn encoded(text: &str) -> String {
    utf8_percent_encode(text, ENCODED).to_string()
}

/// The name that a segment of an address stands for; `None` where it is no text.
#[must_use]
pub fn decoded(segment: &str) -> Option<String> {
    Some(percent_decode_str(segment).decode_utf8().ok()?.into_owned())
}

/// An operation of an API, as its document describes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Operation {
    /// Its name, for example `role_get`.
    pub id: &'static str,
    /// Its method, in capital letters.
    pub method: &'static str,
    /// Its path, for example `/admin/realms/{realm}/roles/{role-name}`.
    pub path: &'static str,
    /// How an answer names what it is about: a field of it, and the parameter of the path that it has to be equal to.
    pub answers: &'static [(&'static str, &'static str)],
    /// What an answer is that holds nothing: `[]` for a list, `{}` for a map, and empty for everything else.
    pub nothing: &'static str,
}

impl Operation {
    /// The path with the names that a call is about, in the order of the template.
    #[must_use]
    pub const fn with(&'static self, names: Vec<String>) -> OperationPath {
        OperationPath { operation: self, names }
    }

    /// The parameters of the path, in its order.
    pub fn parameters(&self) -> impl Iterator<Item = &'static str> {
        segments(self.path).filter_map(parameter)
    }
}

/// The path of one call.
#[derive(Clone, PartialEq, Eq)]
pub struct OperationPath {
    operation: &'static Operation,
    names: Vec<String>,
}

impl OperationPath {
    /// The operation.
    #[must_use]
    pub const fn operation(&self) -> &'static Operation {
        self.operation
    }

    /// The address below the API's own, as text. Only [`check`](Self::check) says whether it means what it should.
    #[must_use]
    pub fn url(&self, base: &str) -> String {
        let mut url = base.trim_end_matches('/').to_owned();
        for segment in self.segments() {
            url.push('/');
            url.push_str(&segment);
        }
        url
    }

    /// Whether an address is that of this call and of nothing else.
    ///
    /// # Errors
    /// [`Kind::Unaddressable`], naming operation and parameter and not the name itself.
    pub fn check(&self, base: &str, url: &Url) -> Result<(), ApiError> {
        let id = self.operation.id;
        if self.operation.parameters().count() != self.names.len() {
            return Err(self.elsewhere());
        }
        for (parameter, name) in self.operation.parameters().zip(&self.names) {
            check_segment(name).map_err(|why| {
                let message = format!("no address can carry what is given as `{parameter}` of `{id}`: {why}");
                ApiError::new(Kind::Unaddressable, message)
            })?;
        }
        let base = Url::parse(base).map_err(|_| self.elsewhere())?;
        let above = base.path().trim_end_matches('/').to_owned();
        let wanted = segments(&above).map(str::to_owned).chain(self.segments());
        let is_same = url.origin() == base.origin() && url.fragment().is_none() && segments(url.path()).eq(wanted);
        if is_same { Ok(()) } else { Err(self.elsewhere()) }
    }

    /// The body of an answer, where null for a list or a map is one with nothing in it.
    pub(crate) fn body(&self, body: Bytes) -> Bytes {
        match self.operation.nothing {
            "" => body,
            nothing if body.trim_ascii() == b"null" => Bytes::from_static(nothing.as_bytes()),
            _ => body,
        }
    }

    /// Whether the body of an answer is about what was asked for. One that is no JSON object says nothing of it.
    ///
    /// # Errors
    /// [`Kind::OtherObject`], naming the field.
    pub(crate) fn check_answer(&self, body: &[u8]) -> Result<(), ApiError> {
        if self.operation.answers.is_empty() {
            return Ok(());
        }
        let Ok(answer) = serde_json::from_slice::<Map<String, Value>>(body) else { return Ok(()) };
        for (field, parameter) in self.operation.answers {
            let asked = self.operation.parameters().zip(&self.names).find(|(name, _)| name == parameter);
            let is_same = match (answer.get(*field), asked) {
                (Some(Value::String(text)), Some((_, asked))) => text == asked,
                (Some(Value::Number(number)), Some((_, asked))) => number.to_string() == *asked,
                _ => false,
            };
            if !is_same {
                let id = self.operation.id;
                let message =
                    format!("the answer to `{id}` is about another object: its `{field}` is not what was asked for");
                return Err(ApiError::new(Kind::OtherObject, message));
            }
        }
        Ok(())
    }

    /// The segments as they are sent.
    fn segments(&self) -> impl Iterator<Item = String> {
        let mut names = self.names.iter();
        segments(self.operation.path).map(move |segment| match parameter(segment) {
            Some(_) => encoded(names.next().map(String::as_str).unwrap_or_default()),
            None => segment.to_owned(),
        })
    }

    fn elsewhere(&self) -> ApiError {
        let message = format!("the request's address is not that of `{}`; it was not sent", self.operation.id);
        ApiError::new(Kind::Unaddressable, message)
    }
}

/// Without the names: they may be what nobody should see.
impl fmt::Debug for OperationPath {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "OperationPath({})", self.operation.path)
    }
}

/// The segments of a path, empty ones too.
fn segments(path: &str) -> impl Iterator<Item = &str> {
    path.strip_prefix('/').into_iter().flat_map(|path| path.split('/'))
}

/// The parameter that a segment of a template stands for.
fn parameter(segment: &str) -> Option<&str> {
    segment.strip_prefix('{')?.strip_suffix('}')
}

#[cfg(test)]
mod tests {
    use super::*;

    static ROLE: Operation = Operation {
        id: "role_delete",
        method: "DELETE",
        path: "/admin/realms/{realm}/roles/{role-name}",
        answers: &[("name", "role-name")],
        nothing: "",
    };

    fn path(realm: &str, role: &str) -> OperationPath {
        ROLE.with(vec![realm.to_owned(), role.to_owned()])
    }

    /// What a call that is built and then parsed comes to.
    fn sent(base: &str, realm: &str, role: &str) -> Result<String, String> {
        let path = path(realm, role);
        let url = Url::parse(&path.url(base)).unwrap();
        path.check(base, &url).map(|()| url.path().to_owned()).map_err(|error| error.message().to_owned())
    }

    #[test]
    fn a_name_is_one_segment_whatever_it_holds() {
        for (name, encoded) in [
            ("a/b", "a%2Fb"),
            ("a\\b", "a%5Cb"),
            ("a;b", "a%3Bb"),
            ("%2e%2e", "%252e%252e"),
            ("a?b#c", "a%3Fb%23c"),
            ("...", "..."),
            (" ", "%20"),
            ("ü", "%C3%BC"),
        ] {
            let expected = format!("/auth/admin/realms/otomi/roles/{encoded}");
            assert_eq!(sent("https://keycloak.example.com/auth/", "otomi", name), Ok(expected), "{name}");
        }
    }

    #[test]
    fn whatever_is_encoded_is_decoded_to_the_same() {
        for name in ["a/b\\c;d", "%2e%2e", "..", "a?b#c d", "ü", "日本", ""] {
            assert_eq!(decoded(&encoded(name)).as_deref(), Some(name));
        }
        assert_eq!(decoded("%ff"), None);
    }

    #[test]
    fn a_role_called_two_dots_is_refused_and_not_its_realm_deleted() {
        let refusal = "no address can carry what is given as `role-name` of `role_delete`: it is `.` or `..`";
        assert_eq!(sent("http://localhost", "otomi", ".."), Err(refusal.to_owned()));
        for name in [".", "", "a\u{0}", "\u{85}"] {
            assert!(sent("http://localhost", "otomi", name).is_err(), "{name:?}");
        }
    }

    #[test]
    fn names_that_make_up_for_each_other_are_refused() {
        assert!(sent("http://localhost", "otomi\\roles", "..").is_err());
        assert!(sent("http://localhost", "..", "a\\b\\c").is_err());
    }

    #[test]
    fn an_address_that_somebody_changed_is_refused() {
        let path = path("otomi", "a");
        let check = |url: &str| path.check("http://localhost/auth", &Url::parse(url).unwrap()).is_ok();
        assert!(check("http://localhost/auth/admin/realms/otomi/roles/a?q=1"));
        for url in [
            "http://localhost/auth/admin/realms/otomi/roles/b",
            "http://localhost/auth/admin/realms/otomi/roles/a/",
            "http://localhost/auth/admin/realms/otomi/roles//a",
            "http://localhost/auth/admin/realms/otomi/",
            "http://localhost/admin/realms/otomi/roles/a",
            "http://localhost/auth/admin/realms/otomi/groups/a",
            "http://elsewhere/auth/admin/realms/otomi/roles/a",
            "https://localhost/auth/admin/realms/otomi/roles/a",
        ] {
            assert!(!check(url), "{url}");
        }
    }

    #[test]
    fn an_answer_about_another_object_is_an_error() {
        let check = |body: &str| path("otomi", "a").check_answer(body.as_bytes()).map_err(|error| error.kind());
        assert_eq!(check(r#"{"name": "a", "id": "1"}"#), Ok(()));
        assert_eq!(check(r#"{"name": "b"}"#), Err(Kind::OtherObject));
        assert_eq!(check(r#"{"realm": "otomi"}"#), Err(Kind::OtherObject));
        assert_eq!(check("no json"), Ok(()), "the decoder tells that");
    }
}
