//! The ids that Keycloak's addresses need.

use std::sync::Arc;

use evenkeel_core::object::ObjectId;
use evenkeel_keycloak_client::paging;
use evenkeel_transport::ResultExt;

use crate::{Error, Keycloak, directory::Named, error::WithContext, names, observe::Sought, relation::RoleName};

impl Keycloak {
    /// Keeps the id of what was just made; where the server did not name it, it is looked up when needed.
    pub(super) fn keep(&self, named: Named, id: Option<String>) {
        if let Some(id) = id {
            self.directory.insert(named, id);
        }
    }

    pub(super) async fn client_scope_id(&self, name: &str) -> Result<String, Error> {
        self.id(Named::ClientScope(name.to_owned()), "client scope", name, async {
            let scopes = self.client.client_scope_list().realm(self.realm()).send().await.api();
            let scopes = scopes.context("list", "client scopes of realm", self.realm())?;
            Ok(scopes.into_iter().find(|scope| scope.name.as_deref() == Some(name)).and_then(|scope| scope.id))
        })
        .await
    }

    pub(crate) async fn client_id(&self, client_id: &str) -> Result<String, Error> {
        self.id(Named::Client(client_id.to_owned()), "client", client_id, async {
            Ok(self.find_client(client_id).await?.and_then(|client| client.id))
        })
        .await
    }

    pub(super) async fn role_id(&self, name: &str) -> Result<String, Error> {
        self.id(Named::Role(name.to_owned()), "role", name, async {
            let role = self.client.role_get().realm(self.realm()).role_name(name).send().await.optional();
            Ok(role.context("read", "role", name)?.and_then(|role| role.id))
        })
        .await
    }

    pub(super) async fn client_role_id(&self, client: &str, client_uuid: &str, role: &str) -> Result<String, Error> {
        self.id(Named::ClientRole(client.to_owned(), role.to_owned()), "client role", role, async {
            let request = self.client.client_role_get().realm(self.realm()).client_uuid(client_uuid).role_name(role);
            let found = request.send().await.optional().context("read", "client role", role)?;
            Ok(found.and_then(|role| role.id))
        })
        .await
    }

    pub(super) async fn id_of_role(&self, role: &RoleName) -> Result<String, Error> {
        match &role.client {
            None => self.role_id(&role.role).await,
            Some(client) => {
                let client_uuid = self.client_id(client).await?;
                self.client_role_id(client, &client_uuid, &role.role).await
            }
        }
    }

    /// Groups are known by path: a group below another is looked for below its parent.
    pub(super) async fn group_id(&self, path: &str) -> Result<String, Error> {
        // No part of a path that the values know holds a slash, so that what is found has this name and this parent.
        self.id(Named::Group(path.to_owned()), "group", path, async {
            let (siblings, name) = match path.rsplit_once('/') {
                None => (paging::groups(&self.client, self.realm(), true).await, path),
                Some((parent, name)) => {
                    // Boxed: as deep as the path is long.
                    let parent = Box::pin(self.group_id(parent)).await?;
                    (paging::group_children(&self.client, self.realm(), &parent, true).await, name)
                }
            };
            let siblings = siblings.context("list", "groups of realm", self.realm())?;
            Ok(siblings.into_iter().find(|group| group.name.as_deref() == Some(name)).and_then(|group| group.id))
        })
        .await
    }

    /// A group that new users join: the one that was observed, whatever it is called.
    pub(super) async fn default_group_id(&self, group: &ObjectId, known: Option<&String>) -> Result<String, Error> {
        match known {
            Some(id) => Ok(id.clone()),
            None => self.group_id(&names::group_path(group)).await,
        }
    }

    pub(super) async fn user_id(&self, name: &Arc<str>) -> Result<String, Error> {
        self.id(Named::User(Arc::clone(name)), "user", name, async {
            Ok(self.find_user(name, Sought::known_as(name)).await?.and_then(|user| user.id))
        })
        .await
    }

    /// The id that is known, or what `search` finds.
    async fn id(
        &self,
        named: Named,
        kind: &'static str,
        name: &str,
        search: impl Future<Output = Result<Option<String>, Error>>,
    ) -> Result<String, Error> {
        let missing = || Error::Missing { kind, name: name.to_owned() };
        self.directory.get_or_search(named, async { search.await?.ok_or_else(missing) }).await
    }
}
