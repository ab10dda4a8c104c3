//! One question to one target, and what its answer means.
//!
//! | answer | verdict |
//! |---|---|
//! | as expected | ready |
//! | no connection, no such name, no answer in time, a certificate that is not trusted (yet) | not yet |
//! | 401 and 403, unless they are expected | refused: a login does not change by waiting |
//! | every other status, or not what has to stand in the answer | not yet |

mod application;
mod http;
mod keycloak;
mod kubernetes;
mod network;

use std::time::Duration;

use evenkeel_transport::Mask;

pub use kubernetes::SharedCluster;

use crate::{
    Error,
    barrier::{self, Verdict},
    condition::Target,
};

/// How targets are asked.
#[derive(Clone, Debug)]
pub struct Manner {
    /// How long one question may take.
    pub limit: Duration,
    /// What is taken out of every answer.
    pub mask: Mask,
}

/// A target that can be asked.
#[derive(Debug)]
pub enum Probe {
    /// An address.
    Http(http::HttpProbe),
    /// A port.
    Tcp(network::TcpProbe),
    /// A name.
    Dns(network::DnsProbe),
    /// A realm.
    Keycloak(keycloak::KeycloakProbe),
    /// Another application.
    Application(application::ApplicationProbe),
    /// A Kubernetes object.
    Kubernetes(kubernetes::KubernetesProbe),
}

impl Probe {
    /// Prepares to ask; sends nothing. Kubernetes objects are those of `cluster`.
    ///
    /// # Errors
    ///
    /// When the certificates to trust cannot be used.
    pub fn new(target: &Target, manner: &Manner, cluster: &SharedCluster) -> Result<Self, Error> {
        let limit = manner.limit;
        Ok(match target {
            Target::Http(target) => Self::Http(http::HttpProbe::new(target, manner)?),
            Target::Tcp(port) => Self::Tcp(network::TcpProbe::new(port, limit)),
            Target::Dns(name) => Self::Dns(network::DnsProbe::new(name, limit)),
            Target::Keycloak(target) => Self::Keycloak(keycloak::KeycloakProbe::new(target, manner)?),
            Target::Harbor(service) => Self::Application(application::ApplicationProbe::harbor(service, manner)?),
            Target::Gitea(service) => Self::Application(application::ApplicationProbe::gitea(service, manner)?),
            Target::Drone(service) => Self::Application(application::ApplicationProbe::drone(service, manner)?),
            Target::Kubernetes(object) => Self::Kubernetes(kubernetes::KubernetesProbe::new(object, cluster.clone())),
        })
    }
}

impl barrier::Probe for Probe {
    async fn ask(&mut self) -> Verdict {
        match self {
            Self::Http(probe) => probe.ask().await,
            Self::Tcp(probe) => probe.ask().await,
            Self::Dns(probe) => probe.ask().await,
            Self::Keycloak(probe) => probe.ask().await,
            Self::Application(probe) => probe.ask().await,
            Self::Kubernetes(probe) => probe.ask().await,
        }
    }

    fn is_watched(&self) -> bool {
        matches!(self, Self::Kubernetes(probe) if probe.is_watching())
    }
}
