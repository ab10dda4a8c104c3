//! Secrets that are shown masked, and secrets that an update could wipe or revert (server-behaviour 2.4 and 2.5).

use evenkeel_engine::exit_code::ExitCode;
use reqwest::Method;
use serde_json::json;

use super::super::Keycloak;
use crate::{
    bench::{Bench, told},
    subject::Subject,
};

const MASK: &str = "**********";

#[tokio::test]
async fn keycloak_unrelated_update_wipes_the_secret_of_an_identity_provider_1576() {
    let bench = Bench::<Keycloak>::converged().await;
    let secret = bench.stored()["identityProviders"]["google"]["config"]["clientSecret"].clone();
    assert!(secret.as_str().is_some_and(|secret| secret.starts_with("Kanarie")), "{secret}");
    bench
        .subject
        .change("/identity-provider/instances/google", |provider| provider["displayName"] = json!("spoiled"))
        .await;
    bench.converge().await;
    let stored = bench.stored()["identityProviders"]["google"].clone();
    assert_eq!(stored["displayName"], "Google");
    assert_eq!(stored["config"]["clientSecret"], secret, "left out, it would be deleted");
}

#[tokio::test]
async fn keycloak_unrelated_update_reverts_the_secret_of_a_client_1602() {
    let bench = Bench::<Keycloak>::converged().await;
    bench.with_layer("keycloak: {clients: [{clientId: plain, name: A}]}\n");
    bench.converge().await;
    let client = bench.subject.place("/clients", "clientId", "plain").await;
    // Somebody sets another secret than the one that came with the client: nobody declares it.
    bench.subject.send(Method::PUT, &client, json!({"secret": "rotated by hand"})).await;
    bench.with_layer("keycloak: {clients: [{clientId: plain, name: B}]}\n");
    bench.converge().await;
    let client = bench.stored()["clients"]["plain"].clone();
    assert_eq!((&client["name"], &client["secret"]), (&json!("B"), &json!("rotated by hand")));
}

#[tokio::test]
async fn keycloak_mask_is_stored_as_the_secret_of_a_client() {
    let bench = Bench::<Keycloak>::converged().await;
    for client in ["otomi", "audit"] {
        let place = bench.subject.place("/clients", "clientId", client).await;
        bench.subject.change(&place, |client| client["description"] = json!("spoiled")).await;
    }
    bench.with_layer("keycloak: {client: {description: ours, secret: null}}\n");
    bench.converge().await;
    for (client, shown) in bench.stored()["clients"].as_object().unwrap() {
        assert_ne!(shown["secret"], MASK, "{client}");
    }
}

/// A public client is shown without its secret, and gets a new one once it is public no more (seen on 26.7.3 and 26.0.7).
#[tokio::test]
async fn keycloak_secret_of_a_public_client_is_forgotten_without_a_word() {
    let page = |public: bool| {
        format!(
            "keycloak: {{clients: [{{clientId: page, publicClient: {public}, secret: {{fromEnv: KEYCLOAK_GOOGLE_SECRET}}}}]}}\n"
        )
    };
    let bench = Bench::<Keycloak>::converged().await;
    bench.subject.forget();
    bench.with_layer(&page(true));
    let refused = bench.apply().await;
    assert_eq!(refused.exit_code, ExitCode::InvalidValues, "{}", told(&refused));
    assert!(told(&refused).contains("a public client has no secret"), "{}", told(&refused));
    assert!(bench.subject.requests().is_empty(), "values are judged before any request");

    bench.with_layer(&page(false));
    bench.converge().await;
    let secret = bench.stored()["clients"]["page"]["secret"].clone();
    assert!(secret.as_str().is_some_and(|secret| secret.starts_with("Kanarie")), "{secret}");
    let place = bench.subject.place("/clients", "clientId", "page").await;
    bench.subject.change(&place, |client| client["publicClient"] = json!(true)).await;
    assert_eq!(bench.names_planned().await, ["client/page"]);
    bench.converge().await;
    assert_eq!(bench.stored()["clients"]["page"]["secret"], secret);
    bench.expect_nothing_to_do().await;
}

#[tokio::test]
async fn keycloak_secret_of_a_client_is_regenerated_by_a_post() {
    let bench = Bench::<Keycloak>::converged().await;
    bench.with_layer("keycloak: {client: {name: Changed}}\n");
    bench.converge().await;
    let regenerates = |path: &str| path.ends_with("/client-secret");
    assert!(
        !bench.subject.requests().iter().any(|request| request.method == Method::POST && regenerates(&request.path))
    );
}

#[tokio::test]
async fn keycloak_mask_of_a_hidden_secret_is_taken_for_a_difference() {
    let bench = Bench::<Keycloak>::converged().await;
    assert_eq!(bench.subject.get("").await["smtpServer"]["password"], MASK, "the trap is there");
    assert_eq!(bench.subject.get("/identity-provider/instances/google").await["config"]["clientSecret"], MASK);
    bench.expect_nothing_to_do().await;
    bench.lose_inventory();
    bench.expect_nothing_to_do().await;
}
