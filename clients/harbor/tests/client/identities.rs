//! A robot beside the administrator, in one client.

use evenkeel_harbor_client::{Client, HarborError, client, identities, robot_auth};
use evenkeel_transport::{Auth, Operation, Permission, ResultExt, Secret};
use serde_json::json;
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{any, header, method},
};

use crate::{ADMIN, RETRY, admin, answer, session, unauthorised};

/// `robot:Secret-1` in the words of the header.
const ROBOT: &str = "Basic cm9ib3Q6U2VjcmV0LTE=";

fn permission(operation: &Operation) -> Option<Permission> {
    let may = ["label_create", "label_list"].contains(&operation.id);
    may.then_some(Permission { scope: "*", resource: "label", action: "any" })
}

fn both(server: &MockServer) -> Client {
    let session = session();
    let identities = identities(admin(), RETRY, permission);
    identities.use_primary(&session, robot_auth("robot", Secret::from("Secret-1")));
    client(&session, &server.uri(), Auth::Identities { identities, permission: None })
}

fn forbidden(message: &str) -> ResponseTemplate {
    answer(403, &json!({"errors": [{"code": "FORBIDDEN", "message": message}]}))
}

async fn create_label(client: &Client) -> Result<(), HarborError> {
    let label = client.label_create().body_map(|label| label.name("a".to_owned()));
    Ok(label.send().await.api().map(drop)?)
}

#[tokio::test]
async fn read_only_mode_is_not_asked_about_a_second_time_as_the_administrator() {
    let server = MockServer::start().await;
    let message = "The system is in read only mode. Any modification is prohibited.";
    Mock::given(header("authorization", ROBOT)).respond_with(forbidden(message)).expect(1).mount(&server).await;
    let error = create_label(&both(&server)).await.unwrap_err();
    assert!(matches!(error, HarborError::ReadOnly(_)), "{error}");
}

#[tokio::test]
async fn what_a_robot_may_not_the_administrator_does() {
    let server = MockServer::start().await;
    Mock::given(header("authorization", ROBOT)).respond_with(forbidden("no")).expect(1).mount(&server).await;
    Mock::given(header("authorization", ADMIN))
        .and(method("POST"))
        .respond_with(ResponseTemplate::new(201))
        .expect(2)
        .mount(&server)
        .await;
    let client = both(&server);
    create_label(&client).await.unwrap();
    create_label(&client).await.unwrap();
}

#[tokio::test]
async fn a_refusal_of_everybody_while_the_database_is_away_is_no_refusal() {
    let server = MockServer::start().await;
    Mock::given(method("GET"))
        .respond_with(answer(500, &json!({"errors": [{"code": "UNKNOWN", "message": "internal server error"}]})))
        .expect(1)
        .mount(&server)
        .await;
    Mock::given(any()).respond_with(unauthorised()).expect(3..).mount(&server).await;
    let error = create_label(&both(&server)).await.unwrap_err();
    assert!(matches!(error, HarborError::Unavailable(_)), "{error}");
}
