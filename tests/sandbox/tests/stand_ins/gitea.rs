//! The sandbox Gitea from outside.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use evenkeel_sandbox::{Caller, Effect, Fault, Gitea, GiteaOptions, GiteaVersion, Matching, Page};
use serde_json::{Value, json};
use std::io;

use crate::wire::{self, Answer};

const PASSWORD: &str = "Passw0rd-of-the-tests";
const TOKEN: &str = "3f786850e387550fdab836ed7e6dc881de23001b";

/// Somebody with credentials.
struct Client<'a> {
    server: &'a Gitea,
    authorization: String,
}

impl<'a> Client<'a> {
    fn new(server: &'a Gitea, name: &str, password: &str) -> Self {
        let encoded = BASE64_STANDARD.encode(format!("{name}:{password}"));
        Self { server, authorization: format!("Basic {encoded}") }
    }

    fn admin(server: &'a Gitea) -> Self {
        Self::new(server, "gitadmin", PASSWORD)
    }

    fn send(&self, method: &str, path: &str, body: Option<&Value>) -> io::Result<Answer> {
        let headers = [("Authorization", self.authorization.as_str())];
        wire::send(self.server.url(), &headers, method, &format!("/api/v1{path}"), body)
    }

    fn get(&self, path: &str) -> Answer {
        self.send("GET", path, None).unwrap()
    }

    fn ok(&self, method: &str, path: &str, body: &Value) -> Value {
        let answer = self.send(method, path, Some(body)).unwrap();
        assert!((200..300).contains(&answer.status), "{method} {path}: {answer:?}");
        answer.value()
    }

    /// An organisation `otomi` with a repository `values`.
    fn add_repository(&self) {
        self.ok("POST", "/orgs", &json!({ "username": "otomi" }));
        self.ok("POST", "/orgs/otomi/repos", &json!({ "name": "values", "private": true }));
    }

    fn add_user(&self, name: &str) {
        let user = json!({
            "username": name, "email": format!("{name}@example.com"), "password": PASSWORD, "must_change_password": false,
        });
        self.ok("POST", "/admin/users", &user);
    }
}

fn start() -> Gitea {
    Gitea::start(&GiteaOptions::new(PASSWORD).with_token(TOKEN)).unwrap()
}

#[test]
fn a_change_of_a_webhook_keeps_the_secret_whatever_is_sent() {
    let server = start();
    let admin = Client::admin(&server);
    admin.add_repository();
    let config = |secret: &str| json!({ "url": "http://ci", "content_type": "json", "secret": secret });
    let hook = json!({ "type": "gitea", "config": config("first") });
    let id = admin.ok("POST", "/repos/otomi/values/hooks", &hook)["id"].to_string();
    let path = format!("/repos/otomi/values/hooks/{id}");
    assert_eq!(admin.ok("PATCH", &path, &json!({ "config": config("second") }))["config"].get("secret"), None);
    assert_eq!(server.hidden()["hooks"][&id], "first");
    admin.ok("DELETE", &path, &Value::Null);
    let id =
        admin.ok("POST", "/repos/otomi/values/hooks", &json!({ "type": "gitea", "config": config("second") }))["id"]
            .to_string();
    assert_eq!(server.hidden()["hooks"], json!({ id: "second" }));
}

#[test]
fn every_change_of_an_application_makes_another_secret() {
    let server = start();
    let admin = Client::admin(&server);
    let body = json!({ "name": "drone", "redirect_uris": ["http://drone/login"], "confidential_client": true });
    let made = admin.ok("POST", "/user/applications/oauth2", &body);
    let changed = admin.ok("PATCH", &format!("/user/applications/oauth2/{}", made["id"]), &body);
    assert_ne!(made["client_secret"], changed["client_secret"]);
    assert_eq!(made["client_id"], changed["client_id"]);
    let client = made["client_id"].as_str().unwrap();
    assert_eq!(server.hidden()["applications"][client], changed["client_secret"]);
}

#[test]
fn secrets_appear_in_neither_snapshot_nor_log() {
    let server = start();
    let admin = Client::admin(&server);
    admin.add_repository();
    admin.ok("PUT", "/orgs/otomi/actions/secrets/token", &json!({ "data": "canary-1" }));
    admin.ok("PUT", "/repos/otomi/values/actions/secrets/token", &json!({ "data": "canary-2" }));
    let config = json!({ "url": "http://ci", "content_type": "json", "secret": "canary-3" });
    admin.ok(
        "POST",
        "/orgs/otomi/hooks",
        &json!({ "type": "gitea", "config": config, "authorization_header": "canary-4" }),
    );
    assert_eq!(server.hidden()["secrets"], json!({ "otomi/TOKEN": "canary-1", "otomi/values/TOKEN": "canary-2" }));
    let shown = format!("{} {:?} {server:?}", server.snapshot(), server.requests());
    assert!(!shown.contains("canary") && !shown.contains(PASSWORD) && !shown.contains(TOKEN), "{shown}");
}

#[test]
fn the_log_tells_who_asked() {
    let server = start();
    let admin = Client::admin(&server);
    admin.add_user("ada");
    server.reset_log();
    Client::new(&server, "ada", PASSWORD).get("/user");
    Client::new(&server, "gitadmin", "wrong").get("/user");
    Client::new(&server, TOKEN, "x-oauth-basic").get("/user");
    wire::send(server.url(), &[], "GET", "/api/v1/version", None).unwrap();
    let callers: Vec<_> = server.requests().into_iter().map(|entry| entry.caller.unwrap()).collect();
    let user = |name: &str| Caller::User(name.to_owned());
    assert_eq!(callers, [user("ada"), Caller::Refused("gitadmin".to_owned()), user("gitadmin"), Caller::Nobody]);
    assert_eq!((server.reads(), server.writes()), (4, 0));
}

#[test]
fn what_was_done_before_the_connection_was_cut_is_done() {
    let server = start();
    let admin = Client::admin(&server);
    server.inject(Fault::once(Matching::writes(), Effect::CutAfter));
    assert!(admin.send("POST", "/orgs", Some(&json!({ "username": "otomi" }))).is_err());
    assert_eq!(admin.get("/orgs/otomi").status, 200);
    let gateway = Effect::Status { code: 502, page: Page::Html, retry_after: None };
    server.inject(Fault::once(Matching::writes(), gateway));
    assert_eq!(admin.send("DELETE", "/orgs/otomi", None).unwrap().status, 502);
    assert_eq!(admin.get("/orgs/otomi").status, 200);
}

#[test]
fn a_token_that_dies_is_refused_from_then_on() {
    let server = start();
    let headers = [("Authorization", format!("token {TOKEN}"))];
    let ask = || {
        let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        wire::send(server.url(), &headers, "GET", "/api/v1/user", None).unwrap().status
    };
    assert_eq!(ask(), 200);
    server.inject(Fault::once(Matching::any(), Effect::DeadToken));
    assert_eq!((ask(), ask()), (401, 401));
}

#[test]
fn who_is_not_in_a_private_organisation_finds_nothing_and_a_member_what_its_team_has() {
    let server = start();
    let admin = Client::admin(&server);
    admin.add_user("ada");
    admin.ok("POST", "/orgs", &json!({ "username": "otomi", "visibility": "private" }));
    for name in ["values", "charts"] {
        admin.ok("POST", "/orgs/otomi/repos", &json!({ "name": name, "private": true }));
    }
    let ada = Client::new(&server, "ada", PASSWORD);
    assert_eq!(ada.get("/orgs/otomi").status, 404);
    assert_eq!(ada.get("/orgs/otomi/repos").json(), json!([]));
    assert_eq!(ada.get("/orgs/otomi/teams").status, 403);
    assert_eq!(ada.get("/orgs/otomi/hooks").status, 403);
    assert_eq!(ada.get("/orgs/otomi/members").json(), json!([]));
    let team = json!({ "name": "devs", "units_map": { "repo.code": "write", "repo.issues": "read" } });
    let id = admin.ok("POST", "/orgs/otomi/teams", &team)["id"].to_string();
    admin.ok("PUT", &format!("/teams/{id}/members/ada"), &Value::Null);
    admin.ok("PUT", &format!("/teams/{id}/repos/otomi/values"), &Value::Null);
    assert_eq!(ada.get("/orgs/otomi").status, 200);
    let seen = ada.get("/orgs/otomi/repos");
    assert_eq!((seen.header("x-total-count"), seen.json().as_array().unwrap().len()), (Some("2"), 1));
    assert_eq!(seen.json()[0]["permissions"], json!({ "admin": false, "push": true, "pull": true }));
    assert_eq!(ada.send("PATCH", "/repos/otomi/values", Some(&json!({ "description": "x" }))).unwrap().status, 403);
    assert_eq!(ada.get("/repos/otomi/charts").status, 404);
    assert_eq!(ada.get("/repos/otomi/values/hooks").status, 403);
    assert_eq!(ada.get("/repos/otomi/values/labels").json(), json!([]));
    assert_eq!(ada.send("PUT", &format!("/teams/{id}/members/gitadmin"), None).unwrap().status, 404);
}

#[test]
fn a_team_that_includes_all_repositories_gets_new_ones_and_keeps_what_it_has() {
    let server = start();
    let admin = Client::admin(&server);
    admin.ok("POST", "/orgs", &json!({ "username": "otomi" }));
    let team =
        json!({ "name": "all", "permission": "read", "units": ["repo.code"], "includes_all_repositories": true });
    let path = format!("/teams/{}", admin.ok("POST", "/orgs/otomi/teams", &team)["id"]);
    admin.ok("POST", "/orgs/otomi/repos", &json!({ "name": "values" }));
    let repositories = || admin.get(&format!("{path}/repos")).json().as_array().unwrap().len();
    assert_eq!(repositories(), 1);
    admin.ok("PATCH", &path, &json!({ "includes_all_repositories": false, "permission": "read" }));
    admin.ok("POST", "/orgs/otomi/repos", &json!({ "name": "charts" }));
    assert_eq!(repositories(), 1);
}

#[test]
fn a_renamed_repository_answers_under_its_former_name_until_another_takes_it() {
    let server = start();
    let admin = Client::admin(&server);
    admin.add_repository();
    admin.ok("PATCH", "/repos/otomi/values", &json!({ "name": "desired" }));
    let moved = admin.get("/repos/otomi/values/hooks");
    assert_eq!((moved.status, moved.header("location")), (307, Some("/api/v1/repos/otomi/desired/hooks")));
    let other = admin.ok("POST", "/orgs/otomi/repos", &json!({ "name": "values" }));
    assert_eq!(admin.get("/repos/otomi/values").json()["id"], other["id"]);
}

#[test]
fn what_belongs_to_a_repository_goes_with_it() {
    let server = start();
    let admin = Client::admin(&server);
    admin.add_repository();
    let config = json!({ "url": "http://ci", "content_type": "json", "secret": "first" });
    admin.ok("POST", "/repos/otomi/values/hooks", &json!({ "type": "gitea", "config": config }));
    admin.ok("PUT", "/repos/otomi/values/actions/secrets/TOKEN", &json!({ "data": "value" }));
    admin.ok("POST", "/repos/otomi/values/branch_protections", &json!({ "rule_name": "main" }));
    admin.ok("DELETE", "/repos/otomi/values", &Value::Null);
    admin.ok("POST", "/orgs/otomi/repos", &json!({ "name": "values" }));
    assert_eq!(server.hidden(), json!({ "hooks": {}, "applications": {}, "secrets": {} }));
    assert_eq!(server.snapshot()["repositories"]["otomi/values"]["branchProtections"], json!({}));
}

#[test]
fn only_gitea_shows_applications_of_others_and_an_address_that_it_does_not_store() {
    for (version, status, email) in [(GiteaVersion::Forgejo7, 404, "o@example.com"), (GiteaVersion::Gitea122, 200, "")]
    {
        let server = Gitea::start(&GiteaOptions::new(PASSWORD).with_version(version)).unwrap();
        let admin = Client::admin(&server);
        admin.add_user("ada");
        let body = json!({ "name": "drone", "redirect_uris": ["http://drone/login"] });
        let id = Client::new(&server, "ada", PASSWORD).ok("POST", "/user/applications/oauth2", &body)["id"].to_string();
        assert_eq!(admin.get(&format!("/user/applications/oauth2/{id}")).status, status);
        admin.ok("POST", "/orgs", &json!({ "username": "otomi", "email": "o@example.com" }));
        assert_eq!(admin.ok("PATCH", "/orgs/otomi", &json!({}))["email"], email);
        assert_eq!(admin.get("/orgs/otomi").json()["email"], "o@example.com");
    }
}

#[test]
fn a_password_is_accepted_as_the_api_accepts_it() {
    let server = start();
    let admin = Client::admin(&server);
    admin.add_user("ada");
    assert!(server.accepts("ADA", PASSWORD) && !server.accepts("ada", "wrong") && !server.accepts("nobody", PASSWORD));
    admin.ok("PATCH", "/admin/users/ada", &json!({ "login_name": "ada", "must_change_password": true }));
    assert!(!server.accepts("ada", PASSWORD));
    assert_eq!(Client::new(&server, "ada", PASSWORD).get("/user").status, 403);
}
