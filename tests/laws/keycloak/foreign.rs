//! What other people have in a Keycloak: objects of their own, and fields of ours that nobody declares.

use evenkeel_conformance::live::fields::field;
use reqwest::Method;
use serde_json::{Value, json};

use super::Keycloak;

impl Keycloak {
    /// Everything of other people, and what they have otherwise of each object that a platform implies.
    pub(crate) async fn fill(&self) {
        self.make_bare().await;
        self.add_foreign_objects().await;
        self.set_unmanaged_fields().await;
        let settings = json!({"displayName": "Theirs", "bruteForceProtected": false, "sslRequired": "none",
                              "registrationAllowed": true, "accessTokenLifespan": 600});
        self.send(Method::PUT, "", settings).await;
        // Not all of what a platform implies is there.
        let group = self.id("/groups", "name", "all-teams-admin").await;
        self.send(Method::DELETE, &format!("/groups/{group}"), Value::Null).await;
        self.send(Method::DELETE, "/roles/team-admin", Value::Null).await;
        for role in ["platform-admin", "team-alpha"] {
            self.change(&format!("/roles/{role}"), |role| role["description"] = json!("theirs")).await;
        }
        let scope = self.id("/client-scopes", "name", "openid").await;
        self.change(&format!("/client-scopes/{scope}"), |scope| {
            scope["attributes"]["include.in.token.scope"] = json!("false");
        })
        .await;
        let mapper = json!({"name": "groups", "protocol": "openid-connect", "protocolMapper": "oidc-full-name-mapper",
                            "config": {"id.token.claim": "true"}});
        self.send(Method::POST, &format!("/client-scopes/{scope}/protocol-mappers/models"), mapper).await;
        self.send(Method::PUT, &format!("/default-optional-client-scopes/{scope}"), Value::Null).await;
        let client = self.id("/clients", "clientId", "otomi").await;
        self.change(&format!("/clients/{client}"), |client| {
            client["implicitFlowEnabled"] = json!(false);
            client["webOrigins"] = json!(["https://theirs.example.com"]);
        })
        .await;
    }

    pub(super) async fn add_foreign_objects(&self) {
        self.add_roles_and_groups().await;
        self.add_scopes_and_clients().await;
        self.add_people().await;
        let provider =
            json!({"alias": "theirs", "providerId": "oidc", "config": {"clientId": "x", "clientSecret": "y"}});
        self.send(Method::POST, "/identity-provider/instances", provider).await;
    }

    async fn add_roles_and_groups(&self) {
        let role = json!({"name": "theirs", "description": "theirs", "attributes": {"theirs": ["yes"]}});
        self.send(Method::POST, "/roles", role).await;
        let role = self.get("/roles/theirs").await;
        self.send(Method::POST, "/roles/team-alpha/composites", json!([{"id": role["id"]}])).await;
        self.send(Method::POST, "/groups", json!({"name": "theirs"})).await;
        let group = self.id("/groups", "name", "team-alpha").await;
        self.send(Method::POST, &format!("/groups/{group}/children"), json!({"name": "theirs"})).await;
        self.send(Method::POST, &format!("/groups/{group}/role-mappings/realm"), json!([role])).await;
        let account = self.id("/clients", "clientId", "account").await;
        let right = self.get(&format!("/clients/{account}/roles/view-profile")).await;
        self.send(Method::POST, &format!("/groups/{group}/role-mappings/clients/{account}"), json!([right])).await;
    }

    async fn add_scopes_and_clients(&self) {
        let mapper = json!({
            "name": "theirs", "protocol": "openid-connect", "protocolMapper": "oidc-full-name-mapper",
            "config": {"id.token.claim": "true"},
        });
        let scope = json!({"name": "theirs", "protocol": "openid-connect", "protocolMappers": [mapper]});
        self.send(Method::POST, "/client-scopes", scope).await;
        let theirs = self.id("/client-scopes", "name", "theirs").await;
        let ours = self.id("/client-scopes", "name", "openid").await;
        self.send(Method::POST, &format!("/client-scopes/{ours}/protocol-mappers/models"), mapper.clone()).await;
        self.send(Method::PUT, &format!("/default-default-client-scopes/{theirs}"), Value::Null).await;
        let client = json!({"clientId": "theirs", "secret": "theirs", "defaultClientScopes": ["theirs"]});
        self.send(Method::POST, "/clients", client).await;
        let client = self.id("/clients", "clientId", "otomi").await;
        self.send(Method::POST, &format!("/clients/{client}/protocol-mappers/models"), mapper).await;
        self.send(Method::POST, &format!("/clients/{client}/roles"), json!({"name": "theirs"})).await;
        self.send(Method::PUT, &format!("/clients/{client}/default-client-scopes/{theirs}"), Value::Null).await;
    }

    /// Somebody in a group of ours, somebody of ours in a group of theirs and with a role that nobody declared, and Grace,
    /// about whose teams nobody says anything, in a team.
    async fn add_people(&self) {
        let somebody =
            json!({"username": "mallory", "email": "mallory@example.com", "enabled": true, "groups": ["/team-alpha"]});
        self.send(Method::POST, "/users", somebody).await;
        let (ada, grace) = (self.user("ada@example.com").await, self.user("grace@example.com").await);
        let (theirs, alpha) =
            (self.id("/groups", "name", "theirs").await, self.id("/groups", "name", "team-alpha").await);
        self.send(Method::PUT, &format!("/users/{ada}/groups/{theirs}"), Value::Null).await;
        self.send(Method::PUT, &format!("/users/{grace}/groups/{alpha}"), Value::Null).await;
        let role = self.get("/roles/theirs").await;
        self.send(Method::POST, &format!("/users/{ada}/role-mappings/realm"), json!([role])).await;
    }

    /// The id of the user of that name.
    pub(super) async fn user(&self, name: &str) -> String {
        self.id("/users?max=-1", "username", name).await
    }

    pub(super) async fn set_unmanaged_fields(&self) {
        self.set_in_realm().await;
        self.change("/users/profile", |profile| {
            let attributes = profile["attributes"].as_array_mut().unwrap();
            attributes.push(json!({"name": "theirs", "permissions": {"view": ["admin"], "edit": ["admin"]}}));
            field(profile, "attributes[email]").unwrap()["annotations"] = json!({"theirs": "yes"});
        })
        .await;
        let scope = self.id("/client-scopes", "name", "openid").await;
        self.change(&format!("/client-scopes/{scope}"), |scope| {
            scope["description"] = json!("theirs");
            scope["attributes"]["gui.order"] = json!("7");
        })
        .await;
        self.change("/roles/team-alpha", |role| role["attributes"] = json!({"theirs": ["yes"]})).await;
        let group = self.id("/groups", "name", "team-alpha").await;
        self.change(&format!("/groups/{group}"), |group| group["attributes"] = json!({"theirs": ["yes"]})).await;
        let client = self.id("/clients", "clientId", "otomi").await;
        self.change(&format!("/clients/{client}"), |client| {
            client["description"] = json!("theirs");
            client["attributes"]["theirs"] = json!("yes");
        })
        .await;
        let user = self.user("ada@example.com").await;
        self.change(&format!("/users/{user}"), |user| user["attributes"]["theirs"] = json!(["yes", "no"])).await;
    }

    async fn set_in_realm(&self) {
        let mut realm = self.get("").await;
        realm["attributes"]["theirs"] = json!("yes");
        // the key is not declared, though the map that it is in is
        realm["smtpServer"]["replyTo"] = json!("theirs@example.com");
        let (attributes, mail) = (&realm["attributes"], &realm["smtpServer"]);
        let fields =
            json!({"accountTheme": "theirs", "verifyEmail": true, "attributes": attributes, "smtpServer": mail});
        self.send(Method::PUT, "", fields).await;
        let theme = json!({"accountTheme": "theirs"});
        self.ask(Method::PUT, "/admin/realms/master", Some(&theme)).await;
    }

    /// Reads something of realm `otomi`, changes it, and writes it back.
    pub(super) async fn change(&self, path: &str, change: impl FnOnce(&mut Value)) {
        let mut value = self.get(path).await;
        change(&mut value);
        self.send(Method::PUT, path, value).await;
    }
}
