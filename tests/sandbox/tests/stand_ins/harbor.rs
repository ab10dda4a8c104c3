//! The sandbox Harbor from outside.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use evenkeel_sandbox::{Caller, Effect, Fault, Harbor, HarborOptions, HarborPart, ManualClock, Matching};
use serde_json::{Value, json};
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::wire::{self, Answer};

const PASSWORD: &str = "Passw0rd-of-the-tests";

/// Somebody with credentials.
struct Client<'a> {
    server: &'a Harbor,
    authorization: String,
}

impl<'a> Client<'a> {
    fn new(server: &'a Harbor, name: &str, password: &str) -> Self {
        let encoded = BASE64_STANDARD.encode(format!("{name}:{password}"));
        Self { server, authorization: format!("Basic {encoded}") }
    }

    fn admin(server: &'a Harbor) -> Self {
        Self::new(server, "admin", PASSWORD)
    }

    fn send(&self, method: &str, path: &str, body: Option<&Value>) -> io::Result<Answer> {
        let headers = [("Authorization", self.authorization.as_str()), ("Accept", "application/json")];
        wire::send(self.server.url(), &headers, method, &format!("/api/v2.0{path}"), body)
    }

    fn get(&self, path: &str) -> Answer {
        self.send("GET", path, None).unwrap()
    }

    fn ok(&self, method: &str, path: &str, body: &Value) -> Value {
        let answer = self.send(method, path, Some(body)).unwrap();
        assert!((200..300).contains(&answer.status), "{method} {path}: {answer:?}");
        answer.value()
    }

    fn add_project(&self, name: &str) {
        self.ok("POST", "/projects", &json!({ "project_name": name }));
    }

    /// A robot of the system with these rights in one project, or in all: its full name, number and secret.
    fn add_robot(&self, name: &str, permissions: &Value) -> (String, i64, String) {
        let robot = json!({ "name": name, "level": "system", "duration": -1, "permissions": permissions });
        let made = self.ok("POST", "/robots", &robot);
        let text = |key: &str| made[key].as_str().unwrap().to_owned();
        (text("name"), made["id"].as_i64().unwrap(), text("secret"))
    }
}

fn pulls(namespace: &str) -> Value {
    json!([{ "kind": "project", "namespace": namespace, "access": [{ "resource": "repository", "action": "pull" }] }])
}

fn start() -> Harbor {
    Harbor::start(&HarborOptions::new(PASSWORD)).unwrap()
}

#[test]
fn a_failed_login_is_held_and_locks_its_name_until_the_clock_has_moved() {
    let clock = Arc::new(ManualClock::new());
    let server = Harbor::start(&HarborOptions::new(PASSWORD).with_clock(Arc::clone(&clock) as _)).unwrap();
    std::thread::scope(|scope| {
        let wrong = scope.spawn(|| Client::new(&server, "admin", "wrong").get("/users/current").status);
        while clock.waiting() == 0 {
            std::thread::yield_now();
        }
        assert_eq!(Client::admin(&server).get("/users/current").status, 401);
        assert_eq!(Client::admin(&server).get("/projects").header("x-total-count"), Some("1"));
        assert!(!wrong.is_finished());
        clock.advance(Duration::from_millis(1499));
        assert_eq!(Client::admin(&server).get("/users/current").status, 401);
        clock.advance(Duration::from_millis(1));
        assert_eq!(wrong.join().unwrap(), 401);
    });
    assert_eq!(Client::admin(&server).get("/users/current").status, 200);
}

#[test]
fn a_wrong_password_costs_nobody_time_unless_a_clock_is_given() {
    let server = start();
    let started = Instant::now();
    assert_eq!(Client::new(&server, "admin", "wrong").get("/users/current").status, 401);
    assert_eq!(Client::admin(&server).get("/users/current").status, 200);
    assert!(started.elapsed() < Duration::from_millis(1400));
}

#[test]
fn a_robot_is_neither_held_nor_locked() {
    let clock = Arc::new(ManualClock::new());
    let server = Harbor::start(&HarborOptions::new(PASSWORD).with_clock(clock)).unwrap();
    let (name, _, secret) = Client::admin(&server).add_robot("ci", &pulls("*"));
    assert_eq!(Client::new(&server, &name, "Wrong-Secret1").get("/users/current").status, 401);
    assert_eq!(Client::new(&server, &name, &secret).get("/users/current").status, 412);
}

#[test]
fn the_log_tells_who_asked_and_what_that_costs() {
    let server = start();
    let admin = Client::admin(&server);
    let (name, _, secret) = admin.add_robot("ci", &pulls("*"));
    server.reset_log();
    admin.get("/projects");
    Client::new(&server, &name, &secret).get("/projects");
    Client::new(&server, "admin", "wrong").get("/projects");
    wire::send(server.url(), &[], "GET", "/api/v2.0/projects", None).unwrap();
    admin.get("/ping");
    let callers: Vec<_> = server.requests().into_iter().map(|entry| entry.caller.unwrap()).collect();
    assert_eq!(
        callers,
        [
            Caller::User("admin".to_owned()),
            Caller::Robot(name),
            Caller::Refused("admin".to_owned()),
            Caller::Nobody,
            Caller::Nobody,
        ]
    );
    assert_eq!(server.password_logins(), 1);
    assert_eq!(server.cost(), Duration::from_millis(205));
}

#[test]
fn an_injected_failure_tells_nothing_of_who_asked() {
    let server = start();
    server.inject(Fault::once(Matching::writes(), Effect::CutAfter));
    let admin = Client::admin(&server);
    let project = json!({ "project_name": "team-alpha" });
    assert!(admin.send("POST", "/projects", Some(&project)).is_err());
    assert_eq!(admin.get("/projects/team-alpha").status, 200);
    assert_eq!(server.writes(), 1);
    assert!(server.requests()[0].faulted && server.requests()[0].handled);
}

#[test]
fn the_watcher_knows_at_every_moment_whether_a_secret_works() {
    let server = start();
    let admin = Client::admin(&server);
    admin.add_project("team-alpha");
    let (name, id, secret) = admin.add_robot("team-alpha-pull", &pulls("team-alpha"));
    server.reset_log();
    assert!(server.accepts(&name, &secret) && !server.accepts(&name, "Wrong-Secret1"));
    assert!(server.allows(&name, &secret, "team-alpha", "pull"));
    assert!(!server.allows(&name, &secret, "team-alpha", "push"));
    assert!(!server.allows(&name, &secret, "library", "pull"));
    server.take_away(HarborPart::Database);
    assert!(server.accepts(&name, &secret), "the secret is right all the same");
    server.bring_back(HarborPart::Database);
    assert!(server.requests().is_empty());
    admin.ok("PATCH", &format!("/robots/{id}"), &json!({ "secret": "Imposed-Secret1" }));
    assert!(!server.accepts(&name, &secret) && server.accepts(&name, "Imposed-Secret1"));
    server.set_configuration("robot_name_prefix", json!("otomi-"));
    assert!(!server.accepts(&name, "Imposed-Secret1") && server.accepts("otomi-team-alpha-pull", "Imposed-Secret1"));
    assert!(server.impose_secret("otomi-team-alpha-pull", "Another-Secret1"));
    assert!(server.accepts("otomi-team-alpha-pull", "Another-Secret1"));
    admin.ok("DELETE", "/projects/team-alpha", &Value::Null);
    assert!(server.accepts("otomi-team-alpha-pull", "Another-Secret1"), "a robot of the system outlives the project");
    assert!(!server.allows("otomi-team-alpha-pull", "Another-Secret1", "team-alpha", "pull"));
}

#[test]
fn a_new_secret_always_moves_the_time_of_the_last_change() {
    let clock = Arc::new(ManualClock::new());
    let server = Harbor::start(&HarborOptions::new(PASSWORD).with_clock(clock)).unwrap();
    let admin = Client::admin(&server);
    let (_, id, _) = admin.add_robot("ci", &pulls("*"));
    let updated = || admin.get(&format!("/robots/{id}")).json()["update_time"].clone();
    let before = updated();
    admin.ok("PATCH", &format!("/robots/{id}"), &json!({}));
    assert_ne!(updated(), before, "though the clock stands still");
}

#[test]
fn a_robot_may_what_its_permissions_say_and_where_they_say_it() {
    let server = start();
    let admin = Client::admin(&server);
    admin.add_project("team-alpha");
    admin.add_project("team-beta");
    let right = |kind: &str, namespace: &str, resource: &str, action: &str| json!({ "kind": kind, "namespace": namespace, "access": [{ "resource": resource, "action": action }] });
    let permissions = json!([
        right("system", "/", "quota", "list"),
        right("project", "team-alpha", "member", "list"),
        right("project", "*", "tag-retention", "read"),
    ]);
    let (name, _, secret) = admin.add_robot("some", &permissions);
    let robot = Client::new(&server, &name, &secret);
    assert_eq!(robot.get("/quotas").status, 200);
    assert_eq!(robot.get("/quotas/1").status, 403);
    assert_eq!(robot.get("/projects/team-alpha/members").status, 200);
    assert_eq!(robot.get("/projects/team-beta/members").status, 403);
    assert_eq!(robot.get("/projects/nowhere/members").status, 403);
    assert_eq!(robot.get("/robots").status, 403);
    assert_eq!(robot.get("/usergroups").status, 403);
    assert_eq!(robot.get("/configurations").json()["errors"][0]["message"], json!(name));
    let own = robot.get("/users/current/permissions?scope=/project/2").json();
    assert_eq!(own.as_array().map(Vec::len), Some(2));
}

#[test]
fn pages_of_a_filtered_list_link_to_each_other() {
    let server = start();
    let admin = Client::admin(&server);
    for number in 0..25 {
        admin.add_robot(&format!("ci-{number:02}"), &pulls("*"));
    }
    let page = |query: &str| admin.get(&format!("/robots?{query}"));
    let second = page("q=name%3D~ci-&page=2&page_size=10");
    assert_eq!(second.header("x-total-count"), Some("25"));
    assert_eq!(
        second.header("link"),
        Some(
            "</api/v2.0/robots?page=1&page_size=10&q=name=~ci->; rel=\"prev\" , \
             </api/v2.0/robots?page=3&page_size=10&q=name=~ci->; rel=\"next\""
        )
    );
    assert_eq!(page("q=name%3D%7Bci-01%20ci-02%7D").header("x-total-count"), Some("2"));
    assert_eq!(page("sort=-name&page_size=1").json()[0]["name"], "robot$ci-24");
    assert_eq!(page("page_size=100&page=2").json(), json!([]));
}

#[test]
fn while_the_database_is_away_nothing_proves_that_a_secret_is_wrong() {
    let server = start();
    let admin = Client::admin(&server);
    let (name, _, secret) = admin.add_robot("ci", &pulls("*"));
    server.take_away(HarborPart::Database);
    assert_eq!(admin.get("/users/current").status, 401);
    assert_eq!(Client::new(&server, &name, &secret).get("/users/current/permissions").status, 401);
    assert_eq!(admin.send("POST", "/projects", Some(&json!({ "project_name": "a" }))).unwrap().status, 500);
    assert_eq!(admin.get("/ping").status, 200);
    server.bring_back(HarborPart::Database);
    assert_eq!(admin.get("/users/current").status, 200);
}

#[test]
fn a_group_that_exists_can_be_a_member_also_with_local_accounts() {
    let server = start();
    let admin = Client::admin(&server);
    admin.add_project("team-alpha");
    let member = json!({ "role_id": 2, "member_group": { "group_name": "devs", "group_type": 3 } });
    let add = || admin.send("POST", "/projects/team-alpha/members", Some(&member)).unwrap().status;
    assert_eq!(add(), 404);
    admin.ok("POST", "/usergroups", &json!({ "group_name": "devs", "group_type": 3 }));
    assert_eq!(add(), 201);
    assert_eq!(add(), 409);
}

#[test]
fn the_snapshot_shows_no_secret() {
    let server = start();
    let admin = Client::admin(&server);
    admin.add_project("team-alpha");
    admin.ok("PUT", "/configurations", &json!({ "oidc_client_secret": "Oidc-Secret-1" }));
    let (name, _, secret) = admin.add_robot("ci", &pulls("team-alpha"));
    let snapshot = server.snapshot();
    assert_eq!(snapshot["robots"][&name]["permissions"][0]["namespace"], "team-alpha");
    assert_eq!(snapshot["projects"]["team-alpha"]["members"]["user admin"]["role"], 1);
    assert_eq!(snapshot["configuration"]["oidc_client_secret"], json!({ "set": true }));
    assert!(server.configuration_holds("oidc_client_secret", "Oidc-Secret-1"));
    let text = snapshot.to_string();
    assert!(!text.contains(&secret) && !text.contains("Oidc-Secret-1") && !text.contains(PASSWORD));
}
