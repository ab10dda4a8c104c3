use evenkeel_keycloak_client::{Client, paging};
use serde_json::{Value, json};
use wiremock::{
    Mock, MockServer,
    matchers::{method, path, query_param},
};

use crate::{answer, log_in, server_with_login};

/// One page of a list, asked for exactly once.
async fn mount_page(server: &MockServer, list: &str, first: usize, rows: Vec<Value>) {
    Mock::given(method("GET"))
        .and(path(format!("/admin/realms/r1/{list}")))
        .and(query_param("first", first.to_string()))
        .and(query_param("max", paging::PAGE.to_string()))
        .and(query_param("briefRepresentation", "false"))
        .respond_with(answer(200, &Value::Array(rows)))
        .expect(1)
        .mount(server)
        .await;
}

fn rows(from: usize, count: usize) -> Vec<Value> {
    (from..from + count).map(|number| json!({"id": format!("id-{number}"), "alias": "a", "name": "n"})).collect()
}

async fn with_pages(list: &str, lengths: &[usize]) -> (MockServer, Client) {
    let server = server_with_login("t1", 60, 1).await;
    let mut first = 0;
    for length in lengths {
        mount_page(&server, list, first, rows(first, *length)).await;
        first += length;
    }
    let client = log_in(&server).await.unwrap();
    (server, client)
}

const FULL: usize = 500;

#[tokio::test]
async fn roles_are_asked_for_with_first_and_max_until_a_page_is_not_full() {
    let (_server, client) = with_pages("roles", &[FULL, FULL, 3]).await;
    let roles = paging::roles(&client, "r1", false).await.unwrap();
    assert_eq!(roles.len(), 2 * FULL + 3);
    assert_eq!(roles.last().unwrap().id.as_deref(), Some("id-1002"));
}

#[tokio::test]
async fn a_list_that_ends_with_a_full_page_costs_one_empty_page() {
    let (_server, client) = with_pages("users", &[FULL, 0]).await;
    assert_eq!(paging::users(&client, "r1", false).await.unwrap().len(), FULL);
}

#[tokio::test]
async fn a_short_list_costs_one_request() {
    let (_server, client) = with_pages("groups/g1/members", &[101]).await;
    assert_eq!(paging::group_members(&client, "r1", "g1", false).await.unwrap().len(), 101);
    let (_server, client) = with_pages("groups/g1/children", &[11]).await;
    assert_eq!(paging::group_children(&client, "r1", "g1", false).await.unwrap().len(), 11);
    let (_server, client) = with_pages("groups", &[1]).await;
    assert_eq!(paging::groups(&client, "r1", false).await.unwrap().len(), 1);
    let (_server, client) = with_pages("identity-provider/instances", &[105]).await;
    assert_eq!(paging::identity_providers(&client, "r1", false).await.unwrap().len(), 105);
    let (_server, client) = with_pages("clients/c1/roles", &[2]).await;
    assert_eq!(paging::client_roles(&client, "r1", "c1", false).await.unwrap().len(), 2);
    let (_server, client) = with_pages("users/u1/groups", &[2]).await;
    assert_eq!(paging::user_groups(&client, "r1", "u1", false).await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_server_that_ignores_first_is_noticed() {
    let server = server_with_login("t1", 60, 1).await;
    Mock::given(method("GET")).respond_with(answer(200, &Value::Array(rows(0, FULL)))).expect(2).mount(&server).await;
    let client = log_in(&server).await.unwrap();
    let error = paging::roles(&client, "r1", false).await.unwrap_err();
    assert!(error.to_string().contains("does not keep to the pages"), "{error}");
}
