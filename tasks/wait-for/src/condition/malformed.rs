//! What is no target, as people may read it.

use evenkeel_transport::{Mask, mask::MASK};

/// A target that names nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{}` names nothing to wait for: expected {expected}", without_user(.target))]
pub struct MalformedTarget {
    /// The text.
    pub target: String,
    /// What would be one.
    pub expected: &'static str,
}

/// A target as people may read it: without tokens in its query. There is no user in it.
pub(crate) fn shown(target: &str) -> String {
    Mask::default().leaving(target).into_owned()
}

/// What is no target, as people may read it: what stands before an `@` may be a user with a password.
fn without_user(target: &str) -> String {
    let Some((before, host)) = target.rsplit_once('@') else { return shown(target) };
    let scheme = before.find("://").map_or("", |end| &before[..end + 3]);
    shown(&format!("{scheme}{MASK}@{host}"))
}
