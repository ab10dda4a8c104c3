//! A realm at random: whatever the dice say of what values have words for. The same seed gives the same realm.

use fastrand::Rng;
use serde_json::{Map, Value, json};

use super::{
    adopt::REALM,
    server::{Server, ServerError},
};

/// Names and texts such as trip YAML, shells and addresses.
const NAMES: [&str; 8] = ["alpha", "no", "1e3", "0123", "~", "a b", "Rôle: \"x\" #1", "x%2Fy"];
const TEXTS: [&str; 6] = ["plain", "it's \"ours\": yes", "on\n  two lines\n", "# no comment", "null", "- a"];
/// Settings of the realm, each with what it may be.
const SETTINGS: &str = r##"{
  "displayName": ["Alpha", "It's: \"x\" #1", "no"], "displayNameHtml": ["<b>ours</b>\n"],
  "accessTokenLifespan": [60, 77, 300], "ssoSessionIdleTimeout": [600, 3600], "ssoSessionMaxLifespan": [7200, 36000],
  "registrationAllowed": [true], "rememberMe": [true], "verifyEmail": [true], "loginWithEmailAllowed": [false],
  "duplicateEmailsAllowed": [false], "resetPasswordAllowed": [true], "editUsernameAllowed": [true],
  "bruteForceProtected": [true, false], "failureFactor": [5, 12], "sslRequired": ["none", "all", "external"],
  "passwordPolicy": ["length(8)", "length(12) and notUsername"], "otpPolicyDigits": [6, 8], "otpPolicyPeriod": [30, 60],
  "eventsEnabled": [true], "eventsExpiration": [600], "adminEventsEnabled": [true], "revokeRefreshToken": [true],
  "defaultSignatureAlgorithm": ["RS512", "ES256"], "userManagedAccessAllowed": [true], "accountTheme": ["keycloak.v3"]
}"##;
/// Switches of a client, besides those that exclude each other.
const SWITCHES: [&str; 6] = [
    "standardFlowEnabled",
    "directAccessGrantsEnabled",
    "implicitFlowEnabled",
    "fullScopeAllowed",
    "consentRequired",
    "alwaysDisplayInConsole",
];
const ACTIONS: [&str; 4] = ["CONFIGURE_TOTP", "UPDATE_PASSWORD", "UPDATE_PROFILE", "VERIFY_EMAIL"];
const BUILT_IN_SCOPES: [&str; 5] = ["address", "email", "phone", "profile", "roles"];

/// Makes the realm.
///
/// # Errors
/// When the server refuses any of it.
pub(super) async fn make(server: &Server, seed: u64) -> Result<(), ServerError> {
    let mut dice = Rng::with_seed(seed);
    let mut realm = json!({"realm": REALM, "enabled": true});
    let settings: Map<String, Value> = serde_json::from_str(SETTINGS).unwrap_or_default();
    for (key, values) in &settings {
        let values = values.as_array().map(Vec::as_slice).unwrap_or_default();
        if let Some(value) = dice.choice(values).filter(|_| dice.bool()) {
            realm[key] = value.clone();
        }
    }
    server.post("/admin/realms", &realm).await?;
    let mut making = Making { server, dice };
    making.roles().await?;
    making.groups().await?;
    making.scopes().await?;
    making.clients().await?;
    making.provider().await?;
    making.actions().await?;
    making.profile().await
}

struct Making<'a> {
    server: &'a Server,
    dice: Rng,
}

fn at(path: &str) -> String {
    format!("/admin/realms/{REALM}{path}")
}

impl Making<'_> {
    /// Some of the elements, in their order.
    fn some<T: Copy>(&mut self, of: &[T]) -> Vec<T> {
        of.iter().copied().filter(|_| self.dice.u8(0..3) == 0).collect()
    }

    fn text(&mut self) -> &'static str {
        self.dice.choice(TEXTS).unwrap_or_default()
    }

    /// Attributes of roles and groups.
    fn lists(&mut self) -> Value {
        let keys = self.some(&["floor", "0123", "a.b"]);
        keys.into_iter().map(|key| (key.to_owned(), json!([self.text(), "07"]))).collect::<Map<_, _>>().into()
    }

    fn mappers(&mut self) -> Value {
        let names = self.some(&["badge", "yes", "0x1f"]);
        let mapper = |name: &str| {
            json!({
                "name": name, "protocol": "openid-connect", "protocolMapper": "oidc-usermodel-attribute-mapper",
                "config": {"user.attribute": "x", "claim.name": format!("c-{name}"), "jsonType.label": "String",
                           "access.token.claim": self.dice.bool().to_string()},
            })
        };
        names.into_iter().map(mapper).collect()
    }

    /// The roles of the realm, as the server shows them.
    async fn all_roles(&self) -> Result<Vec<Value>, ServerError> {
        let roles = self.server.get(&at("/roles?first=0&max=100")).await?;
        Ok(roles.as_array().cloned().unwrap_or_default())
    }

    async fn roles(&mut self) -> Result<(), ServerError> {
        let names = self.some(&NAMES);
        for name in &names {
            let role = json!({"name": name, "description": self.text(), "attributes": self.lists()});
            self.server.post(&at("/roles"), &role).await?;
        }
        let roles = self.all_roles().await?;
        let find = |name: &&str| roles.iter().find(|role| role["name"] == *name);
        let made: Vec<&Value> = names.iter().filter_map(find).collect();
        // A role holds later ones only, so that none holds itself.
        for (index, role) in made.iter().enumerate() {
            let inside: Vec<&Value> = self.some(&made[index + 1..]);
            if !inside.is_empty() {
                let id = role["id"].as_str().unwrap_or_default();
                self.server.post(&at(&format!("/roles-by-id/{id}/composites")), &json!(inside)).await?;
            }
        }
        Ok(())
    }

    async fn groups(&mut self) -> Result<(), ServerError> {
        let roles = self.all_roles().await?;
        for name in self.some(&NAMES) {
            let group = json!({"name": name, "attributes": self.lists()});
            self.server.post(&at("/groups"), &group).await?;
            let id = self.server.id(&at("/groups"), "name", name).await?;
            for child in self.some(&NAMES) {
                self.server.post(&at(&format!("/groups/{id}/children")), &json!({"name": child})).await?;
            }
            let granted = self.some(&roles.iter().collect::<Vec<_>>());
            self.server.post(&at(&format!("/groups/{id}/role-mappings/realm")), &json!(granted)).await?;
            if self.dice.u8(0..4) == 0 {
                self.server.put(&at(&format!("/default-groups/{id}")), &Value::Null).await?;
            }
        }
        Ok(())
    }

    async fn scopes(&mut self) -> Result<(), ServerError> {
        for name in self.some(&["audit", "no.way", "0x1f"]) {
            let attributes = json!({"include.in.token.scope": self.dice.bool().to_string()});
            let scope = json!({
                "name": name, "protocol": "openid-connect", "description": self.text(), "attributes": attributes,
                "protocolMappers": self.mappers(),
            });
            self.server.post(&at("/client-scopes"), &scope).await?;
            let id = self.server.id(&at("/client-scopes"), "name", name).await?;
            let list = self.dice.choice(["default-default-client-scopes", "default-optional-client-scopes", ""]);
            if let Some(list) = list.filter(|list| !list.is_empty()) {
                self.server.put(&at(&format!("/{list}/{id}")), &Value::Null).await?;
            }
        }
        Ok(())
    }

    async fn clients(&mut self) -> Result<(), ServerError> {
        for name in self.some(&["shop", "no", "https://spa.example/app?x=1", "a b"]) {
            let is_public = self.dice.bool();
            let mut client = json!({
                "clientId": name, "name": self.text(), "description": self.text(), "publicClient": is_public,
                "serviceAccountsEnabled": !is_public && self.dice.bool(), "protocolMappers": self.mappers(),
                "redirectUris": self.some(&["https://b.example/*", "https://a.example/*"]),
                "webOrigins": self.some(&["https://b.example", "https://a.example"]),
                "defaultClientScopes": self.some(&BUILT_IN_SCOPES), "attributes": {"post.logout.redirect.uris": "+"},
            });
            for switch in SWITCHES {
                client[switch] = self.dice.bool().into();
            }
            if !is_public {
                client["secret"] = json!(format!("secret of {name}"));
            }
            self.server.post(&at("/clients"), &client).await?;
            let id = self.server.id(&at("/clients?max=100"), "clientId", name).await?;
            for role in self.some(&NAMES) {
                let role = json!({"name": role, "description": self.text(), "attributes": self.lists()});
                self.server.post(&at(&format!("/clients/{id}/roles")), &role).await?;
            }
        }
        Ok(())
    }

    async fn provider(&mut self) -> Result<(), ServerError> {
        for alias in self.some(&["elsewhere", "login-2"]) {
            let provider = json!({
                "alias": alias, "providerId": "oidc", "enabled": self.dice.bool(), "trustEmail": self.dice.bool(),
                "displayName": self.text(), "storeToken": self.dice.bool(),
                "config": {"clientId": "a", "clientSecret": "b", "authorizationUrl": "https://login.example.com/a",
                           "tokenUrl": "https://login.example.com/t", "defaultScope": "openid email"},
            });
            self.server.post(&at("/identity-provider/instances"), &provider).await?;
        }
        Ok(())
    }

    async fn actions(&mut self) -> Result<(), ServerError> {
        for alias in self.some(&ACTIONS) {
            let path = at(&format!("/authentication/required-actions/{alias}"));
            let mut action = self.server.get(&path).await?;
            (action["enabled"], action["defaultAction"]) = (self.dice.bool().into(), self.dice.bool().into());
            self.server.put(&path, &action).await?;
        }
        Ok(())
    }

    async fn profile(&mut self) -> Result<(), ServerError> {
        let mut profile = self.server.get(&at("/users/profile")).await?;
        for name in self.some(&["badge", "floor"]) {
            let most = self.dice.u8(1..60);
            let attribute = json!({
                "name": name, "displayName": self.text(), "multivalued": self.dice.bool(),
                "permissions": {"view": ["admin"], "edit": ["admin"]}, "validations": {"length": {"max": most}},
            });
            profile["attributes"].as_array_mut().into_iter().for_each(|attributes| attributes.push(attribute.clone()));
        }
        self.server.put(&at("/users/profile"), &profile).await?;
        Ok(())
    }
}
