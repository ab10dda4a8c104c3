//! What a handler knows besides its realm: the server's address, the time, and the caller's rights.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::access::Rights;

/// Beside a handler's realm.
#[derive(Debug)]
pub(crate) struct Context {
    /// `http://127.0.0.1:<port>/admin/realms/<realm>`.
    pub(crate) base: String,
    pub(crate) rights: Rights,
    /// Milliseconds since 1970.
    pub(crate) now: i64,
}

/// What stays as it is in a path segment (RFC 3986, `pchar`).
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~')
    .remove(b'!')
    .remove(b'$')
    .remove(b'&')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')')
    .remove(b'*')
    .remove(b'+')
    .remove(b',')
    .remove(b';')
    .remove(b'=')
    .remove(b':')
    .remove(b'@');

/// What stays as it is in a form.
const FORM: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.');

/// One field of a form, percent-encoded.
pub(crate) fn field(text: &str) -> String {
    utf8_percent_encode(text, FORM).to_string()
}

/// One percent-encoded path segment.
pub(crate) fn segment(text: &str) -> String {
    utf8_percent_encode(text, SEGMENT).to_string()
}

impl Context {
    /// A Location below the realm: fixed words and one segment that is encoded. Without that segment no slash is left.
    pub(crate) fn location(&self, path: &str, last: &str) -> String {
        if last.is_empty() {
            return format!("{}/{path}", self.base);
        }
        format!("{}/{path}/{}", self.base, segment(last))
    }
}

/// Roles that allow reading and changing, by area of the admin API.
pub(crate) mod roles {
    pub(crate) const VIEW_REALM: &[&str] = &["view-realm", "manage-realm"];
    pub(crate) const MANAGE_REALM: &[&str] = &["manage-realm"];
    pub(crate) const VIEW_CLIENTS: &[&str] = &["view-clients", "manage-clients"];
    pub(crate) const LIST_CLIENTS: &[&str] = &["query-clients", "view-clients", "manage-clients"];
    pub(crate) const MANAGE_CLIENTS: &[&str] = &["manage-clients"];
    pub(crate) const VIEW_USERS: &[&str] = &["view-users", "manage-users"];
    pub(crate) const LIST_USERS: &[&str] = &["query-users", "view-users", "manage-users"];
    pub(crate) const MANAGE_USERS: &[&str] = &["manage-users"];
    pub(crate) const VIEW_PROVIDERS: &[&str] = &["view-identity-providers", "manage-identity-providers"];
    pub(crate) const MANAGE_PROVIDERS: &[&str] = &["manage-identity-providers"];
    pub(crate) const VIEW_EVENTS: &[&str] = &["view-events", "manage-events"];
    pub(crate) const MANAGE_EVENTS: &[&str] = &["manage-events"];
}
