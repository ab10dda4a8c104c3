//! What the cluster holds: the teams' registry secrets, the pull secrets of the default accounts, missing namespaces.

use std::collections::{BTreeMap, BTreeSet};

use evenkeel_core::{
    memory::Ownership,
    object::{Kind, ObjectId},
};
use evenkeel_kubernetes_client::{
    Cluster, KubernetesError, Listing, ObjectName, Readings,
    k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta, label, namespace::Closed, secret::SecretObject,
    service_account::ServiceAccount,
};

use crate::{
    Error, Harbor,
    desired::{Desired, DesiredCluster},
    names::{DEFAULT_ACCOUNT, SECRET, TASK},
    published::VERIFIED,
};

/// The kind of the Secrets that may be ours.
static SECRETS: Kind = SECRET;

/// What the cluster holds, as far as it can be seen. A cluster that cannot be read is no reason to leave Harbor alone.
#[derive(Clone, Debug, Default)]
pub struct ObservedCluster {
    /// The registry secrets, by their objects.
    pub secrets: BTreeMap<ObjectId, ObservedSecret>,
    /// Each namespace's default account; a namespace without one is not in it.
    pub accounts: BTreeMap<String, ServiceAccount>,
    /// Namespaces that are missing or are being deleted, with what that means for what is to be put there.
    pub closed_namespaces: BTreeMap<String, Closed>,
    /// Why nothing could be read.
    pub failure: Option<KubernetesError>,
    /// Why single Secrets could not be read: whether they are there is not known. One namespace's trouble is no other's.
    pub unread: BTreeMap<ObjectId, KubernetesError>,
    /// Secrets that were looked for and are not there.
    pub absent: BTreeSet<ObjectId>,
}

/// A Secret of the cluster.
#[derive(Clone, Debug)]
pub struct ObservedSecret {
    /// The Secret. What it holds never shows.
    pub secret: SecretObject,
    /// Whether it carries our labels.
    pub labelled: bool,
}

impl ObservedSecret {
    fn of(secret: SecretObject, platform: &str) -> Self {
        let labelled =
            secret.label(label::MANAGED_BY) == Some(label::EVENKEEL) && secret.label(label::PLATFORM) == Some(platform);
        Self { secret, labelled }
    }

    /// The state of robot and content that was seen to work.
    #[must_use]
    pub fn verified(&self) -> Option<&str> {
        self.secret.annotation(VERIFIED)
    }

    /// As what it was seen.
    #[must_use]
    pub const fn metadata(&self) -> &ObjectMeta {
        &self.secret.metadata
    }
}

impl Harbor {
    /// `None` where the values do not speak of a cluster, or this run has none.
    pub(super) async fn read_cluster(
        &self,
        desired: &Desired,
        ownership: &Ownership,
    ) -> Result<Option<ObservedCluster>, Error> {
        let Some(wanted) = &desired.cluster else { return Ok(None) };
        let cluster = match self.cluster.connected().await {
            Ok(cluster) => cluster,
            Err(KubernetesError::NotConfigured) => return Ok(None),
            Err(error) => return Ok(Some(ObservedCluster { failure: Some(error), ..ObservedCluster::default() })),
        };
        let read = Reading { cluster, wanted, owned: ownership.of_kind(&SECRETS).collect() };
        Ok(Some(
            read.everything()
                .await
                .unwrap_or_else(|error| ObservedCluster { failure: Some(error), ..ObservedCluster::default() }),
        ))
    }
}

struct Reading<'a> {
    cluster: &'a Cluster,
    wanted: &'a DesiredCluster,
    /// Secrets that are ours, and may not be declared any more.
    owned: Vec<&'a ObjectId>,
}

impl Reading<'_> {
    async fn everything(&self) -> Result<ObservedCluster, KubernetesError> {
        let mut observed = ObservedCluster::default();
        let names: BTreeSet<ObjectName> = self.names();
        let listing = Listing::everywhere().labelled(label::selector(&self.wanted.platform, TASK));
        let all: Vec<ObjectName> = names.iter().cloned().collect();
        let labelled: Readings<SecretObject> = self.cluster.read_all(&listing, &all).await?;
        let was_listed = labelled.listed;
        self.take(&mut observed, labelled);
        let unseen: Vec<ObjectName> =
            names.iter().filter(|name| !observed.secrets.contains_key(&object(name))).cloned().collect();
        if !unseen.is_empty() {
            observed.closed_namespaces = self.closed(&unseen).await?;
            if was_listed {
                // A Secret of that name without our labels would not be in the list.
                let open = |name: &&ObjectName| {
                    !name.namespace.as_ref().is_some_and(|one| observed.closed_namespaces.contains_key(one))
                };
                let unseen = self.without_missing(unseen.iter().filter(open).cloned().collect()).await?;
                let named = self.cluster.read_named::<SecretObject>(&unseen).await?;
                self.take(&mut observed, named);
            }
        }
        observed.absent = absent(&observed, &names);
        observed.accounts = self.accounts().await?;
        Ok(observed)
    }

    /// Of these Secrets those that may be there: teams' Secrets have few names, so that one list of each name, of nothing but
    /// metadata, spares a request for each of many teams.
    async fn without_missing(&self, secrets: Vec<ObjectName>) -> Result<Vec<ObjectName>, KubernetesError> {
        let names: BTreeSet<String> = secrets.iter().map(|secret| secret.name.clone()).collect();
        if names.len() >= secrets.len() {
            return Ok(secrets);
        }
        let mut there: BTreeSet<ObjectName> = BTreeSet::new();
        for name in names {
            let listing = Listing::everywhere().with_fields(format!("metadata.name={name}"));
            match self.cluster.list_metadata::<SecretObject>(&listing).await {
                Ok(listed) => there.extend(listed.iter().map(ObjectName::of)),
                Err(KubernetesError::Forbidden(_)) => return Ok(secrets),
                Err(error) => return Err(error),
            }
        }
        Ok(secrets.into_iter().filter(|secret| there.contains(secret)).collect())
    }

    /// The Secrets that are declared or ours.
    fn names(&self) -> BTreeSet<ObjectName> {
        let declared = self.wanted.credentials.iter();
        let declared =
            declared.map(|credential| ObjectName::in_namespace(credential.namespace.as_str(), credential.name));
        let owned = self.owned.iter().map(|object| object.apart()).filter_map(|object| {
            let (namespace, name) = object.in_parent()?;
            Some(ObjectName::in_namespace(namespace, name))
        });
        declared.chain(owned).collect()
    }

    fn take(&self, observed: &mut ObservedCluster, readings: Readings<SecretObject>) {
        for (name, secret) in readings.objects {
            observed.secrets.insert(object(&name), ObservedSecret::of(secret, &self.wanted.platform));
        }
        let failures = readings.failures.into_iter();
        observed.unread.extend(failures.map(|(name, error)| (object(&name), error)));
    }

    /// The namespaces of these Secrets into which nothing can be put.
    async fn closed(&self, secrets: &[ObjectName]) -> Result<BTreeMap<String, Closed>, KubernetesError> {
        let wanted: BTreeSet<&str> = secrets.iter().filter_map(|name| name.namespace.as_deref()).collect();
        let there = match self.cluster.namespaces().await {
            Ok(there) => there,
            Err(KubernetesError::Forbidden(_)) => return self.closed_one_by_one(&wanted).await,
            Err(error) => return Err(error),
        };
        let closed =
            wanted.into_iter().filter_map(|name| Some((name.to_owned(), Closed::of(there.get(name).copied())?)));
        Ok(closed.collect())
    }

    async fn closed_one_by_one(&self, wanted: &BTreeSet<&str>) -> Result<BTreeMap<String, Closed>, KubernetesError> {
        let mut found = BTreeMap::new();
        for name in wanted {
            match self.cluster.namespace(name).await {
                Ok(state) => drop(Closed::of(state).map(|closed| found.insert((*name).to_owned(), closed))),
                // Without the right to look, the write will tell.
                Err(KubernetesError::Forbidden(_)) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(found)
    }

    async fn accounts(&self) -> Result<BTreeMap<String, ServiceAccount>, KubernetesError> {
        let namespaces: BTreeSet<&str> =
            self.wanted.credentials.iter().map(|credential| credential.namespace.as_str()).collect();
        let names: Vec<ObjectName> =
            namespaces.iter().map(|namespace| ObjectName::in_namespace(*namespace, DEFAULT_ACCOUNT)).collect();
        let listing = Listing::everywhere().with_fields(format!("metadata.name={DEFAULT_ACCOUNT}"));
        let accounts: Readings<ServiceAccount> = self.cluster.read_all(&listing, &names).await?;
        let entry = |(name, account): (ObjectName, ServiceAccount)| {
            let namespace = name.namespace.filter(|namespace| namespaces.contains(namespace.as_str()))?;
            Some((namespace, account))
        };
        Ok(accounts.objects.into_iter().filter_map(entry).collect())
    }
}

/// Of these Secrets, those that are certainly not there. In a namespace that is being deleted they were not looked for.
fn absent(observed: &ObservedCluster, names: &BTreeSet<ObjectName>) -> BTreeSet<ObjectId> {
    let is_closing = |name: &ObjectName| {
        let namespace = name.namespace.as_deref().unwrap_or_default();
        observed.closed_namespaces.get(namespace) == Some(&Closed::Terminating)
    };
    let unseen = names.iter().filter(|name| !is_closing(name)).map(object);
    unseen.filter(|object| !observed.secrets.contains_key(object) && !observed.unread.contains_key(object)).collect()
}

fn object(name: &ObjectName) -> ObjectId {
    ObjectId::within(SECRET, name.namespace.as_deref().unwrap_or_default(), &name.name)
}
