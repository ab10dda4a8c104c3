//! What the failures of Gitea and Forgejo mean.
//!
//! Status codes say little here: what is there already is a 422 (organisations, users, teams), a 409 (repositories), a 403 (branch protections), a
//! 400 (access tokens) or a 500 (two at the same moment), and 500 is also what a refusal can look like. So the server's words count, in all
//! versions from Gitea 1.19 and Forgejo 7 on (server-behaviour 3.2 to 3.6).

use evenkeel_transport::{ApiError, ClientError, ErrorBody, Kind};

use crate::types::Failure;

/// A failed call, by what can be done about it.
///
/// Each variant holds the call's error: status and the server's own short words, cut and cleaned by the transport. No body, no secret.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum GiteaError {
    /// There is no such object, or the caller may not see it (404). The API itself says so.
    #[error("gitea knows no such object ({0})")]
    NotFound(ApiError),
    /// The server does not serve the call: it is too old, or something else answers at the address (404 in other words, 405). Whether there
    /// is such an object is unknown.
    #[error("gitea does not serve the call ({0})")]
    NotServed(ApiError),
    /// The name belongs to something else now, or the address leads elsewhere (3xx). No redirect is followed: who did would take the
    /// renamed object for the one that was asked for.
    #[error("gitea redirects the request ({0})")]
    Redirected(ApiError),
    /// The object is there already, or was made at the same moment: read it again and compare.
    #[error("the object exists already in gitea ({0})")]
    Conflict(ApiError),
    /// The login was refused, or the account lacks a right, or its token a scope (401, 403). Never a sign that an object is absent.
    #[error("not authorised at gitea ({0})")]
    NotAuthorised(ApiError),
    /// The login is right, and the API is closed to the account until its password is changed (403).
    #[error("the account must change its password at gitea first ({0})")]
    PasswordChangeDue(ApiError),
    /// The login is right, and the account may not log in: it is prohibited or not active (401, 403). Gitea 1.26 answers who is prohibited as
    /// it answers a wrong password.
    #[error("the account may not log in at gitea ({0})")]
    LoginProhibited(ApiError),
    /// Something else has to be so first: an organisation that has repositories, a user that is in organisations, the last owner.
    #[error("gitea holds back ({0})")]
    Precondition(ApiError),
    /// Gitea refuses what was sent: a value that it does not take.
    #[error("gitea refuses the request ({0})")]
    Invalid(ApiError),
    /// Gitea failed (500 and the like).
    #[error("gitea failed to handle the request ({0})")]
    Server(ApiError),
    /// No answer to work with: no connection, none in time, 429, 502, 503 or 504. Another try may succeed.
    #[error("gitea is not available ({0})")]
    Unavailable(ApiError),
    /// The answer is not what the API describes.
    #[error("gitea's answer cannot be read ({0})")]
    Undecodable(ApiError),
    /// A name that no address can carry. Nothing was sent, and nothing ever will be.
    #[error("gitea cannot be asked for it ({0})")]
    Unaddressable(ApiError),
    /// Something else than the API answers at the address, or the request could not be made.
    #[error("gitea cannot be worked with ({0})")]
    Unexpected(ApiError),
}

/// What a refusal says of an object that is there already.
const EXISTS: [&str; 8] = [
    "already exist",
    "already in use",
    "already been added",
    "used already",
    // the access key of a user, here or of another one
    "has been used as non-deploy key",
    // two at the same moment, in the words of sqlite, postgres and mysql
    "UNIQUE constraint failed",
    "duplicate key",
    "Duplicate entry",
];

/// What a refusal says where something else has to be so first.
const HELD_BACK: [&str; 3] = ["still has ownership of", "still has membership of", "is the last member of owner team"];

/// What a refusal says that comes as a failure of the server.
const REFUSED: [&str; 2] = ["units permission should not be empty", "login source does not exist"];

impl GiteaError {
    /// The call's error.
    #[must_use]
    pub fn api(&self) -> &ApiError {
        match self {
            Self::NotFound(error)
            | Self::NotServed(error)
            | Self::Redirected(error)
            | Self::Conflict(error)
            | Self::NotAuthorised(error)
            | Self::PasswordChangeDue(error)
            | Self::LoginProhibited(error)
            | Self::Precondition(error)
            | Self::Invalid(error)
            | Self::Server(error)
            | Self::Unavailable(error)
            | Self::Undecodable(error)
            | Self::Unaddressable(error)
            | Self::Unexpected(error) => error,
        }
    }

    /// What to do about it, where that can be said.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::NotServed(_) => Some("check the address and the version of the server"),
            Self::Redirected(_) => Some("check the address, and whether the object has another name now"),
            Self::PasswordChangeDue(_) => Some("log in to the web page as the account and change its password"),
            Self::LoginProhibited(_) => Some("let an administrator allow the account to log in"),
            Self::NotAuthorised(error) if error.message().contains("required scope") => {
                Some("give the token the scope that the message names")
            }
            Self::Server(_) => Some("the log of gitea says what failed"),
            _ => self.api().hint(),
        }
    }
}

impl ClientError for GiteaError {
    fn api(&self) -> &ApiError {
        Self::api(self)
    }

    fn hint(&self) -> Option<&'static str> {
        Self::hint(self)
    }
}

impl From<ApiError> for GiteaError {
    fn from(error: ApiError) -> Self {
        if error.is_unavailable() {
            return Self::Unavailable(error);
        }
        let says = |words: &[&str]| words.iter().any(|word| error.message().contains(word));
        match error.kind() {
            Kind::NotFound => Self::NotFound(error),
            Kind::Conflict => Self::Conflict(error),
            // 403 and 500 among them
            Kind::Invalid | Kind::Forbidden | Kind::Server if says(&EXISTS) => Self::Conflict(error),
            Kind::Invalid | Kind::Server if says(&HELD_BACK) => Self::Precondition(error),
            Kind::Server if says(&REFUSED) => Self::Invalid(error),
            Kind::Unauthorized | Kind::Forbidden => of_login(error),
            Kind::Invalid if status(&error) == Some(405) => Self::NotServed(error),
            Kind::Invalid => Self::Invalid(error),
            Kind::Server => Self::Server(error),
            Kind::TooManyRequests => Self::Unavailable(error),
            Kind::Decode | Kind::OtherObject => Self::Undecodable(error),
            Kind::Unaddressable => Self::Unaddressable(error),
            Kind::Unexpected => match status(&error) {
                Some(404 | 410) => Self::NotServed(error),
                Some(300..=399) => Self::Redirected(error),
                _ => Self::Unexpected(error),
            },
            _ => Self::Unexpected(error),
        }
    }
}

/// What a refused login means, which only the words tell.
fn of_login(error: ApiError) -> GiteaError {
    let message = error.message();
    if message.starts_with("You must change your password") {
        GiteaError::PasswordChangeDue(error)
    } else if message.contains("is not allowed login") || message.contains("prohibited from signing in") {
        GiteaError::LoginProhibited(error)
    } else {
        GiteaError::NotAuthorised(error)
    }
}

fn status(error: &ApiError) -> Option<u16> {
    error.status().map(|status| status.as_u16())
}

/// The form of server-behaviour 3.2, and what the transport makes of an answer that is no JSON.
impl ErrorBody for Failure {
    fn message(&self) -> String {
        let topics = self.invalid_topics.iter().flatten().map(String::as_str);
        let said = self.message.as_deref().into_iter();
        let said: Vec<&str> = said.chain(self.errors.iter().flatten().map(String::as_str)).chain(topics).collect();
        said.join(": ")
    }

    /// Each 404 of the API names the address of its description.
    fn is_of_the_api(body: Option<&Self>) -> bool {
        body.is_some_and(|failure| failure.url.is_some())
    }
}

#[cfg(test)]
mod tests {
    use evenkeel_transport::reqwest::StatusCode;
    use serde_json::{Value, json};

    use super::*;

    fn meaning(status: u16, words: &str) -> GiteaError {
        GiteaError::from(ApiError::from_status(StatusCode::from_u16(status).unwrap(), words))
    }

    #[test]
    fn each_form_of_failure_gives_its_words() {
        let message = |body: Value| serde_json::from_value::<Failure>(body).unwrap().message();
        assert_eq!(
            message(json!({"message": "token is required", "url": "http://gitea/api/swagger"})),
            "token is required"
        );
        assert_eq!(message(json!({"errors": null, "message": "not found", "url": "x"})), "not found");
        assert_eq!(
            message(json!({"errors": ["user redirect does not exist [name: a]"], "message": "GetOrgByName"})),
            "GetOrgByName: user redirect does not exist [name: a]"
        );
        assert_eq!(
            message(json!({"invalidTopics": ["a b"], "message": "Topic names are invalid"})),
            "Topic names are invalid: a b"
        );
    }

    #[test]
    fn what_is_there_already_is_a_conflict_under_every_status() {
        for (status, words) in [
            (409, "The repository with the same name already exists."),
            (422, "user already exists [name: otomi]"),
            (422, "e-mail already in use [email: ada@example.com]"),
            (422, "This key has already been added to this repository"),
            (422, "A key with the same name already exists"),
            (422, "Key content has been used as non-deploy key"),
            (409, "variable name REGION already exists"),
            (400, "access token name has been used already"),
            (403, "Branch protection already exist"),
            (500, "team already exists [org_id: 2, name: devs]"),
            (500, "insert organization: UNIQUE constraint failed: user.lower_name"),
        ] {
            assert!(matches!(meaning(status, words), GiteaError::Conflict(_)), "{status} {words}");
        }
    }

    #[test]
    fn a_refused_login_is_told_by_the_servers_words() {
        let due = "You must change your password. Change it at: http://gitea/user/change_password";
        assert!(matches!(meaning(403, due), GiteaError::PasswordChangeDue(_)));
        assert!(matches!(
            meaning(401, "user is not allowed login [uid: 4, name: ken]"),
            GiteaError::LoginProhibited(_)
        ));
        let inactive = "This account is prohibited from signing in, please contact your site administrator.";
        assert!(matches!(meaning(403, inactive), GiteaError::LoginProhibited(_)));
        assert!(matches!(meaning(401, "user's password is invalid [uid: 4, name: ken]"), GiteaError::NotAuthorised(_)));
        assert!(matches!(meaning(403, "Must be an organization owner"), GiteaError::NotAuthorised(_)));
        assert!(matches!(meaning(403, "token scope is limited to public orgs"), GiteaError::NotAuthorised(_)));
        assert!(matches!(meaning(401, "invalid username, password or token"), GiteaError::NotAuthorised(_)));
    }

    #[test]
    fn a_failure_of_the_server_that_is_a_refusal_is_no_failure() {
        assert!(matches!(
            meaning(500, "user still has ownership of repositories [uid: 3]"),
            GiteaError::Precondition(_)
        ));
        assert!(matches!(meaning(500, "user is the last member of owner team [uid: 1]"), GiteaError::Precondition(_)));
        assert!(matches!(meaning(500, "units permission should not be empty"), GiteaError::Invalid(_)));
        assert!(matches!(meaning(500, "login source does not exist [id: 99]"), GiteaError::Invalid(_)));
        assert!(matches!(meaning(500, "database is locked"), GiteaError::Server(_)));
    }

    #[test]
    fn each_status_has_its_meaning() {
        assert!(matches!(meaning(404, "not found"), GiteaError::NotFound(_)));
        assert!(matches!(meaning(405, ""), GiteaError::NotServed(_)));
        assert!(matches!(meaning(307, ""), GiteaError::Redirected(_)));
        assert!(matches!(meaning(422, "[Name]: Required"), GiteaError::Invalid(_)));
        assert!(matches!(meaning(423, "repo is archived"), GiteaError::Invalid(_)));
        assert!(matches!(meaning(429, ""), GiteaError::Unavailable(_)));
        assert!(matches!(meaning(503, ""), GiteaError::Unavailable(_)));
    }

    #[test]
    fn a_missing_scope_has_a_hint_of_its_own() {
        let error = meaning(403, "token does not have at least one of required scope(s): [write:organization]");
        assert_eq!(error.hint(), Some("give the token the scope that the message names"));
    }
}
