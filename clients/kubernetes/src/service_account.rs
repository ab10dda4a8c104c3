//! Service accounts, as far as image pull secrets go.

use std::time::Duration;

use evenkeel_transport::nothing::null_is_empty;
use k8s_openapi::{Metadata, NamespaceResourceScope, Resource, apimachinery::pkg::apis::meta::v1::ObjectMeta};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::time::sleep;

use crate::{Cluster, KubernetesError, ObjectName};

/// The service account that a namespace's pods have unless they say otherwise.
pub const DEFAULT: &str = "default";

/// How often a namespace's own service account is looked for again: it appears by itself about 60 ms after its namespace
/// (server-behaviour 9).
const MOST_LOOKS: u32 = 6;
/// The first pause between two looks for it; each further one is twice as long, so that they are 3 seconds together.
const LOOK_AGAIN_AFTER: Duration = Duration::from_millis(50);
/// How often the list is changed at most when others change it at the same time.
const MOST_CHANGES: usize = 8;

/// A service account: only its image pull secrets.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ServiceAccount {
    /// Name, namespace, `resourceVersion` and so on.
    pub metadata: ObjectMeta,
    /// The entries as they are, in their order: what is not ours goes back unchanged.
    #[serde(deserialize_with = "null_is_empty")]
    image_pull_secrets: Vec<Value>,
}

impl Resource for ServiceAccount {
    const API_VERSION: &'static str = "v1";
    const GROUP: &'static str = "";
    const KIND: &'static str = "ServiceAccount";
    const VERSION: &'static str = "v1";
    const URL_PATH_SEGMENT: &'static str = "serviceaccounts";
    type Scope = NamespaceResourceScope;
}

impl Metadata for ServiceAccount {
    type Ty = ObjectMeta;

    fn metadata(&self) -> &ObjectMeta {
        &self.metadata
    }

    fn metadata_mut(&mut self) -> &mut ObjectMeta {
        &mut self.metadata
    }
}

impl ServiceAccount {
    /// The names of its image pull secrets, in its order.
    pub fn image_pull_secrets(&self) -> impl Iterator<Item = &str> {
        self.image_pull_secrets.iter().filter_map(name_of)
    }

    /// The entries after this change; `None` when nothing changes.
    fn after(&self, change: &PullSecrets<'_>) -> Option<Vec<Value>> {
        let mut entries = self.image_pull_secrets.clone();
        entries.retain(|entry| !name_of(entry).is_some_and(|name| change.absent.contains(&name)));
        for name in change.present {
            if !entries.iter().any(|entry| name_of(entry) == Some(*name)) {
                entries.push(serde_json::json!({ "name": name }));
            }
        }
        (entries != self.image_pull_secrets).then_some(entries)
    }
}

fn name_of(entry: &Value) -> Option<&str> {
    entry.get("name")?.as_str()
}

/// Which image pull secrets a service account shall have, and which not. All others stay as they are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PullSecrets<'a> {
    /// Names that shall be there.
    pub present: &'a [&'a str],
    /// Names that shall not be there.
    pub absent: &'a [&'a str],
}

impl Cluster {
    /// Makes a service account's image pull secrets hold some names, and some not. Returns whether anything was changed.
    ///
    /// The list is one field for every kind of patch and for apply (server-behaviour 9): so it is read, changed, and
    /// written with the `resourceVersion` that was read, again if somebody else was quicker. An account that is not there yet
    /// is waited for, for 3 seconds: a new namespace gets its own a moment later.
    ///
    /// Needs `get` and `patch` on `serviceaccounts`, for that name.
    ///
    /// # Errors
    /// [`NotFound`](KubernetesError::NotFound) when it does not appear, or when its namespace is missing; [`Stale`](KubernetesError::Stale)
    /// when others change it again and again; or any other failure.
    pub async fn set_pull_secrets(
        &self,
        account: &ObjectName,
        change: &PullSecrets<'_>,
    ) -> Result<bool, KubernetesError> {
        let mut changes = 0;
        loop {
            let observed = self.appearing_account(account).await?;
            changes += 1;
            match self.write_pull_secrets(&observed, account, change).await {
                Err(KubernetesError::Stale(_)) if changes < MOST_CHANGES => {}
                ended => return ended,
            }
        }
    }

    /// As [`set_pull_secrets`](Self::set_pull_secrets), of an account that was read a moment ago: it is read again only if it has
    /// changed since.
    ///
    /// # Errors
    /// As [`set_pull_secrets`](Self::set_pull_secrets).
    pub async fn set_pull_secrets_of(
        &self,
        seen: &ServiceAccount,
        change: &PullSecrets<'_>,
    ) -> Result<bool, KubernetesError> {
        let account = ObjectName::of(&seen.metadata);
        match self.write_pull_secrets(seen, &account, change).await {
            Err(KubernetesError::Stale(_) | KubernetesError::NotFound(_)) => {
                self.set_pull_secrets(&account, change).await
            }
            ended => ended,
        }
    }

    async fn write_pull_secrets(
        &self,
        observed: &ServiceAccount,
        account: &ObjectName,
        change: &PullSecrets<'_>,
    ) -> Result<bool, KubernetesError> {
        let Some(entries) = observed.after(change) else { return Ok(false) };
        let fields = serde_json::json!({
            "metadata": {"resourceVersion": observed.metadata.resource_version},
            "imagePullSecrets": entries,
        });
        self.merge::<ServiceAccount>(account, &fields, Vec::new()).await.map(|_| true)
    }

    async fn appearing_account(&self, account: &ObjectName) -> Result<ServiceAccount, KubernetesError> {
        for look in 0..MOST_LOOKS {
            match self.get::<ServiceAccount>(account).await {
                Err(KubernetesError::NotFound(_)) => sleep(LOOK_AGAIN_AFTER * 2_u32.pow(look)).await,
                other => return other,
            }
        }
        self.get::<ServiceAccount>(account).await
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn account(entries: Value) -> ServiceAccount {
        serde_json::from_value(json!({"metadata": {}, "imagePullSecrets": entries})).unwrap()
    }

    #[test]
    fn entries_of_others_stay_in_their_place_and_form() {
        let observed = account(json!([{"name": "theirs", "extra": 1}, {"name": "old"}, {}]));
        let change = PullSecrets { present: &["ours", "theirs"], absent: &["old"] };
        assert_eq!(
            observed.after(&change),
            Some(vec![json!({"name": "theirs", "extra": 1}), json!({}), json!({"name": "ours"})])
        );
    }

    #[test]
    fn nothing_is_written_when_nothing_changes() {
        let observed = account(json!([{"name": "theirs"}, {"name": "ours"}]));
        assert_eq!(observed.after(&PullSecrets { present: &["ours"], absent: &["old"] }), None);
        assert_eq!(account(json!([])).after(&PullSecrets { present: &[], absent: &["old"] }), None);
    }
}
