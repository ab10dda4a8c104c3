//! A change → requests. The only room that writes.
//!
//! A copy is made with a create, which fails where somebody else was faster, and changed with a merge that is bound to the state
//! that was seen: it also takes away keys that others have put there, which an apply cannot.

use evenkeel_core::plan::Change;
use evenkeel_engine::task::Applied;
use evenkeel_kubernetes_client::{
    KubernetesError, ObjectName,
    secret::{DesiredSecret, SecretObject, SecretUpdate},
};

use crate::{
    CopyCerts, Error,
    labelling::Labelling,
    plan::{Copying, Obstacle, Operation},
};

impl CopyCerts {
    /// Makes one change.
    pub(crate) async fn write(&self, change: &Change<Operation>) -> Result<Applied, Error> {
        match &change.operation {
            Operation::Create(copying) => {
                self.cluster.create_secret(&self.copy(copying).await?).await?;
            }
            Operation::Update(copying, seen) => {
                let DesiredSecret { name, labels, annotations, data, .. } = self.copy(copying).await?;
                let vanished = copying.vanished.iter().map(|key| (key.clone(), None));
                let data = data.into_iter().map(|(key, value)| (key, Some(value))).chain(vanished).collect();
                self.cluster.update_secret(&seen.metadata(&name), &SecretUpdate { labels, annotations, data }).await?;
            }
            Operation::Recreate(copying, seen) => {
                // Read before the delete: between the two nothing may fail that could be known before.
                let copy = self.copy(copying).await?;
                self.cluster.recreate_secret(&copy, &seen.metadata(&copy.name)).await?;
            }
            Operation::Refuse(obstacle) => return Err(refusal(&change.object.path(), obstacle)),
            Operation::Delete(seen) => {
                let (namespace, name) = change.object.in_parent().unwrap_or_default();
                let name = ObjectName::in_namespace(namespace, name);
                self.cluster.delete::<SecretObject>(&name, Some(&seen.metadata(&name))).await?;
            }
        }
        Ok(Applied::default())
    }

    /// What a copy shall be, from its source as it is now. A source that is gone, or not what the plan was made for, makes no
    /// copy: the run looks again.
    async fn copy(&self, copying: &Copying) -> Result<DesiredSecret, Error> {
        let source: Option<SecretObject> = self.cluster.find(&copying.source).await?;
        let is_planned = |source: &SecretObject| source.metadata.resource_version.as_deref() == Some(&*copying.version);
        let Some(source) = source.filter(is_planned) else {
            return Err(Error::SourceChanged { from: copying.source.to_string() });
        };
        // From here on it travels.
        source.data.values().for_each(|value| value.teach(self.cluster.mask()));
        let Labelling { mut labels, mut annotations } = copying.labelling.clone();
        labels.extend(copying.marks.labels());
        annotations.extend(copying.marks.annotations());
        let (name, secret_type, data) = (copying.target.clone(), source.secret_type, source.data);
        Ok(DesiredSecret { name, secret_type, labels, annotations, data })
    }
}

/// Why a copy is not written, in front of people.
fn refusal(name: &str, obstacle: &Obstacle) -> Error {
    let namespace = || name.split('/').next().unwrap_or(name).to_owned();
    let secret = name.to_owned();
    match obstacle {
        Obstacle::Foreign => Error::Foreign { secret },
        Obstacle::Contested(sources) => {
            let sources: Vec<String> = sources.iter().map(|source| format!("`{source}`")).collect();
            Error::Contested { secret, sources: sources.join(", ") }
        }
        Obstacle::Broken { from, flaws } => Error::Broken { from: from.clone(), flaws: flaws.clone() },
        Obstacle::NamespaceMissing => Error::NamespaceMissing { secret, namespace: namespace() },
        Obstacle::NamespaceTerminating => KubernetesError::NamespaceTerminating { namespace: namespace() }.into(),
        Obstacle::NameTooLong => Error::NameTooLong { secret },
    }
}
