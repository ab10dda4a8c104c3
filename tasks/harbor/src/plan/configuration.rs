//! The configuration, in three parts: what waits for one does not wait for the others.

use std::collections::BTreeMap;

use evenkeel_core::{
    diff::{Difference, Rule, Rules},
    memory::Recall,
    plan::Action,
};
use evenkeel_harbor_client::types::Configurations;
use serde_json::Value;

use super::{Draft, Operation, Owner, Place};
use crate::{
    desired::{Declared, Desired},
    names::{AUTH_MODE, LOGIN, OIDC_AUTH, ROBOT_NAME_PREFIX, SETTINGS, configuration},
    observe::Observed,
};

const CLIENT_SECRET: &str = "oidc_client_secret";

/// Secrets that Harbor never shows (server-behaviour 2).
const RULES: Rules = Rules(&[
    (CLIENT_SECRET, Rule::Hidden),
    ("ldap_search_password", Rule::Hidden),
    ("uaa_client_secret", Rule::Hidden),
]);

pub(super) fn plan(draft: &mut Draft<'_>, desired: &Desired, observed: &Observed) {
    let declared = &desired.configuration;
    let there = seen(draft, desired, observed);
    part(draft, SETTINGS, &declared.settings, observed, &there);
    // Signing in breaks while the mode is on and its keys are not there: they come first.
    part(draft, LOGIN, &declared.login, observed, &there);
    if let Some(mode) = &declared.auth_mode {
        part(draft, AUTH_MODE, mode, observed, &there);
    }
    if let Some(prefix) = &declared.robot_name_prefix {
        part(draft, ROBOT_NAME_PREFIX, prefix, observed, &there);
    }
}

/// The values that are there. A login that was never set up has no secret, which the server shows as little as one that is
/// there: so a secret of which nothing is remembered counts as empty while the mode begins, or another client or issuer is
/// declared.
fn seen(draft: &Draft<'_>, desired: &Desired, observed: &Observed) -> BTreeMap<String, Value> {
    let mut values = observed.configuration.values.clone();
    let declared = &desired.configuration.login.value;
    let is_unknown = declared.oidc_client_secret.as_ref().is_some_and(|secret| {
        let secret = secret.expose().into();
        draft.secrets.recall(&configuration(LOGIN), CLIENT_SECRET, &secret) == Recall::Nothing
    });
    let differs =
        |key: &str, wanted: Option<&String>| wanted.is_some_and(|wanted| observed.configuration.text(key) != wanted);
    let begins = desired.auth_mode() == Some(OIDC_AUTH) && observed.configuration.text(AUTH_MODE) != OIDC_AUTH;
    let is_another = differs("oidc_client_id", declared.oidc_client_id.as_ref())
        || differs("oidc_endpoint", declared.oidc_endpoint.as_ref());
    if is_unknown && (begins || is_another) {
        values.insert(CLIENT_SECRET.to_owned(), Value::String(String::new()));
    }
    // Shown as empty also when there is one.
    values.remove("uaa_client_secret");
    values
}

fn part(
    draft: &mut Draft<'_>,
    name: &str,
    declared: &Declared<Configurations>,
    observed: &Observed,
    there: &BTreeMap<String, Value>,
) {
    let object = configuration(name);
    let difference = draft.difference(&object, declared, Some(there), RULES);
    if difference.is_empty() {
        return;
    }
    let operation = if observed.configuration.is_fixed() {
        Operation::ConfigurationIsFixed
    } else if name == AUTH_MODE && observed.configuration.frozen.contains(AUTH_MODE) {
        Operation::AuthModeIsFrozen(observed.configuration.text(AUTH_MODE).to_owned())
    } else if name == ROBOT_NAME_PREFIX && !draft.prefix.in_the_way.is_empty() {
        draft.note(object.clone(), "would rename robots that are not ours, so that it is refused");
        Operation::PrefixIsShared(draft.prefix.in_the_way.clone())
    } else {
        Operation::Configure(Box::new(only(&declared.value, &difference)))
    };
    let waits_for = (name == AUTH_MODE).then(|| configuration(LOGIN));
    // A write of the configuration reads and writes it as a whole in the server.
    let place = Place::after(waits_for).alone_in(configuration(SETTINGS));
    draft.push(object.clone(), Action::Update, difference, &Owner::of(declared), place, operation);
    // A mode of login with half of its keys locks people out, groups are no members before it, and names of robots follow the prefix.
    draft.is_needed(&object);
}

/// The declared keys that differ: only these are sent.
fn only(declared: &Configurations, difference: &Difference) -> Configurations {
    let Ok(Value::Object(mut keys)) = serde_json::to_value(declared) else { return declared.clone() };
    keys.retain(|key, _| difference.changes.iter().any(|change| *change.path == **key));
    serde_json::from_value(Value::Object(keys)).unwrap_or_else(|_| declared.clone())
}
