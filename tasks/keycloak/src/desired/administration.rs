//! Where the server is and how to log in.

use evenkeel_core::{
    reading::Reading,
    values::{
        ValuePath,
        model::{AdminCredentials, Keycloak},
    },
};
use secrecy::SecretString;

use super::platform;

/// Where the server is, how to log in, and which certificates to trust.
#[derive(Clone, Debug)]
pub struct Administration {
    /// The address for calls: the internal one where there is one.
    pub address: String,
    /// The address by which people and browsers know the server.
    pub public_address: String,
    /// The realm in which the administrator lives.
    pub realm: String,
    /// How the administrator proves itself.
    pub login: Login,
    /// Certificates to trust beside the system's, in PEM form.
    pub ca_bundle: Option<SecretString>,
}

/// How the administrator proves itself.
#[derive(Clone, Debug)]
pub enum Login {
    /// A user, by the password grant of `admin-cli`.
    Password {
        /// User name.
        username: String,
        /// Password.
        password: SecretString,
    },
    /// A service account, by the client credentials grant.
    Client {
        /// Client id.
        client_id: String,
        /// Client secret.
        client_secret: SecretString,
    },
}

impl Administration {
    pub(super) fn desired(reading: &Reading<'_>, keycloak: &Keycloak) -> Self {
        let path = ValuePath::root().key("keycloak");
        let public_address = platform::public_address(reading, keycloak).unwrap_or_else(|| {
            let problem = reading.problem(&path, "the address of keycloak is not known");
            reading.report(problem.with_hint("set `keycloak.url` or `platform.domain`"));
            String::new()
        });
        let admin = path.clone().key("admin");
        let login = match &keycloak.admin.credentials {
            AdminCredentials::Password { username, password } => Login::Password {
                username: username.clone(),
                password: reading.secret(password, &admin.key("password")),
            },
            AdminCredentials::Client { client_id, client_secret } => Login::Client {
                client_id: client_id.clone(),
                client_secret: reading.secret(client_secret, &admin.key("clientSecret")),
            },
        };
        let bundle = ValuePath::root().key("platform").key("caBundle");
        let ca_bundle = reading.values.platform.ca_bundle.as_ref().map(|text| reading.secret(&text.0, &bundle));
        Self {
            address: keycloak
                .internal_url
                .as_ref()
                .map_or_else(|| public_address.clone(), ToString::to_string)
                .trim_end_matches('/')
                .to_owned(),
            public_address,
            realm: keycloak.admin.realm.to_string(),
            login,
            ca_bundle,
        }
    }
}
