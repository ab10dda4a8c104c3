//! The administrator: proving the password, and outlasting what looks like a wrong one.

use std::time::Duration;

use evenkeel_transport::{ApiError, Auth, Kind, ResultExt, Secret, Session, progenitor_client::ClientInfo};
use tokio::time::{Instant, sleep};

use crate::{Client, HarborError};

/// Who administrates.
#[derive(Clone, Debug)]
pub struct Administrator {
    /// The user's name; as a rule `admin`, which works in every login mode.
    pub username: String,
    /// The password.
    pub password: Secret,
}

/// How long a refusal of the right password is borne.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// From the first refusal on, altogether.
    pub limit: Duration,
    /// Between two attempts.
    pub pause: Duration,
}

impl Default for Patience {
    /// Somebody's wrong password locks a user name for everybody for 1.5 seconds (server-behaviour 1.1).
    fn default() -> Self {
        Self { limit: Duration::from_secs(2), pause: Duration::from_millis(250) }
    }
}

/// The client of Harbor's API at `url` (with the path under which it serves, if any) that authorises itself so.
pub(crate) fn client(session: &Session, url: &str, auth: Auth) -> Client {
    let session = session.with_auth(auth);
    let address = format!("{}/api/v2.0", url.trim_end_matches('/'));
    Client::new_with_client(&address, session.http().clone(), session.clone())
}

/// Proves the administrator's password at the Harbor at `url`, and gives the client for its administration.
///
/// The proof is one request for the caller's own account. Without it a wrong password would look like a server that holds
/// little: what anonymous callers may see is answered with 200 to everybody (server-behaviour 1.1).
///
/// # Errors
/// [`HarborError::NotAuthorised`] when the password is wrong or the user does not administrate the system;
/// [`HarborError::Unavailable`], also when the password cannot be judged because the database is away.
pub async fn connect(
    session: &Session,
    url: &str,
    administrator: Administrator,
    patience: Patience,
) -> Result<Client, HarborError> {
    let Administrator { username, password } = administrator;
    let client = client(session, url, Auth::Basic { user: username.clone(), password });
    let current = outlast_lock(patience, || async { client.current_user_get().send().await.api() }).await;
    let refused = |message: String| Err(HarborError::NotAuthorised(ApiError::new(Kind::Unauthorized, message)));
    match current.map_err(HarborError::from) {
        Ok(user) if user.sysadmin_flag == Some(true) || user.admin_role_in_auth == Some(true) => Ok(client),
        Ok(_) => refused(format!("user `{username}` does not administrate the system")),
        Err(HarborError::Precondition(_)) => {
            refused(format!("`{username}` is a robot, which may not administrate the system"))
        }
        Err(HarborError::NotAuthorised(error)) => match database_is_away(&client).await {
            Some(away) => Err(away),
            None => Err(HarborError::NotAuthorised(error)),
        },
        Err(error) => Err(error),
    }
}

/// Repeats a call for as long as the server refuses the login, up to the limit of `patience`. A refused login has done
/// nothing, whatever the call.
///
/// # Errors
/// Of the last call.
pub async fn outlast_lock<T, F, Fut>(patience: Patience, call: F) -> Result<T, ApiError>
where
    F: Fn() -> Fut,
    Fut: Future<Output = Result<T, ApiError>>,
{
    let mut end = None;
    loop {
        match call().await {
            Err(error) if error.kind() == Kind::Unauthorized => {
                let now = Instant::now();
                if *end.get_or_insert(now + patience.limit) <= now {
                    return Err(error);
                }
                sleep(patience.pause).await;
            }
            result => return result,
        }
    }
}

/// Why no refusal of a login proves anything now: while its database is away, Harbor answers 401 to every password and secret
/// (server-behaviour 1.1). `None` when the database is there, or nobody knows.
///
/// The list of projects shows it at once: anybody may read it, and it fails without the database. The server's own account of
/// its health is up to ten seconds old.
pub async fn database_is_away(client: &Client) -> Option<HarborError> {
    let anybody =
        Client::new_with_client(client.baseurl(), client.client().clone(), client.inner().with_auth(Auth::None));
    let message = "its database is away, and every login is refused meanwhile";
    let away = || Some(HarborError::Unavailable(ApiError::new(Kind::Server, message)));
    let projects = anybody.project_list().page_size(1).send().await.api();
    if projects.is_err_and(|error| error.kind() == Kind::Server) {
        return away();
    }
    let health = client.health_get().send().await.api().ok()?;
    let is_away = |name: &str| {
        let components = health.components.iter().flatten();
        components
            .filter(|component| component.name.as_deref() == Some(name))
            .any(|component| component.status.as_deref() != Some("healthy"))
    };
    if is_away("database") { away() } else { None }
}
