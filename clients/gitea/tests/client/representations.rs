use evenkeel_gitea_client::types::{
    AccessToken, BranchProtection, CreateHookOption, CreateHookOptionConfig, CreateUserOption, EditOrgOption, Hook,
    OAuth2Application, Team,
};
use evenkeel_transport::{ResultExt, Secret};
use serde_json::{Value, json};
use wiremock::{
    Mock, ResponseTemplate,
    matchers::{body_json, method, path},
};

use crate::{answer, log_in, server};

#[test]
fn only_what_is_set_is_sent() {
    let body = EditOrgOption { description: Some(String::new()), ..EditOrgOption::default() };
    assert_eq!(serde_json::to_value(&body).unwrap(), json!({"description": ""}));
}

#[test]
fn an_empty_list_of_topics_is_sent() {
    let body = evenkeel_gitea_client::types::RepoTopicOptions { topics: Some(Vec::new()) };
    assert_eq!(serde_json::to_value(&body).unwrap(), json!({"topics": []}));
}

#[test]
fn what_is_hidden_is_of_the_secret_type_and_not_shown() {
    let token: AccessToken = serde_json::from_value(json!({"id": 1, "name": "ci", "sha1": "canary"})).unwrap();
    let application: OAuth2Application = serde_json::from_value(json!({"id": 1, "client_secret": "canary"})).unwrap();
    let read: Hook = serde_json::from_value(json!({"id": 1, "authorization_header": "Bearer canary"})).unwrap();
    let config = CreateHookOptionConfig {
        url: "http://ci".to_owned(),
        content_type: "json".to_owned(),
        http_method: None,
        secret: Some(Secret::from("canary")),
    };
    let hook: CreateHookOption =
        CreateHookOption::builder().type_("gitea".to_owned()).config(config).try_into().unwrap();
    let user: Result<CreateUserOption, _> = CreateUserOption::builder()
        .username("ada")
        .email("ada@example.com")
        .password(Secret::from("canary"))
        .try_into();
    let user = user.unwrap();
    for shown in [
        format!("{token:?}"),
        format!("{application:?}"),
        format!("{read:?}"),
        format!("{hook:?}"),
        format!("{user:?}"),
    ] {
        assert!(shown.contains("(secret)") && !shown.contains("canary"), "{shown}");
    }
    let sent = serde_json::to_value(&hook).unwrap();
    assert_eq!(sent["config"], json!({"url": "http://ci", "content_type": "json", "secret": "canary"}));
}

#[test]
fn what_a_server_does_not_know_yet_or_any_more_is_left_alone() {
    let team: Team = serde_json::from_value(json!({
        "id": 4, "name": "devs", "organization": null, "permission": "none", "units": ["repo.code"],
        "units_map": {"repo.code": "write"}, "visibility": "limited", "can_create_org_repo": false,
    }))
    .unwrap();
    assert_eq!(team.units_map.unwrap()["repo.code"], "write");
    assert_eq!(team.organization, None);
}

#[test]
fn lists_and_maps_of_an_object_may_be_null() {
    let rule: BranchProtection =
        serde_json::from_value(json!({"rule_name": "main", "status_check_contexts": null})).unwrap();
    assert_eq!(rule.status_check_contexts, None);
    let hook: Hook = serde_json::from_value(json!({"id": 1, "config": null, "events": null})).unwrap();
    assert_eq!((hook.config, hook.events), (None, None));
}

/// A server in Go writes null where it has no list or map.
#[test]
fn every_list_and_map_of_every_type_may_be_null() {
    let (mut tried, mut refused) = (0, Vec::new());
    macro_rules! check {
        ($type:ident, $text:literal) => {
            tried += 1;
            if serde_json::from_str::<evenkeel_gitea_client::types::$type>($text).is_err() {
                refused.push((stringify!($type), $text));
            }
        };
    }
    evenkeel_gitea_client::for_each_nothing!(check);
    assert_eq!(refused, []);
    assert!(tried > 20, "{tried}");
}

#[tokio::test]
async fn a_rule_with_a_slash_and_a_star_is_one_segment() {
    let server = server(50).await;
    let rule = answer(200, &json!({"rule_name": "rel/*"}));
    let read = Mock::given(path("/api/v1/repos/otomi/values/branch_protections/rel%2F%2A"));
    read.respond_with(rule).expect(1).mount(&server).await;
    let connection = log_in(&server).await.unwrap();
    let rule = connection.client().branch_protection_get().owner("otomi").repo("values").name("rel/*").send().await;
    assert_eq!(rule.api().unwrap().rule_name.as_deref(), Some("rel/*"));
}

#[tokio::test]
async fn a_user_is_changed_with_name_and_source_as_they_were_read() {
    let server = server(50).await;
    let body: Value = json!({"login_name": "ada", "source_id": 2, "prohibit_login": false});
    let change = Mock::given(method("PATCH")).and(path("/api/v1/admin/users/ada")).and(body_json(&body));
    change.respond_with(answer(200, &json!({"id": 3, "login": "ada"}))).expect(1).mount(&server).await;
    let connection = log_in(&server).await.unwrap();
    let update = connection.client().user_update().username("ada");
    let update = update.body_map(|body| body.login_name("ada").source_id(2).prohibit_login(false));
    update.send().await.api().unwrap();
}

#[tokio::test]
async fn a_secret_of_actions_is_set_whether_it_is_new_or_not() {
    let server = server(50).await;
    let set = || Mock::given(method("PUT")).and(path("/api/v1/orgs/otomi/actions/secrets/TOKEN"));
    set().respond_with(ResponseTemplate::new(201)).up_to_n_times(1).expect(1).mount(&server).await;
    set().respond_with(ResponseTemplate::new(204)).expect(1).mount(&server).await;
    let connection = log_in(&server).await.unwrap();
    for _ in 0..2 {
        let set = connection.client().org_secret_set().org("otomi").secretname("TOKEN");
        set.body_map(|body| body.data(Secret::from("value"))).send().await.api().unwrap();
    }
}
