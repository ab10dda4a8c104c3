//! Reading what values have no word for.

use std::collections::{BTreeMap, BTreeSet};

use evenkeel_keycloak_client::types::{
    AuthenticationExecutionInfoRepresentation, ComponentRepresentation, MappingsRepresentation, UserRepresentation,
};
use evenkeel_transport::ResultExt;
use futures::{StreamExt, TryStreamExt, stream};

use super::AT_ONCE;
use crate::{Error, Keycloak, error::Doing};

/// How many users have roles otherwise than by their groups.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::export) struct RolesOfUsers {
    /// Who has some beside the role of every user.
    pub(in crate::export) direct: usize,
    /// Who has not the role of every user.
    pub(in crate::export) without_default: usize,
}

impl Keycloak {
    pub(super) async fn components_of_realm(&self) -> Result<Vec<ComponentRepresentation>, Error> {
        let components = self.client.component_list().realm(self.realm()).send().await.api();
        components.doing("list", "components of realm", self.realm())
    }

    /// The languages in which the realm has texts of its own.
    pub(super) async fn locales_of_realm(&self) -> Result<Vec<String>, Error> {
        let locales = self.client.localization_list().realm(self.realm()).send().await.api();
        let mut locales = locales.doing("list", "texts of realm", self.realm())?;
        locales.sort();
        Ok(locales)
    }

    /// What the flows that come with every realm do, step by step.
    pub(super) async fn steps_of(&self, flows: &BTreeSet<String>) -> Result<BTreeMap<String, Vec<String>>, Error> {
        let mut reads = Vec::with_capacity(flows.len());
        for flow in flows {
            reads.push(async move {
                let request = self.client.authentication_execution_list().realm(self.realm()).flow_alias(flow);
                let steps = request.send().await.api().doing("list", "steps of authentication flow", flow)?;
                Ok::<_, Error>((flow.clone(), steps.iter().map(step).collect()))
            });
        }
        stream::iter(reads).buffer_unordered(AT_ONCE).try_collect().await
    }

    /// A request for each user: a realm may have more roles than users, and there is no list of both.
    pub(super) async fn roles_of_users(
        &self,
        users: &[UserRepresentation],
        default: Option<&str>,
    ) -> Result<RolesOfUsers, Error> {
        let mut reads = Vec::with_capacity(users.len());
        for id in users.iter().filter_map(|user| user.id.as_ref()) {
            reads.push(async move {
                let mapped = self.client.user_role_mapping_get().realm(self.realm()).user_id(id).send().await;
                mapped.api().doing("read", "roles of user", id)
            });
        }
        let mut found = RolesOfUsers::default();
        let mut mapped = stream::iter(reads).buffer_unordered(AT_ONCE);
        while let Some(mapped) = mapped.try_next().await? {
            let has_default = has_role(&mapped, default);
            let of_realm = mapped.realm_mappings.iter().flatten().count();
            let of_clients = mapped.client_mappings.iter().flatten().count();
            found.direct += usize::from(of_realm > usize::from(has_default) || of_clients > 0);
            found.without_default += usize::from(default.is_some() && !has_default);
        }
        Ok(found)
    }
}

fn has_role(mapped: &MappingsRepresentation, name: Option<&str>) -> bool {
    mapped.realm_mappings.iter().flatten().any(|role| role.name.is_some() && role.name.as_deref() == name)
}

/// A step as it is recorded of a fresh realm's flows.
fn step(step: &AuthenticationExecutionInfoRepresentation) -> String {
    let what = step.provider_id.as_ref().or(step.display_name.as_ref()).map_or("", String::as_str);
    let requirement = step.requirement.as_deref().unwrap_or_default();
    let configured = step.alias.as_ref().map(|alias| format!(" ({alias})")).unwrap_or_default();
    format!("{} {what}: {requirement}{configured}", step.level.unwrap_or_default())
}
