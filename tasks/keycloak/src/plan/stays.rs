//! What the inventory lists and `--prune` cannot reach: it is told, because nobody would look for it otherwise.

use std::collections::BTreeSet;

use evenkeel_core::object::ObjectId;
use evenkeel_transport::check_segment;

use super::{PlanBuilder, realm::realm_object};
use crate::{
    desired::Desired,
    names::{CLIENT_ROLE, IDENTITY_PROVIDER, IDENTITY_PROVIDER_MAPPER, PROTOCOL_MAPPER},
};

/// How many entries one line names.
const NAMED: usize = 5;

pub(super) fn plan(plan: &mut PlanBuilder<'_>, desired: &Desired) {
    let unclear = unclear(plan);
    let nameless = nameless(plan);
    if unclear.is_empty() && nameless.is_empty() {
        return;
    }
    let declared = desired.objects();
    let joined: BTreeSet<ObjectId> = declared.iter().filter_map(ObjectId::joined).collect();
    let unclear: Vec<ObjectId> = unclear.into_iter().filter(|object| !joined.contains(object)).collect();
    if !unclear.is_empty() {
        plan.note(realm_object(desired), about_unclear(&unclear));
    }
    for object in nameless.into_iter().filter(|object| !declared.contains(object)) {
        let message = "is ours and not declared any more, but no address can carry its name: it stays until somebody removes it by \
                       hand";
        plan.note(object, message);
    }
}

/// Entries of an inventory that joined the names of an object, with more slashes than lie between the names: where one name ends
/// and the next begins, nobody can tell.
fn unclear(plan: &PlanBuilder<'_>) -> Vec<ObjectId> {
    let kinds = [(CLIENT_ROLE, 1), (IDENTITY_PROVIDER_MAPPER, 1), (PROTOCOL_MAPPER, 2)];
    let of_kind = |(kind, slashes): &(_, usize)| -> Vec<ObjectId> {
        let is_unclear =
            |object: &&ObjectId| object.parents().next().is_none() && object.name().matches('/').count() > *slashes;
        plan.ownership().of_kind(kind).filter(is_unclear).cloned().collect()
    };
    kinds.iter().flat_map(of_kind).collect()
}

/// Objects that are looked for by name, and whose name no address can carry.
fn nameless(plan: &PlanBuilder<'_>) -> Vec<ObjectId> {
    let kinds = [CLIENT_ROLE, IDENTITY_PROVIDER];
    let objects = kinds.iter().flat_map(|kind| plan.ownership().of_kind(kind));
    objects.map(ObjectId::apart).filter(|object| check_segment(object.name()).is_err()).collect()
}

fn about_unclear(unclear: &[ObjectId]) -> String {
    let count = unclear.len();
    let named: Vec<String> =
        unclear.iter().take(NAMED).map(|object| format!("`{}/{}`", object.kind(), object.name())).collect();
    let more = match count.saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!(
        "{count} entries of an older inventory may each mean several objects, so that `--prune` takes them for none: {}{more}; \
         remove by hand what nobody needs",
        named.join(", ")
    )
}
