//! The ids that Keycloak's addresses need.

use std::sync::Arc;

use evenkeel_keycloak_client::paging;
use evenkeel_transport::ResultExt;

use crate::{Error, Keycloak, directory::Named, error::Doing};

impl Keycloak {
    /// Keeps the id of what was just made; where the server did not name it, it is looked up when needed.
    pub(super) fn keep(&self, named: Named, id: Option<String>) {
        if let Some(id) = id {
            self.directory.insert(named, id);
        }
    }

    pub(super) async fn client_scope_id(&self, name: &str) -> Result<String, Error> {
        let named = Named::ClientScope(name.to_owned());
        if let Some(id) = self.directory.get(&named) {
            return Ok(id);
        }
        let scopes = self.client.client_scope_list().realm(self.realm()).send().await.api().doing(
            "list",
            "client scopes of realm",
            self.realm(),
        )?;
        let found = scopes.into_iter().find(|scope| scope.name.as_deref() == Some(name)).and_then(|scope| scope.id);
        self.found(named, found, "client scope", name)
    }

    pub(super) async fn client_id(&self, client_id: &str) -> Result<String, Error> {
        if let Some(id) = self.directory.get(&Named::Client(client_id.to_owned())) {
            return Ok(id);
        }
        let found = self.find_client(client_id).await?.and_then(|client| client.id);
        self.found(Named::Client(client_id.to_owned()), found, "client", client_id)
    }

    pub(super) async fn role_id(&self, name: &str) -> Result<String, Error> {
        let named = Named::Role(name.to_owned());
        if let Some(id) = self.directory.get(&named) {
            return Ok(id);
        }
        let role = self
            .client
            .role_get()
            .realm(self.realm())
            .role_name(name)
            .send()
            .await
            .optional()
            .doing("read", "role", name)?;
        self.found(named, role.and_then(|role| role.id), "role", name)
    }

    pub(super) async fn client_role_id(&self, client: &str, client_uuid: &str, role: &str) -> Result<String, Error> {
        let named = Named::ClientRole(client.to_owned(), role.to_owned());
        if let Some(id) = self.directory.get(&named) {
            return Ok(id);
        }
        let answer =
            self.client.client_role_get().realm(self.realm()).client_uuid(client_uuid).role_name(role).send().await;
        let found = answer.optional().doing("read", "client role", role)?;
        self.found(named, found.and_then(|role| role.id), "client role", role)
    }

    /// Groups are known by path: a group below another is looked for below its parent.
    pub(super) async fn group_id(&self, path: &str) -> Result<String, Error> {
        let named = Named::Group(path.to_owned());
        if let Some(id) = self.directory.get(&named) {
            return Ok(id);
        }
        let (siblings, name) = match path.rsplit_once('/') {
            None => (paging::groups(&self.client, self.realm(), true).await, path),
            Some((parent, name)) => {
                // Boxed: as deep as the path is long.
                let parent = Box::pin(self.group_id(parent)).await?;
                (paging::group_children(&self.client, self.realm(), &parent, true).await, name)
            }
        };
        let siblings = siblings.doing("list", "groups of realm", self.realm())?;
        let found = siblings.into_iter().find(|group| group.name.as_deref() == Some(name)).and_then(|group| group.id);
        self.found(named, found, "group", path)
    }

    pub(super) async fn user_id(&self, email: &Arc<str>) -> Result<String, Error> {
        let named = Named::User(Arc::clone(email));
        if let Some(id) = self.directory.get(&named) {
            return Ok(id);
        }
        let found = self.find_user(email).await?.and_then(|user| user.id);
        self.found(named, found, "user", email)
    }

    fn found(&self, named: Named, id: Option<String>, kind: &'static str, name: &str) -> Result<String, Error> {
        let id = id.ok_or_else(|| Error::Missing { kind, name: name.to_owned() })?;
        self.directory.insert(named, id.as_str());
        Ok(id)
    }
}
