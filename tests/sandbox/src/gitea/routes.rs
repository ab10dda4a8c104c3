//! Which paths there are, and which methods each takes.

use http::{StatusCode, header};

use super::answer::{Answer, Content};
use super::request::Request;

/// Paths with their methods; `*` is one segment. `settings-api` and `org-labels-secrets-variables` show what is not here: this server has no list of
/// a repository's Actions secrets, no variables and no tag protections by API.
const ROUTES: &[(&str, &str)] = &[
    ("api/healthz", "GET"),
    ("swagger.v1.json", "GET"),
    ("api/v1/version", "GET"),
    ("api/v1/signing-key.gpg", "GET"),
    ("api/v1/settings/api", "GET"),
    ("api/v1/settings/repository", "GET"),
    ("api/v1/settings/attachment", "GET"),
    ("api/v1/settings/ui", "GET"),
    ("api/v1/user", "GET"),
    ("api/v1/user/emails", "GET"),
    ("api/v1/user/orgs", "GET"),
    ("api/v1/user/repos", "GET POST"),
    ("api/v1/user/applications/oauth2", "GET POST"),
    ("api/v1/user/applications/oauth2/*", "GET PATCH DELETE"),
    ("api/v1/users/search", "GET"),
    ("api/v1/users/*", "GET"),
    ("api/v1/users/*/orgs", "GET"),
    ("api/v1/users/*/repos", "GET"),
    ("api/v1/users/*/tokens", "GET POST"),
    ("api/v1/users/*/tokens/*", "DELETE"),
    ("api/v1/admin/cron", "GET"),
    ("api/v1/admin/orgs", "GET"),
    ("api/v1/admin/hooks", "GET POST"),
    ("api/v1/admin/hooks/*", "GET PATCH DELETE"),
    ("api/v1/admin/users", "GET POST"),
    ("api/v1/admin/users/*", "PATCH DELETE"),
    ("api/v1/admin/users/*/orgs", "POST"),
    ("api/v1/admin/users/*/repos", "POST"),
    ("api/v1/admin/users/*/rename", "POST"),
    ("api/v1/orgs", "GET POST"),
    ("api/v1/orgs/*", "GET PATCH DELETE"),
    ("api/v1/orgs/*/members", "GET"),
    ("api/v1/orgs/*/members/*", "GET DELETE"),
    ("api/v1/orgs/*/teams", "GET POST"),
    ("api/v1/orgs/*/teams/search", "GET"),
    ("api/v1/orgs/*/repos", "GET POST"),
    ("api/v1/orgs/*/hooks", "GET POST"),
    ("api/v1/orgs/*/hooks/*", "GET PATCH DELETE"),
    ("api/v1/orgs/*/labels", "GET POST"),
    ("api/v1/orgs/*/labels/*", "GET PATCH DELETE"),
    ("api/v1/orgs/*/actions/secrets", "GET"),
    ("api/v1/orgs/*/actions/secrets/*", "PUT DELETE"),
    ("api/v1/teams/*", "GET PATCH DELETE"),
    ("api/v1/teams/*/members", "GET"),
    ("api/v1/teams/*/members/*", "GET PUT DELETE"),
    ("api/v1/teams/*/repos", "GET"),
    ("api/v1/teams/*/repos/*/*", "GET PUT DELETE"),
    ("api/v1/repos/search", "GET"),
    ("api/v1/repos/*/*", "GET PATCH DELETE"),
    ("api/v1/repos/*/*/teams", "GET"),
    ("api/v1/repos/*/*/branches", "GET"),
    ("api/v1/repos/*/*/branches/*", "GET"),
    ("api/v1/repos/*/*/topics", "GET PUT"),
    ("api/v1/repos/*/*/topics/*", "PUT DELETE"),
    ("api/v1/repos/*/*/collaborators", "GET"),
    ("api/v1/repos/*/*/collaborators/*", "GET PUT DELETE"),
    ("api/v1/repos/*/*/collaborators/*/permission", "GET"),
    ("api/v1/repos/*/*/hooks", "GET POST"),
    ("api/v1/repos/*/*/hooks/*", "GET PATCH DELETE"),
    ("api/v1/repos/*/*/keys", "GET POST"),
    ("api/v1/repos/*/*/keys/*", "GET DELETE"),
    ("api/v1/repos/*/*/labels", "GET POST"),
    ("api/v1/repos/*/*/labels/*", "GET PATCH DELETE"),
    ("api/v1/repos/*/*/branch_protections", "GET POST"),
    ("api/v1/repos/*/*/branch_protections/*", "GET PATCH DELETE"),
    ("api/v1/repos/*/*/actions/secrets/*", "PUT DELETE"),
];

/// 404 for a path that leads nowhere, 405 for a method that it does not take. Credentials make no difference.
pub(crate) fn check(request: &Request) -> Result<(), Answer> {
    let segments: Vec<&str> = request.segments.iter().map(String::as_str).collect();
    let fits = |pattern: &str| {
        let parts: Vec<&str> = pattern.split('/').collect();
        parts.len() == segments.len()
            && parts.iter().zip(&segments).all(|(part, segment)| *part == "*" && !segment.is_empty() || part == segment)
    };
    let fitting: Vec<&str> = ROUTES.iter().filter(|(pattern, _)| fits(pattern)).map(|(_, methods)| *methods).collect();
    let Some(methods) = fitting.first() else { return Err(Answer::nowhere()) };
    if fitting.iter().any(|methods| methods.split(' ').any(|method| method == request.method.as_str())) {
        return Ok(());
    }
    let refusal = Answer::new(StatusCode::METHOD_NOT_ALLOWED, Content::Empty);
    Err(methods.split(' ').fold(refusal, |refusal, method| refusal.with(header::ALLOW, method)))
}
