//! The values while they are read: names, places, secrets.

use std::{cell::RefCell, collections::BTreeMap, sync::Arc};

use evenkeel_core::{
    plan::Cause,
    values::{
        Document, Problem, Problems, Representation, SecretValue, ValuePath, Values,
        model::{AdminCredentials, Keycloak},
    },
};
use evenkeel_engine::secrets::SecretResolver;
use evenkeel_transport::check_segment;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Map, Value};

use super::{Declared, Related};
use crate::definitions::with_own_keys;

/// The values, with the means to name places in them and to look up what they refer to.
///
/// What is wrong is collected: each section goes on with what it can read, so that people learn of everything at once.
pub(super) struct Reading<'a> {
    pub(super) values: &'a Values,
    pub(super) document: &'a Document,
    secrets: &'a SecretResolver,
    problems: RefCell<Problems>,
}

impl<'a> Reading<'a> {
    pub(super) fn new(values: &'a Values, document: &'a Document, secrets: &'a SecretResolver) -> Self {
        Self { values, document, secrets, problems: RefCell::default() }
    }

    /// Notes something that is wrong.
    pub(super) fn report(&self, problem: Problem) {
        self.problems.borrow_mut().push(problem);
    }

    /// `read` if nothing was wrong with the values that it follows from.
    pub(super) fn finish<T>(self, read: T) -> Result<T, Problems> {
        self.problems.into_inner().into_result(read)
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

    /// Those whose roles and groups the platform implies: all of them, or none.
    pub(super) fn implied_administrators(&self) -> impl Iterator<Item = (&'static str, String)> {
        let implied = self.values.keycloak.as_ref().is_none_or(|keycloak| keycloak.implied.administrators.is_implied());
        self.administrator_names().into_iter().filter(move |_| implied)
    }

    /// The groups of teams, each with its team.
    pub(super) fn team_groups(&self) -> BTreeMap<Arc<str>, Arc<str>> {
        self.values.teams.keys().map(|id| (self.values.platform.names.team(id).into(), id.as_str().into())).collect()
    }

    /// The address by which people know the server.
    pub(super) fn public_address(&self, keycloak: &Keycloak) -> Option<String> {
        let address = keycloak.url.as_ref().map(ToString::to_string);
        let address = address.or_else(|| self.values.platform.address_of("keycloak"));
        address.map(|address| address.trim_end_matches('/').to_owned())
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
        let (file, line) = self.place(path);
        Cause { value: path.to_string(), file, line }
    }

    /// The file and the line in which the value at a path was written.
    pub(super) fn place(&self, path: &ValuePath) -> (Option<Arc<str>>, Option<u32>) {
        match self.document.location(path) {
            Some(location) => (Some(location.file), location.line),
            None => (None, None),
        }
    }

    /// The text of a secret, which the engine has read before.
    pub(super) fn secret(&self, secret: &SecretValue, path: &ValuePath) -> SecretString {
        self.secrets.resolve(secret).unwrap_or_else(|error| {
            self.report(self.problem(path, &error.to_string()).with_hint(error.hint()));
            SecretString::default()
        })
    }

    /// A declared representation as the application's own type, with its secrets in place.
    pub(super) fn typed<T: DeserializeOwned + Default>(&self, declared: &Representation, path: &ValuePath) -> T {
        self.fitting(self.fields(declared, path), path)
    }

    /// A declared representation with its secrets in place; names of other objects in it are checked.
    fn fields(&self, declared: &Representation, path: &ValuePath) -> Map<String, Value> {
        let (fields, secrets) = declared.clone().into_parts();
        let mut value = Value::Object(fields);
        for (pointer, secret) in secrets {
            let text = self.secret(&secret, &path.clone().pointer(&pointer));
            if let Some(place) = value.pointer_mut(&pointer) {
                *place = Value::String(exposed(&text));
            }
        }
        let mut twice = Vec::new();
        with_own_keys(&mut value, path, &mut twice);
        for path in twice {
            let problem = self.problem(&path, "the same roles are declared twice");
            self.report(
                problem.with_hint(
                    "leave out `realm` and `client`, which are other names for `realmRoles` and `clientRoles`",
                ),
            );
        }
        self.check_references("", &value, path);
        self.check_lengths(&value, path);
        match value {
            Value::Object(fields) => fields,
            _ => Map::new(),
        }
    }

    /// The schema has checked every field before; the parser's words could quote a secret.
    fn fitting<T: DeserializeOwned + Default>(&self, fields: Map<String, Value>, path: &ValuePath) -> T {
        serde_json::from_value(Value::Object(fields)).unwrap_or_else(|_| {
            self.report(self.problem(path, "the fields do not fit keycloak's representation"));
            T::default()
        })
    }

    /// Reports fields of a representation that cannot be declared there, each with what to do instead: ignoring
    /// them would look like obeying.
    pub(super) fn refuse_fields(&self, declared: &Representation, path: &ValuePath, refused: &[(&str, &str)]) {
        for (field, hint) in refused.iter().filter(|(field, _)| declared.fields().contains_key(*field)) {
            let problem = self.problem(&path.clone().key(*field), &format!("`{field}` cannot be declared here"));
            self.report(problem.with_hint(*hint));
        }
    }

    /// A declared representation with the place of each of its fields.
    pub(super) fn declared<T: DeserializeOwned + Default>(
        &self,
        declared: &Representation,
        path: &ValuePath,
    ) -> Declared<T> {
        self.declared_beside::<T, NothingBeside>(declared, path, &[]).0
    }

    /// A declared representation, and the fields under these names that the values have in it although the
    /// application's own type has not.
    pub(super) fn declared_beside<T, B>(
        &self,
        declared: &Representation,
        path: &ValuePath,
        beside: &[&str],
    ) -> (Declared<T>, B)
    where
        T: DeserializeOwned + Default,
        B: DeserializeOwned + Default,
    {
        let causes = declared.fields().keys().map(|field| (field.clone(), self.cause(&path.clone().key(field))));
        let field_causes = causes.collect();
        let (beside, fields): (Map<_, _>, Map<_, _>) =
            self.fields(declared, path).into_iter().partition(|(field, _)| beside.contains(&field.as_str()));
        let value = self.fitting(fields, path);
        (Declared { field_causes, ..Declared::new(value, self.cause(path)) }, self.fitting(beside, path))
    }

    /// The fields of a declared representation that nobody wrote.
    pub(super) fn built_in<'r>(
        &'r self,
        declared: &'r Representation,
        path: &'r ValuePath,
    ) -> impl Iterator<Item = &'r str> + 'r {
        let fields = declared.fields().keys().map(String::as_str);
        fields.filter(move |field| self.document.is_built_in(&path.clone().key(*field)))
    }

    /// The name by which a declared object is known, which it must have; reported where it has none, or one with which requests
    /// would reach something else.
    pub(super) fn name(&self, name: Option<&str>, key: &str, path: &ValuePath) -> Option<String> {
        let Some(name) = name.filter(|name| !name.is_empty()) else {
            self.report(self.problem(path, &format!("`{key}` is missing")));
            return None;
        };
        match check_segment(name) {
            Ok(()) => Some(name.to_owned()),
            Err(why) => {
                let problem = self.problem(&path.clone().key(key), &format!("`{key}` cannot be a name: {why}"));
                self.report(problem.with_hint("no address can carry it: give the object another name"));
                None
            }
        }
    }

    /// Reports an id: Keycloak takes none for a role, and one in a new group for the wish to move another.
    pub(super) fn refuse_id(&self, id: Option<&String>, path: &ValuePath) {
        if id.is_some() {
            let problem = self.problem(&path.clone().key("id"), "`id` cannot be declared here");
            self.report(problem.with_hint("Keycloak chooses it: leave it out"));
        }
    }

    /// Reports an object that is declared twice.
    pub(super) fn twice(&self, path: &ValuePath, kind: &str, name: &str) {
        let problem = self.problem(path, &format!("{kind} `{name}` is declared twice"));
        self.report(problem.with_hint("give this one another name, or remove it"));
    }

    /// Reports scopes of the optional list at `path` that are to be defaults too: Keycloak has a scope in one of them at most
    /// (server-behaviour 2.3), so that the lists would never be equal.
    pub(super) fn refuse_in_both(&self, defaults: &Related, optional: &Related, path: &ValuePath) {
        for scope in optional.names.iter().filter(|scope| defaults.names.contains(scope)) {
            let problem = self.problem(path, &format!("client scope `{scope}` cannot be default and optional at once"));
            self.report(problem.with_hint("leave it in one of the lists"));
        }
    }

    pub(super) fn problem(&self, path: &ValuePath, message: &str) -> Problem {
        self.document.problem(path, message)
    }
}

/// Of a representation that the values declare as the application has it.
#[derive(Default, Deserialize)]
struct NothingBeside {}

#[expect(clippy::disallowed_methods, reason = "the text goes into the typed representation that is sent")]
fn exposed(secret: &SecretString) -> String {
    secret.expose_secret().to_owned()
}

/// The secrets that must be known to compare: the login, the CA bundle, and all in declared representations. Initial passwords are not among them.
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
