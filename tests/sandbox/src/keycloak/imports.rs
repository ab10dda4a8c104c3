//! The objects that a new realm brings along in its representation: roles, clients, groups, users, identity providers.

use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

use super::answer::Answer;
use super::clients::is_built_in;
use super::ids::{GroupId, RoleId};
use super::state::Realm;
use super::state::roles::{Owner, Role};
use super::state::{text_of, texts};
use super::{client_changes, groups, providers, roles, user_changes};

type Object = Map<String, Value>;

/// Makes what the representation names. The first failure is that of the whole.
pub(crate) fn bring(realm: &mut Realm, representation: &Object, now: i64) -> Result<(), Answer> {
    let nothing = json!({});
    let own_roles = representation.get("roles").unwrap_or(&nothing);
    let mut made = new_roles(realm, &Owner::Realm, &own_roles["realm"])?;
    for client in objects(representation.get("clients")) {
        let name = text_of(client, "clientId").unwrap_or_default();
        let there = realm.clients.named(name).map(|there| there.key.clone()).filter(|_| is_built_in(name));
        let key = match there {
            Some(key) => {
                client_changes::import_built_in(realm, &key, client, now)?;
                key
            }
            None => client_changes::new_client(realm, client, now)?,
        };
        if let Some(client) = realm.clients.get_mut(key.as_str()) {
            // an imported client logs out to where it logs in, unless it says otherwise
            client.attributes.entry("post.logout.redirect.uris".to_owned()).or_insert_with(|| "+".to_owned());
        }
    }
    for (client, list) in own_roles["client"].as_object().into_iter().flatten() {
        let client = realm.clients.named(client).ok_or_else(Answer::unhandled)?;
        made.extend(new_roles(realm, &Owner::Client(client.key.clone()), list)?);
    }
    for (id, representation) in made {
        for part in roles::new_parts(realm, &representation)? {
            realm.roles.compose(&id, &part);
        }
    }
    new_groups(realm, representation.get("groups"), None)?;
    for path in representation.get("defaultGroups").map(texts).unwrap_or_default() {
        let group = realm.groups.at_path(&path).ok_or_else(Answer::unhandled)?.id.clone();
        realm.default_groups.insert(group);
    }
    for user in objects(representation.get("users")) {
        let id = user_changes::new_user(realm, user, now)?;
        let mapped = named_roles(realm, user)?;
        realm.users.change(&id, |user| user.roles.extend(mapped));
    }
    for provider in objects(representation.get("identityProviders")) {
        providers::new_provider(realm, provider)?;
    }
    Ok(())
}

fn objects(list: Option<&Value>) -> impl Iterator<Item = &Object> {
    list.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_object)
}

/// Makes roles; what they are composed of comes once all are there.
fn new_roles(realm: &mut Realm, owner: &Owner, list: &Value) -> Result<Vec<(RoleId, Object)>, Answer> {
    let mut made = Vec::new();
    for representation in objects(Some(list)) {
        let role: Role = roles::new_role(realm, owner, representation)?;
        made.push((realm.roles.insert(role), representation.clone()));
    }
    Ok(made)
}

/// Unlike the end point of groups, an import takes roles and subgroups.
fn new_groups(realm: &mut Realm, list: Option<&Value>, parent: Option<&GroupId>) -> Result<(), Answer> {
    for representation in objects(list) {
        let name = groups::name_of(representation)?;
        let id = groups::insert(realm, representation, name, parent.cloned());
        for role in named_roles(realm, representation)? {
            realm.groups.map_role(&id, &role);
        }
        new_groups(realm, representation.get("subGroups"), Some(&id))?;
    }
    Ok(())
}

/// The roles that `realmRoles` and `clientRoles` name.
fn named_roles(realm: &Realm, representation: &Object) -> Result<BTreeSet<RoleId>, Answer> {
    let mut found = BTreeSet::new();
    let mut add = |owner: &Owner, names: &Value| {
        for name in texts(names) {
            found.insert(realm.roles.named(owner, &name).ok_or_else(Answer::unhandled)?.id.clone());
        }
        Ok::<(), Answer>(())
    };
    add(&Owner::Realm, representation.get("realmRoles").unwrap_or(&Value::Null))?;
    for (client, names) in representation.get("clientRoles").and_then(Value::as_object).into_iter().flatten() {
        let client = realm.clients.named(client).ok_or_else(Answer::unhandled)?;
        add(&Owner::Client(client.key.clone()), names)?;
    }
    Ok(found)
}
