//! What is there that the task did not make: its objects by their names alone, and what belongs to other people.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use reqwest::Method;
use serde_json::{Value, json};

use super::{Harbor, REGISTRIES};

/// The registry secrets of a team: name, type, key.
const SECRETS: [(&str, &str, &str); 3] = [
    ("harbor-pullsecret", "kubernetes.io/dockerconfigjson", ".dockerconfigjson"),
    ("harbor-pushsecret", "kubernetes.io/dockerconfigjson", ".dockerconfigjson"),
    ("harbor-pushsecret-builds", "Opaque", "config.json"),
];

/// A right of a robot in a project.
fn right(project: &str, action: &str) -> Value {
    json!([{"kind": "project", "namespace": project, "access": [{"resource": "repository", "action": action}]}])
}

impl Harbor {
    /// Everything of other people, among it what a team would imply, made otherwise, and a group of theirs in its project.
    pub(super) async fn fill(&self) {
        self.make_bare_server().await;
        self.add_objects_of_others().await;
        self.server.set_configuration("self_registration", json!(true));
        // Not all of what a team implies is there.
        let id = self.robot("team-alpha-builds").await["id"].clone();
        self.send(Method::DELETE, &format!("/robots/{id}"), Value::Null).await;
        let member = json!({"role_id": 3, "member_group": {"group_name": "all-teams-admin", "group_type": 3}});
        self.send(Method::POST, "/projects/team-alpha/members", member).await;
    }

    /// Every declared object by its name alone, and the Secrets in the cluster.
    pub(super) async fn make_bare(&self) {
        self.make_bare_server().await;
        self.publish_bare();
    }

    /// Every declared object by its name alone. Group members are relations, and quotas come with their projects.
    async fn make_bare_server(&self) {
        // without it no group of anybody could be a member
        self.server.set_configuration("auth_mode", json!("oidc_auth"));
        let registry = json!({"name": "upstream", "type": "docker-registry", "url": REGISTRIES[1], "insecure": true});
        self.send(Method::POST, "/registries", registry).await;
        let registry = self.get("/registries").await[0]["id"].clone();
        for name in ["team-alpha", "team-beta", "mirror"] {
            let project = json!({"project_name": name, "metadata": {"public": "true"}});
            self.send(Method::POST, "/projects", project).await;
        }
        self.send(Method::POST, "/projects", json!({"project_name": "shared"})).await;
        self.send(Method::POST, "/projects", json!({"project_name": "cache", "registry_id": registry})).await;
        for name in ["team-alpha", "team-beta", "shared"] {
            let trigger = json!({"kind": "Schedule", "settings": {"cron": "0 0 0 * * *"}});
            let scope = json!({"level": "project", "ref": self.project(name).await});
            let policy = json!({"algorithm": "or", "rules": [], "trigger": trigger, "scope": scope});
            self.send(Method::POST, "/retentions", policy).await;
        }
        self.send(Method::POST, "/projects/shared/immutabletagrules", rule("v*", true)).await;
        let mut excluding = rule("dev*", true);
        excluding["tag_selectors"][0]["decoration"] = json!("excludes");
        excluding["scope_selectors"]["repository"][0] =
            json!({"kind": "doublestar", "decoration": "repoExcludes", "pattern": "tmp/**"});
        self.send(Method::POST, "/projects/shared/immutabletagrules", excluding).await;
        for name in ["builds", "alerts"] {
            self.send(Method::POST, "/projects/shared/webhook/policies", webhook(name)).await;
        }
        let label = json!({"name": "tested", "scope": "p", "project_id": self.project("shared").await});
        self.send(Method::POST, "/labels", label).await;
        for name in ["team-alpha", "team-beta"] {
            for suffix in ["pull", "push", "builds"] {
                self.make_robot(&format!("{name}-{suffix}"), "system", "library").await;
            }
        }
        for name in ["ops", "evenkeel-demo"] {
            self.make_robot(name, "system", "library").await;
        }
        self.make_robot("ci", "project", "shared").await;
        self.make_bare_system().await;
        let policy = json!({"name": "mirror", "src_registry": {"id": registry}, "trigger": {"type": "manual"}});
        self.send(Method::POST, "/replication/policies", policy).await;
    }

    async fn make_robot(&self, name: &str, level: &str, project: &str) {
        let body = json!({"name": name, "level": level, "duration": 365, "disable": true,
                          "permissions": right(project, "read")});
        self.send(Method::POST, "/robots", body).await;
    }

    /// Secrets of team alpha that are ours by their labels, and hold credentials of another time.
    fn publish_bare(&self) {
        for (name, secret_type, key) in SECRETS {
            let entry =
                json!({"username": "old", "password": "Old-Secret-1", "auth": STANDARD.encode("old:Old-Secret-1")});
            let config = json!({"auths": {"old.example.com": entry}}).to_string();
            let labels = json!({"app.kubernetes.io/managed-by": "evenkeel", "evenkeel.dev/platform": "demo",
                                "evenkeel.dev/task": "harbor"});
            let object = json!({"metadata": {"labels": labels}, "type": secret_type,
                                "data": {key: STANDARD.encode(config)}});
            self.cluster.insert("secrets", "team-alpha", name, object);
        }
    }

    pub(super) async fn add_objects_of_others(&self) {
        let registry = json!({"name": "theirs", "type": "docker-registry", "url": REGISTRIES[0], "insecure": true});
        self.send(Method::POST, "/registries", registry).await;
        let registries = self.get("/registries").await;
        let registry = registries.as_array().unwrap().iter().find(|registry| registry["name"] == "theirs").unwrap();
        let policy = json!({"name": "theirs", "src_registry": {"id": registry["id"]}, "trigger": {"type": "manual"}});
        self.send(Method::POST, "/replication/policies", policy).await;
        self.send(Method::POST, "/projects", json!({"project_name": "theirs"})).await;
        for project in ["theirs", "team-alpha", "shared"] {
            let member = json!({"role_id": 3, "member_group": {"group_name": "theirs", "group_type": 3}});
            self.send(Method::POST, &format!("/projects/{project}/members"), member).await;
        }
        for project in ["theirs", "shared"] {
            self.send(Method::POST, &format!("/projects/{project}/immutabletagrules"), rule("theirs*", false)).await;
            self.send(Method::POST, &format!("/projects/{project}/webhook/policies"), webhook("theirs")).await;
            let label = json!({"name": "theirs", "scope": "p", "project_id": self.project(project).await});
            self.send(Method::POST, "/labels", label).await;
            self.make_robot("theirs", "project", project).await;
        }
        self.send(Method::POST, "/labels", json!({"name": "theirs", "scope": "g"})).await;
        self.add_system_of_others().await;
        self.make_robot("theirs", "system", "library").await;
        self.make_robot("team-alpha-theirs", "system", "team-alpha").await;
        self.cluster.add_namespace("theirs");
        let object = |labels: Value| json!({"metadata": {"labels": labels}, "type": "Opaque", "data": {"a": "YQ=="}});
        self.cluster.insert("secrets", "team-alpha", "theirs", object(json!({})));
        let others = json!({"app.kubernetes.io/managed-by": "evenkeel", "evenkeel.dev/platform": "other",
                            "evenkeel.dev/task": "harbor"});
        self.cluster.insert("secrets", "team-alpha", "of-another-platform", object(others));
    }

    /// Fields that nobody declared, of objects that somebody did.
    pub(super) async fn set_unmanaged_fields(&self) {
        self.server.set_configuration("session_timeout", json!(77));
        self.set_unmanaged_fields_of_system().await;
        let metadata = json!({"metadata": {"auto_sbom_generation": "true"}});
        self.send(Method::PUT, "/projects/team-alpha", metadata).await;
        let path = {
            let project = self.get("/projects/team-alpha").await;
            format!("/retentions/{}", project["metadata"]["retention_id"].as_str().unwrap())
        };
        let mut policy = self.get(&path).await;
        policy["rules"].as_array_mut().unwrap().push(json!({
            "action": "retain",
            "template": "nDaysSinceLastPush",
            "params": {"nDaysSinceLastPush": 7},
            "tag_selectors": [{"kind": "doublestar", "decoration": "matches", "pattern": "**"}],
            "scope_selectors": {"repository": [{"kind": "doublestar", "decoration": "repoMatches", "pattern": "**"}]},
        }));
        self.send(Method::PUT, &path, policy).await;
        let hooks = self.get("/projects/shared/webhook/policies").await;
        let mut hook = hooks.as_array().unwrap().iter().find(|hook| hook["name"] == "builds").unwrap().clone();
        hook["description"] = json!("theirs");
        self.send(Method::PUT, &format!("/projects/shared/webhook/policies/{}", hook["id"]), hook).await;
        let mut robot = self.robot("ops").await;
        robot["description"] = json!("theirs");
        self.send(Method::PUT, &format!("/robots/{}", robot["id"]), robot).await;
        let policies = self.get("/replication/policies").await;
        let mut policy = policies.as_array().unwrap().iter().find(|policy| policy["name"] == "mirror").unwrap().clone();
        (policy["speed"], policy["dest_registry"]) = (json!(100), Value::Null);
        self.send(Method::PUT, &format!("/replication/policies/{}", policy["id"]), policy).await;
        for (name, ..) in SECRETS {
            self.change("secrets", "team-alpha", name, |secret| {
                secret["metadata"]["labels"]["theirs"] = json!("yes");
                secret["metadata"]["annotations"]["theirs"] = json!("yes");
            });
        }
        self.change("serviceaccounts", "team-alpha", "default", |account| {
            if !account["imagePullSecrets"].is_array() {
                account["imagePullSecrets"] = json!([]);
            }
            account["imagePullSecrets"].as_array_mut().unwrap().push(json!({"name": "theirs"}));
        });
    }
}

fn rule(tags: &str, disabled: bool) -> Value {
    let selector =
        |decoration: &str, pattern: &str| json!([{"kind": "doublestar", "decoration": decoration, "pattern": pattern}]);
    json!({
        "disabled": disabled,
        "action": "immutable",
        "template": "immutable_template",
        "tag_selectors": selector("matches", tags),
        "scope_selectors": {"repository": selector("repoMatches", "**")},
    })
}

fn webhook(name: &str) -> Value {
    let target = json!({"type": "http", "address": "https://theirs.example.com/", "skip_cert_verify": true});
    json!({"name": name, "enabled": false, "event_types": ["PULL_ARTIFACT"], "targets": [target]})
}
