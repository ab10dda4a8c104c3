//! What an export leaves out, with the line that tells so and the places where the two realms differ then.

use reqwest::Method;
use serde_json::json;

use crate::keycloak::Keycloak;

/// Something that values have no word for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LeftOut {
    Flow,
    StepOfAFlow,
    Organisations,
    Federation,
    Keys,
    NoPolicy,
    Texts,
    ClientPolicy,
    Authorization,
    SecretOfBearer,
    RevokedTokens,
    NoScope,
    NoEntryOfAMapper,
    NoRequiredAction,
    NoAttribute,
    UserWithoutRole,
    BusyUser,
}

impl LeftOut {
    pub(super) const ALL: [Self; 17] = [
        Self::Flow,
        Self::StepOfAFlow,
        Self::Organisations,
        Self::Federation,
        Self::Keys,
        Self::NoPolicy,
        Self::Texts,
        Self::ClientPolicy,
        Self::Authorization,
        Self::SecretOfBearer,
        Self::RevokedTokens,
        Self::NoScope,
        Self::NoEntryOfAMapper,
        Self::NoRequiredAction,
        Self::NoAttribute,
        Self::UserWithoutRole,
        Self::BusyUser,
    ];

    /// The lines that tell of it.
    pub(super) const fn told(self) -> &'static [&'static str] {
        match self {
            Self::Flow => &["authentication flow `ours`: on another server, make it before what is bound to it"],
            Self::StepOfAFlow => &["what differs from a fresh realm in authentication flow `browser`"],
            Self::Organisations => &["organisations with their members, domains and identity providers"],
            Self::Federation => &["user federation `people` (ldap) with its settings and mappers"],
            Self::Keys => &["keys `old` (rsa-generated): another realm signs with its own"],
            Self::NoPolicy => &["that a fresh realm's client registration policy `Max Clients Limit` is not there"],
            Self::Texts => &["texts of the realm in `de`, `en`"],
            Self::ClientPolicy => &["client profiles `strict`", "client policies `all`"],
            Self::Authorization => &["resources, policies and permissions of client `judge`"],
            Self::SecretOfBearer => &["the secret of client `bearer`, which is for bearers only"],
            Self::RevokedTokens => &["that tokens of before 1700000000 (seconds since 1970) are revoked"],
            // It goes from every client, also from the one that nobody may change.
            Self::NoScope => &[
                "that a fresh realm's client scope `phone` is not there",
                "changes to client `realm-management`, which keycloak lets nobody make",
            ],
            Self::NoEntryOfAMapper => &[
                "that `config.introspection.token.claim` of a fresh realm's protocol mapper of `client-scope/email` is not there: `email`",
            ],
            Self::NoRequiredAction => &["that a fresh realm's required action `VERIFY_EMAIL` is not there"],
            Self::NoAttribute => &["that a fresh realm's attribute of the user profile `lastName` is not there"],
            Self::UserWithoutRole => &["that users have not the role of every user (1)"],
            // Of all users with such actions one line tells.
            Self::BusyUser => &[],
        }
    }

    /// Whether a difference at this place follows from it.
    pub(super) fn is_at(self, place: &str) -> bool {
        let places: &[&str] = match self {
            Self::Flow => &["/flows/ours"],
            Self::StepOfAFlow => &["/flows/browser"],
            Self::Federation | Self::Keys | Self::NoPolicy => &["/components"],
            Self::Texts => &["/texts"],
            Self::ClientPolicy => &["/realm/clientProfiles", "/realm/clientPolicies"],
            Self::SecretOfBearer => &["/clients/bearer/secret"],
            Self::RevokedTokens => &["/realm/notBefore"],
            Self::NoScope => &["/clientScopes/phone", "/clients/realm-management"],
            Self::NoEntryOfAMapper => &["/clientScopes/email/protocolMappers"],
            Self::NoRequiredAction => &["/requiredActions"],
            Self::NoAttribute => &["/profile/attributes"],
            Self::UserWithoutRole => &["/users/bare"],
            Self::BusyUser => &["/users/busy/requiredActions"],
            Self::Organisations | Self::Authorization => &[],
        };
        places.iter().any(|start| place.starts_with(start))
    }

    /// How many users it makes that the values carry.
    pub(super) const fn users(self) -> usize {
        if matches!(self, Self::BusyUser | Self::UserWithoutRole) { 1 } else { 0 }
    }

    pub(super) async fn make(self, server: &Keycloak) {
        match self {
            Self::Flow | Self::StepOfAFlow | Self::NoRequiredAction => self.change_authentication(server).await,
            Self::Organisations | Self::ClientPolicy | Self::RevokedTokens => self.change_realm(server).await,
            Self::Federation | Self::Keys | Self::NoPolicy | Self::Texts => self.change_components(server).await,
            Self::Authorization | Self::SecretOfBearer => self.make_client(server).await,
            Self::NoScope | Self::NoEntryOfAMapper => self.change_scopes(server).await,
            Self::NoAttribute | Self::UserWithoutRole | Self::BusyUser => self.change_users(server).await,
        }
    }

    async fn change_authentication(self, server: &Keycloak) {
        match self {
            Self::Flow => {
                let flow = json!({"alias": "ours", "providerId": "basic-flow", "topLevel": true, "builtIn": false});
                server.send(Method::POST, "/authentication/flows", flow).await;
            }
            Self::StepOfAFlow => {
                let steps = "/authentication/flows/browser/executions";
                let mut kerberos = server.find(steps, "providerId", "auth-spnego").await;
                kerberos["requirement"] = json!("ALTERNATIVE");
                server.send(Method::PUT, steps, kerberos).await;
            }
            _ => {
                let action = "/authentication/required-actions/VERIFY_EMAIL";
                server.send(Method::DELETE, action, json!(null)).await;
            }
        }
    }

    async fn change_realm(self, server: &Keycloak) {
        server
            .change("", |realm| match self {
                Self::Organisations => realm["organizationsEnabled"] = json!(true),
                Self::RevokedTokens => realm["notBefore"] = json!(1_700_000_000),
                _ => {
                    realm["clientProfiles"] = json!({"profiles": [{"name": "strict", "executors": []}]});
                    let policy = json!({"name": "all", "enabled": true, "conditions": [], "profiles": ["strict"]});
                    realm["clientPolicies"] = json!({"policies": [policy]});
                }
            })
            .await;
    }

    async fn change_components(self, server: &Keycloak) {
        let component = |name: &str, provider: &str, kind: &str| json!({"name": name, "providerId": provider, "providerType": kind, "config": {"priority": ["0"]}});
        match self {
            Self::Federation => {
                let federation = component("people", "ldap", "org.keycloak.storage.UserStorageProvider");
                server.send(Method::POST, "/components", federation).await;
                let mut mapper = component(
                    "email",
                    "user-attribute-ldap-mapper",
                    "org.keycloak.storage.ldap.mappers.LDAPStorageMapper",
                );
                mapper["parentId"] = server.find("/components", "name", "people").await["id"].clone();
                server.send(Method::POST, "/components", mapper).await;
            }
            Self::Keys => {
                let keys = component("old", "rsa-generated", "org.keycloak.keys.KeyProvider");
                server.send(Method::POST, "/components", keys).await;
            }
            Self::NoPolicy => {
                let id = server.id("/components", "name", "Max Clients Limit").await;
                server.send(Method::DELETE, &format!("/components/{id}"), json!(null)).await;
            }
            _ => {
                for locale in ["en", "de"] {
                    server.send(Method::POST, &format!("/localization/{locale}"), json!({"hello": "x"})).await;
                }
            }
        }
    }

    async fn make_client(self, server: &Keycloak) {
        let client = match self {
            Self::Authorization => json!({"clientId": "judge", "secret": "j", "serviceAccountsEnabled": true,
                                          "authorizationServicesEnabled": true}),
            _ => json!({"clientId": "bearer", "bearerOnly": true, "secret": "Bearers-Only-1"}),
        };
        server.send(Method::POST, "/clients", client).await;
    }

    async fn change_scopes(self, server: &Keycloak) {
        if self == Self::NoScope {
            let phone = server.id("/client-scopes", "name", "phone").await;
            return server.send(Method::DELETE, &format!("/client-scopes/{phone}"), json!(null)).await;
        }
        let scope = server.find("/client-scopes", "name", "email").await;
        let mappers = scope["protocolMappers"].as_array().unwrap();
        let mut mapper = mappers.iter().find(|mapper| mapper["name"] == "email").unwrap().clone();
        mapper["config"].as_object_mut().unwrap().remove("introspection.token.claim");
        let (scope, id) = (scope["id"].as_str().unwrap(), mapper["id"].as_str().unwrap().to_owned());
        let place = format!("/client-scopes/{scope}/protocol-mappers/models/{id}");
        server.send(Method::PUT, &place, mapper).await;
    }

    async fn change_users(self, server: &Keycloak) {
        match self {
            Self::NoAttribute => {
                server
                    .change("/users/profile", |profile| {
                        profile["attributes"]
                            .as_array_mut()
                            .unwrap()
                            .retain(|attribute| attribute["name"] != "lastName");
                    })
                    .await;
            }
            Self::UserWithoutRole => {
                let user = json!({"username": "bare@example.com", "email": "bare@example.com", "enabled": true});
                server.send(Method::POST, "/users", user).await;
                let user = server.id("/users", "username", "bare@example.com").await;
                let default = server.get("/roles/default-roles-otomi").await;
                server.send(Method::DELETE, &format!("/users/{user}/role-mappings/realm"), json!([default])).await;
            }
            _ => {
                let user = json!({"username": "busy", "email": "busy@example.com", "enabled": true,
                                  "requiredActions": ["UPDATE_PASSWORD"]});
                server.send(Method::POST, "/users", user).await;
                let user = server.id("/users", "username", "busy").await;
                let offline = server.get("/roles/offline_access").await;
                server.send(Method::POST, &format!("/users/{user}/role-mappings/realm"), json!([offline])).await;
            }
        }
    }
}
