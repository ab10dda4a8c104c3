use evenkeel_keycloak_client::{Administrator, Credentials, KeycloakError, connect};
use evenkeel_transport::{Kind, ResultExt, Secret};
use serde_json::json;
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{any, body_string, header, method, path},
};

use crate::{admin, answer, log_in, mount_login, server_with_login, session};

async fn mount_realm(server: &MockServer, token: &str, response: ResponseTemplate, times: u64) {
    Mock::given(method("GET"))
        .and(path("/admin/realms/r1"))
        .and(header("authorization", format!("Bearer {token}")))
        .respond_with(response)
        .expect(times)
        .mount(server)
        .await;
}

#[tokio::test]
async fn one_login_serves_the_requests_of_a_tokens_life() {
    let server = server_with_login("t1", 60, 1).await;
    mount_realm(&server, "t1", answer(200, &json!({"realm": "r1"})), 3).await;
    let client = log_in(&server).await.unwrap();
    for _ in 0..3 {
        let realm = client.realm_get().realm("r1").send().await.api().unwrap();
        assert_eq!(realm.realm.as_deref(), Some("r1"));
    }
}

#[tokio::test]
async fn a_token_is_renewed_before_it_ends() {
    let server = server_with_login("t1", 0, 1).await;
    mount_login(&server, "t2", 60, 1).await;
    mount_realm(&server, "t2", answer(200, &json!({"realm": "r1"})), 1).await;
    let client = log_in(&server).await.unwrap();
    client.realm_get().realm("r1").send().await.api().unwrap();
}

#[tokio::test]
async fn a_refused_token_is_renewed_once() {
    let server = server_with_login("t1", 60, 1).await;
    mount_login(&server, "t2", 60, 1).await;
    mount_realm(&server, "t1", answer(401, &json!({"error": "HTTP 401 Unauthorized"})), 1).await;
    mount_realm(&server, "t2", answer(200, &json!({"realm": "r1"})), 1).await;
    let client = log_in(&server).await.unwrap();
    client.realm_get().realm("r1").send().await.api().unwrap();
}

#[tokio::test]
async fn a_second_refusal_ends_the_request() {
    let server = server_with_login("t1", 60, 2).await;
    mount_realm(&server, "t1", answer(401, &json!({"error": "HTTP 401 Unauthorized"})), 2).await;
    let client = log_in(&server).await.unwrap();
    let error = client.realm_get().realm("r1").send().await.optional().unwrap_err();
    assert!(matches!(KeycloakError::from(error), KeycloakError::NotAuthorised(_)));
}

#[tokio::test]
async fn a_service_account_logs_in_with_its_secret() {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .and(path("/auth/realms/ops/protocol/openid-connect/token"))
        .and(body_string("client_id=reconciler&client_secret=s%26cret&grant_type=client_credentials"))
        .respond_with(answer(200, &json!({"access_token": "t1", "expires_in": 60, "refresh_expires_in": 0})))
        .expect(1)
        .mount(&server)
        .await;
    let credentials = Credentials::Client { client_id: "reconciler".to_owned(), client_secret: Secret::from("s&cret") };
    let url = format!("{}/auth/", server.uri());
    connect(&session(), &url, Administrator { realm: "ops".to_owned(), credentials }).await.unwrap();
}

#[tokio::test]
async fn the_log_knows_the_path_of_each_operation() {
    let server = server_with_login("t1", 60, 1).await;
    mount_realm(&server, "t1", answer(200, &json!({"realm": "r1"})), 1).await;
    let client = log_in(&server).await.unwrap();
    client.realm_get().realm("r1").send().await.api().unwrap();
    let session = evenkeel_transport::progenitor_client::ClientInfo::inner(&client);
    let templates: Vec<_> = session.log().snapshot().iter().map(|record| record.template).collect();
    assert_eq!(templates, [Some("/realms/{realm}/protocol/openid-connect/token"), Some("/admin/realms/{realm}")]);
}

/// The error of a login that the server answers like this.
async fn refused(response: ResponseTemplate) -> KeycloakError {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(response).expect(1).mount(&server).await;
    connect(&session(), &server.uri(), admin()).await.unwrap_err()
}

#[tokio::test]
async fn a_wrong_password_means_the_same_at_both_versions() {
    let body = json!({"error": "invalid_grant", "error_description": "Invalid user credentials"});
    for status in [400, 401] {
        let error = refused(answer(status, &body)).await;
        assert!(matches!(error, KeycloakError::NotAuthorised(_)), "{status}: {error:?}");
        assert_eq!(
            error.to_string(),
            "not authorised at keycloak (login of user `admin` in realm `master` is refused: Invalid user credentials)"
        );
        assert_eq!(error.hint(), Some("check the user name, the password or the token"));
    }
}

#[tokio::test]
async fn a_wrong_client_is_not_authorised() {
    for code in ["unauthorized_client", "invalid_client"] {
        let body = json!({"error": code, "error_description": "Invalid client or Invalid client credentials"});
        assert!(matches!(refused(answer(401, &body)).await, KeycloakError::NotAuthorised(_)));
    }
}

#[tokio::test]
async fn a_disabled_realm_is_not_authorised() {
    let body = json!({"error": "access_denied", "error_description": "Realm not enabled"});
    let error = refused(answer(403, &body)).await;
    assert_eq!(error.api().kind(), Kind::Forbidden);
}

#[tokio::test]
async fn an_unknown_realm_to_log_in_to_is_not_a_missing_object() {
    for response in [
        answer(404, &json!({"error": "Realm does not exist"})),
        ResponseTemplate::new(404).set_body_raw("<html>no such page</html>", "text/html"),
    ] {
        let error = refused(response).await;
        assert!(matches!(error, KeycloakError::Unexpected(_)));
        assert_eq!(
            error.to_string(),
            "keycloak cannot be worked with (there is no realm `master` to log in to, or no keycloak at the address)"
        );
    }
}

#[tokio::test]
async fn a_realm_lost_in_the_middle_does_not_look_like_a_missing_object() {
    let server = server_with_login("t1", 0, 1).await;
    Mock::given(method("POST"))
        .respond_with(answer(404, &json!({"error": "Realm does not exist"})))
        .expect(1)
        .mount(&server)
        .await;
    let client = log_in(&server).await.unwrap();
    let error = client.realm_get().realm("r1").send().await.optional().unwrap_err();
    assert!(matches!(KeycloakError::from(error), KeycloakError::Unexpected(_)));
}

#[tokio::test]
async fn a_login_is_repeated_while_the_server_starts() {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(ResponseTemplate::new(503)).up_to_n_times(2).expect(2).mount(&server).await;
    mount_login(&server, "t1", 60, 1).await;
    log_in(&server).await.unwrap();
}

#[tokio::test]
async fn a_server_that_stays_away_is_unavailable() {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(ResponseTemplate::new(503)).expect(3).mount(&server).await;
    assert!(matches!(log_in(&server).await.unwrap_err(), KeycloakError::Unavailable(_)));
}

#[tokio::test]
async fn no_secret_is_in_what_debug_shows() {
    let server = server_with_login("t0ken", 60, 1).await;
    let client = log_in(&server).await.unwrap();
    let shown = format!("{client:?} {:?}", admin());
    assert!(!shown.contains("t0ken") && !shown.contains("right"), "{shown}");
}
