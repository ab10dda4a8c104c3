//! What representations send and keep, and their schemas.

use std::collections::BTreeMap;

use evenkeel_keycloak_client::{json_schema, types};
use evenkeel_transport::Secret;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

fn sent(representation: impl Serialize) -> Value {
    serde_json::to_value(representation).unwrap()
}

#[test]
fn an_empty_representation_sends_nothing() {
    assert_eq!(sent(types::RealmRepresentation::default()), json!({}));
    assert_eq!(sent(types::UserRepresentation::default()), json!({}));
    assert_eq!(sent(types::UpConfig::default()), json!({}));
}

#[test]
fn absent_and_empty_are_two_things() {
    let client = types::ClientRepresentation {
        web_origins: Some(Vec::new()),
        attributes: Some(BTreeMap::new()),
        ..types::ClientRepresentation::default()
    };
    assert_eq!(sent(client), json!({"webOrigins": [], "attributes": {}}));
}

#[test]
fn a_secret_is_sent_as_text_and_shown_to_nobody() {
    let client =
        types::ClientRepresentation { secret: Some(Secret::from("hunter2")), ..types::ClientRepresentation::default() };
    assert!(!format!("{client:?}").contains("hunter2"));
    assert_eq!(sent(client), json!({"secret": "hunter2"}));
}

fn round_trip<T: Serialize + DeserializeOwned>(value: &Value) {
    assert_eq!(&sent(serde_json::from_value::<T>(value.clone()).unwrap()), value);
}

#[test]
fn reading_and_writing_loses_no_unknown_field() {
    round_trip::<types::RealmRepresentation>(
        &json!({"realm": "r", "supportedLocales": [], "clientPolicies": {"policies": []}, "components": {"a": [1]}}),
    );
    round_trip::<types::ClientRepresentation>(
        &json!({"clientId": "c", "newer": {"a": null}, "protocolMappers": [{"name": "m", "newer": 1}]}),
    );
    round_trip::<types::GroupRepresentation>(
        &json!({"name": "g", "newer": [1], "subGroups": [{"name": "s", "newer": 2}]}),
    );
    round_trip::<types::IdentityProviderRepresentation>(&json!({"alias": "a", "config": {"k": "v"}, "newer": true}));
    round_trip::<types::UpConfig>(&json!({
        "unmanagedAttributePolicy": "ADMIN_EDIT",
        "newer": 1,
        "groups": [{"name": "g", "annotations": {"a": {"b": [1]}}, "newer": 1}],
        "attributes": [{
            "name": "username",
            "displayName": "${username}",
            "validations": {"length": {"min": 3, "max": 255}, "username-prohibited-characters": {}},
            "permissions": {"view": ["admin"], "edit": [], "newer": 1},
            "required": {"roles": ["user"], "newer": 1},
            "selector": {"scopes": [], "newer": 1},
            "annotations": {"x": null},
            "multivalued": false,
            "newer": {"deep": []},
        }],
    }));
}

fn is_valid(schema: &str, value: &Value) -> bool {
    jsonschema::validator_for(&json_schema(schema).unwrap()).unwrap().is_valid(value)
}

#[test]
fn what_people_declare_has_a_schema() {
    for name in [
        "RealmRepresentation",
        "RealmEventsConfigRepresentation",
        "ClientRepresentation",
        "ClientScopeRepresentation",
        "ProtocolMapperRepresentation",
        "RoleRepresentation",
        "GroupRepresentation",
        "UserRepresentation",
        "CredentialRepresentation",
        "IdentityProviderRepresentation",
        "IdentityProviderMapperRepresentation",
        "UPConfig",
    ] {
        let schema = json_schema(name).unwrap_or_else(|| panic!("{name} has no schema"));
        jsonschema::meta::validate(&schema).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(is_valid(name, &json!({})), "{name}");
        assert!(!is_valid(name, &json!({"noSuchField": 1})), "{name} takes an unknown field");
    }
    assert!(json_schema("TokenResponse").is_none());
}

#[test]
fn a_declared_realm_is_held_to_names_and_types() {
    let realm = json!({
        "accessTokenLifespan": 60, "supportedLocales": ["de"], "smtpServer": {"host": "mail"}, "loginTheme": "x",
        "localizationTexts": {"de": {"k": "v"}}, "attributes": {"a": "b"}, "quickLoginCheckMilliSeconds": 1000
    });
    assert!(is_valid("RealmRepresentation", &realm));
    assert!(!is_valid("RealmRepresentation", &json!({"accessTokenLifespan": "60"})));
    assert!(!is_valid("RealmRepresentation", &json!({"accessTokenLifespan": 2_147_483_648_i64})));
    assert!(!is_valid("RealmRepresentation", &json!({"acessTokenLifespan": 60})));
    assert!(!is_valid("RealmRepresentation", &json!({"keycloakVersion": "26"})), "read-only");
}

#[test]
fn unknown_names_are_refused_at_every_depth() {
    assert!(is_valid("ClientRepresentation", &json!({"protocolMappers": [{"name": "m", "config": {"any": "x"}}]})));
    assert!(!is_valid("ClientRepresentation", &json!({"protocolMappers": [{"nam": "m"}]})));
    assert!(!is_valid("UPConfig", &json!({"attributes": [{"permissions": {"read": []}}]})));
    assert!(is_valid("UPConfig", &json!({"attributes": [{"validations": {"length": {"min": 1}}}]})));
}

#[test]
fn secrets_are_marked_in_the_schema() {
    let schema = json_schema("ClientRepresentation").unwrap();
    assert_eq!(schema["properties"]["secret"]["x-secret"], json!(true));
    let schema = json_schema("UserRepresentation").unwrap();
    assert_eq!(schema["$defs"]["CredentialRepresentation"]["properties"]["value"]["x-secret"], json!(true));
}

/// A server in Go writes null where it has no list or map.
#[test]
fn every_list_and_map_of_every_type_may_be_null() {
    let (mut tried, mut refused) = (0, Vec::new());
    macro_rules! check {
        ($type:ident, $text:literal) => {
            tried += 1;
            if serde_json::from_str::<evenkeel_keycloak_client::types::$type>($text).is_err() {
                refused.push((stringify!($type), $text));
            }
        };
    }
    evenkeel_keycloak_client::for_each_nothing!(check);
    assert_eq!(refused, []);
    assert!(tried > 60, "{tried}");
}
