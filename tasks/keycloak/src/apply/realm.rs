//! A realm in the making: others may make it at the same moment, and a server may still be at it when the run that asked is gone.

use std::{borrow::Cow, time::Duration};

use evenkeel_keycloak_client::{KeycloakError, types::RealmRepresentation};
use evenkeel_transport::{ApiError, Kind, ResultExt};
use tokio::time::sleep;

use super::{unknown, updates};
use crate::{
    Error, Keycloak,
    error::{WithContext, is_at_work},
};

/// What Keycloak says of a new realm's body that it cannot read, an unknown field in it included.
const UNREADABLE: &str = "unable to read contents";
/// How often it is looked whether such a realm is there. With the pauses between, that is half a minute.
const LOOKS: u32 = 18;
const SHORTEST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(3);

impl Keycloak {
    /// Whoever loses a race for a realm may be told 400 instead of 409 (server-behaviour 2.9).
    pub(super) async fn create_realm(&self, realm: &RealmRepresentation) -> Result<(), Error> {
        let answer = self.client.realm_create().body(updates::with_code_policy(realm)).send().await;
        match answer.api().map_err(KeycloakError::from) {
            Err(KeycloakError::Conflict(refused)) => self.taken(refused).await,
            Err(KeycloakError::Invalid(refused)) if is_at_work(&refused) => self.taken(refused).await,
            Err(KeycloakError::Invalid(refused)) if self.realm_is_there().await => {
                Err(refused.as_kind(Kind::Conflict)).context("create", "realm", self.realm())
            }
            Err(KeycloakError::Invalid(refused)) if refused.message().contains(UNREADABLE) => {
                self.create_realm_in_two_steps(realm).await
            }
            answer => answer.context("create", "realm", self.realm()).map(drop),
        }
    }

    /// Somebody else makes the realm, perhaps a run of ours that was killed: once it can be seen, it is looked at anew. Before
    /// that, another look would find nothing and another create would be refused alike.
    async fn taken(&self, refused: ApiError) -> Result<(), Error> {
        let mut pause = SHORTEST_PAUSE;
        for _ in 0..LOOKS {
            if self.realm_is_there().await {
                break;
            }
            tracing::debug!("the server is still making realm `{}`", self.realm());
            sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
        Err(refused.as_kind(Kind::Conflict)).context("create", "realm", self.realm())
    }

    /// A create that holds a field which the server does not know is refused without naming it, an update names it.
    async fn create_realm_in_two_steps(&self, realm: &RealmRepresentation) -> Result<(), Error> {
        let (name, enabled) = (realm.realm.clone(), realm.enabled);
        let bare = RealmRepresentation { realm: name, enabled, ..Default::default() };
        let answer = self.client.realm_create().body(bare).send().await;
        answer.api().context("create", "realm", self.realm())?;
        let mut realm = Cow::Borrowed(realm);
        loop {
            let written = self.update_realm(&realm, true).await;
            let refused = written.as_ref().err().and_then(Error::unknown_field);
            match refused.and_then(|field| unknown::without(&*realm, field)) {
                Some(less) => realm = Cow::Owned(*less),
                None => return written,
            }
        }
    }

    async fn realm_is_there(&self) -> bool {
        let there = self.client.realm_get().realm(self.realm()).send().await.optional();
        matches!(there, Ok(Some(_)))
    }
}
