//! What an export carries to another server.

use reqwest::Method;
use serde_json::{Value, json};

use crate::keycloak::Keycloak;

/// Something that values have a word for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Carried {
    RealmSettings,
    SecurityHeaders,
    Events,
    RolesInsideRoles,
    NoDefaultRoles,
    GroupsWithRoles,
    ServiceClient,
    PublicClient,
    SwitchAboutTokens,
    ClientScope,
    NoScopeOfNewClients,
    IdentityProvider,
    RequiredAction,
    UserProfile,
    Accounts,
    BuiltInClient,
    BuiltInRole,
    NothingInScope,
}

impl Carried {
    pub(super) const ALL: [Self; 18] = [
        Self::RealmSettings,
        Self::SecurityHeaders,
        Self::Events,
        Self::RolesInsideRoles,
        Self::NoDefaultRoles,
        Self::GroupsWithRoles,
        Self::ServiceClient,
        Self::PublicClient,
        Self::SwitchAboutTokens,
        Self::ClientScope,
        Self::NoScopeOfNewClients,
        Self::IdentityProvider,
        Self::RequiredAction,
        Self::UserProfile,
        Self::Accounts,
        Self::BuiltInClient,
        Self::BuiltInRole,
        Self::NothingInScope,
    ];

    /// How many users it makes.
    pub(super) const fn users(self) -> usize {
        if matches!(self, Self::Accounts) { 3 } else { 0 }
    }

    pub(super) async fn make(self, server: &Keycloak) {
        match self {
            Self::RealmSettings | Self::SecurityHeaders | Self::Events => self.change_realm(server).await,
            Self::RolesInsideRoles | Self::NoDefaultRoles | Self::GroupsWithRoles | Self::BuiltInRole => {
                self.make_roles(server).await;
            }
            Self::ServiceClient
            | Self::PublicClient
            | Self::SwitchAboutTokens
            | Self::BuiltInClient
            | Self::NothingInScope => self.make_clients(server).await,
            Self::ClientScope | Self::NoScopeOfNewClients => self.make_scopes(server).await,
            Self::IdentityProvider => make_provider(server).await,
            Self::RequiredAction => {
                let action = "/authentication/required-actions/CONFIGURE_TOTP";
                server.change(action, |action| action["defaultAction"] = json!(true)).await;
            }
            Self::UserProfile => {
                let attribute = json!({"name": "badge", "permissions": {"view": ["admin"], "edit": ["admin"]}});
                server
                    .change("/users/profile", |profile| {
                        profile["attributes"].as_array_mut().unwrap().push(attribute.clone());
                    })
                    .await;
            }
            Self::Accounts => {
                for (name, more) in [("ada", json!({"emailVerified": true})), ("late", json!({"enabled": false}))] {
                    let email = format!("{name}@example.com");
                    let mut user = json!({"username": email, "email": email, "firstName": name, "enabled": true});
                    user.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
                    server.send(Method::POST, "/users", user).await;
                }
                server.send(Method::POST, "/users", json!({"username": "nobody", "enabled": true})).await;
            }
        }
    }

    async fn change_realm(self, server: &Keycloak) {
        server
            .change("", |realm| match self {
                Self::RealmSettings => {
                    realm["displayName"] = json!("Another");
                    realm["accessTokenLifespan"] = json!(77);
                    realm["bruteForceProtected"] = json!(false);
                    realm["passwordPolicy"] = json!("length(8)");
                    realm["attributes"]["acr.loa.map"] = json!("{}");
                }
                Self::SecurityHeaders => realm["browserSecurityHeaders"]["xFrameOptions"] = json!("DENY"),
                _ => {
                    realm["eventsEnabled"] = json!(true);
                    realm["eventsExpiration"] = json!(600);
                }
            })
            .await;
    }

    async fn make_roles(self, server: &Keycloak) {
        match self {
            Self::RolesInsideRoles => {
                server.send(Method::POST, "/roles", json!({"name": "outer", "description": "holds"})).await;
                server.send(Method::POST, "/roles", json!({"name": "inner"})).await;
                let inner = server.get("/roles/inner").await;
                let view = role_of_account(server, "view-profile").await;
                server.send(Method::POST, "/roles/outer/composites", json!([inner, view])).await;
            }
            Self::NoDefaultRoles => {
                let inside = server.get("/roles/default-roles-otomi/composites").await;
                server.send(Method::DELETE, "/roles/default-roles-otomi/composites", inside).await;
            }
            Self::GroupsWithRoles => {
                server.send(Method::POST, "/groups", json!({"name": "staff", "attributes": {"floor": ["7"]}})).await;
                let staff = server.id("/groups", "name", "staff").await;
                server.send(Method::POST, &format!("/groups/{staff}/children"), json!({"name": "interns"})).await;
                let offline = server.get("/roles/offline_access").await;
                let list = format!("/groups/{staff}/role-mappings/realm");
                server.send(Method::POST, &list, json!([offline])).await;
                server.send(Method::PUT, &format!("/default-groups/{staff}"), Value::Null).await;
            }
            _ => server.change("/roles/uma_authorization", |role| role["description"] = json!("changed")).await,
        }
    }

    async fn make_clients(self, server: &Keycloak) {
        match self {
            Self::ServiceClient => make_service_client(server).await,
            Self::PublicClient => {
                let client = json!({"clientId": "page", "publicClient": true, "redirectUris": ["https://a.example/*"]});
                server.send(Method::POST, "/clients", client).await;
            }
            Self::SwitchAboutTokens => {
                let attributes = json!({"client_credentials.use_refresh_token": "true"});
                let client = json!({"clientId": "machine", "secret": "m", "attributes": attributes});
                server.send(Method::POST, "/clients", client).await;
            }
            Self::BuiltInClient => {
                let account = server.id("/clients", "clientId", "account").await;
                let uris = json!(["https://account.example.com/*"]);
                server.change(&format!("/clients/{account}"), |client| client["redirectUris"] = uris.clone()).await;
            }
            _ => {
                let console = server.id("/clients", "clientId", "account-console").await;
                let account = server.id("/clients", "clientId", "account").await;
                let list = format!("/clients/{console}/scope-mappings/clients/{account}");
                let mapped = server.get(&list).await;
                server.send(Method::DELETE, &list, mapped).await;
            }
        }
    }

    async fn make_scopes(self, server: &Keycloak) {
        if self == Self::NoScopeOfNewClients {
            let scope = server.id("/client-scopes", "name", "address").await;
            let place = format!("/default-optional-client-scopes/{scope}");
            return server.send(Method::DELETE, &place, Value::Null).await;
        }
        let mapper = json!({
            "name": "badge", "protocol": "openid-connect", "protocolMapper": "oidc-usermodel-attribute-mapper",
            "config": {"user.attribute": "badge", "claim.name": "badge"},
        });
        let scope = json!({"name": "audit", "protocol": "openid-connect", "protocolMappers": [mapper]});
        server.send(Method::POST, "/client-scopes", scope).await;
        let audit = server.id("/client-scopes", "name", "audit").await;
        let offline = server.get("/roles/offline_access").await;
        let list = format!("/client-scopes/{audit}/scope-mappings/realm");
        server.send(Method::POST, &list, json!([offline])).await;
        server.send(Method::PUT, &format!("/default-default-client-scopes/{audit}"), Value::Null).await;
    }
}

async fn role_of_account(server: &Keycloak, role: &str) -> Value {
    let account = server.id("/clients", "clientId", "account").await;
    server.get(&format!("/clients/{account}/roles/{role}")).await
}

async fn make_service_client(server: &Keycloak) {
    let client = json!({
        "clientId": "robot", "secret": "robot's", "serviceAccountsEnabled": true, "fullScopeAllowed": false,
        "attributes": {"post.logout.redirect.uris": "+"}, "defaultClientScopes": ["email"],
        "optionalClientScopes": [],
    });
    server.send(Method::POST, "/clients", client).await;
    let robot = server.id("/clients", "clientId", "robot").await;
    server.send(Method::POST, &format!("/clients/{robot}/roles"), json!({"name": "reader"})).await;
    let reader = server.get(&format!("/clients/{robot}/roles/reader")).await;
    let list = format!("/clients/{robot}/scope-mappings/clients/{robot}");
    server.send(Method::POST, &list, json!([reader])).await;
    let user = server.get(&format!("/clients/{robot}/service-account-user")).await;
    let list = format!("/users/{}/role-mappings/clients/{robot}", user["id"].as_str().unwrap());
    server.send(Method::POST, &list, json!([reader])).await;
}

async fn make_provider(server: &Keycloak) {
    let provider = json!({
        "alias": "elsewhere", "providerId": "oidc", "enabled": true, "trustEmail": true,
        "config": {"clientId": "a", "tokenUrl": "https://a.example/t", "authorizationUrl": "https://a.example/a"},
    });
    server.send(Method::POST, "/identity-provider/instances", provider).await;
    let mapper = json!({
        "name": "offline", "identityProviderAlias": "elsewhere", "identityProviderMapper": "oidc-role-idp-mapper",
        "config": {"claim": "groups", "claim.value": "x", "role": "offline_access"},
    });
    server.send(Method::POST, "/identity-provider/instances/elsewhere/mappers", mapper).await;
}
