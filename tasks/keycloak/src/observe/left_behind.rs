//! What is ours and not declared any more, of the kinds that are never read in whole lists.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use evenkeel_core::{
    memory::Ownership,
    object::{Kind, ObjectId},
    values::model::RemovedUsers,
};
use evenkeel_keycloak_client::types::UserRepresentation;
use evenkeel_transport::{ResultExt, check_segment};
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
            let whole = |kind: &Kind| *kind != CLIENT_ROLE;
            let known = |object: &ObjectId| if whole(object.kind()) { object.clone() } else { object.apart() };
            let ours = kinds.iter().flat_map(|kind| ownership.of_kind(kind)).map(known).collect::<BTreeSet<_>>();
            for object in ours.into_iter().filter(|object| !is_declared(object)) {
                reads.push(self.read_removal(object, desired.removed_users));
            }
        }
        let found: Vec<Option<(ObjectId, Removal)>> =
            stream::iter(reads).buffer_unordered(AT_ONCE).try_collect().await?;
        Ok(found.into_iter().flatten().collect())
    }

    /// A role of a client. One that an older inventory knows by its joined names only is not looked for: they may be those of
    /// another.
    async fn find_client_role(&self, object: &ObjectId) -> Result<Option<Removal>, Error> {
        let Some((client_id, role)) = object.in_parent() else { return Ok(None) };
        let Some(client) = self.find_client(client_id).await?.and_then(|client| client.id) else { return Ok(None) };
        let found = self.client.client_role_get().realm(self.realm()).client_uuid(&client).role_name(role);
        let found = found.send().await.optional().doing("read", "client role", &object.path())?;
        Ok(found.and_then(|role| role.id).map(Removal::ClientRole))
    }

    async fn read_removal(
        &self,
        object: ObjectId,
        removed_users: RemovedUsers,
    ) -> Result<Option<(ObjectId, Removal)>, Error> {
        let name = object.name();
        // These are asked for by name. One that an older inventory lists and no address can carry cannot be, and stays: the plan
        // tells so.
        let by_name = [CLIENT_ROLE, IDENTITY_PROVIDER].contains(object.kind());
        if by_name && check_segment(name).is_err() {
            return Ok(None);
        }
        let removal = match object.kind() {
            kind if *kind == CLIENT => self.find_client(name).await?.and_then(|client| client.id).map(Removal::Client),
            kind if *kind == USER => self.find_user(name).await?.and_then(|user| of_user(user, removed_users)),
            kind if *kind == CLIENT_ROLE => self.find_client_role(&object).await?,
            _ => {
                let provider = self.client.identity_provider_get().realm(self.realm()).alias(name).send().await;
                let provider = provider.optional().doing("read", "identity provider", name)?;
                provider.and_then(|provider| provider.internal_id).map(Removal::IdentityProvider)
            }
        };
        Ok(removal.map(|removal| (object, removal)))
    }
}
