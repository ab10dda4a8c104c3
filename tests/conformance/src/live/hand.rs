//! Somebody who changes a realm by hand: every managed field and object can be spoiled.

use evenkeel_core::object::ObjectId;
use serde_json::{Value, json};

use super::{
    fields::{field, spoiled, top},
    server::{Server, ServerError},
};

/// Objects and fields that cannot be spoiled so that a plan could see it, each with the reason. `*` stands for any text.
const BEYOND: &[(&str, &str, &str)] = &[
    ("realm/*", "realm", "the name is what the realm is known by"),
    ("realm/*", "smtpServer.password", "the server hides it: a difference is unknown, not seen (law 3)"),
    ("client-scope/*", "name", "the name is what the scope is known by"),
    ("protocol-mapper/*", "name", "the name is what the mapper is known by"),
    ("protocol-mapper/*", "protocol", "Keycloak never changes it: an update ignores it"),
    ("required-action/*", "alias", "the alias is what the action is known by"),
    ("required-action/*", "providerId", "Keycloak never changes it: an update ignores it"),
    ("client-role/*", "name", "the name is what the role is known by"),
    ("identity-provider/*", "alias", "the alias is what the provider is known by"),
    ("identity-provider/*", "providerId", "Keycloak never changes it: an update ignores it"),
    ("identity-provider/*", "config.clientSecret", "the server hides it: a difference is unknown, not seen (law 3)"),
    ("identity-provider-mapper/*", "name", "the name is what the mapper is known by"),
    ("identity-provider-mapper/*", "identityProviderAlias", "the alias says where the mapper is"),
    ("role/*", "name", "the name is what the role is known by"),
    ("group/*", "name", "the name is what the group is known by"),
    ("client/*", "clientId", "the id is what the client is known by"),
    (
        "client/otomi",
        "serviceAccountsEnabled",
        "26.0 refuses, with an internal error, to take the account from a client with authorization services",
    ),
    ("user-profile/*", "attributes[*].name", "the name is what the attribute is known by"),
    ("user-profile/*", "groups[*].name", "the name is what the group is known by"),
    ("user/linus", "username", "the name is what the account is known by"),
    ("user/ken", "username", "the name is what the account is known by"),
    ("user/*", "username", "matters at creation only: an account that is found by its email keeps its name"),
    ("user/*", "emailVerified", "matters at creation only: later it is the user's own doing"),
    ("user/*", "groups", "matters at creation only: memberships are objects of their own"),
    ("user/linus", "enabled", "matters at creation only, where nobody declares it: people may disable an account"),
    ("user/ken", "enabled", "matters at creation only, where nobody declares it: people may disable an account"),
    (
        "user/grace@example.com",
        "enabled",
        "matters at creation only, where nobody declares it: people may disable an account",
    ),
];

/// Fields whose change makes Keycloak change others, each with the reason: the plan shows those too.
const CONTAGIOUS: &[(&str, &str, &str)] = &[
    ("realm/*", "duplicateEmailsAllowed", "Keycloak switches off that people log in with their email"),
    ("realm/*", "smtpServer.auth", "Keycloak forgets user and password of a server that asks for none"),
    ("client/*", "serviceAccountsEnabled", "Keycloak deletes the service account, with its roles"),
    ("client-scope/*", "protocol", "Keycloak hides the scope from clients of another protocol"),
];

/// Why this field of an object cannot be spoiled; `None` when it can.
#[must_use]
pub fn beyond_spoiling(object: &ObjectId, path: Option<&str>) -> Option<&'static str> {
    reason(BEYOND, object, path)
}

/// Why spoiling this field of an object spoils others; `None` when it stays alone.
#[must_use]
pub fn brings_along(object: &ObjectId, path: Option<&str>) -> Option<&'static str> {
    reason(CONTAGIOUS, object, path)
}

fn reason(list: &[(&str, &str, &'static str)], object: &ObjectId, path: Option<&str>) -> Option<&'static str> {
    let fits = |pattern: &str, text: &str| match pattern.split_once('*') {
        Some((start, end)) => text.starts_with(start) && text.ends_with(end),
        None => text == pattern,
    };
    let (path, object) = (path?, object.to_string());
    list.iter().find(|(objects, fields, _)| fits(objects, &object) && fits(fields, path)).map(|(_, _, reason)| *reason)
}

/// Fields whose values Keycloak checks, each with another value that it takes.
fn wrong(kind: &str, path: &str, value: &Value) -> Value {
    match (kind, path) {
        ("realm", "sslRequired") => json!("none"),
        ("realm", "passwordPolicy") => json!("length(9)"),
        ("realm", "defaultLocale") => json!("nl"),
        ("realm", "otpPolicyType") => json!("hotp"),
        ("realm", "otpPolicyDigits") => json!(6),
        ("flow-binding", _) if value == "direct grant" => json!("browser"),
        ("flow-binding", _) | ("identity-provider", "firstBrokerLoginFlowAlias") => json!("direct grant"),
        ("events", "eventsListeners") => json!([]),
        ("identity-provider", path) if path.ends_with("Url") => json!("https://spoiled.example.com"),
        ("user-profile", path) if path.ends_with(".group") => json!("user-metadata"),
        ("user-profile", "unmanagedAttributePolicy") => json!("ENABLED"),
        ("client-scope", "protocol") => json!("saml"),
        ("protocol-mapper", "protocolMapper") if value == "oidc-full-name-mapper" => json!("oidc-sub-mapper"),
        ("protocol-mapper", "protocolMapper") => json!("oidc-full-name-mapper"),
        ("user", "email") | ("realm", "smtpServer.from") => json!("spoiled@example.com"),
        _ => spoiled(value),
    }
}

/// Where a client says which flows it uses.
const BINDING: &str = "authenticationFlowBindingOverrides";

/// Why something could not be spoiled.
#[derive(Debug, thiserror::Error)]
pub enum HandError {
    /// The server refused, or did not answer.
    #[error(transparent)]
    Server(#[from] ServerError),
    /// There is nothing of that name.
    #[error("{0} is not there")]
    Missing(String),
    /// Nobody has said how this kind is spoiled.
    #[error("nothing is known about how `{0}` is spoiled")]
    Unknown(String),
}

/// A pair of hands with an administrator's rights in one realm.
pub struct Hand<'a> {
    server: &'a Server,
    realm: &'a str,
}

impl<'a> Hand<'a> {
    /// For a realm of the server.
    #[must_use]
    pub fn new(server: &'a Server, realm: &'a str) -> Self {
        Self { server, realm }
    }

    /// Spoils a field of an object, or undoes a relation, which has no fields.
    ///
    /// # Errors
    /// When the server refuses, or the object or field is not there.
    pub async fn spoil(&self, object: &ObjectId, path: Option<&str>) -> Result<(), HandError> {
        let kind = object.kind().as_str();
        match (kind, path) {
            (_, None) => self.remove(object).await,
            // One that a declared list leaves out is made again.
            ("optional-client-scope", Some("listed")) => {
                let scope = self.id("/client-scopes", "name", object.name()).await?;
                self.server.put(&self.at(&format!("/default-optional-client-scopes/{scope}")), &Value::Null).await?;
                Ok(())
            }
            ("realm" | "flow-binding", Some(path)) => self.spoil_realm(object, path).await,
            ("client", Some(path)) if path.starts_with(BINDING) => self.spoil_binding(object, path).await,
            ("federated-identity", Some(path)) => self.spoil_identity(object, path).await,
            ("protocol-mapper", Some(path)) => self.spoil_mapper(&joined(object), path).await,
            (_, Some(path)) => {
                let address = self.address(object).await?;
                let mut value = self.get(&address).await?;
                spoil_field(object, path, &mut value)?;
                if let Some(client) = value.as_object_mut().filter(|_| kind == "client") {
                    // 26.0 fails when mappers are sent while it adds those of a new service account.
                    client.remove("protocolMappers");
                }
                self.server.put(&self.at(&address), &value).await?;
                Ok(())
            }
        }
    }

    /// Only what is spoiled is sent: the whole realm would bring along keys that nobody set.
    async fn spoil_realm(&self, object: &ObjectId, path: &str) -> Result<(), HandError> {
        let address = format!("/admin/realms/{}", object.name());
        let mut realm = self.server.get(&address).await?;
        spoil_field(object, path, &mut realm)?;
        let field = top(path);
        let mut body = json!({field: realm[field]});
        if field == "attributes" {
            // 26.0 keeps them among the attributes, which are replaced as a whole.
            body["browserSecurityHeaders"] = realm["browserSecurityHeaders"].clone();
        }
        // These are taken together only.
        let policy = ["otpPolicy", "webAuthnPolicyPasswordless", "webAuthnPolicy"];
        if let Some(policy) = policy.into_iter().find(|policy| field.starts_with(policy)) {
            for (name, value) in realm.as_object().into_iter().flatten().filter(|(name, _)| name.starts_with(policy)) {
                body[name] = value.clone();
            }
        }
        self.server.put(&address, &body).await?;
        Ok(())
    }

    /// A client is bound to flows by id.
    async fn spoil_binding(&self, object: &ObjectId, path: &str) -> Result<(), HandError> {
        let address = self.address(object).await?;
        let mut client = self.get(&address).await?;
        let bound = field(&mut client, path).ok_or_else(|| HandError::Missing(format!("field `{path}`")))?;
        *bound = json!(self.id("/authentication/flows", "alias", "registration").await?);
        self.server.put(&self.at(&address), &client).await?;
        Ok(())
    }

    /// An account at an identity provider is another one afterwards: there is no update.
    async fn spoil_identity(&self, object: &ObjectId, path: &str) -> Result<(), HandError> {
        let address = self.address(object).await?;
        let (list, alias) = address.rsplit_once('/').ok_or_else(|| HandError::Unknown(object.to_string()))?;
        let mut identity =
            element(&self.get(list).await?, |element| element["identityProvider"] == alias, &object.to_string())?;
        spoil_field(object, path, &mut identity)?;
        self.server.delete(&self.at(&address), None).await?;
        self.server.post(&self.at(&address), &identity).await?;
        Ok(())
    }

    /// What the owner's list shows is what is stored; the mapper's own address shows more.
    async fn spoil_mapper(&self, name: &str, path: &str) -> Result<(), HandError> {
        let (owner, mapper) = self.mapper(name).await?;
        let owner = self.get(&owner).await?;
        let mut stored = element(
            &owner["protocolMappers"],
            |stored| stored["id"].as_str().is_some_and(|id| mapper.ends_with(id)),
            name,
        )?;
        spoil_field(&ObjectId::new(evenkeel_keycloak::names::PROTOCOL_MAPPER, name), path, &mut stored)?;
        self.server.put(&self.at(&mapper), &stored).await?;
        Ok(())
    }

    /// Removes an object, or undoes a relation.
    ///
    /// # Errors
    /// When the server refuses, or the object is not there.
    pub async fn remove(&self, object: &ObjectId) -> Result<(), HandError> {
        let name = &joined(object);
        let address = match object.kind().as_str() {
            "realm" => String::new(),
            "default-client-scope" => {
                format!("/default-default-client-scopes/{}", self.id("/client-scopes", "name", name).await?)
            }
            "optional-client-scope" => {
                format!("/default-optional-client-scopes/{}", self.id("/client-scopes", "name", name).await?)
            }
            "client-default-scope" => self.scope_of_client("default-client-scopes", name).await?,
            "client-optional-scope" => self.scope_of_client("optional-client-scopes", name).await?,
            "membership" => {
                let (group, user) = name.rsplit_once('/').ok_or_else(|| HandError::Unknown(object.to_string()))?;
                format!("/users/{}/groups/{}", self.user(user).await?, self.group(group).await?)
            }
            "default-group" => format!("/default-groups/{}", self.group(name).await?),
            "group-role" => return self.take_role(name).await,
            "composite" => return self.take_composite(name).await,
            "client-role-composite" => return self.take_client_composite(name).await,
            "default-role" => return self.take_default_role(name).await,
            "service-account-role" => return self.take_from_account(name).await,
            "scope-mapping" => return self.take_from_scope(name).await,
            "user-role" => return self.take_from_user(name).await,
            _ => self.address(object).await?,
        };
        self.server.delete(&self.at(&address), None).await?;
        Ok(())
    }

    /// Where a scope of a client is: `client/scope`.
    async fn scope_of_client(&self, list: &str, name: &str) -> Result<String, HandError> {
        let (client, scope) = name.split_once('/').ok_or_else(|| HandError::Unknown(name.to_owned()))?;
        let client = self.id("/clients", "clientId", client).await?;
        Ok(format!("/clients/{client}/{list}/{}", self.id("/client-scopes", "name", scope).await?))
    }

    /// Takes a role from a group: `group/role` or `group/realm-management/role`, where a group's path may be long.
    async fn take_role(&self, name: &str) -> Result<(), HandError> {
        let (owner, role) = name.rsplit_once('/').ok_or_else(|| HandError::Unknown(name.to_owned()))?;
        let (group, list) = match owner.strip_suffix("/realm-management") {
            Some(group) => (group, format!("clients/{}", self.id("/clients", "clientId", "realm-management").await?)),
            None => (owner, "realm".to_owned()),
        };
        let list = format!("/groups/{}/role-mappings/{list}", self.group(group).await?);
        let role = element(&self.get(&list).await?, |element| element["name"] == role, role)?;
        self.server.delete(&self.at(&list), Some(&json!([role]))).await?;
        Ok(())
    }

    /// Takes a role out of another: `role/role` or `role/client/role`.
    async fn take_composite(&self, name: &str) -> Result<(), HandError> {
        let (role, child) = name.split_once('/').ok_or_else(|| HandError::Unknown(name.to_owned()))?;
        let child = child.rsplit('/').next().unwrap_or(child);
        let list = format!("/roles/{role}/composites");
        let child = element(&self.get(&list).await?, |element| element["name"] == child, child)?;
        self.server.delete(&self.at(&list), Some(&json!([child]))).await?;
        Ok(())
    }

    /// Takes a role out of a client's role: `client/role/role` or `client/role/client/role`.
    async fn take_client_composite(&self, name: &str) -> Result<(), HandError> {
        let parts: Vec<&str> = name.split('/').collect();
        let [client, role, .., child] = parts[..] else { return Err(HandError::Unknown(name.to_owned())) };
        let client = self.id("/clients", "clientId", client).await?;
        self.take_from(&format!("/clients/{client}/roles/{role}/composites"), child).await
    }

    /// Takes a role from what every user has: `role` or `client/role`.
    async fn take_default_role(&self, name: &str) -> Result<(), HandError> {
        let child = name.rsplit('/').next().unwrap_or(name);
        let realm = self.get("").await?;
        let role = realm["defaultRole"]["name"].as_str().unwrap_or_default();
        self.take_from(&format!("/roles/{role}/composites"), child).await
    }

    /// Takes a role from a service account: `client/role` or `client/client/role`.
    async fn take_from_account(&self, name: &str) -> Result<(), HandError> {
        let parts: Vec<&str> = name.split('/').collect();
        let (client, owner, role) = match parts[..] {
            [client, role] => (client, None, role),
            [client, owner, role] => (client, Some(owner), role),
            _ => return Err(HandError::Unknown(name.to_owned())),
        };
        let client = self.id("/clients", "clientId", client).await?;
        let user = self.get(&format!("/clients/{client}/service-account-user")).await?;
        let user = user["id"].as_str().unwrap_or_default().to_owned();
        let list = match owner {
            Some(owner) => format!("clients/{}", self.id("/clients", "clientId", owner).await?),
            None => "realm".to_owned(),
        };
        self.take_from(&format!("/users/{user}/role-mappings/{list}"), role).await
    }

    /// Takes a role from a user: `user/role` or `user/client/role`.
    async fn take_from_user(&self, name: &str) -> Result<(), HandError> {
        let (user, role) = name.split_once('/').ok_or_else(|| HandError::Unknown(name.to_owned()))?;
        let (list, role) = match role.split_once('/') {
            Some((client, role)) => (format!("clients/{}", self.id("/clients", "clientId", client).await?), role),
            None => ("realm".to_owned(), role),
        };
        self.take_from(&format!("/users/{}/role-mappings/{list}", self.user(user).await?), role).await
    }

    /// Takes a role out of the scope of `client/otomi` or `client-scope/audit`: behind it is `role` or `client/role`.
    async fn take_from_scope(&self, name: &str) -> Result<(), HandError> {
        let parts: Vec<&str> = name.split('/').collect();
        let (kind, owner, client, role) = match parts[..] {
            [kind, owner, role] => (kind, owner, None, role),
            [kind, owner, client, role] => (kind, owner, Some(client), role),
            _ => return Err(HandError::Unknown(name.to_owned())),
        };
        let owner = match kind {
            "client" => format!("/clients/{}", self.id("/clients", "clientId", owner).await?),
            _ => format!("/client-scopes/{}", self.id("/client-scopes", "name", owner).await?),
        };
        let list = match client {
            Some(client) => format!("clients/{}", self.id("/clients", "clientId", client).await?),
            None => "realm".to_owned(),
        };
        self.take_from(&format!("{owner}/scope-mappings/{list}"), role).await
    }

    /// Takes a role off a list of roles.
    async fn take_from(&self, list: &str, role: &str) -> Result<(), HandError> {
        let role = element(&self.get(list).await?, |element| element["name"] == role, role)?;
        self.server.delete(&self.at(list), Some(&json!([role]))).await?;
        Ok(())
    }

    /// The addresses of the owner and of the mapper `client/otomi/email` or `client-scope/openid/email`.
    async fn mapper(&self, name: &str) -> Result<(String, String), HandError> {
        let parts: Vec<&str> = name.splitn(3, '/').collect();
        let (list, key, owner, name) = match parts[..] {
            ["client", owner, name] => ("/clients", "clientId", owner, name),
            ["client-scope", owner, name] => ("/client-scopes", "name", owner, name),
            _ => return Err(HandError::Unknown(name.to_owned())),
        };
        let owner = format!("{list}/{}", self.id(list, key, owner).await?);
        let mappers = format!("{owner}/protocol-mappers/models");
        let mapper = format!("{mappers}/{}", self.id(&mappers, "name", name).await?);
        Ok((owner, mapper))
    }

    /// Where an object is, behind the realm's address.
    async fn address(&self, object: &ObjectId) -> Result<String, HandError> {
        let name = &joined(object);
        Ok(match object.kind().as_str() {
            "user-profile" => "/users/profile".to_owned(),
            "events" => "/events/config".to_owned(),
            "required-action" => format!("/authentication/required-actions/{name}"),
            "client-role" => {
                let (client, role) = name.split_once('/').ok_or_else(|| HandError::Unknown(name.to_owned()))?;
                format!("/clients/{}/roles/{role}", self.id("/clients", "clientId", client).await?)
            }
            "identity-provider" => format!("/identity-provider/instances/{name}"),
            "identity-provider-mapper" => {
                let (alias, mapper) = name.split_once('/').ok_or_else(|| HandError::Unknown(name.to_owned()))?;
                let list = format!("/identity-provider/instances/{alias}/mappers");
                format!("{list}/{}", self.id(&list, "name", mapper).await?)
            }
            "client-scope" => format!("/client-scopes/{}", self.id("/client-scopes", "name", name).await?),
            "protocol-mapper" => self.mapper(name).await?.1,
            "role" => format!("/roles/{name}"),
            "group" => format!("/groups/{}", self.group(name).await?),
            "client" => format!("/clients/{}", self.id("/clients", "clientId", name).await?),
            "user" => format!("/users/{}", self.user(name).await?),
            "federated-identity" => {
                let (user, alias) = name.split_once('/').ok_or_else(|| HandError::Unknown(name.to_owned()))?;
                format!("/users/{}/federated-identity/{alias}", self.user(user).await?)
            }
            _ => return Err(HandError::Unknown(object.to_string())),
        })
    }

    /// The id of a group, by its path.
    async fn group(&self, path: &str) -> Result<String, HandError> {
        let mut list = "/groups".to_owned();
        let mut found = String::new();
        for name in path.split('/') {
            found = self.id(&list, "name", name).await?;
            list = format!("/groups/{found}/children?max=1000");
        }
        Ok(found)
    }

    /// The id of a user, by email or, where that was spoiled, by name.
    async fn user(&self, name: &str) -> Result<String, HandError> {
        self.id("/users?max=-1", "username", name).await
    }

    async fn id(&self, list: &str, key: &str, name: &str) -> Result<String, HandError> {
        let found = element(&self.get(list).await?, |element| element[key] == name, name)?;
        found["id"].as_str().map(str::to_owned).ok_or_else(|| HandError::Missing(format!("the id of `{name}`")))
    }

    async fn get(&self, path: &str) -> Result<Value, HandError> {
        Ok(self.server.get(&self.at(path)).await?)
    }

    fn at(&self, path: &str) -> String {
        format!("/admin/realms/{}{path}", self.realm)
    }
}

fn element(list: &Value, wanted: impl Fn(&Value) -> bool, name: &str) -> Result<Value, HandError> {
    let found = list.as_array().into_iter().flatten().find(|element| wanted(element));
    found.cloned().ok_or_else(|| HandError::Missing(format!("`{name}`")))
}

fn spoil_field(object: &ObjectId, path: &str, value: &mut Value) -> Result<(), HandError> {
    let found = field(value, path).ok_or_else(|| HandError::Missing(format!("field `{path}` of `{object}`")))?;
    *found = wrong(object.kind().as_str(), path, found);
    Ok(())
}

/// All names of an object; those that a hand is asked about hold no slashes.
fn joined(object: &ObjectId) -> String {
    object.names().collect::<Vec<_>>().join("/")
}
