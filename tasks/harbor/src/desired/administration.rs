//! Where the server is, and who administrates it.

use evenkeel_core::{
    reading::Reading,
    values::{Document, Problems, ValuePath, Values, model::Harbor},
};
use evenkeel_engine::secrets::SecretResolver;
use secrecy::SecretString;

use super::{SECTION, section};

/// Where the server is, and who administrates it.
#[derive(Clone, Debug)]
pub struct Administration {
    /// The address for calls.
    pub address: String,
    /// The address by which people know the server.
    pub public_address: String,
    /// The administrator's name.
    pub username: String,
    /// The administrator's password.
    pub password: SecretString,
    /// Certificates in PEM form that are trusted on top of the system's.
    pub ca_bundle: Option<SecretString>,
}

/// Where the server is, from values of which the rest does not matter.
///
/// # Errors
///
/// What is wrong with the address or the login.
pub fn administration(
    values: &Values,
    document: &Document,
    secrets: &SecretResolver,
) -> Result<Administration, Problems> {
    let reading = Reading::new(values, document, secrets, SECTION);
    let administration = Administration::desired(&reading, section(&reading)?);
    reading.finish(administration)
}

impl Administration {
    pub(super) fn desired(reading: &Reading<'_>, harbor: &Harbor) -> Self {
        let public_address = public_address(reading, harbor);
        let address = harbor.internal_url.as_ref().map_or(public_address.as_str(), |url| url.base()).to_owned();
        let ca_bundle = reading.values.platform.ca_bundle.as_ref();
        let bundle_path = ValuePath::root().key("platform").key("caBundle");
        Self {
            address,
            public_address,
            username: harbor.admin.username.clone(),
            password: reading.secret(&harbor.admin.password, &reading.path(&["admin", "password"])),
            ca_bundle: ca_bundle.map(|bundle| reading.secret(&bundle.0, &bundle_path)),
        }
    }
}

fn public_address(reading: &Reading<'_>, harbor: &Harbor) -> String {
    let declared = harbor.url.as_ref().map(|url| url.base().to_owned());
    declared.or_else(|| reading.values.platform.address_of("harbor")).unwrap_or_else(|| {
        let problem = reading.problem(&reading.path(&[]), "the address of harbor is not known");
        reading.report(problem.with_hint("set `harbor.url` or `platform.domain`"));
        String::new()
    })
}

/// The host by which images are named and pulled.
pub(super) fn registry_host(reading: &Reading<'_>, harbor: &Harbor) -> String {
    if let Some(host) = &harbor.registry_host {
        if host.is_empty() || host.contains(['/', '@', ' ']) {
            let problem = reading.problem(&reading.path(&["registryHost"]), "`registryHost` is no host");
            reading.report(problem.with_hint("write it as images are named, such as `harbor.example.com`"));
        }
        return host.clone();
    }
    if let Some(domain) = &reading.values.platform.domain {
        return format!("harbor.{domain}");
    }
    let address = public_address(reading, harbor);
    let host = address.split_once("://").map_or(address.as_str(), |(_, rest)| rest);
    host.split('/').next().unwrap_or(host).to_owned()
}
