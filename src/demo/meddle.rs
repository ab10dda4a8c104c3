//! What people do on a Friday afternoon, through the applications' own APIs.

mod harbor;
mod keycloak;

use evenkeel_harbor_client::HarborError;
use evenkeel_keycloak_client::KeycloakError;
use evenkeel_kubernetes_client::KubernetesError;
use evenkeel_transport::ApiError;

use super::{example::Example, servers::Servers};

/// Why nobody could meddle.
#[derive(Debug, thiserror::Error)]
pub(super) enum MeddleError {
    #[error(transparent)]
    Keycloak(#[from] KeycloakError),
    #[error(transparent)]
    Harbor(#[from] HarborError),
    #[error(transparent)]
    Cluster(#[from] KubernetesError),
    #[error(transparent)]
    Call(#[from] ApiError),
    #[error("{0} is not there")]
    Missing(&'static str),
}

/// Changes things by hand, and says what.
pub(super) async fn meddle(servers: &Servers, example: &Example) -> Result<Vec<&'static str>, MeddleError> {
    let mut deeds = keycloak::meddle(&servers.keycloak, example).await?;
    deeds.extend(harbor::meddle(servers, example).await?);
    Ok(deeds)
}
