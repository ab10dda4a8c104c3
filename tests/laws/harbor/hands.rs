//! Hands that meddle with both servers behind the task's back.

use std::sync::LazyLock;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use evenkeel_conformance::live::fields::spoiled;
use evenkeel_core::object::ObjectId;
use reqwest::Method;
use serde_json::{Value, json};

use super::{ADMIN_PASSWORD, Harbor, REGISTRIES};

/// The keys under which Secrets hold what container tools read.
const KEYS: [&str; 2] = [".dockerconfigjson", "config.json"];

impl Harbor {
    pub(super) async fn get(&self, path: &str) -> Value {
        self.ask(Method::GET, path, None).await
    }

    pub(super) async fn send(&self, method: Method, path: &str, body: Value) {
        self.ask(method, path, Some(&body)).await;
    }

    #[expect(clippy::disallowed_methods, reason = "speaks with the sandbox past the transport under test")]
    async fn ask(&self, method: Method, path: &str, body: Option<&Value>) -> Value {
        // Every test has a runtime of its own, so that no connection may be kept for another.
        static CLIENT: LazyLock<reqwest::Client> = LazyLock::new(|| {
            let _ = rustls::crypto::ring::default_provider().install_default();
            reqwest::Client::builder().no_proxy().pool_max_idle_per_host(0).build().unwrap()
        });
        let request = CLIENT
            .request(method.clone(), format!("{}/api/v2.0{path}", self.server.url()))
            .basic_auth("admin", Some(ADMIN_PASSWORD))
            .header("X-Is-Resource-Name", "true");
        let request = if let Some(body) = body { request.json(body) } else { request };
        let answer = request.send().await.unwrap();
        let status = answer.status();
        let text = answer.text().await.unwrap();
        assert!(status.is_success(), "{method} {path} {body:?}: {status} {text}");
        if text.is_empty() { Value::Null } else { serde_json::from_str(&text).unwrap() }
    }

    /// The element of a list whose `key` is `name`.
    pub(super) async fn find(&self, list: &str, key: &str, name: &str) -> Value {
        let separator = if list.contains('?') { '&' } else { '?' };
        let found = self.get(&format!("{list}{separator}page_size=100")).await;
        let found = found.as_array().unwrap().iter().find(|element| element[key] == name);
        found.unwrap_or_else(|| panic!("`{list}` has no `{name}`")).clone()
    }

    /// A project's number.
    pub(super) async fn project(&self, name: &str) -> Value {
        self.get(&format!("/projects/{name}")).await["project_id"].clone()
    }

    async fn retention(&self, project: &str) -> String {
        let project = self.get(&format!("/projects/{project}")).await;
        format!("/retentions/{}", project["metadata"]["retention_id"].as_str().unwrap())
    }

    /// A robot by its stored name, as it is there.
    pub(super) async fn robot(&self, stored: &str) -> Value {
        let prefix = self.get("/configurations").await["robot_name_prefix"]["value"].as_str().unwrap().to_owned();
        let list = match stored.split_once('+') {
            Some((project, _)) => format!("/robots?q=Level%3Dproject,ProjectID%3D{}", self.project(project).await),
            None => "/robots".to_owned(),
        };
        self.find(&list, "name", &format!("{prefix}{stored}")).await
    }

    /// The path of an object that has one, and the object.
    async fn place(&self, object: &ObjectId) -> (String, Value) {
        let name = object.name();
        let (project, inner) = object.in_parent().unwrap_or((name, ""));
        let (list, found) = match object.kind().as_str() {
            "project" => return (format!("/projects/{name}"), self.get(&format!("/projects/{name}")).await),
            "retention" => {
                let path = self.retention(name).await;
                let policy = self.get(&path).await;
                return (path, policy);
            }
            "immutable-tag-rule" => {
                let list = format!("/projects/{project}/immutabletagrules");
                let rules = self.get(&list).await;
                let pattern = |rule: &&Value| {
                    let part =
                        |pointer: &str| rule.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
                    let choice = |selector: &str| {
                        let excludes = part(&format!("{selector}/decoration")).to_lowercase().contains("excludes");
                        format!("{}{}", if excludes { "except " } else { "" }, part(&format!("{selector}/pattern")))
                    };
                    let (repositories, tags) = (choice("/scope_selectors/repository/0"), choice("/tag_selectors/0"));
                    format!("{repositories}:{tags}") == inner
                };
                let found = rules.as_array().unwrap().iter().find(pattern).cloned();
                (list, found.unwrap())
            }
            "webhook" => {
                let list = format!("/projects/{project}/webhook/policies");
                let found = self.find(&list, "name", inner).await;
                (list, found)
            }
            "label" => {
                let list = format!("/labels?scope=p&project_id={}", self.project(project).await);
                ("/labels".to_owned(), self.find(&list, "name", inner).await)
            }
            "system-label" => ("/labels".to_owned(), self.find("/labels?scope=g", "name", name).await),
            "scanner" => {
                let found = self.find("/scanners", "name", name).await;
                return (format!("/scanners/{}", found["uuid"].as_str().unwrap()), found);
            }
            "preheat-instance" => {
                let list = "/p2p/preheat/instances";
                return (format!("{list}/{name}"), self.find(list, "name", name).await);
            }
            "user-group" => ("/usergroups".to_owned(), self.find("/usergroups", "group_name", name).await),
            "group-member" => {
                let list = format!("/projects/{project}/members");
                let found = self.find(&list, "entity_name", inner).await;
                (list, found)
            }
            "robot" => ("/robots".to_owned(), self.robot(name).await),
            "registry" => ("/registries".to_owned(), self.find("/registries", "name", name).await),
            "replication" => {
                let list = "/replication/policies".to_owned();
                let found = self.find(&list, "name", name).await;
                (list, found)
            }
            "quota" => ("/quotas".to_owned(), self.quota(name).await),
            other => panic!("nobody knows where a {other} is"),
        };
        (format!("{list}/{}", found["id"]), found)
    }

    async fn quota(&self, project: &str) -> Value {
        let quotas = self.get("/quotas?reference=project&page_size=100").await;
        quotas.as_array().unwrap().iter().find(|quota| quota["ref"]["name"] == project).unwrap().clone()
    }

    pub(super) async fn spoil(&self, object: &ObjectId, field: &str) {
        match object.kind().as_str() {
            "configuration" => {
                let value = match field {
                    "auth_mode" => json!("db_auth"),
                    _ => spoiled(&self.get("/configurations").await[field]["value"]),
                };
                return self.server.set_configuration(field, value);
            }
            "robot-secret" => {
                let robot = self.robot(object.name()).await["name"].as_str().unwrap().to_owned();
                assert!(self.server.impose_secret(&robot, "Spoiled-Secret-1"));
                return;
            }
            "system" => return self.spoil_system(object.name(), field).await,
            "secret" => return self.spoil_secret(object, field),
            "cve-allowlist" => {
                let path = format!("/projects/{}", object.name());
                let mut list = self.get(&path).await["cve_allowlist"].clone();
                match field {
                    "items" => list["items"] = json!([]),
                    // The field is called as in the values.
                    _ => list["expires_at"] = Value::Null,
                }
                return self.send(Method::PUT, &path, json!({"cve_allowlist": list})).await;
            }
            "project-scanner" => {
                let scanners = self.get("/scanners").await;
                let theirs = scanners.as_array().unwrap().iter().find(|scanner| scanner["name"] == "Theirs").unwrap();
                let choice = json!({"uuid": theirs["uuid"]});
                return self.send(Method::PUT, &format!("/projects/{}/scanner", object.name()), choice).await;
            }
            "image-pull-secrets" => {
                let (namespace, account) = object.in_parent().unwrap();
                return self.change("serviceaccounts", namespace, account, |account| {
                    account["imagePullSecrets"]
                        .as_array_mut()
                        .unwrap()
                        .retain(|entry| entry["name"] != "harbor-pushsecret");
                });
            }
            _ => {}
        }
        let (path, mut there) = self.place(object).await;
        let body = match (object.kind().as_str(), field) {
            ("project", field) => {
                let flag = there["metadata"][field] == "true";
                json!({"metadata": {field: if field == "severity" { "low".to_owned() } else { (!flag).to_string() }}})
            }
            ("quota", _) => json!({"hard": {"storage": 1 << 30}}),
            ("group-member", _) => json!({"role_id": 3}),
            ("registry", field) => {
                let value = match field {
                    "url" => json!(REGISTRIES[1]),
                    // what is false is left out of answers
                    "insecure" => json!(there["insecure"] != true),
                    _ => spoiled(at(&mut there, field)),
                };
                let flat = field.rsplit('.').next().unwrap();
                json!({ (if field == "credential.type" { "credential_type" } else { flat }): value })
            }
            (kind, field) => {
                self.spoil_field(kind, field, &mut there).await;
                there
            }
        };
        self.send(Method::PUT, &path, body).await;
    }

    /// What is sent back as a whole.
    async fn spoil_field(&self, kind: &str, field: &str, there: &mut Value) {
        match (kind, field) {
            ("retention", "untagged") => {
                let rules = there["rules"].as_array_mut().unwrap();
                let ours = rules.iter_mut().find(|rule| rule["template"] == "latestPushedK").unwrap();
                ours["tag_selectors"][0]["extras"] = json!(r#"{"untagged":false}"#);
            }
            ("retention", "keep_last") => {
                let rules = there["rules"].as_array_mut().unwrap();
                let ours = rules.iter_mut().find(|rule| rule["template"] == "latestPushedK").unwrap();
                ours["params"]["latestPushedK"] = json!(7);
            }
            ("retention", "rules") => drop(there["rules"].as_array_mut().unwrap().remove(0)),
            ("retention", _) => there["trigger"]["settings"]["cron"] = json!("0 0 5 * * *"),
            ("scanner", "auth") => there["auth"] = json!("Basic"),
            ("scanner", "url") => there["url"] = json!("http://spoiled.example.com"),
            ("scanner", "skipCertVerify") => there["skip_certVerify"] = json!(there["skip_certVerify"] != true),
            ("label" | "system-label", "color") => there["color"] = json!("#000000"),
            ("webhook", "event_types") => there["event_types"] = json!(["PULL_ARTIFACT"]),
            ("webhook", field) if field.ends_with("skip_cert_verify") => *at(there, field) = json!(true),
            ("robot", "permissions") => {
                let access = json!([{"resource": "repository", "action": "read"}]);
                let project = there["name"].as_str().and_then(|name| name.split_once('+')).is_some();
                there["permissions"] = json!([{
                    "kind": "project",
                    "namespace": if project { "shared" } else { "library" },
                    "access": access,
                }]);
            }
            ("robot", "duration") => there["duration"] = json!(if there["duration"] == 60 { 61 } else { 60 }),
            ("replication", "filters") => there["filters"] = json!([]),
            ("replication", "src_registry.name") => {
                there["src_registry"] = self.find("/registries", "name", "theirs").await;
                there["dest_registry"] = Value::Null;
            }
            // what is false is left out of answers
            ("immutable-tag-rule", "disabled") => there["disabled"] = json!(there["disabled"] != true),
            (_, field) => {
                let place = at(there, field);
                *place = spoiled(place);
            }
        }
        if kind == "replication" {
            there["dest_registry"] = Value::Null;
        }
    }

    fn spoil_secret(&self, object: &ObjectId, field: &str) {
        let (namespace, name) = object.in_parent().unwrap();
        self.change("secrets", namespace, name, |secret| {
            let key = KEYS.into_iter().find(|key| secret["data"][key].is_string()).unwrap();
            let mut config = read(&secret["data"][key]);
            let auths = config["auths"].as_object_mut().unwrap();
            let (host, mut entry) = auths.iter().next().map(|(host, entry)| (host.clone(), entry.clone())).unwrap();
            auths.clear();
            match field {
                "data" => {}
                "host" => drop(auths.insert("spoiled.example.com".to_owned(), entry)),
                field => {
                    entry[field] = json!("Spoiled-1");
                    let text = |key: &str| entry[key].as_str().unwrap().to_owned();
                    entry["auth"] = json!(STANDARD.encode(format!("{}:{}", text("username"), text("password"))));
                    auths.insert(host, entry);
                }
            }
            secret["data"][key] = json!(STANDARD.encode(config.to_string()));
        });
    }

    /// Somebody edits an object of the cluster; who owns which field stays as it is.
    pub(super) fn change(&self, resource: &str, namespace: &str, name: &str, change: impl FnOnce(&mut Value)) {
        let Some(mut object) = self.cluster.object(resource, namespace, name) else { return };
        change(&mut object);
        self.cluster.insert(resource, namespace, name, object);
    }

    pub(super) async fn remove_object(&self, object: &ObjectId) {
        match object.kind().as_str() {
            "robot-secret" => return self.spoil(object, "secret").await,
            "secret" => {
                let (namespace, name) = object.in_parent().unwrap();
                assert!(self.cluster.remove("secrets", namespace, name));
                return;
            }
            "namespace" => return self.remove_namespace(object.name()),
            "project" => self.remove_labels_of(object.name()).await,
            "registry" => self.remove_users_of(object.name()).await,
            _ => {}
        }
        let (path, _) = self.place(object).await;
        self.ask(Method::DELETE, &path, None).await;
    }

    /// Nothing may use a registry that goes.
    async fn remove_users_of(&self, registry: &str) {
        let id = self.find("/registries", "name", registry).await["id"].clone();
        let policies = self.get("/replication/policies").await;
        for policy in policies.as_array().unwrap().iter().filter(|policy| policy["src_registry"]["id"] == id) {
            self.ask(Method::DELETE, &format!("/replication/policies/{}", policy["id"]), None).await;
        }
        let projects = self.get("/projects?page_size=100").await;
        for cache in projects.as_array().unwrap().iter().filter(|project| project["registry_id"] == id) {
            self.ask(Method::DELETE, &format!("/projects/{}", cache["name"].as_str().unwrap()), None).await;
        }
    }

    /// The server forgets which project they were of, and not that they were.
    async fn remove_labels_of(&self, project: &str) {
        let labels = self.get(&format!("/labels?scope=p&project_id={}", self.project(project).await)).await;
        for label in labels.as_array().unwrap() {
            self.ask(Method::DELETE, &format!("/labels/{}", label["id"]), None).await;
        }
    }

    fn remove_namespace(&self, name: &str) {
        for resource in ["secrets", "serviceaccounts", "configmaps"] {
            let inside = self.cluster.snapshot()[resource].clone();
            for place in inside.as_object().into_iter().flat_map(|objects| objects.keys()) {
                if let Some((namespace, object)) = place.split_once('/').filter(|(namespace, _)| *namespace == name) {
                    self.cluster.remove(resource, namespace, object);
                }
            }
        }
        assert!(self.cluster.remove("namespaces", "", name));
    }
}

/// The content of a Secret.
fn read(content: &Value) -> Value {
    serde_json::from_slice(&STANDARD.decode(content.as_str().unwrap()).unwrap()).unwrap()
}

/// The field at a plan's path, made where it is missing.
fn at<'v>(value: &'v mut Value, path: &str) -> &'v mut Value {
    path.split(['.', '[']).fold(value, |value, part| match part.strip_suffix(']').map(str::parse::<usize>) {
        Some(Ok(index)) => &mut value[index],
        _ => &mut value[part],
    })
}
