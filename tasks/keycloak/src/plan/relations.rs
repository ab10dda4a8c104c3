//! Relations between objects: memberships, roles that somebody has, scopes of a client.

use evenkeel_core::plan::{Dependencies, Origin};

use super::{Operation, PlanBuilder};
use crate::{
    desired::{Declared, Desired, Related, RelatedRoles},
    names::REALM,
    relation::{Relation, RoleName},
};

/// Keycloak 26.7 gives this scope to every client with a service account, and this role to that of a client with
/// authorization services; nobody declares them, and taking them away would not last.
pub(super) const IMPLIED_BY_THE_SERVER: [&str; 2] = ["service_account", "uma_protection"];

/// The relations that one object of a realm has, and in whose name they are made.
pub(super) struct Relations<'a> {
    pub(super) realm: &'a str,
    pub(super) origin: Origin<'a>,
}

impl<'a> Relations<'a> {
    /// Those of a declared object.
    pub(super) fn of<T>(desired: &'a Desired, declared: &'a Declared<T>) -> Self {
        Self { realm: &desired.realm, origin: Origin::of(declared) }
    }

    /// Adds what makes the relations as they are declared: `related` is what the values say, `there` what the application holds.
    pub(super) fn plan(
        &self,
        plan: &mut PlanBuilder<'_>,
        related: &Related,
        there: &[&str],
        relation: impl Fn(&str) -> Relation,
    ) {
        for name in related.names.iter().filter(|name| !there.contains(&name.as_str())) {
            self.change(plan, relation(name), true);
        }
        let foreign = there.iter().filter(|name| !related.names.iter().any(|wanted| wanted == *name));
        for name in foreign.filter(|name| related.exact && !IMPLIED_BY_THE_SERVER.contains(name)) {
            self.change(plan, relation(name), false);
        }
    }

    /// The same for roles.
    pub(super) fn plan_roles(
        &self,
        plan: &mut PlanBuilder<'_>,
        declared: &RelatedRoles,
        there: &[RoleName],
        relation: impl Fn(RoleName) -> Relation,
    ) {
        let of = |client: Option<&str>| -> Vec<&str> {
            there.iter().filter(|role| role.client.as_deref() == client).map(|role| role.role.as_str()).collect()
        };
        if let Some(related) = &declared.realm_roles {
            self.plan(plan, related, &of(None), |role| relation(RoleName::of_realm(role)));
        }
        for (client, related) in &declared.client_roles {
            self.plan(plan, related, &of(Some(client)), |role| relation(RoleName::of_client(client.as_str(), role)));
        }
    }

    /// Adds the change that makes a relation, or takes it away.
    pub(super) fn change(&self, plan: &mut PlanBuilder<'_>, relation: Relation, wanted: bool) {
        let exclusive = relation.exclusive(self.realm);
        // What belongs to the realm itself has no other end that would wait for it.
        let realm = exclusive.iter().filter(|object| *object.kind() == REALM).cloned();
        let mut dependencies = Dependencies::after(relation.ends().into_iter().chain(realm));
        if let Some(object) = exclusive {
            dependencies = dependencies.exclusive_in(object);
        }
        let (object, word) = (relation.object(), relation.word());
        if wanted {
            plan.add_relation(object, self.origin, dependencies, Operation::Relate(relation));
        } else {
            plan.remove_relation(object, word, self.origin, dependencies, Operation::Separate(relation));
        }
    }
}
