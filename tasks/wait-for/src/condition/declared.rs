//! Conditions from what people wrote: the command line's targets with its options, or a named barrier of the values.

use std::{collections::BTreeMap, num::NonZeroU32};

use evenkeel_core::{
    reading::Reading,
    values::{self as names, Document, Problems, SecretValue, Values, model},
};
use evenkeel_engine::secrets::{SecretError, SecretResolver};
use evenkeel_transport::{
    Secret,
    mask::looks_secret,
    reqwest::header::{HeaderName, HeaderValue},
};
use secrecy::SecretString;

use super::{
    ClientAccount, Condition, HttpTarget, KeycloakTarget, KubernetesObject, Service, Target,
    malformed::MalformedTarget,
    target::{Written, host_and_port, host_name, realm_url, request_url, service_url},
};
use crate::Error;

/// What the command line says about all of its targets.
#[derive(Clone, Debug)]
pub struct Expectations {
    /// For `http` targets: how they are asked.
    pub method: model::HttpMethod,
    /// Headers of their requests.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// Statuses that count as success; never empty.
    pub status: Vec<u16>,
    /// What headers of their answers have to say.
    pub answer_headers: Vec<(HeaderName, String)>,
    /// What has to stand in their JSON answers.
    pub json: BTreeMap<String, model::JsonScalar>,
    /// The name that their requests are for.
    pub host: Option<String>,
    /// Certificates that are trusted beside the system's.
    pub ca_bundle: Option<SecretString>,
    /// For `keycloak` targets: the client for which a token has to come.
    pub client: Option<ClientAccount>,
    /// For Kubernetes objects that labels select: one that is ready is enough.
    pub any_object: bool,
    /// For Jobs: wait on after a failure.
    pub retry_failed_jobs: bool,
    /// How many successes must follow each other.
    pub confirmations: NonZeroU32,
    /// Whether the barrier waits until targets are not ready.
    pub invert: bool,
}

impl Expectations {
    /// The condition of one target.
    ///
    /// # Errors
    ///
    /// When the text names nothing to wait for.
    pub fn condition(&self, text: &str) -> Result<Condition, MalformedTarget> {
        let service = |url| Service { url, ca_bundle: self.ca_bundle.clone() };
        let target = match Written::parse(text)? {
            Written::Http(url) => Target::Http(Box::new(self.http(url))),
            Written::Tcp(port) => Target::Tcp(port),
            Written::Dns(name) => Target::Dns(name),
            Written::Keycloak(url) => {
                Target::Keycloak(Box::new(KeycloakTarget { service: service(url), client: self.client.clone() }))
            }
            Written::Harbor(url) => Target::Harbor(service(url)),
            Written::Gitea(url) => Target::Gitea(service(url)),
            Written::Drone(url) => Target::Drone(service(url)),
            Written::Kubernetes(object) => {
                let object = object.with_any(self.any_object);
                Target::Kubernetes(KubernetesObject { retry_failed_job: self.retry_failed_jobs, ..object })
            }
        };
        Ok(Condition { target, confirmations: self.confirmations, invert: self.invert })
    }

    fn http(&self, url: evenkeel_transport::reqwest::Url) -> HttpTarget {
        HttpTarget {
            url,
            method: self.method,
            headers: self.headers.clone(),
            status: self.status.clone(),
            answer_headers: self.answer_headers.clone(),
            json: self.json.clone(),
            host: self.host.clone(),
            ca_bundle: self.ca_bundle.clone(),
        }
    }
}

/// The conditions of a named barrier.
///
/// # Errors
///
/// When the values have no such barrier, a secret of it is not there, or a target names nothing.
pub fn of_barrier(
    values: &Values,
    name: &str,
    secrets: &SecretResolver,
    confirmations: NonZeroU32,
) -> Result<Vec<Condition>, Error> {
    let Some(declared) = values.barriers.get(name) else {
        return Err(Error::NoBarrier { name: name.to_owned(), known: values.barriers.keys().cloned().collect() });
    };
    let targets = Targets { values, secrets };
    let mut conditions = Vec::with_capacity(declared.len());
    for condition in declared {
        conditions.push(Condition {
            target: targets.target(&condition.target).map_err(|problem| problem.in_barrier(name))?,
            confirmations: condition.confirmations.and_then(NonZeroU32::new).unwrap_or(confirmations),
            invert: condition.invert,
        });
    }
    Ok(conditions)
}

/// What is wrong with the barriers of values, secrets aside: each of their conditions names something to wait for.
#[must_use]
pub fn judge(values: &Values, document: &Document, secrets: &SecretResolver) -> Problems {
    let reading = Reading::new(values, document, secrets, "barriers");
    let targets = Targets { values, secrets };
    for (name, conditions) in &values.barriers {
        for (index, condition) in conditions.iter().enumerate() {
            let Err(unusable) = targets.target(&condition.target) else { continue };
            let failure = unusable.in_barrier(name).failure();
            let problem = reading.problem(&reading.path(&[name]).index(index), &failure.message);
            reading.report(match failure.hint {
                Some(hint) => problem.with_hint(hint),
                None => problem,
            });
        }
    }
    reading.finish(()).err().unwrap_or_default()
}

/// Why a declared condition cannot be used.
enum Unusable {
    /// A target names nothing; in the message the barrier's name is missing.
    Target(MalformedTarget),
    /// Something else, told as it is.
    Other(Error),
}

impl Unusable {
    fn in_barrier(self, name: &str) -> Error {
        match self {
            Self::Target(source) => Error::Barrier { name: name.to_owned(), source },
            Self::Other(error) => error,
        }
    }
}

impl<E: Into<Error>> From<E> for Unusable {
    fn from(error: E) -> Self {
        match error.into() {
            Error::Target(malformed) => Self::Target(malformed),
            error => Self::Other(error),
        }
    }
}

/// What the targets of conditions are made of.
struct Targets<'a> {
    values: &'a Values,
    secrets: &'a SecretResolver,
}

impl Targets<'_> {
    fn target(&self, declared: &model::ConditionTarget) -> Result<Target, Unusable> {
        Ok(match declared {
            model::ConditionTarget::Http(http) => Target::Http(Box::new(self.http(http)?)),
            model::ConditionTarget::Tcp(port) => Target::Tcp(host_and_port(port.as_str())?),
            model::ConditionTarget::Dns(name) => Target::Dns(name.to_string()),
            model::ConditionTarget::Keycloak(url, account) => Target::Keycloak(Box::new(KeycloakTarget {
                service: Service { url: realm_url(url.as_str())?, ca_bundle: self.ca_bundle(None)? },
                client: account.as_ref().map(|account| self.account(account)).transpose()?,
            })),
            model::ConditionTarget::Harbor(url) => Target::Harbor(self.service(url.as_str())?),
            model::ConditionTarget::Gitea(url) => Target::Gitea(self.service(url.as_str())?),
            model::ConditionTarget::Drone(url) => Target::Drone(self.service(url.as_str())?),
            model::ConditionTarget::Kubernetes { object, any_object, key, retry_failed_job } => {
                let written = key.as_ref().map_or_else(|| object.to_string(), |key| format!("{object}:{key}"));
                let object = written.parse::<KubernetesObject>()?.with_any(*any_object);
                Target::Kubernetes(KubernetesObject { retry_failed_job: *retry_failed_job, ..object })
            }
        })
    }

    fn http(&self, declared: &model::HttpCondition) -> Result<HttpTarget, Unusable> {
        let mut headers = Vec::with_capacity(declared.headers.len());
        for (name, text) in &declared.headers {
            headers
                .push((header_name(name)?, secret_header(name.as_str(), self.header_text(name.as_str(), &text.0)?)?));
        }
        let mut answer_headers = Vec::with_capacity(declared.answer_headers.len());
        for (name, text) in &declared.answer_headers {
            answer_headers.push((header_name(name)?, text.clone()));
        }
        Ok(HttpTarget {
            url: request_url(declared.url.as_str())?,
            method: declared.method,
            headers,
            status: declared.status.clone(),
            answer_headers,
            json: declared.json.iter().map(|(pointer, wanted)| (pointer.to_string(), wanted.clone())).collect(),
            host: declared.host.as_ref().map(ToString::to_string),
            ca_bundle: self.ca_bundle(declared.ca_bundle.as_ref().map(|bundle| &bundle.0))?,
        })
    }

    /// What a header says. One that stands in the values and is called like no secret is none, such as `Accept`.
    fn header_text(&self, name: &str, text: &SecretValue) -> Result<SecretString, SecretError> {
        match text {
            SecretValue::Plain(text) if !looks_secret(name) => Ok(text.clone()),
            secret => {
                let text = Secret::from(self.secrets.resolve(secret)?);
                self.secrets.mask().learn_credential(text.expose());
                Ok(text.into_inner())
            }
        }
    }

    fn service(&self, url: &str) -> Result<Service, Unusable> {
        Ok(Service { url: service_url(url)?, ca_bundle: self.ca_bundle(None)? })
    }

    /// A condition's own certificates, or those of the platform.
    fn ca_bundle(&self, own: Option<&SecretValue>) -> Result<Option<SecretString>, SecretError> {
        let of_platform = self.values.platform.ca_bundle.as_ref().map(|bundle| &bundle.0);
        own.or(of_platform).map(|bundle| self.secrets.resolve(bundle)).transpose()
    }

    fn account(&self, declared: &model::ConditionCredentials) -> Result<ClientAccount, SecretError> {
        let client_secret = self.secrets.resolve(&declared.client_secret)?;
        Ok(ClientAccount { client_id: declared.client_id.clone(), client_secret })
    }
}

/// What a header says, which was kept somewhere else.
pub(crate) fn secret_header(name: &str, text: SecretString) -> Result<HeaderValue, Error> {
    sensitive(Secret::from(text).expose()).ok_or_else(|| Error::Header { name: name.to_owned() })
}

/// What a header says, marked as a secret; `None` where it is not one line.
pub(crate) fn sensitive(text: &str) -> Option<HeaderValue> {
    let mut value: HeaderValue = text.parse().ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// A header's name, in small letters. The values hold none that HTTP does not take.
fn header_name(name: &names::HeaderName) -> Result<HeaderName, Error> {
    name.as_str().parse().map_err(|_| Error::Header { name: name.to_string() })
}

/// The name that a request is for.
pub(crate) fn host(name: &str) -> Result<String, MalformedTarget> {
    host_name(name)
}
