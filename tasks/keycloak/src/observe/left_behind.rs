//! What is ours and not declared any more, of the kinds that are never read in whole lists.

use std::collections::{BTreeMap, HashSet};

use evenkeel_core::{
    memory::Ownership,
    object::{Kind, ObjectId},
    values::model::RemovedUsers,
};
use evenkeel_keycloak_client::types::UserRepresentation;
use evenkeel_transport::ResultExt;
use futures::{StreamExt, TryStreamExt, stream};

use super::AT_ONCE;
use crate::{
    Error, Keycloak,
    desired::Desired,
    error::Doing,
    names::{CLIENT, CLIENT_ROLE, IDENTITY_PROVIDER, USER},
    plan::Removal,
};

const ALWAYS: [Kind; 3] = [CLIENT, CLIENT_ROLE, IDENTITY_PROVIDER];

/// What the values want to become of a user that they do not name any more; nothing for one that is disabled already.
fn of_user(user: UserRepresentation, removed: RemovedUsers) -> Option<Removal> {
    match removed {
        RemovedUsers::Keep => None,
        RemovedUsers::Disable => user.id.filter(|_| user.enabled != Some(false)).map(Removal::Disable),
        RemovedUsers::Delete => user.id.map(Removal::User),
    }
}

impl Keycloak {
    /// One request for each object of the inventory that the values do not name any more. With an external
    /// identity provider local accounts are not managed, so nobody looks for them.
    pub(super) async fn read_left_behind(
        &self,
        desired: &Desired,
        ownership: &Ownership,
    ) -> Result<BTreeMap<ObjectId, Removal>, Error> {
        let kinds: &[Kind] =
            if desired.provider.is_some() { &ALWAYS } else { &[CLIENT, CLIENT_ROLE, IDENTITY_PROVIDER, USER] };
        let mut reads = Vec::new();
        {
            let declared = desired.objects_but_users();
            let users: HashSet<&str> = desired.users.iter().map(|user| &*user.email).collect();
            let is_declared = |object: &ObjectId| match object.kind() {
                kind if *kind == USER => users.contains(object.name()),
                _ => declared.contains(object),
            };
            for object in kinds.iter().flat_map(|kind| ownership.of_kind(kind)).filter(|object| !is_declared(object)) {
                reads.push(self.read_removal(object, desired.removed_users));
            }
        }
        let found: Vec<Option<(ObjectId, Removal)>> =
            stream::iter(reads).buffer_unordered(AT_ONCE).try_collect().await?;
        Ok(found.into_iter().flatten().collect())
    }

    /// A role of a client, named `client/role`. A name may itself hold slashes: the longest client that is there counts.
    async fn find_client_role(&self, name: &str) -> Result<Option<Removal>, Error> {
        let mut end = name.len();
        while let Some(slash) = name[..end].rfind('/') {
            let (client_id, role) = (&name[..slash], &name[slash + 1..]);
            if let Some(client) = self.find_client(client_id).await?.and_then(|client| client.id) {
                let found = self.client.client_role_get().realm(self.realm()).client_uuid(&client).role_name(role);
                let found = found.send().await.optional().doing("read", "client role", name)?;
                return Ok(found.map(|_| Removal::ClientRole(client, role.to_owned())));
            }
            end = slash;
        }
        Ok(None)
    }

    async fn read_removal(
        &self,
        object: &ObjectId,
        removed_users: RemovedUsers,
    ) -> Result<Option<(ObjectId, Removal)>, Error> {
        let name = object.name();
        let removal = match object.kind() {
            kind if *kind == CLIENT => self.find_client(name).await?.and_then(|client| client.id).map(Removal::Client),
            kind if *kind == USER => self.find_user(name).await?.and_then(|user| of_user(user, removed_users)),
            kind if *kind == CLIENT_ROLE => self.find_client_role(name).await?,
            _ => {
                let provider = self.client.identity_provider_get().realm(self.realm()).alias(name).send().await;
                let provider = provider.optional().doing("read", "identity provider", name)?;
                provider.map(|_| Removal::IdentityProvider(name.to_owned()))
            }
        };
        Ok(removal.map(|removal| (object.clone(), removal)))
    }
}
