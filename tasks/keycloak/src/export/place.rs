//! Where an export reads, and how its values say so.

use evenkeel_core::values::{
    Values,
    model::{AdminCredentials, Names},
};
use evenkeel_engine::export::{document::Node, secrets::reference};

use crate::desired::Administration;

/// The longest name of a platform.
const LONGEST_NAME: usize = 63;

/// A realm of a server, and the names that the team contract has there.
#[derive(Clone, Debug)]
pub struct Place {
    pub(super) administration: Administration,
    pub(super) realm: String,
    pub(super) names: Names,
    /// What of the values for the login the exported values repeat.
    pub(super) values: Node,
}

impl Place {
    pub(super) fn new(values: &Values, administration: Administration) -> Self {
        Self {
            realm: values.platform.names.realm.to_string(),
            names: values.platform.names.clone(),
            values: repeated(values, &administration),
            administration,
        }
    }
}

fn repeated(values: &Values, administration: &Administration) -> Node {
    let text = |text: String| Some(Node::Text(text));
    let names = &values.platform.names;
    // Those of existing installations are the defaults, and need not be written.
    let own_names = [
        ("realm", names.realm.as_str(), "otomi"),
        ("client", names.client.as_str(), "otomi"),
        ("teamPrefix", names.team_prefix.as_str(), "team-"),
        ("platformAdmin", names.platform_admin.as_str(), "platform-admin"),
        ("allTeamsAdmin", names.all_teams_admin.as_str(), "all-teams-admin"),
        ("teamAdmin", names.team_admin.as_str(), "team-admin"),
    ]
    .into_iter()
    .filter(|(_, name, default)| name != default)
    .map(|(key, name, _)| (key, text(name.to_owned())));
    let own_names = Node::map(own_names);
    let platform = Node::map([
        ("name", text(values.platform.name.to_string())),
        ("names", Some(own_names).filter(|names| !names.is_empty())),
        ("caBundle", values.platform.ca_bundle.as_ref().and_then(|bundle| reference(&bundle.0))),
    ]);
    let Some(keycloak) = &values.keycloak else { return Node::map([("platform", Some(platform))]) };
    let (name, secret) = match &keycloak.admin.credentials {
        AdminCredentials::Password { username, password } => (("username", username), ("password", password)),
        AdminCredentials::Client { client_id, client_secret } => {
            (("clientId", client_id), ("clientSecret", client_secret))
        }
    };
    let admin = Node::map([
        ("realm", Some(keycloak.admin.realm.to_string()).filter(|realm| realm != "master").map(Node::Text)),
        (name.0, text(name.1.clone())),
        (secret.0, reference(secret.1).or_else(|| Some(Node::Secret("KEYCLOAK_ADMIN_PASSWORD".to_owned())))),
    ]);
    let keycloak = Node::map([
        ("url", text(administration.public_address.clone())),
        ("internalUrl", keycloak.internal_url.as_ref().and_then(|url| text(url.to_string()))),
        ("admin", Some(admin)),
    ]);
    Node::map([("platform", Some(platform)), ("keycloak", Some(keycloak))])
}

/// A name for the platform, made of the realm's: people will choose a better one.
pub(super) fn platform_name(realm: &str) -> String {
    let name: String = realm
        .to_lowercase()
        .chars()
        .map(|character| if character.is_ascii_alphanumeric() { character } else { '-' })
        .take(LONGEST_NAME)
        .collect();
    match name.trim_matches('-') {
        "" => "platform".to_owned(),
        name => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::platform_name;

    #[test]
    fn a_realm_gives_the_platform_a_name_that_values_take() {
        for (realm, name) in [("otomi", "otomi"), ("Übung A", "bung-a"), ("__", "platform"), ("a.b", "a-b")] {
            assert_eq!(platform_name(realm), name, "{realm}");
        }
    }
}
