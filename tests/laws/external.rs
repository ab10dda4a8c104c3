//! The Keycloak task where people come from an identity provider outside: teams have mappers instead of groups.

use evenkeel_core::{object::ObjectId, plan::ChangeDocument};
use evenkeel_sandbox::Options;
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    keycloak::{ADMIN_PASSWORD, Keycloak, MINIMAL},
    subject::{Hidden, StandIn, Subject},
};

/// The same sandbox, which is its own issuer.
pub(crate) struct External(Keycloak);

const VALUES: &str = "\
platform: {name: demo}
teams:
  alpha: {displayName: Team Alpha, identityGroup: 3f0c}
  beta: {identityGroup: 77aa}
keycloak:
  url: (server)
  admin:
    username: admin
    password: {fromEnv: KEYCLOAK_ADMIN_PASSWORD}
  client:
    secret: {fromEnv: KEYCLOAK_CLIENT_SECRET}
    redirectUris: ['https://harbor.example.com/*']
  identityProvider:
    issuer: (server)/realms/master
    clientId: evenkeel
    clientSecret: {fromEnv: KEYCLOAK_PROVIDER_SECRET}
    groups: {platformAdmin: 0a1b, allTeamsAdmin: 2c3d, teamAdmin: 4e5f}
";

/// What minimal values cannot do without where people come from outside.
const PROVIDER: &str = "  \
  identityProvider:
    issuer: (server)/realms/master
    clientId: evenkeel
    clientSecret: {fromEnv: KEYCLOAK_PROVIDER_SECRET}
";

impl Subject for External {
    type Task = evenkeel_keycloak::Keycloak;

    const SECRETS: &'static [(&'static str, &'static str)] = &[
        ("KEYCLOAK_ADMIN_PASSWORD", ADMIN_PASSWORD),
        ("KEYCLOAK_CLIENT_SECRET", "KanarieClientRr2:@ \\w/?"),
        ("KEYCLOAK_PROVIDER_SECRET", "KanarieProviderSs6<>'/y"),
    ];

    const HIDDEN: &'static [Hidden] = &[Hidden {
        secret: "KEYCLOAK_PROVIDER_SECRET",
        object: "identity-provider/otomi-idp",
        path: "config.clientSecret",
    }];

    const HOLDS_DATA: bool = false;

    fn minimal_values(urls: &[String]) -> Vec<(&'static str, String)> {
        vec![("10-platform.yaml", [MINIMAL, PROVIDER].concat().replace("(server)", &urls[0]))]
    }

    const IS_MET_UNDER_ITS_NAMES: bool = true;

    /// With a provider of the alias that a platform implies: the same issuer and client, and otherwise settings of its own.
    async fn fill_by_others(&self) {
        self.0.fill().await;
        let issuer = format!("{}/realms/master", self.0.server.url());
        let end_point = |name: &str| format!("{issuer}/protocol/openid-connect/{name}");
        let config = json!({"clientId": "evenkeel", "clientSecret": "theirs", "syncMode": "IMPORT", "defaultScope": "openid",
                            "issuer": issuer, "authorizationUrl": end_point("auth"), "jwksUrl": end_point("certs"),
                            "logoutUrl": end_point("logout"), "tokenUrl": end_point("token"),
                            "userInfoUrl": end_point("userinfo")});
        let provider = json!({"alias": "otomi-idp", "providerId": "oidc", "displayName": "Theirs", "enabled": false,
                              "trustEmail": false, "config": config});
        self.0.send(Method::POST, "/identity-provider/instances", provider).await;
        let mapper = json!({"name": "sub", "identityProviderAlias": "otomi-idp", "config": {"role": "offline_access"},
                            "identityProviderMapper": "hardcoded-role-idp-mapper"});
        self.0.send(Method::POST, "/identity-provider/instances/otomi-idp/mappers", mapper).await;
    }

    fn is_refused_for_good(_: &ObjectId) -> bool {
        true
    }

    fn reaches_into(change: &ChangeDocument) -> Vec<ObjectId> {
        Keycloak::reaches_into(change)
    }

    fn holds_our_own(place: &str) -> bool {
        Keycloak::holds_our_own(place)
    }

    fn start() -> Self {
        Self(Keycloak::start_with(Options::new("admin", ADMIN_PASSWORD)))
    }

    fn servers(&self) -> Vec<(&'static str, &dyn StandIn)> {
        self.0.servers()
    }

    fn values(urls: &[String]) -> Vec<(&'static str, String)> {
        vec![("10-platform.yaml", VALUES.replace("(server)", &urls[0]))]
    }

    fn broken_values(urls: &[String]) -> Vec<(&'static str, Vec<(&'static str, String)>)> {
        let secret = Value::from(ADMIN_PASSWORD);
        let with = |text: String| [Self::values(urls), vec![("secrets.more.yaml", text)]].concat();
        let provider = |text: String| format!("keycloak:\n  identityProvider: {text}\n");
        vec![
            ("in place of the provider", with(provider(secret.to_string()))),
            ("as the issuer", with(provider(format!("{{issuer: {secret}}}")))),
            ("a list", with(provider(format!("{{clientSecret: [{secret}]}}")))),
            ("under an unknown key", with(provider(format!("{{clientSecrt: {secret}}}")))),
        ]
    }

    fn fewer_values(urls: &[String]) -> Vec<(&'static str, String)> {
        [Self::values(urls), vec![("90-fewer.yaml", "teams: {alpha: null, beta: null}\n".to_owned())]].concat()
    }

    fn without_lasting_traces(places: Vec<String>) -> Vec<String> {
        places
    }

    fn is_of_the_moment(key: &str) -> bool {
        Keycloak::is_of_the_moment(key)
    }

    fn set_once(&self) -> usize {
        self.0.set_once()
    }

    fn may_be_repeated(path: &str) -> bool {
        Keycloak::may_be_repeated(path)
    }

    async fn make_bare_objects(&self) {
        self.0.ask(Method::POST, "/admin/realms", Some(&json!({"realm": "otomi"}))).await;
        for name in ["platform-admin", "all-teams-admin", "team-admin", "team-alpha", "team-beta"] {
            self.0.send(Method::POST, "/roles", json!({"name": name})).await;
        }
        self.0.send(Method::POST, "/client-scopes", json!({"name": "openid", "protocol": "openid-connect"})).await;
        self.0.send(Method::POST, "/clients", json!({"clientId": "otomi", "defaultClientScopes": []})).await;
        let provider = json!({"alias": "otomi-idp", "providerId": "oidc", "config": {}});
        self.0.send(Method::POST, "/identity-provider/instances", provider).await;
    }

    async fn add_foreign(&self) {
        let provider = json!({"alias": "theirs", "providerId": "oidc", "config": {"clientId": "theirs"}});
        self.0.send(Method::POST, "/identity-provider/instances", provider).await;
        for provider in ["theirs", "otomi-idp"] {
            let mapper = json!({"name": "theirs", "identityProviderAlias": provider,
                                "identityProviderMapper": "hardcoded-role-idp-mapper", "config": {"role": "offline_access"}});
            self.0.send(Method::POST, &format!("/identity-provider/instances/{provider}/mappers"), mapper).await;
        }
        self.0.send(Method::POST, "/roles", json!({"name": "theirs", "description": "theirs"})).await;
        self.0.send(Method::POST, "/groups", json!({"name": "theirs"})).await;
        self.0.send(Method::POST, "/users", json!({"username": "theirs", "enabled": true})).await;
    }

    async fn wreck(&self, object: &ObjectId, field: Option<&str>) {
        self.0.wreck(object, field).await;
    }

    async fn remove(&self, object: &ObjectId) {
        self.0.remove(object).await;
    }

    fn beyond_wrecking(object: &ObjectId, field: Option<&str>) -> Option<&'static str> {
        Keycloak::beyond_wrecking(object, field)
    }

    fn lasting_damage(object: &ObjectId, field: Option<&str>) -> Option<&'static str> {
        Keycloak::lasting_damage(object, field)
    }
}
