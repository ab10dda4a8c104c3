//! Logins: proving an administrator once, and asking whether a user's password works.

use evenkeel_transport::{ApiError, Auth, Kind, ResultExt, Secret, Session};

use crate::{Client, GiteaError, types::User};

/// What somebody logs in with.
#[derive(Clone, Debug)]
pub enum Credentials {
    /// A user's name and password. Access tokens can be made and listed with these only.
    Password {
        /// The user's name.
        username: String,
        /// The password.
        password: Secret,
    },
    /// An access token. One that is limited to what is public is refused for all else (403), and is of no use.
    Token(Secret),
}

impl Credentials {
    fn auth(self) -> Auth {
        match self {
            Self::Password { username, password } => Auth::Basic { user: username, password },
            Self::Token(token) => Auth::Token { scheme: "token", token },
        }
    }
}

/// A server with a login whose rights are proved.
#[derive(Clone, Debug)]
pub struct Connection {
    client: Client,
    username: String,
    page: i64,
}

impl Connection {
    /// The client, which carries the login.
    #[must_use]
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// The name of the user who is logged in.
    #[must_use]
    pub fn username(&self) -> &str {
        &self.username
    }

    /// The most rows of a page.
    #[must_use]
    pub fn page(&self) -> i64 {
        self.page
    }
}

/// The client of the API at `url` (with the path under which it serves, if any) that logs in so.
fn client(session: &Session, url: &str, credentials: Credentials) -> Client {
    let session = session.with_auth(credentials.auth());
    let address = format!("{}/api/v1", url.trim_end_matches('/'));
    Client::new_with_client(&address, session.http().clone(), session.clone())
}

/// The most rows that are asked for at once, however many the server would give: an answer must fit into memory.
const MOST_ROWS: i64 = 1_000;

/// Proves once that the login at the server at `url` administrates it, reads how the server pages, and gives the connection: two requests
/// with a password, three with a token.
///
/// Without the proof a missing right would look like a server that holds little: what a login may not see is answered with 404, and left out
/// of lists (server-behaviour 3.2). That the user is an administrator is half of it: a token can lack the scope to make use of that, which the list
/// of all organisations shows.
///
/// # Errors
/// [`GiteaError::NotAuthorised`] when the login is wrong, or the user is no administrator, or the token lacks a scope;
/// [`GiteaError::PasswordChangeDue`] and [`GiteaError::LoginProhibited`] when the login is right and of no use.
pub async fn connect(session: &Session, url: &str, credentials: Credentials) -> Result<Connection, GiteaError> {
    let is_limited = matches!(credentials, Credentials::Token(_));
    let client = client(session, url, credentials);
    let user = client.current_user_get().send().await.api()?;
    let username = user.login.unwrap_or_default();
    if user.is_admin != Some(true) {
        let message = format!("user `{username}` does not administrate the server");
        return Err(GiteaError::NotAuthorised(ApiError::new(Kind::Forbidden, message)));
    }
    if is_limited {
        client.org_list().page(1).limit(1).send().await.api()?;
    }
    let settings = client.api_settings_get().send().await.api()?;
    match settings.max_response_items {
        Some(most) if most > 0 => Ok(Connection { client, username, page: most.min(MOST_ROWS) }),
        _ => {
            let message = "the server does not say how many rows a page may have";
            Err(GiteaError::Undecodable(ApiError::new(Kind::Decode, message)))
        }
    }
}

/// What the server makes of a user's name and password.
#[derive(Clone, Debug)]
pub enum Verdict {
    /// They work.
    Works(Box<User>),
    /// They are right, and the API is closed to the account until its password is changed.
    PasswordChangeDue,
    /// They are right, and the account may not log in.
    LoginProhibited,
    /// They are refused. Gitea 1.26 says no more of an account that is prohibited from logging in: only its `prohibit_login` tells.
    Refused,
}

/// Asks whether a user's name and password work, by using them: nothing else shows it (server-behaviour 3.1).
///
/// # Errors
/// Every failure but a refusal of the login.
pub async fn verify_login(
    session: &Session,
    url: &str,
    username: &str,
    password: Secret,
) -> Result<Verdict, GiteaError> {
    let credentials = Credentials::Password { username: username.to_owned(), password };
    let user = client(session, url, credentials).current_user_get().send().await.api();
    match user.map_err(GiteaError::from) {
        Ok(user) => Ok(Verdict::Works(Box::new(user))),
        Err(GiteaError::PasswordChangeDue(_)) => Ok(Verdict::PasswordChangeDue),
        Err(GiteaError::LoginProhibited(_)) => Ok(Verdict::LoginProhibited),
        Err(GiteaError::NotAuthorised(error)) if error.kind() == Kind::Unauthorized => Ok(Verdict::Refused),
        Err(error) => Err(error),
    }
}
