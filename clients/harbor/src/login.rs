//! The administrator: proving the password, and outlasting what looks like a wrong one.

use std::{sync::Arc, time::Duration};

use evenkeel_transport::{
    ApiError, Auth, Identities, Kind, LoginRetry, Operation, Permission, ResultExt, Secret, Session,
};

use crate::{Client, HarborError, identity::HarborIdentities};

/// Who administrates.
#[derive(Clone, Debug)]
pub struct Administrator {
    /// The user's name; as a rule `admin`, which works in every login mode.
    pub username: String,
    /// The password.
    pub password: Secret,
}

/// How long a refusal of the administrator's right password is outlasted: somebody's wrong password locks a user name for everybody for
/// 1.5 seconds (server-behaviour 1.1).
pub const LOCKED_LOGIN_RETRY: LoginRetry =
    LoginRetry { limit: Duration::from_secs(2), pause: Duration::from_millis(250) };

/// The client of Harbor's API at `url` (with the path under which it serves, if any) that authorises itself so.
#[must_use]
pub fn client(session: &Session, url: &str, auth: Auth) -> Client {
    let session = session.with_auth(auth);
    let address = format!("{}/api/v2.0", url.trim_end_matches('/'));
    Client::new_with_client(&address, session.http().clone(), session.clone())
}

/// The administrator, beside whom a robot may send what takes one of the permissions that `permission` knows: once it is
/// [given](Identities::use_primary).
#[must_use]
pub fn identities(
    administrator: Administrator,
    retry: LoginRetry,
    permission: fn(&Operation) -> Option<Permission>,
) -> Arc<Identities> {
    let Administrator { username, password } = administrator;
    Arc::new(Identities::new(Auth::Basic { user: username, password }, retry, HarborIdentities { permission }))
}

/// Proves the administrator's password at the Harbor at `url`, and gives the client for its administration. It outlasts the moments in
/// which somebody else's wrong password locks the name.
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
    retry: LoginRetry,
) -> Result<Client, HarborError> {
    let username = administrator.username.clone();
    let identities = identities(administrator, retry, |_| None);
    let client = client(session, url, Auth::Identities { identities, permission: None });
    let current = client.current_user_get().send().await.api();
    let refused = |message: String| Err(HarborError::NotAuthorised(ApiError::new(Kind::Unauthorized, message)));
    match current.map_err(HarborError::from) {
        Ok(user) if user.sysadmin_flag == Some(true) || user.admin_role_in_auth == Some(true) => Ok(client),
        Ok(_) => refused(format!("user `{username}` does not administrate the system")),
        Err(HarborError::Precondition(_)) => {
            refused(format!("`{username}` is a robot, which may not administrate the system"))
        }
        Err(error) => Err(error),
    }
}
