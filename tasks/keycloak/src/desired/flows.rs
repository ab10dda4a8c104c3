//! Authentication flows that exist, bound by their alias. Making flows is nobody's business here.

use std::collections::BTreeSet;

use evenkeel_keycloak_client::types::RealmRepresentation;

use super::{Declared, Desired};

/// The flows that the realm uses: an object of its own, so that a flow that is not there yet spoils nothing else.
pub(super) fn binding(realm: &mut Declared<RealmRepresentation>) -> Option<Declared<RealmRepresentation>> {
    let value = &mut realm.value;
    let bound = RealmRepresentation {
        browser_flow: value.browser_flow.take(),
        registration_flow: value.registration_flow.take(),
        direct_grant_flow: value.direct_grant_flow.take(),
        reset_credentials_flow: value.reset_credentials_flow.take(),
        client_authentication_flow: value.client_authentication_flow.take(),
        docker_authentication_flow: value.docker_authentication_flow.take(),
        first_broker_login_flow: value.first_broker_login_flow.take(),
        ..RealmRepresentation::default()
    };
    let causes = realm.field_causes.clone();
    bound_in(&bound).next()?;
    Some(Declared { field_causes: causes, ..Declared::new(bound, realm.cause.clone()) })
}

/// The aliases that the realm's fields name.
pub(crate) fn bound_in(realm: &RealmRepresentation) -> impl Iterator<Item = &str> {
    [
        &realm.browser_flow,
        &realm.registration_flow,
        &realm.direct_grant_flow,
        &realm.reset_credentials_flow,
        &realm.client_authentication_flow,
        &realm.docker_authentication_flow,
        &realm.first_broker_login_flow,
    ]
    .into_iter()
    .filter_map(|flow| flow.as_deref().filter(|alias| !alias.is_empty()))
}

impl Desired {
    /// The aliases of all flows that the values name.
    #[must_use]
    pub fn flows(&self) -> BTreeSet<&str> {
        let of_realm = self.flow_binding.iter().flat_map(|binding| bound_in(&binding.value));
        let of_clients = self
            .clients
            .iter()
            .flat_map(|client| client.client.value.authentication_flow_binding_overrides.iter().flatten())
            .map(|(_, alias)| alias.as_str());
        let of_providers = self.further_providers.iter().flat_map(|provider| {
            let value = &provider.provider.value;
            [&value.first_broker_login_flow_alias, &value.post_broker_login_flow_alias].into_iter().flatten()
        });
        let named = of_clients.chain(of_providers.map(String::as_str)).filter(|alias| !alias.is_empty());
        of_realm.chain(named).collect()
    }
}
