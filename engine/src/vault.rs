//! Secrets that tasks have made: kept here before they are set anywhere (law 4).
//!
//! A secret that was set at a server and got lost on the way is one that nobody knows. So a task [keeps](Vault::keep) it first,
//! sets it, sees that it works, and then hands it to whoever uses it; stopped at any point, the next run finds it here. The
//! vault is where the inventory is: a Secret beside its own in the cluster, or a file beside its file.

mod cluster;
mod content;
mod file;

use std::{fmt, sync::OnceLock, time::Duration};

use cluster::ClusterVault;
use evenkeel_kubernetes_client::KubernetesError;
use evenkeel_transport::{Mask, Secret};
use file::FileVault;
use secrecy::SecretString;
use tokio::time::{Instant, sleep};

use crate::{
    failure::{Class, Classified},
    home::Home,
    storage::{StorageError, StorageTrouble, default_path},
};

/// How long another run that is changing a file is waited for: a change takes milliseconds, unless whoever makes it hangs.
const BUSY_WITHIN: Duration = Duration::from_secs(10);
/// The pause between two attempts.
const BUSY_PAUSE: Duration = Duration::from_millis(20);

/// The secrets that one task has made for one target, by names of the task's own.
#[derive(Default)]
pub struct Vault {
    place: Place,
    /// How the target was called before, if that was found out in this run.
    former: OnceLock<String>,
    /// What the target was kept under before keys had a version.
    unversioned: Option<String>,
    mask: Mask,
}

#[derive(Default)]
enum Place {
    /// There is none.
    #[default]
    Nowhere,
    /// A file that only its owner reads.
    File(FileVault),
    /// A Secret.
    Cluster(Box<ClusterVault>),
}

/// A secret that is put in its place, by its name, or `None` to take it out.
type Change<'a> = (&'a str, Option<&'a SecretString>);

/// Why the vault cannot be used. It names no secret.
#[derive(Clone, Debug, thiserror::Error)]
pub enum VaultError {
    /// It cannot be read or written.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// Its content makes no sense, or is of a later version.
    #[error("{place} is damaged, or of a later version")]
    Damaged {
        /// Where it is.
        place: String,
    },
    /// There is no place for it.
    #[error("there is no place to keep secrets: neither `XDG_STATE_HOME` nor `HOME` is set")]
    NoPlace,
    /// The cluster refuses or does not answer.
    #[error(transparent)]
    Cluster(#[from] KubernetesError),
}

impl Classified for VaultError {
    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Damaged { .. } => "restore it, or move it away: the secrets in it are made anew then",
            Self::Storage(StorageError::NotWritable { trouble: StorageTrouble::Other, .. }) => {
                "name a file that can be written with `--inventory` (secrets are kept beside it), or a namespace in `kubernetes.inventory`"
            }
            Self::Storage(error) => error.hint(),
            Self::NoPlace => "set `HOME`, or name a file with `--inventory`; secrets are kept beside it",
            Self::Cluster(error) => return error.hint(),
        };
        Some(hint.to_owned())
    }

    fn class(&self) -> Class {
        match self {
            Self::Storage(error) => error.class(),
            Self::Cluster(error) => match error.class() {
                // It is the values that name the namespace.
                Class::Refused => Class::Configuration,
                class => class,
            },
            Self::Damaged { .. } | Self::NoPlace => Class::Configuration,
        }
    }
}

impl Vault {
    /// The vault of a target beside the inventory of its platform and task. Nothing is read yet. The mask knows every secret that
    /// goes in or out.
    pub(crate) fn open(home: &Home, owner: (&str, &str), target: &str, mask: Mask) -> Self {
        let place = match home {
            Home::Cluster(home) => Place::Cluster(Box::new(ClusterVault::new(home.clone(), owner, target))),
            Home::File(file) => match file.clone().or_else(|| default_path(owner.0, owner.1)) {
                Some(inventory) => Place::File(FileVault::new(inventory.with_extension("secrets.json"), target)),
                None => Place::Nowhere,
            },
        };
        Self { place, former: OnceLock::new(), unversioned: None, mask }
    }

    /// What was kept for the target under this key, before keys had a version, is found, too, and moved under its key with the first
    /// change.
    pub(crate) fn with_unversioned_key(self, key: Option<String>) -> Self {
        Self { unversioned: key, ..self }
    }

    /// The secret of this name, if it was kept.
    ///
    /// # Errors
    /// When the vault is there, but cannot be read. Without a place for it nothing was kept.
    pub async fn find(&self, name: &str) -> Result<Option<SecretString>, VaultError> {
        let formers: Vec<&str> = self.former().into_iter().chain(self.unversioned.as_deref()).collect();
        let found = match &self.place {
            Place::Nowhere => None,
            Place::File(file) => file.find(name, &formers)?,
            Place::Cluster(cluster) => cluster.find(name, &formers).await?,
        };
        if let Some(secret) = &found {
            self.learn(secret);
        }
        Ok(found)
    }

    /// Keeps a secret under this name, in the place of one that was kept before. It is durable when this returns.
    ///
    /// # Errors
    /// When it could not be kept: it must not be set anywhere then.
    pub async fn keep(&self, name: &str, secret: &SecretString) -> Result<(), VaultError> {
        self.learn(secret);
        self.change(&[(name, Some(secret))]).await
    }

    /// Keeps several secrets, each as [`keep`](Self::keep) does, with one write.
    ///
    /// # Errors
    /// When they could not be kept: none of them must be set anywhere then.
    pub async fn keep_all(&self, secrets: &[(String, SecretString)]) -> Result<(), VaultError> {
        secrets.iter().for_each(|(_, secret)| self.learn(secret));
        self.change(&secrets.iter().map(|(name, secret)| (name.as_str(), Some(secret))).collect::<Vec<_>>()).await
    }

    /// Forgets a secret that works nowhere any more.
    ///
    /// # Errors
    /// When the vault could not be written.
    pub async fn forget(&self, name: &str) -> Result<(), VaultError> {
        self.change(&[(name, None)]).await
    }

    /// What was kept for that target was kept for this one: they are the same. Nothing is written.
    pub(crate) fn was_called(&self, former: &str) {
        // It is found out once in a run.
        drop(self.former.set(former.to_owned()));
    }

    /// Keeps under the target's new name what was kept under its former one.
    ///
    /// # Errors
    /// When it could not be written.
    pub(crate) async fn keep_under_new_name(&self) -> Result<(), VaultError> {
        let Some(former) = self.former() else { return Ok(()) };
        match &self.place {
            Place::Nowhere => Ok(()),
            Place::File(file) => unless_busy(|| file.rename(former)).await,
            Place::Cluster(cluster) => cluster.rename(former).await,
        }
    }

    fn former(&self) -> Option<&str> {
        self.former.get().map(String::as_str)
    }

    fn learn(&self, secret: &SecretString) {
        self.mask.learn(Secret::from(secret.clone()).expose());
    }

    async fn change(&self, changes: &[Change<'_>]) -> Result<(), VaultError> {
        let unversioned = self.unversioned.as_deref();
        match &self.place {
            Place::Nowhere => Err(VaultError::NoPlace),
            Place::File(file) => unless_busy(|| file.change(changes, unversioned)).await,
            Place::Cluster(cluster) => cluster.change(changes, unversioned).await,
        }
    }
}

/// Tries again while another run is at it. It waits without holding up anything else, so that signals and the deadline are heard.
async fn unless_busy(change: impl Fn() -> Result<(), VaultError>) -> Result<(), VaultError> {
    let begin = Instant::now();
    loop {
        match change() {
            Err(VaultError::Storage(StorageError::Busy { .. })) if begin.elapsed() < BUSY_WITHIN => {
                sleep(BUSY_PAUSE).await
            }
            ended => return ended,
        }
    }
}

impl fmt::Debug for Vault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self.place {
            Place::Nowhere => "Vault(nowhere)",
            Place::File(_) => "Vault(file)",
            Place::Cluster(_) => "Vault(cluster)",
        })
    }
}

#[cfg(test)]
mod tests {
    use std::{cell::Cell, fs::OpenOptions};

    use super::*;
    use crate::{private_file, storage::StorageLocation};

    #[tokio::test(start_paused = true)]
    async fn a_vault_that_another_process_holds_is_given_up_and_not_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let inventory = folder.path().join("harbor.jsonl");
        let vault = Vault::open(&Home::File(Some(inventory)), ("demo", "harbor"), "t", Mask::default());
        let path = folder.path().join("harbor.secrets.json.lock");
        let lock = private_file::open(&path, OpenOptions::new().create(true).append(true)).unwrap();
        lock.lock().unwrap();
        let begin = Instant::now();
        let kept = vault.keep("robot", &"one".into()).await;
        assert!(matches!(kept, Err(VaultError::Storage(StorageError::Busy { .. }))), "{kept:?}");
        assert!(begin.elapsed() < BUSY_WITHIN + Duration::from_secs(1));
        lock.unlock().unwrap();
        vault.keep("robot", &"one".into()).await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn a_vault_is_changed_once_the_other_process_is_done() {
        let tries = Cell::new(0);
        let location = StorageLocation::File("v".into());
        let change = || {
            tries.set(tries.get() + 1);
            if tries.get() < 5 { Err(StorageError::Busy { location: location.clone() }.into()) } else { Ok(()) }
        };
        unless_busy(change).await.unwrap();
        assert_eq!(tries.get(), 5);
    }
}
