use evenkeel_harbor_client::{Client, paging};
use evenkeel_transport::ResultExt;
use serde_json::{Value, json};
use wiremock::{
    Mock, MockServer,
    matchers::{method, path, query_param},
};

use crate::{answer, log_in, server};

async fn mount_page(server: &MockServer, list: &str, page: usize, rows: &[Value], total: Option<usize>) {
    let mut response = answer(200, &json!(rows));
    if let Some(total) = total {
        response = response.insert_header("X-Total-Count", total.to_string());
    }
    Mock::given(method("GET"))
        .and(path(format!("/api/v2.0/{list}")))
        .and(query_param("page", page.to_string()))
        .and(query_param("page_size", "100"))
        .respond_with(response)
        .expect(1)
        .mount(server)
        .await;
}

fn projects(numbers: std::ops::Range<usize>) -> Vec<Value> {
    numbers.map(|number| json!({"project_id": number, "name": format!("team-{number}")})).collect()
}

async fn client(server: &MockServer) -> Client {
    log_in(server).await.unwrap()
}

#[tokio::test]
async fn a_list_is_read_page_by_page() {
    let server = server().await;
    mount_page(&server, "projects", 1, &projects(0..100), Some(103)).await;
    mount_page(&server, "projects", 2, &projects(100..103), Some(103)).await;
    assert_eq!(paging::projects(&client(&server).await).await.unwrap().len(), 103);
}

#[tokio::test]
async fn a_full_last_page_costs_no_further_request() {
    let server = server().await;
    mount_page(&server, "projects", 1, &projects(0..100), Some(100)).await;
    assert_eq!(paging::projects(&client(&server).await).await.unwrap().len(), 100);
}

#[tokio::test]
async fn without_a_total_a_page_that_is_not_full_is_the_last() {
    let server = server().await;
    mount_page(&server, "projects", 1, &projects(0..100), None).await;
    mount_page(&server, "projects", 2, &[], None).await;
    assert_eq!(paging::projects(&client(&server).await).await.unwrap().len(), 100);
}

#[tokio::test]
async fn a_server_without_pages_is_not_believed() {
    let server = server().await;
    mount_page(&server, "projects", 1, &projects(0..101), Some(101)).await;
    let error = paging::projects(&client(&server).await).await.unwrap_err();
    assert!(error.to_string().contains("does not keep to the pages"), "{error}");
}

#[tokio::test]
async fn a_server_that_repeats_a_page_and_promises_more_is_not_believed() {
    let server = server().await;
    let more = answer(200, &json!(projects(0..100))).insert_header("X-Total-Count", "1000000");
    let pages = Mock::given(path("/api/v2.0/projects")).and(query_param("page_size", "100"));
    pages.respond_with(more).expect(2).mount(&server).await;
    let error = paging::projects(&client(&server).await).await.unwrap_err();
    assert!(error.to_string().contains("a page repeats an earlier one"), "{error}");
}

#[tokio::test]
async fn robots_are_listed_by_level() {
    let server = server().await;
    let client = client(&server).await;
    let list = Mock::given(path("/api/v2.0/robots")).and(query_param("q", "Level=system"));
    list.respond_with(answer(200, &json!([{"id": 1, "name": "robot$ci"}]))).expect(1).mount(&server).await;
    let list = Mock::given(path("/api/v2.0/robots")).and(query_param("q", "Level=project,ProjectID=4"));
    list.respond_with(answer(200, &json!([]))).expect(1).mount(&server).await;
    assert_eq!(paging::system_robots(&client).await.unwrap().len(), 1);
    assert_eq!(paging::project_robots(&client, 4).await.unwrap().len(), 0);
}

#[tokio::test]
async fn a_project_whose_name_is_a_number_is_asked_for_by_name() {
    let server = server().await;
    let client = client(&server).await;
    Mock::given(path("/api/v2.0/projects/12345/members"))
        .and(wiremock::matchers::header("X-Is-Resource-Name", "true"))
        .respond_with(answer(200, &json!([])))
        .expect(1)
        .mount(&server)
        .await;
    paging::members(&client, "12345").await.unwrap();
}

#[tokio::test]
async fn a_list_that_is_null_is_empty() {
    let server = server().await;
    Mock::given(path("/api/v2.0/projects")).respond_with(answer(200, &json!(null))).expect(1).mount(&server).await;
    let client = log_in(&server).await.unwrap();
    assert_eq!(client.project_list().send().await.api().unwrap(), []);
}
