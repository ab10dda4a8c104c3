//! Names: which the server takes, and how it compares them.

use super::answer::Answer;

/// Names that belong to the server itself, for users and organisations.
const RESERVED: [&str; 35] = [
    ".",
    "..",
    ".well-known",
    "admin",
    "api",
    "assets",
    "attachments",
    "avatar",
    "avatars",
    "captcha",
    "commits",
    "debug",
    "error",
    "explore",
    "favicon.ico",
    "ghost",
    "issues",
    "login",
    "manifest.json",
    "metrics",
    "milestones",
    "new",
    "notifications",
    "org",
    "pulls",
    "raw",
    "repo",
    "repo-avatars",
    "robots.txt",
    "search",
    "ssh_info",
    "swagger.v1.json",
    "user",
    "v2",
    "gitea-actions",
];

/// Names that no repository can have.
const RESERVED_REPOSITORIES: [&str; 3] = [".", "..", "-"];

/// Names that mean something else than a repository.
const REPOSITORY_ENDINGS: [&str; 4] = [".git", ".wiki", ".rss", ".atom"];

/// As names are compared.
pub(crate) fn folded(name: &str) -> String {
    name.to_lowercase()
}

/// Letters, digits, `-`, `_` and `.`.
pub(crate) fn is_plain(character: char) -> bool {
    character.is_ascii_alphanumeric() || "-_.".contains(character)
}

/// Whether a user or an organisation can have the name: plain, and neither begun nor ended by punctuation, nor with two of it side by side.
pub(crate) fn is_account_name(name: &str) -> bool {
    let punctuation = |character: char| "-_.".contains(character);
    let pairs = name.chars().zip(name.chars().skip(1));
    name.chars().all(is_plain)
        && name.starts_with(|first: char| first.is_ascii_alphanumeric())
        && !name.ends_with(punctuation)
        && !pairs.into_iter().any(|(one, other)| punctuation(one) && punctuation(other))
}

/// 422 for a name that belongs to the server.
pub(crate) fn check_account(name: &str) -> Result<(), Answer> {
    if RESERVED.contains(&folded(name).as_str()) {
        return Err(Answer::invalid(format!("name is reserved [name: {name}]")));
    }
    Ok(())
}

/// 422 for a name that no repository can have.
pub(crate) fn check_repository(name: &str) -> Result<(), Answer> {
    let name = folded(name);
    if RESERVED_REPOSITORIES.contains(&name.as_str()) {
        return Err(Answer::invalid(format!("name is reserved [name: {name}]")));
    }
    match REPOSITORY_ENDINGS.iter().find(|ending| name.ends_with(**ending)) {
        Some(ending) => Err(Answer::invalid(format!("name pattern is not allowed [pattern: *{ending}]"))),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_neither_begun_nor_ended_by_punctuation() {
        for name in ["ada", "team-alpha", "organization-team-alpha", "a.b_c"] {
            assert!(is_account_name(name), "{name}");
        }
        for name in ["-ada", "ada-", "a--b", "team alpha", "ada@example.com", ".."] {
            assert!(!is_account_name(name), "{name}");
        }
    }
}
