//! Values from a live realm, such that a plan on them is empty: how an existing installation is adopted.
//!
//! `survey` reads, and everything else is pure: `compose` writes values for what was found, `settle` has the
//! task's own plan judge them, and takes back what the plan would change. What a fresh realm holds as well is left out:
//! what is absent is not managed. What the values have no word for is named.

mod beyond;
mod clients;
mod compose;
mod decisions;
mod fields;
mod fresh;
mod groups;
mod kinds;
mod left_out;
mod missing;
mod people;
mod place;
mod realm;
mod secrets;
mod settle;
mod survey;
mod ties;

use clap::Args;
use evenkeel_core::{
    report::Failure,
    values::{Document, Problems, SecretValue, Values, model::AdminCredentials},
};
use evenkeel_engine::{
    export::{Export, Exported, setting},
    secrets::SecretResolver,
    task::Context,
};

use crate::{Error, Keycloak, desired};

pub use place::Place;
pub use survey::Found;

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
    type Place = Place;
    type Found = Found;

    fn settings(options: &RealmExportOptions, has_values: bool) -> Result<Vec<String>, Failure> {
        if !has_values {
            let login = options.username.is_some() || options.client_id.is_some();
            for (there, name) in
                [(options.realm.is_some(), "--realm"), (options.url.is_some(), "--url"), (login, "--username")]
            {
                if !there {
                    let message = format!("`{name}` is missing");
                    let hint = format!("give `{name}`, or values for the login with `--values`");
                    return Err(Failure { message, hint: Some(hint) });
                }
            }
        }
        let mut settings = Vec::new();
        if let (Some(realm), false) = (&options.realm, has_values) {
            settings.push(setting("platform.name", &place::platform_name(realm)));
        }
        let texts = [
            ("platform.names.realm", &options.realm),
            ("keycloak.url", &options.url),
            ("keycloak.admin.realm", &options.admin_realm),
            ("keycloak.admin.username", &options.username),
            ("keycloak.admin.clientId", &options.client_id),
        ];
        settings.extend(texts.into_iter().filter_map(|(path, text)| Some(setting(path, text.as_deref()?))));
        let secret = match (&options.username, &options.client_id) {
            (Some(_), _) => Some("keycloak.admin.password.fromEnv"),
            (None, Some(_)) => Some("keycloak.admin.clientSecret.fromEnv"),
            (None, None) => None,
        };
        settings.extend(secret.map(|path| setting(path, &options.password_env)));
        Ok(settings)
    }

    fn place_secrets(values: &Values) -> Vec<SecretValue> {
        let admin = values.keycloak.as_ref().map(|keycloak| match &keycloak.admin.credentials {
            AdminCredentials::Password { password, .. } => password.clone(),
            AdminCredentials::Client { client_secret, .. } => client_secret.clone(),
        });
        admin.into_iter().chain(values.platform.ca_bundle.iter().map(|bundle| bundle.0.clone())).collect()
    }

    fn place(values: &Values, document: &Document, secrets: &SecretResolver) -> Result<Place, Problems> {
        Ok(Place::new(values, desired::administration(values, document, secrets)?))
    }

    async fn reach(place: &Place, context: &Context) -> Result<Self, Error> {
        Self::log_in(&place.administration, &place.realm, &[], context).await
    }

    async fn survey(&self, _: &Place, options: &RealmExportOptions) -> Result<Found, Error> {
        self.look_around(!options.no_users).await
    }

    fn exported(place: &Place, found: &Found, _: &RealmExportOptions) -> Exported {
        settle::settled(place, found)
    }
}
