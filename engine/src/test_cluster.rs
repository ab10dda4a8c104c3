//! A cluster for the engine's own tests: the sandbox's, with the namespaces that they use.

use std::{
    num::NonZeroUsize,
    ops::Deref,
    time::{Duration, Instant},
};

use evenkeel_kubernetes_client::Connection;
use evenkeel_sandbox::{Kubernetes, KubernetesOptions};
use evenkeel_transport::{Mask, Secret};
use serde_json::{Value, json};

use crate::cluster::ClusterAccess;

const ADMINISTRATOR: &str = "token-of-the-administrator";
/// The namespace of inventory, vault and lease.
pub(crate) const NAMESPACE: &str = "jobs";

/// A cluster that is there until it is dropped, and an account in it.
pub(crate) struct TestCluster {
    server: Kubernetes,
    token: Secret,
}

impl TestCluster {
    /// With an account that may do everything.
    pub(crate) fn start() -> Self {
        let server = Kubernetes::start(&KubernetesOptions::new(ADMINISTRATOR)).unwrap();
        [NAMESPACE, "people"].into_iter().for_each(|namespace| server.add_namespace(namespace));
        Self { server, token: Secret::from(ADMINISTRATOR) }
    }

    /// With an account that may do nothing.
    pub(crate) fn start_without_rights() -> Self {
        let cluster = Self::start();
        let token = Secret::from(cluster.service_account(NAMESPACE, "run"));
        Self { token, ..cluster }
    }

    pub(crate) fn connection(&self) -> Connection {
        Connection::At { url: self.url().to_owned(), token: Some(self.token.clone()), ca_bundle: None }
    }

    pub(crate) fn access(&self) -> ClusterAccess {
        let deadline = Instant::now() + Duration::from_secs(60);
        ClusterAccess::new(self.connection(), "fake", NonZeroUsize::MIN.saturating_add(7), deadline, Mask::default())
    }

    /// Puts a Secret there.
    pub(crate) fn put_secret(&self, namespace: &str, name: &str, data: &Value) {
        self.insert("secrets", namespace, name, json!({"metadata": {}, "type": "Opaque", "data": data}));
    }

    /// Changes an object as somebody else would.
    pub(crate) fn edit(&self, resource: &str, name: &str, edit: impl FnOnce(&mut Value)) {
        let mut object = self.object(resource, NAMESPACE, name).unwrap();
        edit(&mut object);
        self.insert(resource, NAMESPACE, name, object);
    }

    /// The Secrets beside the inventory, by their names.
    pub(crate) fn secrets(&self) -> Vec<(String, Value)> {
        let snapshot = self.snapshot();
        let secrets = snapshot["secrets"].as_object().into_iter().flatten();
        let ours = secrets.filter_map(|(key, secret)| Some((key.strip_prefix("jobs/")?.to_owned(), secret.clone())));
        ours.collect()
    }

    pub(crate) fn secret_names(&self) -> Vec<String> {
        self.secrets().into_iter().map(|(name, _)| name).collect()
    }

    /// How many requests were made that change something.
    pub(crate) fn writes(&self) -> usize {
        self.requests().iter().filter(|request| request.method != "GET").count()
    }

    /// The method and path of each request, in order.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.requests().iter().map(|request| format!("{} {}", request.method, request.path)).collect()
    }
}

impl Deref for TestCluster {
    type Target = Kubernetes;

    fn deref(&self) -> &Kubernetes {
        &self.server
    }
}
