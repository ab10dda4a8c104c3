//! What has to change of plain kinds. Pure.

use std::{collections::BTreeSet, sync::Arc};

use evenkeel_core::{
    memory::Ownership,
    object::ObjectId,
    plan::{Dependencies, Origin, PlanBuilder, Unjudged, WhyUnjudged},
};

use super::{AnyKind, DeclaredObject, ObservedObject, ObservedObjects, Refusal, Server, Write};

/// Adds what makes the declared objects as they are declared. `refusal` says what this application, as it is at the moment, does not
/// allow, beside what its kind never does: such an object stays as it is, which is told.
pub fn plan<S: Server, O: From<Write<S>>>(
    builder: &mut PlanBuilder<'_, O>,
    declared: &[Arc<DeclaredObject<S>>],
    observed: &ObservedObjects,
    refusal: impl Fn(&DeclaredObject<S>) -> Option<Refusal>,
) {
    for declared in declared {
        let there = declared.there(observed);
        let Some(declared) = managed(builder, declared, there) else { continue };
        let shown = there.and_then(|there| declared.as_shown(there));
        let found = builder.difference_of_fields(
            &declared.object,
            shown.as_ref().unwrap_or(&declared.fields),
            there.map(|there| &there.fields),
            declared.kind.rules(),
        );
        let Some((action, difference)) = found else { continue };
        if let Some(Refusal { message, hint }) = refusal(&declared).or_else(|| declared.refusal(there)) {
            let objects = vec![declared.object.clone()];
            builder.leave_unjudged(Unjudged { objects, why: WhyUnjudged::Fixed, message, hint });
            continue;
        }
        let write = Write::of(&declared, there, &difference);
        let dependencies = Dependencies::after(declared.waits_for.iter().cloned());
        let dependencies = dependencies.exclusive_in(declared.object.clone());
        let difference = difference.caused_by(&declared.declared.field_causes);
        let origin = Origin::of(&declared.declared);
        builder
            .push(declared.object.clone(), action, difference, origin, dependencies, write.into())
            .removes_relation(there.is_some_and(|there| declared.takes_away(there)))
            .is_needed(declared.is_needed);
    }
}

/// The object with the fields that are managed: all of one that is ours or about to be made, of another one those that people wrote
/// (law 11). `None`, with a note, for a kind that cannot tell them apart.
fn managed<S: Server, O>(
    builder: &mut PlanBuilder<'_, O>,
    declared: &Arc<DeclaredObject<S>>,
    there: Option<&ObservedObject>,
) -> Option<Arc<DeclaredObject<S>>> {
    let built_in = &declared.declared.built_in;
    let Some(there) = there.filter(|_| !built_in.is_empty() && !builder.is_ours(&declared.object)) else {
        return Some(Arc::clone(declared));
    };
    let whole = builder.differing_fields(&declared.fields, &there.fields, declared.kind.rules());
    let left_alone = whole.changes.iter().filter_map(|change| declared.declared.built_in_at(&change.path));
    builder.leave_alone(&declared.object, left_alone);
    let managed = declared.without_built_in();
    if managed.is_none() {
        builder.note(declared.object.clone(), "cannot be compared");
    }
    managed
}

/// An object that is there, ours, and not declared any more.
#[derive(Debug)]
pub struct LeftBehind<S: Server> {
    kind: &'static dyn AnyKind<S>,
    /// The object as it was seen.
    pub there: ObservedObject,
}

/// The objects that are there, ours, and not declared any more.
#[must_use]
pub fn left_behind<S: Server>(
    kinds: impl IntoIterator<Item = &'static dyn AnyKind<S>>,
    observed: &ObservedObjects,
    ownership: &Ownership,
    declared: &BTreeSet<ObjectId>,
) -> Vec<LeftBehind<S>> {
    let goes = |there: &&ObservedObject| ownership.contains(&there.object) && !declared.contains(&there.object);
    let mut left_behind = Vec::new();
    for kind in kinds.into_iter().filter(|kind| !kind.is_singleton()) {
        let key = kind.key();
        let there = observed.all_of(&key).filter(goes);
        left_behind.extend(there.map(|there| LeftBehind { kind, there: there.clone() }));
    }
    left_behind
}

/// Adds the deletes of what is left behind. `waits_for` says which deletes come first, and `takes_along` what lives in an object and goes
/// with it.
pub fn prune<S: Server, O: From<Write<S>>>(
    builder: &mut PlanBuilder<'_, O>,
    left_behind: impl IntoIterator<Item = LeftBehind<S>>,
    waits_for: impl Fn(&ObjectId) -> Vec<ObjectId>,
    takes_along: impl Fn(&ObservedObject) -> Vec<ObjectId>,
) {
    for LeftBehind { kind, there } in left_behind {
        let (object, along) = (there.object.clone(), takes_along(&there));
        let dependencies = Dependencies::after(waits_for(&object));
        builder
            .delete(object, dependencies, Write::Delete(kind, there).into())
            .removes_data(kind.holds_data())
            .takes_along(along);
    }
}

/// Which of these kinds a run has to look at, of those whose objects live in nothing but the application: those of which something
/// is declared or ours, and those that something else needs.
#[must_use]
pub fn needed<'a, S: Server>(
    kinds: impl IntoIterator<Item = &'static dyn AnyKind<S>>,
    declared: impl IntoIterator<Item = &'a Arc<DeclaredObject<S>>>,
    ownership: &Ownership,
    serves: impl Fn(&dyn AnyKind<S>) -> bool,
) -> Vec<&'static dyn AnyKind<S>> {
    let declared: BTreeSet<String> = declared.into_iter().map(|declared| declared.kind.key()).collect();
    let is_ours = |kind: &dyn AnyKind<S>| ownership.of_kind(&kind.kind()).next().is_some();
    let is_needed = |kind: &&'static dyn AnyKind<S>| {
        declared.contains(&kind.key()) || (!kind.is_singleton() && is_ours(*kind)) || serves(*kind)
    };
    kinds.into_iter().filter(is_needed).collect()
}
