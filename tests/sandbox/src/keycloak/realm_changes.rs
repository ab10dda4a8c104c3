//! Making and changing realms (server-behaviour 2.4 and 2.5, contract `realm-lifecycle`).

use http::StatusCode;
use serde_json::{Map, Value, json};

use super::answer::{Answer, Reply};
use super::credentials::{check_policy, written_policy};
use super::imports;
use super::scopes;
use super::state::fresh::{self, MASTER};
use super::state::providers::MASK;
use super::state::{Realm, Settings, settings_of, text_of, texts};
use super::world::World;

/// Fields that a fresh realm does not show but a PUT can add.
const ADDABLE: &[&str] = &[
    "displayName",
    "displayNameHtml",
    "loginTheme",
    "accountTheme",
    "adminTheme",
    "emailTheme",
    "defaultLocale",
    "supportedLocales",
    "passwordPolicy",
    "eventsExpiration",
    "webAuthnPolicyPasswordlessPasskeysEnabled",
    "webAuthnPolicyPasswordlessMediation",
];

/// Fields that say to which flow something is bound.
const FLOWS: &[&str] = &[
    "browserFlow",
    "registrationFlow",
    "directGrantFlow",
    "resetCredentialsFlow",
    "clientAuthenticationFlow",
    "dockerAuthenticationFlow",
    "firstBrokerLoginFlow",
];

/// Numbers and flags that are kept as attributes, and shown as such once they were put.
const AS_ATTRIBUTES: &[&str] = &[
    "clientSessionIdleTimeout",
    "clientSessionMaxLifespan",
    "clientOfflineSessionIdleTimeout",
    "clientOfflineSessionMaxLifespan",
    "oauth2DeviceCodeLifespan",
    "oauth2DevicePollingInterval",
    "scimApiEnabled",
];

/// Switches of features that the server was started without: they stay off, whatever is sent.
const FEATURES_THAT_ARE_OFF: &[&str] = &["verifiableCredentialsEnabled", "scimApiEnabled"];

/// The OTP policy counts only when its type is sent, and then as a whole.
const OTP: &[&str] = &[
    "otpPolicyType",
    "otpPolicyAlgorithm",
    "otpPolicyInitialCounter",
    "otpPolicyDigits",
    "otpPolicyLookAheadWindow",
    "otpPolicyPeriod",
    "otpPolicyCodeReusable",
];

/// What has a place of its own, cannot be put, or is ignored.
const ELSEWHERE: &[&str] = &[
    "id",
    "realm",
    "attributes",
    "smtpServer",
    "enabledEventTypes",
    "defaultRole",
    "browserSecurityHeaders",
    "otpSupportedApplications",
];

/// Policies for security keys, each of which a PUT takes as a whole, and only with its name for the server: what is left
/// out is the default then.
const WEB_AUTHN: [&str; 2] = ["webAuthnPolicyPasswordless", "webAuthnPolicy"];

/// The name in a representation, unless it is empty.
pub(crate) fn name_of(representation: &Map<String, Value>) -> Option<&str> {
    text_of(representation, "realm").filter(|name| !name.trim().is_empty())
}

/// Refuses characters that mean something in an address.
pub(crate) fn check_name(name: &str) -> Result<(), String> {
    match name.chars().find(|letter| ":/?#@!$&()*+,;=[]\\".contains(*letter)) {
        Some(letter) => Err(format!("Character '{letter}' not allowed.")),
        None => Ok(()),
    }
}

/// A realm from its representation: settings, and the objects that it brings along.
pub(crate) fn new_realm(id: &str, name: &str, representation: &Map<String, Value>, now: i64) -> Result<Realm, Answer> {
    let own_scopes = representation.get("clientScopes").and_then(Value::as_array);
    let mut realm = fresh::realm(id, name, own_scopes.is_none());
    for scope in own_scopes.into_iter().flatten().filter_map(Value::as_object) {
        let scope = scopes::new_scope(scope)?;
        realm.scopes.insert(scope);
    }
    realm.fields.insert("enabled".to_owned(), json!(false));
    if let Some(attributes) = representation.get("attributes").filter(|map| map.is_object()) {
        realm.attributes.extend(settings_of(attributes));
    }
    change(&mut realm, representation).map_err(|failure| {
        let is_bug = failure.status == StatusCode::INTERNAL_SERVER_ERROR;
        if is_bug { Answer::unhandled() } else { failure }
    })?;
    imports::bring(&mut realm, representation, now)?;
    Ok(realm)
}

/// Answers `PUT /admin/realms/{realm}`. What is left out or null stays; attributes and SMTP settings are replaced.
pub(crate) fn put(world: &mut World, name: &str, representation: &Map<String, Value>) -> Reply {
    let new_name = match representation.get("realm").and_then(Value::as_str) {
        Some(_) => name_of(representation).ok_or_else(|| Answer::invalid("Realm name cannot be empty"))?.to_owned(),
        None => name.to_owned(),
    };
    if new_name != name {
        if name == MASTER {
            return Err(Answer::invalid("Can't rename master realm"));
        }
        check_name(&new_name).map_err(Answer::invalid)?;
        if world.realm(&new_name).is_some() {
            return Err(Answer::exists("Realm with same name exists"));
        }
    }
    let realm = world.realm_mut(name).ok_or_else(|| Answer::not_found("Realm not found."))?;
    let groups = default_groups(realm, representation)?;
    let (fields, attributes, smtp, types) =
        (realm.fields.clone(), realm.attributes.clone(), realm.smtp.clone(), realm.event_types.clone());
    replace_attributes(realm, representation);
    if let Err(failure) = change(realm, &with_whole_policies(representation)) {
        // all or nothing: the real server rolls its transaction back
        (realm.fields, realm.attributes, realm.smtp, realm.event_types) = (fields, attributes, smtp, types);
        return Err(failure);
    }
    if let Some(groups) = groups {
        realm.default_groups = groups;
    }
    if new_name != name {
        rename(world, name, &new_name);
    }
    Ok(Answer::done())
}

/// A representation as a PUT understands it: without the policies for security keys that it does not name, and with all of
/// those that it does.
fn with_whole_policies(representation: &Map<String, Value>) -> Map<String, Value> {
    let policy = |field: &str| WEB_AUTHN.into_iter().find(|policy| field.starts_with(policy));
    let named = |policy: &str| representation.get(&format!("{policy}RpEntityName")).is_some_and(Value::is_string);
    let defaults = fresh::settings().into_iter().filter(|(field, _)| policy(field).is_some_and(named));
    let mut whole: Map<String, Value> = defaults.collect();
    let sent = representation.iter().filter(|(field, _)| policy(field).is_none_or(named));
    whole.extend(sent.map(|(field, value)| (field.clone(), value.clone())));
    whole
}

fn default_groups(
    realm: &Realm,
    representation: &Map<String, Value>,
) -> Result<Option<std::collections::BTreeSet<super::ids::GroupId>>, Answer> {
    let Some(paths) = representation.get("defaultGroups").filter(|paths| paths.is_array()) else { return Ok(None) };
    let found = texts(paths).into_iter().map(|path| realm.groups.at_path(&path).map(|group| group.id.clone()));
    found.collect::<Option<_>>().map(Some).ok_or_else(failed)
}

fn failed() -> Answer {
    Answer::message(StatusCode::INTERNAL_SERVER_ERROR, "Failed to update realm")
}

/// Attributes are replaced as a whole when they are sent. The server's own come back: those of CIBA and PAR as sent or
/// else at their defaults at every PUT, those of device codes at their defaults when attributes are sent.
fn replace_attributes(realm: &mut Realm, representation: &Map<String, Value>) {
    let sent = representation.get("attributes").filter(|map| map.is_object()).map(settings_of);
    let managed = fresh::managed_attributes();
    if let Some(sent) = &sent {
        realm.attributes = sent.clone();
        for field in AS_ATTRIBUTES {
            realm.attributes.remove(*field);
        }
        for shown in ["displayName", "displayNameHtml"] {
            realm.attributes.remove(shown);
        }
        for field in AS_ATTRIBUTES {
            if !realm.fields.contains_key(*field) {
                continue;
            }
            let default = managed.get(*field).and_then(|text| text.parse::<i64>().ok()).unwrap_or(0);
            let default = if *field == "scimApiEnabled" { json!(false) } else { json!(default) };
            realm.fields.insert((*field).to_owned(), default);
        }
    }
    for (name, default) in managed {
        let kept =
            matches!(name.as_str(), "oauth2DeviceCodeLifespan" | "oauth2DevicePollingInterval") && sent.is_none();
        if name == "realmReusableOtpCode" || kept {
            continue;
        }
        let ours = name.starts_with("ciba") || name.starts_with("par");
        let value = sent.as_ref().and_then(|sent| sent.get(&name)).filter(|_| ours).cloned();
        realm.attributes.insert(name, value.unwrap_or(default));
    }
}

/// Applies the fields of a representation, each that is there and not null.
fn change(realm: &mut Realm, representation: &Map<String, Value>) -> Result<(), Answer> {
    check(representation)?;
    let otp = representation.get("otpPolicyType").is_some_and(Value::is_string);
    for (field, value) in representation.iter().filter(|(_, value)| !value.is_null()) {
        let name = field.as_str();
        let shown = realm.fields.contains_key(name) || ADDABLE.contains(&name);
        if !shown || ELSEWHERE.contains(&name) || (OTP.contains(&name) && !otp) {
            continue;
        }
        let off = json!(false);
        let value = if FEATURES_THAT_ARE_OFF.contains(&name) { &off } else { value };
        if AS_ATTRIBUTES.contains(&name) {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            realm.attributes.insert(field.clone(), text);
        }
        let value = match (name, value.as_str()) {
            ("sslRequired", text) => json!(text.unwrap_or_default().to_lowercase()),
            ("passwordPolicy", Some(policy)) => json!(written_policy(policy)),
            _ => value.clone(),
        };
        realm.fields.insert(field.clone(), value);
    }
    if otp {
        otp_policy(realm, representation);
        let reusable = representation.get("otpPolicyCodeReusable").and_then(Value::as_bool).unwrap_or(false);
        realm.attributes.insert("realmReusableOtpCode".to_owned(), reusable.to_string());
    }
    exclude_emails(realm, representation);
    drop_empty(realm);
    if let Some(headers) = representation.get("browserSecurityHeaders").and_then(Value::as_object)
        && let Some(stored) = realm.fields.get_mut("browserSecurityHeaders").and_then(Value::as_object_mut)
    {
        stored.extend(headers.clone());
    }
    if let Some(types) = representation.get("enabledEventTypes").filter(|types| types.is_array()) {
        realm.event_types = texts(types);
    }
    if let Some(smtp) = representation.get("smtpServer").filter(|smtp| smtp.is_object()) {
        realm.smtp = smtp_settings(&realm.smtp, settings_of(smtp))?;
    }
    Ok(())
}

/// Emails that several users may have serve neither to log in nor as user names: whichever of the two is switched on
/// switches the other off. Where both are sent, duplicates win.
fn exclude_emails(realm: &mut Realm, representation: &Map<String, Value>) {
    const DUPLICATES: &str = "duplicateEmailsAllowed";
    const UNIQUE: [&str; 2] = ["registrationEmailAsUsername", "loginWithEmailAllowed"];
    let on = |field: &str| representation.get(field).and_then(Value::as_bool) == Some(true);
    let off: &[&str] = if on(DUPLICATES) {
        &UNIQUE
    } else if UNIQUE.into_iter().any(on) {
        &[DUPLICATES]
    } else {
        &[]
    };
    for field in off {
        realm.fields.insert((*field).to_owned(), json!(false));
    }
}

/// A policy that is sent is taken as a whole: what it leaves out is nothing.
fn otp_policy(realm: &mut Realm, representation: &Map<String, Value>) {
    for field in OTP {
        let sent = representation.get(*field).filter(|value| !value.is_null()).cloned();
        let nothing = match *field {
            "otpPolicyAlgorithm" => None,
            "otpPolicyCodeReusable" => Some(json!(false)),
            _ => Some(json!(0)),
        };
        match sent.or(nothing) {
            Some(value) => realm.fields.insert((*field).to_owned(), value),
            None => realm.fields.remove(*field),
        };
    }
    // one of the known applications cannot do anything but the usual policy
    let usual = [
        ("otpPolicyType", json!("totp")),
        ("otpPolicyAlgorithm", json!("HmacSHA1")),
        ("otpPolicyDigits", json!(6)),
        ("otpPolicyPeriod", json!(30)),
    ];
    let usual = usual.iter().all(|(field, value)| realm.fields.get(*field) == Some(value));
    let mut applications = vec!["totpAppFreeOTPName", "totpAppGoogleName"];
    if usual {
        applications.push("totpAppMicrosoftAuthenticatorName");
    }
    realm.fields.insert("otpSupportedApplications".to_owned(), json!(applications));
}

/// Values that take a field away: no locales, no password policy, no expiration.
fn drop_empty(realm: &mut Realm) {
    let gone = |field: &str, empty: &dyn Fn(&Value) -> bool| realm.fields.get(field).is_some_and(empty);
    let mut drop = Vec::new();
    if gone("supportedLocales", &|value| value.as_array().is_some_and(Vec::is_empty)) {
        drop.push("supportedLocales");
    }
    if gone("passwordPolicy", &|value| value == "") {
        drop.push("passwordPolicy");
    }
    if gone("eventsExpiration", &|value| value == 0) {
        drop.push("eventsExpiration");
    }
    for field in drop {
        realm.fields.remove(field);
    }
}

fn check(representation: &Map<String, Value>) -> Result<(), Answer> {
    if let Some(policy) = text_of(representation, "passwordPolicy") {
        check_policy(policy)?;
    }
    if let Some(ssl) = text_of(representation, "sslRequired")
        && !matches!(ssl.to_lowercase().as_str(), "all" | "external" | "none")
    {
        return Err(failed());
    }
    let known = fresh::flows();
    for flow in FLOWS.iter().filter_map(|field| text_of(representation, field)) {
        if !known.iter().any(|alias| alias == flow) {
            return Err(failed());
        }
    }
    let required = representation.get("requiredCredentials").map(texts).unwrap_or_default();
    if required.iter().any(|credential| credential != "password") {
        return Err(failed());
    }
    Ok(())
}

/// SMTP settings are replaced; the mask keeps the stored password, and without `auth` there is none.
fn smtp_settings(stored: &Settings, mut sent: Settings) -> Result<Settings, Answer> {
    if sent.is_empty() {
        return Ok(sent);
    }
    let from = sent.get("from").map_or("null", String::as_str);
    if !from.contains('@') {
        return Err(Answer::invalid(format!(
            "Invalid sender address '{from}'. If the address contains UTF-8 characters in the local part please ensure \
             the SMTP server supports the SMTPUTF8 extension and enable 'Allow UTF-8' in the email realm configuration."
        )));
    }
    let authenticated = sent.get("auth").is_some_and(|auth| auth == "true");
    let password = sent.remove("password").filter(|password| authenticated && !password.is_empty());
    let password = match password {
        Some(password) if password == MASK => stored.get("password").cloned(),
        other => other,
    };
    if let Some(password) = password {
        sent.insert("password".to_owned(), password);
    }
    Ok(sent)
}

/// Renames a realm with what carries its name: master's stand-in client, and the addresses of built-in clients.
fn rename(world: &mut World, name: &str, new_name: &str) {
    if let Some(master) = world.realm_mut(MASTER)
        && let Some(key) = master.clients.named(&format!("{name}-realm")).map(|client| client.key.clone())
    {
        master.clients.rename(&key, &format!("{new_name}-realm"));
    }
    let Some(realm) = world.realm_mut(name) else { return };
    new_name.clone_into(&mut realm.name);
    for client in ["account", "account-console", "security-admin-console"] {
        let Some(key) = realm.clients.named(client).map(|client| client.key.clone()) else { continue };
        let Some(client) = realm.clients.get_mut(key.as_str()) else { continue };
        for field in ["baseUrl", "redirectUris"] {
            if let Some(value) = client.fields.get_mut(field) {
                replace(value, &format!("/realms/{name}/"), &format!("/realms/{new_name}/"));
                replace(value, &format!("/admin/{name}/"), &format!("/admin/{new_name}/"));
            }
        }
    }
}

fn replace(value: &mut Value, from: &str, to: &str) {
    match value {
        Value::String(text) => *text = text.replace(from, to),
        Value::Array(items) => items.iter_mut().for_each(|item| replace(item, from, to)),
        _ => {}
    }
}
