//! Protocol mappers, one by one: scopes ignore them in their own update, and a client's update with
//! a list of mappers would delete those of other people (server-behaviour 2.4).

use evenkeel_core::overlay;
use evenkeel_keycloak_client::types::ProtocolMapperRepresentation;
use evenkeel_transport::ResultExt;

use crate::{Error, Keycloak, error::WithContext, names::MapperOwner};

impl Keycloak {
    pub(super) async fn create_mapper(
        &self,
        owner: &MapperOwner,
        mapper: &ProtocolMapperRepresentation,
    ) -> Result<(), Error> {
        let (realm, body) = (self.realm(), mapper.clone());
        let answer = match owner {
            MapperOwner::ClientScope(scope) => {
                let id = self.client_scope_id(scope).await?;
                self.client.client_scope_mapper_create().realm(realm).client_scope_id(id).body(body).send().await
            }
            MapperOwner::Client(client) => {
                let id = self.client_id(client).await?;
                self.client.client_mapper_create().realm(realm).client_uuid(id).body(body).send().await
            }
        };
        answer.api().context("create", "protocol mapper", &described(owner, mapper)).map(drop)
    }

    /// A mapper's update replaces its whole configuration, and needs the id and the type in the body.
    /// It starts from the owner's own list: the mapper's end point shows an effective view, and storing
    /// what that derives from a spoiled field would outlive the repair (server-behaviour 2.4).
    pub(super) async fn update_mapper(
        &self,
        owner: &MapperOwner,
        id: &str,
        mapper: &ProtocolMapperRepresentation,
    ) -> Result<(), Error> {
        let (realm, name) = (self.realm(), described(owner, mapper));
        match owner {
            MapperOwner::ClientScope(scope) => {
                let scope = self.client_scope_id(scope).await?;
                let there = self.client.client_scope_get().realm(realm).client_scope_id(&scope).send().await;
                let there = there.api().context("read", "protocol mapper", &name)?.protocol_mappers;
                let body = overlay::whole(&stored(there, id, &name)?, mapper)?;
                let request =
                    self.client.client_scope_mapper_update().realm(realm).client_scope_id(&scope).id(id).body(body);
                request.send().await.api().context("update", "protocol mapper", &name).map(drop)
            }
            MapperOwner::Client(client) => {
                let client = self.client_id(client).await?;
                let there = self.client.client_get().realm(realm).client_uuid(&client).send().await;
                let there = there.api().context("read", "protocol mapper", &name)?.protocol_mappers;
                let body = overlay::whole(&stored(there, id, &name)?, mapper)?;
                let request = self.client.client_mapper_update().realm(realm).client_uuid(&client).id(id).body(body);
                request.send().await.api().context("update", "protocol mapper", &name).map(drop)
            }
        }
    }

    /// A name is taken while the mapper is there, so that it goes first; stopped in between, the next run makes it.
    pub(super) async fn replace_mapper(
        &self,
        owner: &MapperOwner,
        id: &str,
        mapper: &ProtocolMapperRepresentation,
    ) -> Result<(), Error> {
        self.delete_mapper(owner, id).await?;
        self.create_mapper(owner, mapper).await
    }

    /// The others go first: an update under a name that several have might be refused one day. Two runs that do this at once
    /// keep the same one.
    pub(super) async fn settle_mapper(
        &self,
        owner: &MapperOwner,
        id: &str,
        twins: &[String],
        mapper: &ProtocolMapperRepresentation,
    ) -> Result<(), Error> {
        for twin in twins {
            self.delete_mapper(owner, twin).await?;
        }
        self.update_mapper(owner, id, mapper).await
    }

    pub(super) async fn delete_mapper(&self, owner: &MapperOwner, id: &str) -> Result<(), Error> {
        let realm = self.realm();
        let answer = match owner {
            MapperOwner::ClientScope(scope) => {
                let scope = self.client_scope_id(scope).await?;
                self.client.client_scope_mapper_delete().realm(realm).client_scope_id(scope).id(id).send().await
            }
            MapperOwner::Client(client) => {
                let client = self.client_id(client).await?;
                self.client.client_mapper_delete().realm(realm).client_uuid(client).id(id).send().await
            }
        };
        answer.optional().context("delete", "protocol mapper", id).map(drop)
    }
}

/// The mapper with this id among those of its owner.
fn stored(
    mappers: Option<Vec<ProtocolMapperRepresentation>>,
    id: &str,
    name: &str,
) -> Result<ProtocolMapperRepresentation, Error> {
    let found = mappers.into_iter().flatten().find(|mapper| mapper.id.as_deref() == Some(id));
    found.ok_or_else(|| Error::Missing { kind: "protocol mapper", name: name.to_owned() })
}

fn described(owner: &MapperOwner, mapper: &ProtocolMapperRepresentation) -> String {
    owner.mapper(mapper.name.as_deref().unwrap_or_default()).path()
}
