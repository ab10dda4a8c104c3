//! The form of a contract file, read strictly: a key that is not known here is an error, not a rule that is silently skipped.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::ordered::OrderedJson;

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
    pub unordered: BTreeSet<String>,
    /// The steps, in order.
    pub exchanges: Vec<Exchange>,
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

/// One step: a request and the answer that was recorded.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exchange {
    /// The step's name, unique in its file for people's sake only.
    pub name: String,
    /// What is asked.
    pub request: Request,
    /// What was answered.
    pub response: Response,
    /// Variables to take from the answer: a JSON pointer into its body, or `header:Name`.
    #[serde(default)]
    pub save: BTreeMap<String, String>,
    /// Lists of this step that compare as sets, besides the file's own.
    #[serde(default)]
    pub unordered: StepUnordered,
    /// What a reader would not expect.
    #[serde(default)]
    pub note: Option<String>,
}

/// What a step says about the order of lists.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub enum StepUnordered {
    /// Whether the body itself is a list in any order.
    Body(bool),
    /// More keys whose lists come in any order.
    Keys(BTreeSet<String>),
}

impl Default for StepUnordered {
    fn default() -> Self {
        Self::Body(false)
    }
}

/// What is asked.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// The HTTP method.
    pub method: String,
    /// The path behind the base URL, percent-encoded, with variables.
    pub path: String,
    /// The name of a credential, or `none`.
    pub auth: String,
    /// A body that goes out as `application/json`.
    #[serde(default, deserialize_with = "present")]
    pub json: Option<OrderedJson>,
    /// A body that goes out as `application/x-www-form-urlencoded`.
    #[serde(default)]
    pub form: Option<BTreeMap<String, String>>,
    /// A body that goes out as it is.
    #[serde(default)]
    pub raw: Option<String>,
    /// Headers besides those of credential and body.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// How often the request is sent, with `{i}` counting from one.
    #[serde(default)]
    pub repeat: Option<usize>,
    /// Seconds to wait before the request.
    #[serde(default)]
    pub wait: Option<f64>,
}

/// What was answered.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// The headers that belong to the contract, in lower case.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// The body; an answer `null` is not the same as no body.
    #[serde(default, deserialize_with = "present")]
    pub body: Option<Value>,
    /// The only keys that were recorded of the body, or of each element of a list.
    #[serde(default)]
    pub keep: Option<BTreeSet<String>>,
    /// The length of the body or of the list at `count_at`; null where the body was null.
    #[serde(default, deserialize_with = "present")]
    pub count: Option<Option<usize>>,
    /// Where the list is that `count` counts.
    #[serde(default)]
    pub count_at: Option<String>,
}

/// Tells a key with the value null from a key that is not there.
fn present<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    T::deserialize(deserializer).map(Some)
}
