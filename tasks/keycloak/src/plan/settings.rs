//! Parts of the realm that are objects of their own: events, the flows that it uses, required actions, the user profile,
//! what new users get.

use std::collections::BTreeSet;

use evenkeel_core::{
    diff::{Rule, Rules},
    object::ObjectId,
    plan::Dependencies,
};
use evenkeel_keycloak_client::types::{
    GroupRepresentation, RealmEventsConfigRepresentation, RealmRepresentation, UpConfig,
};

use super::{Operation, PlanBuilder, realm::realm_object, relations::Relations};
use crate::{
    desired::{Declared, Desired, flows::bound_in},
    names::{self, EVENTS, FLOW_BINDING, GROUP, REQUIRED_ACTION, USER_PROFILE},
    observe::Observed,
    relation::Relation,
};

const EVENTS_RULES: Rules = Rules(&[("eventsListeners", Rule::Set), ("enabledEventTypes", Rule::Set)]);

const PROFILE_RULES: Rules = Rules(&[
    ("attributes", Rule::Named("name")),
    ("attributes.permissions.view", Rule::Set),
    ("attributes.permissions.edit", Rule::Set),
    ("attributes.required.roles", Rule::Set),
    ("attributes.required.scopes", Rule::Set),
    ("attributes.selector.scopes", Rule::Set),
    ("groups", Rule::Named("name")),
]);

pub(super) fn plan(plan: &mut PlanBuilder<'_>, desired: &Desired, observed: &Observed) {
    plan_events(plan, desired, observed);
    plan_flow_binding(plan, desired, observed);
    plan_required_actions(plan, desired, observed);
    plan_user_profile(plan, desired, observed);
}

/// The realm shows what is stored, with an empty list for all types of events; the end point of its own shows every type
/// there is then.
fn plan_events(plan: &mut PlanBuilder<'_>, desired: &Desired, observed: &Observed) {
    let Some(events) = &desired.events else { return };
    let there = observed.realm.as_ref().map(events_of).unwrap_or_default();
    let object = ObjectId::new(EVENTS, desired.realm.as_str());
    // The realm's fields and these are stored in one place.
    let dependencies = Dependencies::after([realm_object(desired)]).exclusive_in(realm_object(desired));
    plan.compare(object, events, Some(&there), EVENTS_RULES, dependencies, |_, body| Operation::UpdateEvents(body));
}

fn events_of(realm: &RealmRepresentation) -> RealmEventsConfigRepresentation {
    RealmEventsConfigRepresentation {
        events_enabled: realm.events_enabled,
        // Absent means that events are kept for ever.
        events_expiration: realm.events_expiration.or(Some(0)),
        events_listeners: realm.events_listeners.clone(),
        enabled_event_types: realm.enabled_event_types.clone(),
        admin_events_enabled: realm.admin_events_enabled,
        admin_events_details_enabled: realm.admin_events_details_enabled,
        ..Default::default()
    }
}

/// Flows are bound by alias. One that is not there is said at once; the write would end in an internal error.
fn plan_flow_binding(plan: &mut PlanBuilder<'_>, desired: &Desired, observed: &Observed) {
    let Some(binding) = &desired.flow_binding else { return };
    let object = ObjectId::new(FLOW_BINDING, desired.realm.as_str());
    let there = observed.realm.clone().unwrap_or_default();
    if observed.realm.is_some() {
        for flow in bound_in(&binding.value).filter(|flow| !observed.flows.contains_key(*flow)) {
            note_missing_flow(plan, &object, flow);
        }
    }
    let dependencies = Dependencies::after([realm_object(desired)]).exclusive_in(realm_object(desired));
    plan.compare(object, binding, Some(&there), Rules::default(), dependencies, |_, body| {
        Operation::UpdateFlowBinding(body)
    });
}

/// Tells that a flow which the values name is not there.
pub(super) fn note_missing_flow(plan: &mut PlanBuilder<'_>, object: &ObjectId, flow: &str) {
    plan.note(object.clone(), format!("authentication flow `{flow}` is not there"));
}

/// Every realm has required actions from the start; one that somebody took away is added again.
fn plan_required_actions(plan: &mut PlanBuilder<'_>, desired: &Desired, observed: &Observed) {
    for action in &desired.required_actions {
        let alias = action.value.alias.as_deref().unwrap_or_default();
        let object = ObjectId::new(REQUIRED_ACTION, alias);
        let there = observed.required_actions.get(alias).cloned();
        let there = if observed.realm.is_some() { there } else { Some(Default::default()) };
        let dependencies = Dependencies::after([realm_object(desired)]).exclusive_in(object.clone());
        // Users get it when they are made, and never afterwards. What the server does not have is needed by nobody.
        let provider = action.value.provider_id.as_deref().unwrap_or(alias);
        let is_needed = observed.required_actions.contains_key(alias) || !observed.server.lacks_action(provider);
        plan.compare(object, action, there.as_ref(), Rules::default(), dependencies, |_, body| {
            Operation::SetRequiredAction(body)
        })
        .is_needed(is_needed);
    }
}

/// Every realm has a user profile from the start: it is updated, also in a realm that is about to be made.
fn plan_user_profile(plan: &mut PlanBuilder<'_>, desired: &Desired, observed: &Observed) {
    let object = ObjectId::new(USER_PROFILE, desired.realm.as_str());
    let profile = managed_profile(plan, desired, observed);
    let whole = &desired.user_profile.whole;
    let there = observed.user_profile.clone().unwrap_or_default();
    let managed = plan.differing(&profile.value, &there, PROFILE_RULES).changes;
    let whole = plan.differing(&whole.value, &there, PROFILE_RULES).changes;
    let built_in = whole.iter().filter(|change| managed.iter().all(|other| other.path != change.path));
    plan.leave_alone(&object, built_in.map(|change| &*change.path));
    let dependencies = Dependencies::after([realm_object(desired)]).exclusive_in(object.clone());
    // It drops attributes of users that it does not know.
    plan.compare(object, profile, Some(&there), PROFILE_RULES, dependencies, |_, body| {
        Operation::UpdateUserProfile(body)
    })
    .is_needed(true);
}

/// What is managed of the user profile: it comes with the realm, and is whose that is.
fn managed_profile<'d>(plan: &PlanBuilder<'_>, desired: &'d Desired, observed: &Observed) -> &'d Declared<UpConfig> {
    let profile = &desired.user_profile;
    let is_ours = observed.realm.is_none() || plan.is_ours(&realm_object(desired));
    if is_ours || profile.everywhere { &profile.whole } else { &profile.asked }
}

/// Whether users can have an attribute that the administrator sets, once the profile is as declared; one that the profile does
/// not let pass is dropped without a word (server-behaviour 2.5).
pub(super) fn keeps_attribute(plan: &PlanBuilder<'_>, desired: &Desired, observed: &Observed, name: &str) -> bool {
    // Of a profile that cannot be seen nothing is known.
    let there = match (&observed.realm, &observed.user_profile) {
        (Some(_), None) => return true,
        (_, there) => there.clone().unwrap_or_default(),
    };
    let declared = &managed_profile(plan, desired, observed).value;
    let policy = declared.unmanaged_attribute_policy.as_ref().or(there.unmanaged_attribute_policy.as_ref());
    let mut attributes = declared.attributes.iter().chain(&there.attributes).flatten();
    policy.is_some_and(|policy| ["ENABLED", "ADMIN_EDIT"].contains(&policy.as_str()))
        || attributes.any(|attribute| attribute.name.as_deref() == Some(name))
}

/// Groups that new users join: whoever is made before does not join them later. They are compared by id: somebody's group
/// called `a/b` has the path of subgroup `b` of `a`.
pub(super) fn plan_default_groups(plan: &mut PlanBuilder<'_>, desired: &Desired, observed: &Observed) {
    let Some(wanted) = &desired.default_groups else { return };
    let relations = Relations::of(desired, &desired.realm_settings);
    let listed = |id: &str| observed.default_groups.iter().any(|group| group.id.as_deref() == Some(id));
    let (mut ids, mut objects) = (BTreeSet::new(), BTreeSet::new());
    for path in &wanted.names {
        let group = names::group(path);
        let id = observed.groups.get(path).and_then(|group| group.id.as_deref());
        ids.extend(id);
        if objects.insert(group.clone()) && !id.is_some_and(listed) {
            relations.change(plan, Relation::DefaultGroup { group, id: None }, true);
        }
    }
    for strange in &observed.default_groups {
        let Some(id) = strange.id.as_deref().filter(|id| !ids.contains(id)) else { continue };
        let mut group = shown(strange);
        if !objects.insert(group.clone()) {
            // What has the path of another is told apart by its id.
            group = ObjectId::below(GROUP, group.names(), id);
        }
        relations.change(plan, Relation::DefaultGroup { group, id: Some(id.to_owned()) }, false);
    }
}

/// A group as its path and its own name show it.
fn shown(group: &GroupRepresentation) -> ObjectId {
    let (path, name) = (group.path.as_deref().unwrap_or_default(), group.name.as_deref().unwrap_or_default());
    let above = path.strip_suffix(name).unwrap_or_default().trim_matches('/');
    ObjectId::below(GROUP, above.split('/').filter(|parent| !parent.is_empty()), name)
}

/// Roles that every user has.
pub(super) fn plan_default_roles(plan: &mut PlanBuilder<'_>, desired: &Desired, observed: &Observed) {
    let relations = Relations::of(desired, &desired.realm_settings);
    relations.plan_roles(plan, &desired.default_roles, &observed.default_roles, Relation::DefaultRole);
}

/// What has to be there before a user is made, who gets it at that moment only: groups to join, and actions to do.
pub(super) fn defaults_of_users(desired: &Desired) -> impl Iterator<Item = ObjectId> {
    let groups = desired.default_groups.iter().flat_map(|groups| &groups.names);
    let groups = groups.map(|path| Relation::DefaultGroup { group: names::group(path), id: None }.object());
    let actions = desired.required_actions.iter().filter_map(|action| action.value.alias.as_deref());
    groups.chain(actions.map(|alias| ObjectId::new(REQUIRED_ACTION, alias)))
}
