//! Robots: working as one, and asking whether a secret works.

use evenkeel_transport::{Auth, Kind, ResultExt, Secret, Session};

use crate::{Client, HarborError, login::client, types::Permission};

/// What the server makes of a robot's name and secret.
#[derive(Clone, Debug, PartialEq)]
pub enum SecretCheck {
    /// They work, and give these rights.
    Works(Vec<Permission>),
    /// They are refused: the secret or the name is wrong, or the robot is disabled or expired, or the database is away. Which
    /// of these cannot be told from here (server-behaviour 5).
    Refused,
}

impl SecretCheck {
    /// Whether name and secret work.
    #[must_use]
    pub const fn works(&self) -> bool {
        matches!(self, Self::Works(_))
    }
}

/// How a robot authorises itself: `name` is the full one, with its prefix.
#[must_use]
pub fn robot_auth(name: &str, secret: Secret) -> Auth {
    Auth::Basic { user: name.to_owned(), password: secret }
}

/// A client that works with a robot's credentials: `name` is the full one, with its prefix. Nothing is asked; lists that
/// anonymous callers may see are answered to a wrong secret too.
#[must_use]
pub fn as_robot(session: &Session, url: &str, name: &str, secret: Secret) -> Client {
    client(session, url, robot_auth(name, secret))
}

/// Asks whether a robot's name and secret work, by using them: `scope` is `/project/<number>` or `/system`.
///
/// Of all that one might ask this is what tells right from wrong without the registry and for 3 milliseconds of the server's
/// time (server-behaviour 5). Robots are neither slowed down nor locked out.
///
/// # Errors
/// Every failure but a refusal of the login.
pub async fn verify_secret(
    session: &Session,
    url: &str,
    name: &str,
    secret: Secret,
    scope: &str,
) -> Result<SecretCheck, HarborError> {
    let rights = as_robot(session, url, name, secret).permission_list().scope(scope).send().await.api();
    match rights {
        Ok(rights) => Ok(SecretCheck::Works(rights)),
        Err(error) if error.kind() == Kind::Unauthorized => Ok(SecretCheck::Refused),
        Err(error) => Err(error.into()),
    }
}
