//! Replication policies.

use evenkeel_core::overlay;
use evenkeel_harbor_client::types::{Registry, ReplicationFilter, ReplicationPolicy, ReplicationTrigger};
use evenkeel_transport::ResultExt;

use crate::{Error, Harbor, desired::DesiredReplication, directory::Named, error::WithContext};

impl Harbor {
    pub(super) async fn create_replication(&self, declared: &DesiredReplication) -> Result<(), Error> {
        let mut policy = self.with_ends(declared, declared.policy.value.clone())?;
        policy.enabled.get_or_insert(true);
        policy
            .trigger
            .get_or_insert_with(|| ReplicationTrigger { type_: Some("manual".to_owned()), ..Default::default() });
        policy.filters.get_or_insert_with(|| vec![everything()]);
        // Only the older name counts in a request.
        policy.deletion = policy.replicate_deletion;
        let answer = self.administrator().replication_create().body(policy).send().await.api();
        answer.context("create", "replication policy", &declared.name)
    }

    /// A change replaces the policy: what nobody declares goes back as it is.
    pub(super) async fn update_replication(
        &self,
        declared: &DesiredReplication,
        there: &ReplicationPolicy,
    ) -> Result<(), Error> {
        let wanted = &declared.policy.value;
        // The schedule of a trigger is none of another one.
        let trigger = there.trigger.clone().filter(|_| wanted.trigger.is_none());
        let mut policy = overlay::whole(&ReplicationPolicy { trigger, ..there.clone() }, wanted)?;
        policy.replicate_deletion = policy.replicate_deletion.or(there.deletion);
        policy.deletion = policy.replicate_deletion;
        policy.single_active_replication = single_active(wanted, there);
        let policy = self.with_ends(declared, policy)?;
        let id = there.id.unwrap_or_default();
        let answer = self.administrator().replication_update().id(id).body(policy).send().await.api();
        answer.context("update", "replication policy", &declared.name)
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
