//! The external identity provider and its mappers.

use evenkeel_core::{
    diff::{Rule, Rules},
    object::ObjectId,
    plan::{Action, Note},
};

use super::{
    Draft, Operation, Place,
    realm::{MASK, realm_object},
};
use crate::{
    desired::{Desired, DesiredProvider},
    names::{IDENTITY_PROVIDER, IDENTITY_PROVIDER_MAPPER, ROLE},
    observe::Observed,
};

/// Where the provider's representation has its secret.
pub(crate) const CLIENT_SECRET: &str = "config.clientSecret";

const RULES: Rules = Rules(&[(CLIENT_SECRET, Rule::Masked(MASK))]);

pub(super) fn plan(draft: &mut Draft<'_>, desired: &Desired, observed: &Observed) {
    let Some(declared) = &desired.provider else { return };
    let object = ObjectId::new(IDENTITY_PROVIDER, declared.alias.as_str());
    let mut provider = declared.provider.clone();
    match &observed.provider.endpoints {
        Some(endpoints) => provider.value.config.get_or_insert_default().extend(endpoints.clone()),
        None => draft.notes.push(Note {
            object: object.clone(),
            message: format!(
                "the discovery document of `{}` cannot be read, so that end points are not compared",
                declared.issuer
            ),
        }),
    }
    let there = observed.provider.provider.as_ref();
    let place = Place::after([realm_object(desired)]).alone_in(object.clone());
    draft.compare(object.clone(), &provider, there, RULES, place, |action| {
        let body = Box::new(provider.value.clone());
        if action == Action::Create {
            Operation::CreateIdentityProvider(body)
        } else {
            Operation::UpdateIdentityProvider(body)
        }
    });
    plan_mappers(draft, declared, &object, observed);
}

/// A mapper whose role is not there is accepted, and then gives nobody anything: roles come first.
fn plan_mappers(draft: &mut Draft<'_>, declared: &DesiredProvider, provider: &ObjectId, observed: &Observed) {
    for mapper in &declared.mappers {
        let name = mapper.value.name.as_deref().unwrap_or_default();
        let there = observed.provider.mappers.get(name);
        let id = there.and_then(|there| there.id.clone()).unwrap_or_default();
        let role = mapper.value.config.as_ref().and_then(|config| config.get("role"));
        let role = role.map(|role| ObjectId::new(ROLE, role.as_str()));
        let place = Place::after(std::iter::once(provider.clone()).chain(role)).alone_in(provider.clone());
        let object = ObjectId::within(IDENTITY_PROVIDER_MAPPER, &declared.alias, name);
        draft.compare(object, mapper, there, Rules::default(), place, |action| {
            let body = Box::new(mapper.value.clone());
            if action == Action::Create {
                Operation::CreateIdentityProviderMapper(body)
            } else {
                Operation::UpdateIdentityProviderMapper(id, body)
            }
        });
    }
}
