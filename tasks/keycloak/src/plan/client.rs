//! Clients with their mappers and default scopes.

use std::{borrow::Cow, collections::BTreeMap};

use evenkeel_core::{
    diff::{Rule, Rules},
    object::ObjectId,
    plan::{Action, Dependencies},
};
use evenkeel_keycloak_client::types::ClientRepresentation;

use super::{
    Operation, PlanBuilder,
    realm::realm_object,
    relations::Relations,
    scopes::{give_up, leave_before_joining, plan_mappers},
    settings::{defaults_of_users, note_missing_flow},
};
use crate::{
    desired::{DEFAULT_SCOPES, Desired, DesiredClient, Related},
    names::{CLIENT, CLIENT_SCOPE, MapperOwner},
    observe::Observed,
    relation::Relation,
};

/// Lists of a client that Keycloak keeps as sets.
const RULES: Rules = Rules(&[
    ("redirectUris", Rule::Set),
    ("webOrigins", Rule::Set),
    // An update ignores these; they are compared one by one below.
    ("defaultClientScopes", Rule::AtCreation),
    ("optionalClientScopes", Rule::AtCreation),
    ("protocolMappers", Rule::AtCreation),
]);

pub(super) fn plan(plan: &mut PlanBuilder<'_>, desired: &Desired, observed: &Observed) {
    for declared in &desired.clients {
        let client_id = declared.client.value.client_id.clone().unwrap_or_default();
        let there = observed.clients.get(&client_id);
        let object = ObjectId::new(CLIENT, client_id.as_str());
        // Names of scopes that are not there yet are dropped without a word at creation.
        let scopes = declared.scope_names().map(|scope| ObjectId::new(CLIENT_SCOPE, scope));
        // A service account is a user, who joins the groups of new users.
        let has_account = declared.client.value.service_accounts_enabled == Some(true);
        let account = defaults_of_users(desired).filter(|_| has_account);
        let dependencies = Dependencies::after(std::iter::once(realm_object(desired)).chain(scopes).chain(account))
            .exclusive_in(object.clone());
        let shown = there.map(|there| with_flow_aliases(there, observed));
        plan_flows(plan, declared, observed, &object);
        plan.compare(object.clone(), &declared.client, shown.as_deref(), RULES, dependencies, |action, body| {
            if action == Action::Create { Operation::CreateClient(body) } else { Operation::UpdateClient(body) }
        });
        let declared = &without_other_protocols(plan, desired, declared, observed);
        let Some(there) = there else {
            plan_mappers(plan, &MapperOwner::Client(client_id), &declared.mappers, None);
            continue;
        };
        let mappers = there.protocol_mappers.as_deref().unwrap_or_default();
        plan_mappers(plan, &MapperOwner::Client(client_id.clone()), &declared.mappers, Some(mappers));
        plan_scopes(plan, desired, declared, there);
    }
}

/// Keycloak binds a client to flows by id, and people by alias.
fn with_flow_aliases<'a>(there: &'a ClientRepresentation, observed: &Observed) -> Cow<'a, ClientRepresentation> {
    let bound = there.authentication_flow_binding_overrides.as_ref();
    let Some(bound) = bound.filter(|bound| !bound.is_empty() && !observed.flows.is_empty()) else {
        return Cow::Borrowed(there);
    };
    let aliases: BTreeMap<&String, &String> = observed.flows.iter().map(|(alias, id)| (id, alias)).collect();
    let bound = bound.iter().map(|(usage, id)| (usage.clone(), (*aliases.get(id).unwrap_or(&id)).clone())).collect();
    Cow::Owned(ClientRepresentation { authentication_flow_binding_overrides: Some(bound), ..there.clone() })
}

/// A flow that is not there is said at once.
fn plan_flows(plan: &mut PlanBuilder<'_>, declared: &DesiredClient, observed: &Observed, object: &ObjectId) {
    let bound = declared.client.value.authentication_flow_binding_overrides.iter().flatten();
    for (_, flow) in bound.filter(|(_, flow)| !flow.is_empty() && observed.realm.is_some()) {
        if !observed.flows.contains_key(flow) {
            note_missing_flow(plan, object, flow);
        }
    }
}

/// The client without scopes of another protocol than its own: Keycloak takes those without a word and never shows them. Each is told.
fn without_other_protocols<'d>(
    plan: &mut PlanBuilder<'_>,
    desired: &Desired,
    declared: &'d DesiredClient,
    observed: &Observed,
) -> Cow<'d, DesiredClient> {
    const COMMON: &str = "openid-connect";
    let client = &declared.client.value;
    let client_id = client.client_id.clone().unwrap_or_default();
    let there = observed.clients.get(&client_id).and_then(|there| there.protocol.as_deref());
    let spoken = client.protocol.as_deref().or(there).unwrap_or(COMMON);
    let is_of_another = |scope: &str| {
        let declared = desired.client_scopes.iter().map(|declared| &declared.scope.value);
        let declared = declared.filter(|declared| declared.name.as_deref() == Some(scope));
        let protocol = declared.filter_map(|declared| declared.protocol.as_deref()).next();
        let there = observed.client_scopes.get(scope).and_then(|there| there.protocol.as_deref());
        protocol.or(there).is_some_and(|protocol| protocol != spoken)
    };
    let strange: Vec<&str> = declared.scope_names().filter(|scope| is_of_another(scope)).collect();
    if strange.is_empty() {
        return Cow::Borrowed(declared);
    }
    for scope in &strange {
        let message =
            format!("client scope `{scope}` is of another protocol, and keycloak does not give it to this client");
        plan.note(ObjectId::new(CLIENT, client_id.as_str()), message);
    }
    let mut fitting = declared.clone();
    for related in fitting.default_scopes.iter_mut().chain(&mut fitting.optional_scopes) {
        related.names.retain(|scope| !strange.contains(&scope.as_str()));
    }
    Cow::Owned(fitting)
}

/// A client's scopes are relations: an update of the client ignores its lists. A scope that is to be
/// optional leaves the defaults first, or the server keeps it there without a word (server-behaviour 2.3).
fn plan_scopes(plan: &mut PlanBuilder<'_>, desired: &Desired, declared: &DesiredClient, there: &ClientRepresentation) {
    let relations = Relations::of(desired, &declared.client);
    let client = || declared.client.value.client_id.clone().unwrap_or_default();
    let names = |scopes: &Option<Vec<String>>| scopes.clone().unwrap_or_default();
    let (defaults, optional) = (names(&there.default_client_scopes), names(&there.optional_client_scopes));
    let first = plan.changes().len();
    let unmanaged = Related::default();
    let is_of_others =
        declared.client.built_in.contains(DEFAULT_SCOPES) && !plan.is_ours(&ObjectId::new(CLIENT, client()));
    let default_scopes = declared.default_scopes.as_ref().filter(|related| related.exact || !is_of_others);
    let default_scopes = default_scopes.unwrap_or(&unmanaged);
    let optional_scopes = declared.optional_scopes.as_ref().unwrap_or(&unmanaged);
    let default_scope = |scope: &str| Relation::ClientDefaultScope { client: client(), scope: scope.to_owned() };
    let optional_scope = |scope: &str| Relation::ClientOptionalScope { client: client(), scope: scope.to_owned() };
    let there: Vec<&str> = defaults.iter().map(String::as_str).collect();
    relations.plan(plan, default_scopes, &there, default_scope);
    give_up(plan, &relations, (default_scopes, &there), optional_scopes, default_scope);
    let there: Vec<&str> = optional.iter().map(String::as_str).collect();
    relations.plan(plan, optional_scopes, &there, optional_scope);
    give_up(plan, &relations, (optional_scopes, &there), default_scopes, optional_scope);
    leave_before_joining(&mut plan.changes_mut()[first..]);
}
