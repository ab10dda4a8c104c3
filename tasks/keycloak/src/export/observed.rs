//! What was found, as a plan wants it.

use std::{collections::BTreeMap, sync::Arc};

use super::{found::Found, people::Known};
use crate::{
    observe::{Observed, ObservedTies, ObservedUser},
    relation::RoleName,
};

/// What was found, as a plan wants it.
pub(super) fn observed(found: &Found) -> Observed {
    let mut groups: BTreeMap<&str, Vec<Arc<str>>> = BTreeMap::new();
    for (group, members) in &found.members {
        let group: Arc<str> = group.as_str().into();
        for member in members {
            groups.entry(member).or_default().push(Arc::clone(&group));
        }
    }
    let mut users: BTreeMap<Arc<str>, ObservedUser> = BTreeMap::new();
    let shares_emails = found.realm.as_ref().and_then(|realm| realm.duplicate_emails_allowed) == Some(true);
    for user in found.users.iter().flatten() {
        if let (Some(known), Some(observed)) = (Known::of(user, shares_emails), ObservedUser::of(user.clone())) {
            let is_in = groups.remove(&*observed.id).unwrap_or_default();
            let ties = Some(Box::new(ties(found, &observed.id, is_in.clone())));
            users.entry(known.name.into()).or_insert(ObservedUser { groups: is_in, ties, ..observed });
        }
    }
    Observed {
        realm: found.realm.clone(),
        user_profile: found.user_profile.clone(),
        client_scopes: named(&found.client_scopes, |scope| scope.name.clone()),
        default_client_scopes: found.default_client_scopes.clone().unwrap_or_default(),
        optional_client_scopes: found.optional_client_scopes.clone().unwrap_or_default(),
        roles: named(&found.roles, |role| role.name.clone()),
        composites: found.composites.clone(),
        groups: found.groups.clone().unwrap_or_default(),
        flows: found.flows.clone(),
        required_actions: found.required_actions.clone().unwrap_or_default(),
        default_groups: found.default_groups.clone().unwrap_or_default(),
        default_roles: default_roles(found),
        client_roles: found.client_roles.clone(),
        service_accounts: found.service_accounts.clone(),
        scope_mappings: found.scope_mappings.clone(),
        providers: found.providers.clone().unwrap_or_default(),
        clients: named(&found.clients, |client| client.client_id.clone()),
        users,
        ..Observed::default()
    }
}

/// What a user is tied to.
fn ties(found: &Found, id: &str, groups: Vec<Arc<str>>) -> ObservedTies {
    let identities = found.federated_identities.get(id).into_iter().flatten();
    let identities = identities.filter_map(|identity| Some((identity.identity_provider.clone()?, identity.clone())));
    ObservedTies {
        groups: Some(groups),
        roles: found.roles_of_users.get(id).cloned().unwrap_or_default(),
        federated_identities: identities.collect(),
    }
}

/// The roles that every user has.
fn default_roles(found: &Found) -> Vec<RoleName> {
    let name = found.realm.as_ref().and_then(|realm| realm.default_role.as_ref()?.name.as_deref());
    name.and_then(|name| found.composites.get(name)).cloned().unwrap_or_default()
}

fn named<T: Clone>(found: &Option<Vec<T>>, name: impl Fn(&T) -> Option<String>) -> BTreeMap<String, T> {
    found.iter().flatten().filter_map(|object| Some((name(object)?, object.clone()))).collect()
}
