//! Parts of the realm that Keycloak keeps at end points of their own.

use std::collections::BTreeMap;

use evenkeel_core::overlay;
use evenkeel_keycloak_client::{
    KeycloakError,
    types::{
        ClientRepresentation, IdentityProviderRepresentation, RealmEventsConfigRepresentation, RealmRepresentation,
        RequiredActionProviderRepresentation,
    },
};
use evenkeel_transport::ResultExt;

use crate::{Error, Keycloak, desired::flows::bound_in, directory::Named, error::WithContext};

impl Keycloak {
    /// A flag that is left out is switched off and an expiration is removed, while a list that is left out stays
    /// (server-behaviour 2.4). What is shown in place of an empty list of types must not be written back: it would fix
    /// the types of today for ever.
    pub(super) async fn update_events(&self, declared: &RealmEventsConfigRepresentation) -> Result<(), Error> {
        let realm = self.realm();
        let there = self.client.events_config_get().realm(realm).send().await.api();
        let there = there.context("read", "events configuration of realm", realm)?;
        let lists = (declared.events_listeners.clone(), declared.enabled_event_types.clone());
        let body = overlay::whole(&there, declared)?;
        let body = RealmEventsConfigRepresentation { events_listeners: lists.0, enabled_event_types: lists.1, ..body };
        let request = self.client.events_config_update().realm(realm).body(body);
        request.send().await.api().context("update", "events configuration of realm", realm).map(drop)
    }

    /// An alias that is not there is answered with an internal error: it is looked for first.
    pub(super) async fn update_flow_binding(&self, declared: &RealmRepresentation) -> Result<(), Error> {
        let realm = self.realm();
        for flow in bound_in(declared) {
            self.flow_id(flow).await?;
        }
        let request = self.client.realm_update().realm(realm).body(declared.clone());
        request.send().await.api().context("update", "authentication flows of realm", realm).map(drop)
    }

    /// An update replaces the action, its alias included. One that is not there is added first, under the server's
    /// own name for it.
    pub(super) async fn set_required_action(
        &self,
        declared: &RequiredActionProviderRepresentation,
    ) -> Result<(), Error> {
        let (realm, alias) = (self.realm(), declared.alias.as_deref().unwrap_or_default());
        let there = match self.list_required_actions().await?.remove(alias) {
            Some(there) => there,
            None => {
                let provider = declared.provider_id.as_deref().unwrap_or(alias);
                let name = declared.name.as_deref().unwrap_or(alias);
                let body = [("providerId", provider), ("name", name)];
                let body: BTreeMap<String, String> =
                    body.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
                let request = self.client.required_action_register().realm(realm).body(body);
                match request.send().await.api().map_err(KeycloakError::from) {
                    Err(KeycloakError::Invalid(_)) => return Err(self.unknown_action(alias)),
                    answer => answer.context("create", "required action", alias)?,
                };
                let there = self.list_required_actions().await?.remove(alias);
                there.ok_or_else(|| Error::Missing { kind: "required action", name: alias.to_owned() })?
            }
        };
        let body = overlay::whole(&there, declared)?;
        let request = self.client.required_action_update().realm(realm).alias(alias).body(body);
        request.send().await.api().context("update", "required action", alias).map(drop)
    }

    /// The id of a flow, which must be there.
    pub(super) async fn flow_id(&self, alias: &str) -> Result<String, Error> {
        if let Some(id) = self.directory.get(&Named::Flow(alias.to_owned())) {
            return Ok(id);
        }
        let found = self.list_flows().await?.remove(alias);
        found.ok_or_else(|| Error::UnknownFlow { flow: alias.to_owned() })
    }

    /// A declared client names flows by alias, and Keycloak binds them by id. An empty alias takes a binding away.
    pub(super) async fn with_flow_ids(&self, declared: &ClientRepresentation) -> Result<ClientRepresentation, Error> {
        let mut client = declared.clone();
        for flow in client.authentication_flow_binding_overrides.iter_mut().flat_map(|bound| bound.values_mut()) {
            if !flow.is_empty() {
                *flow = self.flow_id(flow).await?;
            }
        }
        Ok(client)
    }

    /// A provider with a flow that is not there is answered with an internal error.
    pub(super) async fn check_flows(&self, provider: &IdentityProviderRepresentation) -> Result<(), Error> {
        let named = [&provider.first_broker_login_flow_alias, &provider.post_broker_login_flow_alias];
        // The flow of the team contract came with the server.
        let named = named.into_iter().flatten().filter(|flow| !flow.is_empty() && *flow != "first broker login");
        for flow in named {
            self.flow_id(flow).await?;
        }
        Ok(())
    }
}
