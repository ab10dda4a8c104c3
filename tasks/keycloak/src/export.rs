//! Values from a live realm, such that a plan on them is empty: how an existing installation is adopted.
//!
//! `survey` reads, and everything else is pure: `compose` writes values for what was found, and the engine has the
//! task's own plan judge them; `decisions` says what is taken back. What a fresh realm holds as well is left out:
//! what is absent is not managed. What the values have no word for is named.

mod beyond;
mod clients;
mod compose;
mod composing;
mod decisions;
mod fields;
mod found;
mod fresh;
mod groups;
mod implied;
mod kinds;
mod left_out;
mod missing;
mod observed;
mod people;
mod realm;
mod secrets;
mod survey;
mod ties;

use clap::Args;
use evenkeel_core::{
    report::Failure,
    values::{Problems, SecretValue, Values, model::AdminCredentials},
};
use evenkeel_engine::{
    export::{Export, Exported, LoadedValues, Place, Settings, document::Node, secrets::reference_or, settled},
    task::Context,
};

use crate::{
    Error, Keycloak,
    desired::{self, Administration},
};
use compose::Realm;

pub use found::Found;

/// The longest name of a platform.
const LONGEST_NAME: usize = 63;

/// What an export of a realm can be told beside what every export can.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Keycloak")]
pub struct RealmExportOptions {
    /// The realm to export; `platform.names.realm` where values have it
    #[arg(long, value_name = "REALM")]
    pub realm: Option<String>,
    /// The server's address; `keycloak.url` where values have it
    #[arg(long, value_name = "URL", env = "EVENKEEL_KEYCLOAK_URL")]
    pub url: Option<String>,
    /// The administrator's name
    #[arg(long, value_name = "NAME", conflicts_with = "client_id")]
    pub username: Option<String>,
    /// The id of a client with a service account, in place of an administrator
    #[arg(long, value_name = "ID")]
    pub client_id: Option<String>,
    /// The environment variable that holds the password or the client's secret
    #[arg(long, value_name = "VARIABLE", default_value = "KEYCLOAK_ADMIN_PASSWORD")]
    pub password_env: String,
    /// The realm in which the account lives [default: master]
    #[arg(long, value_name = "REALM")]
    pub admin_realm: Option<String>,
    /// Leave out local accounts
    #[arg(long)]
    pub no_users: bool,
}

impl Export for Keycloak {
    type Options = RealmExportOptions;
    type Administration = Administration;
    type Found = Found;

    const NAMES: &'static [&'static str] =
        &["realm", "client", "teamPrefix", "platformAdmin", "allTeamsAdmin", "teamAdmin"];

    fn settings(options: &RealmExportOptions, settings: &mut Settings) -> Result<(), Failure> {
        settings.require("--realm", options.realm.is_some())?;
        settings.require("--url", options.url.is_some())?;
        settings.require("--username", options.username.is_some() || options.client_id.is_some())?;
        if let Some(realm) = &options.realm {
            settings.platform_name(&platform_name(realm));
        }
        settings.set("platform.names.realm", options.realm.as_deref());
        settings.set("keycloak.url", options.url.as_deref());
        settings.set("keycloak.admin.realm", options.admin_realm.as_deref());
        settings.set("keycloak.admin.username", options.username.as_deref());
        settings.set("keycloak.admin.clientId", options.client_id.as_deref());
        match (&options.username, &options.client_id) {
            (Some(_), _) => settings.set("keycloak.admin.password.fromEnv", Some(&options.password_env)),
            (None, Some(_)) => settings.set("keycloak.admin.clientSecret.fromEnv", Some(&options.password_env)),
            (None, None) => {}
        }
        Ok(())
    }

    fn login_secrets(values: &Values) -> Vec<SecretValue> {
        let login = values.keycloak.iter().map(|keycloak| match &keycloak.admin.credentials {
            AdminCredentials::Password { password, .. } => password.clone(),
            AdminCredentials::Client { client_secret, .. } => client_secret.clone(),
        });
        login.collect()
    }

    fn administration(loaded: LoadedValues<'_>) -> Result<Administration, Problems> {
        desired::administration(loaded.values, loaded.document, loaded.secrets)
    }

    fn login(values: &Values, administration: &Administration) -> Option<Node> {
        let keycloak = values.keycloak.as_ref()?;
        let (name, secret) = match &keycloak.admin.credentials {
            AdminCredentials::Password { username, password } => (("username", username), ("password", password)),
            AdminCredentials::Client { client_id, client_secret } => {
                (("clientId", client_id), ("clientSecret", client_secret))
            }
        };
        let realm = Some(keycloak.admin.realm.to_string()).filter(|realm| realm != "master");
        let admin = Node::map([
            ("realm", realm.map(Node::Text)),
            (name.0, Some(Node::Text(name.1.clone()))),
            (secret.0, Some(reference_or(secret.1, "KEYCLOAK_ADMIN_PASSWORD"))),
        ]);
        Some(Node::map([
            ("url", Some(Node::Text(administration.public_address.clone()))),
            ("internalUrl", keycloak.internal_url.as_ref().map(|url| Node::Text(url.to_string()))),
            ("admin", Some(admin)),
        ]))
    }

    async fn reach(place: &Place<Administration>, context: &Context) -> Result<Self, Error> {
        Self::log_in(&place.administration, place.names.realm.as_str(), &[], context).await
    }

    async fn survey(&self, options: &RealmExportOptions) -> Result<Found, Error> {
        self.look_around(!options.no_users).await
    }

    fn exported(place: &Place<Administration>, found: &Found) -> Exported {
        Exported { unread: found.unread.clone(), ..settled(&Realm::new(place, found)) }
    }
}

/// A name for the platform, made of the realm's: people will choose a better one.
fn platform_name(realm: &str) -> String {
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
