//! Objects of the whole system: bare ones, those of others, and hands that meddle with them.

use reqwest::Method;
use serde_json::{Value, json};

use super::Harbor;

/// Addresses of scanners that the server can reach: two of ours, and one of others.
pub(super) const SCANNERS: [&str; 3] =
    ["http://own.example.com:8080", "http://second.example.com:8080", "http://theirs.example.com:8080"];

fn parameters(answer: &Value) -> Value {
    answer["job_parameters"].as_str().map_or(Value::Null, |text| serde_json::from_str(text).unwrap())
}

impl Harbor {
    /// All of them by their names alone; what is always there is otherwise than declared.
    pub(super) async fn make_bare_system(&self) {
        let own = json!({"name": "own", "url": SCANNERS[0], "skip_certVerify": true});
        self.send(Method::POST, "/scanners", own).await;
        let own = self.find("/scanners", "name", "own").await;
        let own = format!("/scanners/{}", own["uuid"].as_str().unwrap());
        self.send(Method::PATCH, &own, json!({"is_default": true})).await;
        self.send(Method::POST, "/scanners", json!({"name": "second", "url": SCANNERS[1]})).await;
        self.send(Method::POST, "/labels", json!({"name": "checked", "scope": "g"})).await;
        let instance = json!({"name": "dragon", "vendor": "dragonfly", "endpoint": "https://bare.example.com",
                              "auth_mode": "NONE", "insecure": true});
        self.send(Method::POST, "/p2p/preheat/instances", instance).await;
        self.send(Method::POST, "/usergroups", json!({"group_name": "auditors", "group_type": 3})).await;
        let collection = json!({"schedule": daily("0 0 0 * * *"), "parameters": {"workers": 1}});
        self.send(Method::PUT, "/system/gc/schedule", collection).await;
        let parameters = json!({"audit_retention_hour": 1, "include_event_types": "create_project"});
        let purge = json!({"schedule": daily("0 0 0 * * *"), "parameters": parameters});
        self.send(Method::PUT, "/system/purgeaudit/schedule", purge).await;
        self.send(Method::PUT, "/system/scanAll/schedule", json!({"schedule": daily("0 0 0 * * *")})).await;
        self.send(Method::PUT, "/system/CVEAllowlist", json!({"items": [{"cve_id": "CVE-1999-0001"}]})).await;
    }

    pub(super) async fn add_system_of_others(&self) {
        self.send(Method::POST, "/scanners", json!({"name": "theirs", "url": SCANNERS[2]})).await;
        let instance = json!({"name": "theirs", "vendor": "kraken", "endpoint": "https://theirs.example.com"});
        self.send(Method::POST, "/p2p/preheat/instances", instance).await;
    }

    /// Fields that nobody declared.
    pub(super) async fn set_unmanaged_fields_of_system(&self) {
        let there = self.get("/system/gc/schedule").await;
        let mut parameters = parameters(&there);
        parameters["delete_tag"] = json!(true);
        let body = json!({"schedule": there["schedule"], "parameters": parameters});
        self.send(Method::PUT, "/system/gc/schedule", body).await;
        let mut scanner = self.find("/scanners", "name", "second").await;
        scanner["use_internal_addr"] = json!(true);
        self.send(Method::PUT, &format!("/scanners/{}", scanner["uuid"].as_str().unwrap()), scanner).await;
        let mut instance = self.find("/p2p/preheat/instances", "name", "dragon").await;
        instance["description"] = json!("theirs");
        self.send(Method::PUT, "/p2p/preheat/instances/dragon", instance).await;
    }

    /// Spoils a field of what there is exactly one of.
    pub(super) async fn spoil_system(&self, name: &str, field: &str) {
        match name {
            "default-scanner" => {
                let other = self.find("/scanners", "name", "own").await;
                let path = format!("/scanners/{}", other["uuid"].as_str().unwrap());
                self.send(Method::PATCH, &path, json!({"is_default": true})).await;
            }
            "cve-allowlist" => {
                let mut there = self.get("/system/CVEAllowlist").await;
                match field {
                    "items" => there["items"] = json!([{"cve_id": "CVE-1999-0001"}]),
                    _ => there["expires_at"] = json!(there["expires_at"].as_i64().unwrap() + 1),
                }
                self.send(Method::PUT, "/system/CVEAllowlist", there).await;
            }
            name => {
                let word = match name {
                    "garbage-collection" => "gc",
                    "audit-log-purge" => "purgeaudit",
                    _ => "scanAll",
                };
                let path = format!("/system/{word}/schedule");
                let there = self.get(&path).await;
                let (mut schedule, mut parameters) = (there["schedule"].clone(), parameters(&there));
                match field {
                    "deleteUntagged" => parameters["delete_untagged"] = json!(parameters["delete_untagged"] != true),
                    "workers" => parameters["workers"] = json!(7),
                    "retentionHours" => parameters["audit_retention_hour"] = json!(7),
                    "eventTypes" => parameters["include_event_types"] = json!("create_project"),
                    _ => schedule["cron"] = json!("0 0 5 * * *"),
                }
                self.send(Method::PUT, &path, json!({"schedule": schedule, "parameters": parameters})).await;
            }
        }
    }
}

fn daily(cron: &str) -> Value {
    json!({"type": "Daily", "cron": cron})
}
