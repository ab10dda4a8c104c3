//! The configuration: flat values that are written one by one and shown with whether they may be (server-behaviour 2).

use http::Method;
use serde_json::{Map, Value, json};

use super::answer::{Answer, Reply};
use super::body::{self, Model, Shape};
use super::identity::Identity;
use super::quotas::allowed_limit;
use super::request::Request;
use super::time::written;
use super::world::World;

const MODES: [&str; 5] = ["db_auth", "ldap_auth", "uaa_auth", "http_auth", "oidc_auth"];

/// Values that never come back; they are not even named.
const HIDDEN: [&str; 2] = ["oidc_client_secret", "ldap_search_password"];

const CONFIGURATIONS: Model = Model {
    name: "Configurations",
    fields: &[
        ("audit_log_forward_endpoint", Shape::Text),
        ("auth_mode", Shape::Text),
        ("banner_message", Shape::Text),
        ("disabled_audit_log_event_types", Shape::Text),
        ("http_authproxy_admin_groups", Shape::Text),
        ("http_authproxy_admin_usernames", Shape::Text),
        ("http_authproxy_endpoint", Shape::Text),
        ("http_authproxy_server_certificate", Shape::Text),
        ("http_authproxy_skip_search", Shape::Flag),
        ("http_authproxy_tokenreview_endpoint", Shape::Text),
        ("http_authproxy_verify_cert", Shape::Flag),
        ("ldap_base_dn", Shape::Text),
        ("ldap_filter", Shape::Text),
        ("ldap_group_admin_dn", Shape::Text),
        ("ldap_group_attach_parallel", Shape::Flag),
        ("ldap_group_attribute_name", Shape::Text),
        ("ldap_group_base_dn", Shape::Text),
        ("ldap_group_membership_attribute", Shape::Text),
        ("ldap_group_search_filter", Shape::Text),
        ("ldap_group_search_scope", Shape::Whole),
        ("ldap_scope", Shape::Whole),
        ("ldap_search_dn", Shape::Text),
        ("ldap_search_password", Shape::Text),
        ("ldap_timeout", Shape::Whole),
        ("ldap_uid", Shape::Text),
        ("ldap_url", Shape::Text),
        ("ldap_verify_cert", Shape::Flag),
        ("notification_enable", Shape::Flag),
        ("oidc_admin_group", Shape::Text),
        ("oidc_auto_onboard", Shape::Flag),
        ("oidc_client_id", Shape::Text),
        ("oidc_client_secret", Shape::Text),
        ("oidc_endpoint", Shape::Text),
        ("oidc_extra_redirect_parms", Shape::Text),
        ("oidc_group_filter", Shape::Text),
        ("oidc_groups_claim", Shape::Text),
        ("oidc_logout", Shape::Flag),
        ("oidc_name", Shape::Text),
        ("oidc_scope", Shape::Text),
        ("oidc_user_claim", Shape::Text),
        ("oidc_verify_cert", Shape::Flag),
        ("primary_auth_mode", Shape::Flag),
        ("project_creation_restriction", Shape::Text),
        ("quota_per_project_enable", Shape::Flag),
        ("read_only", Shape::Flag),
        ("robot_name_prefix", Shape::Text),
        ("robot_token_duration", Shape::Whole),
        ("scanner_skip_update_pulltime", Shape::Flag),
        ("self_registration", Shape::Flag),
        ("session_timeout", Shape::Whole),
        ("skip_audit_log_database", Shape::Flag),
        ("storage_per_project", Shape::Whole),
        ("token_expiration", Shape::Whole),
        ("uaa_client_id", Shape::Text),
        ("uaa_client_secret", Shape::Text),
        ("uaa_endpoint", Shape::Text),
        ("uaa_verify_cert", Shape::Flag),
    ],
};

const PING: Model = Model { name: "OIDCPing", fields: &[("url", Shape::Text), ("verify_cert", Shape::Flag)] };

/// All values, hidden ones too.
#[derive(Debug)]
pub(crate) struct Configuration {
    values: Map<String, Value>,
    /// Whether they come from the environment, so that nobody may change them.
    fixed: bool,
}

impl Configuration {
    /// The values of a fresh server, with those of the environment over them.
    pub(crate) fn new(overwrite: Option<&Map<String, Value>>) -> Self {
        // the file is part of the program: a test reads it
        let mut values: Map<String, Value> =
            serde_json::from_str(include_str!("data/configuration.json")).unwrap_or_default();
        for name in HIDDEN {
            values.insert(name.to_owned(), json!(""));
        }
        for (name, value) in overwrite.into_iter().flatten() {
            if values.contains_key(name) {
                values.insert(name.clone(), value.clone());
            }
        }
        Self { values, fixed: overwrite.is_some() }
    }

    pub(crate) fn text(&self, name: &str) -> &str {
        body::text(&self.values, name)
    }

    pub(crate) fn number(&self, name: &str) -> i64 {
        body::whole(&self.values, name)
    }

    pub(crate) fn robot_prefix(&self) -> &str {
        self.text("robot_name_prefix")
    }

    pub(crate) fn is_read_only(&self) -> bool {
        self.values.get("read_only").and_then(Value::as_bool).unwrap_or_default()
    }

    /// Whether accounts are the server's own.
    pub(crate) fn is_local(&self) -> bool {
        self.text("auth_mode") == "db_auth"
    }

    /// All values but those that never show, for tests; a hidden one shows whether it is set.
    pub(crate) fn snapshot(&self) -> Value {
        let shown = self.values.iter().map(|(name, value)| {
            let hidden = HIDDEN.contains(&name.as_str());
            (name.clone(), if hidden { json!({ "set": value != "" }) } else { value.clone() })
        });
        Value::Object(shown.collect())
    }

    /// The values that never come back; for tests.
    pub(crate) fn hidden(&self) -> Value {
        Value::Object(HIDDEN.iter().map(|name| ((*name).to_owned(), json!(self.text(name)))).collect())
    }

    /// Whether a hidden value is that one; for tests.
    pub(crate) fn holds(&self, name: &str, value: &str) -> bool {
        self.text(name) == value
    }

    /// Sets one value behind everybody's back; for tests.
    pub(crate) fn set(&mut self, name: &str, value: Value) {
        self.values.insert(name.to_owned(), value);
    }
}

impl World {
    pub(crate) fn answer_configuration(&mut self, request: &Request) -> Reply {
        if request.method != Method::PUT {
            self.need(request.who, "configuration", "read")?;
            return Ok(Answer::found(self.shown_configuration()));
        }
        let sent = request.json("configurations", &CONFIGURATIONS)?;
        if let Err(refusal) = self.need(request.who, "configuration", "update") {
            // the log shows that somebody tried (contract permissions)
            if matches!(request.who, Identity::Robot(_)) {
                self.note(request.who, "update", "configuration", "configuration");
            }
            return Err(refusal);
        }
        if self.configuration.fixed {
            return Err(Answer::forbidden(
                "current config is init by env variable: CONFIG_OVERWRITE_JSON, it cannot be updated",
            ));
        }
        self.check_configuration(&sent)?;
        let mut sent = sent;
        if let Some(banner) = sent.get_mut("banner_message") {
            *banner = json!(kept_banner(banner.as_str().unwrap_or_default()));
        }
        self.configuration.values.extend(sent);
        self.note(request.who, "update", "configuration", "configuration");
        Ok(Answer::done())
    }

    fn shown_configuration(&self) -> Value {
        let editable = !self.configuration.fixed;
        let shown = self.configuration.values.iter().filter(|(name, _)| !HIDDEN.contains(&name.as_str()));
        let shown = shown.map(|(name, value)| {
            let editable = editable && (name != "auth_mode" || !self.has_users());
            (name.clone(), json!({ "editable": editable, "value": value }))
        });
        let mut shown: Map<String, Value> = shown.collect();
        shown.insert("scan_all_policy".to_owned(), json!({}));
        Value::Object(shown)
    }

    /// Whether there are users besides the administrator: they freeze the mode.
    fn has_users(&self) -> bool {
        self.users.len() > 1
    }

    /// One value that is refused refuses all.
    fn check_configuration(&self, sent: &Map<String, Value>) -> Result<(), Answer> {
        let text = |name: &str| sent.get(name).and_then(Value::as_str);
        if let Some(mode) = text("auth_mode") {
            if mode != self.configuration.text("auth_mode") && self.has_users() {
                let message = "the auth mode cannot be modified as new users have been inserted into database";
                return Err(Answer::invalid(message));
            }
            if !MODES.contains(&mode) {
                let modes = MODES.join(", ");
                let message = format!("bad request: item name auth_mode: invalid auth_mode, shoud be one of {modes}");
                return Err(Answer::invalid(message));
            }
        }
        if text("project_creation_restriction").is_some_and(|value| !matches!(value, "everyone" | "adminonly")) {
            return Err(Answer::invalid(
                "bad request: item name project_creation_restriction: invalid project_creation_restriction, \
                 should be adminonly or everyone",
            ));
        }
        if sent.get("robot_token_duration").and_then(Value::as_i64).is_some_and(|days| days <= 0) {
            return Err(Answer::invalid("the robot_token_duration value must be positive"));
        }
        if let Some(limit) = sent.get("storage_per_project").and_then(Value::as_i64) {
            allowed_limit(limit)?;
        }
        Ok(())
    }

    /// `POST /system/oidc/ping`: whether the provider can be reached.
    pub(crate) fn ping_provider(&self, request: &Request) -> Reply {
        let sent = request.json("endpoint", &PING)?;
        self.need(request.who, "configuration", "read")?;
        let url = body::text(&sent, "url");
        if self.reachable.iter().any(|other| url.starts_with(&other.url)) {
            return Ok(Answer::done());
        }
        Err(Answer::invalid("failed to verify connection"))
    }

    /// `GET /systeminfo`: short for nobody.
    pub(crate) fn system_information(&self, request: &Request) -> Reply {
        let configuration = &self.configuration;
        let value = |name: &str| configuration.values.get(name).cloned().unwrap_or_default();
        let provider = if configuration.text("auth_mode") == "oidc_auth" { value("oidc_name") } else { json!("") };
        let mut shown = json!({
            "auth_mode": value("auth_mode"),
            "banner_message": value("banner_message"),
            "oidc_provider_name": provider,
            "primary_auth_mode": value("primary_auth_mode"),
            "self_registration": value("self_registration"),
        });
        if self.need_login(request.who).is_ok() {
            shown["current_time"] = json!(written(self.now()));
            shown["external_url"] = json!(self.base);
            shown["harbor_version"] = json!(self.version.to_string());
            shown["has_ca_root"] = json!(false);
            shown["notification_enable"] = value("notification_enable");
            shown["project_creation_restriction"] = value("project_creation_restriction");
            shown["read_only"] = value("read_only");
            shown["registry_storage_provider_name"] = json!("filesystem");
            shown["registry_url"] = json!(self.base.trim_start_matches("http://"));
        }
        Ok(Answer::found(shown))
    }
}

/// A banner is JSON in a text, of which the server keeps the meaning: its keys come back in its own order.
fn kept_banner(text: &str) -> String {
    let keys = serde_json::from_str::<std::collections::BTreeMap<String, Value>>(text);
    keys.ok().and_then(|keys| serde_json::to_string(&keys).ok()).unwrap_or_else(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_of_a_fresh_server_has_a_shape() {
        let configuration = Configuration::new(None);
        let shaped = CONFIGURATIONS.fields.iter().map(|(name, _)| *name);
        let unshaped: Vec<_> =
            configuration.values.keys().filter(|name| !shaped.clone().any(|known| known == *name)).collect();
        assert_eq!(unshaped, Vec::<&String>::new());
        assert!(configuration.values.len() > 50);
    }
}
