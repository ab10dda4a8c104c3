//! Which paths there are, and which methods each takes.

use http::StatusCode;

use super::answer::Answer;
use super::request::Request;

/// Paths of the API, `*` for one segment, with their methods.
const ROUTES: &[(&str, &str)] = &[
    ("ping", "GET"),
    ("health", "GET"),
    ("systeminfo", "GET"),
    ("systeminfo/volumes", "GET"),
    ("statistics", "GET"),
    ("search", "GET"),
    ("permissions", "GET"),
    ("scanners", "GET POST"),
    ("scanners/*", "GET PUT PATCH DELETE"),
    ("p2p/preheat/instances", "GET POST"),
    ("p2p/preheat/instances/*", "GET PUT DELETE"),
    ("repositories", "GET"),
    ("configurations", "GET PUT"),
    ("projects", "GET HEAD POST"),
    ("projects/*", "GET PUT DELETE"),
    ("projects/*/_deletable", "GET"),
    ("projects/*/summary", "GET"),
    ("projects/*/metadatas", "GET POST"),
    ("projects/*/metadatas/*", "GET PUT DELETE"),
    ("projects/*/members", "GET POST"),
    ("projects/*/members/*", "GET PUT DELETE"),
    ("projects/*/immutabletagrules", "GET POST"),
    ("projects/*/immutabletagrules/*", "PUT DELETE"),
    ("projects/*/scanner", "GET PUT"),
    ("projects/*/webhook/events", "GET"),
    ("projects/*/webhook/policies", "GET POST"),
    ("projects/*/webhook/policies/*", "GET PUT DELETE"),
    ("projects/*/repositories", "GET"),
    ("projects/*/repositories/*", "GET DELETE"),
    ("projects/*/repositories/*/artifacts", "GET"),
    ("robots", "GET POST"),
    ("robots/*", "GET PUT PATCH DELETE"),
    ("quotas", "GET"),
    ("quotas/*", "GET PUT"),
    ("retentions", "POST"),
    ("retentions/metadatas", "GET"),
    ("retentions/*", "GET PUT DELETE"),
    ("retentions/*/executions", "GET"),
    ("usergroups", "GET POST"),
    ("usergroups/search", "GET"),
    ("usergroups/*", "GET PUT DELETE"),
    ("users", "GET POST"),
    ("users/current", "GET"),
    ("users/current/permissions", "GET"),
    ("users/*", "GET PUT DELETE"),
    ("users/*/sysadmin", "PUT"),
    ("labels", "GET POST"),
    ("labels/*", "GET PUT DELETE"),
    ("registries", "GET POST"),
    ("registries/ping", "POST"),
    ("registries/*", "GET PUT DELETE"),
    ("registries/*/info", "GET"),
    ("replication/adapters", "GET"),
    ("replication/executions", "GET"),
    ("replication/policies", "GET POST"),
    ("replication/policies/*", "GET PUT DELETE"),
    ("system/CVEAllowlist", "GET PUT"),
    ("system/oidc/ping", "POST"),
    ("system/gc/schedule", "GET POST PUT"),
    ("system/purgeaudit", "GET"),
    ("system/purgeaudit/schedule", "GET POST PUT"),
    ("system/scanAll/schedule", "GET POST PUT"),
    ("auditlog-exts", "GET"),
    ("auditlog-exts/events", "GET"),
    ("audit-logs", "GET"),
];

/// 404 for a path that leads nowhere, 405 for a method that it does not take. Credentials make no difference.
pub(crate) fn check(request: &Request, segments: &[&str]) -> Result<(), Answer> {
    let segments: Vec<&str> = segments.iter().copied().filter(|segment| !segment.is_empty()).collect();
    let fits = |pattern: &str| {
        let parts: Vec<&str> = pattern.split('/').collect();
        parts.len() == segments.len()
            && parts.iter().zip(&segments).all(|(part, segment)| *part == "*" || part == segment)
    };
    let mut methods = ROUTES.iter().filter(|(pattern, _)| fits(pattern)).map(|(_, methods)| *methods).peekable();
    let Some(first) = methods.peek().copied() else { return Err(nowhere(request)) };
    if methods.any(|methods| methods.split(' ').any(|method| method == request.method.as_str())) {
        return Ok(());
    }
    let allowed = first.replace(' ', ",");
    let message = format!("method {} is not allowed, but [{allowed}] are", request.method);
    Err(Answer::failure(StatusCode::METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED", message))
}

/// 404 for a path that leads nowhere.
pub(crate) fn nowhere(request: &Request) -> Answer {
    Answer::not_found(format!("path {} was not found", request.path))
}

/// A number in a path; 422 for anything else.
pub(crate) fn number(segment: &str, name: &str) -> Result<i64, Answer> {
    let wrong = |_| Answer::unreadable(format!("{name} in path must be of type int64: {segment:?}"));
    segment.parse().map_err(wrong)
}
