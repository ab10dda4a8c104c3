use evenkeel_harbor_client::{
    json_schema,
    types::{Configurations, ConfigurationsResponse, Project, ReplicationPolicy, RetentionPolicy, Robot},
};
use evenkeel_transport::Secret;
use serde_json::{Value, json};

#[test]
fn the_configuration_keeps_every_key() {
    let answer = json!({
        "auth_mode": {"editable": false, "value": "db_auth"},
        "robot_token_duration": {"editable": true, "value": 30},
        "scan_all_policy": {},
    });
    let configuration: ConfigurationsResponse = serde_json::from_value(answer.clone()).unwrap();
    assert_eq!(configuration.auth_mode.as_ref().and_then(|mode| mode.editable), Some(false));
    assert_eq!(configuration.extra["robot_token_duration"]["value"], 30);
    assert_eq!(serde_json::to_value(&configuration).unwrap(), answer);
}

#[test]
fn only_what_is_set_is_sent() {
    let body = Configurations { oidc_scope: Some("openid".to_owned()), ..Configurations::default() };
    assert_eq!(serde_json::to_value(&body).unwrap(), json!({"oidc_scope": "openid"}));
}

#[test]
fn a_secret_of_the_configuration_is_not_shown() {
    let body = Configurations { oidc_client_secret: Some(Secret::from("canary")), ..Configurations::default() };
    assert!(!format!("{body:?}").contains("canary"));
}

#[test]
fn what_is_replaced_as_a_whole_loses_nothing() {
    let read = [
        json!({"algorithm": "or", "id": 1, "rules": [], "scope": {"level": "project", "ref": 4},
            "trigger": {"kind": "Schedule", "references": {"job_id": 7}, "settings": {"cron": ""}, "later": 1}}),
        json!({"id": 2, "name": "mirror", "dest_namespace_replace_count": -1, "later": [true],
            "filters": [{"type": "label", "value": ["a"]}, {"type": "name", "value": "demo/**"}]}),
    ];
    let retention: RetentionPolicy = serde_json::from_value(read[0].clone()).unwrap();
    assert_eq!(serde_json::to_value(retention).unwrap(), read[0]);
    let replication: ReplicationPolicy = serde_json::from_value(read[1].clone()).unwrap();
    assert_eq!(serde_json::to_value(replication).unwrap(), read[1]);
}

#[test]
fn a_project_and_a_robot_are_read_as_harbor_shows_them() {
    let project: Project = serde_json::from_value(json!({
        "creation_time": "2026-01-01T00:00:00.000Z", "current_user_role_id": 1, "current_user_role_ids": [1],
        "cve_allowlist": {"id": 1, "items": [], "project_id": 4}, "metadata": {"public": "false", "retention_id": "3"},
        "name": "team-a", "owner_id": 1, "owner_name": "admin", "project_id": 4, "repo_count": 0,
    }))
    .unwrap();
    assert_eq!(project.metadata.and_then(|metadata| metadata.retention_id).as_deref(), Some("3"));
    let robot: Robot = serde_json::from_value(json!({
        "creation_time": "2026-01-01T00:00:00.000Z", "creator_ref": 1, "creator_type": "local", "disable": false,
        "duration": -1, "editable": true, "expires_at": -1, "id": 5, "level": "system", "name": "robot$ci",
        "permissions": [{"access": [{"action": "pull", "resource": "repository"}], "kind": "project", "namespace": "a"}],
        "update_time": "2026-01-01T00:00:00.000Z",
    }))
    .unwrap();
    assert_eq!(robot.permissions.map(|permissions| permissions.len()), Some(1));
}

#[test]
fn the_schema_of_declared_configuration_knows_its_keys() {
    let schema = json_schema("Configurations").unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let fits = |value: Value| validator.is_valid(&value);
    assert!(fits(json!({"robot_token_duration": 30, "self_registration": false})));
    assert!(!fits(json!({"robot_token_durations": 30})));
    assert!(!fits(json!({"self_registration": "false"})));
    assert_eq!(schema["properties"]["oidc_client_secret"]["x-secret"], true);
    assert!(json_schema("Robot").is_none());
}

/// A server in Go writes null where it has no list or map.
#[test]
fn every_list_and_map_of_every_type_may_be_null() {
    let (mut tried, mut refused) = (0, Vec::new());
    macro_rules! check {
        ($type:ident, $text:literal) => {
            tried += 1;
            if serde_json::from_str::<evenkeel_harbor_client::types::$type>($text).is_err() {
                refused.push((stringify!($type), $text));
            }
        };
    }
    evenkeel_harbor_client::for_each_nothing!(check);
    assert_eq!(refused, []);
    assert!(tried > 20, "{tried}");
}
