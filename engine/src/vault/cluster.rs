//! The vault as a Kubernetes Secret beside that of the inventory.

use std::collections::BTreeMap;

use evenkeel_kubernetes_client::{
    KubernetesError, ObjectName,
    k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta,
    secret::{DesiredSecret, Expected, OPAQUE, OthersValues, SecretBytes, SecretObject},
};
use secrecy::SecretString;
use tokio::sync::{Mutex, MutexGuard};

use super::{Change, VaultError, content::Content};
use crate::{home::ClusterHome, storage::labels};

/// The key that holds the text.
const KEY: &str = "secrets.json";
/// How often a change is made anew when somebody else was quicker.
const MOST_TRIES: usize = 4;

/// The vault of one target in a Secret that has those of others too.
pub(super) struct ClusterVault {
    home: ClusterHome,
    name: ObjectName,
    labels: BTreeMap<String, String>,
    target: String,
    /// What was read or written last: a run holds the lease, so that it is read once.
    seen: Mutex<Option<Seen>>,
}

/// The Secret as it was last seen.
struct Seen {
    /// `None` while there is no Secret.
    metadata: Option<ObjectMeta>,
    content: Content,
}

impl ClusterVault {
    pub(super) fn new(home: ClusterHome, owner: (&str, &str), target: &str) -> Self {
        let name = ObjectName { name: format!("{}-secrets", home.name.name), ..home.name.clone() };
        let labels = labels("vault", owner);
        Self { home, name, labels, target: target.to_owned(), seen: Mutex::new(None) }
    }

    pub(super) async fn find(&self, name: &str, formers: &[&str]) -> Result<Option<SecretString>, VaultError> {
        let seen = self.seen().await?;
        Ok(seen.as_ref().and_then(|seen| seen.content.find(&self.target, formers, name)))
    }

    /// Puts secrets in their places, or takes them out. One write at a time: each is one of the whole.
    pub(super) async fn change(&self, changes: &[Change<'_>], former: Option<&str>) -> Result<(), VaultError> {
        self.edit(|content| content.change_all(&self.target, former, changes)).await
    }

    /// Puts what was kept for the target under its former name where it is looked for.
    pub(super) async fn rename(&self, former: &str) -> Result<(), VaultError> {
        self.edit(|content| content.rename(former, &self.target)).await
    }

    async fn edit(&self, edit: impl Fn(&mut Content) + Sync) -> Result<(), VaultError> {
        for _ in 1..MOST_TRIES {
            match self.try_edit(&edit).await {
                Err(VaultError::Cluster(KubernetesError::Stale(_) | KubernetesError::AlreadyExists(_))) => {}
                result => return result,
            }
        }
        self.try_edit(&edit).await
    }

    async fn try_edit(&self, edit: &(impl Fn(&mut Content) + Sync)) -> Result<(), VaultError> {
        let mut seen = self.seen().await?;
        // Until the server has answered it is not known what is there.
        let Some(Seen { metadata, mut content }) = seen.take() else { return Ok(()) };
        edit(&mut content);
        let desired = DesiredSecret {
            name: self.name.clone(),
            secret_type: OPAQUE.to_owned(),
            labels: self.labels.clone(),
            annotations: BTreeMap::new(),
            data: BTreeMap::from([(KEY.to_owned(), SecretBytes::from(content.text()))]),
        };
        let expected = metadata.as_ref().map_or(Expected::Absent, Expected::Seen);
        let written = self.home.cluster.apply_secret(&desired, expected, OthersValues::Take).await?;
        *seen = Some(Seen { metadata: Some(written.metadata), content });
        Ok(())
    }

    /// What is there, read if need be.
    async fn seen(&self) -> Result<MutexGuard<'_, Option<Seen>>, VaultError> {
        let mut seen = self.seen.lock().await;
        if seen.is_none() {
            let secret = self.home.cluster.find::<SecretObject>(&self.name).await?;
            *seen = Some(match secret {
                None => Seen { metadata: None, content: Content::default() },
                Some(secret) => {
                    let damaged = || VaultError::Damaged { place: format!("Secret `{}`", self.name) };
                    let text = secret.data.get(KEY).ok_or_else(damaged)?;
                    let content = Content::read(text.expose()).map_err(|_| damaged())?;
                    Seen { metadata: Some(secret.metadata), content }
                }
            });
        }
        Ok(seen)
    }
}

#[cfg(test)]
mod tests {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    use secrecy::ExposeSecret;
    use serde_json::json;

    use super::*;
    use crate::test_cluster::TestCluster;

    #[expect(clippy::disallowed_methods, reason = "the test looks at what it made up itself")]
    async fn found(vault: &ClusterVault, name: &str, formers: &[&str]) -> Option<String> {
        vault.find(name, formers).await.unwrap().map(|secret| secret.expose_secret().to_owned())
    }

    /// What a version of before keys had one has left.
    #[tokio::test]
    async fn what_was_kept_before_keys_had_a_version_is_found_and_moved_with_the_first_change() {
        let cluster = TestCluster::start();
        let recorded = r#"{"format":1,"targets":{"harbor at https://h.example":{"robot/ops":"one","robot/ci":"two"}}}"#;
        cluster.put_secret("jobs", "evenkeel-demo-harbor-secrets", &json!({(KEY): STANDARD.encode(recorded)}));
        let access = cluster.access();
        let name = ObjectName::in_namespace("jobs", "evenkeel-demo-harbor");
        let home = ClusterHome { cluster: access.connected().await.unwrap().clone(), name };
        let (key, words) = ("v1/harbor/https%3A%2F%2Fh.example", "harbor at https://h.example");
        let vault = || ClusterVault::new(home.clone(), ("demo", "harbor"), key);

        assert_eq!(found(&vault(), "robot/ops", &[words]).await.as_deref(), Some("one"));
        assert_eq!(cluster.writes(), 0, "looking writes nothing");
        vault().change(&[("robot/ci", Some(&"three".into()))], Some(words)).await.unwrap();
        assert_eq!(cluster.writes(), 1, "it is one write");
        assert_eq!(found(&vault(), "robot/ops", &[]).await.as_deref(), Some("one"));
        assert_eq!(found(&vault(), "robot/ci", &[]).await.as_deref(), Some("three"));
    }
}
