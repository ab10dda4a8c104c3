//! Groups, at the top and below others.

use evenkeel_core::overlay;
use evenkeel_keycloak_client::types::GroupRepresentation;
use evenkeel_transport::{ResultExt, location_id};

use crate::{Error, Keycloak, directory::Named, error::WithContext};

impl Keycloak {
    /// A group below another is made at its parent, which answers with the group itself.
    pub(super) async fn create_group(&self, path: &str, group: &GroupRepresentation) -> Result<(), Error> {
        let (realm, body) = (self.realm(), group.clone());
        let id = match path.rsplit_once('/') {
            None => {
                let answer = self.client.group_create().realm(realm).body(body).send().await;
                let id = answer.as_ref().ok().and_then(location_id);
                answer.api().context("create", "group", path)?;
                id
            }
            Some((parent, _)) => {
                let parent = self.group_id(parent).await?;
                let answer = self.client.group_child_create().realm(realm).group_id(parent).body(body).send().await;
                let id = answer.as_ref().ok().and_then(location_id);
                answer.api().context("create", "group", path)?;
                id
            }
        };
        self.keep(Named::Group(path.to_owned()), id);
        Ok(())
    }

    /// The name is required, and attributes are replaced as a whole.
    pub(super) async fn update_group(&self, path: &str, declared: &GroupRepresentation) -> Result<(), Error> {
        let id = self.group_id(path).await?;
        let there = self.client.group_get().realm(self.realm()).group_id(&id).send().await;
        let body = overlay::whole(&there.api().context("read", "group", path)?, declared)?;
        let request = self.client.group_update().realm(self.realm()).group_id(id).body(body);
        request.send().await.api().context("update", "group", path).map(drop)
    }
}
