//! The values while they are read: names, places, secrets.

use std::sync::Arc;

use evenkeel_core::{
    plan::Cause,
    values::{
        Document, Problem, Problems, Representation, SecretValue, TeamId, ValuePath, Values, WebhookAddress,
        model::Harbor,
    },
};
use evenkeel_engine::secrets::SecretResolver;
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;
use serde_json::Value;

/// The values, with the means to name places in them and to look up what they refer to.
pub(crate) struct Reading<'a> {
    pub(crate) values: &'a Values,
    document: &'a Document,
    secrets: &'a SecretResolver,
}

impl<'a> Reading<'a> {
    pub(crate) const fn new(values: &'a Values, document: &'a Document, secrets: &'a SecretResolver) -> Self {
        Self { values, document, secrets }
    }

    /// The section of this task.
    pub(crate) fn harbor(&self) -> Result<&'a Harbor, Problems> {
        let Some(harbor) = &self.values.harbor else {
            let problem = self.problem(&ValuePath::root(), "there is no `harbor` section");
            return Err(problem
                .with_hint("add `harbor.admin.password` and either `harbor.url` or `platform.domain`")
                .into());
        };
        Ok(harbor)
    }

    /// The place of something in the section of this task.
    pub(crate) fn path(&self, keys: &[&str]) -> ValuePath {
        keys.iter().fold(ValuePath::root().key("harbor"), |path, key| path.key(*key))
    }

    /// The teams, each with its id, the name of its objects and its place.
    pub(crate) fn teams(&self) -> impl Iterator<Item = (&'a TeamId, String, ValuePath)> + '_ {
        self.values
            .teams
            .keys()
            .map(|id| (id, self.values.platform.names.team(id), ValuePath::root().key("teams").key(id.as_str())))
    }

    /// A team as changes carry it.
    pub(crate) fn team(id: &TeamId) -> Option<Arc<str>> {
        Some(id.as_str().into())
    }

    /// The value at a path as a cause.
    pub(crate) fn cause(&self, path: &ValuePath) -> Cause {
        let location = self.document.location(path);
        let line = location.as_ref().and_then(|location| location.line);
        Cause { value: path.to_string(), file: location.map(|location| location.file), line }
    }

    /// Has the run's mask know what part of a declared text is confidential.
    pub(super) fn learn(&self, part: &str) {
        self.secrets.mask().learn(part);
    }

    /// The text of a secret, which the engine has read before.
    pub(crate) fn secret(&self, secret: &SecretValue, path: &ValuePath) -> Result<SecretString, Problems> {
        self.secrets
            .resolve(secret)
            .map_err(|error| Problems::from(self.problem(path, &error.to_string()).with_hint(error.hint())))
    }

    /// A declared representation as the application's own type, with its secrets in place.
    pub(crate) fn typed<T: DeserializeOwned>(
        &self,
        declared: &Representation,
        path: &ValuePath,
    ) -> Result<T, Problems> {
        let (fields, secrets) = declared.clone().into_parts();
        let mut value = Value::Object(fields);
        for (pointer, secret) in secrets {
            let text = self.secret(&secret, &path.clone().pointer(&pointer))?;
            if let Some(place) = value.pointer_mut(&pointer) {
                *place = Value::String(exposed(&text));
            }
        }
        // The schema has checked every field before; the parser's words could quote a secret.
        serde_json::from_value(value)
            .map_err(|_| self.problem(path, "the fields do not fit harbor's representation").into())
    }

    pub(crate) fn problem(&self, path: &ValuePath, message: &str) -> Problem {
        self.document.problem(path, message)
    }
}

#[expect(clippy::disallowed_methods, reason = "the text goes into the typed representation that is sent")]
fn exposed(secret: &SecretString) -> String {
    secret.expose_secret().to_owned()
}

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
