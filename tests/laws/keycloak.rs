//! The Keycloak task and its sandbox.

mod elsewhere;
mod exports;
mod foreign;
mod met;
mod names;
mod objects;
mod ours;
mod parts;
mod people;
mod random;
mod regressions;
mod traps;
mod versions;
mod wrecks;

use std::sync::LazyLock;

use evenkeel_conformance::live::hand;
use evenkeel_core::{object::ObjectId, plan::ChangeDocument};
use evenkeel_sandbox::{Logged, Options};
use reqwest::Method;
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use crate::subject::{Hidden, StandIn, Subject};

/// The sandbox and a way to speak with it past the task.
pub(crate) struct Keycloak {
    pub(crate) server: evenkeel_sandbox::Keycloak,
}

pub(crate) const ADMIN_PASSWORD: &str = "KanarieAdminZq9+/&\"x%41=";

impl Subject for Keycloak {
    type Task = evenkeel_keycloak::Keycloak;

    const SECRETS: &'static [(&'static str, &'static str)] = &[
        ("KEYCLOAK_ADMIN_PASSWORD", ADMIN_PASSWORD),
        ("KEYCLOAK_CLIENT_SECRET", "KanarieClientTt2:@ \\w/?"),
        ("KEYCLOAK_AUDIT_SECRET", "KanarieAuditHh8=#,;.[e]"),
        ("KEYCLOAK_GOOGLE_SECRET", "KanarieGoogleMm2&=%;[x]"),
        ("KEYCLOAK_PARTNER_SECRET", "KanariePartnerNn6<>'/y"),
        ("KEYCLOAK_SMTP_PASSWORD", "KanarieSmtpLk5'<>&;#r"),
        ("ADA_INITIAL_PASSWORD", "KanarieAdaPp7~|^`{z}"),
        ("GRACE_INITIAL_PASSWORD", "KanarieGraceVv3$!*()q"),
    ];

    fn start() -> Self {
        Self::start_with(Options::new("admin", ADMIN_PASSWORD))
    }

    fn servers(&self) -> Vec<(&'static str, &dyn StandIn)> {
        vec![("keycloak", &self.server)]
    }

    fn values(urls: &[String]) -> Vec<(&'static str, String)> {
        vec![
            ("10-platform.yaml", PLATFORM.to_owned()),
            ("20-people.yaml", PEOPLE.to_owned()),
            ("30-keycloak.yaml", KEYCLOAK.replace("(server)", &urls[0])),
        ]
    }

    fn broken_values(urls: &[String]) -> Vec<(&'static str, Vec<(&'static str, String)>)> {
        let secret = serde_json::Value::from(ADMIN_PASSWORD);
        let with = |name: &'static str, text: String| [Self::values(urls), vec![(name, text)]].concat();
        let admin = |password: &str| format!("keycloak:\n  admin:\n    password: {password}\n");
        vec![
            ("plain in a file for everybody", with("90-more.yaml", admin(&secret.to_string()))),
            ("a list", with("secrets.more.yaml", admin(&format!("[{secret}]")))),
            ("a map with an unknown key", with("secrets.more.yaml", admin(&format!("{{plain: {secret}}}")))),
            ("a reference that is none", with("secrets.more.yaml", admin(&format!("{{fromEnv: [{secret}]}}")))),
            (
                "under an unknown key",
                with("secrets.more.yaml", format!("keycloak:\n  admin:\n    pasword: {secret}\n")),
            ),
            ("in place of a section", with("secrets.more.yaml", format!("keycloak: {secret}\n"))),
            (
                "in place of a number",
                with("secrets.more.yaml", format!("keycloak:\n  realm:\n    ssoSessionIdleTimeout: {secret}\n")),
            ),
            ("in a broken file", with("secrets.more.yaml", format!("keycloak:\n  admin: {{password: {secret}\n"))),
            ("twice", with("secrets.more.yaml", format!("keycloak:\n  url: {secret}\n  url: {secret}\n"))),
            ("as an address", with("secrets.more.yaml", format!("keycloak:\n  url: {secret}\n"))),
        ]
    }

    const HIDDEN: &'static [Hidden] = &[
        Hidden { secret: "KEYCLOAK_SMTP_PASSWORD", object: "realm/otomi", path: "smtpServer.password" },
        Hidden { secret: "KEYCLOAK_GOOGLE_SECRET", object: "identity-provider/google", path: "config.clientSecret" },
        Hidden { secret: "KEYCLOAK_PARTNER_SECRET", object: "identity-provider/partner", path: "config.clientSecret" },
    ];

    const HOLDS_DATA: bool = true;

    fn minimal_values(urls: &[String]) -> Vec<(&'static str, String)> {
        vec![("10-platform.yaml", MINIMAL.replace("(server)", &urls[0]))]
    }

    const IS_MET_UNDER_ITS_NAMES: bool = true;

    async fn fill_by_others(&self) {
        self.fill().await;
    }

    fn is_refused_for_good(_: &ObjectId) -> bool {
        true
    }

    fn reaches_into(change: &ChangeDocument) -> Vec<ObjectId> {
        parts::reached(&change.object).into_iter().collect()
    }

    /// An object of the realm by its own name, and not what is inside of one.
    fn holds_our_own(place: &str) -> bool {
        let Some((kind, name)) = place.strip_prefix("/keycloak/otomi/").and_then(|rest| rest.split_once('/')) else {
            return false;
        };
        let is_of_realm = ["roles", "groups", "clients", "clientScopes", "identityProviders"].contains(&kind);
        is_of_realm && !name.trim_start_matches('/').contains('/')
    }

    /// An attribute of an account that nobody declares any more stays: absent is not empty.
    fn without_lasting_traces(mut places: Vec<String>) -> Vec<String> {
        places.retain(|place| !place.contains("/users/ada@example.com/attributes/department"));
        places
    }

    fn fewer_values(urls: &[String]) -> Vec<(&'static str, String)> {
        let mut values = Self::values(urls);
        // Team beta with what it implies, Grace and Linus with their accounts, and everything that is declared beyond teams.
        values.push(("90-fewer.yaml", FEWER.to_owned()));
        values
    }

    fn is_of_the_moment(key: &str) -> bool {
        ["createdTimestamp", "client.secret.creation.time"].contains(&key)
    }

    fn set_once(&self) -> usize {
        let sets = |request: &&Logged| {
            let creates = request.method == Method::POST && request.path.ends_with("/users");
            // the status is that of the answer that went out, which may be a gateway's
            let refused = request.status.is_some_and(|status| (400..500).contains(&status));
            request.handled && !refused && (creates || request.path.ends_with("/reset-password"))
        };
        self.server.requests().iter().filter(sets).count()
    }

    /// Giving a role twice is no error, be it to a group, a role, or a scope (server-behaviour 2.3 and 2.7).
    fn may_be_repeated(path: &str) -> bool {
        path.contains("/role-mappings/") || path.contains("/scope-mappings/") || path.ends_with("/composites")
    }

    async fn make_bare_objects(&self) {
        self.make_bare().await;
    }

    async fn add_foreign(&self) {
        self.add_foreign_objects().await;
        self.set_unmanaged_fields().await;
    }

    async fn wreck(&self, object: &ObjectId, field: Option<&str>) {
        self.spoil(object, field).await;
    }

    async fn remove(&self, object: &ObjectId) {
        self.remove_object(object).await;
    }

    fn beyond_wrecking(object: &ObjectId, field: Option<&str>) -> Option<&'static str> {
        let is_identity = object.kind().as_str() == "federated-identity" && field.is_some();
        let twice = is_identity.then_some("there is no update: a user is untied and tied anew, in two writes");
        hand::beyond_spoiling(object, field).or(twice)
    }

    fn lasting_damage(object: &ObjectId, field: Option<&str>) -> Option<&'static str> {
        hand::brings_along(object, field)
    }
}

impl Keycloak {
    pub(crate) fn start_with(options: Options) -> Self {
        Self { server: evenkeel_sandbox::Keycloak::start(&options).unwrap() }
    }

    /// Reads something of realm `otomi`; `path` starts behind the realm's name.
    pub(crate) async fn get(&self, path: &str) -> Value {
        self.ask(Method::GET, &format!("/admin/realms/otomi{path}"), None).await
    }

    /// Changes something of realm `otomi`.
    pub(crate) async fn send(&self, method: Method, path: &str, body: Value) {
        self.ask(method, &format!("/admin/realms/otomi{path}"), Some(&body)).await;
    }

    /// The element of a list of realm `otomi` whose `key` is `name`.
    pub(crate) async fn find(&self, list: &str, key: &str, name: &str) -> Value {
        let found = self.get(list).await;
        let found = found.as_array().unwrap().iter().find(|element| element[key] == name);
        found.unwrap_or_else(|| panic!("`{list}` has no `{name}`")).clone()
    }

    /// The id of such an element.
    pub(crate) async fn id(&self, list: &str, key: &str, name: &str) -> String {
        self.find(list, key, name).await["id"].as_str().unwrap().to_owned()
    }

    #[expect(clippy::disallowed_methods, reason = "speaks with the sandbox past the transport under test")]
    pub(crate) async fn ask(&self, method: Method, path: &str, body: Option<&Value>) -> Value {
        // Every test has a runtime of its own, so that no connection may be kept for another.
        static CLIENT: LazyLock<reqwest::Client> = LazyLock::new(|| {
            let _ = rustls::crypto::ring::default_provider().install_default();
            reqwest::Client::builder().no_proxy().pool_max_idle_per_host(0).build().unwrap()
        });
        let token = self.server.admin_token().unwrap();
        let request =
            CLIENT.request(method.clone(), format!("{}{path}", self.server.url())).bearer_auth(token.expose_secret());
        let request = if let Some(body) = body { request.json(body) } else { request };
        let answer = request.send().await.unwrap();
        let status = answer.status();
        let text = answer.text().await.unwrap();
        assert!(status.is_success(), "{method} {path} {body:?}: {status} {text}");
        if text.is_empty() { Value::Null } else { serde_json::from_str(&text).unwrap() }
    }

    /// Every declared object by its name alone.
    async fn make_bare(&self) {
        let mail = json!({"host": "spoiled.example.com", "from": "spoiled@example.com"});
        self.ask(Method::POST, "/admin/realms", Some(&json!({"realm": "otomi", "smtpServer": mail}))).await;
        self.send(Method::POST, "/groups", json!({"name": "auditors"})).await;
        let group = self.id("/groups", "name", "auditors").await;
        self.send(Method::POST, &format!("/groups/{group}/children"), json!({"name": "external"})).await;
        // what users are asked from the moment in which they are made
        self.change("/authentication/required-actions/CONFIGURE_TOTP", |action| action["defaultAction"] = json!(true))
            .await;
        self.send(Method::POST, "/client-scopes", json!({"name": "openid", "protocol": "openid-connect"})).await;
        self.send(Method::POST, "/clients", json!({"clientId": "otomi", "defaultClientScopes": []})).await;
        for name in ["platform-admin", "all-teams-admin", "team-admin", "team-alpha", "team-beta"] {
            self.send(Method::POST, "/roles", json!({"name": name})).await;
            self.send(Method::POST, "/groups", json!({"name": name})).await;
        }
        self.send(Method::POST, "/client-scopes", json!({"name": "audit", "protocol": "openid-connect"})).await;
        let audit = json!({"clientId": "audit", "defaultClientScopes": [], "serviceAccountsEnabled": true});
        self.send(Method::POST, "/clients", audit).await;
        let audit = self.id("/clients", "clientId", "audit").await;
        self.send(Method::POST, &format!("/clients/{audit}/roles"), json!({"name": "reader"})).await;
        for (alias, kind) in [("google", "google"), ("partner", "oidc")] {
            let provider = json!({"alias": alias, "providerId": kind, "config": {}});
            self.send(Method::POST, "/identity-provider/instances", provider).await;
        }
        let mapper = json!({"name": "staff", "identityProviderAlias": "google"});
        self.send(Method::POST, "/identity-provider/instances/google/mappers", mapper).await;
        self.send(Method::POST, "/roles", json!({"name": "auditor"})).await;
        for name in ["ada@example.com", "grace@example.com", "linus"] {
            // what matters at creation only: nobody corrects it later
            let password = json!({"type": "password", "value": "initial-1", "temporary": true});
            let mut user = json!({"username": name, "enabled": true, "emailVerified": true});
            if name.contains('@') {
                user["credentials"] = json!([password]);
            }
            self.send(Method::POST, "/users", user).await;
        }
    }
}

const PLATFORM: &str = "\
platform:
  name: demo
teams:
  alpha: {displayName: Team Alpha, identityGroup: 3f0c}
  beta: {}
";

/// Also the start of other values: whoever has a realm already knows no more than this.
pub(crate) const MINIMAL: &str = "\
platform: {name: demo}
teams: {alpha: {}}
keycloak:
  url: (server)
  admin: {username: admin, password: {fromEnv: KEYCLOAK_ADMIN_PASSWORD}}
";

const PEOPLE: &str = "\
users:
  - email: ada@example.com
    firstName: Ada
    lastName: Lovelace
    enabled: true
    attributes: {department: [Analysis]}
    teams: [alpha]
    teamAdmin: true
    platformAdmin: false
    initialPassword: {fromEnv: ADA_INITIAL_PASSWORD}
  - email: Grace@Example.com
    firstName: Grace
    lastName: Hopper
    initialPassword: {fromEnv: GRACE_INITIAL_PASSWORD}
  - username: Linus
    email: linus@example.com
    firstName: Linus
    lastName: Torvalds
    groups: [/auditors/external]
    realmRoles: [auditor]
    clientRoles: {audit: [reader]}
    requiredActions: [CONFIGURE_TOTP, UPDATE_PROFILE]
    federatedIdentities: [{identityProvider: google, userId: '4711', userName: linus}]
";

const FEWER: &str = "\
teams: {beta: null}
users:
  - email: ada@example.com
    firstName: Ada
    lastName: Lovelace
    enabled: true
    teams: [alpha]
    teamAdmin: true
    platformAdmin: false
    initialPassword: {fromEnv: ADA_INITIAL_PASSWORD}
keycloak:
  roles: []
  groups: []
  clientScopes: []
  clients: []
  client: {protocolMappers: []}
  identityProviders:
    - alias: google
      providerId: google
      displayName: Google
      config: {clientId: evenkeel, clientSecret: {fromEnv: KEYCLOAK_GOOGLE_SECRET}, syncMode: IMPORT}
  defaultRoles: null
";

const KEYCLOAK: &str = "\
keycloak:
  url: (server)
  loginTheme: keycloak.v2
  admin:
    username: admin
    password: {fromEnv: KEYCLOAK_ADMIN_PASSWORD}
  realm:
    displayName: Demo platform
    displayNameHtml: <b>Demo</b>
    internationalizationEnabled: true
    supportedLocales: [en, nl]
    defaultLocale: en
    passwordPolicy: length(8)
    attributes: {frontendUrl: 'https://keycloak.example.com'}
    otpPolicyDigits: 8
    webAuthnPolicyRpId: example.com
    browserSecurityHeaders: {xFrameOptions: DENY}
    browserFlow: browser
    directGrantFlow: direct grant
    smtpServer:
      host: mail.example.com
      from: keycloak@example.com
      user: keycloak
      auth: 'true'
      password: {fromEnv: KEYCLOAK_SMTP_PASSWORD}
  client:
    name: Platform
    secret: {fromEnv: KEYCLOAK_CLIENT_SECRET}
    redirectUris: ['https://harbor.example.com/*', 'https://gitea.example.com/*']
    attributes: {post.logout.redirect.uris: +}
    protocolMappers:
      - name: department
        protocol: openid-connect
        protocolMapper: oidc-usermodel-attribute-mapper
        config: {user.attribute: department, claim.name: department, jsonType.label: String}
  roles:
    - name: auditor
      description: Audits
      attributes: {level: ['1']}
      composites: {realm: [team-admin], client: {realm-management: [view-events]}}
  groups:
    - name: auditors
      attributes: {level: ['1']}
      realmRoles: [auditor]
      clientRoles: {realm-management: [view-events]}
      subGroups:
        - {name: external, realmRoles: [auditor]}
  clientScopes:
    - name: audit
      protocol: openid-connect
      description: Audit
      attributes: {consent.screen.text: Audit}
      protocolMappers:
        - name: level
          protocol: openid-connect
          protocolMapper: oidc-usermodel-attribute-mapper
          config: {user.attribute: level, claim.name: level, jsonType.label: String}
      scopeMappings: {realmRoles: [auditor], clientRoles: {audit: [reader]}}
  events:
    eventsEnabled: true
    eventsExpiration: 3600
    eventsListeners: [jboss-logging]
    enabledEventTypes: [LOGIN, LOGOUT]
    adminEventsEnabled: true
  requiredActions:
    - {alias: CONFIGURE_TOTP, name: One-time codes, enabled: true, defaultAction: true, priority: 10}
    - {alias: UPDATE_PASSWORD, config: {max_auth_age: '100'}}
  userProfile:
    groups: [{name: work, displayHeader: Work}]
    attributes:
      - name: department
        displayName: Department
        group: work
        validations: {length: {max: 40}}
        permissions: {view: [admin, user], edit: [admin]}
  defaultRoles:
    realmRoles: [offline_access, uma_authorization, auditor]
    clientRoles: {account: [view-profile, manage-account]}
  identityProviders:
    - alias: google
      providerId: google
      displayName: Google
      config: {clientId: evenkeel, clientSecret: {fromEnv: KEYCLOAK_GOOGLE_SECRET}, syncMode: IMPORT}
      mappers:
        - name: staff
          identityProviderMapper: hardcoded-role-idp-mapper
          config: {role: auditor, syncMode: INHERIT}
    - alias: partner
      enabled: true
      trustEmail: true
      firstBrokerLoginFlowAlias: first broker login
      config:
        clientId: evenkeel
        clientSecret: {fromEnv: KEYCLOAK_PARTNER_SECRET}
        authorizationUrl: https://login.example.com/authorize
        tokenUrl: https://login.example.com/token
  clients:
    - clientId: audit
      name: Audit
      secret: {fromEnv: KEYCLOAK_AUDIT_SECRET}
      redirectUris: ['https://audit.example.com/*']
      webOrigins: ['https://audit.example.com']
      defaultClientScopes: [openid, audit]
      optionalClientScopes: [email]
      authenticationFlowBindingOverrides: {browser: browser}
      roles:
        - name: reader
          description: Reads
          attributes: {level: ['1']}
          composites: {realm: [auditor], client: {realm-management: [view-events]}}
      serviceAccount:
        realmRoles: [auditor]
        clientRoles: {realm-management: [view-users], audit: [reader]}
      scopeMappings: {realmRoles: [auditor], clientRoles: {realm-management: [view-users]}}
      protocolMappers:
        - name: audience
          protocol: openid-connect
          protocolMapper: oidc-audience-mapper
          config: {included.client.audience: otomi, access.token.claim: 'true'}
";
