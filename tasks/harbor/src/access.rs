//! Who sends: this task's own robot for all that [it may do](crate::rights), the administrator for the rest.
//!
//! A request with a user's password costs the server about 100 milliseconds of computing, one with a robot's secret 3 to 12
//! (server-behaviour 1.1). The robot is proved by a list that is refused to a wrong secret, before anything is read that
//! Harbor also answers, with less in it, to nobody.

use std::{
    collections::BTreeSet,
    sync::{Arc, PoisonError, RwLock},
};

use evenkeel_harbor_client::{
    Administrator, Client, HarborError, Patience, Verdict, as_robot, connect, database_is_away, is_of_read_only_mode,
    outlast_lock, verify_secret,
};
use evenkeel_transport::{ApiError, Kind, ResultExt, Secret, Session};

use crate::rights::{self, Right};

/// The means to send requests, as whom it takes.
#[derive(Debug)]
pub(crate) struct Access {
    session: Session,
    address: String,
    administrator: Client,
    patience: Patience,
    /// The client of the own robot, while it works.
    robot: RwLock<Option<Arc<Client>>>,
    /// What the own robot may do: what it asks for, without what it was refused in this run.
    robot_may: RwLock<BTreeSet<Right>>,
}

impl Access {
    /// Proves the administrator.
    pub(crate) async fn connect(
        session: Session,
        address: &str,
        administrator: Administrator,
        patience: Patience,
    ) -> Result<Self, HarborError> {
        let administrator = connect(&session, address, administrator, patience).await?;
        Ok(Self {
            session,
            address: address.to_owned(),
            administrator,
            patience,
            robot: RwLock::new(None),
            robot_may: RwLock::new(rights::own().collect()),
        })
    }

    /// From now on this robot sends, until it is refused. It is not asked for anything here.
    pub(crate) fn work_as(&self, name: &str, secret: Secret) {
        let client = as_robot(&self.session, &self.address, name, secret);
        *self.robot.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(client));
    }

    /// From now on the administrator sends everything.
    pub(crate) fn work_as_administrator(&self) {
        *self.robot.write().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Whether the own robot sends what it may.
    pub(crate) fn has_robot(&self) -> bool {
        self.robot().is_some()
    }

    /// For the rest of the run the administrator does what takes one of these rights.
    pub(crate) fn withhold(&self, rights: impl IntoIterator<Item = Right>) {
        let mut may = self.robot_may.write().unwrap_or_else(PoisonError::into_inner);
        for right in rights {
            may.remove(&right);
        }
    }

    pub(crate) fn session(&self) -> &Session {
        &self.session
    }

    fn robot(&self) -> Option<Arc<Client>> {
        self.robot.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The own robot, where it may do that.
    fn robot_that_may(&self, right: Right) -> Option<Arc<Client>> {
        let may = self.robot_may.read().unwrap_or_else(PoisonError::into_inner).contains(&right);
        self.robot().filter(|_| may)
    }

    /// Sends as the robot, or as the administrator where there is none or the robot may not. A refusal has done
    /// nothing, whatever the call, and is met once in a run.
    pub(crate) async fn call<T, F, Fut>(&self, right: Right, call: F) -> Result<T, HarborError>
    where
        F: Fn(Arc<Client>) -> Fut,
        Fut: Future<Output = Result<T, ApiError>>,
    {
        if let Some(robot) = self.robot_that_may(right) {
            match call(robot).await {
                Err(error) if error.kind() == Kind::Unauthorized => self.work_as_administrator(),
                // The administrator would be told the same.
                Err(error) if is_of_read_only_mode(&error) => return Err(error.into()),
                Err(error) if error.kind() == Kind::Forbidden => self.withhold([right]),
                result => return result.map_err(HarborError::from),
            }
        }
        self.as_administrator(call).await
    }

    /// Sends as the administrator, through the moments in which somebody else's wrong password locks the name.
    pub(crate) async fn as_administrator<T, F, Fut>(&self, call: F) -> Result<T, HarborError>
    where
        F: Fn(Arc<Client>) -> Fut,
        Fut: Future<Output = Result<T, ApiError>>,
    {
        let client = Arc::new(self.administrator.clone());
        match outlast_lock(self.patience, || call(Arc::clone(&client))).await {
            Err(error) if error.kind() == Kind::Unauthorized => match database_is_away(&self.administrator).await {
                Some(away) => Err(away),
                None => Err(HarborError::NotAuthorised(error)),
            },
            result => result.map_err(HarborError::from),
        }
    }

    /// Asks whether a robot's name and secret work, by using them.
    pub(crate) async fn verify(&self, name: &str, secret: Secret, scope: &str) -> Result<Verdict, HarborError> {
        verify_secret(&self.session, &self.address, name, secret, scope).await
    }

    /// Proves that the server is well enough to judge a secret: it is, if it knows the administrator's password. A refused
    /// secret proves nothing without this (server-behaviour 1.1).
    ///
    /// # Errors
    /// When it is not, or nobody knows.
    pub(crate) async fn prove_healthy(&self) -> Result<(), HarborError> {
        self.as_administrator(|client| async move { client.current_user_get().send().await.api() }).await.map(drop)
    }
}
