//! An existing realm is adopted: its export is values after which a plan is empty.

use std::collections::BTreeMap;

use evenkeel_core::report::ChangeReport;
use futures::future::BoxFuture;
use serde_json::{Value, json};

use super::{
    server::{Server, ServerError},
    stage::Stage,
};

type Failed = Box<dyn std::error::Error + Send + Sync>;

/// A realm that people made by hand. Names and texts are such as trip YAML, shells and addresses.
pub(super) const REALM: &str = "adopted-2.0";
/// A secret that must be in no file but the one for it.
const SECRET: &str = "it's a $ecret 'of' the shop";

/// A realm that holds one of everything, made by plain requests.
pub(super) fn by_hand<'a>(stage: &'a mut Stage, server: &'a Server) -> BoxFuture<'a, Result<(), Failed>> {
    Box::pin(async move {
        make(server, &json!({"realm": REALM, "enabled": true})).await?;
        let files = adopt(stage, REALM, "a realm made by hand").await?;
        let all: String = files.values().cloned().collect();
        stage.expect("nothing is left out that Keycloak keeps", !stage.remarks().contains("does not keep"));
        stage.expect("no secret is in the values", !all.contains(SECRET));
        for expected in [
            "\n  alpha: {}",
            "name: \"no\"",
            "clientId: legacy",
            "name: external & paid",
            "alias: login",
            "alias: CONFIGURE_TOTP",
            "name: badge",
            "serviceAccount:",
            "scopeMappings:",
            "defaultRoles:",
            "floor: [\"07\", \"true\"]",
        ] {
            stage.expect(&format!("`{expected}` is in the values:\n{all}"), all.contains(expected));
        }
        let platform = files.get("00-platform.yaml").cloned().unwrap_or_default();
        stage.expect("the contract's client is nobody's here", platform.contains("client: false"));
        Ok(())
    })
}

/// Nobody has changed anything.
pub(super) fn fresh<'a>(stage: &'a mut Stage, server: &'a Server) -> BoxFuture<'a, Result<(), Failed>> {
    Box::pin(async move {
        server.post("/admin/realms", &json!({"realm": "fresh", "enabled": true})).await?;
        let files = adopt(stage, "fresh", "a fresh realm").await?;
        let keycloak = files.get("40-keycloak.yaml").cloned().unwrap_or_default();
        for kind in ["roles:", "groups:", "clients:", "clientScopes:"] {
            stage.expect(&format!("a fresh realm has no {kind} {keycloak}"), !keycloak.contains(kind));
        }
        Ok(())
    })
}

/// What evenkeel made is recognised: teams are teams again.
pub(super) fn of_the_contract<'a>(stage: &'a mut Stage, _: &'a Server) -> BoxFuture<'a, Result<(), Failed>> {
    Box::pin(async move {
        stage.apply(&[]).await;
        let files = adopt(stage, super::REALM, "a realm of the team contract").await?;
        let platform = files.get("00-platform.yaml").cloned().unwrap_or_default();
        stage.expect(&format!("the whole contract is recognised: {platform}"), !platform.contains("implied"));
        let teams = files.get("20-teams.yaml").cloned().unwrap_or_default();
        stage.expect("both teams are recognised", teams.contains("alpha:") && teams.contains("beta:"));
        let users = files.get("30-users.yaml").cloned().unwrap_or_default();
        stage.expect("users are in their teams", users.contains("teams: [alpha"));
        Ok(())
    })
}

/// Exports, plans, applies and exports again: nothing is ever written to the server.
async fn adopt(stage: &mut Stage, realm: &str, what: &str) -> Result<BTreeMap<String, String>, Failed> {
    let first = stage.export(realm, "first").await?;
    let second = stage.export(realm, "second").await?;
    stage.expect(&format!("two exports of {what} are the same to the byte"), first.files == second.files);
    stage.expect("an export reads only", first.requests.writes == 0 && first.requests.reads > 0);
    for remark in first.left_out {
        stage.remark(remark);
    }
    let plan = stage.adopted("plan", "first", first.secrets.clone()).await;
    let changed: Vec<String> = plan.report.changes.iter().map(shown).collect();
    let empty = plan.plan.is_some() && changed.is_empty();
    stage.expect(&format!("a plan on the export of {what} is empty: {changed:?} {:?}", plan.failures), empty);
    if let Some(problems) = plan.problems {
        stage.expect(&format!("the values are valid: {}", problems.render(false)), false);
    }
    let applied = stage.adopted("apply", "first", first.secrets).await;
    stage.expect("applying them writes nothing", applied.report.requests.writes == 0 && applied.plan.is_some());
    Ok(first.files)
}

pub(super) fn shown(report: &ChangeReport) -> String {
    let fields: Vec<String> = report
        .change
        .fields
        .iter()
        .map(|field| format!("{}: {:?} → {:?}", field.path, field.before, field.after))
        .collect();
    format!("{} {fields:?}", report.change.object)
}

/// One of everything, in a realm that is made of this representation.
pub(super) async fn make(server: &Server, realm: &Value) -> Result<(), ServerError> {
    let at = |path: &str| format!("/admin/realms/{REALM}{path}");
    server.post("/admin/realms", realm).await?;
    server.put(&at(""), &settings()).await?;
    let mut profile = server.get(&at("/users/profile")).await?;
    profile["unmanagedAttributePolicy"] = json!("ENABLED");
    let attribute = json!({"name": "badge", "displayName": "Badge: #", "permissions": {"view": ["admin"], "edit": ["admin"]},
                           "validations": {"length": {"max": 12}}, "multivalued": false});
    profile["attributes"].as_array_mut().into_iter().for_each(|attributes| attributes.push(attribute.clone()));
    server.put(&at("/users/profile"), &profile).await?;

    server.post(&at("/client-scopes"), &scope()).await?;
    let audit = server.id(&at("/client-scopes"), "name", "audit").await?;
    server.put(&at(&format!("/default-default-client-scopes/{audit}")), &Value::Null).await?;
    let phone = server.id(&at("/client-scopes"), "name", "phone").await?;
    server.delete(&at(&format!("/default-optional-client-scopes/{phone}")), None).await?;
    let email = server.id(&at("/client-scopes"), "name", "email").await?;
    server.post(&at(&format!("/client-scopes/{email}/protocol-mappers/models")), &mapper("0x1f", "mail")).await?;

    for role in ["no", "1e3", "team-alpha", "team-beta", "Rôle: \"x\" #1"] {
        server.post(&at("/roles"), &json!({"name": role, "description": "by hand\n  on two lines\n"})).await?;
    }
    server.post(&at("/roles"), &json!({"name": "auditor", "attributes": {"0123": ["~", "null", "- a"]}})).await?;
    let offline = server.get(&at("/roles/offline_access")).await?;
    let account = server.id(&at("/clients"), "clientId", "account").await?;
    let view = server.get(&at(&format!("/clients/{account}/roles/view-profile"))).await?;
    server.post(&at("/roles/auditor/composites"), &json!([offline, view])).await?;

    make_groups(server).await?;
    for client in clients() {
        server.post(&at("/clients"), &client).await?;
    }
    let mut built_in = server.get(&at(&format!("/clients/{account}"))).await?;
    built_in["redirectUris"] = json!(["https://account.example.com/*"]);
    server.put(&at(&format!("/clients/{account}")), &built_in).await?;
    make_roles_of_clients(server).await?;
    make_provider(server).await?;
    map_roles_into_scopes(server).await?;
    let action = at("/authentication/required-actions/CONFIGURE_TOTP");
    let mut totp = server.get(&action).await?;
    totp["defaultAction"] = json!(true);
    server.put(&action, &totp).await?;
    make_people(server).await
}

/// Roles of a client with a role inside, roles of a service account, and what every user has.
async fn make_roles_of_clients(server: &Server) -> Result<(), ServerError> {
    let at = |path: &str| format!("/admin/realms/{REALM}{path}");
    let robot = server.id(&at("/clients"), "clientId", "robot").await?;
    for (role, description) in [("off", "~"), ("on", "holds `off`")] {
        let role = json!({"name": role, "description": description});
        server.post(&at(&format!("/clients/{robot}/roles")), &role).await?;
    }
    let off = server.get(&at(&format!("/clients/{robot}/roles/off"))).await?;
    server.post(&at(&format!("/clients/{robot}/roles/on/composites")), &json!([off])).await?;
    let user = server.get(&at(&format!("/clients/{robot}/service-account-user"))).await?;
    let user = user["id"].as_str().unwrap_or_default();
    let auditor = server.get(&at("/roles/auditor")).await?;
    server.post(&at(&format!("/users/{user}/role-mappings/realm")), &json!([auditor])).await?;
    server.post(&at(&format!("/users/{user}/role-mappings/clients/{robot}")), &json!([off])).await?;
    server.post(&at(&format!("/roles/default-roles-{REALM}/composites")), &json!([auditor])).await?;
    Ok(())
}

/// What a client without the full scope, and a client scope, let into tokens.
async fn map_roles_into_scopes(server: &Server) -> Result<(), ServerError> {
    let at = |path: &str| format!("/admin/realms/{REALM}{path}");
    let robot = server.id(&at("/clients"), "clientId", "robot").await?;
    let off = server.get(&at(&format!("/clients/{robot}/roles/off"))).await?;
    let auditor = server.get(&at("/roles/auditor")).await?;
    let audit = server.id(&at("/client-scopes"), "name", "audit").await?;
    server.post(&at(&format!("/client-scopes/{audit}/scope-mappings/realm")), &json!([auditor])).await?;
    let page = server.id(&at("/clients"), "clientId", "https://spa.example/app?x=1").await?;
    server.post(&at(&format!("/clients/{page}/scope-mappings/clients/{robot}")), &json!([off])).await?;
    Ok(())
}

async fn make_provider(server: &Server) -> Result<(), ServerError> {
    let at = |path: &str| format!("/admin/realms/{REALM}{path}");
    let provider = json!({
        "alias": "login", "providerId": "oidc", "enabled": true, "displayName": "Elsewhere", "trustEmail": true,
        "config": {"clientId": "a", "clientSecret": "b", "authorizationUrl": "https://login.example.com/a",
                   "tokenUrl": "https://login.example.com/t", "defaultScope": "openid email"},
    });
    server.post(&at("/identity-provider/instances"), &provider).await?;
    let mapper = json!({
        "name": "auditors", "identityProviderAlias": "login", "identityProviderMapper": "oidc-role-idp-mapper",
        "config": {"syncMode": "INHERIT", "claim": "groups", "claim.value": "g-7", "role": "auditor"},
    });
    server.post(&at("/identity-provider/instances/login/mappers"), &mapper).await?;
    Ok(())
}

async fn make_groups(server: &Server) -> Result<(), ServerError> {
    let at = |path: &str| format!("/admin/realms/{REALM}{path}");
    let management = server.id(&at("/clients"), "clientId", "realm-management").await?;
    let view = server.get(&at(&format!("/clients/{management}/roles/view-users"))).await?;
    for team in ["team-alpha", "team-beta"] {
        server.post(&at("/groups"), &json!({"name": team})).await?;
        let id = server.id(&at("/groups"), "name", team).await?;
        let role = server.get(&at(&format!("/roles/{team}"))).await?;
        server.post(&at(&format!("/groups/{id}/role-mappings/realm")), &json!([role])).await?;
        if team == "team-alpha" {
            let list = format!("/groups/{id}/role-mappings/clients/{management}");
            server.post(&at(&list), &json!([view])).await?;
        }
    }
    server.post(&at("/groups"), &json!({"name": "audit", "attributes": {"floor": ["07", "true"]}})).await?;
    let audit = server.id(&at("/groups"), "name", "audit").await?;
    let auditor = server.get(&at("/roles/auditor")).await?;
    server.post(&at(&format!("/groups/{audit}/role-mappings/realm")), &json!([auditor])).await?;
    server.post(&at(&format!("/groups/{audit}/children")), &json!({"name": "external & paid"})).await?;
    let external = server.id(&at(&format!("/groups/{audit}/children?max=10")), "name", "external & paid").await?;
    server.post(&at(&format!("/groups/{external}/children")), &json!({"name": "deep"})).await?;
    Ok(())
}

async fn make_people(server: &Server) -> Result<(), ServerError> {
    let at = |path: &str| format!("/admin/realms/{REALM}{path}");
    let users = [
        json!({"username": "ada@example.com", "email": "ada@example.com", "firstName": "null", "lastName": "Ø no",
               "attributes": {"floor": ["07", "true"]}, "enabled": true, "groups": ["/team-alpha", "/audit"]}),
        json!({"username": "brian", "email": "o'brian@example.com", "enabled": false}),
        json!({"username": "nobody", "enabled": true}),
    ];
    for user in users {
        server.post(&at("/users"), &user).await?;
    }
    Ok(())
}

fn settings() -> Value {
    json!({
        "displayName": "It's \"ours\": yes",
        "displayNameHtml": "<b>ours</b>\n<i>all of it</i>\n",
        "accessTokenLifespan": 300,
        "passwordPolicy": "length(12) and notUsername",
        "internationalizationEnabled": true,
        "supportedLocales": ["nl", "no", "en"],
        "defaultLocale": "no",
        "smtpServer": {"host": "mail.example.com", "from": "a@example.com", "auth": "true", "user": "a", "password": "p"},
        "browserSecurityHeaders": {"xFrameOptions": "DENY"},
        "attributes": {"acr.loa.map": "{\"gold\":3}"},
        "eventsEnabled": true,
        "eventsExpiration": 86400,
    })
}

fn mapper(name: &str, claim: &str) -> Value {
    json!({
        "name": name,
        "protocol": "openid-connect",
        "protocolMapper": "oidc-usermodel-attribute-mapper",
        "config": {"user.attribute": "x", "claim.name": claim, "jsonType.label": "String", "access.token.claim": "true"},
    })
}

fn scope() -> Value {
    json!({
        "name": "audit",
        "description": "on",
        "protocol": "openid-connect",
        "attributes": {"include.in.token.scope": "false"},
        "protocolMappers": [mapper("yes", "audit.claim")],
    })
}

fn clients() -> [Value; 4] {
    [
        json!({
            "clientId": "shop", "name": "The shop", "secret": SECRET, "redirectUris": ["https://b.example/*", "https://a.example/*"],
            "webOrigins": ["+"], "directAccessGrantsEnabled": true, "attributes": {"post.logout.redirect.uris": "+"},
            "protocolMappers": [mapper("0123", "a.b")], "defaultClientScopes": ["email", "audit"],
            "optionalClientScopes": ["address"],
        }),
        json!({"clientId": "https://spa.example/app?x=1", "publicClient": true, "fullScopeAllowed": false}),
        json!({"clientId": "robot", "serviceAccountsEnabled": true, "standardFlowEnabled": false}),
        json!({"clientId": "legacy", "protocol": "saml", "attributes": {"saml_name_id_format": "email"}}),
    ]
}
