//! What would write into the client that the server lets nobody change.

use super::{Operation, PlanBuilder};
use crate::{
    names::{MapperOwner, REALM_MANAGEMENT},
    relation::Relation,
};

/// Turns what would write into the protected client into what says so, and notes it.
pub(super) fn keep_apart(plan: &mut PlanBuilder<'_>) {
    let mut refused = Vec::new();
    let is_written = |operation: &Operation| written_client(operation) == Some(REALM_MANAGEMENT);
    for change in plan.changes_mut().iter_mut().filter(|change| is_written(&change.operation)) {
        change.operation = Operation::Refuse(REALM_MANAGEMENT);
        refused.push(change.object.clone());
    }
    for object in refused {
        plan.note(object, format!("cannot be changed: keycloak lets nobody change client `{REALM_MANAGEMENT}`"));
    }
}

/// The client that an operation writes into, if it writes into one.
fn written_client(operation: &Operation) -> Option<&str> {
    match operation {
        Operation::UpdateClient(client) => client.client_id.as_deref(),
        Operation::CreateClientRole(client, _) | Operation::UpdateClientRole(client, _) => Some(client),
        Operation::CreateMapper(owner, _)
        | Operation::UpdateMapper(owner, ..)
        | Operation::ReplaceMapper(owner, ..)
        | Operation::SettleMapper(owner, ..) => of_owner(owner),
        Operation::Relate(relation) | Operation::Separate(relation) => match relation {
            Relation::ClientDefaultScope { client, .. } | Relation::ClientOptionalScope { client, .. } => Some(client),
            Relation::ScopeMapping { owner, .. } => of_owner(owner),
            Relation::Composite { role, .. } => role.client.as_deref(),
            _ => None,
        },
        _ => None,
    }
}

const fn of_owner(owner: &MapperOwner) -> Option<&str> {
    match owner {
        MapperOwner::Client(client) => Some(client.as_str()),
        MapperOwner::ClientScope(_) => None,
    }
}
