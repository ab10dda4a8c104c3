//! Lists: whole, in pages, and by name where a list is forbidden.

use std::{
    collections::BTreeMap,
    hash::{DefaultHasher, Hash, Hasher},
    num::NonZeroU32,
};

use evenkeel_transport::{ListGuard, nothing::null_is_empty};
use futures::{StreamExt, TryStreamExt, stream};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ListMeta, ObjectMeta};
use serde::{Deserialize, de::DeserializeOwned};

use crate::{
    Cluster, KubernetesError, ObjectName, Resource,
    call::{Call, Verb},
    objects::decode,
};

/// How often a list is started over when its place in history is gone.
const MOST_STARTS: usize = 3;
const METADATA_LIST: &str = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";

/// Which objects of a kind are listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing {
    namespace: Option<String>,
    labels: Option<String>,
    fields: Option<String>,
    page: NonZeroU32,
}

impl Listing {
    /// Those of all namespaces.
    #[must_use]
    pub const fn everywhere() -> Self {
        Self { namespace: None, labels: None, fields: None, page: NonZeroU32::MIN.saturating_add(499) }
    }

    /// Those of one namespace.
    pub fn in_namespace(namespace: impl Into<String>) -> Self {
        Self { namespace: Some(namespace.into()), ..Self::everywhere() }
    }

    /// Only those that a label selector selects, such as `app.kubernetes.io/managed-by=evenkeel`.
    #[must_use]
    pub fn labelled(self, selector: impl Into<String>) -> Self {
        Self { labels: Some(selector.into()), ..self }
    }

    /// Only those that a field selector selects, such as `metadata.name=default` or `type=kubernetes.io/tls`.
    #[must_use]
    pub fn with_fields(self, selector: impl Into<String>) -> Self {
        Self { fields: Some(selector.into()), ..self }
    }

    /// In pages of so many objects. Default 500.
    #[must_use]
    pub fn in_pages_of(self, page: NonZeroU32) -> Self {
        Self { page, ..self }
    }

    fn call<R: Resource>(&self, accept: &'static str, next: Option<&str>) -> Call {
        // No resourceVersion: the server would ignore the limit for `0` (server-behaviour, secrets-list).
        let call = Call::many::<R>(Verb::List, self.namespace.as_deref()).accepting(accept);
        let call = call.with("limit", &self.page.to_string());
        let selectors =
            [("labelSelector", self.labels.as_deref()), ("fieldSelector", self.fields.as_deref()), ("continue", next)];
        selectors.into_iter().fold(call, |call, (name, value)| match value {
            Some(value) => call.with(name, value),
            None => call,
        })
    }
}

/// Objects that were read together, and those that could not be read.
#[derive(Debug, Clone)]
pub struct Readings<R> {
    /// What is there.
    pub objects: BTreeMap<ObjectName, R>,
    /// What could not be read by name: the failure of one does not hide the others.
    pub failures: Vec<(ObjectName, KubernetesError)>,
    /// Whether a list was read: then objects that nobody asked for by name are there as well.
    pub listed: bool,
}

/// What a list answers. One of metadata that has nothing in it has null for its items (contract `empty-lists`).
#[derive(Deserialize)]
#[serde(bound(deserialize = "T: Deserialize<'de>"))]
pub(crate) struct Page<T> {
    #[serde(default)]
    pub(crate) metadata: ListMeta,
    #[serde(default, deserialize_with = "null_is_empty")]
    pub(crate) items: Vec<T>,
    #[serde(default)]
    kind: String,
}

impl<T: DeserializeOwned> Page<T> {
    /// What a list answered. Something else that answers in JSON has no items either, and is no empty list.
    pub(crate) fn read(call: &Call, body: &[u8]) -> Result<Self, KubernetesError> {
        let page: Self = decode(call, body)?;
        let is_list = page.kind.ends_with("List") || page.kind.is_empty() && !page.items.is_empty();
        if is_list { Ok(page) } else { Err(call.undecodable("it is no list of Kubernetes objects")) }
    }
}

#[derive(Deserialize)]
struct Partial {
    metadata: ObjectMeta,
}

/// How a list is read.
struct Reading<T> {
    accept: &'static str,
    guard: fn() -> ListGuard,
    metadata: fn(&T) -> &ObjectMeta,
}

impl<R: Resource> Reading<R> {
    const fn of_objects(guard: fn() -> ListGuard) -> Self {
        Self { accept: "application/json", guard, metadata: R::metadata }
    }
}

impl Reading<Partial> {
    const fn of_metadata(guard: fn() -> ListGuard) -> Self {
        Self { accept: METADATA_LIST, guard, metadata: |object| &object.metadata }
    }
}

impl Cluster {
    /// The objects, whole. A list of a namespace that is missing is empty: the server does not tell.
    ///
    /// A list is consistent over its pages; when the server has forgotten its beginning (410), it is started over.
    ///
    /// Needs `list` on the resource, in the namespace or in the whole cluster.
    ///
    /// # Errors
    /// [`Forbidden`](KubernetesError::Forbidden), or any other failure.
    pub async fn list<R: Resource>(&self, listing: &Listing) -> Result<Vec<R>, KubernetesError> {
        self.pages::<R, R, _>(listing, Reading::of_objects(ListGuard::keeping::<R>), Vec::new, Vec::push).await
    }

    /// The objects, folded into something smaller as their pages arrive: for lists that are large, and of which little is kept.
    /// When the list has to be started over, so has the folding.
    ///
    /// Needs `list` on the resource, in the namespace or in the whole cluster.
    ///
    /// # Errors
    /// As [`list`](Self::list).
    pub async fn fold<R: Resource, A: Send>(
        &self,
        listing: &Listing,
        start: impl Fn() -> A + Send,
        take: impl FnMut(&mut A, R) + Send,
    ) -> Result<A, KubernetesError> {
        self.pages::<R, R, A>(listing, Reading::of_objects(ListGuard::passing), start, take).await
    }

    /// The metadata of the objects: of Secrets, nothing secret is read.
    ///
    /// Needs `list` on the resource, in the namespace or in the whole cluster.
    ///
    /// # Errors
    /// As [`list`](Self::list).
    pub async fn list_metadata<R: Resource>(&self, listing: &Listing) -> Result<Vec<ObjectMeta>, KubernetesError> {
        let take = |all: &mut Vec<ObjectMeta>, object: Partial| all.push(object.metadata);
        let reading = Reading::of_metadata(ListGuard::keeping::<ObjectMeta>);
        self.pages::<R, _, _>(listing, reading, Vec::new, take).await
    }

    /// The metadata of the objects, folded as [`fold`](Self::fold) does.
    ///
    /// Needs `list` on the resource, in the namespace or in the whole cluster.
    ///
    /// # Errors
    /// As [`list`](Self::list).
    pub async fn fold_metadata<R: Resource, A: Send>(
        &self,
        listing: &Listing,
        start: impl Fn() -> A + Send,
        mut take: impl FnMut(&mut A, ObjectMeta) + Send,
    ) -> Result<A, KubernetesError> {
        let take = |all: &mut A, object: Partial| take(all, object.metadata);
        self.pages::<R, Partial, _>(listing, Reading::of_metadata(ListGuard::passing), start, take).await
    }

    /// One list, and where that is forbidden each of `names` by itself: both ways of RBAC work, the second costs one
    /// request an object.
    ///
    /// Needs `list` on the resource for the listing, or `get` on each name.
    ///
    /// # Errors
    /// When neither way can be gone at all: the server does not answer, or the login is refused.
    pub async fn read_all<R: Resource>(
        &self,
        listing: &Listing,
        names: &[ObjectName],
    ) -> Result<Readings<R>, KubernetesError> {
        match self.list::<R>(listing).await {
            Ok(objects) => {
                let objects = objects.into_iter().map(|object| (ObjectName::of(object.metadata()), object)).collect();
                Ok(Readings { objects, failures: Vec::new(), listed: true })
            }
            Err(KubernetesError::Forbidden(_)) => self.read_named(names).await,
            Err(error) => Err(error),
        }
    }

    /// Each of these objects by itself; one that is not there is left out.
    ///
    /// Needs `get` on each.
    ///
    /// # Errors
    /// When the server does not answer, or the login is refused. What concerns one object is in [`Readings::failures`].
    pub async fn read_named<R: Resource>(&self, names: &[ObjectName]) -> Result<Readings<R>, KubernetesError> {
        let none = Readings { objects: BTreeMap::new(), failures: Vec::new(), listed: false };
        // Not a mapped stream: the compiler cannot see that its future may move between threads.
        let mut reads = Vec::with_capacity(names.len());
        for name in names {
            reads.push(async move { Ok((name, self.find::<R>(name).await)) });
        }
        stream::iter(reads)
            .buffer_unordered(self.options().concurrency.get())
            .try_fold(none, |mut readings, (name, result)| async move {
                match result {
                    Ok(Some(object)) => drop(readings.objects.insert(name.clone(), object)),
                    Ok(None) => {}
                    Err(error @ (KubernetesError::Unavailable(_) | KubernetesError::Unauthorized(_))) => {
                        return Err(error);
                    }
                    Err(error) => readings.failures.push((name.clone(), error)),
                }
                Ok(readings)
            })
            .await
    }

    async fn pages<R: Resource, T: DeserializeOwned, A>(
        &self,
        listing: &Listing,
        reading: Reading<T>,
        start: impl Fn() -> A,
        mut take: impl FnMut(&mut A, T),
    ) -> Result<A, KubernetesError> {
        let mut starts = 1;
        let (mut all, mut guard) = (start(), (reading.guard)());
        let mut next: Option<String> = None;
        loop {
            let call = listing.call::<R>(reading.accept, next.as_deref());
            match self.send(&call).await {
                Ok(answer) => {
                    let page = Page::<T>::read(&call, &answer)?;
                    let elsewhere = |item: &T| (reading.metadata)(item).namespace != listing.namespace;
                    if listing.namespace.is_some() && page.items.iter().any(elsewhere) {
                        return Err(call.about_another());
                    }
                    let digest = digest(page.items.iter().map(reading.metadata));
                    let counted = guard.digested(page.items.len(), answer.len(), digest);
                    counted.map_err(|error| call.failed(error))?;
                    page.items.into_iter().for_each(|item| take(&mut all, item));
                    next = page.metadata.continue_.filter(|next| !next.is_empty());
                    if next.is_none() {
                        return Ok(all);
                    }
                }
                Err(KubernetesError::Expired(_)) if next.is_some() && starts < MOST_STARTS => {
                    starts += 1;
                    (all, guard, next) = (start(), (reading.guard)(), None);
                }
                Err(error) => return Err(error),
            }
        }
    }
}

/// What tells a page from others: the objects on it.
fn digest<'a>(objects: impl Iterator<Item = &'a ObjectMeta>) -> u64 {
    let mut hasher = DefaultHasher::new();
    for object in objects {
        (&object.namespace, &object.name, &object.uid).hash(&mut hasher);
    }
    hasher.finish()
}
