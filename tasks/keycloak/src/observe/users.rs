//! The declared users, by whichever way costs fewer requests.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use evenkeel_keycloak_client::{paging, types::UserRepresentation};
use evenkeel_transport::{Page, ResultExt, pages};
use futures::{StreamExt, TryStreamExt, stream};

use super::AT_ONCE;
use crate::{Error, Keycloak, account::Account, desired::Desired, directory::Named, error::Doing, rights::Part};

/// An account that is there, as far as it is compared.
#[derive(Clone, Debug, Default)]
pub struct ObservedUser {
    /// Keycloak's id.
    pub id: Arc<str>,
    /// The account's own fields.
    pub account: Account,
    /// Paths of the groups that it is in, of those about whose members some declared user says something.
    pub groups: Vec<Arc<str>>,
}

impl ObservedUser {
    /// An account that a list or a search has shown; one without an id cannot be addressed.
    pub(crate) fn of(user: UserRepresentation) -> Option<Self> {
        let id = user.id.as_deref()?.into();
        Some(Self { id, account: user.into(), groups: Vec::new() })
    }

    /// The account of the declared user with this email, which holds the same text only once.
    fn of_declared(user: UserRepresentation, email: Arc<str>) -> Option<(Arc<str>, Self)> {
        let mut found = Self::of(user)?;
        if found.account.email.as_ref() == Some(&email) {
            found.account.email = Some(Arc::clone(&email));
        }
        Some((email, found))
    }
}

impl Keycloak {
    /// The declared users that are there, by folded email.
    ///
    /// One count decides: pages of all users, or one exact search for each declared user. A realm of
    /// a hundred thousand accounts costs no more than the handful that the values name.
    pub(super) async fn read_users(&self, desired: &Desired) -> Result<BTreeMap<Arc<str>, ObservedUser>, Error> {
        if desired.users.is_empty() {
            return Ok(BTreeMap::new());
        }
        let count = self.client.user_count().realm(self.realm()).send().await.api().doing(
            "count",
            "users of realm",
            self.realm(),
        )?;
        let pages = usize::try_from(count).unwrap_or_default() / paging::PAGE.get() as usize + 1;
        let users = if pages <= desired.users.len() {
            self.list_users(desired).await
        } else {
            self.search_users(desired).await
        }?;
        // Who may only query users is shown none, with status 200, and told their true number (server-behaviour 2.1).
        if users.len() < desired.users.len() && count > 0 && self.sees_no_user().await? {
            return Err(Error::Withheld { kind: "users", right: Part::Users.right() });
        }
        for (email, user) in &users {
            self.directory.insert(Named::User(Arc::clone(email)), Arc::clone(&user.id));
        }
        Ok(users)
    }

    async fn sees_no_user(&self) -> Result<bool, Error> {
        let first = self.client.user_list().realm(self.realm()).brief_representation(true).max(1).send().await;
        Ok(first.api().doing("list", "users of realm", self.realm())?.is_empty())
    }

    /// Every user of the realm goes by; the declared ones stay. An account with the email wins over
    /// one that only has it as its user name.
    async fn list_users(&self, desired: &Desired) -> Result<BTreeMap<Arc<str>, ObservedUser>, Error> {
        let declared: HashMap<&str, &Arc<str>> = desired.users.iter().map(|user| (&*user.email, &user.email)).collect();
        let declared = |name: &Option<String>| {
            let folded = name.as_deref().unwrap_or_default().to_lowercase();
            declared.get(folded.as_str()).map(|email| Arc::clone(email))
        };
        let (mut by_email, mut by_name) = (BTreeMap::new(), BTreeMap::new());
        let fetch = |page: Page| {
            let request = self
                .client
                .user_list()
                .realm(self.realm())
                .brief_representation(false)
                .first(page.first)
                .max(page.max.get());
            async move { request.send().await.api() }
        };
        let mut pages = std::pin::pin!(pages(0, paging::PAGE, fetch));
        while let Some(users) = pages.try_next().await.doing("list", "users of realm", self.realm())? {
            for user in users {
                if let Some(email) = declared(&user.email) {
                    by_email.extend(ObservedUser::of_declared(user, email));
                } else if let Some(email) = declared(&user.username) {
                    by_name.extend(ObservedUser::of_declared(user, email));
                }
            }
        }
        by_name.append(&mut by_email);
        Ok(by_name)
    }

    async fn search_users(&self, desired: &Desired) -> Result<BTreeMap<Arc<str>, ObservedUser>, Error> {
        // Searches are begun one after the other: tens of thousands of them would not fit into memory.
        let emails: Vec<Arc<str>> = desired.users.iter().map(|user| Arc::clone(&user.email)).collect();
        let reads = emails.into_iter().map(|email| self.search_user(email));
        let found: Vec<_> = stream::iter(reads).buffer_unordered(AT_ONCE).try_collect().await?;
        Ok(found.into_iter().flatten().collect())
    }

    async fn search_user(&self, email: Arc<str>) -> Result<Option<(Arc<str>, ObservedUser)>, Error> {
        let found = self.find_user(&email).await?;
        Ok(found.and_then(|user| ObservedUser::of_declared(user, email)))
    }

    /// The user with exactly this email or, failing that, with it as the user name. Keycloak's plain
    /// search matches parts of both: `jan@x.io` would find `adjan@x.io`.
    pub(crate) async fn find_user(&self, email: &str) -> Result<Option<UserRepresentation>, Error> {
        let same = |name: &Option<String>| name.as_deref().is_some_and(|name| name.to_lowercase() == email);
        let search = || self.client.user_list().realm(self.realm()).exact(true).brief_representation(false);
        let by_email = search().email(email).send().await.api().doing("find", "user", email)?;
        if let Some(user) = by_email.into_iter().find(|user| same(&user.email)) {
            return Ok(Some(user));
        }
        let by_name = search().username(email).send().await.api().doing("find", "user", email)?;
        Ok(by_name.into_iter().find(|user| same(&user.username)))
    }
}
