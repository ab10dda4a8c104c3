//! Puts a real Kubernetes back to what it was between scenarios, and reads how it is reached from a kubeconfig.
//!
//! Scenarios work in namespaces of their own, whose names are known: these are deleted, and nothing else. A cluster that has
//! one of them already is refused, since it may be somebody's.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures::future::BoxFuture;
use reqwest::{Client, Method, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use crate::replay::plain_client;
use crate::scenario::{self, Target};

/// The namespaces that scenarios make.
const NAMESPACES: [&str; 4] = ["team-alpha", "team-beta", "team-gamma", "team-jobs"];
/// What scenarios leave in namespaces that stay.
const LEFT: [&str; 1] = ["/apis/events.k8s.io/v1/namespaces/default/events/evenkeel.3"];
/// How often, and for how long, a namespace is looked at that is going.
const EVERY: Duration = Duration::from_millis(500);
const LOOKS: usize = 240;
/// The contracts that need a node with the recordings' images.
const ON_A_NODE: [&str; 4] = [
    "kubernetes/cronjobs.json",
    "kubernetes/deployments.json",
    "kubernetes/jobs-policies.json",
    "kubernetes/jobs.json",
];

/// Whether a contract needs a node that has `localhost/hello:1` and `localhost/pause:3`.
#[must_use]
pub fn needs_a_node(file: &str) -> bool {
    ON_A_NODE.contains(&file)
}

/// Why a cluster was not looked at or not put back.
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
    /// The cluster is in use.
    #[error(
        "the cluster has the namespace {0}, which the suite would delete; hint: give it a cluster that nobody uses"
    )]
    NotFresh(String),
    /// Something keeps a namespace.
    #[error("the namespace {0} does not go; hint: look for finalizers of what is in it")]
    Stays(String),
}

/// A cluster without the namespaces of the scenarios.
pub struct Baseline {
    client: Client,
    target: Target,
}

impl Baseline {
    /// Looks at the cluster.
    ///
    /// # Errors
    /// [`BaselineError::NotFresh`] where it has one of the scenarios' namespaces; no answer, or a refusal.
    pub async fn take(target: &Target) -> Result<Self, BaselineError> {
        let baseline = Self { client: plain_client(target.ca.as_deref())?, target: target.clone() };
        for namespace in NAMESPACES {
            if baseline.send(Method::GET, &path(namespace)).await? != StatusCode::NOT_FOUND {
                return Err(BaselineError::NotFresh(namespace.to_owned()));
            }
        }
        Ok(baseline)
    }

    /// Deletes the scenarios' namespaces and waits until they are gone.
    ///
    /// # Errors
    /// No answer, a refusal, or a namespace that stays.
    pub async fn restore(&self) -> Result<(), BaselineError> {
        for path in NAMESPACES.map(path).iter().map(String::as_str).chain(LEFT) {
            self.send(Method::DELETE, path).await?;
        }
        for namespace in NAMESPACES {
            self.outlast(namespace).await?;
        }
        Ok(())
    }

    async fn outlast(&self, namespace: &str) -> Result<(), BaselineError> {
        for _ in 0..LOOKS {
            if self.send(Method::GET, &path(namespace)).await? == StatusCode::NOT_FOUND {
                return Ok(());
            }
            tokio::time::sleep(EVERY).await;
        }
        Err(BaselineError::Stays(namespace.to_owned()))
    }

    #[expect(clippy::disallowed_methods, reason = "the suite is a second witness and logs in by itself")]
    async fn send(&self, method: Method, path: &str) -> Result<StatusCode, BaselineError> {
        let url = format!("{}{path}", self.target.url);
        let token = self.target.password.expose_secret();
        let status = self.client.request(method.clone(), url).bearer_auth(token).send().await?.status();
        match status {
            StatusCode::NOT_FOUND | StatusCode::CONFLICT => Ok(status),
            status if status.is_success() => Ok(status),
            status => Err(BaselineError::Refused { method, path: path.to_owned(), status: status.as_u16() }),
        }
    }
}

impl scenario::Baseline for Baseline {
    fn restore(&self) -> BoxFuture<'_, Result<(), String>> {
        Box::pin(async move { Self::restore(self).await.map_err(|error| error.to_string()) })
    }
}

fn path(namespace: &str) -> String {
    format!("/api/v1/namespaces/{namespace}")
}

/// How a cluster is reached.
#[derive(Debug)]
pub struct Access {
    /// The server's URL.
    pub url: String,
    /// The token of a cluster administrator.
    pub token: SecretString,
    /// The certificates that vouch for the server, in PEM.
    pub ca: Option<String>,
}

/// Why a kubeconfig tells no way to a cluster.
#[derive(Debug, thiserror::Error)]
pub enum KubeconfigError {
    /// It is no YAML.
    #[error("the kubeconfig cannot be read")]
    Form,
    /// A part that it refers to is not there.
    #[error("the kubeconfig has no {0}")]
    Missing(&'static str),
    /// The suite logs in by token only: contracts say who asks by tokens.
    #[error("the kubeconfig's user has no token; hint: give --url, --ca and a token of the group system:masters")]
    NoToken,
    /// A certificate that is no base64.
    #[error("the kubeconfig's certificate-authority-data is no base64")]
    Certificate,
}

/// Reads server, token and certificate from a kubeconfig, in the present context or in that one.
///
/// # Errors
/// It is no kubeconfig, or its user logs in without a token.
pub fn access(kubeconfig: &str, context: Option<&str>) -> Result<Access, KubeconfigError> {
    let config: Value = serde_saphyr::from_str(kubeconfig).map_err(|_| KubeconfigError::Form)?;
    let current = context.or_else(|| config["current-context"].as_str()).ok_or(KubeconfigError::Missing("context"))?;
    let context = &named(&config, "contexts", current).ok_or(KubeconfigError::Missing("such context"))?["context"];
    let part = |list: &'static str, key: &'static str| {
        let name = context[key].as_str().unwrap_or_default();
        named(&config, list, name).map(|found| found[key].clone()).ok_or(KubeconfigError::Missing(key))
    };
    let cluster = part("clusters", "cluster")?;
    let user = part("users", "user")?;
    let ca = match cluster["certificate-authority-data"].as_str() {
        None => None,
        Some(data) => {
            let bytes = STANDARD.decode(data).map_err(|_| KubeconfigError::Certificate)?;
            Some(String::from_utf8(bytes).map_err(|_| KubeconfigError::Certificate)?)
        }
    };
    Ok(Access {
        url: cluster["server"].as_str().ok_or(KubeconfigError::Missing("server"))?.to_owned(),
        token: user["token"].as_str().ok_or(KubeconfigError::NoToken)?.into(),
        ca,
    })
}

fn named<'a>(config: &'a Value, list: &str, name: &str) -> Option<&'a Value> {
    config[list].as_array()?.iter().find(|entry| entry["name"] == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONFIG: &str = "
current-context: one
contexts:
- {name: one, context: {cluster: c, user: u}}
- {name: two, context: {cluster: c, user: certified}}
clusters:
- {name: c, cluster: {server: 'https://127.0.0.1:6443', certificate-authority-data: UEVN}}
users:
- {name: u, user: {token: secret}}
- {name: certified, user: {client-certificate-data: x}}
";

    #[test]
    fn a_kubeconfig_says_where_and_by_which_token() {
        let access = access(CONFIG, None).expect("a way to the cluster");
        assert_eq!((access.url.as_str(), access.ca.as_deref()), ("https://127.0.0.1:6443", Some("PEM")));
    }

    #[test]
    fn a_user_without_a_token_and_a_missing_context_are_told() {
        assert!(matches!(access(CONFIG, Some("two")), Err(KubeconfigError::NoToken)));
        assert!(matches!(access(CONFIG, Some("three")), Err(KubeconfigError::Missing(_))));
    }
}
