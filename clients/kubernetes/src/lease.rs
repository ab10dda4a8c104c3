//! One run at a time: a Lease that a run holds while it writes.
//!
//! Nobody's clock is trusted but one's own: whether a holder is gone is seen by watching that its Lease does not change for as
//! long as it is valid, not by comparing times that two machines wrote. So a run that crashed delays the next by one
//! [`Terms::duration`] at most.

mod keeping;

use std::time::Duration;

use evenkeel_transport::Deadline;
use jiff::Timestamp;
use k8s_openapi::{
    api::coordination::v1::{Lease, LeaseSpec},
    apimachinery::pkg::apis::meta::v1::{MicroTime, ObjectMeta},
};
use tokio::time::{Instant, sleep};

use crate::{Cluster, KubernetesError, ObjectName};
pub use keeping::HeldLease;

/// How a lease is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms {
    /// How long it is valid without being renewed: at least a second, in whole seconds.
    pub duration: Duration,
    /// The pause between two renewals.
    pub renew_every: Duration,
    /// The pause between two looks at a lease that somebody else holds.
    pub look_every: Duration,
    /// How long to wait for it, when somebody else holds it. More than `duration`, so that a holder that crashed is outlived.
    pub patience: Duration,
}

impl Default for Terms {
    fn default() -> Self {
        Self {
            duration: Duration::from_secs(15),
            renew_every: Duration::from_secs(5),
            look_every: Duration::from_secs(1),
            patience: Duration::from_secs(20),
        }
    }
}

/// How the attempt to get a lease ended.
#[derive(Debug)]
pub enum Claim {
    /// It is ours until it is released or lost.
    Held(HeldLease),
    /// Somebody else holds it and renews it.
    Taken {
        /// The holder's identity.
        by: String,
    },
}

/// What a lease that is not ours was seen to be, and since when.
struct Observation {
    resource_version: Option<String>,
    since: Instant,
}

impl Cluster {
    /// Gets a lease, and keeps it until it is released: see [`HeldLease`].
    ///
    /// A lease that nobody holds is taken at once; one that somebody holds when it is released, or when it has not changed for
    /// as long as it is valid. `holder` is unique for each run.
    ///
    /// Needs `get`, `create` and `update` on `leases` (group `coordination.k8s.io`) in the namespace.
    ///
    /// # Errors
    /// [`NamespaceMissing`](KubernetesError::NamespaceMissing), [`Forbidden`](KubernetesError::Forbidden), or any other failure.
    pub async fn claim_lease(&self, name: &ObjectName, holder: &str, terms: Terms) -> Result<Claim, KubernetesError> {
        let begin = Instant::now();
        let mut observation: Option<Observation> = None;
        loop {
            let found = self.find::<Lease>(name).await?;
            let by = match &found {
                Some(lease) if !is_free(lease, holder) && !self.has_expired(lease, &mut observation, terms) => {
                    holder_of(lease).to_owned()
                }
                _ => match self.take(name, found, holder, terms).await {
                    Ok(held) => return Ok(Claim::Held(held)),
                    // Somebody was quicker, or the answer was lost: what is there now tells.
                    Err(KubernetesError::AlreadyExists(_) | KubernetesError::Stale(_)) => String::new(),
                    Err(error) if error.outcome_unknown() => String::new(),
                    Err(error) => return Err(error),
                },
            };
            if begin.elapsed() >= terms.patience {
                return Ok(Claim::Taken { by });
            }
            sleep(terms.look_every).await;
        }
    }

    fn has_expired(&self, lease: &Lease, observation: &mut Option<Observation>, terms: Terms) -> bool {
        let resource_version = lease.metadata.resource_version.clone();
        match observation {
            Some(seen) if seen.resource_version == resource_version => {
                let valid = lease.spec.as_ref().and_then(|spec| spec.lease_duration_seconds);
                let valid = valid.and_then(|seconds| u64::try_from(seconds).ok()).map(Duration::from_secs);
                seen.since.elapsed() >= valid.unwrap_or(terms.duration)
            }
            _ => {
                *observation = Some(Observation { resource_version, since: Instant::now() });
                false
            }
        }
    }

    async fn take(
        &self,
        name: &ObjectName,
        found: Option<Lease>,
        holder: &str,
        terms: Terms,
    ) -> Result<HeldLease, KubernetesError> {
        let last_renewed = found.as_ref().and_then(|lease| lease.spec.as_ref()?.renew_time.as_ref().map(|time| time.0));
        // Its time is counted from before the write: whoever watches it may have seen it as early as that.
        let taken = Instant::now();
        let lease = match found {
            None => self.create(&taken_by(holder, None, name, terms)).await?,
            Some(lease) => self.replace(&taken_by(holder, Some(lease), name, terms)).await?,
        };
        Ok(HeldLease::keep(self.clone(), lease, terms, taken, last_renewed))
    }

    /// Writes a lease that is ours, without outliving its validity.
    async fn write_lease(&self, lease: &Lease, within: Duration) -> Result<Lease, KubernetesError> {
        self.with_deadline(Deadline::after(within)).replace(lease).await
    }
}

fn holder_of(lease: &Lease) -> &str {
    lease.spec.as_ref().and_then(|spec| spec.holder_identity.as_deref()).unwrap_or_default()
}

fn is_free(lease: &Lease, holder: &str) -> bool {
    [holder, ""].contains(&holder_of(lease))
}

/// The lease as its new holder writes it. Its times have exactly six digits after the second, as the server wants them.
fn taken_by(holder: &str, before: Option<Lease>, name: &ObjectName, terms: Terms) -> Lease {
    let now = MicroTime(Timestamp::now());
    let transitions = before.as_ref().map_or(0, |lease| {
        let spec = lease.spec.as_ref();
        spec.and_then(|spec| spec.lease_transitions).unwrap_or_default().saturating_add(1)
    });
    let metadata = before.map_or_else(
        || ObjectMeta { name: Some(name.name.clone()), namespace: name.namespace.clone(), ..ObjectMeta::default() },
        |lease| lease.metadata,
    );
    let spec = LeaseSpec {
        holder_identity: Some(holder.to_owned()),
        lease_duration_seconds: Some(i32::try_from(terms.duration.as_secs().max(1)).unwrap_or(i32::MAX)),
        acquire_time: Some(now.clone()),
        renew_time: Some(now),
        lease_transitions: Some(transitions),
        ..LeaseSpec::default()
    };
    Lease { metadata, spec: Some(spec) }
}
