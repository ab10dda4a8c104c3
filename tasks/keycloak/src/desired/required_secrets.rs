//! The secrets that have to be read before anything is compared.

use evenkeel_core::values::{SecretValue, Values, model::AdminCredentials};

/// The secrets that must be known to compare: the login, the CA bundle, and all in declared representations. Initial passwords are not
/// among them.
#[must_use]
pub fn required_secrets(values: &Values) -> Vec<SecretValue> {
    let Some(keycloak) = &values.keycloak else { return Vec::new() };
    let mut secrets = vec![match &keycloak.admin.credentials {
        AdminCredentials::Password { password, .. } => password.clone(),
        AdminCredentials::Client { client_secret, .. } => client_secret.clone(),
    }];
    secrets.extend(values.platform.ca_bundle.iter().map(|bundle| bundle.0.clone()));
    secrets.extend(keycloak.realm.iter().flat_map(|realm| realm.secrets()).map(|(_, secret)| secret.clone()));
    let clients = keycloak.clients.iter().flatten().flat_map(|client| client.secrets());
    let scopes = keycloak.client_scopes.iter().flatten().flat_map(|scope| scope.secrets());
    let providers = keycloak.identity_providers.iter().flatten().flat_map(|provider| provider.secrets());
    let actions = keycloak.required_actions.iter().flatten().flat_map(|action| action.secrets());
    let settings = keycloak.events.iter().flat_map(|events| events.secrets());
    let settings = settings.chain(keycloak.user_profile.iter().flat_map(|profile| profile.secrets()));
    let roles = keycloak.roles.iter().flatten().flat_map(|role| role.secrets());
    let groups = keycloak.groups.iter().flatten().flat_map(|group| group.secrets());
    let others = providers.chain(actions).chain(settings).chain(roles).chain(groups);
    secrets.extend(clients.chain(scopes).chain(others).map(|(_, secret)| secret.clone()));
    secrets.extend(keycloak.identity_provider.iter().map(|provider| provider.client_secret.clone()));
    if let Some(client) = &keycloak.client {
        secrets.extend(client.secret.clone());
        secrets.extend(client.fields.secrets().iter().map(|(_, secret)| secret.clone()));
    }
    secrets
}
