//! How each managed object and field of Keycloak is spoiled by hand.

use evenkeel_core::object::ObjectId;
use reqwest::Method;
use serde_json::{Value, json};

use super::Keycloak;
use crate::fields::{field, spoiled, top};

/// Objects and fields that cannot be spoiled so that a plan could see it, each with the reason. `*` stands for any text.
const BEYOND: &[(&str, &str, &str)] = &[
    ("realm/otomi", "realm", "the name is what the realm is known by"),
    ("client-scope/*", "name", "the name is what the scope is known by"),
    ("protocol-mapper/*", "name", "the name is what the mapper is known by"),
    ("protocol-mapper/*", "protocol", "Keycloak never changes it: an update ignores it"),
    ("role/*", "name", "the name is what the role is known by"),
    ("group/*", "name", "the name is what the group is known by"),
    ("client/*", "clientId", "the id is what the client is known by"),
    ("user-profile/*", "attributes[*].name", "the name is what the attribute is known by"),
    ("user/*", "username", "matters at creation only: an account that is found by its email keeps its name"),
    ("user/*", "emailVerified", "matters at creation only: later it is the user's own doing"),
    ("user/*", "groups", "matters at creation only: memberships are objects of their own"),
    (
        "user/grace@example.com",
        "enabled",
        "matters at creation only, where nobody declares it: people may disable an account",
    ),
    ("realm/otomi", "smtpServer.password", "the server hides it: a difference is unknown, not seen (law 3)"),
];

/// Fields whose loss takes along what no repair can bring back, each with the reason.
const LASTING: &[(&str, &str, &str)] = &[
    ("client/otomi", "serviceAccountsEnabled", "Keycloak deletes the service account, with its roles"),
    ("realm/otomi", "duplicateEmailsAllowed", "Keycloak switches off that people log in with their email"),
    ("client-scope/openid", "protocol", "Keycloak hides the scope from clients of another protocol"),
    ("client-scope/audit", "protocol", "a scope of another protocol is no scope of the client any more"),
    ("realm/otomi", "smtpServer.auth", "Keycloak forgets the password of a server that asks for none"),
];

pub(super) fn beyond_wrecking(object: &ObjectId, field: Option<&str>) -> Option<&'static str> {
    reason(BEYOND, object, field)
}

pub(super) fn lasting_damage(object: &ObjectId, field: Option<&str>) -> Option<&'static str> {
    reason(LASTING, object, field)
}

fn reason(list: &[(&str, &str, &'static str)], object: &ObjectId, field: Option<&str>) -> Option<&'static str> {
    let fits = |pattern: &str, text: &str| match pattern.split_once('*') {
        Some((start, end)) => text.starts_with(start) && text.ends_with(end),
        None => text == pattern,
    };
    let field = field?;
    let entry = list.iter().find(|(objects, fields, _)| fits(objects, &object.to_string()) && fits(fields, field));
    entry.map(|(_, _, reason)| *reason)
}

/// Fields whose values Keycloak checks, each with another value that it takes.
fn wrong(kind: &str, path: &str, value: &Value) -> Value {
    match (kind, path) {
        ("realm", "sslRequired") => json!("none"),
        ("realm", "passwordPolicy") => json!("length(9)"),
        ("realm", "defaultLocale") => json!("nl"),
        ("user-profile", "unmanagedAttributePolicy") => json!("ENABLED"),
        ("client-scope", "protocol") => json!("saml"),
        ("protocol-mapper", "protocolMapper") if value == "oidc-full-name-mapper" => json!("oidc-sub-mapper"),
        ("protocol-mapper", "protocolMapper") => json!("oidc-full-name-mapper"),
        ("user", "email") | ("realm", "smtpServer.from") => json!("spoiled@example.com"),
        _ => spoiled(value),
    }
}

impl Keycloak {
    /// Spoils a field, or undoes a relation.
    pub(super) async fn spoil(&self, object: &ObjectId, path: Option<&str>) {
        let (kind, name) = (object.kind().as_str(), object.name());
        match (kind, path) {
            (_, None) => self.remove_object(object).await,
            ("realm", Some(path)) => self.spoil_realm(name, path).await,
            ("protocol-mapper", Some(path)) => self.spoil_mapper(name, path).await,
            (_, Some(path)) => {
                let address = self.address(object).await;
                self.change(&address, |value| spoil_field(kind, path, value)).await;
            }
        }
    }

    /// Only what is spoiled is sent: the whole realm would bring along keys that nobody set.
    async fn spoil_realm(&self, name: &str, path: &str) {
        let address = format!("/admin/realms/{name}");
        let mut realm = self.ask(Method::GET, &address, None).await;
        spoil_field("realm", path, &mut realm);
        let field = top(path);
        self.ask(Method::PUT, &address, Some(&json!({field: realm[field]}))).await;
    }

    /// What the owner's list shows is what is stored; the mapper's own address shows more.
    async fn spoil_mapper(&self, name: &str, path: &str) {
        let (owner, mapper) = self.mapper(name).await;
        let owner = self.get(&owner).await;
        let stored = owner["protocolMappers"]
            .as_array()
            .unwrap()
            .iter()
            .find(|stored| mapper.ends_with(stored["id"].as_str().unwrap()));
        let mut stored = stored.unwrap().clone();
        spoil_field("protocol-mapper", path, &mut stored);
        self.send(Method::PUT, &mapper, stored).await;
    }

    /// The addresses of the owner and of the mapper `client/otomi/email` or `client-scope/openid/email`.
    async fn mapper(&self, name: &str) -> (String, String) {
        let mut parts = name.splitn(3, '/');
        let (kind, owner, name) = (parts.next().unwrap(), parts.next().unwrap(), parts.next().unwrap());
        let (list, key) = if kind == "client" { ("/clients", "clientId") } else { ("/client-scopes", "name") };
        let owner = format!("{list}/{}", self.id(list, key, owner).await);
        let mappers = format!("{owner}/protocol-mappers/models");
        let mapper = format!("{mappers}/{}", self.id(&mappers, "name", name).await);
        (owner, mapper)
    }

    /// Where an object is.
    async fn address(&self, object: &ObjectId) -> String {
        let name = object.name();
        match object.kind().as_str() {
            "user-profile" => "/users/profile".to_owned(),
            "client-scope" => format!("/client-scopes/{}", self.id("/client-scopes", "name", name).await),
            "protocol-mapper" => self.mapper(name).await.1,
            "role" => format!("/roles/{name}"),
            "group" => format!("/groups/{}", self.group(name).await),
            "client" => format!("/clients/{}", self.id("/clients", "clientId", name).await),
            "user" => format!("/users/{}", self.user(name).await),
            kind => panic!("nothing is known about where a `{kind}` is"),
        }
    }

    /// Removes an object or undoes a relation, by hand.
    pub(super) async fn remove_object(&self, object: &ObjectId) {
        let name = object.name();
        match object.kind().as_str() {
            "realm" => self.delete("").await,
            "default-client-scope" => {
                let scope = self.id("/client-scopes", "name", name).await;
                self.delete(&format!("/default-default-client-scopes/{scope}")).await;
            }
            "client-default-scope" => self.take_scope("default-client-scopes", name).await,
            "client-optional-scope" => self.take_scope("optional-client-scopes", name).await,
            "composite" => {
                let (role, child) = (name.split('/').next().unwrap(), name.rsplit('/').next().unwrap());
                let list = format!("/roles/{role}/composites");
                let child = self.find(&list, "name", child).await;
                self.send(Method::DELETE, &list, json!([child])).await;
            }
            "group-role" => self.take_role(name).await,
            "membership" => {
                let (group, user) = name.rsplit_once('/').unwrap();
                let (group, user) = (self.group(group).await, self.user(user).await);
                self.delete(&format!("/users/{user}/groups/{group}")).await;
            }
            _ => {
                let address = self.address(object).await;
                self.delete(&address).await;
            }
        }
    }

    /// Takes a scope from a client: `client/scope`.
    async fn take_scope(&self, list: &str, name: &str) {
        let (client, scope) = name.split_once('/').unwrap();
        let client = self.id("/clients", "clientId", client).await;
        let scope = self.id("/client-scopes", "name", scope).await;
        self.delete(&format!("/clients/{client}/{list}/{scope}")).await;
    }

    /// Takes a role from a group: `group/role` or `group/realm-management/role`.
    async fn take_role(&self, name: &str) {
        let (owner, role) = name.rsplit_once('/').unwrap();
        let (group, client) = match owner.strip_suffix("/realm-management") {
            Some(group) => (group, Some("realm-management")),
            None => (owner, None),
        };
        let mappings = format!("/groups/{}/role-mappings", self.group(group).await);
        let list = match client {
            Some(client) => format!("{mappings}/clients/{}", self.id("/clients", "clientId", client).await),
            None => format!("{mappings}/realm"),
        };
        let role = self.find(&list, "name", role).await;
        self.send(Method::DELETE, &list, json!([role])).await;
    }

    /// The id of the group with this path, which has no slash at its start.
    async fn group(&self, path: &str) -> String {
        let mut names = path.split('/');
        let mut id = self.id("/groups", "name", names.next().unwrap()).await;
        for name in names {
            id = self.id(&format!("/groups/{id}/children"), "name", name).await;
        }
        id
    }
}

fn spoil_field(kind: &str, path: &str, value: &mut Value) {
    let found = field(value, path).unwrap_or_else(|| panic!("{kind} has no `{path}`"));
    *found = wrong(kind, path, found);
}
