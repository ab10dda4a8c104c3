//! Puts a real Keycloak back to what it was, so that each scenario finds a fresh server without another start.
//!
//! A scenario makes realms, and leaves clients, users, groups, roles and scopes in master. Realms other than master are
//! deleted, and in master whatever was not there at the beginning; then master's own settings are put back. Because realms are
//! deleted whole, [`Baseline::take`] refuses a server that has any realm besides master: it may be somebody's.

use std::collections::BTreeSet;

use reqwest::{Client, Method};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use crate::replay::plain_client;
use crate::scenario::Target;

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
            Self { client: plain_client()?, target: target.clone(), master: Value::Null, known: Vec::new() };
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
        let path = "/admin/realms/master";
        self.send(Method::PUT, path, Some(&self.master), &token).await?;
        Ok(())
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

/// A path segment, percent-encoded.
fn escaped(segment: &str) -> String {
    percent_encoding::utf8_percent_encode(segment, percent_encoding::NON_ALPHANUMERIC).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_element_is_addressed_without_the_query_of_its_list() {
        assert_eq!(element("users?max=-1", "a b/c"), "/admin/realms/master/users/a%20b%2Fc");
    }
}
