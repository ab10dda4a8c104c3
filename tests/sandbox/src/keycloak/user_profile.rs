//! The realm's user profile: which attributes users have, who may edit them, and what values are refused.

use http::Method;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

use super::answer::{Answer, Reply};
use super::context::{Context, roles as right};
use super::provider_types;
use super::request::Request;
use super::state::{Attributes, Realm, texts};

/// What is wrong with a user's attribute.
#[derive(Debug, PartialEq)]
pub(crate) struct Complaint {
    field: String,
    message: &'static str,
    params: Vec<Value>,
}

impl Complaint {
    fn new(field: &str, message: &'static str, more: Vec<Value>) -> Self {
        let mut params = vec![json!(field)];
        params.extend(more);
        Self { field: field.to_owned(), message, params }
    }

    /// A change of what may not be changed.
    pub(crate) fn read_only(field: &str) -> Self {
        Self::new(field, "error-user-attribute-read-only", Vec::new())
    }

    pub(crate) fn view(&self) -> Value {
        json!({"field": self.field, "errorMessage": self.message, "params": self.params})
    }
}

/// Answers below `/users/profile`.
pub(crate) fn answer(realm: &mut Realm, context: &Context, request: &Request, rest: &[&str]) -> Reply {
    match (&request.method, rest) {
        (&Method::GET, []) => {
            context.rights.need(&["view-realm", "manage-realm", "query-users", "view-users", "manage-users"])?;
            Ok(Answer::found(realm.profile.clone()))
        }
        (&Method::GET, ["metadata"]) => {
            context.rights.need(right::VIEW_USERS)?;
            Ok(Answer::found(metadata(realm, false)))
        }
        (&Method::PUT, []) => {
            context.rights.need(right::MANAGE_REALM)?;
            realm.profile = completed(request.object("UPConfig")?)?;
            Ok(Answer::plain(realm.profile.clone()))
        }
        (_, [] | ["metadata"]) => Err(Answer::wrong_method()),
        _ => Err(Answer::nowhere()),
    }
}

/// The profile as it is stored: what was sent, with the defaults that the server shows. It is replaced as a whole.
fn completed(mut config: Map<String, Value>) -> Result<Value, Answer> {
    without_nulls(&mut config);
    let groups = config.get("groups").and_then(Value::as_array).into_iter().flatten();
    let groups: Vec<String> = groups.filter_map(|group| group["name"].as_str()).map(str::to_owned).collect();
    if let Some(attributes) = config.get_mut("attributes").and_then(Value::as_array_mut) {
        let problems = problems(attributes, &groups);
        if !problems.is_empty() {
            return Err(Answer::invalid(format!("[{}]", problems.join(", "))));
        }
        for attribute in attributes.iter_mut().filter_map(Value::as_object_mut) {
            attribute.entry("multivalued").or_insert(json!(false));
        }
    }
    config.entry("groups").or_insert(json!([]));
    Ok(Value::Object(config))
}

fn without_nulls(map: &mut Map<String, Value>) {
    map.retain(|_, value| !value.is_null());
    for value in map.values_mut() {
        match value {
            Value::Object(inner) => without_nulls(inner),
            Value::Array(items) => items.iter_mut().filter_map(Value::as_object_mut).for_each(without_nulls),
            _ => {}
        }
    }
}

fn problems(attributes: &[Value], groups: &[String]) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let mut problems = Vec::new();
    for attribute in attributes {
        match attribute["name"].as_str().filter(|name| !name.is_empty()) {
            None => problems.push("Attribute configuration without 'name' is not allowed".to_owned()),
            Some(name) if !seen.insert(name) => {
                problems.push(format!("Attribute configuration already exists with 'name':'{name}'"));
            }
            Some(_) => {}
        }
    }
    for attribute in attributes {
        attribute_problems(attribute, groups, &mut problems);
    }
    for needed in ["username", "email"] {
        if !seen.contains(needed) {
            problems.push(format!("The attribute '{needed}' can not be removed"));
        }
    }
    problems
}

fn attribute_problems(attribute: &Value, groups: &[String], problems: &mut Vec<String>) {
    let Some(name) = attribute["name"].as_str() else { return };
    if !name.chars().all(|letter| letter.is_ascii_alphanumeric() || "._-".contains(letter)) {
        problems.push(format!(
            "Invalid attribute name (only letters, numbers and '.' '_' '-' special characters allowed): {name}'"
        ));
    }
    for (validator, _) in attribute["validations"].as_object().into_iter().flatten() {
        if !provider_types::is_validator(validator) {
            problems.push(format!("Validator '{validator}' defined for attribute '{name}' doesn't exist"));
        }
    }
    let places = [
        ("permissions.view", &attribute["permissions"]["view"]),
        ("permissions.edit", &attribute["permissions"]["edit"]),
        ("required.roles", &attribute["required"]["roles"]),
    ];
    for (place, roles) in places {
        for role in texts(roles).iter().filter(|role| !matches!(role.as_str(), "admin" | "user")) {
            problems.push(format!("'{place}' configuration for attribute '{name}' contains unsupported role '{role}'"));
        }
    }
    if let Some(group) = attribute["group"].as_str().filter(|group| !groups.iter().any(|known| known == group)) {
        problems.push(format!("Attribute '{name}' references unknown group '{group}'"));
    }
}

fn declared<'a>(realm: &'a Realm, name: &str) -> Option<&'a Value> {
    realm.profile["attributes"].as_array()?.iter().find(|attribute| attribute["name"] == name)
}

fn policy(realm: &Realm) -> Option<&str> {
    realm.profile["unmanagedAttributePolicy"].as_str()
}

fn allowed(attribute: &Value, right: &str) -> bool {
    match attribute["permissions"][right].as_array() {
        Some(roles) => roles.iter().any(|role| role == "admin"),
        None => attribute.get("permissions").is_none(),
    }
}

/// Whether an administrator may set an attribute: declared so, or undeclared under a policy that lets him. A locale needs
/// internationalisation.
pub(crate) fn editable(realm: &Realm, name: &str) -> bool {
    match declared(realm, name) {
        Some(attribute) => allowed(attribute, "edit"),
        None if name == "locale" => realm.flag("internationalizationEnabled"),
        None => matches!(policy(realm), Some("ENABLED" | "ADMIN_EDIT")),
    }
}

/// The attributes of a user that an administrator sees.
pub(crate) fn visible(realm: &Realm, attributes: &Attributes) -> Attributes {
    let shown = |name: &&String| match declared(realm, name) {
        Some(attribute) => allowed(attribute, "view") || allowed(attribute, "edit"),
        // the administrator that comes with the server carries a mark that no profile hides
        None => policy(realm).is_some() || name.as_str() == "is_temporary_admin",
    };
    let entries = attributes.iter().filter(|(name, _)| shown(name));
    entries.map(|(name, values)| (name.clone(), values.clone())).collect()
}

/// What the profile's validations say against these values.
pub(crate) fn complaints(realm: &Realm, values: &BTreeMap<String, Vec<String>>) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    for attribute in realm.profile["attributes"].as_array().into_iter().flatten() {
        let name = attribute["name"].as_str().unwrap_or_default();
        let given = values.get(name).into_iter().flatten().filter(|value| !value.is_empty());
        let given: Vec<&String> = given.collect();
        if given.is_empty() {
            let roles = texts(&attribute["required"]["roles"]);
            let by_email = name == "email" && realm.flag("registrationEmailAsUsername");
            if by_email || roles.iter().any(|role| role == "admin") {
                complaints.push(Complaint::new(name, "error-user-attribute-required", Vec::new()));
            }
            continue;
        }
        for (validator, config) in attribute["validations"].as_object().into_iter().flatten() {
            complaints.extend(given.iter().find_map(|value| refused(validator, config, name, value)));
        }
    }
    complaints
}

fn refused(validator: &str, config: &Value, name: &str, value: &str) -> Option<Complaint> {
    let number = |key: &str| {
        let number = &config[key];
        number.as_u64().or_else(|| number.as_str()?.parse().ok())
    };
    let complain = |message, more| Some(Complaint::new(name, message, more));
    match validator {
        "length" => {
            let length = u64::try_from(value.chars().count()).unwrap_or(u64::MAX);
            let (min, max) = (number("min"), number("max"));
            if min.is_none_or(|min| length >= min) && max.is_none_or(|max| length <= max) {
                return None;
            }
            let message = match (min, max) {
                (Some(_), Some(_)) => "error-invalid-length",
                (Some(_), None) => "error-invalid-length-too-short",
                _ => "error-invalid-length-too-long",
            };
            complain(message, vec![json!(min), json!(max)])
        }
        "email" if !is_email(value) => complain("error-invalid-email", vec![json!(value)]),
        "person-name-prohibited-characters"
            if value.contains([
                '<', '>', '&', '"', '$', '%', '!', '#', '?', '§', ';', '*', '~', '/', '\\', '|', '^', '=', '[', ']',
                '{', '}', '(', ')',
            ]) =>
        {
            complain("error-person-name-invalid-character", Vec::new())
        }
        "username-prohibited-characters" if value.contains(prohibited_in_names) => {
            complain("error-username-invalid-character", Vec::new())
        }
        "integer" if value.parse::<i64>().is_err() => complain("error-invalid-integer", vec![json!(value)]),
        "options" if !texts(&config["options"]).iter().any(|option| option == value) => {
            complain("error-invalid-value", vec![json!(value)])
        }
        _ => None,
    }
}

/// Letters that a user name may not have: space, signs with a meaning elsewhere, and what is neither Latin nor common.
fn prohibited_in_names(letter: char) -> bool {
    letter.is_whitespace() || letter.is_control() || "<>&\"'$%!#?§,;:*~/\\|^=[]{}()`".contains(letter) || !latin(letter)
}

fn latin(letter: char) -> bool {
    !letter.is_alphabetic() || u32::from(letter) < 0x0250 || (0x1e00..0x1f00).contains(&u32::from(letter))
}

fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else { return false };
    let word = |part: &str| !part.is_empty() && !part.starts_with('.') && !part.ends_with('.');
    let no_blank = !text.contains(|letter: char| letter.is_whitespace() || letter == ',' || letter == ';');
    no_blank && word(local) && word(domain) && !local.contains('@') && !domain.contains("..")
}

/// The profile as forms want it. A user that is there already cannot change its name unless the realm lets it.
pub(crate) fn metadata(realm: &Realm, of_user: bool) -> Value {
    let attributes = realm.profile["attributes"].as_array().into_iter().flatten();
    let attributes: Value = attributes
        .map(|attribute| {
            let name = attribute["name"].as_str().unwrap_or_default();
            let mut validators = Map::new();
            for (validator, config) in attribute["validations"].as_object().into_iter().flatten() {
                let mut config = config.clone();
                config["ignore.empty.value"] = json!(true);
                validators.insert(validator.clone(), config);
            }
            let many = attribute["multivalued"] == true;
            if !many {
                validators.insert("multivalued".to_owned(), json!({"max": "1"}));
            }
            let required =
                name == "username" || texts(&attribute["required"]["roles"]).iter().any(|role| role == "admin");
            let fixed = of_user && name == "username" && !realm.flag("editUsernameAllowed");
            json!({
                "name": name,
                "displayName": attribute["displayName"],
                "required": required,
                "readOnly": fixed || !allowed(attribute, "edit"),
                "validators": validators,
                "multivalued": many,
            })
        })
        .collect();
    json!({"attributes": attributes, "groups": realm.profile["groups"]})
}
