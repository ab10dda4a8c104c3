//! Leases. What a lease looks like in between is a matter of time, so these tests run on a server with a memory of one lease.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use evenkeel_kubernetes_client::{
    Cluster, ObjectName,
    lease::{Claim, HeldLease, Terms},
};
use serde_json::{Value, json};
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate, matchers::any};

use super::{answer, cluster, not_found, status};

/// One lease, with a version that every write moves.
#[derive(Clone, Default)]
struct OneLease(Arc<Mutex<Memory>>);

#[derive(Default)]
struct Memory {
    lease: Option<Value>,
    version: u64,
    /// Whether writes are refused as if somebody else had written.
    stale: bool,
}

impl OneLease {
    async fn serve(&self) -> MockServer {
        let server = MockServer::start().await;
        Mock::given(any()).respond_with(self.clone()).mount(&server).await;
        server
    }

    fn store(&self, mut lease: Value) -> Value {
        let mut memory = self.0.lock().unwrap();
        memory.version += 1;
        lease["metadata"]["resourceVersion"] = json!(memory.version.to_string());
        memory.lease = Some(lease.clone());
        lease
    }

    fn spec(&self) -> Value {
        self.0.lock().unwrap().lease.as_ref().unwrap()["spec"].clone()
    }

    /// Somebody else holds it from now on.
    fn held_by(&self, holder: &str, seconds: u64) {
        let times = "2026-01-01T00:00:00.000000Z";
        self.store(json!({
            "metadata": {"name": "evenkeel", "namespace": "jobs"},
            "spec": {"holderIdentity": holder, "leaseDurationSeconds": seconds, "renewTime": times, "leaseTransitions": 4}
        }));
    }
}

impl Respond for OneLease {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let (there, stale) = {
            let memory = self.0.lock().unwrap();
            (memory.lease.clone(), memory.stale)
        };
        match (request.method.as_str(), there) {
            ("GET", None) => not_found("leases"),
            ("GET", Some(lease)) => answer(200, &lease),
            ("POST", None) => answer(201, &self.store(request.body_json().unwrap())),
            ("POST", Some(_)) => status(409, "AlreadyExists", "leases", &json!([])),
            ("PUT", Some(lease)) => {
                let sent: Value = request.body_json().unwrap();
                let current = sent["metadata"]["resourceVersion"] == lease["metadata"]["resourceVersion"];
                if stale || !current {
                    return status(409, "Conflict", "leases", &json!([]));
                }
                answer(200, &self.store(sent))
            }
            _ => ResponseTemplate::new(405),
        }
    }
}

const TERMS: Terms = Terms {
    duration: Duration::from_secs(1),
    renew_every: Duration::from_millis(20),
    look_every: Duration::from_millis(10),
    patience: Duration::from_millis(100),
};

fn name() -> ObjectName {
    ObjectName::in_namespace("jobs", "evenkeel")
}

async fn claim(cluster: &Cluster, holder: &str, terms: Terms) -> Claim {
    cluster.claim_lease(&name(), holder, terms).await.unwrap()
}

async fn hold(cluster: &Cluster, holder: &str) -> HeldLease {
    match claim(cluster, holder, TERMS).await {
        Claim::Held(held) => held,
        Claim::Taken { by } => panic!("`{by}` holds it"),
    }
}

#[tokio::test]
async fn a_lease_that_nobody_has_is_made_with_times_of_six_digits() {
    let lease = OneLease::default();
    let server = lease.serve().await;
    let held = hold(&cluster(&server).await, "run-1").await;
    assert_eq!(held.last_renewed_before(), None);
    let spec = lease.spec();
    assert_eq!((&spec["holderIdentity"], &spec["leaseDurationSeconds"]), (&json!("run-1"), &json!(1)));
    for time in ["acquireTime", "renewTime"] {
        let (_, fraction) = spec[time].as_str().unwrap().split_once('.').unwrap();
        assert_eq!(fraction.len(), 7, "exactly six digits and a Z: {spec}");
    }
}

#[tokio::test]
async fn a_second_run_waits_and_then_says_who_holds_it() {
    let lease = OneLease::default();
    let server = lease.serve().await;
    let cluster = cluster(&server).await;
    let held = hold(&cluster, "run-1").await;
    assert!(matches!(claim(&cluster, "run-2", TERMS).await, Claim::Taken { by } if by == "run-1"));
    assert!(!held.is_lost());
}

#[tokio::test]
async fn a_released_lease_is_taken_at_once() {
    let lease = OneLease::default();
    let server = lease.serve().await;
    let cluster = cluster(&server).await;
    hold(&cluster, "run-1").await.release().await;
    assert_eq!(lease.spec()["holderIdentity"], json!(""));
    let held = hold(&cluster, "run-2").await;
    assert!(held.last_renewed_before().is_some());
    assert_eq!(lease.spec()["leaseTransitions"], json!(1));
}

/// The times in it are of another machine's clock, so that nothing follows from them.
#[tokio::test]
async fn a_lease_that_does_not_change_for_its_duration_is_taken_over() {
    let lease = OneLease::default();
    lease.held_by("crashed", 1);
    let server = lease.serve().await;
    let terms = Terms { patience: Duration::from_secs(5), ..TERMS };
    let begin = std::time::Instant::now();
    assert!(matches!(claim(&cluster(&server).await, "run-2", terms).await, Claim::Held(_)));
    assert!(begin.elapsed() >= Duration::from_secs(1));
    let spec = lease.spec();
    assert_eq!((&spec["holderIdentity"], &spec["leaseTransitions"]), (&json!("run-2"), &json!(5)));
}

#[tokio::test]
async fn a_lease_that_is_renewed_is_not_taken_over() {
    let lease = OneLease::default();
    let server = lease.serve().await;
    let cluster = cluster(&server).await;
    let _held = hold(&cluster, "run-1").await;
    let terms = Terms { patience: Duration::from_millis(1_300), ..TERMS };
    assert!(matches!(claim(&cluster, "run-2", terms).await, Claim::Taken { .. }));
}

#[tokio::test]
async fn a_lease_that_somebody_took_is_lost() {
    let lease = OneLease::default();
    let server = lease.serve().await;
    let held = hold(&cluster(&server).await, "run-1").await;
    lease.held_by("thief", 1);
    held.lost().await;
    assert!(held.is_lost());
    held.release().await;
    assert_eq!(lease.spec()["holderIdentity"], json!("thief"), "what is not ours is not released");
}

#[tokio::test]
async fn a_renewal_whose_answer_was_lost_loses_nothing() {
    let lease = OneLease::default();
    let server = lease.serve().await;
    let held = hold(&cluster(&server).await, "run-1").await;
    // The write happened, its answer did not come: the version that the holder knows is old.
    let again = lease.0.lock().unwrap().lease.clone().unwrap();
    let version = lease.store(again)["metadata"]["resourceVersion"].clone();
    let deadline = std::time::Instant::now() + Duration::from_secs(5);
    while lease.0.lock().unwrap().lease.as_ref().unwrap()["metadata"]["resourceVersion"] == version {
        assert!(std::time::Instant::now() < deadline, "it is renewed again");
        tokio::task::yield_now().await;
    }
    assert!(!held.is_lost());
}

#[tokio::test]
async fn a_lease_that_cannot_be_renewed_in_time_is_lost() {
    let lease = OneLease::default();
    let server = lease.serve().await;
    let held = hold(&cluster(&server).await, "run-1").await;
    lease.0.lock().unwrap().stale = true;
    held.lost().await;
    assert!(held.is_lost());
}
