//! The form of a contract file, read strictly: a key that is not known here is an error, not a rule that is silently skipped.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Deserializer};
use serde_json::Value;

mod request;
mod response;
mod step;

pub use request::{Claims, Request, Until, Watch};
pub use response::{BodyIs, Keep, Response};
pub use step::{Event, Exchange, Step, StepUnordered};

/// What one scenario asked a real server, and what the server answered.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contract {
    /// The file's name, such as `keycloak/tokens.json`; it heads every disagreement.
    #[serde(skip)]
    pub file: String,
    /// The application that answered, such as `keycloak`.
    pub application: String,
    /// The version that answered.
    pub version: String,
    /// What the scenario shows, for people.
    pub about: String,
    /// Variables with their values; null where the replayer brings its own.
    pub given: BTreeMap<String, Value>,
    /// Credentials by the name that requests call them by.
    pub auth: BTreeMap<String, Credential>,
    /// Keys whose lists compare as sets, at any depth.
    #[serde(default)]
    pub unordered: BTreeSet<String>,
    /// Keys that were left out of every recorded body, at any depth.
    #[serde(default)]
    pub drop: BTreeSet<String>,
    /// Settings that the recorded server was started with, by name.
    #[serde(default)]
    pub server: BTreeMap<String, String>,
    /// The steps, in order.
    #[serde(rename = "exchanges")]
    pub steps: Vec<Step>,
}

/// Why a contract file cannot be replayed.
#[derive(Debug, thiserror::Error)]
#[error("contract `{file}` cannot be read: {source}")]
pub struct ContractError {
    file: String,
    source: serde_json::Error,
}

impl Contract {
    /// Reads the text of a contract file; `file` is the name that reports give it.
    ///
    /// # Errors
    /// The text is not JSON, or has a key or a form that the replayer does not know.
    pub fn parse(file: &str, text: &str) -> Result<Self, ContractError> {
        let mut contract: Self =
            serde_json::from_str(text).map_err(|source| ContractError { file: file.to_owned(), source })?;
        file.clone_into(&mut contract.file);
        Ok(contract)
    }
}

/// How a request says who asks.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
pub enum Credential {
    /// User and password.
    Basic {
        /// User, then password; both may hold variables.
        basic: (String, String),
    },
    /// A token.
    Bearer {
        /// The token, usually a variable.
        bearer: String,
        /// The word before the token, `Bearer` unless said otherwise.
        #[serde(default = "bearer")]
        scheme: String,
    },
}

fn bearer() -> String {
    "Bearer".to_owned()
}

/// Tells a key with the value null from a key that is not there.
fn present<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    T::deserialize(deserializer).map(Some)
}
