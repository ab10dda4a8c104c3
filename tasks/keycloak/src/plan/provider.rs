//! The external identity providers and their mappers.

use std::collections::BTreeMap;

use evenkeel_core::{
    diff::{Rule, Rules},
    object::ObjectId,
    plan::{Action, Dependencies},
};

use evenkeel_keycloak_client::types::IdentityProviderRepresentation;

use super::{
    Operation, PlanBuilder,
    realm::{MASK, realm_object},
    settings::note_missing_flow,
};
use crate::{
    desired::{Desired, DesiredProvider},
    names::{IDENTITY_PROVIDER, IDENTITY_PROVIDER_MAPPER, ROLE},
    observe::{Observed, ObservedProvider},
};

/// Where the provider's representation has its secret.
pub(crate) const CLIENT_SECRET: &str = "config.clientSecret";

const RULES: Rules = Rules(&[(CLIENT_SECRET, Rule::Masked(MASK))]);

pub(super) fn plan(plan: &mut PlanBuilder<'_>, desired: &Desired, observed: &Observed) {
    let none = ObservedProvider::default();
    for declared in desired.providers() {
        plan_provider(plan, desired, declared, observed.providers.get(&declared.alias).unwrap_or(&none), observed);
    }
}

fn plan_provider(
    plan: &mut PlanBuilder<'_>,
    desired: &Desired,
    declared: &DesiredProvider,
    found: &ObservedProvider,
    observed: &Observed,
) {
    let object = ObjectId::new(IDENTITY_PROVIDER, declared.alias.as_str());
    let mut provider = declared.provider.clone();
    match (&found.endpoints, &declared.issuer) {
        (Some(endpoints), _) => with_endpoints(&mut provider.value, endpoints),
        (None, Some(issuer)) if observed.realm.is_some() => plan.note(
            object.clone(),
            format!("the discovery document of `{issuer}` cannot be read, so that end points are not compared"),
        ),
        (None, _) => {}
    }
    plan_flows(plan, declared, observed, &object);
    let there = found.provider.as_ref();
    let dependencies = Dependencies::after([realm_object(desired)]).exclusive_in(object.clone());
    plan.compare(object.clone(), &provider, there, RULES, dependencies, |action, body| {
        if action == Action::Create {
            Operation::CreateIdentityProvider(body)
        } else {
            Operation::UpdateIdentityProvider(body)
        }
    });
    plan_mappers(plan, declared, &object, found);
}

/// What is declared comes before what the issuer publishes.
pub(crate) fn with_endpoints(provider: &mut IdentityProviderRepresentation, endpoints: &BTreeMap<String, String>) {
    let config = provider.config.get_or_insert_default();
    for (key, value) in endpoints {
        config.entry(key.clone()).or_insert_with(|| value.clone());
    }
}

/// A flow that is not there is said at once. That of the team contract came with the server.
fn plan_flows(plan: &mut PlanBuilder<'_>, declared: &DesiredProvider, observed: &Observed, object: &ObjectId) {
    let value = &declared.provider.value;
    let named = [&value.first_broker_login_flow_alias, &value.post_broker_login_flow_alias];
    for flow in named.into_iter().flatten().filter(|_| !observed.flows.is_empty()) {
        if !flow.is_empty() && !observed.flows.contains_key(flow) {
            note_missing_flow(plan, object, flow);
        }
    }
}

/// A mapper whose role is not there is accepted, and then gives nobody anything: roles come first. What nobody wrote is not made
/// in a provider of other people: it would change what their users get.
fn plan_mappers(plan: &mut PlanBuilder<'_>, declared: &DesiredProvider, provider: &ObjectId, found: &ObservedProvider) {
    for mapper in &declared.mappers {
        let name = mapper.value.name.as_deref().unwrap_or_default();
        let there = found.mappers.get(name);
        let id = there.and_then(|there| there.id.clone()).unwrap_or_default();
        let object = ObjectId::within(IDENTITY_PROVIDER_MAPPER, &declared.alias, name);
        let is_implied = mapper.built_in.contains("config");
        if is_implied && there.is_none() && is_of_others(plan, provider, found) && !plan.is_ours(&object) {
            plan.leave_alone(provider, [format!("mapper {name}")]);
            continue;
        }
        let role = mapper.value.config.as_ref().and_then(|config| config.get("role"));
        let role = role.map(|role| ObjectId::new(ROLE, role.as_str()));
        let dependencies =
            Dependencies::after(std::iter::once(provider.clone()).chain(role)).exclusive_in(provider.clone());
        plan.compare(object, mapper, there, Rules::default(), dependencies, |action, body| {
            if action == Action::Create {
                Operation::CreateIdentityProviderMapper(body)
            } else {
                Operation::UpdateIdentityProviderMapper(id, body)
            }
        });
    }
}

/// Whether the provider was there before evenkeel.
fn is_of_others(plan: &PlanBuilder<'_>, provider: &ObjectId, found: &ObservedProvider) -> bool {
    found.provider.is_some() && !plan.is_ours(provider)
}
