//! Where declared secrets come from. The one place that reads them; nobody shows them, and the run's [`Mask`] knows them all.

mod reach;

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fmt,
    fs::File,
    io::{self, Read},
    path::Path,
    sync::{Mutex, MutexGuard, PoisonError},
};

use evenkeel_core::{
    reading::{SecretSource, UnreadableSecret},
    values::{SecretKey, SecretValue},
};
use evenkeel_kubernetes_client::{KubernetesError, ObjectName, secret::SecretObject};
use evenkeel_transport::{Mask, Secret};
use futures::future::join_all;
use secrecy::SecretString;

use reach::OutOfReach;
pub use reach::Reach;

use crate::{
    cluster::ClusterAccess,
    environment::environment_variable,
    failure::{Class, Classified},
    mask::mask,
    storage::reason,
};

/// What stands for secrets that are not read: as Harbor wants the secrets of robots, which no other application minds.
const PLACEHOLDER: &str = "Placeholder-0";

/// A secret is at most as long as a whole Kubernetes Secret may be.
const LONGEST_SECRET_BYTES: u64 = 1024 * 1024;

/// Why a declared secret cannot be had. It names the reference, never the content.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// The environment has no such variable, or an empty one.
    #[error("environment variable `{name}` is not set or empty")]
    NotSet {
        /// The variable.
        name: String,
    },
    /// The variable or file holds something else than UTF-8 text.
    #[error("the secret in {reference} is no text")]
    NotText {
        /// Where it is.
        reference: String,
    },
    /// The file is not there or may not be read.
    #[error("secret file `{path}` cannot be read: {reason}")]
    Unreadable {
        /// The file.
        path: String,
        /// What the system says.
        reason: String,
    },
    /// The file is there and has nothing in it.
    #[error("secret file `{path}` is empty")]
    Empty {
        /// The file.
        path: String,
    },
    /// The file is longer than any secret.
    #[error("secret file `{path}` is longer than {LONGEST_SECRET_BYTES} bytes")]
    TooLong {
        /// The file.
        path: String,
    },
    /// The Kubernetes Secret that it is in cannot be read.
    #[error("{reference} cannot be read: {source}")]
    Cluster {
        /// The Secret.
        reference: String,
        /// Why.
        source: Box<KubernetesError>,
    },
    /// The Kubernetes Secret is there, but not this key of it.
    #[error("Secret `{secret}` has no key `{key}`, or an empty one")]
    NoKey {
        /// The Secret's namespace and name.
        secret: String,
        /// The key.
        key: String,
    },
    /// The values may not refer to this place.
    #[error("{reference} is out of the values' reach: `{option}` does not allow it")]
    OutOfReach {
        /// The place.
        reference: String,
        /// The option that would.
        option: &'static str,
    },
    /// Nobody has read it from the cluster, which is a mistake.
    #[error("{reference} was not read from the cluster")]
    NotFetched {
        /// Where it is.
        reference: String,
    },
}

impl SecretError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::NotSet { name } => format!("set `{name}` in the environment of this process"),
            Self::NotText { .. } => "write it as UTF-8 text".to_owned(),
            Self::Unreadable { .. } => "check the path and who may read it".to_owned(),
            Self::Empty { .. } => "write the secret into the file".to_owned(),
            Self::TooLong { .. } => "check the path: this looks like another file".to_owned(),
            Self::Cluster { source, .. } => match source.as_ref() {
                KubernetesError::NotFound(_) => "create the Secret, or name another in the values".to_owned(),
                source => source.hint().unwrap_or_else(|| "run it again".to_owned()),
            },
            Self::NoKey { .. } => "check the key in the values, and what the Secret holds".to_owned(),
            Self::OutOfReach { option, .. } => format!("correct the values, or allow it with `{option}`"),
            Self::NotFetched { .. } => "this is a mistake in evenkeel: please report it".to_owned(),
        }
    }

    /// What kind of failure it is.
    #[must_use]
    pub fn class(&self) -> Class {
        match self {
            // It is the values that name a Secret which is not there.
            Self::Cluster { source, .. } if matches!(source.class(), Class::Conflict | Class::Refused) => {
                Class::Configuration
            }
            Self::Cluster { source, .. } => source.class(),
            Self::NotFetched { .. } => Class::Unexpected,
            _ => Class::Configuration,
        }
    }
}

/// Turns declared secrets into their texts. Each is read once; what was missing is looked for again.
pub struct SecretResolver {
    environment: Environment,
    reach: Reach,
    mask: Mask,
    known: Mutex<HashMap<Reference, SecretString>>,
}

impl Reference {
    fn of_secret(key: &SecretKey) -> Self {
        Self::Secret(object_name(key), key.key.clone())
    }
}

fn object_name(key: &SecretKey) -> ObjectName {
    ObjectName::in_namespace(key.namespace.to_string(), key.name.clone())
}

fn unread(name: &ObjectName, source: KubernetesError) -> SecretError {
    SecretError::Cluster { reference: format!("Secret `{name}`"), source: Box::new(source) }
}

enum Environment {
    /// Nothing is read: every secret is [`PLACEHOLDER`].
    Placeholders,
    Process,
    Given(BTreeMap<String, SecretString>),
}

#[derive(Clone, PartialEq, Eq, Hash)]
enum Reference {
    Variable(String),
    File(String),
    /// The Secret's name, and a key in its data.
    Secret(ObjectName, String),
}

impl Default for SecretResolver {
    fn default() -> Self {
        Self::new()
    }
}

impl SecretResolver {
    /// Reads the process's environment, and files.
    #[must_use]
    pub fn new() -> Self {
        Self::of(Environment::Process)
    }

    /// Those of this process: what it tells is free of them.
    #[must_use]
    pub fn of_process(reach: Reach) -> Self {
        Self::new().within(reach).with_mask(mask().clone())
    }

    /// Reads nothing: whatever values refer to is the same text, which nobody [knows](SecretSource::is_known). For looking at values alone.
    #[must_use]
    pub fn of_placeholders() -> Self {
        Self::of(Environment::Placeholders)
    }

    fn of(environment: Environment) -> Self {
        Self { environment, reach: Reach::default(), mask: Mask::default(), known: Mutex::default() }
    }

    /// The same, for references to these places only.
    #[must_use]
    pub fn within(self, reach: Reach) -> Self {
        Self { reach, ..self }
    }

    /// The same, that makes this mask know each secret.
    #[must_use]
    pub fn with_mask(self, mask: Mask) -> Self {
        Self { mask, ..self }
    }

    /// Every secret so far, to be taken out of texts.
    #[must_use]
    pub const fn mask(&self) -> &Mask {
        &self.mask
    }

    /// The places that values may name.
    #[must_use]
    pub const fn reach(&self) -> &Reach {
        &self.reach
    }

    /// Takes these variables for the environment, and reads files: for a run inside another program.
    #[must_use]
    pub fn with_environment<K: Into<String>>(variables: impl IntoIterator<Item = (K, SecretString)>) -> Self {
        let variables = variables.into_iter().map(|(name, secret)| (name.into(), secret)).collect();
        Self::of(Environment::Given(variables))
    }

    /// The secret's text.
    ///
    /// # Errors
    ///
    /// When it is not where the values say.
    pub fn resolve(&self, secret: &SecretValue) -> Result<SecretString, SecretError> {
        let reference = match secret {
            SecretValue::Plain(text) => return Ok(self.learnt(text.clone())),
            _ if matches!(self.environment, Environment::Placeholders) => return Ok(PLACEHOLDER.into()),
            SecretValue::FromSecret(key) => Reference::of_secret(key),
            SecretValue::FromEnv(name) => Reference::Variable(name.clone()),
            SecretValue::FromFile(path) => Reference::File(path.clone()),
        };
        if let Some(text) = self.known().get(&reference) {
            return Ok(text.clone());
        }
        let text = match &reference {
            Reference::Variable(name) => {
                self.reach.variable(name).map_err(|refused| out_of_reach(secret, refused))?;
                self.variable(name)?
            }
            Reference::File(path) => {
                let real = self.reach.file(path).map_err(|refused| out_of_reach(secret, refused))?;
                file(&real, path)?
            }
            Reference::Secret(name, _) => {
                let namespace = name.namespace.as_deref().unwrap_or_default();
                self.reach.namespace(namespace).map_err(|refused| out_of_reach(secret, refused))?;
                return Err(SecretError::NotFetched { reference: secret.to_string() });
            }
        };
        let text = self.learnt(text);
        self.known().insert(reference, text.clone());
        Ok(text)
    }

    /// Reads those of these secrets that are in the cluster, each Kubernetes Secret once, so that
    /// [`resolve`](Self::resolve) knows them. The cluster is not connected to when there is nothing to read.
    ///
    /// # Errors
    ///
    /// Every one that cannot be had, each once.
    pub async fn fetch<'a>(
        &self,
        secrets: impl IntoIterator<Item = &'a SecretValue>,
        cluster: &ClusterAccess,
    ) -> Result<(), Vec<SecretError>> {
        let mut errors = Vec::new();
        let mut wanted: BTreeMap<ObjectName, BTreeSet<&str>> = BTreeMap::new();
        for secret in secrets {
            let SecretValue::FromSecret(key) = secret else { continue };
            if let Err(refused) = self.reach.namespace(key.namespace.as_str()) {
                let error = out_of_reach(secret, refused);
                errors.extend((!errors.contains(&error)).then_some(error));
            } else if !self.known().contains_key(&Reference::of_secret(key)) {
                wanted.entry(object_name(key)).or_default().insert(&key.key);
            }
        }
        // With such values nothing is done at all, so nothing is read either.
        let Some(first) = wanted.keys().next().filter(|_| errors.is_empty()) else {
            return if errors.is_empty() { Ok(()) } else { Err(errors) };
        };
        let cluster = cluster.connected().await.map_err(|error| vec![unread(first, error)])?;
        let reads =
            wanted.iter().map(|(name, keys)| async move { (name, keys, cluster.get::<SecretObject>(name).await) });
        // The cluster's own cap holds for all of them.
        for (name, keys, read) in join_all(reads).await {
            match read {
                Ok(secret) => errors.extend(keys.iter().filter_map(|key| self.keep(name, key, &secret).err())),
                Err(error) => errors.push(unread(name, error)),
            }
        }
        if errors.is_empty() { Ok(()) } else { Err(errors) }
    }

    fn keep(&self, name: &ObjectName, key: &str, secret: &SecretObject) -> Result<(), SecretError> {
        let value = secret.data.get(key).filter(|value| !value.is_empty());
        let value = value.ok_or_else(|| SecretError::NoKey { secret: name.to_string(), key: key.to_owned() })?;
        let text = value
            .text()
            .ok_or_else(|| SecretError::NotText { reference: format!("key `{key}` of Secret `{name}`") })?;
        let text = self.learnt(text.expose().into());
        self.known().insert(Reference::Secret(name.clone(), key.to_owned()), text);
        Ok(())
    }

    /// Reads all these secrets, so that [`resolve`](Self::resolve) only looks them up afterwards.
    ///
    /// # Errors
    ///
    /// Every one that cannot be had, each once.
    pub fn resolve_all<'a>(&self, secrets: impl IntoIterator<Item = &'a SecretValue>) -> Result<(), Vec<SecretError>> {
        let mut errors: Vec<SecretError> = Vec::new();
        for secret in secrets {
            if let Err(error) = self.resolve(secret)
                && !errors.contains(&error)
            {
                errors.push(error);
            }
        }
        if errors.is_empty() { Ok(()) } else { Err(errors) }
    }

    /// The secret, which the mask knows from now on.
    fn learnt(&self, text: SecretString) -> SecretString {
        let text = Secret::from(text);
        self.mask.learn(text.expose());
        text.into_inner()
    }

    fn known(&self) -> MutexGuard<'_, HashMap<Reference, SecretString>> {
        // What a panicking thread left behind is a complete map.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn variable(&self, name: &str) -> Result<SecretString, SecretError> {
        let not_set = || SecretError::NotSet { name: name.to_owned() };
        match &self.environment {
            Environment::Placeholders => Ok(PLACEHOLDER.into()),
            Environment::Given(variables) => variables.get(name).cloned().ok_or_else(not_set),
            Environment::Process => {
                let value = environment_variable(name).ok_or_else(not_set)?;
                match value.into_string() {
                    Ok(text) => Ok(text.into()),
                    Err(_) => Err(SecretError::NotText { reference: format!("environment variable `{name}`") }),
                }
            }
        }
    }
}

impl SecretSource for SecretResolver {
    fn resolve(&self, secret: &SecretValue) -> Result<SecretString, UnreadableSecret> {
        Self::resolve(self, secret).map_err(|error| UnreadableSecret { message: error.to_string(), hint: error.hint() })
    }

    fn is_known(&self, secret: &SecretValue) -> bool {
        secret.is_plain() || !matches!(self.environment, Environment::Placeholders)
    }

    fn learn(&self, part: &str) {
        self.mask.learn(part);
    }
}

impl fmt::Debug for SecretResolver {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("SecretResolver").finish_non_exhaustive()
    }
}

fn out_of_reach(secret: &SecretValue, OutOfReach(option): OutOfReach) -> SecretError {
    SecretError::OutOfReach { reference: secret.to_string(), option }
}

/// The text of a file without the line break that editors and `echo` put at its end. `path` is what the values call it.
fn file(real: &Path, path: &str) -> Result<SecretString, SecretError> {
    let unreadable = |error: io::Error| SecretError::Unreadable { path: path.to_owned(), reason: reason(&error) };
    let mut bytes = Vec::new();
    File::open(real)
        .and_then(|file| file.take(LONGEST_SECRET_BYTES + 1).read_to_end(&mut bytes))
        .map_err(unreadable)?;
    if bytes.len() as u64 > LONGEST_SECRET_BYTES {
        return Err(SecretError::TooLong { path: path.to_owned() });
    }
    let text = String::from_utf8(bytes).map_err(|_| SecretError::NotText { reference: format!("file `{path}`") })?;
    let line = text.strip_suffix('\n').map_or(text.as_str(), |line| line.strip_suffix('\r').unwrap_or(line));
    if line.is_empty() {
        return Err(SecretError::Empty { path: path.to_owned() });
    }
    Ok(line.into())
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    #[expect(clippy::disallowed_methods, reason = "the test looks at what it made up itself")]
    fn text(secret: &SecretString) -> &str {
        secret.expose_secret()
    }

    fn variable(name: &str) -> SecretValue {
        SecretValue::FromEnv(name.to_owned())
    }

    #[test]
    fn a_secret_file_loses_one_line_break_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("password");
        for (content, expected) in [("a b", "a b"), ("ab\n", "ab"), ("ab\r\n", "ab"), (" ab\n\n", " ab\n")] {
            std::fs::write(&path, content).unwrap();
            let secret = SecretResolver::new().resolve(&SecretValue::FromFile(path.display().to_string())).unwrap();
            assert_eq!(text(&secret), expected);
        }
    }

    #[test]
    fn a_secret_is_read_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("password");
        let secret = SecretValue::FromFile(path.display().to_string());
        let secrets = SecretResolver::new();
        assert!(matches!(secrets.resolve(&secret), Err(SecretError::Unreadable { .. })));
        std::fs::write(&path, "first").unwrap();
        assert_eq!(text(&secrets.resolve(&secret).unwrap()), "first");
        std::fs::write(&path, "second").unwrap();
        assert_eq!(text(&secrets.resolve(&secret).unwrap()), "first");
    }

    #[test]
    fn all_missing_secrets_are_told_at_once_and_each_once() {
        let secrets = SecretResolver::with_environment([("SET", SecretString::from("x"))]);
        let errors = secrets.resolve_all(&[variable("A"), variable("SET"), variable("B"), variable("A")]).unwrap_err();
        assert_eq!(errors, ["A", "B"].map(|name| SecretError::NotSet { name: name.to_owned() }));
    }

    #[test]
    fn an_empty_a_long_and_a_binary_file_hold_no_secret() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("password");
        let secret = SecretValue::FromFile(path.display().to_string());
        let resolve = |content: &[u8]| {
            std::fs::write(&path, content).unwrap();
            SecretResolver::new().resolve(&secret).unwrap_err()
        };
        assert!(matches!(resolve(b"\n"), SecretError::Empty { .. }));
        assert!(matches!(resolve(&[0xff, 0xfe]), SecretError::NotText { .. }));
        assert!(matches!(resolve(&vec![b'x'; 1024 * 1024 + 1]), SecretError::TooLong { .. }));
    }

    #[test]
    fn a_resolver_shows_nothing_of_what_it_knows() {
        let secrets = SecretResolver::with_environment([("SET", SecretString::from("canary"))]);
        secrets.resolve(&variable("SET")).unwrap();
        assert_eq!(format!("{secrets:?}"), "SecretResolver { .. }");
    }
}
