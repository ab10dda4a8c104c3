//! Puts a real Harbor back to what it was, as far as its API can: each scenario assumes a fresh server.
//!
//! Because projects are deleted with their images, [`Baseline::take`] refuses a server that has any project besides
//! `library`: it may be somebody's. Numbers go on counting, and the audit log stays.

use std::time::Duration;

use futures::future::BoxFuture;
use reqwest::{Client, Method, Response};
use secrecy::ExposeSecret;
use serde_json::{Map, Value, json};

use crate::replay::plain_client;
use crate::scenario::{self, Target};

/// The lists that scenarios add to, and what names an element in the path and in the list. What others refer to comes later.
const COLLECTIONS: [(&str, &str); 6] = [
    ("/robots", "id"),
    ("/replication/policies", "id"),
    ("/registries", "id"),
    ("/usergroups", "id"),
    ("/labels?scope=g", "id"),
    ("/users", "user_id"),
];

/// A scenario may end while the administrator's name is locked for 1.5 s (server-behaviour 1.1).
const LOCK: Duration = Duration::from_millis(1700);

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
        "the server has projects besides library ({0}), which the suite would delete; hint: give it a server of its own"
    )]
    NotFresh(String),
}

/// What the configuration was before the first scenario.
pub struct Baseline {
    client: Client,
    target: Target,
    configuration: Map<String, Value>,
}

/// What the purge of the audit log wants to be told whatever happens to its schedule, also that there is none any more (contract
/// `purge-schedule`).
fn purge_parameters() -> Value {
    json!({ "audit_retention_hour": 168, "dry_run": false, "include_event_types": "create_artifact,delete_artifact" })
}

impl Baseline {
    /// Looks at the server.
    ///
    /// # Errors
    /// [`BaselineError::NotFresh`] where it has projects besides `library`; no answer, or a refusal.
    pub async fn take(target: &Target) -> Result<Self, BaselineError> {
        let mut baseline = Self { client: plain_client(None)?, target: target.clone(), configuration: Map::new() };
        baseline.send(Method::GET, "/users/current", None).await?;
        let others = baseline.projects().await?;
        if !others.is_empty() {
            return Err(BaselineError::NotFresh(others.join(", ")));
        }
        baseline.configuration = baseline.values().await?;
        Ok(baseline)
    }

    /// Deletes what scenarios have made and puts the configuration back.
    ///
    /// # Errors
    /// No answer, or a refusal.
    pub async fn restore(&self) -> Result<(), BaselineError> {
        self.outlast_the_lock().await?;
        for policy in self.list("/replication/policies").await? {
            self.delete(&format!("/replication/policies/{}", policy["id"])).await?;
        }
        for project in self.projects().await? {
            self.empty(&project).await?;
            self.delete(&format!("/projects/{project}")).await?;
        }
        for (collection, key) in COLLECTIONS {
            let path = collection.split('?').next().unwrap_or(collection);
            for element in self.list(collection).await? {
                if element["username"] != "admin" {
                    self.delete(&format!("{path}/{}", element[key])).await?;
                }
            }
        }
        self.stop_schedules().await?;
        self.send(Method::PUT, "/system/CVEAllowlist", Some(&json!({ "items": [] }))).await?;
        self.restore_configuration().await
    }

    /// Only what runs by a schedule: a change of what has none may be refused.
    async fn stop_schedules(&self) -> Result<(), BaselineError> {
        for (job, parameters) in [("gc", json!({})), ("purgeaudit", purge_parameters())] {
            let path = format!("/system/{job}/schedule");
            // Without a schedule the body is empty.
            let there = self.send(Method::GET, &path, None).await?.bytes().await?;
            let there: Value = serde_json::from_slice(&there).unwrap_or_default();
            if there["schedule"].is_object() && there["schedule"]["type"] != "None" {
                let none = json!({ "schedule": { "type": "None" }, "parameters": parameters });
                self.send(Method::PUT, &path, Some(&none)).await?;
            }
        }
        Ok(())
    }

    /// Waits until the administrator's name is not locked any more.
    async fn outlast_the_lock(&self) -> Result<(), BaselineError> {
        if self.send(Method::GET, "/users/current", None).await.is_ok() {
            return Ok(());
        }
        tokio::time::sleep(LOCK).await;
        self.send(Method::GET, "/users/current", None).await.map(|_| ())
    }

    /// Only what differs: a PUT keeps what it does not name (server-behaviour 2).
    async fn restore_configuration(&self) -> Result<(), BaselineError> {
        let now = self.values().await?;
        let differs = |entry: &(&String, &Value)| now.get(entry.0) != Some(entry.1);
        let back: Map<String, Value> =
            self.configuration.iter().filter(differs).map(|(name, value)| (name.clone(), value.clone())).collect();
        if back.is_empty() {
            return Ok(());
        }
        self.send(Method::PUT, "/configurations", Some(&Value::Object(back))).await.map(|_| ())
    }

    async fn values(&self) -> Result<Map<String, Value>, BaselineError> {
        let shown: Value = self.send(Method::GET, "/configurations", None).await?.json().await?;
        let entries = shown.as_object().into_iter().flatten();
        Ok(entries.filter_map(|(name, entry)| Some((name.clone(), entry.get("value")?.clone()))).collect())
    }

    /// The names of all projects but the one that is always there.
    async fn projects(&self) -> Result<Vec<String>, BaselineError> {
        let projects = self.list("/projects").await?;
        let names = projects.iter().filter_map(|project| project["name"].as_str());
        Ok(names.filter(|name| *name != "library").map(str::to_owned).collect())
    }

    /// Deletes a project's repositories, without which it does not go.
    async fn empty(&self, project: &str) -> Result<(), BaselineError> {
        for repository in self.list(&format!("/projects/{project}/repositories")).await? {
            let name = repository["name"].as_str().and_then(|name| name.split_once('/')).map_or("", |(_, name)| name);
            let name = name.replace('/', "%252F");
            self.delete(&format!("/projects/{project}/repositories/{name}")).await?;
        }
        Ok(())
    }

    /// All elements of a list.
    async fn list(&self, path: &str) -> Result<Vec<Value>, BaselineError> {
        let joint = if path.contains('?') { '&' } else { '?' };
        // 0 a page is everything (contract `paging`)
        Ok(self.send(Method::GET, &format!("{path}{joint}page_size=0"), None).await?.json().await?)
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
            .request(method.clone(), format!("{url}/api/v2.0{path}"))
            .header("accept", "application/json")
            // names of digits are names
            .header("x-is-resource-name", "true")
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

impl scenario::Baseline for Baseline {
    fn restore(&self) -> BoxFuture<'_, Result<(), String>> {
        Box::pin(async move { Self::restore(self).await.map_err(|error| error.to_string()) })
    }
}
