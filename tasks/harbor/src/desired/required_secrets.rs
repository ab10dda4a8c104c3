//! The secrets that have to be read before anything is compared.

use evenkeel_core::values::{SecretValue, Values, WebhookAddress};

/// The secrets that must be known to compare or to verify: the login, the CA bundle, and all that the section holds.
#[must_use]
pub fn required_secrets(values: &Values) -> Vec<SecretValue> {
    let Some(harbor) = &values.harbor else { return Vec::new() };
    let mut secrets = vec![harbor.admin.password.clone()];
    secrets.extend(values.platform.ca_bundle.iter().map(|bundle| bundle.0.clone()));
    if let Some(oidc) = &harbor.oidc {
        let shared = values.keycloak.as_ref().and_then(|keycloak| keycloak.client.as_ref()?.secret.as_ref());
        secrets.extend(oidc.client_secret.as_ref().or(shared).cloned());
    }
    secrets.extend(harbor.configuration.iter().flat_map(|keys| keys.secrets()).map(|(_, secret)| secret.clone()));
    let teams = values.teams.values().filter_map(|team| team.harbor.as_ref()).chain(&harbor.team_defaults);
    let settings = teams.map(|team| team.settings());
    let settings = settings.chain(harbor.projects.iter().flatten().map(|project| project.settings()));
    for webhook in settings.flat_map(|settings| settings.webhooks.unwrap_or_default()) {
        secrets.extend(webhook.auth_header.clone());
        if let WebhookAddress::Secret(address) = &webhook.address {
            secrets.push(address.clone());
        }
    }
    let projects = harbor.projects.iter().flatten();
    secrets
        .extend(projects.flat_map(|project| project.robots.iter().flatten()).filter_map(|robot| robot.secret.clone()));
    secrets.extend(harbor.robots.iter().flatten().filter_map(|robot| robot.secret.clone()));
    let credentials = harbor.registries.iter().flatten().filter_map(|registry| registry.credential.as_ref());
    secrets.extend(credentials.filter_map(|credential| credential.access_secret.clone()));
    secrets.extend(crate::system::secrets(harbor));
    secrets
}
