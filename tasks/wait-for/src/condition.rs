//! What the barrier waits for: targets with what counts as ready.

pub(crate) mod declared;
mod kubernetes;
mod malformed;
mod target;

use std::{collections::BTreeMap, fmt, num::NonZeroU32};

use evenkeel_core::values::model::{HttpMethod, JsonScalar};
use evenkeel_transport::reqwest::{
    Url,
    header::{HeaderName, HeaderValue},
};
use secrecy::SecretString;

pub use declared::{Expectations, of_barrier};
pub use kubernetes::{Kind, KubernetesObject, Which};
pub use malformed::MalformedTarget;
pub(crate) use malformed::shown;

/// One condition of a barrier.
#[derive(Clone, Debug)]
pub struct Condition {
    /// What is asked.
    pub target: Target,
    /// How many successes must follow each other.
    pub confirmations: NonZeroU32,
    /// Whether it is met while the target is *not* ready.
    pub invert: bool,
}

/// As people wrote it, without credentials: that is how it is called in all output.
impl fmt::Display for Condition {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let not = if self.invert { "not " } else { "" };
        write!(formatter, "{not}{}", self.target)
    }
}

/// What a condition asks, and when the answer means "ready".
#[derive(Clone, Debug)]
pub enum Target {
    /// An address that answers as expected.
    Http(Box<HttpTarget>),
    /// A port that takes connections.
    Tcp(HostAndPort),
    /// A name that resolves.
    Dns(String),
    /// A realm that answers; with an account, a token comes.
    Keycloak(Box<KeycloakTarget>),
    /// Harbor at this address, every component healthy.
    Harbor(Service),
    /// Gitea at this address, healthy.
    Gitea(Service),
    /// Drone at this address.
    Drone(Service),
    /// A Kubernetes object, or those that have certain labels.
    Kubernetes(KubernetesObject),
}

impl fmt::Display for Target {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Http(target) => formatter.write_str(&shown(target.url.as_str())),
            Self::Tcp(HostAndPort { host, port }) if host.contains(':') => write!(formatter, "tcp://[{host}]:{port}"),
            Self::Tcp(HostAndPort { host, port }) => write!(formatter, "tcp://{host}:{port}"),
            Self::Dns(name) => write!(formatter, "dns:{name}"),
            Self::Keycloak(target) => write!(formatter, "keycloak:{}", shown(target.service.url.as_str())),
            Self::Harbor(service) => write!(formatter, "harbor:{}", shown(service.url.as_str())),
            Self::Gitea(service) => write!(formatter, "gitea:{}", shown(service.url.as_str())),
            Self::Drone(service) => write!(formatter, "drone:{}", shown(service.url.as_str())),
            Self::Kubernetes(object) => write!(formatter, "kubernetes:{object}"),
        }
    }
}

/// An address and how it has to answer.
#[derive(Clone, Debug)]
pub struct HttpTarget {
    /// The address.
    pub url: Url,
    /// The request's method.
    pub method: HttpMethod,
    /// Headers of the request.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// Statuses that count as success; never empty.
    pub status: Vec<u16>,
    /// What headers of the answer have to say.
    pub answer_headers: Vec<(HeaderName, String)>,
    /// What has to stand in the JSON answer, by JSON Pointer (RFC 6901).
    pub json: BTreeMap<String, JsonScalar>,
    /// The name that the request is for, in `Host` and in TLS, wherever the address leads.
    pub host: Option<String>,
    /// Certificates (PEM) that are trusted beside the system's.
    pub ca_bundle: Option<SecretString>,
}

/// An application's address.
#[derive(Clone, Debug)]
pub struct Service {
    /// The address, as it was written.
    pub url: Url,
    /// Certificates (PEM) that are trusted beside the system's.
    pub ca_bundle: Option<SecretString>,
}

/// A realm of Keycloak, by its public address `…/realms/NAME`.
#[derive(Clone, Debug)]
pub struct KeycloakTarget {
    /// The realm's address.
    pub service: Service,
    /// The client for which a token has to come.
    pub client: Option<ClientAccount>,
}

/// A client with a service account.
#[derive(Clone, Debug)]
pub struct ClientAccount {
    /// The client's id.
    pub client_id: String,
    /// Its secret.
    pub client_secret: SecretString,
}

/// A port of a host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostAndPort {
    /// Name or address, an IPv6 address without its brackets.
    pub host: String,
    /// The port.
    pub port: u16,
}
