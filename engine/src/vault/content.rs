//! What a vault holds, as text: the secrets of each target by their names.

use std::collections::BTreeMap;

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use super::Change;

/// The version of the format; it grows when an older reader could misunderstand.
const FORMAT: u32 = 1;

/// The secrets of each target by their names.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct Content {
    format: u32,
    targets: BTreeMap<String, BTreeMap<String, Kept>>,
}

/// The text is damaged, or of a later version.
pub(super) struct NotReadable;

/// A secret as it stands in the text.
#[derive(Clone, Deserialize)]
#[serde(transparent)]
struct Kept(SecretString);

impl Serialize for Kept {
    #[expect(clippy::disallowed_methods, reason = "the vault is where a secret is kept")]
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.expose_secret())
    }
}

impl Content {
    /// Reads a text that [`text`](Self::text) has written.
    pub(super) fn read(text: &[u8]) -> Result<Self, NotReadable> {
        let content: Self = serde_json::from_slice(text).map_err(|_| NotReadable)?;
        if content.format == FORMAT { Ok(content) } else { Err(NotReadable) }
    }

    pub(super) fn text(&self) -> Vec<u8> {
        // Texts in maps with texts as keys are always JSON.
        serde_json::to_vec(&Self { format: FORMAT, targets: self.targets.clone() }).unwrap_or_default()
    }

    /// The secret of this name, of the target or what it was called before.
    pub(super) fn find(&self, target: &str, formers: &[&str], name: &str) -> Option<SecretString> {
        let mut targets = std::iter::once(&target).chain(formers).filter_map(|target| self.targets.get(*target));
        targets.find_map(|secrets| secrets.get(name)).map(|kept| kept.0.clone())
    }

    /// Puts what was kept for a target under its new name. What is there by then is newer.
    pub(super) fn rename(&mut self, former: &str, target: &str) {
        let Some(kept) = self.targets.remove(former) else { return };
        let secrets = self.targets.entry(target.to_owned()).or_default();
        for (name, secret) in kept {
            secrets.entry(name).or_insert(secret);
        }
    }

    /// Makes changes for a target, once what was kept for it under a `former` key is where it is looked for.
    pub(super) fn change_all(&mut self, target: &str, former: Option<&str>, changes: &[Change<'_>]) {
        if let Some(former) = former {
            self.rename(former, target);
        }
        changes.iter().for_each(|(name, secret)| self.change(target, name, *secret));
    }

    /// Puts a secret in its place, or takes it out.
    fn change(&mut self, target: &str, name: &str, secret: Option<&SecretString>) {
        let secrets = self.targets.entry(target.to_owned()).or_default();
        match secret {
            Some(secret) => drop(secrets.insert(name.to_owned(), Kept(secret.clone()))),
            None => drop(secrets.remove(name)),
        }
    }
}
