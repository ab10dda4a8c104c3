//! Roles: what a service account may, and how refusals look.

use evenkeel_sandbox::Caller;
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use super::client::Client;
use super::{SECRETS, secret, start};

const ACCOUNT: (&str, &str) = ("team-alpha", "task");

fn rule(resources: &[&str], names: &[&str], verbs: &[&str]) -> Value {
    let mut rule = json!({"apiGroups": [""], "resources": resources, "verbs": verbs});
    if !names.is_empty() {
        rule["resourceNames"] = json!(names);
    }
    rule
}

#[test]
fn what_is_granted_is_allowed_until_it_is_revoked() {
    let server = start();
    let token = server.service_account(ACCOUNT.0, ACCOUNT.1);
    let client = Client::with(&server, token.expose_secret());
    assert_eq!(client.get(SECRETS).status, 403);
    server.grant(ACCOUNT, Some("team-alpha"), &[rule(&["secrets"], &[], &["get", "list"])]);
    assert_eq!(client.get(SECRETS).status, 200);
    assert_eq!(client.get("/api/v1/secrets").status, 403);
    assert_eq!(client.post(SECRETS, &secret("one")).status, 403);
    server.grant(ACCOUNT, None, &[rule(&["secrets"], &[], &["list"])]);
    assert_eq!(client.get("/api/v1/secrets").status, 200);
    server.revoke(ACCOUNT);
    assert_eq!(client.get(SECRETS).status, 403);
}

#[test]
fn a_named_right_reaches_lists_that_are_confined_to_the_name() {
    let server = start();
    let token = server.service_account(ACCOUNT.0, ACCOUNT.1);
    server.grant(ACCOUNT, Some("team-alpha"), &[rule(&["secrets"], &["one"], &["get", "list", "watch"])]);
    let client = Client::with(&server, token.expose_secret());
    assert_eq!(client.get(&format!("{SECRETS}?fieldSelector=metadata.name%3Done")).status, 200);
    assert_eq!(client.get(&format!("{SECRETS}?fieldSelector=metadata.name%3Dtwo")).status, 403);
    assert_eq!(client.get(SECRETS).status, 403);
    let refused = client.get(&format!("{SECRETS}/two")).json();
    let who = "system:serviceaccount:team-alpha:task";
    let message = format!(
        "secrets \"two\" is forbidden: User \"{who}\" cannot get resource \"secrets\" in API group \"\" in the namespace \"team-alpha\""
    );
    assert_eq!(refused["message"], message);
}

#[test]
fn a_token_ends_with_its_account() {
    let server = start();
    let token = server.service_account(ACCOUNT.0, ACCOUNT.1);
    server.grant(ACCOUNT, None, &[rule(&["secrets"], &[], &["*"])]);
    let client = Client::with(&server, token.expose_secret());
    assert_eq!(client.get(SECRETS).status, 200);
    Client::new(&server).delete("/api/v1/namespaces/team-alpha/serviceaccounts/task");
    assert_eq!(client.get(SECRETS).status, 401);
    let callers: Vec<_> = server.requests().into_iter().filter_map(|entry| entry.caller).collect();
    let account = Caller::User("system:serviceaccount:team-alpha:task".to_owned());
    assert_eq!(callers, [account, Caller::User("platform-admin".to_owned()), Caller::Refused(String::new())]);
}

#[test]
fn a_subresource_is_a_right_of_its_own() {
    let server = start();
    let token = server.service_account(ACCOUNT.0, ACCOUNT.1);
    server.grant(ACCOUNT, Some("team-alpha"), &[rule(&["serviceaccounts"], &[], &["create"])]);
    let client = Client::with(&server, token.expose_secret());
    let path = "/api/v1/namespaces/team-alpha/serviceaccounts/task/token";
    assert_eq!(client.post(path, &json!({"spec": {}})).status, 403);
    server.grant(ACCOUNT, Some("team-alpha"), &[rule(&["serviceaccounts/token"], &[], &["create"])]);
    assert_eq!(client.post(path, &json!({"spec": {}})).status, 201);
}
