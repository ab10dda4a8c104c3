//! Puts a real Keycloak back to what it was, so that each scenario finds a fresh server without another start.
//!
//! A scenario makes realms, and leaves clients, users, groups, roles and scopes in master. Realms other than master are
//! deleted, and in master whatever was not there at the beginning; then master's own settings are put back. Because realms are
//! deleted whole, [`Baseline::take`] refuses a server that has any realm besides master: it may be somebody's.

use std::collections::BTreeSet;

use futures::future::BoxFuture;
use reqwest::{Client, Method};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value};

use crate::replay::plain_client;
use crate::scenario::{self, Target};

/// The lists of master that scenarios add to, and the key that addresses an element.
const COLLECTIONS: [(&str, &str); 6] = [
    ("clients", "id"),
    ("users?max=-1", "id"),
    ("groups", "id"),
    ("client-scopes", "id"),
    ("roles", "name"),
    ("identity-provider/instances?max=1000", "alias"),
];

/// Why a server was not looked at or not put back.
#[derive(Debug, thiserror::Error)]
pub enum BaselineError {
    /// No HTTP client could be made, or there was no answer.
    #[error("there was no answer: {0}")]
    NoAnswer(#[from] reqwest::Error),
    /// The client could not be made.
    #[error(transparent)]
    Client(#[from] crate::replay::ReplayError),
    /// The server refused.
    #[error("{method} {path} was answered with {status}")]
    Refused {
        /// The request's method.
        method: Method,
        /// The request's path.
        path: String,
        /// The answer's status.
        status: u16,
    },
    /// The answer was not of the form that the admin API has.
    #[error("the answer to GET {0} has another form than expected")]
    Form(String),
    /// A setting of master that could not be put back.
    #[error("master keeps other values than before in: {0}")]
    Changed(String),
    /// The server is in use.
    #[error(
        "the server has realms besides master ({0}), which the suite would delete; hint: give it a server of its own, `.ci/keycloak run`"
    )]
    NotFresh(String),
}

/// What master was like before the first scenario.
pub struct Baseline {
    client: Client,
    target: Target,
    master: Value,
    known: Vec<BTreeSet<String>>,
}

impl Baseline {
    /// Looks at the server.
    ///
    /// # Errors
    /// [`BaselineError::NotFresh`] where it has realms besides master; no answer, or a refusal.
    pub async fn take(target: &Target) -> Result<Self, BaselineError> {
        let mut baseline =
            Self { client: plain_client(None)?, target: target.clone(), master: Value::Null, known: Vec::new() };
        let token = baseline.log_in().await?;
        let others = baseline.realms_besides_master(&token).await?;
        if !others.is_empty() {
            return Err(BaselineError::NotFresh(others.join(", ")));
        }
        baseline.master = baseline.get("", &token).await?;
        for (list, key) in COLLECTIONS {
            let known = baseline.keys(list, key, &token).await?;
            baseline.known.push(known.into_iter().collect());
        }
        Ok(baseline)
    }

    /// Deletes what scenarios have made and puts master's settings back.
    ///
    /// # Errors
    /// No answer, or a refusal.
    pub async fn restore(&self) -> Result<(), BaselineError> {
        self.restore_settings().await?;
        let token = self.log_in().await?;
        for realm in self.realms_besides_master(&token).await? {
            let path = format!("/admin/realms/{}", escaped(&realm));
            self.send(Method::DELETE, &path, None, &token).await?;
        }
        for ((list, key), known) in COLLECTIONS.iter().zip(&self.known) {
            for found in self.keys(list, key, &token).await? {
                if !known.contains(&found) {
                    let path = element(list, &found);
                    self.send(Method::DELETE, &path, None, &token).await?;
                }
            }
        }
        Ok(())
    }

    /// Puts back only what differs: a PUT keeps what it does not name (server-behaviour 2.4), so nothing else can
    /// come along. It comes first, and each request has a token of its own: a scenario may have left tokens that live a second, which
    /// a busy machine needs for one request.
    async fn restore_settings(&self) -> Result<(), BaselineError> {
        let repair = repair(&self.master, &self.get("", &self.log_in().await?).await?);
        if repair.is_empty() {
            return Ok(());
        }
        let path = "/admin/realms/master";
        self.send(Method::PUT, path, Some(&Value::Object(repair)), &self.log_in().await?).await?;
        let left = repair_keys(&self.master, &self.get("", &self.log_in().await?).await?);
        if left.is_empty() { Ok(()) } else { Err(BaselineError::Changed(left)) }
    }

    #[expect(clippy::disallowed_methods, reason = "the suite logs in itself: it does not use the session under test")]
    async fn log_in(&self) -> Result<SecretString, BaselineError> {
        let path = "/realms/master/protocol/openid-connect/token";
        let form = [
            ("grant_type", "password"),
            ("client_id", "admin-cli"),
            ("username", &self.target.administrator),
            ("password", self.target.password.expose_secret()),
        ];
        let response = self.client.post(format!("{}{path}", self.target.url)).form(&form).send().await?;
        if !response.status().is_success() {
            return Err(refused(&Method::POST, path, response.status()));
        }
        let body: Value = response.json().await?;
        body.get("access_token")
            .and_then(Value::as_str)
            .map(SecretString::from)
            .ok_or_else(|| BaselineError::Form(path.to_owned()))
    }

    async fn realms_besides_master(&self, token: &SecretString) -> Result<Vec<String>, BaselineError> {
        let path = "/admin/realms?briefRepresentation=true";
        let realms = self.send(Method::GET, path, None, token).await?;
        let mut names = strings(&realms, "realm", path)?;
        names.retain(|name| name != "master");
        Ok(names)
    }

    async fn keys(&self, list: &str, key: &str, token: &SecretString) -> Result<Vec<String>, BaselineError> {
        strings(&self.get(&format!("/{list}"), token).await?, key, list)
    }

    async fn get(&self, below_master: &str, token: &SecretString) -> Result<Value, BaselineError> {
        let path = format!("/admin/realms/master{below_master}");
        self.send(Method::GET, &path, None, token).await
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "the suite speaks the admin API itself: it does not use the session under test"
    )]
    async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
        token: &SecretString,
    ) -> Result<Value, BaselineError> {
        let mut request = self
            .client
            .request(method.clone(), format!("{}{path}", self.target.url))
            .bearer_auth(token.expose_secret());
        if let Some(body) = body {
            request = request.json(body);
        }
        let response = request.send().await?;
        if !response.status().is_success() {
            return Err(refused(&method, path, response.status()));
        }
        let bytes = response.bytes().await?;
        if bytes.is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_slice(&bytes).map_err(|_| BaselineError::Form(path.to_owned()))
    }
}

impl scenario::Baseline for Baseline {
    fn restore(&self) -> BoxFuture<'_, Result<(), String>> {
        Box::pin(async move { Self::restore(self).await.map_err(|error| error.to_string()) })
    }
}

fn refused(method: &Method, path: &str, status: http::StatusCode) -> BaselineError {
    BaselineError::Refused { method: method.clone(), path: path.to_owned(), status: status.as_u16() }
}

fn strings(list: &Value, key: &str, path: &str) -> Result<Vec<String>, BaselineError> {
    list.as_array()
        .and_then(|items| items.iter().map(|item| Some(item.get(key)?.as_str()?.to_owned())).collect())
        .ok_or_else(|| BaselineError::Form(path.to_owned()))
}

/// The path of one element of a list of master.
fn element(list: &str, key: &str) -> String {
    let collection = list.split('?').next().unwrap_or(list);
    format!("/admin/realms/master/{collection}/{}", escaped(key))
}

/// The settings that turn `now` into `before`. A text that was not there before is emptied, which comes to the same.
fn repair(before: &Value, now: &Value) -> Map<String, Value> {
    let absent = Value::from("");
    let entries = |value: &Value| value.as_object().cloned().unwrap_or_default();
    let (before, now) = (entries(before), entries(now));
    let keys: BTreeSet<&String> = before.keys().chain(now.keys()).collect();
    keys.into_iter()
        .filter_map(|key| {
            let was = before.get(key).unwrap_or(&absent);
            let is = now.get(key).unwrap_or(&absent);
            let same = was == is || (key == "attributes" && holds(is, was));
            (!same).then(|| (key.clone(), was.clone()))
        })
        .collect()
}

/// Whether `all` has every entry of `some`. The first PUT of a realm makes attributes out of defaults, for good.
fn holds(all: &Value, some: &Value) -> bool {
    some.as_object().is_some_and(|some| some.iter().all(|(key, value)| all.get(key) == Some(value)))
}

fn repair_keys(before: &Value, now: &Value) -> String {
    repair(before, now).keys().cloned().collect::<Vec<_>>().join(", ")
}

/// What a path segment must not hold as it is. Keycloak 26.7 refuses a path that encodes more than it must
/// (400 `missingNormalization`), so the unreserved characters stay.
const ENCODED: &percent_encoding::AsciiSet =
    &percent_encoding::NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A path segment, percent-encoded.
fn escaped(segment: &str) -> String {
    percent_encoding::utf8_percent_encode(segment, ENCODED).to_string()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_element_is_addressed_without_the_query_of_its_list() {
        assert_eq!(element("users?max=-1", "a b/c"), "/admin/realms/master/users/a%20b%2Fc");
    }

    #[test]
    fn only_settings_that_differ_are_put_back() {
        let before = json!({"same": 1, "gone": 1, "other": 1, "empty": ""});
        let now = json!({"same": 1, "came": "x", "other": 2});
        assert_eq!(Value::Object(repair(&before, &now)), json!({"came": "", "gone": 1, "other": 1}));
        assert!(repair(&before, &before).is_empty());
        let defaults_written_down = json!({"attributes": {"a": "1", "cibaInterval": "5"}});
        assert!(repair(&json!({"attributes": {"a": "1"}}), &defaults_written_down).is_empty());
        assert_eq!(repair(&json!({"attributes": {"b": "1"}}), &defaults_written_down).len(), 1);
    }
}
