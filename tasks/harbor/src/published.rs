//! What a registry secret holds: the credentials of one robot, in the form that container tools read.

use std::collections::BTreeMap;

use base64::{Engine, engine::general_purpose::STANDARD};
use evenkeel_kubernetes_client::secret::{DOCKER_CONFIG, DOCKER_CONFIG_KEY, OPAQUE, SecretBytes};
use evenkeel_transport::Secret;
use ring::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};

use crate::desired::Form;

/// Where a Secret carries for which robot state its content was seen to work.
pub const VERIFIED: &str = "evenkeel.dev/verified";
/// The longest digest that is noted: enough to notice a change, too short to try guesses with.
const DIGEST_BYTES: usize = 8;

impl Form {
    /// The type of the Secret.
    #[must_use]
    pub const fn secret_type(self) -> &'static str {
        match self {
            Self::PullSecret => DOCKER_CONFIG,
            Self::ConfigFile => OPAQUE,
        }
    }

    /// The key that holds the credentials.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::PullSecret => DOCKER_CONFIG_KEY,
            Self::ConfigFile => "config.json",
        }
    }
}

/// A robot's credentials, as pods and pipelines use them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RobotCredentials {
    /// The registry's host.
    pub host: String,
    /// The robot's full name.
    pub user: String,
    /// Its secret.
    pub password: Secret,
}

#[derive(Serialize, Deserialize)]
struct Config {
    #[serde(default)]
    auths: BTreeMap<String, Entry>,
}

#[derive(Serialize, Deserialize)]
struct Entry {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    username: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    password: Option<Secret>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    auth: Option<Secret>,
}

impl RobotCredentials {
    /// The content of a Secret.
    #[must_use]
    pub fn content(&self) -> SecretBytes {
        let entry =
            Entry { username: Some(self.user.clone()), password: Some(self.password.clone()), auth: Some(self.auth()) };
        let config = Config { auths: BTreeMap::from([(self.host.clone(), entry)]) };
        // Texts in maps with texts as keys are always JSON.
        SecretBytes::from(serde_json::to_vec(&config).unwrap_or_default())
    }

    /// What the content of a Secret says: the entry of `host`, or the first one. `None` where there is no usable one.
    #[must_use]
    pub fn of_content(content: &SecretBytes, host: &str) -> Option<Self> {
        let mut config: Config = serde_json::from_slice(content.expose()).ok()?;
        let (host, entry) = match config.auths.remove(host) {
            Some(entry) => (host.to_owned(), entry),
            None => config.auths.pop_first()?,
        };
        let (user, password) = match (entry.username, entry.password) {
            (Some(user), Some(password)) => (user, password),
            _ => entry.auth.as_ref().and_then(taken_apart)?,
        };
        (!user.is_empty() && !password.is_empty()).then_some(Self { host, user, password })
    }

    /// Whether a content says the same as these credentials, in whatever order and with whatever else in it.
    #[must_use]
    pub fn means(&self, content: &SecretBytes) -> bool {
        let Ok(config) = serde_json::from_slice::<Config>(content.expose()) else { return false };
        let Some(entry) = config.auths.get(&self.host) else { return false };
        config.auths.len() == 1
            && entry.username.as_deref() == Some(self.user.as_str())
            && entry.password.as_ref() == Some(&self.password)
            && entry.auth.as_ref() == Some(&self.auth())
    }

    fn auth(&self) -> Secret {
        Secret::from(STANDARD.encode(format!("{}:{}", self.user, self.password.expose())))
    }
}

/// `user:password` in base64.
fn taken_apart(auth: &Secret) -> Option<(String, Secret)> {
    let text = String::from_utf8(STANDARD.decode(auth.expose()).ok()?).ok()?;
    let (user, password) = text.split_once(':')?;
    Some((user.to_owned(), Secret::from(password)))
}

/// What is noted once a content was seen to work: a robot's new secret shows in its `update_time` only (server-behaviour 5), a new
/// content in its digest.
#[must_use]
pub fn verified_note(robot_update_time: &str, content: &SecretBytes) -> String {
    let digest = digest(&SHA256, content.expose());
    let digits: String = digest.as_ref().iter().take(DIGEST_BYTES).map(|byte| format!("{byte:02x}")).collect();
    format!("{robot_update_time} {digits}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOST: &str = "harbor.demo.example.com";

    fn credentials() -> RobotCredentials {
        RobotCredentials {
            host: HOST.to_owned(),
            user: "otomi-team-alpha-pull".to_owned(),
            password: Secret::from("Imposed-Secret1"),
        }
    }

    fn bytes(text: &str) -> SecretBytes {
        SecretBytes::from(text.as_bytes().to_vec())
    }

    #[test]
    fn a_content_holds_what_container_tools_read() {
        let content: serde_json::Value = serde_json::from_slice(credentials().content().expose()).unwrap();
        assert_eq!(
            content,
            serde_json::json!({"auths": {HOST: {
                "username": "otomi-team-alpha-pull",
                "password": "Imposed-Secret1",
                "auth": "b3RvbWktdGVhbS1hbHBoYS1wdWxsOkltcG9zZWQtU2VjcmV0MQ==",
            }}})
        );
    }

    #[test]
    fn a_content_is_read_back_also_when_others_wrote_it() {
        assert_eq!(RobotCredentials::of_content(&credentials().content(), HOST), Some(credentials()));
        let auth_only =
            r#"{"auths":{"harbor.demo.example.com":{"auth":"b3RvbWktdGVhbS1hbHBoYS1wdWxsOkltcG9zZWQtU2VjcmV0MQ=="}}}"#;
        assert_eq!(RobotCredentials::of_content(&bytes(auth_only), HOST), Some(credentials()));
        let elsewhere = RobotCredentials::of_content(&credentials().content(), "new.example.com").unwrap();
        assert_eq!(elsewhere.host, HOST);
    }

    #[test]
    fn a_content_without_credentials_is_no_content() {
        for text in [
            "",
            "{}",
            r#"{"auths":{}}"#,
            r#"{"auths":{"a":{"username":"b"}}}"#,
            r#"{"auths":{"a":{"username":"","password":""}}}"#,
        ] {
            assert_eq!(RobotCredentials::of_content(&bytes(text), HOST), None, "{text}");
        }
    }

    #[test]
    fn a_note_changes_with_the_robot_and_with_the_content() {
        let note = verified_note("2026-01-01T00:00:00.000Z", &bytes("one"));
        assert_ne!(note, verified_note("2026-01-01T00:00:00.001Z", &bytes("one")));
        assert_ne!(note, verified_note("2026-01-01T00:00:00.000Z", &bytes("two")));
        assert!(!note.contains("one"));
    }
}
