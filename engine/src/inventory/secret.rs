//! The inventory's text in Kubernetes Secrets.
//!
//! A Secret holds at most 1 MiB, and a change of it is sent as a whole; a text of 20,000 objects is larger, and
//! one more line should not cost a MiB. So the text is cut twice:
//!
//! - The *head* is the Secret that the values name. It holds the last part of the text in small *pages*, one
//!   a key, of which a write sends those that change.
//! - When the head is full, its text moves to a *segment*: a Secret of its own that never changes.
//!
//! Whatever the text becomes, it becomes by one write of the head, guarded by its `resourceVersion`: a line more, a
//! segment more, or, when obsolete lines are dropped, other segments of a new *generation*. Segments are written before the
//! head that names them; so a crash in between leaves the old text, and segments that nobody names are written again or
//! removed. A second writer, wherever it is in this, is refused by the server.

mod pages;

use std::collections::BTreeMap;

use evenkeel_kubernetes_client::{
    KubernetesError, ObjectName,
    k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta,
    secret::{DesiredSecret, Expected, OPAQUE, OthersValues, SecretBytes, SecretObject},
};
use futures::future::try_join_all;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use super::InventoryError;
use crate::{
    home::ClusterHome,
    storage::{StorageError, StorageLocation, labels},
};
use pages::Pages;

/// The key of the head that says which segments there are.
const HEAD_KEY: &str = "head";
/// The only key of a segment.
const SEGMENT_KEY: &str = "lines";

/// How the text is cut.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sizes {
    /// The most bytes of a page, but for a line that is longer by itself.
    pub page: usize,
    /// The most bytes of a segment, and of all pages together: below the 1 MiB that a Secret may hold.
    pub segment: usize,
}

impl Default for Sizes {
    fn default() -> Self {
        Self { page: 32 * 1024, segment: 768 * 1024 }
    }
}

/// What the head says of the segments.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Head {
    generation: u64,
    segments: usize,
}

/// The head as it was last seen or written.
#[derive(Debug)]
struct Open {
    /// `None` while there is no head.
    seen: Option<ObjectMeta>,
    head: Head,
    pages: Pages,
}

/// The inventory's text in Kubernetes Secrets.
#[derive(Debug)]
pub(super) struct SecretStore {
    home: ClusterHome,
    labels: BTreeMap<String, String>,
    sizes: Sizes,
    open: Option<Open>,
}

impl SecretStore {
    pub(super) fn new(home: ClusterHome, platform: &str, task: &str) -> Self {
        let labels = labels("inventory", (platform, task));
        Self { home, labels, sizes: Sizes::default(), open: None }
    }

    #[cfg(test)]
    pub(super) fn with_sizes(self, sizes: Sizes) -> Self {
        Self { sizes, ..self }
    }

    pub(super) fn location(&self) -> StorageLocation {
        StorageLocation::Secret(self.home.name.clone())
    }

    pub(super) const fn is_open(&self) -> bool {
        self.open.is_some()
    }

    /// The text; `None` when there is none.
    pub(super) async fn read(&self) -> Result<Option<SecretString>, InventoryError> {
        Ok(self.look().await?.0)
    }

    /// The text, as it is from now on until somebody else is noticed to write it.
    pub(super) async fn open(&mut self) -> Result<Option<SecretString>, InventoryError> {
        let (text, open) = self.look().await?;
        self.open = Some(open);
        Ok(text)
    }

    /// Looks again before the next write.
    pub(super) fn close(&mut self) {
        self.open = None;
    }

    /// Adds lines. After a failure the store is closed: it is not known what is there.
    pub(super) async fn append(&mut self, lines: &str) -> Result<(), InventoryError> {
        let Some(mut open) = self.open.take() else { return Err(self.overtaken()) };
        let mut changed = BTreeMap::new();
        if open.pages.bytes() + lines.len() > self.sizes.segment && !open.pages.is_empty() {
            let segment = self.segment(open.head, open.head.segments, open.pages.text());
            self.write_segment(&segment).await?;
            open.head.segments += 1;
            changed.extend(open.pages.clear());
        }
        changed.extend(open.pages.append(lines, self.sizes.page));
        self.write_head(open, changed).await
    }

    /// Replaces the whole text.
    pub(super) async fn rewrite(&mut self, text: &str) -> Result<(), InventoryError> {
        let Some(mut open) = self.open.take() else { return Err(self.overtaken()) };
        let before = open.head;
        let mut parts = pages::cut(text, self.sizes.segment);
        let tail = parts.pop().unwrap_or_default();
        open.head = Head { generation: before.generation + 1, segments: parts.len() };
        for (index, part) in parts.into_iter().enumerate() {
            self.write_segment(&self.segment(open.head, index, part.to_owned())).await?;
        }
        let mut changed = open.pages.clear();
        changed.extend(open.pages.append(tail, self.sizes.page));
        self.write_head(open, changed).await?;
        self.remove_segments(before).await;
        Ok(())
    }

    /// Writes pages and head in one. Whatever else there is becomes true with it.
    async fn write_head(
        &mut self,
        mut open: Open,
        pages: BTreeMap<String, Option<String>>,
    ) -> Result<(), InventoryError> {
        // Two numbers always have a JSON form.
        let head = serde_json::to_string(&open.head).unwrap_or_default();
        let mut data: BTreeMap<String, Option<SecretBytes>> =
            pages.into_iter().map(|(key, text)| (key, text.map(|text| SecretBytes::from(text.into_bytes())))).collect();
        data.insert(HEAD_KEY.to_owned(), Some(SecretBytes::from(head.into_bytes())));
        let cluster = &self.home.cluster;
        let written = match &open.seen {
            Some(seen) => cluster.change_secret(seen, &data).await,
            None => {
                let data = data.iter().filter_map(|(key, value)| Some((key.clone(), value.clone()?))).collect();
                cluster.create_secret(&self.desired(self.home.name.clone(), data)).await
            }
        };
        open.seen = Some(match written {
            Ok(metadata) => metadata,
            Err(error) => self.if_written_nevertheless(&data, error).await?,
        });
        self.open = Some(open);
        Ok(())
    }

    /// A write whose answer was lost and that was repeated looks as if somebody else had been quicker.
    async fn if_written_nevertheless(
        &self,
        data: &BTreeMap<String, Option<SecretBytes>>,
        error: KubernetesError,
    ) -> Result<ObjectMeta, InventoryError> {
        let refused = matches!(
            error,
            KubernetesError::Stale(_) | KubernetesError::AlreadyExists(_) | KubernetesError::NotFound(_)
        );
        if !refused && !error.outcome_unknown() {
            return Err(self.unusable(error));
        }
        let found = self.home.cluster.find::<SecretObject>(&self.home.name).await;
        match found.map_err(|error| self.unusable(error))? {
            Some(found) if data.iter().all(|(key, value)| found.data.get(key) == value.as_ref()) => Ok(found.metadata),
            _ if refused => Err(self.overtaken()),
            _ => Err(self.unusable(error)),
        }
    }

    async fn look(&self) -> Result<(Option<SecretString>, Open), InventoryError> {
        let mut looked = self.look_at_head().await?;
        loop {
            let Some((seen, head, pages)) = looked else {
                let open = Open { seen: None, head: Head::default(), pages: Pages::default() };
                return Ok((None, open));
            };
            let names = (0..head.segments).map(|index| self.segment_name(head, index));
            let reads = names.map(|name| async move { self.read_segment(&name).await.map(|text| (name, text)) });
            let segments = try_join_all(reads).await?;
            match segments.iter().find(|(_, text)| text.is_none()) {
                None => {
                    let mut text: String = segments.iter().filter_map(|(_, text)| text.as_ref()).map(exposed).collect();
                    text.push_str(&pages.text());
                    return Ok((Some(text.into()), Open { seen: Some(seen), head, pages }));
                }
                // Another run may have dropped it a moment ago, with a new head.
                Some((missing, _)) => {
                    looked = self.look_at_head().await?;
                    if looked.as_ref().is_some_and(|(_, now, _)| *now == head) {
                        return Err(InventoryError::Incomplete {
                            location: self.location(),
                            part: missing.to_string(),
                        });
                    }
                }
            }
        }
    }

    async fn look_at_head(&self) -> Result<Option<(ObjectMeta, Head, Pages)>, InventoryError> {
        let found = self.home.cluster.find::<SecretObject>(&self.home.name).await;
        let Some(found) = found.map_err(|error| self.unusable(error))? else { return Ok(None) };
        let damaged = || InventoryError::Damaged { location: self.location(), line: 1 };
        let head = found.data.get(HEAD_KEY).and_then(|head| serde_json::from_slice(head.expose()).ok());
        let head = head.ok_or_else(damaged)?;
        let pages = Pages::of(&found.data).ok_or_else(damaged)?;
        Ok(Some((found.metadata, head, pages)))
    }

    async fn read_segment(&self, name: &ObjectName) -> Result<Option<SecretString>, InventoryError> {
        let found = self.home.cluster.find::<SecretObject>(name).await.map_err(|error| self.unusable(error))?;
        let text = |found: SecretObject| found.data.get(SEGMENT_KEY)?.text().map(|text| text.expose().into());
        Ok(found.and_then(text))
    }

    async fn write_segment(&self, segment: &DesiredSecret) -> Result<(), InventoryError> {
        // One that a crash has left there is not named by any head: it is ours, whatever it holds.
        let written = self.home.cluster.apply_secret(segment, Expected::Anything, OthersValues::Take).await;
        written.map(drop).map_err(|error| self.unusable(error))
    }

    /// Removes what no head names any more. Whether it works changes nothing.
    async fn remove_segments(&self, head: Head) {
        for index in 0..head.segments {
            let name = self.segment_name(head, index);
            if let Err(error) = self.home.cluster.delete::<SecretObject>(&name, None).await {
                tracing::debug!("an obsolete part of the inventory stays: {error}");
            }
        }
    }

    fn segment(&self, head: Head, index: usize, text: String) -> DesiredSecret {
        let data = BTreeMap::from([(SEGMENT_KEY.to_owned(), SecretBytes::from(text.into_bytes()))]);
        self.desired(self.segment_name(head, index), data)
    }

    fn segment_name(&self, head: Head, index: usize) -> ObjectName {
        let name = format!("{}-{}-{index}", self.home.name.name, head.generation);
        ObjectName { namespace: self.home.name.namespace.clone(), name }
    }

    fn desired(&self, name: ObjectName, data: BTreeMap<String, SecretBytes>) -> DesiredSecret {
        let labels = self.labels.clone();
        DesiredSecret { name, secret_type: OPAQUE.to_owned(), labels, annotations: BTreeMap::new(), data }
    }

    fn overtaken(&self) -> InventoryError {
        StorageError::Busy { location: self.location() }.into()
    }

    fn unusable(&self, source: KubernetesError) -> InventoryError {
        InventoryError::Cluster { location: self.location(), source: Box::new(source) }
    }
}

#[expect(clippy::disallowed_methods, reason = "parts of the inventory's text are put together")]
fn exposed(text: &SecretString) -> &str {
    text.expose_secret()
}
