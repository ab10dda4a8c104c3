//! What an access token may be used for.

use super::answer::Answer;
use super::request::Request;

/// What scopes are about; each can be read, or read and written.
const CATEGORIES: [&str; 9] =
    ["activitypub", "admin", "misc", "notification", "organization", "package", "issue", "repository", "user"];

/// Whether there is such a scope.
pub(crate) fn exists(scope: &str) -> bool {
    let of_category = |rest: &str| CATEGORIES.contains(&rest);
    matches!(scope, "all" | "public-only")
        || scope.strip_prefix("read:").is_some_and(of_category)
        || scope.strip_prefix("write:").is_some_and(of_category)
}

/// 403 where the token lacks the scope for the request.
pub(crate) fn check(request: &Request, granted: &[String]) -> Result<(), Answer> {
    let Some(category) = category(request) else { return Ok(()) };
    let has = |scope: &str| granted.iter().any(|granted| granted == scope);
    let level = if request.writes() { "write" } else { "read" };
    if has("all") || has(&format!("write:{category}")) || has(&format!("{level}:{category}")) {
        return Ok(());
    }
    let message = format!("token does not have at least one of required scope(s): [{level}:{category}]");
    Err(Answer::forbidden(message))
}

fn category(request: &Request) -> Option<&'static str> {
    let segments: Vec<&str> = request.segments.iter().skip(2).map(String::as_str).collect();
    match segments.as_slice() {
        ["admin", ..] => Some("admin"),
        ["orgs" | "teams", ..] => Some("organization"),
        ["repos", ..] | ["user", "repos"] => Some("repository"),
        ["user" | "users", ..] => Some("user"),
        _ => None,
    }
}
