//! A realm moves: its export makes an empty server equal to it, but for what was told.

use std::collections::BTreeMap;

use futures::future::BoxFuture;
use serde_json::{Map, Value, json};

use super::{
    adopt::{REALM, make, shown},
    random,
    server::{Server, ServerError},
    stage::{Exported, Stage},
};

type Failed = Box<dyn std::error::Error + Send + Sync>;

/// What the realm holds that values have no word for: the places where the two realms differ, and the line that tells why.
const TOLD: [(&str, &str); 6] = [
    ("/components", "user federation `people` (ldap) with its settings and mappers"),
    ("/texts", "texts of the realm in `de`"),
    ("/realm/clientP", "client profiles `strict`"),
    ("/flows/browser", "what differs from a fresh realm in authentication flow `browser`"),
    ("/scopes/address", "that a fresh realm's client scope `address` is not there"),
    ("/clients/realm-management", "changes to client `realm-management`, which keycloak lets nobody make"),
];

/// The realm with one of everything is exported, deleted, and made again from the export.
pub(super) fn moved<'a>(stage: &'a mut Stage, server: &'a Server) -> BoxFuture<'a, Result<(), Failed>> {
    Box::pin(async move {
        // From 26.7 on only an import makes this client other than it comes with a realm.
        let management = json!({"clientId": "realm-management", "description": "imported", "bearerOnly": true});
        make(server, &json!({"realm": REALM, "enabled": true, "clients": [management]})).await?;
        make_what_is_left_out(server).await?;
        let before = all(server).await?;
        let exported = stage.export(REALM, "moved").await?;
        let told = exported.left_out.join("\n");
        let is_protected = !before.contains_key("/clients/realm-management/access/manage");
        for (_, line) in TOLD.iter().filter(|(place, _)| is_protected || !place.contains("management")) {
            stage.expect(&format!("`{line}` is told: {told}"), told.contains(line));
        }
        let values = exported.files.values().cloned().collect::<String>();
        let has_management = values.contains("clientId: realm-management");
        stage.expect("the client that nobody may change is not exported", has_management != is_protected);
        make_again(stage, server, (&before, exported), &TOLD).await
    })
}

/// A realm at random is exported, deleted, and made again from the export: nothing that values have words for is lost.
pub(super) fn at_random<'a>(stage: &'a mut Stage, server: &'a Server) -> BoxFuture<'a, Result<(), Failed>> {
    Box::pin(async move {
        let seed = stage.seed();
        stage.remark(format!("the realm of `--seed {seed}`"));
        random::make(server, seed).await?;
        let before = all(server).await?;
        let exported = stage.export(REALM, "random").await?;
        make_again(stage, server, (&before, exported), &[]).await
    })
}

/// Deletes the realm, makes it again from its export, and compares the two, but for the places that are `told` to differ.
async fn make_again(
    stage: &mut Stage,
    server: &Server,
    (before, exported): (&BTreeMap<String, String>, Exported),
    told: &[(&str, &str)],
) -> Result<(), Failed> {
    let lines = exported.left_out.join("\n");
    server.delete(&format!("/admin/realms/{REALM}"), None).await?;
    let applied = stage.adopted("apply", &exported.folder, exported.secrets.clone()).await;
    let failed = applied.report.changes.iter().filter(|change| change.failure.is_some());
    let failed: Vec<String> = failed.map(|change| format!("{} {:?}", change.change.object, change.failure)).collect();
    let is_applied = applied.plan.is_some() && failed.is_empty();
    stage.expect(&format!("it is applied to an empty server: {failed:?} {:?}", applied.failures), is_applied);
    let plan = stage.adopted("plan", &exported.folder, exported.secrets).await;
    let changed: Vec<String> = plan.report.changes.iter().map(shown).collect();
    let empty = plan.plan.is_some() && changed.is_empty();
    stage.expect(&format!("nothing is left to do: {changed:?} {:?}", plan.failures), empty);
    let after = all(server).await?;
    let places = before.keys().chain(after.keys()).filter(|place| before.get(*place) != after.get(*place));
    // 26.0 loses security headers that are not sent along; they are told by their names.
    let field = |place: &str| format!("`{}`", place.trim_start_matches("/realm/").replace('/', "."));
    let is_told =
        |place: &&String| told.iter().any(|(start, _)| place.starts_with(start)) || lines.contains(&field(place));
    let silent: Vec<String> = places
        .filter(|place| !is_told(place))
        .map(|place| format!("{place}: {:?} -> {:?}", before.get(place), after.get(place)))
        .collect();
    stage.expect(&format!("the realms differ in nothing else: {silent:#?}, told {lines}"), silent.is_empty());
    stage.remark(format!("{} places compared", before.len()));
    Ok(())
}

async fn make_what_is_left_out(server: &Server) -> Result<(), ServerError> {
    let at = |path: &str| format!("/admin/realms/{REALM}{path}");
    let federation = json!({
        "name": "people", "providerId": "ldap", "providerType": "org.keycloak.storage.UserStorageProvider",
        "config": {
            "vendor": ["other"], "connectionUrl": ["ldap://ldap.example.com"], "authType": ["none"], "usersDn": ["ou=people"],
            "usernameLDAPAttribute": ["uid"], "rdnLDAPAttribute": ["uid"], "uuidLDAPAttribute": ["entryUUID"],
            "userObjectClasses": ["person"], "editMode": ["READ_ONLY"], "enabled": ["false"],
        },
    });
    server.post(&at("/components"), &federation).await?;
    server.post(&at("/localization/de"), &json!({"hello": "Hallo"})).await?;
    let profiles = json!({"clientProfiles": {"profiles": [{"name": "strict", "executors": []}]}});
    server.put(&at(""), &profiles).await?;
    let steps = at("/authentication/flows/browser/executions");
    let found = server.get(&steps).await?;
    let kerberos = found.as_array().into_iter().flatten().find(|step| step["providerId"] == "auth-spnego");
    let mut kerberos =
        kerberos.cloned().ok_or_else(|| ServerError::Missing(steps.clone(), "auth-spnego".to_owned()))?;
    kerberos["requirement"] = json!("ALTERNATIVE");
    server.put(&steps, &kerberos).await?;
    let address = server.id(&at("/client-scopes"), "name", "address").await?;
    server.delete(&at(&format!("/client-scopes/{address}")), None).await?;
    Ok(())
}

/// Everything that the realm holds but its users, place by place, without ids and moments.
async fn all(server: &Server) -> Result<BTreeMap<String, String>, ServerError> {
    let at = |path: &str| format!("/admin/realms/{REALM}{path}");
    let clients = server.get(&at("/clients?max=500")).await?;
    let mut realm = server.get(&at("")).await?;
    if let Some(fields) = realm.as_object_mut() {
        fields.remove("defaultRole");
    }
    let mut flows = Map::new();
    for flow in server.get(&at("/authentication/flows")).await?.as_array().into_iter().flatten() {
        let alias = flow["alias"].as_str().unwrap_or_default();
        let steps = format!("/authentication/flows/{}/executions", alias.replace(' ', "%20"));
        flows.insert(alias.to_owned(), server.get(&at(&steps)).await?);
    }
    let whole = json!({
        "realm": realm,
        "clients": by_name(&clients, "clientId"),
        "clientRoles": roles_of_clients(server, &clients).await?,
        "scopes": by_name(&server.get(&at("/client-scopes")).await?, "name"),
        "defaultScopes": names(&server.get(&at("/default-default-client-scopes")).await?),
        "optionalScopes": names(&server.get(&at("/default-optional-client-scopes")).await?),
        "roles": by_name(&server.get(&at("/roles?briefRepresentation=false&first=0&max=500")).await?, "name"),
        "groups": by_name(&server.get(&at("/groups?briefRepresentation=false&max=500")).await?, "name"),
        "actions": by_name(&server.get(&at("/authentication/required-actions")).await?, "alias"),
        "profile": server.get(&at("/users/profile")).await?,
        "providers": by_name(&server.get(&at("/identity-provider/instances")).await?, "alias"),
        "flows": flows,
        "components": server.get(&at("/components")).await?,
        "texts": server.get(&at("/localization")).await?,
    });
    let mut places = BTreeMap::new();
    spread(&whole, String::new(), &mut places);
    Ok(places)
}

async fn roles_of_clients(server: &Server, clients: &Value) -> Result<Map<String, Value>, ServerError> {
    let mut roles = Map::new();
    for client in clients.as_array().into_iter().flatten() {
        let (id, name) = (client["id"].as_str().unwrap_or_default(), client["clientId"].as_str().unwrap_or_default());
        let path = format!("/admin/realms/{REALM}/clients/{id}/roles?briefRepresentation=false&first=0&max=500");
        roles.insert(name.to_owned(), by_name(&server.get(&path).await?, "name"));
    }
    Ok(roles)
}

/// A list as a map.
fn by_name(list: &Value, key: &str) -> Value {
    let named = list.as_array().into_iter().flatten();
    named.map(|item| (item[key].as_str().unwrap_or_default().to_owned(), item.clone())).collect::<Map<_, _>>().into()
}

fn names(list: &Value) -> Vec<Value> {
    list.as_array().into_iter().flatten().map(|item| item["name"].clone()).collect()
}

/// The fields by their places; lists lose their order, and what is empty, off, an id or a moment is left out.
fn spread(value: &Value, place: String, places: &mut BTreeMap<String, String>) {
    const OF_THE_MOMENT: [&str; 9] = [
        "id",
        "containerId",
        "parentId",
        "internalId",
        "client.secret.creation.time",
        "flowId",
        "authenticationConfig",
        "kc.user.profile.config",
        // The server loses it with an update of attributes; the policy for one-time codes says the same.
        "realmReusableOtpCode",
    ];
    match value {
        Value::Object(fields) => {
            for (key, field) in fields.iter().filter(|(key, _)| !OF_THE_MOMENT.contains(&key.as_str())) {
                spread(field, format!("{place}/{key}"), places);
            }
        }
        Value::Array(items) => {
            let mut items: Vec<String> = items.iter().map(within_list).collect();
            items.sort();
            if !items.is_empty() {
                places.insert(place, items.join("\n"));
            }
        }
        Value::Null | Value::Bool(false) => {}
        Value::String(text) if text.is_empty() => {}
        value => drop(places.insert(place, value.to_string())),
    }
}

fn within_list(item: &Value) -> String {
    let mut inside = BTreeMap::new();
    spread(item, String::new(), &mut inside);
    format!("{inside:?}")
}
