//! The server by plain HTTP, as somebody who meddles by hand would use it.

use reqwest::{Client, Method};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use crate::{replay::plain_client, scenario::Target};

/// Why the server could not be asked.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// There was no answer.
    #[error("there was no answer to {0}: {1}")]
    NoAnswer(String, reqwest::Error),
    /// The server refused.
    #[error("{0} was answered with {1}")]
    Refused(String, u16),
    /// A list has no element of that name.
    #[error("{0} has no `{1}`")]
    Missing(String, String),
    /// No HTTP client could be made.
    #[error(transparent)]
    Client(#[from] crate::replay::ReplayError),
    /// The login gave no token.
    #[error("the login gave no token")]
    NoToken,
}

/// A server and its administrator.
pub struct Server {
    client: Client,
    target: Target,
}

impl Server {
    /// For the scenario's target.
    ///
    /// # Errors
    /// When no HTTP client can be made.
    pub fn new(target: &Target) -> Result<Self, ServerError> {
        Ok(Self { client: plain_client(None)?, target: target.clone() })
    }

    /// The JSON at a path.
    ///
    /// # Errors
    /// No answer, or a refusal.
    pub async fn get(&self, path: &str) -> Result<Value, ServerError> {
        self.send(Method::GET, path, None).await
    }

    /// Puts a body.
    ///
    /// # Errors
    /// No answer, or a refusal.
    pub async fn put(&self, path: &str, body: &Value) -> Result<Value, ServerError> {
        self.send(Method::PUT, path, Some(body)).await
    }

    /// Posts a body.
    ///
    /// # Errors
    /// No answer, or a refusal.
    pub async fn post(&self, path: &str, body: &Value) -> Result<Value, ServerError> {
        self.send(Method::POST, path, Some(body)).await
    }

    /// The id of the element of a list that has `name` under `key`.
    ///
    /// # Errors
    /// No answer, a refusal, or no such element.
    pub async fn id(&self, list: &str, key: &str, name: &str) -> Result<String, ServerError> {
        let found = self.get(list).await?;
        let element = found.as_array().into_iter().flatten().find(|element| element[key] == name);
        let id = element.and_then(|element| element["id"].as_str());
        id.map(str::to_owned).ok_or_else(|| ServerError::Missing(list.to_owned(), name.to_owned()))
    }

    /// Deletes, with a body where the API wants one.
    ///
    /// # Errors
    /// No answer, or a refusal.
    pub async fn delete(&self, path: &str, body: Option<&Value>) -> Result<Value, ServerError> {
        self.send(Method::DELETE, path, body).await
    }

    /// Each request brings a token of its own: scenarios shorten the life of tokens.
    async fn send(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Value, ServerError> {
        let what = format!("{method} {path}");
        let token = self.token().await?;
        let request = self.client.request(method, format!("{}{path}", self.target.url)).bearer_auth(exposed(&token));
        let request = match body {
            Some(body) => request.json(body),
            None => request,
        };
        let answer = request.send().await.map_err(|error| ServerError::NoAnswer(what.clone(), error.without_url()))?;
        if !answer.status().is_success() {
            return Err(ServerError::Refused(what, answer.status().as_u16()));
        }
        let text = answer.text().await.map_err(|error| ServerError::NoAnswer(what, error.without_url()))?;
        Ok(serde_json::from_str(&text).unwrap_or(Value::Null))
    }

    async fn token(&self) -> Result<SecretString, ServerError> {
        let form = [
            ("grant_type", "password"),
            ("client_id", "admin-cli"),
            ("username", self.target.administrator.as_str()),
            ("password", exposed(&self.target.password)),
        ];
        let url = format!("{}/realms/master/protocol/openid-connect/token", self.target.url);
        let no_answer = |error: reqwest::Error| ServerError::NoAnswer("the login".to_owned(), error.without_url());
        let answer: Value =
            self.client.post(url).form(&form).send().await.map_err(no_answer)?.json().await.map_err(no_answer)?;
        answer["access_token"].as_str().map(SecretString::from).ok_or(ServerError::NoToken)
    }
}

#[expect(clippy::disallowed_methods, reason = "the suite logs in by itself: it shares no code with what it judges")]
fn exposed(secret: &SecretString) -> &str {
    secret.expose_secret()
}
