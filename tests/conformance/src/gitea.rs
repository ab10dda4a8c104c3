//! Puts a real Gitea or Forgejo back to what it was, as far as its API can: each scenario assumes a fresh server.
//!
//! Because organisations and users are deleted with all that is theirs, [`Baseline::take`] refuses a server that has any besides the
//! administrator: it may be somebody's. Numbers go on counting.

use futures::future::BoxFuture;
use reqwest::{Client, Method, Response};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

use crate::replay::plain_client;
use crate::scenario::{self, Target};

/// The access token that the suite works with.
const TOKEN: &str = "evenkeel-conformance";

/// Why a server was not looked at or not put back.
#[derive(Debug, thiserror::Error)]
pub enum BaselineError {
    /// There was no answer.
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
    /// The server is in use.
    #[error(
        "the server has more than its administrator ({0}), which the suite would delete; hint: give it a server of its own"
    )]
    NotFresh(String),
}

/// A server that knows nothing but its administrator.
pub struct Baseline {
    client: Client,
    target: Target,
    token: SecretString,
}

impl Baseline {
    /// Looks at the server, and makes the access token that the contracts are given.
    ///
    /// # Errors
    /// [`BaselineError::NotFresh`] where it has organisations or other users; no answer, or a refusal.
    pub async fn take(target: &Target) -> Result<Self, BaselineError> {
        let mut baseline = Self { client: plain_client(None)?, target: target.clone(), token: SecretString::default() };
        let found = [baseline.organisations().await?, baseline.others().await?].concat();
        if !found.is_empty() {
            return Err(BaselineError::NotFresh(found.join(", ")));
        }
        let tokens = format!("/users/{}/tokens", target.administrator);
        // one that a suite left which did not end
        let _ = baseline.delete(&format!("{tokens}/{TOKEN}")).await;
        let body = json!({ "name": TOKEN, "scopes": ["all"] });
        let made: Value = baseline.send(Method::POST, &tokens, Some(&body)).await?.json().await?;
        baseline.token = made["sha1"].as_str().unwrap_or_default().into();
        Ok(baseline)
    }

    /// The access token.
    #[must_use]
    pub fn token(&self) -> SecretString {
        self.token.clone()
    }

    /// Deletes what scenarios have made.
    ///
    /// # Errors
    /// No answer, or a refusal.
    pub async fn restore(&self) -> Result<(), BaselineError> {
        for repository in self.list("/repos/search").await? {
            let name = repository["full_name"].as_str().unwrap_or_default();
            self.delete(&format!("/repos/{name}")).await?;
        }
        for name in self.organisations().await? {
            self.delete(&format!("/orgs/{name}")).await?;
        }
        for name in self.others().await? {
            self.delete(&format!("/admin/users/{name}?purge=true")).await?;
        }
        for application in self.list("/user/applications/oauth2").await? {
            self.delete(&format!("/user/applications/oauth2/{}", application["id"])).await?;
        }
        let tokens = format!("/users/{}/tokens", self.target.administrator);
        for token in self.list(&tokens).await? {
            if token["name"] != TOKEN {
                self.delete(&format!("{tokens}/{}", token["id"])).await?;
            }
        }
        Ok(())
    }

    async fn organisations(&self) -> Result<Vec<String>, BaselineError> {
        Ok(names(&self.list("/admin/orgs").await?, "username"))
    }

    /// The users but the administrator.
    async fn others(&self) -> Result<Vec<String>, BaselineError> {
        let mut users = names(&self.list("/admin/users").await?, "login");
        users.retain(|name| *name != self.target.administrator);
        Ok(users)
    }

    /// All elements of a list. Whatever is listed is deleted by the caller, or was there before.
    async fn list(&self, path: &str) -> Result<Vec<Value>, BaselineError> {
        let mut all = Vec::new();
        for page in 1.. {
            let answer = self.send(Method::GET, &format!("{path}?page={page}&limit=50"), None).await?;
            let body: Value = answer.json().await?;
            let rows = body.as_array().or_else(|| body["data"].as_array()).cloned().unwrap_or_default();
            if rows.is_empty() {
                break;
            }
            all.extend(rows);
        }
        Ok(all)
    }

    async fn delete(&self, path: &str) -> Result<(), BaselineError> {
        self.send(Method::DELETE, path, None).await.map(|_| ())
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "the suite speaks the API itself: it does not use the session under test"
    )]
    async fn send(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Response, BaselineError> {
        let Target { url, administrator, password, .. } = &self.target;
        let mut request = self
            .client
            .request(method.clone(), format!("{url}/api/v1{path}"))
            .basic_auth(administrator, Some(password.expose_secret()));
        if let Some(body) = body {
            request = request.json(body);
        }
        let response = request.send().await?;
        if response.status().is_success() {
            return Ok(response);
        }
        Err(BaselineError::Refused { method, path: path.to_owned(), status: response.status().as_u16() })
    }
}

fn names(rows: &[Value], key: &str) -> Vec<String> {
    rows.iter().filter_map(|row| row[key].as_str()).map(str::to_owned).collect()
}

impl scenario::Baseline for Baseline {
    fn restore(&self) -> BoxFuture<'_, Result<(), String>> {
        Box::pin(async move { Self::restore(self).await.map_err(|error| error.to_string()) })
    }
}
