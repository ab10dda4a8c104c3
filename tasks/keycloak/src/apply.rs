//! A change → requests. The only room that writes.
//!
//! Every update reads the object again right before it writes, lays the declared fields over what is
//! there, and sends what Keycloak needs so that the rest stays (server-behaviour 2.4). When somebody
//! else was faster with a create, the answer is a conflict: the engine observes and plans once more.

mod client_roles;
mod groups;
mod ids;
mod mappers;
mod provider;
mod realm;
mod relations;
mod scope_mappings;
mod settings;
mod unknown;
mod updates;
mod users;

use std::borrow::Cow;

use evenkeel_core::plan::Change;
use evenkeel_engine::task::Applied;
use evenkeel_keycloak_client::types::{ClientRepresentation, ClientScopeRepresentation, RoleRepresentation};
use evenkeel_transport::{ResultExt, location_id};
use futures::future::BoxFuture;

use crate::{
    Error, Keycloak,
    desired::{Desired, Related},
    directory::Named,
    error::WithContext,
    plan::{CLIENT_SECRET, Operation, Removal, SMTP_PASSWORD},
};

/// A future on the heap. It is made in here, so that the caller's stack holds none of the many that it chooses from: together
/// they would not fit the stack of a thread in a build without optimisation.
fn boxed<'a, T, F: Future<Output = T> + Send + 'a>(make: impl FnOnce() -> F) -> BoxFuture<'a, T> {
    Box::pin(make())
}

impl Keycloak {
    /// Makes one change. What the server does not have is left out of it, and told when all else is written.
    pub(crate) async fn write(&self, desired: &Desired, change: &Change<Operation>) -> Result<Applied, Error> {
        let (mut operation, mut unknown, mut missing) = (Cow::Borrowed(&change.operation), Vec::new(), None);
        loop {
            let written = self.write_once(desired, change, &operation).await;
            let field = written.as_ref().err().and_then(Error::unknown_field).map(str::to_owned);
            let less = match (&written, field) {
                (Err(Error::UnknownFlow { flow }), _) => {
                    let less = operation.without_flow(flow);
                    missing = less.is_some().then(|| flow.clone()).or(missing);
                    less
                }
                (_, Some(field)) => {
                    let less = operation.without_field(&field);
                    unknown.extend(less.is_some().then_some(field));
                    less
                }
                _ => None,
            };
            match less {
                Some(less) => operation = Cow::Owned(less),
                None if operation.makes() => return written.map(|()| Applied::default()),
                None => {
                    written?;
                    return self.all_is_written(unknown, missing).map(|()| Applied::default());
                }
            }
        }
    }

    async fn write_once(
        &self,
        desired: &Desired,
        change: &Change<Operation>,
        operation: &Operation,
    ) -> Result<(), Error> {
        let writing = match operation {
            Operation::CreateRealm(realm) => boxed(|| self.create_realm(realm)),
            Operation::UpdateRealm(realm) => boxed(|| self.update_realm(realm, change.writes_secret(SMTP_PASSWORD))),
            Operation::UpdateEvents(events) => boxed(|| self.update_events(events)),
            Operation::UpdateFlowBinding(binding) => boxed(|| self.update_flow_binding(binding)),
            Operation::SetRequiredAction(action) => boxed(|| self.set_required_action(action)),
            Operation::UpdateUserProfile(profile) => boxed(|| self.update_user_profile(profile)),
            Operation::CreateClientScope(scope) => boxed(|| self.create_client_scope(scope)),
            Operation::UpdateClientScope(scope) => boxed(|| self.update_client_scope(scope)),
            Operation::CreateMapper(owner, mapper) => boxed(|| self.create_mapper(owner, mapper)),
            Operation::UpdateMapper(owner, id, mapper) => boxed(|| self.update_mapper(owner, id, mapper)),
            Operation::ReplaceMapper(owner, id, mapper) => boxed(|| self.replace_mapper(owner, id, mapper)),
            Operation::SettleMapper(owner, id, twins, mapper) => boxed(|| self.settle_mapper(owner, id, twins, mapper)),
            Operation::CreateRole(role) => boxed(|| self.create_role(role)),
            Operation::UpdateRole(role) => boxed(|| self.update_role(role)),
            Operation::CreateGroup(path, group) => boxed(|| self.create_group(path, group)),
            Operation::UpdateGroup(path, group) => boxed(|| self.update_group(path, group)),
            Operation::CreateClient(client) => boxed(|| self.create_client(client, desired)),
            Operation::UpdateClient(client) => boxed(|| self.update_client(client)),
            Operation::CreateClientRole(client, role) => boxed(|| self.create_client_role(client, role)),
            Operation::UpdateClientRole(client, role) => boxed(|| self.update_client_role(client, role)),
            Operation::CreateIdentityProvider(provider) => boxed(|| self.create_identity_provider(provider, desired)),
            Operation::UpdateIdentityProvider(provider) => {
                boxed(|| self.update_identity_provider(provider, change.writes_secret(CLIENT_SECRET)))
            }
            Operation::CreateIdentityProviderMapper(mapper) => boxed(|| self.create_provider_mapper(mapper)),
            Operation::UpdateIdentityProviderMapper(id, mapper) => boxed(|| self.update_provider_mapper(id, mapper)),
            Operation::CreateUser(user) => boxed(|| self.create_user(user)),
            Operation::UpdateUser(user) => boxed(|| self.update_user(user)),
            Operation::LinkUser(user, alias, identity) => boxed(|| self.link_user(user, alias, identity)),
            Operation::RelinkUser(user, alias, identity) => boxed(|| self.relink_user(user, alias, identity)),
            Operation::Relate(relation) => boxed(|| self.relate(relation)),
            Operation::Separate(relation) => boxed(|| self.separate(relation)),
            Operation::Delete(removal) => boxed(|| self.delete(removal)),
            Operation::Refuse(client) => return Err(Error::Protected { client }),
        };
        writing.await
    }

    async fn create_client_scope(&self, scope: &ClientScopeRepresentation) -> Result<(), Error> {
        let name = scope.name.as_deref().unwrap_or_default();
        let answer = self.client.client_scope_create().realm(self.realm()).body(scope.clone()).send().await;
        let id = answer.as_ref().ok().and_then(location_id);
        answer.api().context("create", "client scope", name)?;
        self.keep(Named::ClientScope(name.to_owned()), id);
        Ok(())
    }

    async fn create_role(&self, role: &RoleRepresentation) -> Result<(), Error> {
        let name = role.name.as_deref().unwrap_or_default();
        self.client
            .role_create()
            .realm(self.realm())
            .body(role.clone())
            .send()
            .await
            .api()
            .context("create", "role", name)
            .map(drop)
    }

    /// The scopes go along with a new client, so that it never has the realm's own set for a moment. Where
    /// the values declare none of a kind, that set is what it gets.
    async fn create_client(&self, client: &ClientRepresentation, desired: &Desired) -> Result<(), Error> {
        let name = client.client_id.as_deref().unwrap_or_default();
        let declared = desired.clients.iter().find(|declared| declared.client.value.client_id.as_deref() == Some(name));
        let names =
            |related: Option<&Option<Related>>| related.and_then(Option::as_ref).map(|related| related.names.clone());
        let body = ClientRepresentation {
            default_client_scopes: names(declared.map(|declared| &declared.default_scopes)),
            optional_client_scopes: names(declared.map(|declared| &declared.optional_scopes)),
            ..self.with_flow_ids(client).await?
        };
        let answer = self.client.client_create().realm(self.realm()).body(body).send().await;
        let id = answer.as_ref().ok().and_then(location_id);
        answer.api().context("create", "client", name)?;
        self.keep(Named::Client(name.to_owned()), id);
        Ok(())
    }

    /// What is gone already is as it should be: a delete may have worked although its answer was lost.
    async fn delete(&self, removal: &Removal) -> Result<(), Error> {
        let realm = self.realm();
        match removal {
            Removal::ClientScope(id) => self
                .client
                .client_scope_delete()
                .realm(realm)
                .client_scope_id(id)
                .send()
                .await
                .optional()
                .context("delete", "client scope", id)
                .map(drop),
            Removal::Mapper(owner, id) => self.delete_mapper(owner, id).await,
            Removal::Client(id) => {
                let answer = self.client.client_delete().realm(realm).client_uuid(id).send().await;
                answer.optional().context("delete", "client", id).map(drop)
            }
            Removal::IdentityProvider(id) => {
                let answer = self.client.identity_provider_delete().realm(realm).alias(id).send().await;
                answer.optional().context("delete", "identity provider", id).map(drop)
            }
            Removal::User(id) => {
                let answer = self.client.user_delete().realm(realm).user_id(id).send().await;
                answer.optional().context("delete", "user", id).map(drop)
            }
            Removal::Disable(id) => self.disable_user(id).await,
            Removal::ProviderMapper(alias, id) => self.delete_provider_mapper(alias, id).await,
            Removal::Role(id) | Removal::ClientRole(id) => {
                let answer = self.client.role_delete().realm(realm).role_id(id).send().await;
                answer.optional().context("delete", "role", id).map(drop)
            }
            Removal::Group(id) => self
                .client
                .group_delete()
                .realm(realm)
                .group_id(id)
                .send()
                .await
                .optional()
                .context("delete", "group", id)
                .map(drop),
        }
    }
}
