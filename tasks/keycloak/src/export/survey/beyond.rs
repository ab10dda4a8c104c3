//! Reading what values have no word for.

use std::collections::{BTreeMap, BTreeSet};

use evenkeel_keycloak_client::types::{AuthenticationExecutionInfoRepresentation, ComponentRepresentation};
use evenkeel_transport::ResultExt;
use futures::{StreamExt, TryStreamExt, stream};

use super::AT_ONCE;
use crate::{Error, Keycloak, error::WithContext};

impl Keycloak {
    pub(super) async fn components_of_realm(&self) -> Result<Vec<ComponentRepresentation>, Error> {
        let components = self.client.component_list().realm(self.realm()).send().await.api();
        components.context("list", "components of realm", self.realm())
    }

    /// The languages in which the realm has texts of its own.
    pub(super) async fn locales_of_realm(&self) -> Result<Vec<String>, Error> {
        let locales = self.client.localization_list().realm(self.realm()).send().await.api();
        let mut locales = locales.context("list", "texts of realm", self.realm())?;
        locales.sort();
        Ok(locales)
    }

    /// What the flows that come with every realm do, step by step.
    pub(super) async fn steps_of(&self, flows: &BTreeSet<String>) -> Result<BTreeMap<String, Vec<String>>, Error> {
        let mut reads = Vec::with_capacity(flows.len());
        for flow in flows {
            reads.push(async move {
                let request = self.client.authentication_execution_list().realm(self.realm()).flow_alias(flow);
                let steps = request.send().await.api().context("list", "steps of authentication flow", flow)?;
                Ok::<_, Error>((flow.clone(), steps.iter().map(step).collect()))
            });
        }
        stream::iter(reads).buffer_unordered(AT_ONCE).try_collect().await
    }
}

/// A step as it is recorded of a fresh realm's flows.
fn step(step: &AuthenticationExecutionInfoRepresentation) -> String {
    let what = step.provider_id.as_ref().or(step.display_name.as_ref()).map_or("", String::as_str);
    let requirement = step.requirement.as_deref().unwrap_or_default();
    let configured = step.alias.as_ref().map(|alias| format!(" ({alias})")).unwrap_or_default();
    format!("{} {what}: {requirement}{configured}", step.level.unwrap_or_default())
}
