//! Whatever an object is called, a request of any generated client is about it, or is not sent.

use std::{
    convert::Infallible,
    sync::{Arc, Mutex},
};

use evenkeel_harbor_client as harbor;
use evenkeel_keycloak_client as keycloak;
use evenkeel_transport::{
    Operation, ProxyUse, Session, SessionOptions, check_segment,
    reqwest::{Method, StatusCode},
};
use http_body_util::Empty;
use hyper::{Request, Response, body::Bytes, body::Incoming, service::service_fn};
use hyper_util::rt::TokioIo;
use percent_encoding::percent_decode_str;
use proptest::prelude::*;
use tokio::{net::TcpListener, runtime::Builder};

/// Names of every kind that an address could take for something else.
const NAME: &str = r"[.]{0,3}|[a-z./\\;%?#&+=@:~ ]{0,5}|(%2e|%2f|%3b|%5c|\.\.|;|/|\\){0,3}|\PC{0,4}|a[\x00-\x1f\x7f]{0,2}|team-[a-z]{1,3}";

/// The most parameters that a path has.
const MOST: usize = 4;

fn operations() -> impl Iterator<Item = &'static Operation> {
    keycloak::operation::ALL.iter().chain(harbor::operation::ALL).copied()
}

/// The paths that arrived, as they were sent.
type Arrived = Arc<Mutex<Vec<String>>>;

/// A server that knows nothing, and remembers what it was asked for.
async fn server() -> (String, Arrived) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let arrived = Arrived::default();
    let kept = Arc::clone(&arrived);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let kept = Arc::clone(&kept);
            let answer = service_fn(move |request: Request<Incoming>| {
                kept.lock().unwrap().push(request.uri().path().to_owned());
                let mut response = Response::new(Empty::<Bytes>::new());
                *response.status_mut() = StatusCode::NOT_FOUND;
                async move { Ok::<_, Infallible>(response) }
            });
            tokio::spawn(hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), answer));
        }
    });
    (url, arrived)
}

/// What the most lenient server makes of a path: dots resolved, nothing between slashes dropped, parameters behind `;` cut off.
fn as_served(path: &str) -> Vec<String> {
    let mut kept: Vec<&str> = Vec::new();
    for segment in path.split('/') {
        match percent_decode_str(segment).decode_utf8_lossy().as_ref() {
            "" | "." => {}
            ".." => drop(kept.pop()),
            _ => kept.push(segment),
        }
    }
    let name =
        |segment: &str| percent_decode_str(segment.split(';').next().unwrap()).decode_utf8().unwrap().into_owned();
    kept.into_iter().map(name).collect()
}

/// What a call is about: its template with the names in their places.
fn meant(base: &str, operation: &Operation, names: &[String]) -> Vec<String> {
    let mut names = names.iter();
    let segments = format!("{base}{}", operation.path);
    let segments = segments.split('/').filter(|segment| !segment.is_empty());
    segments.map(|part| if part.starts_with('{') { names.next().unwrap().clone() } else { part.to_owned() }).collect()
}

#[test]
fn a_request_of_any_operation_is_about_what_was_named_or_is_not_sent() {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let (url, arrived) = runtime.block_on(server());
    let session =
        Session::new(SessionOptions { proxy: ProxyUse::Direct, system_roots: false, ..SessionOptions::default() });
    let session = session.unwrap();
    let strategy = (prop::collection::vec(NAME, MOST), prop::sample::select(vec!["", "/auth"]));
    proptest!(ProptestConfig::with_cases(48), |((names, base) in strategy)| {
        for operation in operations() {
            let names = &names[..operation.parameters().count()];
            let path = operation.with(names.to_vec());
            let address = format!("{url}{base}");
            let method = Method::from_bytes(operation.method.as_bytes()).unwrap();
            let request = session.http().request(method, path.url(&address)).build().unwrap();
            arrived.lock().unwrap().clear();
            let answer = runtime.block_on(session.exec(&address, request, &path)).unwrap();
            let arrived = arrived.lock().unwrap().clone();
            if names.iter().all(|name| check_segment(name).is_ok()) {
                prop_assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{} {:?}", operation.id, names);
                let served: Vec<Vec<String>> = arrived.iter().map(|path| as_served(path)).collect();
                prop_assert_eq!(served, [meant(base, operation, names)], "{} {:?}", operation.id, names);
            } else {
                prop_assert_eq!(arrived, [""; 0], "{} {:?}", operation.id, names);
            }
        }
    });
}

#[test]
fn no_operation_has_more_parameters_than_are_tried() {
    assert!(operations().all(|operation| operation.parameters().count() <= MOST));
}

#[tokio::test]
async fn a_delete_of_a_role_called_two_dots_is_no_delete_of_its_realm() {
    let (url, arrived) = server().await;
    let session = Session::new(SessionOptions { proxy: ProxyUse::Direct, ..SessionOptions::default() }).unwrap();
    let client = keycloak::Client::new_with_client(&url, session.http().clone(), session);
    for name in ["..", ".", ""] {
        assert!(client.role_delete().realm("otomi").role_id(name).send().await.is_err());
        assert!(client.role_get().realm(name).role_name("a").send().await.is_err());
    }
    assert_eq!(*arrived.lock().unwrap(), [""; 0]);
    assert!(client.role_get().realm("otomi").role_name("a;b").send().await.is_err(), "there is none");
    assert_eq!(*arrived.lock().unwrap(), ["/admin/realms/otomi/roles/a%3Bb"]);
}

/// Everything that a client can delete. What holds things of others is not among them: no realm, no namespace, no organisation;
/// a project of Harbor goes only when it is empty, which Harbor itself sees to (server-behaviour 6).
const DELETES: [&str; 38] = [
    "/admin/realms/{realm}/default-default-client-scopes/{clientScopeId}",
    "/admin/realms/{realm}/default-optional-client-scopes/{clientScopeId}",
    "/admin/realms/{realm}/client-scopes/{client-scope-id}",
    "/admin/realms/{realm}/client-scopes/{client-scope-id}/protocol-mappers/models/{id}",
    "/admin/realms/{realm}/client-scopes/{client-scope-id}/scope-mappings/realm",
    "/admin/realms/{realm}/client-scopes/{client-scope-id}/scope-mappings/clients/{client}",
    "/admin/realms/{realm}/roles-by-id/{role-id}",
    "/admin/realms/{realm}/roles-by-id/{role-id}/composites",
    "/admin/realms/{realm}/groups/{group-id}",
    "/admin/realms/{realm}/groups/{group-id}/role-mappings/realm",
    "/admin/realms/{realm}/groups/{group-id}/role-mappings/clients/{client-id}",
    "/admin/realms/{realm}/default-groups/{groupId}",
    "/admin/realms/{realm}/clients/{client-uuid}",
    "/admin/realms/{realm}/clients/{client-uuid}/protocol-mappers/models/{id}",
    "/admin/realms/{realm}/clients/{client-uuid}/default-client-scopes/{clientScopeId}",
    "/admin/realms/{realm}/clients/{client-uuid}/optional-client-scopes/{clientScopeId}",
    "/admin/realms/{realm}/clients/{client-uuid}/scope-mappings/realm",
    "/admin/realms/{realm}/clients/{client-uuid}/scope-mappings/clients/{client}",
    "/admin/realms/{realm}/users/{user-id}",
    "/admin/realms/{realm}/users/{user-id}/groups/{groupId}",
    "/admin/realms/{realm}/users/{user-id}/role-mappings/realm",
    "/admin/realms/{realm}/users/{user-id}/role-mappings/clients/{client-id}",
    "/admin/realms/{realm}/users/{user-id}/federated-identity/{provider}",
    "/admin/realms/{realm}/identity-provider/instances/{alias}",
    "/admin/realms/{realm}/identity-provider/instances/{alias}/mappers/{id}",
    "/projects/{project_name_or_id}",
    "/projects/{project_name_or_id}/members/{mid}",
    "/robots/{robot_id}",
    "/retentions/{id}",
    "/projects/{project_name_or_id}/immutabletagrules/{immutable_rule_id}",
    "/projects/{project_name_or_id}/webhook/policies/{webhook_policy_id}",
    "/labels/{label_id}",
    "/registries/{id}",
    "/replication/policies/{id}",
    "/scanners/{registration_id}",
    "/p2p/preheat/instances/{preheat_instance_name}",
    // memberships go along: those of others keep it
    "/users/{user_id}",
    "/usergroups/{group_id}",
];

#[test]
fn no_client_can_delete_a_container_of_other_peoples_data() {
    let deletes: Vec<&str> =
        operations().filter(|operation| operation.method == "DELETE").map(|operation| operation.path).collect();
    assert_eq!(deletes, DELETES, "is what a new one deletes a thing, or does it hold things of others?");
    for path in deletes {
        let container = path.ends_with("/realms/{realm}") || path.contains("/organizations/") || path == "/orgs/{org}";
        assert!(!container, "{path}");
    }
}
