//! What few users declare beside their account and teams: groups by path, roles of their own, accounts at identity providers.

use std::collections::BTreeMap;

use evenkeel_core::{
    reading::Reading,
    values::{
        ValuePath,
        model::{FederatedIdentity, RoleNames, User},
    },
};
use evenkeel_keycloak_client::types::FederatedIdentityRepresentation;

use super::{RelatedRoles, related::each_role_once};

/// What ties a user to groups, roles and identity providers. What nobody declares is not managed.
#[derive(Clone, Debug, Default)]
pub struct DesiredTies {
    /// Whether `groups` is declared: then the user is in no others, but for those of teams and administrators.
    pub groups: bool,
    /// The roles that the user has directly.
    pub roles: RelatedRoles,
    /// Accounts at identity providers, by the provider's alias.
    pub federated_identities: BTreeMap<String, FederatedIdentityRepresentation>,
}

impl DesiredTies {
    /// `None` for nearly every user.
    pub(super) fn of(reading: &Reading<'_>, user: &User, path: &ValuePath) -> Option<Box<Self>> {
        let names = RoleNames { realm_roles: user.realm_roles.clone(), client_roles: user.client_roles.clone() };
        each_role_once(reading, &names, path);
        let ties = Self {
            groups: user.groups.is_some(),
            roles: RelatedRoles::exactly((&names).into()),
            federated_identities: federated_identities(reading, user.federated_identities.as_deref(), path),
        };
        let is_declared = ties.groups || !ties.roles.is_empty() || !ties.federated_identities.is_empty();
        is_declared.then(|| Box::new(ties))
    }
}

/// A user has one account at each provider.
fn federated_identities(
    reading: &Reading<'_>,
    declared: Option<&[FederatedIdentity]>,
    path: &ValuePath,
) -> BTreeMap<String, FederatedIdentityRepresentation> {
    let mut identities = BTreeMap::new();
    for (index, identity) in declared.unwrap_or_default().iter().enumerate() {
        let provider = identity.identity_provider.to_string();
        if identities.contains_key(&provider) {
            let path = path.clone().key("federatedIdentities").index(index).key("identityProvider");
            reading.twice(&path, "account at identity provider", &provider);
            continue;
        }
        let account = FederatedIdentityRepresentation {
            user_id: Some(identity.user_id.clone()),
            user_name: identity.user_name.clone(),
            ..Default::default()
        };
        identities.insert(provider, account);
    }
    identities
}

/// Reports groups that are somebody's by another key: listed here too, the two could contradict each other.
pub(super) fn refuse_implied_groups<'a>(
    reading: &Reading<'_>,
    user: &User,
    path: &ValuePath,
    key_of: impl Fn(&str) -> Option<&'a str>,
) {
    for (index, group) in user.groups.iter().flatten().enumerate() {
        if let Some(key) = key_of(group.relative()) {
            let path = path.clone().key("groups").index(index);
            let problem = reading.problem(&path, &format!("group `{}` has a key of its own", group.relative()));
            reading.report(problem.with_hint(format!("declare it by `{key}` of the user")));
        }
    }
}
