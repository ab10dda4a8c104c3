//! All state as one sorted value, so that a test can compare what was there before and after.

use serde_json::{Map, Value, json};

use super::federated_identities;
use super::realms;
use super::state::Realm;
use super::state::clients::Client;
use super::state::groups::Group;
use super::state::roles::{Owner, Role};
use super::state::scopes::Scope;
use super::state::users::User;
use super::world::World;

/// Every object of every realm by name, ids included, passwords and sessions left out.
pub(crate) fn of(world: &World) -> Value {
    Value::Object(world.realms.iter().map(|realm| (realm.name.clone(), of_realm(realm))).collect())
}

fn of_realm(realm: &Realm) -> Value {
    let scopes: Map<String, Value> =
        realm.scopes.all().map(|scope| (scope.name.clone(), of_scope(realm, scope))).collect();
    let scope_names = |ids: &std::collections::BTreeSet<super::ids::ScopeId>| {
        let found = ids.iter().filter_map(|id| realm.scopes.get(id.as_str()));
        sorted(found.map(|scope| scope.name.clone()).collect())
    };
    let providers = realm.providers.by_alias.values().map(|provider| (provider.alias.clone(), provider.stored()));
    let mappers = realm.providers.mappers.values();
    json!({
        "realm": realms::stored(realm),
        "profile": realm.profile,
        "requiredActions": realm.actions,
        "flows": realm.steps,
        "components": realm.components,
        "texts": realm.texts,
        "clientScopes": scopes,
        "defaultClientScopes": scope_names(&realm.default_scopes),
        "optionalClientScopes": scope_names(&realm.optional_scopes),
        "clients": object(realm.clients.all().map(|client| (client.client_id.clone(), of_client(realm, client)))),
        "roles": object(realm.roles.all().map(|role| (role_name(realm, role), of_role(realm, role)))),
        "groups": object(realm.groups.all().map(|group| (realm.groups.path(group), of_group(realm, group)))),
        "users": object(realm.users.all().map(|user| (user.username.clone(), of_user(realm, user)))),
        "identityProviders": object(providers),
        "identityProviderMappers":
            object(mappers.map(|mapper| (format!("{}/{}", mapper.alias, mapper.name), mapper.view()))),
    })
}

fn object(entries: impl Iterator<Item = (String, Value)>) -> Value {
    Value::Object(entries.collect())
}

fn sorted(mut names: Vec<String>) -> Vec<String> {
    names.sort();
    names
}

/// A realm role's name, or `<clientId>/<name>`.
fn role_name(realm: &Realm, role: &Role) -> String {
    match &role.owner {
        Owner::Realm => role.name.clone(),
        Owner::Client(key) => {
            let client = realm.clients.get(key.as_str()).map_or("", |client| client.client_id.as_str());
            format!("{client}/{}", role.name)
        }
    }
}

fn role_names<'a>(realm: &Realm, ids: impl IntoIterator<Item = &'a super::ids::RoleId>) -> Vec<String> {
    let roles = ids.into_iter().filter_map(|id| realm.roles.get(id.as_str()));
    sorted(roles.map(|role| role_name(realm, role)).collect())
}

fn of_scope(realm: &Realm, scope: &Scope) -> Value {
    let mut view = scope.view();
    view["scopeMappings"] = json!(role_names(realm, &scope.roles));
    view
}

fn of_client(realm: &Realm, client: &Client) -> Value {
    let mut view = client.view(&realm.scopes);
    view["scopeMappings"] = json!(role_names(realm, &client.roles));
    for list in ["defaultClientScopes", "optionalClientScopes"] {
        view[list] = json!(sorted(super::state::texts(&view[list])));
    }
    view
}

fn of_role(realm: &Realm, role: &Role) -> Value {
    let mut view = role.full(&realm.id);
    view["composites"] = json!(role_names(realm, &role.composites));
    view
}

fn of_group(realm: &Realm, group: &Group) -> Value {
    json!({
        "id": group.id.as_str(),
        "description": group.description,
        "attributes": group.attributes,
        "roles": role_names(realm, &group.roles),
    })
}

fn of_user(realm: &Realm, user: &User) -> Value {
    let groups = user.groups.iter().filter_map(|id| realm.groups.get(id.as_str()));
    json!({
        "id": user.id.as_str(),
        "email": user.email,
        "firstName": user.first_name,
        "lastName": user.last_name,
        "emailVerified": user.email_verified,
        "enabled": user.enabled,
        "attributes": user.attributes,
        "requiredActions": user.required_actions,
        "password": user.password.as_ref().map(|password| password.id.clone()),
        "groups": sorted(groups.map(|group| realm.groups.path(group)).collect()),
        "roles": role_names(realm, &user.roles),
        "federatedIdentities": federated_identities::shown(realm, user),
    })
}
