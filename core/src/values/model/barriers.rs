use std::{collections::BTreeMap, fmt};

use schemars::JsonSchema;
use serde::Deserialize;

use crate::values::names::{
    HeaderName, HostAndPort, HostName, HttpUrl, JsonPointer, KubernetesTarget, RealmUrl, RequestUrl,
};
use crate::values::secret::{CaBundle, HeaderText, SecretValue};

/// A condition that `wait-for` waits for: one target, and when it counts as ready.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(try_from = "ConditionFields")]
#[schemars(with = "ConditionFields")]
pub struct Condition {
    /// What is asked, and how it has to answer.
    pub target: ConditionTarget,
    /// How many successes must follow each other; `None` leaves it to the command line.
    pub confirmations: Option<u32>,
    /// Whether the barrier waits until the target is not ready.
    pub invert: bool,
}

/// What a condition asks.
#[derive(Debug, Clone)]
pub enum ConditionTarget {
    /// An address that answers as expected.
    Http(HttpCondition),
    /// A port that takes connections.
    Tcp(HostAndPort),
    /// A name that resolves to an address.
    Dns(HostName),
    /// A realm that answers and, with credentials, gives a token.
    Keycloak(RealmUrl, Option<ConditionCredentials>),
    /// Harbor, every component healthy.
    Harbor(HttpUrl),
    /// Gitea, its database and cache healthy.
    Gitea(HttpUrl),
    /// Drone.
    Drone(HttpUrl),
    /// A Kubernetes object, or all that have certain labels.
    Kubernetes {
        /// The object or objects.
        object: KubernetesTarget,
        /// Whether one object that is ready is enough, of those that have the labels.
        any_object: bool,
        /// A key that the Secret must have.
        key: Option<String>,
        /// Whether a failed Job is waited for further, since something may run it again.
        retry_failed_job: bool,
    },
}

/// An address that has to answer as expected.
#[derive(Debug, Clone)]
pub struct HttpCondition {
    /// The address.
    pub url: RequestUrl,
    /// Answers that count as success.
    pub status: Vec<u16>,
    /// The request's method.
    pub method: HttpMethod,
    /// Headers of the request.
    pub headers: BTreeMap<HeaderName, HeaderText>,
    /// What headers of the answer have to say.
    pub answer_headers: BTreeMap<HeaderName, String>,
    /// What has to stand in the answer, by JSON Pointer.
    pub json: BTreeMap<JsonPointer, JsonScalar>,
    /// Name that the request is for, as `Host` and in TLS, wherever it is sent.
    pub host: Option<HostName>,
    /// Certificates that are trusted beside the system's.
    pub ca_bundle: Option<CaBundle>,
}

/// The method of a condition's request.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum HttpMethod {
    /// Ask for the whole answer.
    #[default]
    Get,
    /// Ask for the head of the answer alone.
    Head,
    /// Ask what may be done there.
    Options,
    /// Send a request without a body.
    Post,
}

/// A value inside a JSON answer.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum JsonScalar {
    /// `true` or `false`.
    Truth(bool),
    /// A whole number.
    Number(i64),
    /// A text.
    Text(String),
}

impl JsonScalar {
    /// Whether a JSON value of an answer is this one.
    #[must_use]
    pub fn is(&self, value: &serde_json::Value) -> bool {
        match self {
            Self::Truth(truth) => value.as_bool() == Some(*truth),
            Self::Number(number) => value.as_i64() == Some(*number),
            Self::Text(text) => value.as_str() == Some(text),
        }
    }
}

/// As in JSON: a text has its quotation marks.
impl fmt::Display for JsonScalar {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Truth(truth) => truth.fmt(formatter),
            Self::Number(number) => number.fmt(formatter),
            Self::Text(text) => write!(formatter, "{text:?}"),
        }
    }
}

/// The account for which a token has to come.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ConditionCredentials {
    /// Client of the realm.
    pub client_id: String,
    /// Secret of the client.
    pub client_secret: SecretValue,
}

/// A condition that `wait-for` waits for. Exactly one of `http`, `tcp`, `dns`, `keycloak`, `harbor`, `gitea`, `drone` and
/// `kubernetes` says what is asked.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "Condition")]
struct ConditionFields {
    /// Address that is asked.
    http: Option<RequestUrl>,
    /// Port that has to take connections, as `HOST:PORT`.
    tcp: Option<HostAndPort>,
    /// Name that has to resolve to an address.
    dns: Option<HostName>,
    /// Keycloak realm that has to answer: `https://keycloak.example.com/realms/otomi`.
    keycloak: Option<RealmUrl>,
    /// Harbor whose components all have to be healthy.
    harbor: Option<HttpUrl>,
    /// Gitea that has to be healthy.
    gitea: Option<HttpUrl>,
    /// Drone that has to answer.
    drone: Option<HttpUrl>,
    /// Kubernetes object as `KIND/NAMESPACE/NAME`, or `KIND/NAME` for what has no namespace. Kinds: `job` (complete), `deployment`,
    /// `statefulset` and `daemonset` (rolled out and available), `pod` (ready), `pvc` (bound), `service` (with an endpoint that is
    /// ready), `secret` (there), `namespace` (active), `crd` (established). `KIND/NAMESPACE?LABEL=VALUE,LABEL=VALUE` means all
    /// objects that have these labels: all of them have to be ready, and there has to be one.
    kubernetes: Option<KubernetesTarget>,
    /// With `http`: answers that count as success. Default `[200]`.
    #[schemars(length(min = 1), inner(range(min = 100, max = 599)))]
    status: Option<Vec<u16>>,
    /// With `http`: the request's method. Default `GET`.
    method: Option<HttpMethod>,
    /// With `http`: headers of the request.
    headers: Option<BTreeMap<HeaderName, HeaderText>>,
    /// With `http`: what headers of the answer have to say, such as `{content-type: application/json}`.
    answer_headers: Option<BTreeMap<HeaderName, String>>,
    /// With `http`: what has to stand in the JSON answer, by JSON Pointer, such as `{/status: healthy}`.
    json: Option<BTreeMap<JsonPointer, JsonScalar>>,
    /// With `http`: name that the request is for, as `Host` and in TLS, wherever it is sent.
    host: Option<HostName>,
    /// With `http`: certificates (PEM) that are trusted beside the system's. Default `platform.caBundle`.
    ca_bundle: Option<CaBundle>,
    /// With `keycloak`: the account for which a token has to come.
    credentials: Option<ConditionCredentials>,
    /// With `kubernetes: secret/…`: a key that the Secret must have.
    key: Option<String>,
    /// With `kubernetes: job/…`: wait on after the Job has failed, since something may make it anew. Default `false`.
    retry_failed_job: Option<bool>,
    /// With `kubernetes` and labels: one object that is ready is enough. Default `false`: all have to be.
    any_object: Option<bool>,
    /// How many successes must follow each other. Default 1.
    #[schemars(range(min = 1))]
    confirmations: Option<u32>,
    /// Wait until the target is not ready. Default `false`.
    invert: Option<bool>,
}

const ONE_TARGET: &str =
    "expected exactly one of `http`, `tcp`, `dns`, `keycloak`, `harbor`, `gitea`, `drone` and `kubernetes`";

impl ConditionFields {
    /// The keys that go with one kind of target and are set although the condition has another.
    fn stray(&self) -> Option<&'static str> {
        let http = self.http.is_some();
        let of_http = self.status.is_some()
            || self.method.is_some()
            || self.headers.is_some()
            || self.answer_headers.is_some()
            || self.json.is_some()
            || self.host.is_some()
            || self.ca_bundle.is_some();
        if of_http && !http {
            return Some(
                "`status`, `method`, `headers`, `answerHeaders`, `json`, `host` and `caBundle` go with `http` only",
            );
        }
        if self.credentials.is_some() && self.keycloak.is_none() {
            return Some("`credentials` goes with `keycloak` only");
        }
        let is_of = |kind: &str| self.kubernetes.as_ref().is_some_and(|object| object.as_str().starts_with(kind));
        if self.key.is_some() && !is_of("secret/") {
            return Some("`key` goes with `kubernetes: secret/…` only");
        }
        if self.retry_failed_job.is_some() && !is_of("job/") {
            return Some("`retryFailedJob` goes with `kubernetes: job/…` only");
        }
        let has_labels = self.kubernetes.as_ref().is_some_and(|object| object.as_str().contains('?'));
        if self.any_object.is_some() && !has_labels {
            return Some("`anyObject` goes with `kubernetes: KIND/NAMESPACE?LABEL=VALUE` only");
        }
        None
    }

    fn into_targets(self) -> Vec<ConditionTarget> {
        let http = self.http.map(|url| {
            ConditionTarget::Http(HttpCondition {
                url,
                status: self.status.unwrap_or_else(|| vec![200]),
                method: self.method.unwrap_or_default(),
                headers: self.headers.unwrap_or_default(),
                answer_headers: self.answer_headers.unwrap_or_default(),
                json: self.json.unwrap_or_default(),
                host: self.host,
                ca_bundle: self.ca_bundle,
            })
        });
        let kubernetes = self.kubernetes.map(|object| ConditionTarget::Kubernetes {
            object,
            any_object: self.any_object.unwrap_or_default(),
            key: self.key,
            retry_failed_job: self.retry_failed_job.unwrap_or_default(),
        });
        let keycloak = self.keycloak.map(|url| ConditionTarget::Keycloak(url, self.credentials));
        [
            http,
            self.tcp.map(ConditionTarget::Tcp),
            self.dns.map(ConditionTarget::Dns),
            keycloak,
            self.harbor.map(ConditionTarget::Harbor),
            self.gitea.map(ConditionTarget::Gitea),
            self.drone.map(ConditionTarget::Drone),
            kubernetes,
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

impl TryFrom<ConditionFields> for Condition {
    type Error = &'static str;

    fn try_from(fields: ConditionFields) -> Result<Self, Self::Error> {
        if let Some(problem) = fields.stray() {
            return Err(problem);
        }
        let (confirmations, invert) = (fields.confirmations, fields.invert.unwrap_or_default());
        let mut targets = fields.into_targets();
        match (targets.pop(), targets.is_empty()) {
            (Some(target), true) => Ok(Self { target, confirmations, invert }),
            _ => Err(ONE_TARGET),
        }
    }
}
