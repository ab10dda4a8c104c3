//! Requests that meet (server-behaviour 2.9), and administrators who are shown a part (2.1).

use std::time::Duration;

use evenkeel_engine::exit_code::ExitCode;
use evenkeel_sandbox::{Effect, Fault, Matching, Options, Version};
use reqwest::Method;
use serde_json::json;

use super::super::{ADMIN_PASSWORD, Keycloak};
use crate::{
    bench::{Bench, planned, told},
    proxy::{Proxy, Wrote},
    subject::Subject,
};

/// The pairs of writes that met in a run that has a lot to write: everything is there by its name alone.
async fn meetings() -> Vec<[Wrote; 2]> {
    let subject = Keycloak::start();
    subject.make_bare_objects().await;
    let proxy = Proxy::before(&subject.urls()).await;
    let bench = Bench::with_values(subject, &Keycloak::values(proxy.urls()));
    // long enough that requests which may meet do meet
    bench.subject.inject(Fault::always(Matching::writes(), Effect::Delay(Duration::from_millis(5))));
    bench.converge().await;
    let met = proxy.met();
    assert!(met.len() > 20, "writes of different objects go side by side: {met:?}");
    met
}

/// Also terraform-provider-keycloak #1482: two updates of one realm at once.
/// The server goes on with it when the run that has asked is killed.
#[tokio::test]
async fn keycloak_realm_that_the_server_still_makes_for_a_killed_run_is_refused_to_the_next() {
    for version in [Version::V26_7, Version::V26_0] {
        let server = Keycloak::start_with(Options::new("admin", ADMIN_PASSWORD).playing(version));
        let values = Keycloak::values(&server.urls());
        let bench = Bench::with_values(server, &values);
        bench.subject.server.make_next_realm_slowly(4);
        let killed = json!({"realm": "otomi", "enabled": true});
        bench.subject.ask(Method::POST, "/admin/realms", Some(&killed)).await;
        bench.subject.forget();
        bench.converge().await;
        let refused = bench.refused();
        let creates =
            refused.iter().filter(|request| request.method == Method::POST && request.path == "/admin/realms");
        assert_eq!(creates.count(), 1, "one create is refused, and no other follows: {refused:?}");
        bench.expect_nothing_to_do().await;
    }
}

#[tokio::test]
async fn keycloak_two_updates_of_one_object_at_once_lose_one_1482() {
    for [first, second] in meetings().await {
        assert!(first.1 != second.1 || [&first.0, &second.0].contains(&&Method::POST), "{first:?} met {second:?}");
    }
}

#[tokio::test]
async fn keycloak_mappers_that_are_made_at_once_in_one_owner_have_one_name() {
    let owner = |(_, path): &Wrote| path.split_once("/protocol-mappers/").map(|(owner, _)| owner.to_owned());
    for [first, second] in meetings().await {
        let owners = owner(&first).zip(owner(&second));
        assert!(owners.is_none_or(|(first, second)| first != second), "{first:?} met {second:?}");
    }
}

#[tokio::test]
async fn keycloak_second_mapper_of_one_name_is_noticed_and_removed() {
    let bench = Bench::<Keycloak>::converged().await;
    assert!(bench.subject.server.double_mapper("otomi", "audit", "level"));
    let list = format!("{}/protocol-mappers/models", bench.subject.place("/client-scopes", "name", "audit").await);
    assert_eq!(bench.subject.get(&list).await.as_array().unwrap().len(), 2);
    let finished = bench.plan().await;
    assert_eq!(planned(&finished).len(), 1, "{}", told(&finished));
    assert!(told(&finished).contains("protocol-mapper/client-scope/audit/level"), "{}", told(&finished));
    bench.converge().await;
    assert_eq!(bench.subject.get(&list).await.as_array().unwrap().len(), 1);
    bench.expect_nothing_to_do().await;
}

#[tokio::test]
async fn keycloak_second_mapper_of_one_name_is_not_ours_and_stops_no_prune() {
    let mut bench = Bench::<Keycloak>::converged().await;
    let scope = bench.subject.place("/client-scopes", "name", "audit").await;
    let ours = bench.subject.get(&format!("{scope}/protocol-mappers/models")).await[0]["id"].clone();
    assert!(bench.subject.server.double_mapper("otomi", "audit", "level"));
    bench.with_layer("keycloak: {clientScopes: [{name: audit}]}\n");
    (bench.options.prune, bench.options.max_deletes) = (true, 10);
    bench.converge().await;
    let left = bench.subject.get(&format!("{scope}/protocol-mappers/models")).await;
    assert_eq!(left.as_array().unwrap().len(), 1, "{left}");
    assert_ne!(left[0]["id"], ours, "ours is gone, and nobody knows whose the other one is");
}

/// With the right to see clients only, Keycloak answers 200 with seven of a realm's hundred fields.
#[tokio::test]
async fn keycloak_part_of_a_realm_is_taken_for_the_whole() {
    let bench = Bench::<Keycloak>::converged().await;
    let password = json!([{"type": "password", "value": "limited-1234", "temporary": false}]);
    let user = json!({"username": "limited", "enabled": true, "email": "limited@example.com", "emailVerified": true,
                      "firstName": "L", "lastName": "L", "credentials": password});
    bench.subject.send(Method::POST, "/users", user).await;
    let user = bench.subject.user("limited").await;
    let place = format!("/users/{user}");
    bench.subject.change(&place, |user| user["requiredActions"] = json!([])).await;
    let management = bench.subject.id("/clients", "clientId", "realm-management").await;
    let role = bench.subject.get(&format!("/clients/{management}/roles/view-clients")).await;
    let list = format!("/users/{user}/role-mappings/clients/{management}");
    bench.subject.send(Method::POST, &list, json!([role])).await;
    let mut limited = Bench::with_values(bench.subject, &[]);
    limited.change_secret("KEYCLOAK_ADMIN_PASSWORD", "limited-1234");
    limited.with_layer("keycloak: {loginTheme: null, admin: {realm: otomi, username: limited}}\n");
    let finished = limited.plan().await;
    assert_eq!(finished.exit_code, ExitCode::NotAuthorised, "{}", told(&finished));
    assert_eq!(planned(&finished), [], "what is not shown is no difference");
    assert!(told(&finished).contains("view-realm"), "the right is named: {}", told(&finished));
}
