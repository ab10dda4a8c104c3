//! The configuration, in three parts: what waits for one does not wait for the others.

use std::collections::BTreeMap;

use evenkeel_core::{
    diff::{Difference, Rule, Rules},
    memory::Recall,
    object::ObjectId,
    overlay,
    plan::{Dependencies, Origin, Unjudged, WhyUnjudged},
};
use evenkeel_harbor_client::types::Configurations;
use evenkeel_transport::Secret;
use serde_json::{Map, Value};

use super::{Operation, PlanBuilder, prefix::ComingPrefix};
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

pub(super) fn plan(plan: &mut PlanBuilder<'_>, desired: &Desired, observed: &Observed, prefix: &ComingPrefix) {
    let declared = &desired.configuration;
    let there = seen(plan, desired, observed);
    let in_the_way = &prefix.in_the_way;
    part(plan, SETTINGS, &declared.settings, observed, &there, in_the_way);
    // Signing in breaks while the mode is on and its keys are not there: they come first.
    part(plan, LOGIN, &declared.login, observed, &there, in_the_way);
    if let Some(mode) = &declared.auth_mode {
        part(plan, AUTH_MODE, mode, observed, &there, in_the_way);
    }
    if let Some(prefix) = &declared.robot_name_prefix {
        part(plan, ROBOT_NAME_PREFIX, prefix, observed, &there, in_the_way);
    }
}

/// A secret of a login mode, and what says whose login it is.
struct LoginSecret {
    key: &'static str,
    mode: &'static str,
    identity: [&'static str; 2],
}

const LOGIN_SECRETS: [LoginSecret; 3] = [
    LoginSecret { key: CLIENT_SECRET, mode: OIDC_AUTH, identity: ["oidc_client_id", "oidc_endpoint"] },
    LoginSecret { key: "ldap_search_password", mode: "ldap_auth", identity: ["ldap_search_dn", "ldap_url"] },
    LoginSecret { key: "uaa_client_secret", mode: "uaa_auth", identity: ["uaa_client_id", "uaa_endpoint"] },
];

/// The values that are there. A login that was never set up has no secret, which the server shows as little as one that is
/// there: so a secret of which nothing is remembered counts as empty while its mode begins, or another account or server is
/// declared with it.
fn seen(plan: &PlanBuilder<'_>, desired: &Desired, observed: &Observed) -> BTreeMap<String, Value> {
    let mut values = observed.configuration.values.clone();
    let there = &observed.configuration;
    let declared = keys(&desired.configuration.login.value);
    let text = |key: &str| declared.get(key).and_then(Value::as_str);
    for LoginSecret { key, mode, identity } in LOGIN_SECRETS {
        // One of them is shown as empty also when there is one.
        values.remove(key);
        let secret = secret_of(&desired.configuration.login.value, key);
        let is_unknown = secret.is_some_and(|secret| {
            plan.secrets().recall(&configuration(LOGIN), key, &secret.expose().into()) == Recall::Nothing
        });
        let begins = desired.auth_mode() == Some(mode) && there.text(AUTH_MODE) != mode;
        let is_another = identity.iter().any(|key| text(key).is_some_and(|wanted| there.text(key) != wanted));
        if is_unknown && (begins || is_another) {
            values.insert(key.to_owned(), Value::String(String::new()));
        }
    }
    let banner = keys(&desired.configuration.settings.value).remove(BANNER);
    if let Some(wanted) = banner.filter(|wanted| means_the_same(wanted, there.text(BANNER))) {
        values.insert(BANNER.to_owned(), wanted);
    }
    values
}

fn secret_of<'c>(declared: &'c Configurations, key: &str) -> Option<&'c Secret> {
    match key {
        CLIENT_SECRET => declared.oidc_client_secret.as_ref(),
        "ldap_search_password" => declared.ldap_search_password.as_ref(),
        _ => declared.uaa_client_secret.as_ref(),
    }
}

const BANNER: &str = "banner_message";

/// A banner is JSON in a text; the server keeps what it means, and puts its keys in an order of its own.
fn means_the_same(wanted: &Value, there: &str) -> bool {
    let meaning = |text: &str| serde_json::from_str::<Value>(text).ok();
    let wanted = wanted.as_str().and_then(meaning);
    wanted.is_some() && wanted == meaning(there)
}

/// A generated type is always written as the map that it was read from.
fn keys(configurations: &Configurations) -> Map<String, Value> {
    match serde_json::to_value(configurations) {
        Ok(Value::Object(keys)) => keys,
        _ => Map::new(),
    }
}

fn part(
    plan: &mut PlanBuilder<'_>,
    name: &str,
    declared: &Declared<Configurations>,
    observed: &Observed,
    there: &BTreeMap<String, Value>,
    in_the_way: &[String],
) {
    let object = configuration(name);
    let Some((action, difference)) = plan.difference(&object, &declared.value, Some(there), RULES) else { return };
    let mut difference = difference.caused_by(&declared.field_causes);
    if name != AUTH_MODE && !observed.configuration.is_fixed() {
        leave_frozen(plan, &object, &mut difference, observed);
    }
    if difference.is_empty() {
        return;
    }
    // What nobody can change now is told by every command, before anything is tried.
    let operation = if observed.configuration.is_fixed() {
        plan.warn(object.clone(), "cannot be changed: the server's environment has CONFIG_OVERWRITE_JSON set");
        Operation::ConfigurationIsFixed
    } else if name == AUTH_MODE && observed.configuration.frozen.contains(AUTH_MODE) {
        plan.warn(object.clone(), "cannot be changed while there are local users besides `admin`");
        Operation::AuthModeIsFrozen(observed.configuration.text(AUTH_MODE).to_owned())
    } else if name == ROBOT_NAME_PREFIX && !in_the_way.is_empty() {
        plan.note(object.clone(), "would rename robots that are not ours, so that it is refused");
        Operation::PrefixIsShared(in_the_way.to_vec())
    } else {
        Operation::Configure(Box::new(only(&declared.value, &difference)))
    };
    let waits_for = (name == AUTH_MODE).then(|| configuration(LOGIN));
    // A write of the configuration reads and writes it as a whole in the server.
    let dependencies = Dependencies::after(waits_for).exclusive_in(configuration(SETTINGS));
    // A mode of login with half of its keys locks people out, groups are no members before it, and names of robots follow the prefix.
    plan.push(object, action, difference, Origin::of(declared), dependencies, operation).is_needed(true);
}

/// Takes out keys that the server says it does not let anybody edit: they are told, and the others are written.
fn leave_frozen(plan: &mut PlanBuilder<'_>, object: &ObjectId, difference: &mut Difference, observed: &Observed) {
    let is_frozen = |path: &str| observed.configuration.frozen.contains(path);
    let frozen: Vec<String> =
        difference.changes.iter().map(|change| change.path.to_string()).filter(|path| is_frozen(path)).collect();
    difference.changes.retain(|change| !is_frozen(&change.path));
    difference.secrets.retain(|secret| !is_frozen(&secret.path));
    if !frozen.is_empty() {
        plan.leave_unjudged(Unjudged {
            objects: vec![object.clone()],
            why: WhyUnjudged::Fixed,
            message: format!("harbor lets nobody change `{}` of its configuration", frozen.join("`, `")),
            hint: "leave it out of the values, or change it where the server gets it from".to_owned(),
        });
    }
}

/// The declared keys that differ: only these are sent.
fn only(declared: &Configurations, difference: &Difference) -> Configurations {
    let Ok(mut keys) = overlay::fields(declared) else { return declared.clone() };
    keys.retain(|key, _| difference.changes.iter().any(|change| *change.path == **key));
    overlay::typed(keys).unwrap_or_else(|_| declared.clone())
}
