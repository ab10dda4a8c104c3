use evenkeel_gitea_client::paging;
use serde_json::{Value, json};
use wiremock::{
    Mock, MockServer,
    matchers::{method, path, query_param},
};

use crate::{answer, log_in, server};

/// Answers one page of a list, exactly once.
async fn mount_page(server: &MockServer, list: &str, page: usize, body: &Value, total: Option<usize>) {
    let mut response = answer(200, body);
    if let Some(total) = total {
        response = response.insert_header("X-Total-Count", total.to_string());
    }
    Mock::given(method("GET"))
        .and(path(format!("/api/v1/{list}")))
        .and(query_param("page", page.to_string()))
        .and(query_param("limit", "50"))
        .respond_with(response)
        .expect(1)
        .mount(server)
        .await;
}

fn organizations(numbers: std::ops::Range<usize>) -> Value {
    numbers.map(|number| json!({"id": number, "name": format!("team-{number}")})).collect()
}

const ORGANIZATIONS: &str = "admin/orgs";

async fn count(server: &MockServer) -> Result<usize, evenkeel_transport::ApiError> {
    Ok(paging::organizations(&log_in(server).await.unwrap()).await?.len())
}

#[tokio::test]
async fn a_list_is_read_page_by_page_with_as_many_rows_as_the_server_gives() {
    let server = server(50).await;
    mount_page(&server, ORGANIZATIONS, 1, &organizations(0..50), Some(53)).await;
    mount_page(&server, ORGANIZATIONS, 2, &organizations(50..53), Some(53)).await;
    assert_eq!(count(&server).await.unwrap(), 53);
}

#[tokio::test]
async fn a_list_of_one_page_costs_one_request() {
    let server = server(50).await;
    mount_page(&server, ORGANIZATIONS, 1, &organizations(0..3), Some(3)).await;
    assert_eq!(count(&server).await.unwrap(), 3);
}

#[tokio::test]
async fn an_empty_list_costs_one_request() {
    let server = server(50).await;
    mount_page(&server, ORGANIZATIONS, 1, &json!([]), Some(0)).await;
    assert_eq!(count(&server).await.unwrap(), 0);
}

#[tokio::test]
async fn a_page_out_of_which_rows_were_taken_is_not_the_last() {
    let server = server(50).await;
    mount_page(&server, ORGANIZATIONS, 1, &organizations(0..48), Some(55)).await;
    mount_page(&server, ORGANIZATIONS, 2, &organizations(50..53), Some(55)).await;
    mount_page(&server, ORGANIZATIONS, 3, &json!([]), Some(55)).await;
    assert_eq!(count(&server).await.unwrap(), 51);
}

#[tokio::test]
async fn a_list_without_a_total_ends_with_an_empty_page() {
    let server = server(50).await;
    mount_page(&server, ORGANIZATIONS, 1, &organizations(0..3), None).await;
    mount_page(&server, ORGANIZATIONS, 2, &json!(null), None).await;
    assert_eq!(count(&server).await.unwrap(), 3);
}

#[tokio::test]
async fn a_full_page_is_not_the_last_whatever_the_total_says() {
    let server = server(50).await;
    mount_page(&server, ORGANIZATIONS, 1, &organizations(0..50), Some(50)).await;
    mount_page(&server, ORGANIZATIONS, 2, &organizations(50..51), Some(51)).await;
    assert_eq!(count(&server).await.unwrap(), 51);
}

#[tokio::test]
async fn a_list_that_comes_whole_is_read_once() {
    let server = server(50).await;
    mount_page(&server, ORGANIZATIONS, 1, &organizations(0..72), Some(72)).await;
    assert_eq!(count(&server).await.unwrap(), 72);
}

#[tokio::test]
async fn a_server_that_repeats_a_page_is_not_believed() {
    let server = server(50).await;
    let page = answer(200, &organizations(0..50)).insert_header("X-Total-Count", "1000");
    let list = Mock::given(path(format!("/api/v1/{ORGANIZATIONS}"))).and(query_param("limit", "50"));
    list.respond_with(page).expect(2).mount(&server).await;
    let error = count(&server).await.unwrap_err();
    assert!(error.to_string().contains("a page repeats an earlier one"), "{error}");
}

#[tokio::test]
async fn lists_without_links_are_paged_like_others() {
    let server = server(50).await;
    let hooks = |numbers: std::ops::Range<usize>| -> Value {
        numbers.map(|id| json!({"id": id, "type": "gitea", "config": {"url": "http://ci"}, "events": null})).collect()
    };
    mount_page(&server, "repos/otomi/values/hooks", 1, &hooks(0..50), Some(52)).await;
    mount_page(&server, "repos/otomi/values/hooks", 2, &hooks(50..52), Some(52)).await;
    mount_page(&server, "user/applications/oauth2", 1, &json!([{"id": 1, "client_secret": ""}]), Some(1)).await;
    let connection = log_in(&server).await.unwrap();
    assert_eq!(paging::repository_hooks(&connection, "otomi", "values").await.unwrap().len(), 52);
    assert_eq!(paging::oauth2_applications(&connection).await.unwrap().len(), 1);
}

#[tokio::test]
async fn topics_are_read_out_of_their_wrapping() {
    let server = server(50).await;
    let topics = json!({"topics": ["alpha", "zeta"]});
    mount_page(&server, "repos/otomi/values/topics", 1, &topics, Some(2)).await;
    let connection = log_in(&server).await.unwrap();
    assert_eq!(paging::topics(&connection, "otomi", "values").await.unwrap(), ["alpha", "zeta"]);
}
