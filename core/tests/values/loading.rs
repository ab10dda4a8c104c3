//! Values that are right: layers, types, places, secrets.

#![expect(clippy::panic, reason = "a helper of tests tells what was wrong with the values")]

use evenkeel_core::values::model::{AdminCredentials, ConditionTarget, Permission};
use evenkeel_core::values::{Document, Email, Schema, SecretValue, Source, SourceKind, ValuePath, Values};
use serde_json::json;

const PLATFORM: &str = include_str!("../fixtures/values/10-platform.yaml");
const PROD: &str = include_str!("../fixtures/values/90-prod.yaml");
const SECRETS: &str = include_str!("../fixtures/values/secrets.prod.yaml");

fn platform() -> Source {
    Source::file("values/10-platform.yaml", PLATFORM.to_owned())
}

fn load(sources: Vec<Source>, sets: &[&str]) -> (Values, Document) {
    let sets: Vec<String> = sets.iter().map(|&set| set.to_owned()).collect();
    match Values::load(sources, &sets, &Schema::new()) {
        Ok(loaded) => loaded,
        Err(problems) => panic!("{problems}"),
    }
}

fn small(text: &str, sets: &[&str]) -> (Values, Document) {
    load(
        vec![
            Source::file("00-base.yaml", "platform: {name: demo, domain: example.com}\n".to_owned()),
            Source::file("10-more.yaml", text.to_owned()),
        ],
        sets,
    )
}

#[test]
fn the_example_of_the_values_page_has_its_types() {
    let (values, _) = load(vec![platform()], &[]);
    assert_eq!(values.platform.name.as_str(), "demo");
    assert_eq!(values.platform.names.team_admin.as_str(), "team-admin");
    let alpha = &values.teams["alpha"];
    assert_eq!(alpha.display_name.as_deref(), Some("Team Alpha"));
    assert_eq!(alpha.gitea.as_ref().and_then(|gitea| gitea.permission), Some(Permission::Write));
    let quota = alpha.harbor.as_ref().and_then(|harbor| harbor.storage_quota.as_ref());
    assert_eq!(quota.map(|quota| quota.bytes()), Some(20 << 30));
    let ada = &values.users[0];
    assert_eq!((ada.email.as_ref().map(Email::as_str), &*ada.name()), (Some("Ada@Example.com"), "ada@example.com"));
    assert_eq!((ada.team_admin, ada.platform_admin), (Some(false), None));
    let keycloak = values.keycloak.expect("keycloak is declared");
    assert!(
        matches!(keycloak.admin.credentials, AdminCredentials::Password { ref username, .. } if username == "admin")
    );
    assert_eq!(keycloak.admin.realm.as_str(), "master");
    let client = keycloak.client.expect("the client has defaults");
    assert_eq!(client.redirect_uris.as_deref(), Some(&["https://harbor.demo.example.com/*".to_owned()][..]));
    assert_eq!(client.web_origins, None);
    assert_eq!(client.fields.get("name"), Some(&json!("Platform")));
    assert_eq!(client.fields.get("serviceAccountsEnabled"), Some(&json!(true)));
    assert_eq!(values.drone.expect("drone is declared").namespace.as_str(), "drone");
    assert_eq!(values.harbor.expect("harbor is declared").admin.username, "admin");
    let ConditionTarget::Http(http) = &values.barriers["identity"][0].target else { panic!("an address is declared") };
    assert_eq!(http.status, [200]);
}

#[test]
fn a_section_that_is_not_declared_has_no_defaults() {
    let (values, document) = small("teams: {alpha: {}}\n", &[]);
    assert!(values.keycloak.is_none() && values.harbor.is_none() && values.drone.is_none());
    assert_eq!(document.location(&ValuePath::root().key("keycloak").key("realm")), None);
}

#[test]
fn null_removes_a_default_and_what_an_earlier_layer_set() {
    let prod = Source::file("values/90-prod.yaml", PROD.to_owned());
    let (values, _) = load(vec![platform(), prod], &[]);
    let keycloak = values.keycloak.expect("keycloak is declared");
    let realm = keycloak.realm.expect("the realm has defaults");
    assert_eq!(realm.get("accessTokenLifespan"), None);
    assert_eq!(realm.get("ssoSessionIdleTimeout"), Some(&json!(1800)));
    let client = keycloak.client.expect("the client has defaults");
    assert_eq!(client.redirect_uris.as_deref(), Some(&[][..]));
    assert!(!client.fields.fields().contains_key("implicitFlowEnabled"));
    assert_eq!(keycloak.login_theme, None);
}

#[test]
fn null_removes_a_whole_section_with_its_defaults() {
    let removal = Source::file("99.yaml", "keycloak: null\nharbor: ~\n".to_owned());
    let (values, _) = load(vec![platform(), removal], &[]);
    assert!(values.keycloak.is_none() && values.harbor.is_none());
}

#[test]
fn lists_and_scalars_of_a_later_layer_replace() {
    let later = Source::file("90.yaml", "users:\n  - email: grace@example.com\n".to_owned());
    let (values, _) = load(vec![platform(), later], &[]);
    assert_eq!(values.users.len(), 1);
    assert_eq!(values.users[0].name(), "grace@example.com");
    assert_eq!(values.users[0].teams, None);
}

#[test]
fn set_comes_last_and_reads_scalars_flow_collections_and_quoted_keys() {
    let (values, document) = small(
        "keycloak: {admin: {username: a, password: {fromEnv: A}}}\n",
        &[
            "platform.domain=set.example.com",
            "keycloak.loginTheme=a: b # c",
            "keycloak.realm.accessTokenLifespan=null",
            "keycloak.realm.ssoSessionIdleTimeout=90",
            "keycloak.realm.attributes.\"a.b\"=yes",
            "keycloak.client.redirectUris=[https://a/*, 'https://b/*']",
            "keycloak.admin.password={fromEnv: B}",
        ],
    );
    assert_eq!(values.platform.domain.map(|domain| domain.to_string()).as_deref(), Some("set.example.com"));
    let keycloak = values.keycloak.expect("keycloak is declared");
    assert_eq!(keycloak.login_theme.as_deref(), Some("a: b # c"));
    let realm = keycloak.realm.expect("the realm has defaults");
    assert_eq!(realm.get("accessTokenLifespan"), None);
    assert_eq!(realm.get("ssoSessionIdleTimeout"), Some(&json!(90)));
    assert_eq!(realm.get("attributes"), Some(&json!({"a.b": "yes"})));
    let client = keycloak.client.expect("the client has defaults");
    assert_eq!(client.redirect_uris.map(|uris| uris.len()), Some(2));
    let AdminCredentials::Password { password, .. } = keycloak.admin.credentials else { panic!("a password") };
    assert!(matches!(password, SecretValue::FromEnv(name) if name == "B"));
    let location = document.location(&ValuePath::root().key("platform").key("domain")).expect("it was set");
    assert_eq!((location.to_string().as_str(), location.line, location.kind()), ("--set", None, SourceKind::Set));
}

#[test]
fn every_value_knows_the_layer_and_line_that_won() {
    let prod = Source::file("values/90-prod.yaml", PROD.to_owned());
    let (_, document) = load(vec![platform(), prod], &[]);
    let at = |path: ValuePath| document.location(&path).map(|location| location.to_string());
    let root = ValuePath::root;
    assert_eq!(at(root().key("platform").key("name")).as_deref(), Some("values/10-platform.yaml:2"));
    assert_eq!(at(root().key("platform").key("domain")).as_deref(), Some("values/90-prod.yaml:2"));
    assert_eq!(at(root().key("users").index(0).key("teamAdmin")).as_deref(), Some("values/10-platform.yaml:14"));
    assert_eq!(at(root().key("users").index(0).key("enabled")).as_deref(), Some("values/10-platform.yaml:11"));
    assert_eq!(
        at(root().key("keycloak").key("realm").pointer("/smtpServer/password")).as_deref(),
        Some("values/10-platform.yaml:20")
    );
    assert_eq!(at(root().key("platform").key("names").key("realm")).as_deref(), Some("built-in defaults"));
    assert_eq!(at(root().key("nowhere").key("at all")), None);
}

#[test]
fn columns_count_characters_and_spans_count_bytes() {
    let (_, document) = small("teams: {alpha: {displayName: \"é\", identityGroup: g}}\n", &[]);
    let path = ValuePath::root().key("teams").key("alpha").key("identityGroup");
    let location = document.location(&path).expect("it is declared");
    assert_eq!((location.line, location.column, location.span), (Some(1), 35, 35..48));
}

#[test]
fn paths_read_as_people_write_them() {
    let path = ValuePath::root().key("users").index(3).key("email");
    assert_eq!(path.to_string(), "users[3].email");
    assert_eq!(ValuePath::root().key("a").key("b.c").to_string(), "a.\"b.c\"");
}

#[test]
fn plain_secrets_come_from_secrets_files_and_never_show() {
    let secrets = Source::file("values/secrets.prod.yaml", SECRETS.to_owned());
    assert_eq!(secrets.kind(), SourceKind::Secrets);
    let (values, document) = load(vec![platform(), secrets], &[]);
    let keycloak = values.keycloak.as_ref().expect("keycloak is declared");
    let client = keycloak.client.as_ref().expect("the client is declared");
    assert!(client.secret.as_ref().is_some_and(SecretValue::is_plain));
    assert!(!client.fields.fields().contains_key("secret"));
    let realm = keycloak.realm.as_ref().expect("the realm is declared");
    assert!(realm.secret("/smtpServer/password").is_some_and(SecretValue::is_plain));
    assert_eq!(realm.fields()["smtpServer"], json!({"host": "mail.example.com", "password": null}));
    assert!(values.users[0].initial_password.as_ref().is_some_and(SecretValue::is_plain));
    // an address is no secret, whatever file it stands in
    assert_eq!(values.users[0].name(), "grace@example.com");
    let shown = format!("{values:?} {document:?}");
    assert!(!shown.contains("canary"), "{shown}");
}

#[test]
fn references_inside_representations_are_listed_with_their_pointers() {
    let (values, _) = load(vec![platform()], &[]);
    let realm = values.keycloak.and_then(|keycloak| keycloak.realm).expect("the realm is declared");
    let listed: Vec<_> = realm.secrets().iter().map(|(pointer, secret)| format!("{pointer} from {secret}")).collect();
    assert_eq!(listed, ["/smtpServer/password from file `/run/smtp`"]);
}

#[test]
fn a_switch_about_tokens_is_no_secret() {
    let text = "keycloak:\n  admin: {username: a, password: {fromEnv: A}}\n  clients:\n  - clientId: a\n    attributes: {client_credentials.use_refresh_token: 'false'}\n";
    let (values, _) = small(text, &[]);
    let clients = values.keycloak.and_then(|keycloak| keycloak.clients).expect("a client is declared");
    assert_eq!(clients[0].fields()["attributes"], json!({"client_credentials.use_refresh_token": "false"}));
}

#[test]
fn yes_and_no_are_strings() {
    let (values, _) = small("teams: {alpha: {displayName: no}, \"1\": {displayName: yes}}\n", &[]);
    assert_eq!(values.teams["alpha"].display_name.as_deref(), Some("no"));
    assert_eq!(values.teams["1"].display_name.as_deref(), Some("yes"));
}

#[test]
fn anchors_aliases_and_merge_keys_work() {
    let text = "teams:\n  alpha: &base {displayName: A, gitea: {permission: read}}\n  beta: {<<: *base, displayName: B}\n  gamma: *base\n";
    let (values, _) = small(text, &[]);
    assert_eq!(values.teams["beta"].display_name.as_deref(), Some("B"));
    assert!(values.teams["beta"].gitea.is_some());
    assert_eq!(values.teams["gamma"].display_name.as_deref(), Some("A"));
}

#[test]
fn empty_files_and_comments_are_empty_layers() {
    let (with, _) = load(
        vec![
            Source::file("empty.yaml", String::new()),
            platform(),
            Source::file("comment.yaml", "# nothing yet\n".to_owned()),
            Source::file("marker.yaml", "---\n".to_owned()),
        ],
        &[],
    );
    let (without, _) = load(vec![platform()], &[]);
    assert_eq!(format!("{with:?}"), format!("{without:?}"));
}

#[test]
fn a_task_s_definition_is_enforced_and_takes_references_for_strings() {
    let definition = json!({
        "type": "object",
        "properties": {"displayName": {"type": "string"}, "attributes": {"$ref": "#/$defs/Attributes"}},
        "additionalProperties": true,
        "$defs": {"Attributes": {"type": "object", "additionalProperties": {"type": "string"}}},
    });
    let schema = Schema::new().with_definition("RealmRepresentation", definition);
    let source = |attribute: &str| {
        let text = format!(
            "platform: {{name: demo, domain: example.com}}\nkeycloak:\n  admin: {{username: a, password: {{fromEnv: A}}}}\n  realm: {{attributes: {{key: {attribute}}}}}\n"
        );
        vec![Source::file("a.yaml", text)]
    };
    let (values, _) = Values::load(source("{fromEnv: KEY}"), &[], &schema).expect("a reference fits");
    let realm = values.keycloak.and_then(|keycloak| keycloak.realm).expect("the realm is declared");
    assert!(realm.secret("/attributes/key").is_some());
    let problems = Values::load(source("3"), &[], &schema).expect_err("a number does not fit");
    assert_eq!(
        problems.iter().map(|problem| problem.message()).collect::<Vec<_>>(),
        ["`keycloak.realm.attributes.key`: expected a string or a map, found a number"]
    );
}

#[test]
fn the_schema_is_a_valid_draft_2020_12_schema_without_null() {
    let schema = Schema::new();
    jsonschema::meta::validate(schema.as_json()).expect("a valid schema");
    assert!(!schema.as_json().to_string().contains("\"null\""));
}

#[test]
fn a_thousand_teams_and_twenty_thousand_users_load() {
    use std::fmt::Write as _;
    let mut text = String::from("teams:\n");
    for team in 0..1_000 {
        let _ = writeln!(text, "  t{team}: {{displayName: Team {team}, harbor: {{storageQuota: 20Gi}}}}");
    }
    text.push_str("users:\n");
    for user in 0..20_000 {
        let _ = writeln!(
            text,
            "  - email: user{user}@example.com\n    firstName: First\n    lastName: Last\n    teams: [t{}, t{}]\n    initialPassword: {{fromEnv: USER_{user}}}",
            user % 1_000,
            user % 999
        );
    }
    let (values, document) = small(&text, &[]);
    assert_eq!((values.teams.len(), values.users.len()), (1_000, 20_000));
    let last = document.location(&ValuePath::root().key("users").index(19_999)).and_then(|location| location.line);
    assert_eq!(last, Some(1 + 1_000 + 1 + 19_999 * 5 + 1));
}

#[test]
fn a_section_is_where_a_file_wrote_it_first_and_a_value_where_it_was_written_last() {
    let (_, document) = small("teams: {alpha: {displayName: A}}\n", &["teams.alpha.displayName=B"]);
    let file = |path: ValuePath| document.location(&path).map(|location| location.file.to_string());
    let alpha = ValuePath::root().key("teams").key("alpha");
    assert_eq!(file(alpha.clone()).as_deref(), Some("10-more.yaml"));
    assert_eq!(file(alpha.key("displayName")).as_deref(), Some("--set"));
}

fn inspect(text: &str) -> (Vec<String>, Option<(Values, evenkeel_core::values::Document)>) {
    let inspection = Values::inspect(vec![Source::file("a.yaml", text.to_owned())], &[], &Schema::new());
    (inspection.problems.iter().map(|problem| problem.message().to_owned()).collect(), inspection.sound)
}

#[test]
fn a_section_that_is_sound_is_read_although_another_is_not() {
    let (problems, sound) = inspect(
        "platform: {name: demo, domain: example.com}
teams: {alpha: {}}
users: [{email: a@example.com, teams: [beta]}]
harbor: {admin: {password: {fromEnv: A}}}
keycloak: {admin: {username: admin}, realm: 7}
unheard: {of: 1}
",
    );
    assert_eq!(problems.len(), 4, "{problems:?}");
    let (values, document) = sound.expect("the platform is sound");
    assert!(values.harbor.is_some() && values.keycloak.is_none());
    // What it says of others does not break a section.
    assert_eq!((values.users.len(), values.teams.len()), (1, 1));
    let lacking = ["keycloak", "unheard", "harbor", "users", "platform"].map(|section| document.lacks(section));
    assert_eq!(lacking, [true, true, false, false, false]);
}

#[test]
fn without_a_sound_platform_or_the_end_of_a_file_no_section_is_read() {
    for text in [
        "teams: {alpha: {}}\n",
        "platform: {name: demo}\nteams: {alpha: {}\n",
        "platform: {name: 7}\nteams: {alpha: {}}\n",
    ] {
        let (problems, sound) = inspect(text);
        assert!(!problems.is_empty() && sound.is_none(), "{text}");
    }
}

#[test]
fn of_values_without_a_mistake_nothing_is_left_out() {
    let (problems, sound) = inspect("platform: {name: demo}\nteams: {alpha: {}}\n");
    assert!(problems.is_empty());
    assert!(!sound.expect("right values").1.lacks("teams"));
}
