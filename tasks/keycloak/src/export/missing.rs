//! What a fresh realm has and this one has not: a new realm will have it, and values can only say what is there.

use std::collections::{BTreeMap, BTreeSet};

use evenkeel_core::field::Field;
use evenkeel_keycloak_client::types::ProtocolMapperRepresentation;
use serde::Serialize;

use super::{
    clients::KEPT_BY_THE_SERVER,
    found::Found,
    fresh::{Baseline, Fresh, default_role},
    left_out::LeftOut,
};

/// Lists that are compared as lists, and so are in the values where they differ.
const LISTS: [&str; 5] = ["protocolMappers", "scopeMappings", "inside", "defaultClientScopes", "optionalClientScopes"];

/// What is left out of the values because it is not there.
pub(super) fn left_out(found: &Found, fresh: &Fresh) -> Vec<LeftOut> {
    let mut missing = Missing::default();
    if let Some(realm) = &found.realm {
        missing.fields("realm", realm.realm.as_deref().unwrap_or_default(), &fresh.at(&["realm"]), realm);
    }
    of_scopes(&mut missing, found, fresh);
    of_roles(&mut missing, found, fresh);
    of_clients(&mut missing, found, fresh);
    if let Some(actions) = &found.required_actions {
        let actions = actions.iter().map(|(alias, action)| (alias.as_str(), action)).collect();
        missing.objects("required action", &fresh.at(&["requiredActions"]), &actions);
    }
    of_profile(&mut missing, found, fresh);
    missing.told()
}

fn of_scopes(missing: &mut Missing, found: &Found, fresh: &Fresh) {
    let Some(scopes) = &found.client_scopes else { return };
    let scopes: BTreeMap<&str, _> = scopes.iter().filter_map(|scope| Some((scope.name.as_deref()?, scope))).collect();
    missing.objects("client scope", &fresh.at(&["clientScopes"]), &scopes);
    for (name, scope) in scopes {
        let recorded = fresh.at(&["clientScopes", name, "protocolMappers"]);
        missing.mappers(&format!("client-scope/{name}"), &recorded, scope.protocol_mappers.as_deref());
    }
}

fn of_roles(missing: &mut Missing, found: &Found, fresh: &Fresh) {
    let Some(roles) = &found.roles else { return };
    let mut roles: BTreeMap<&str, _> = roles.iter().filter_map(|role| Some((role.name.as_deref()?, role))).collect();
    // The role of every user may have another name, which is told by itself.
    let realm = found.realm.as_ref();
    let default = realm.and_then(|realm| realm.default_role.as_ref()?.name.as_deref());
    if let (Some(role), Some(realm)) = (default.and_then(|name| roles.get(name).copied()), realm) {
        let usual = default_role(realm.realm.as_deref().unwrap_or_default());
        let recorded = fresh.at(&["roles"]);
        if let Some(usual) = recorded.keys().into_iter().find(|name| **name == usual) {
            roles.insert(usual, role);
        }
        return missing.objects("role", &recorded, &roles);
    }
    missing.objects("role", &fresh.at(&["roles"]), &roles);
}

fn of_clients(missing: &mut Missing, found: &Found, fresh: &Fresh) {
    let Some(clients) = &found.clients else { return };
    let clients: BTreeMap<&str, _> =
        clients.iter().filter_map(|client| Some((client.client_id.as_deref()?, client))).collect();
    missing.objects("client", &fresh.at(&["clients"]), &clients);
    for (client_id, client) in clients {
        let recorded = fresh.at(&["clients", client_id, "protocolMappers"]);
        missing.mappers(&format!("client/{client_id}"), &recorded, client.protocol_mappers.as_deref());
        let recorded = fresh.at(&["clientRoles", client_id]);
        let roles = found.client_roles.get(client_id).map(|observed| &observed.roles);
        let roles = roles.into_iter().flatten().map(|(name, role)| (name.as_str(), role)).collect();
        missing.objects(&format!("role of client `{client_id}`"), &recorded, &roles);
    }
}

fn of_profile(missing: &mut Missing, found: &Found, fresh: &Fresh) {
    let Some(profile) = found.user_profile.as_ref().and_then(|profile| Field::of(profile).ok()) else { return };
    for (kind, key) in [("attribute of the user profile", "attributes"), ("group of the user profile", "groups")] {
        let there: BTreeSet<String> = profile.get(key).into_iter().flat_map(items).filter_map(name_of).collect();
        let recorded = fresh.at(&["userProfile", key]);
        let gone = recorded.items().filter_map(name_of).filter(|name| !there.contains(name));
        missing.left_out.extend(gone.map(|name| LeftOut::Absent { kind: kind.to_owned(), name }));
    }
}

fn items(list: &Field) -> impl Iterator<Item = &Field> {
    if let Field::List(items) = list { items.as_slice() } else { &[] }.iter()
}

fn name_of(item: &Field) -> Option<String> {
    match item.get("name") {
        Some(Field::Text(name)) => Some(name.clone()),
        _ => None,
    }
}

/// What was found missing so far.
#[derive(Default)]
struct Missing {
    left_out: Vec<LeftOut>,
    /// Names of objects by field and kind: many objects miss the same.
    fields: BTreeMap<(String, String), BTreeSet<String>>,
}

impl Missing {
    /// Objects of a kind, each by its name.
    fn objects<T: Serialize>(&mut self, kind: &str, recorded: &Baseline<'_>, found: &BTreeMap<&str, &T>) {
        for name in recorded.keys() {
            match found.get(name) {
                Some(object) => self.fields(kind, name, &recorded.get(name), object),
                None => self.left_out.push(LeftOut::Absent { kind: kind.to_owned(), name: name.to_owned() }),
            }
        }
    }

    fn mappers(&mut self, owner: &str, recorded: &Baseline<'_>, found: Option<&[ProtocolMapperRepresentation]>) {
        let kind = format!("protocol mapper of `{owner}`");
        for mapper in recorded.items() {
            let Some(name) = name_of(mapper) else { continue };
            match found.into_iter().flatten().find(|found| found.name.as_ref() == Some(&name)) {
                Some(found) => self.fields(&kind, &name, &Baseline::of(mapper), found),
                None => self.left_out.push(LeftOut::Absent { kind: kind.clone(), name }),
            }
        }
    }

    /// The fields of one object, and the entries of its maps. What is there in another form is in the values.
    fn fields<T: Serialize>(&mut self, kind: &str, name: &str, recorded: &Baseline<'_>, found: &T) {
        let Ok(found) = Field::of(found) else { return };
        for key in recorded.keys().into_iter().filter(|key| !LISTS.contains(key)) {
            let (recorded, there) = (recorded.get(key), found.get(key));
            let inside: Vec<&str> = recorded.keys().into_iter().collect();
            if inside.is_empty() {
                self.field(kind, name, key, recorded.says_something() && is_missing(there));
            }
            for entry in inside.into_iter().filter(|entry| !KEPT_BY_THE_SERVER.contains(entry)) {
                let is_missing = is_missing(there.and_then(|there| there.get(entry)));
                self.field(kind, name, &format!("{key}.{entry}"), recorded.get(entry).says_something() && is_missing);
            }
        }
    }

    fn field(&mut self, kind: &str, name: &str, field: &str, is_missing: bool) {
        if is_missing {
            self.fields.entry((field.to_owned(), kind.to_owned())).or_default().insert(name.to_owned());
        }
    }

    fn told(self) -> Vec<LeftOut> {
        let fields = self.fields.into_iter();
        let fields = fields.map(|((field, kind), names)| LeftOut::AbsentField { field, kind, names });
        self.left_out.into_iter().chain(fields).collect()
    }
}

fn is_missing(field: Option<&Field>) -> bool {
    field.is_none_or(|field| *field == Field::Null)
}
