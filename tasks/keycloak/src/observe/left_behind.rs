//! What is ours and not declared any more, of the kinds that are never read in whole lists.

use std::collections::BTreeMap;

use evenkeel_core::{
    memory::Ownership,
    object::{Kind, ObjectId},
};
use evenkeel_transport::ResultExt;
use futures::{StreamExt, TryStreamExt, stream};

use super::AT_ONCE;
use crate::{
    Error, Keycloak,
    desired::Desired,
    error::Doing,
    names::{CLIENT, IDENTITY_PROVIDER, USER},
    plan::Removal,
};

impl Keycloak {
    /// One request for each object of the inventory that the values do not name any more. With an external
    /// identity provider local accounts are not managed, so nobody looks for them.
    pub(super) async fn read_left_behind(
        &self,
        desired: &Desired,
        ownership: &Ownership,
    ) -> Result<BTreeMap<ObjectId, Removal>, Error> {
        let kinds: &[Kind] =
            if desired.provider.is_some() { &[CLIENT, IDENTITY_PROVIDER] } else { &[CLIENT, IDENTITY_PROVIDER, USER] };
        let declared = desired.objects();
        let mut reads = Vec::new();
        for kind in kinds {
            for object in ownership.of_kind(kind).filter(|object| !declared.contains(object)) {
                reads.push(self.read_removal(object));
            }
        }
        let found: Vec<Option<(ObjectId, Removal)>> =
            stream::iter(reads).buffer_unordered(AT_ONCE).try_collect().await?;
        Ok(found.into_iter().flatten().collect())
    }

    async fn read_removal(&self, object: &ObjectId) -> Result<Option<(ObjectId, Removal)>, Error> {
        let name = object.name();
        let removal = match object.kind() {
            kind if *kind == CLIENT => self.find_client(name).await?.and_then(|client| client.id).map(Removal::Client),
            kind if *kind == USER => self.find_user(name).await?.and_then(|user| user.id).map(Removal::User),
            _ => {
                let provider = self.client.identity_provider_get().realm(self.realm()).alias(name).send().await;
                let provider = provider.optional().doing("read", "identity provider", name)?;
                provider.map(|_| Removal::IdentityProvider(name.to_owned()))
            }
        };
        Ok(removal.map(|removal| (object.clone(), removal)))
    }
}
