//! Secrets of declarations: each is a [`SecretString`] from the source to the type that is sent.

use secrecy::SecretString;

use super::Reading;
use crate::values::{Problem, SecretValue, ValuePath};

/// Where the texts of declared secrets come from.
pub trait SecretSource {
    /// The text of a secret; where it [is not known](Self::is_known), a text that stands for it.
    ///
    /// # Errors
    ///
    /// When it cannot be had.
    fn resolve(&self, secret: &SecretValue) -> Result<SecretString, UnreadableSecret>;

    /// Whether the text is the secret's own. It is not where values alone are looked at: then no secret is read.
    fn is_known(&self, secret: &SecretValue) -> bool;

    /// Has the run's mask know a confidential part of a declared text, so that nothing that leaves the process shows it.
    fn learn(&self, part: &str);
}

/// Why the text of a secret cannot be had. It names where the secret should be, and never holds any of it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct UnreadableSecret {
    /// What happened.
    pub message: String,
    /// What to do about it.
    pub hint: String,
}

impl Reading<'_> {
    /// The text of a secret. One that cannot be had is reported, and an empty one stands for it.
    #[must_use]
    pub fn secret(&self, secret: &SecretValue, path: &ValuePath) -> SecretString {
        self.resolved(secret, path).unwrap_or_default()
    }

    /// The text of a secret that has to fit. Only what is known is judged: `misfit` is reported where `fits` says that the text does not.
    pub fn fitting_secret(
        &self,
        secret: &SecretValue,
        path: &ValuePath,
        fits: impl FnOnce(&SecretString) -> bool,
        misfit: impl FnOnce() -> Problem,
    ) -> SecretString {
        let Some(text) = self.resolved(secret, path) else { return SecretString::default() };
        if self.secrets.is_known(secret) && !fits(&text) {
            self.report(misfit());
        }
        text
    }

    /// Has the run's mask know a part of a declared text that is confidential.
    pub fn learn(&self, part: &str) {
        self.secrets.learn(part);
    }

    pub(super) fn is_known(&self, secret: &SecretValue) -> bool {
        self.secrets.is_known(secret)
    }

    pub(super) fn resolved(&self, secret: &SecretValue, path: &ValuePath) -> Option<SecretString> {
        let resolved = self.secrets.resolve(secret);
        resolved.map_err(|error| self.report(self.problem(path, &error.message).with_hint(error.hint))).ok()
    }
}
