//! What an export leaves out is told, so that nobody misses it on another server first.

use evenkeel_engine::exit_code::ExitCode;
use reqwest::Method;
use serde_json::json;

use super::{Keycloak, MINIMAL};
use crate::{bench::Bench, subject::Subject};

#[tokio::test]
async fn keycloak_what_an_export_cannot_carry_to_another_server_is_left_out_in_silence() {
    let bench = Bench::<Keycloak>::converged().await;
    let before = bench.export().await.exported.unwrap().left_out.join("\n");
    for line in ["authentication flow", "organisations", "bearers only"] {
        assert!(!before.contains(line), "{line} is told, and nothing of it is there:\n{before}");
    }
    let flow = json!({"alias": "ours", "providerId": "basic-flow", "topLevel": true, "builtIn": false});
    bench.subject.send(Method::POST, "/authentication/flows", flow).await;
    bench.subject.change("", |realm| realm["organizationsEnabled"] = json!(true)).await;
    let client = json!({"clientId": "bearer", "bearerOnly": true, "secret": "Bearers-Only-1"});
    bench.subject.send(Method::POST, "/clients", client).await;
    let user =
        json!({"username": "late@example.com", "email": "late@example.com", "requiredActions": ["UPDATE_PASSWORD"]});
    bench.subject.send(Method::POST, "/users", user).await;

    let finished = bench.export().await;
    assert_eq!(finished.exit_code, ExitCode::Converged, "{:?}", finished.failures);
    let told = finished.exported.unwrap().left_out.join("\n");
    for line in [
        "authentication flow `ours`: on another server, make it before what is bound to it",
        "organisations with their members, domains and identity providers",
        "the secret of client `bearer`, which is for bearers only",
        "what users have to do at their next login (",
    ] {
        assert!(told.contains(line), "{line} is not in:\n{told}");
    }
    assert!(!told.contains("Bearers-Only-1"), "a secret is told");
}

/// 26.7 takes no change of that client, so that an export with it could never be applied.
#[tokio::test]
async fn keycloak_client_that_nobody_may_change_is_told_and_not_exported() {
    let subject = Keycloak::start();
    let client = json!({"clientId": "realm-management", "description": "of another realm", "bearerOnly": true});
    let realm = json!({"realm": "otomi", "enabled": true, "clients": [client]});
    subject.ask(Method::POST, "/admin/realms", Some(&realm)).await;
    let login = MINIMAL.replace("(server)", &subject.urls()[0]);
    let bench = Bench::with_values(subject, &[("10-platform.yaml", login)]);
    let export = bench.export().await;
    assert_eq!(export.exit_code, ExitCode::Converged, "{:?}", export.failures);
    let exported = export.exported.unwrap();
    let told = "changes to client `realm-management`, which keycloak lets nobody make";
    assert!(exported.left_out.iter().any(|line| line == told), "{:?}", exported.left_out);
    let values: Vec<String> = exported.layers.iter().map(|layer| layer.content.yaml().unwrap()).collect();
    assert!(!values.concat().contains("realm-management"), "{}", values.concat());
}

/// Whoever makes an account with an address of somebody else would have it confirmed by moving to another server.
#[tokio::test]
async fn keycloak_address_that_nobody_has_verified_is_verified_by_an_export() {
    let bench = Bench::<Keycloak>::converged().await;
    let user = json!({"username": "late@example.com", "email": "late@example.com", "enabled": true});
    bench.subject.send(Method::POST, "/users", user).await;
    let layers = bench.export().await.exported.unwrap().layers;
    let users = layers.iter().find(|layer| layer.name == "30-users.yaml").map(|layer| format!("{:?}", layer.content));
    assert!(users.is_some_and(|users| users.contains("emailVerified")));

    let layer = |verified: &str| {
        let values = format!("users: [{{email: new@example.com{verified}}}]\n");
        bench.declare(&[Keycloak::values(&bench.subject.urls()), vec![("90-more.yaml", values)]].concat());
    };
    let verified = async || bench.subject.find("/users", "email", "new@example.com").await["emailVerified"].clone();
    layer(", emailVerified: false");
    bench.converge().await;
    assert_eq!(verified().await, false, "it is made as declared");
    layer("");
    bench.converge().await;
    assert_eq!(verified().await, false, "and left alone where nobody says anything");
    layer(", emailVerified: true");
    bench.converge().await;
    assert_eq!(verified().await, true);
    bench.expect_nothing_to_do().await;
}
