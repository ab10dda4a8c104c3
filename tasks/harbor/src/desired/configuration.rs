//! The configuration: login by OpenID Connect, the robots' prefix, and the keys that the values declare.
//!
//! Harbor checks little of what it is told (server-behaviour 2), so that the checks are here.

use std::collections::BTreeMap;

use evenkeel_core::{
    field::Field,
    plan::Cause,
    reading::Reading,
    values::{
        HttpUrl, Representation, SecretValue, ValuePath,
        model::{Harbor, HarborOidc},
    },
};
use evenkeel_harbor_client::types::Configurations;
use evenkeel_transport::Secret;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value};

use super::Declared;
use crate::names::OIDC_AUTH;

/// The keys of the configuration, in the parts in which they are written: a refused login mode would refuse every key of the
/// same request (server-behaviour 2), and what waits for one key must not wait for the others.
#[derive(Clone, Debug)]
pub struct DesiredConfiguration {
    /// All keys but those below.
    pub settings: Declared<Configurations>,
    /// The keys with which the login mode works.
    pub login: Declared<Configurations>,
    /// The login mode.
    pub auth_mode: Option<Declared<Configurations>>,
    /// What every robot's name begins with.
    pub robot_name_prefix: Option<Declared<Configurations>>,
    /// Whether another prefix may rename robots of other people.
    pub rename_foreign_robots: bool,
}

impl DesiredConfiguration {
    /// The prefix that the values want; `None` where they leave it alone.
    #[must_use]
    pub fn prefix(&self) -> Option<&str> {
        self.robot_name_prefix.as_ref().and_then(|declared| declared.value.robot_name_prefix.as_deref())
    }
}

/// Whether a login mode works with this key.
fn is_of_login(key: &str) -> bool {
    ["oidc_", "ldap_", "uaa_", "http_authproxy_"].iter().any(|prefix| key.starts_with(prefix))
}

/// The login modes that Harbor knows.
const AUTH_MODES: [&str; 5] = ["db_auth", OIDC_AUTH, "ldap_auth", "uaa_auth", "http_auth"];

pub(super) fn desired(reading: &Reading<'_>, harbor: &Harbor) -> DesiredConfiguration {
    let path = reading.path(&["configuration"]);
    let mut keys = Keys { value: Configurations::default(), causes: BTreeMap::new() };
    let names_path = ValuePath::root().key("platform").key("names");
    if let Some(prefix) = &reading.values.platform.names.robot_prefix {
        keys.value.robot_name_prefix = Some(prefix.to_string());
        keys.says("robot_name_prefix", reading.cause(&names_path.key("robotPrefix")));
    }
    if let Some(oidc) = &harbor.oidc {
        keys.oidc(reading, oidc);
    }
    if let Some(declared) = &harbor.configuration {
        keys.declared(reading, declared, &path);
    }
    keys.split(reading, &path, harbor.rename_foreign_robots)
}

/// The keys so far, each with the value that asks for it.
struct Keys {
    value: Configurations,
    causes: BTreeMap<String, Cause>,
}

impl Keys {
    fn says(&mut self, key: &str, cause: Cause) {
        self.causes.insert(key.to_owned(), cause);
    }

    /// The keys of login by OpenID Connect, as existing installations have them.
    fn oidc(&mut self, reading: &Reading<'_>, oidc: &HarborOidc) {
        let path = reading.path(&["oidc"]);
        let names = &reading.values.platform.names;
        let value = &mut self.value;
        value.auth_mode = Some(OIDC_AUTH.to_owned());
        value.primary_auth_mode = Some(true);
        value.oidc_name = Some(names.client.to_string());
        value.oidc_admin_group = Some(names.platform_admin.to_string());
        value.oidc_endpoint = endpoint(reading, oidc);
        value.oidc_client_id = Some(oidc.client_id.clone().unwrap_or_else(|| names.client.to_string()));
        value.oidc_client_secret = client_secret(reading, oidc);
        value.oidc_groups_claim = Some(oidc.groups_claim.clone().unwrap_or_else(|| "groups".to_owned()));
        value.oidc_scope = Some(oidc.scope.clone().unwrap_or_else(|| "openid".to_owned()));
        value.oidc_user_claim = Some(oidc.user_claim.clone().unwrap_or_else(|| "email".to_owned()));
        value.oidc_verify_cert = Some(oidc.verify_cert.unwrap_or(true));
        value.oidc_auto_onboard = Some(oidc.auto_onboard.unwrap_or(true));
        if let Some(scope) = &oidc.scope {
            check_scope(reading, scope, &path.clone().key("scope"));
        }
        let section = reading.cause(&path);
        for key in ["auth_mode", "primary_auth_mode", "oidc_name"] {
            self.says(key, section.clone());
        }
        let names_path = ValuePath::root().key("platform").key("names");
        self.says("oidc_admin_group", reading.cause(&names_path.key("platformAdmin")));
        let declared = [
            ("endpoint", oidc.endpoint.is_some()),
            ("clientId", oidc.client_id.is_some()),
            ("clientSecret", oidc.client_secret.is_some()),
            ("groupsClaim", oidc.groups_claim.is_some()),
            ("scope", oidc.scope.is_some()),
            ("userClaim", oidc.user_claim.is_some()),
            ("verifyCert", oidc.verify_cert.is_some()),
            ("autoOnboard", oidc.auto_onboard.is_some()),
        ];
        for ((key, is_declared), name) in declared.into_iter().zip(OIDC_KEYS) {
            let cause = if is_declared { reading.cause(&path.clone().key(key)) } else { section.clone() };
            self.says(name, cause);
        }
    }

    /// Keys that the values declare by Harbor's own names: they have the last word.
    fn declared(&mut self, reading: &Reading<'_>, declared: &Representation, path: &ValuePath) {
        check(reading, declared.fields(), path);
        if let Some(secret) = declared.secret("/oidc_client_secret") {
            fitting_client_secret(reading, secret, &path.clone().key("oidc_client_secret"));
        }
        let mut merged = fields(&self.value);
        merged.extend(reading.fields(declared, path).into_map());
        self.value = reading.fitting(Field::Map(merged), path);
        self.causes.extend(reading.field_causes(declared, path));
    }

    fn split(mut self, reading: &Reading<'_>, path: &ValuePath, rename_foreign_robots: bool) -> DesiredConfiguration {
        let cause = reading.cause(path);
        let auth_mode = self.value.auth_mode.take().map(|mode| {
            self.part("auth_mode", Configurations { auth_mode: Some(mode), ..Configurations::default() }, &cause)
        });
        let robot_name_prefix = self.value.robot_name_prefix.take().map(|prefix| {
            let value = Configurations { robot_name_prefix: Some(prefix), ..Configurations::default() };
            self.part("robot_name_prefix", value, &cause)
        });
        let (login, settings) = fields(&self.value).into_iter().partition(|(key, _)| is_of_login(key));
        let declared = |keys, cause: Cause| {
            let value = reading.fitting(Field::Map(keys), path);
            Declared { field_causes: self.causes.clone(), ..Declared::new(value, cause) }
        };
        let login_cause = self.causes.get("oidc_endpoint").unwrap_or(&cause).clone();
        DesiredConfiguration {
            login: declared(login, login_cause),
            settings: declared(settings, cause.clone()),
            auth_mode,
            robot_name_prefix,
            rename_foreign_robots,
        }
    }

    fn part(&self, key: &str, value: Configurations, cause: &Cause) -> Declared<Configurations> {
        Declared::new(value, self.causes.get(key).unwrap_or(cause).clone())
    }
}

/// The keys that are set, with their secrets still known as such.
fn fields(keys: &Configurations) -> BTreeMap<String, Field> {
    // A generated type is a map of JSON's own types, of which each is a field.
    Field::of(keys).map(Field::into_map).unwrap_or_default()
}

/// The keys that stand for those of the section `oidc`, in its order.
const OIDC_KEYS: [&str; 8] = [
    "oidc_endpoint",
    "oidc_client_id",
    "oidc_client_secret",
    "oidc_groups_claim",
    "oidc_scope",
    "oidc_user_claim",
    "oidc_verify_cert",
    "oidc_auto_onboard",
];

/// The issuer: by default the realm of these values.
fn endpoint(reading: &Reading<'_>, oidc: &HarborOidc) -> Option<String> {
    if let Some(endpoint) = &oidc.endpoint {
        return Some(endpoint.to_string());
    }
    let keycloak = reading.values.keycloak.as_ref().and_then(|keycloak| keycloak.url.as_ref());
    let address = keycloak.map(|url| url.base().to_owned());
    let address = address.or_else(|| reading.values.platform.address_of("keycloak"));
    // What is wrong with Keycloak's section is told already.
    if address.is_none() && !reading.document.lacks("keycloak") {
        let problem = reading.problem(&reading.path(&["oidc"]), "the issuer of the login is not known");
        reading.report(problem.with_hint("set `harbor.oidc.endpoint`, `keycloak.url` or `platform.domain`"));
    }
    address.map(|address| format!("{address}/realms/{}", reading.values.platform.names.realm))
}

fn client_secret(reading: &Reading<'_>, oidc: &HarborOidc) -> Option<Secret> {
    let shared = || -> Option<(&SecretValue, ValuePath)> {
        let secret = reading.values.keycloak.as_ref()?.client.as_ref()?.secret.as_ref()?;
        Some((secret, ValuePath::root().key("keycloak").key("client").key("secret")))
    };
    let own = oidc.client_secret.as_ref().map(|secret| (secret, reading.path(&["oidc", "clientSecret"])));
    let (secret, path) = own.or_else(shared)?;
    Some(fitting_client_secret(reading, secret, &path).into())
}

/// Harbor would take an empty one, and forget the one that works (server-behaviour 2).
fn fitting_client_secret(reading: &Reading<'_>, secret: &SecretValue, path: &ValuePath) -> SecretString {
    let misfit = || reading.problem(path, "the client secret of harbor's login is empty");
    reading.fitting_secret(secret, path, is_not_empty, misfit)
}

#[expect(clippy::disallowed_methods, reason = "only whether there is a text is asked")]
fn is_not_empty(secret: &SecretString) -> bool {
    !secret.expose_secret().is_empty()
}

fn check_scope(reading: &Reading<'_>, scope: &str, path: &ValuePath) {
    if !scope.split(',').any(|one| one.trim() == "openid") {
        let problem = reading.problem(path, "the scopes of harbor's login lack `openid`");
        reading.report(problem.with_hint("write them with commas between, such as `openid,email,profile`"));
    }
}

/// What Harbor would take without a word, or refuse together with every other key.
fn check(reading: &Reading<'_>, fields: &Map<String, Value>, path: &ValuePath) {
    let text = |key: &str| fields.get(key).and_then(Value::as_str);
    let refuse = |key: &str, message: &str, hint: &str| {
        reading.report(reading.problem(&path.clone().key(key), message).with_hint(hint));
    };
    if text("auth_mode").is_some_and(|mode| !AUTH_MODES.contains(&mode)) {
        refuse("auth_mode", "this is no login mode of harbor", &format!("it is one of `{}`", AUTH_MODES.join("`, `")));
    }
    if text("project_creation_restriction").is_some_and(|word| !["everyone", "adminonly"].contains(&word)) {
        refuse("project_creation_restriction", "harbor does not know this word", "it is `everyone` or `adminonly`");
    }
    if text("oidc_endpoint").is_some_and(|url| HttpUrl::parse(url).is_err()) {
        refuse("oidc_endpoint", "this is no address", "write it as `https://keycloak.example.com/realms/otomi`");
    }
    for key in ["robot_token_duration", "token_expiration", "session_timeout"] {
        if fields.get(key).and_then(Value::as_i64).is_some_and(|number| number <= 0) {
            refuse(key, "harbor takes numbers above zero only", "write a number of days or minutes");
        }
    }
    if let Some(scope) = text("oidc_scope") {
        check_scope(reading, scope, &path.clone().key("oidc_scope"));
    }
}
