//! One run of a task at a time, where there is a cluster to agree in (law 10).
//!
//! A run takes the lease before its first write, and not before: a run that finds nothing to do writes
//! nothing at all. Whoever had it shortly before may have changed what this run has read meanwhile: then
//! the run looks again.

use evenkeel_kubernetes_client::{
    Cluster, KubernetesError, ObjectName,
    lease::{Claim, HeldLease, Terms},
};
use jiff::{SignedDuration, Timestamp};
use tokio::sync::OnceCell;

use crate::{
    environment::environment_variable,
    failure::{Class, Classified},
};

/// How far two machines' clocks may be apart. The lease itself trusts no clock but one's own; this only
/// decides whether a run looks again, and looking once too often costs reads.
const CLOCKS_APART: SignedDuration = SignedDuration::from_secs(60);

/// The lease of a run: not taken yet, held, or lost.
#[derive(Debug, Default)]
pub(crate) struct RunLease(OnceCell<HeldLease>);

/// Why a run cannot have its turn.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum LeaseError {
    /// Another run has it.
    #[error("another run is under way: `{by}` holds Lease `{lease}`")]
    Taken { by: String, lease: ObjectName },
    /// It cannot be read or written.
    #[error("Lease `{lease}` cannot be taken: {source}")]
    Cluster { lease: ObjectName, source: Box<KubernetesError> },
}

impl Classified for LeaseError {
    fn class(&self) -> Class {
        match self {
            Self::Taken { .. } => Class::Conflict,
            Self::Cluster { source, .. } => match source.class() {
                // It is the values that name the namespace.
                Class::Refused => Class::Configuration,
                class => class,
            },
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Taken { .. } => Some("wait until the other run has ended, and run it again".to_owned()),
            Self::Cluster { source, .. } => source.hint(),
        }
    }
}

impl RunLease {
    /// Whether it was taken by this run, however it went on.
    pub(crate) fn is_taken(&self) -> bool {
        self.0.initialized()
    }

    /// Whether it was taken and is not ours any more: no new write may start.
    pub(crate) fn is_lost(&self) -> bool {
        self.0.get().is_some_and(HeldLease::is_lost)
    }

    /// Takes it. Returns whether another run may have written since `begin`, when this one began to read.
    pub(crate) async fn take(
        &self,
        cluster: &Cluster,
        lease: &ObjectName,
        terms: Terms,
        begin: Timestamp,
    ) -> Result<bool, LeaseError> {
        let held = self.0.get_or_try_init(|| claim(cluster, lease, terms)).await?;
        Ok(held.last_renewed_before().is_some_and(|renewed| begin.duration_since(renewed) < CLOCKS_APART))
    }

    /// Gives it back, when there is one.
    pub(crate) async fn release(self) {
        if let Some(held) = self.0.into_inner() {
            held.release().await;
        }
    }
}

async fn claim(cluster: &Cluster, lease: &ObjectName, terms: Terms) -> Result<HeldLease, LeaseError> {
    tracing::debug!(%lease, "taking the lease");
    match cluster.claim_lease(lease, &holder(), terms).await {
        Ok(Claim::Held(held)) => Ok(held),
        Ok(Claim::Taken { by }) => Err(LeaseError::Taken { by, lease: lease.clone() }),
        Err(source) => Err(LeaseError::Cluster { lease: lease.clone(), source: Box::new(source) }),
    }
}

/// What this run is called in the lease: unique, and where a pod has a name, one that leads there.
fn holder() -> String {
    let place = environment_variable("HOSTNAME");
    let place = place.map_or_else(|| "evenkeel".to_owned(), |name| name.to_string_lossy().into_owned());
    let mut random = [0; 8];
    // Without randomness the process and the time still tell two runs apart.
    if getrandom::fill(&mut random).is_err() {
        random = (Timestamp::now().as_microsecond() ^ (i64::from(std::process::id()) << 32)).to_be_bytes();
    }
    format!("{place}_{:016x}", u64::from_be_bytes(random))
}
