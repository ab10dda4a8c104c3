//! Holding a lease: renewing it until it is released or lost.

use std::time::Duration;

use jiff::Timestamp;
use k8s_openapi::{api::coordination::v1::Lease, apimachinery::pkg::apis::meta::v1::MicroTime};
use tokio::{
    sync::{oneshot, watch},
    task::JoinHandle,
    time::{Instant, sleep, timeout},
};

use super::{Terms, holder_of};
use crate::{Cluster, KubernetesError, ObjectName};

/// How long a release may take: who waits for it loses no more than the lease's validity when it fails.
const RELEASE_WITHIN: Duration = Duration::from_secs(3);

/// A lease that is ours. It is renewed in the background until it is released, lost or dropped.
///
/// Dropped without being released, it stays with its holder until it has expired.
#[derive(Debug)]
pub struct HeldLease {
    lost: watch::Receiver<bool>,
    release: Option<oneshot::Sender<()>>,
    keeper: JoinHandle<()>,
    last_renewed: Option<Timestamp>,
}

impl HeldLease {
    /// Begins to keep a lease that was taken at that moment.
    pub(super) fn keep(
        cluster: Cluster,
        lease: Lease,
        terms: Terms,
        taken: Instant,
        last_renewed: Option<Timestamp>,
    ) -> Self {
        let (lost, is_lost) = watch::channel(false);
        let (release, asked) = oneshot::channel();
        let keeper = Keeper { cluster, lease, terms, renewed: taken };
        let keeper = tokio::spawn(keeper.run(lost, asked));
        Self { lost: is_lost, release: Some(release), keeper, last_renewed }
    }

    /// When the holder before last renewed or released it, by that holder's clock; `None` when there was none.
    #[must_use]
    pub const fn last_renewed_before(&self) -> Option<Timestamp> {
        self.last_renewed
    }

    /// Whether it is not ours any more: somebody else has taken it, or it could not be renewed in time. Whoever holds it
    /// starts no new write then.
    #[must_use]
    pub fn is_lost(&self) -> bool {
        *self.lost.borrow()
    }

    /// Ends when it is lost; never, when it is not.
    pub async fn lost(&self) {
        let mut lost = self.lost.clone();
        // A keeper that has ended without losing it was asked to release it.
        if lost.wait_for(|lost| *lost).await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// Gives it back, so that the next run need not wait. It is tried for 3 seconds; what fails is logged only, because the lease
    /// then expires by itself.
    pub async fn release(mut self) {
        if let Some(release) = self.release.take() {
            let _ = release.send(());
        }
        // It ends within RELEASE_WITHIN; that it was aborted or panicked changes nothing here.
        let _ = (&mut self.keeper).await;
    }
}

impl Drop for HeldLease {
    fn drop(&mut self) {
        self.keeper.abort();
    }
}

/// Renews a lease.
struct Keeper {
    cluster: Cluster,
    lease: Lease,
    terms: Terms,
    /// The last moment from which on it was valid for its duration.
    renewed: Instant,
}

impl Keeper {
    async fn run(mut self, lost: watch::Sender<bool>, mut asked: oneshot::Receiver<()>) {
        loop {
            // Dropping the other end is no wish: whoever drops it aborts this task.
            tokio::select! {
                biased;
                result = &mut asked => return if result.is_ok() { self.release().await },
                () = sleep(self.terms.renew_every) => {}
            }
            // A release waits for a renewal that is under way: its answer has the version to release.
            if !timeout(self.left(), self.renew()).await.unwrap_or(false) {
                let _ = lost.send(true);
                return;
            }
        }
    }

    /// Renews it, and tries again until it has expired. Returns whether it is still ours.
    async fn renew(&mut self) -> bool {
        loop {
            let now = Instant::now();
            let mut lease = self.lease.clone();
            if let Some(spec) = &mut lease.spec {
                spec.renew_time = Some(MicroTime(Timestamp::now()));
            }
            match self.cluster.write_lease(&lease, self.left()).await {
                Ok(lease) => {
                    (self.lease, self.renewed) = (lease, now);
                    return true;
                }
                Err(KubernetesError::Stale(_) | KubernetesError::NotFound(_)) => {
                    if !self.read_again().await {
                        return false;
                    }
                }
                Err(error) => tracing::debug!("the lease could not be renewed: {error}"),
            }
            if self.left().is_zero() {
                return false;
            }
            sleep(self.terms.look_every.min(self.left())).await;
        }
    }

    /// Somebody has written it: perhaps we ourselves, with an answer that was lost.
    async fn read_again(&mut self) -> bool {
        match self.cluster.find::<Lease>(&ObjectName::of(&self.lease.metadata)).await {
            Ok(Some(lease)) if holder_of(&lease) == holder_of(&self.lease) => {
                self.lease = lease;
                true
            }
            Ok(_) => false,
            Err(error) => {
                tracing::debug!("the lease could not be read: {error}");
                true
            }
        }
    }

    async fn release(mut self) {
        if let Some(spec) = &mut self.lease.spec {
            // An empty holder is nobody (server-behaviour, leases).
            spec.holder_identity = Some(String::new());
            spec.renew_time = Some(MicroTime(Timestamp::now()));
        }
        if let Err(error) = self.cluster.write_lease(&self.lease, RELEASE_WITHIN).await {
            tracing::debug!("the lease could not be released, it expires by itself: {error}");
        }
    }

    /// How long it is still valid.
    fn left(&self) -> Duration {
        self.terms.duration.saturating_sub(self.renewed.elapsed())
    }
}
