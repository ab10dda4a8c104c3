use evenkeel_engine::exit_code::ExitCode;
use evenkeel_sandbox::HarborOptions;
use reqwest::Method;
use serde_json::json;

use crate::stage::{PASSWORD, Stage, failures, told};

#[tokio::test]
async fn login_through_openid_connect_is_set_up_in_one_run_with_its_members() {
    let stage = Stage::new("teams: {alpha: {}}\n");
    stage.converge().await;
    let configuration = stage.get("/configurations").await;
    for (key, value) in [
        ("auth_mode", json!("oidc_auth")),
        ("primary_auth_mode", json!(true)),
        ("oidc_endpoint", json!("https://keycloak.demo.example.com/realms/otomi")),
        ("oidc_client_id", json!("otomi")),
        ("oidc_admin_group", json!("platform-admin")),
        ("oidc_groups_claim", json!("groups")),
        ("oidc_scope", json!("openid")),
        ("oidc_user_claim", json!("email")),
        ("oidc_auto_onboard", json!(true)),
        ("oidc_verify_cert", json!(true)),
        ("robot_name_prefix", json!("otomi-")),
        ("project_creation_restriction", json!("adminonly")),
        ("self_registration", json!(false)),
    ] {
        assert_eq!(configuration[key]["value"], value, "{key}");
    }
    assert!(stage.sandbox.configuration_holds("oidc_client_secret", "oidc-secret"));
}

#[tokio::test]
async fn only_keys_that_differ_are_sent() {
    let stage = Stage::new("harbor: {configuration: {token_expiration: 60}}\n");
    stage.converge().await;
    stage.sandbox.set_configuration("token_expiration", json!(30));
    stage.sandbox.set_configuration("session_timeout", json!(77));
    let finished = stage.plan().await;
    let plan = finished.plan.unwrap();
    assert_eq!(plan.changes.len(), 1);
    let fields: Vec<&str> = plan.changes[0].fields.iter().map(|field| &*field.path).collect();
    assert_eq!(fields, ["token_expiration"]);
    stage.converge().await;
    assert_eq!(stage.get("/configurations").await["session_timeout"]["value"], 77);
}

#[tokio::test]
async fn a_client_secret_that_never_comes_back_is_written_when_it_changes_and_not_otherwise() {
    let stage = Stage::new("");
    stage.converge().await;
    stage.declare("harbor: {oidc: {clientSecret: {fromEnv: OTHER_SECRET}}}\n");
    stage.converge().await;
    assert!(stage.sandbox.configuration_holds("oidc_client_secret", "other-secret"));
}

#[tokio::test]
async fn a_frozen_login_mode_is_told_and_every_other_key_is_written() {
    let stage = Stage::new("teams: {alpha: {}}\n");
    let user = json!({"username": "ada", "email": "ada@example.com", "realname": "Ada", "password": "Ada12345"});
    assert_eq!(stage.meddle(Method::POST, "/users", Some(user)).await.0, 201);
    for looked in [stage.plan().await, stage.check().await] {
        assert!(told(&looked).contains("cannot be changed while there are local users"), "{}", told(&looked));
    }
    let finished = stage.apply().await;
    assert_eq!(finished.exit_code, ExitCode::Configuration, "{}", told(&finished));
    let failures = failures(&finished);
    assert!(failures[0].contains("login mode stays `db_auth`"), "{failures:?}");
    // Groups cannot be members in that mode: they wait for it.
    assert!(
        failures[1..].iter().all(|message| message.contains("waits for `configuration/auth_mode`")),
        "{failures:?}"
    );
    let configuration = stage.get("/configurations").await;
    assert_eq!(configuration["auth_mode"]["value"], "db_auth");
    assert_eq!(configuration["oidc_client_id"]["value"], "otomi");
    stage.get("/projects/team-alpha").await;

    let users = stage.get("/users").await;
    let id = users.as_array().unwrap().iter().find(|user| user["username"] == "ada").unwrap()["user_id"].clone();
    stage.meddle(Method::DELETE, &format!("/users/{id}"), None).await;
    stage.converge().await;
    assert_eq!(stage.get("/configurations").await["auth_mode"]["value"], "oidc_auth");
}

#[tokio::test]
async fn a_key_that_is_refused_does_not_hold_up_the_others() {
    let stage = Stage::new("harbor: {configuration: {token_expiration: 60, storage_per_project: -5}}\n");
    let finished = stage.apply().await;
    // The same value is refused the next time as well.
    assert_eq!(finished.exit_code, ExitCode::Configuration, "{}", told(&finished));
    let failures = failures(&finished);
    assert!(failures.iter().any(|message| message.contains("refuses `storage_per_project`")), "{failures:?}");
    assert_eq!(stage.get("/configurations").await["token_expiration"]["value"], 60);
}

#[tokio::test]
async fn a_configuration_that_the_environment_decides_about_is_told_and_never_written() {
    let fixed = json!({"auth_mode": "oidc_auth", "token_expiration": 45, "robot_name_prefix": "robot$"});
    let options = HarborOptions::new(PASSWORD).with_fixed_configuration(fixed);
    let stage = Stage::with(&options, "harbor: {configuration: {token_expiration: 60}}\nteams: {alpha: {}}\n");
    for looked in [stage.plan().await, stage.check().await] {
        assert!(told(&looked).contains("has CONFIG_OVERWRITE_JSON set"), "{}", told(&looked));
    }
    let finished = stage.apply().await;
    assert_eq!(finished.exit_code, ExitCode::Configuration, "{}", told(&finished));
    assert!(failures(&finished).iter().any(|message| message.contains("CONFIG_OVERWRITE_JSON")), "{}", told(&finished));
    assert!(
        !stage
            .sandbox
            .requests()
            .iter()
            .any(|request| request.method == "PUT" && request.path.contains("configurations"))
    );
    // The rest converges, with the prefix that the server keeps.
    stage.robot("robot$team-alpha-pull").await;
    let again = stage.apply().await;
    assert!(
        again.report.changes.iter().all(|change| change.change.object.to_string().starts_with("configuration/")),
        "{}",
        told(&again)
    );
}

#[tokio::test]
async fn an_empty_client_secret_never_overwrites_the_one_that_works() {
    let stage = Stage::new("");
    stage.converge().await;
    stage.sandbox.reset_log();
    for values in ["harbor: {oidc: {clientSecret: ''}}\n", "harbor: {configuration: {oidc_client_secret: ''}}\n"] {
        stage.declare_secrets(values);
        let finished = stage.apply().await;
        assert_eq!(finished.exit_code, ExitCode::InvalidValues, "{values}: {}", told(&finished));
    }
    assert!(stage.sandbox.requests().is_empty());
    assert!(stage.sandbox.configuration_holds("oidc_client_secret", "oidc-secret"));
}

#[tokio::test]
async fn what_harbor_would_take_without_a_word_is_refused_before_the_first_request() {
    for (values, words) in [
        ("harbor: {configuration: {auth_mode: magic}}", "no login mode of harbor"),
        ("harbor: {configuration: {oidc_endpoint: notaurl}}", "this is no address"),
        ("harbor: {oidc: {scope: 'profile,email'}}", "lack `openid`"),
        ("harbor: {oidc: {scope: ''}}", "lack `openid`"),
        ("harbor: {configuration: {oidc_scope: ''}}", "lack `openid`"),
        ("harbor: {configuration: {project_creation_restriction: nobody}}", "does not know this word"),
        ("harbor: {configuration: {robot_token_duration: 0}}", "above zero"),
        ("harbor: {projects: [{name: UPPER}]}", "a project name"),
        ("harbor: {projects: [{name: a, severity: whatever}]}", "severity"),
        ("harbor: {projects: [{name: a, public: maybe}]}", "public"),
        ("harbor: {projects: [{name: a, retention: {keepLast: 1, schedule: '0 0 * * *'}}]}", "six fields"),
        ("harbor: {robots: [{name: a, permissions: []}]}", "permissions"),
        ("harbor: {robots: [{name: a, duration: 0, permissions: [{access: [{resource: x, action: y}]}]}]}", "days"),
        ("harbor: {robots: [{name: Ci, permissions: [{access: [{resource: x, action: y}]}]}]}", "robot"),
        ("harbor: {robots: [{name: a$b, permissions: [{access: [{resource: x, action: y}]}]}]}", "robot"),
        (
            "harbor: {robots: [{name: a, secret: {fromEnv: HOOK}, permissions: [{access: [{resource: x, action: y}]}]}]}",
            "would refuse this secret",
        ),
        ("harbor: {projects: [{name: a, members: [{role: guest}]}]}", "a group or a user"),
        ("harbor: {projects: [{name: a, members: [{group: '', role: guest}]}]}", "expected a name"),
        ("harbor: {projects: [{name: a, members: [{group: b, role: owner}]}]}", "role"),
        ("harbor: {projects: [{name: a, storageQuota: 0}]}", "storageQuota"),
        ("harbor: {projects: [{name: a, storageQuota: -2}]}", "storageQuota"),
        ("harbor: {projects: [{name: a, colour: red}]}", "colour"),
        ("teams: {a--b: {}}", "no name of a project"),
    ] {
        let stage = Stage::new(values);
        let finished = stage.plan().await;
        assert_eq!(finished.exit_code, ExitCode::InvalidValues, "{values}: {}", told(&finished));
        let problems = finished.problems.unwrap().render(false);
        assert!(problems.contains(words), "{values}: {problems}");
        assert!(stage.sandbox.requests().is_empty());
    }
}

/// Harbor answered 500 to them, and the run ended as if another try could help.
#[tokio::test]
async fn texts_that_are_longer_than_harbor_keeps_are_refused_before_the_first_request() {
    let right = "permissions: [{access: [{resource: project, action: list}]}]";
    let long = |count: usize| "a".repeat(count);
    for values in [
        format!("harbor: {{robots: [{{name: {}, {right}}}]}}", long(256)),
        format!("harbor: {{robots: [{{name: ci, description: {}, {right}}}]}}", long(1025)),
        format!(
            "harbor: {{projects: [{{name: shared, robots: [{{name: {}, access: [{{resource: a, action: b}}]}}]}}]}}",
            long(249)
        ),
        format!("harbor: {{projects: [{{name: shared, members: [{{group: {}, role: guest}}]}}]}}", long(256)),
        format!("harbor: {{projects: [{{name: shared, labels: [{{name: {}}}]}}]}}", long(129)),
        format!(
            "harbor: {{projects: [{{name: shared, webhooks: [{{name: {}, events: [A], address: 'https://a'}}]}}]}}",
            long(257)
        ),
        format!("harbor: {{registries: [{{name: {}, type: harbor, url: 'https://a'}}]}}", long(65)),
    ] {
        let stage = Stage::new(&values);
        let finished = stage.plan().await;
        assert_eq!(finished.exit_code, ExitCode::InvalidValues, "{values}: {}", told(&finished));
        let problems = finished.problems.unwrap().render(false);
        assert!(problems.contains("characters, and harbor keeps") || problems.contains("expected a"), "{problems}");
        assert!(stage.sandbox.requests().is_empty());
    }
}

/// It was never written, and the run ended with 0 as if it had been.
#[tokio::test]
async fn the_password_of_a_first_set_up_of_ldap_is_written_with_its_settings() {
    let ldap = "{auth_mode: ldap_auth, ldap_url: 'ldaps://ldap.example.com', ldap_search_dn: 'cn=harbor', ldap_search_password: {fromEnv: OTHER_SECRET}}";
    let stage = Stage::new(&format!("harbor: {{oidc: null, configuration: {ldap}}}\n"));
    stage.converge().await;
    assert!(stage.sandbox.configuration_holds("ldap_search_password", "other-secret"));
}

#[tokio::test]
async fn a_banner_whose_keys_harbor_puts_in_another_order_is_no_difference() {
    let banner = r#"{"type":"info","message":"maintenance","closable":true}"#;
    let stage = Stage::new(&format!("harbor: {{configuration: {{banner_message: '{banner}'}}}}\n"));
    stage.converge().await;
}
