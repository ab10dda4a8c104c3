//! Other registries and replication policies.

use std::sync::Arc;

use evenkeel_harbor_client::{
    Client,
    types::{Registry, RegistryCredential, RegistryUpdate, ReplicationFilter, ReplicationPolicy, ReplicationTrigger},
};
use evenkeel_transport::ResultExt;

use super::created;
use crate::{
    Error, Harbor,
    desired::{DesiredReplication, takes_a_role},
    directory::Named,
    error::Doing,
};

impl Harbor {
    pub(super) async fn create_registry(&self, registry: &Registry) -> Result<(), Error> {
        let name = registry.name.clone().unwrap_or_default();
        let mut registry = registry.clone();
        if takes_a_role(registry.type_.as_deref()) {
            // Without one, the server fails instead of taking the role of its machine.
            let nobody = RegistryCredential { type_: Some("basic".to_owned()), ..RegistryCredential::default() };
            registry.credential.get_or_insert(nobody);
        }
        let create = |client: Arc<Client>| {
            let registry = registry.clone();
            async move { created(client.registry_create().body(registry).send().await) }
        };
        if let Some(id) = self.access.as_administrator(create).await.doing("create", "registry", &name)? {
            self.directory.insert(Named::Registry(name), id);
        }
        Ok(())
    }

    /// Only declared fields are sent: what is left out stays.
    pub(super) async fn update_registry(&self, id: i64, registry: &Registry) -> Result<(), Error> {
        let name = registry.name.clone().unwrap_or_default();
        let credential = registry.credential.clone().unwrap_or_default();
        let body = RegistryUpdate {
            name: None,
            description: registry.description.clone(),
            url: registry.url.clone(),
            credential_type: credential.type_,
            access_key: credential.access_key,
            access_secret: credential.access_secret,
            insecure: registry.insecure,
            ca_certificate: registry.ca_certificate.clone(),
        };
        let update = |client: Arc<Client>| {
            let body = body.clone();
            async move { client.registry_update().id(id).body(body).send().await.api() }
        };
        self.access.as_administrator(update).await.doing("update", "registry", &name)
    }

    pub(super) async fn create_replication(&self, declared: &DesiredReplication) -> Result<(), Error> {
        let mut policy = self.with_ends(declared, declared.policy.value.clone())?;
        policy.enabled.get_or_insert(true);
        policy
            .trigger
            .get_or_insert_with(|| ReplicationTrigger { type_: Some("manual".to_owned()), ..Default::default() });
        policy.filters.get_or_insert_with(|| vec![everything()]);
        // Only the older name counts in a request.
        policy.deletion = policy.replicate_deletion;
        let create = |client: Arc<Client>| {
            let policy = policy.clone();
            async move { client.replication_create().body(policy).send().await.api() }
        };
        self.access.as_administrator(create).await.doing("create", "replication policy", &declared.name)
    }

    /// A change replaces the policy: what nobody declares goes back as it is.
    pub(super) async fn update_replication(
        &self,
        declared: &DesiredReplication,
        there: &ReplicationPolicy,
    ) -> Result<(), Error> {
        let wanted = &declared.policy.value;
        let deletes = there.replicate_deletion.or(there.deletion);
        let policy = ReplicationPolicy {
            description: wanted.description.clone().or_else(|| there.description.clone()),
            dest_namespace: wanted.dest_namespace.clone().or_else(|| there.dest_namespace.clone()),
            dest_namespace_replace_count: wanted.dest_namespace_replace_count.or(there.dest_namespace_replace_count),
            filters: wanted.filters.clone().or_else(|| there.filters.clone()),
            trigger: wanted.trigger.clone().or_else(|| there.trigger.clone()),
            replicate_deletion: wanted.replicate_deletion.or(deletes),
            deletion: wanted.replicate_deletion.or(deletes),
            override_: wanted.override_.or(there.override_),
            enabled: wanted.enabled.or(there.enabled),
            speed: wanted.speed.or(there.speed),
            copy_by_chunk: wanted.copy_by_chunk.or(there.copy_by_chunk),
            single_active_replication: single_active(wanted, there),
            ..there.clone()
        };
        let policy = self.with_ends(declared, policy)?;
        let id = there.id.unwrap_or_default();
        let update = |client: Arc<Client>| {
            let policy = policy.clone();
            async move { client.replication_update().id(id).body(policy).send().await.api() }
        };
        self.access.as_administrator(update).await.doing("update", "replication policy", &declared.name)
    }

    /// The policy with the numbers of its registries: exactly one of the two ends has one.
    fn with_ends(&self, declared: &DesiredReplication, policy: ReplicationPolicy) -> Result<ReplicationPolicy, Error> {
        let end = |name: &Option<String>| -> Result<Option<Registry>, Error> {
            let Some(name) = name else { return Ok(None) };
            Ok(Some(Registry { id: Some(self.registry_id(name)?), ..Registry::default() }))
        };
        Ok(ReplicationPolicy {
            src_registry: end(&declared.source)?,
            dest_registry: end(&declared.destination)?,
            ..policy
        })
    }

    /// A registry's number, known since it was seen or made in this round.
    pub(super) fn registry_id(&self, name: &str) -> Result<i64, Error> {
        self.directory
            .get(&Named::Registry(name.to_owned()))
            .ok_or_else(|| Error::NoRegistry { registry: name.to_owned() })
    }
}

/// Whether runs exclude each other. With events they cannot, and the server would fail.
fn single_active(wanted: &ReplicationPolicy, there: &ReplicationPolicy) -> Option<bool> {
    let trigger = wanted.trigger.as_ref().or(there.trigger.as_ref()).and_then(|trigger| trigger.type_.as_deref());
    let kept = there.single_active_replication.filter(|_| trigger != Some("event_based"));
    wanted.single_active_replication.or(kept)
}

fn everything() -> ReplicationFilter {
    ReplicationFilter { type_: Some("name".to_owned()), value: Some("**".into()), decoration: None }
}
