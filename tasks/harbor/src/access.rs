//! Who sends: this task's own robot for all that [it may do](crate::permissions), the administrator for the rest.
//!
//! A request with a user's password costs the server about 100 milliseconds of computing, one with a robot's secret 3 to 12
//! (server-behaviour 1.1). The robot is proved by a list that is refused to a wrong secret, before anything is read that
//! Harbor also answers, with less in it, to nobody. Which of the two sends a request is decided by the session
//! ([`Identities`]).

use std::sync::Arc;

use evenkeel_harbor_client::{
    Administrator, Client, HarborError, SecretCheck, client, connect, identities, robot_auth, verify_secret,
};
use evenkeel_transport::{Auth, Identities, LoginRetry, Permission, ResultExt, Secret, Session};

use crate::permissions;

/// The clients of one server.
#[derive(Debug)]
pub(crate) struct Access {
    session: Session,
    address: String,
    administrator: Client,
    /// Sends as the own robot what it may, and as the administrator the rest.
    client: Client,
    identities: Arc<Identities>,
}

impl Access {
    /// Proves the administrator.
    pub(crate) async fn connect(
        session: Session,
        address: &str,
        administrator: Administrator,
        retry: LoginRetry,
    ) -> Result<Self, HarborError> {
        let identities = identities(administrator.clone(), retry, permissions::of);
        let administrator = connect(&session, address, administrator, retry).await?;
        let client = client_of(&session, address, &identities, None);
        Ok(Self { session, address: address.to_owned(), administrator, client, identities })
    }

    /// Sends each request as whom its operation takes ([`permissions::of`]).
    pub(crate) const fn client(&self) -> &Client {
        &self.client
    }

    /// Sends as the own robot if it has this permission: for operations that take one or another, by what they are about.
    pub(crate) fn client_with(&self, permission: Permission) -> Client {
        client_of(&self.session, &self.address, &self.identities, Some(permission))
    }

    /// Sends everything as the administrator.
    pub(crate) const fn administrator(&self) -> &Client {
        &self.administrator
    }

    /// From now on this robot sends, until it is refused. It is not asked for anything here.
    pub(crate) fn work_as(&self, name: &str, secret: Secret) {
        self.identities.use_primary(&self.session, robot_auth(name, secret));
    }

    /// From now on the administrator sends everything.
    pub(crate) fn work_as_administrator(&self) {
        self.identities.use_fallback_only();
    }

    /// Whether the own robot sends what it may.
    pub(crate) fn has_robot(&self) -> bool {
        self.identities.has_primary()
    }

    /// For the rest of the run the administrator does what takes one of these permissions.
    pub(crate) fn withhold(&self, permissions: impl IntoIterator<Item = Permission>) {
        self.identities.withhold(permissions);
    }

    /// Asks whether a robot's name and secret work, by using them.
    pub(crate) async fn verify(&self, name: &str, secret: Secret, scope: &str) -> Result<SecretCheck, HarborError> {
        verify_secret(&self.session, &self.address, name, secret, scope).await
    }

    /// Proves that the server is well enough to judge a secret: it is, if it knows the administrator's password. A refused
    /// secret proves nothing without this (server-behaviour 1.1).
    ///
    /// # Errors
    /// When it is not, or nobody knows.
    pub(crate) async fn prove_healthy(&self) -> Result<(), HarborError> {
        Ok(self.administrator.current_user_get().send().await.api().map(drop)?)
    }
}

fn client_of(session: &Session, address: &str, identities: &Arc<Identities>, permission: Option<Permission>) -> Client {
    client(session, address, Auth::Identities { identities: Arc::clone(identities), permission })
}
