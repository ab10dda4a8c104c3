//! The values while they are read: names, places, secrets.

use std::{collections::BTreeMap, sync::Arc};

use evenkeel_core::{
    plan::Cause,
    values::{
        Document, Problem, Problems, Representation, SecretValue, ValuePath, Values,
        model::{AdminCredentials, Keycloak},
    },
};
use evenkeel_engine::secrets::SecretResolver;
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::Declared;

/// The values, with the means to name places in them and to look up what they refer to.
pub(super) struct Reading<'a> {
    pub(super) values: &'a Values,
    document: &'a Document,
    secrets: &'a SecretResolver,
}

impl<'a> Reading<'a> {
    pub(super) const fn new(values: &'a Values, document: &'a Document, secrets: &'a SecretResolver) -> Self {
        Self { values, document, secrets }
    }

    /// The section of this task.
    pub(super) fn keycloak(&self) -> Result<&'a Keycloak, Problems> {
        let Some(keycloak) = &self.values.keycloak else {
            let problem = self.problem(&ValuePath::root(), "there is no `keycloak` section");
            return Err(problem
                .with_hint("add `keycloak.admin` and either `keycloak.url` or `platform.domain`")
                .into());
        };
        Ok(keycloak)
    }

    /// The realm's name.
    pub(super) fn realm(&self) -> &'a str {
        self.values.platform.names.realm.as_str()
    }

    /// The names of the platform's own roles and groups, from most rights to least, each with its key
    /// under `platform.names`.
    pub(super) fn administrator_names(&self) -> [(&'static str, String); 3] {
        let names = &self.values.platform.names;
        [
            ("platformAdmin", names.platform_admin.to_string()),
            ("allTeamsAdmin", names.all_teams_admin.to_string()),
            ("teamAdmin", names.team_admin.to_string()),
        ]
    }

    /// The groups of teams, each with its team.
    pub(super) fn team_groups(&self) -> BTreeMap<String, Arc<str>> {
        self.values.teams.keys().map(|id| (self.values.platform.names.team(id), id.as_str().into())).collect()
    }

    /// The address by which people know the server.
    pub(super) fn public_address(&self, keycloak: &Keycloak) -> Result<String, Problems> {
        let address =
            keycloak.url.as_ref().map(ToString::to_string).or_else(|| self.values.platform.address_of("keycloak"));
        match address {
            Some(address) => Ok(address.trim_end_matches('/').to_owned()),
            None => {
                let problem = self.problem(&ValuePath::root().key("keycloak"), "the address of keycloak is not known");
                Err(problem.with_hint("set `keycloak.url` or `platform.domain`").into())
            }
        }
    }

    /// Where the address comes from.
    pub(super) fn address_path(&self, keycloak: &Keycloak) -> ValuePath {
        match keycloak.url {
            Some(_) => ValuePath::root().key("keycloak").key("url"),
            None => ValuePath::root().key("platform").key("domain"),
        }
    }

    /// The value at a path as a cause.
    pub(super) fn cause(&self, path: &ValuePath) -> Cause {
        let location = self.document.location(path);
        let line = location.as_ref().and_then(|location| location.line);
        Cause { value: path.to_string(), file: location.map(|location| location.file), line }
    }

    /// The text of a secret, which the engine has read before.
    pub(super) fn secret(&self, secret: &SecretValue, path: &ValuePath) -> Result<SecretString, Problems> {
        self.secrets
            .resolve(secret)
            .map_err(|error| Problems::from(self.problem(path, &error.to_string()).with_hint(error.hint())))
    }

    /// A declared representation as the application's own type, with its secrets in place.
    pub(super) fn typed<T: DeserializeOwned>(
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
            .map_err(|_| self.problem(path, "the fields do not fit keycloak's representation").into())
    }

    /// Fields of a representation that cannot be declared there, each with what to do instead: ignoring
    /// them would look like obeying.
    pub(super) fn refuse_fields(
        &self,
        declared: &Representation,
        path: &ValuePath,
        refused: &[(&str, &str)],
    ) -> Result<(), Problems> {
        let problems: Problems = refused
            .iter()
            .filter(|(field, _)| declared.fields().contains_key(*field))
            .map(|(field, hint)| {
                self.problem(&path.clone().key(*field), &format!("`{field}` cannot be declared here")).with_hint(*hint)
            })
            .collect();
        problems.into_result(())
    }

    /// A declared representation with the place of each of its fields.
    pub(super) fn declared<T: DeserializeOwned>(
        &self,
        declared: &Representation,
        path: &ValuePath,
    ) -> Result<Declared<T>, Problems> {
        let causes = declared.fields().keys().map(|field| (field.clone(), self.cause(&path.clone().key(field))));
        let field_causes = causes.collect();
        Ok(Declared { value: self.typed(declared, path)?, cause: self.cause(path), field_causes, team: None })
    }

    /// The name by which a declared object is known, which it must have.
    pub(super) fn name(&self, name: Option<&str>, key: &str, path: &ValuePath) -> Result<String, Problems> {
        match name {
            Some(name) if !name.is_empty() => Ok(name.to_owned()),
            _ => Err(self.problem(path, &format!("`{key}` is missing")).into()),
        }
    }

    /// An object that is declared twice, or that teams imply already.
    pub(super) fn twice(&self, path: &ValuePath, kind: &str, name: &str) -> Problems {
        let problem = self.problem(path, &format!("{kind} `{name}` is declared twice"));
        problem.with_hint("what teams imply counts too: give this one another name, or remove it").into()
    }

    pub(super) fn problem(&self, path: &ValuePath, message: &str) -> Problem {
        self.document.problem(path, message)
    }
}

#[expect(clippy::disallowed_methods, reason = "the text goes into the typed representation that is sent")]
fn exposed(secret: &SecretString) -> String {
    secret.expose_secret().to_owned()
}

/// The secrets that must be known to compare: the login, the CA bundle, and all in the realm and the
/// shared client. Initial passwords are not among them.
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
    secrets.extend(clients.chain(scopes).map(|(_, secret)| secret.clone()));
    secrets.extend(keycloak.identity_provider.iter().map(|provider| provider.client_secret.clone()));
    if let Some(client) = &keycloak.client {
        secrets.extend(client.secret.clone());
        secrets.extend(client.fields.secrets().iter().map(|(_, secret)| secret.clone()));
    }
    secrets
}
