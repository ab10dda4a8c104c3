//! The declared users, by whichever way costs fewer requests.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
};

use evenkeel_core::values::folded_nickname;
use evenkeel_keycloak_client::{paging, types::UserRepresentation};
use evenkeel_transport::{Page, ResultExt, pages};
use futures::{StreamExt, TryStreamExt, stream};

use super::AT_ONCE;
use crate::{
    Error, Keycloak,
    account::{Account, NICKNAME},
    desired::Desired,
    directory::Named,
    error::Doing,
    rights::Part,
};

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

/// The declared users that are there, and who else has the nickname that one does not have yet, both by folded email.
type People = (BTreeMap<Arc<str>, ObservedUser>, BTreeMap<Arc<str>, String>);

/// The values of a user's attribute `nickname`, folded.
fn nicknames_of(user: &UserRepresentation) -> impl Iterator<Item = String> {
    let values = user.attributes.iter().filter_map(|attributes| attributes.get(NICKNAME)).flatten();
    values.map(|value| folded_nickname(value))
}

/// The declared nicknames, folded, each with its user's email. Others than these Gitea takes for nobody's name, and the server's
/// search would take them apart.
fn declared_nicknames(desired: &Desired) -> impl Iterator<Item = (String, &Arc<str>)> {
    let is_name = |name: &String| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
    desired.users.iter().flat_map(move |user| {
        let names = user.account.nicknames().into_iter().map(|name| folded_nickname(&name));
        names.filter(is_name).map(|name| (name, &user.email))
    })
}

/// Whether a declared user has the nickname already. Then nobody asks who else has it: an unchanged run would have to ask for
/// each.
fn is_given(there: &BTreeMap<Arc<str>, ObservedUser>, email: &str, nickname: &str) -> bool {
    let names = there.get(email).map(|there| there.account.nicknames()).unwrap_or_default();
    names.iter().any(|name| folded_nickname(name) == nickname)
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
    pub(super) async fn read_users(&self, desired: &Desired) -> Result<People, Error> {
        if desired.users.is_empty() {
            return Ok(People::default());
        }
        let count = self.count_users().await?;
        let pages = usize::try_from(count).unwrap_or_default() / paging::PAGE.get() as usize + 1;
        let (users, holders) = if pages <= desired.users.len() {
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
        Ok((users, holders))
    }

    /// How many users the realm has, whether the account may see them or not.
    pub(super) async fn count_users(&self) -> Result<i32, Error> {
        let count = self.client.user_count().realm(self.realm()).send().await;
        count.api().doing("count", "users of realm", self.realm())
    }

    pub(super) async fn sees_no_user(&self) -> Result<bool, Error> {
        let first = self.client.user_list().realm(self.realm()).brief_representation(true).max(1).send().await;
        Ok(first.api().doing("list", "users of realm", self.realm())?.is_empty())
    }

    /// Every user of the realm goes by; the declared ones stay. An account with the email wins over
    /// one that only has it as its user name.
    async fn list_users(&self, desired: &Desired) -> Result<People, Error> {
        let declared: HashMap<&str, &Arc<str>> = desired.users.iter().map(|user| (&*user.email, &user.email)).collect();
        let declared = |name: &Option<String>| {
            let folded = name.as_deref().unwrap_or_default().to_lowercase();
            declared.get(folded.as_str()).map(|email| Arc::clone(email))
        };
        let nicknames: HashMap<String, &Arc<str>> = declared_nicknames(desired).collect();
        let (mut by_email, mut by_name, mut holders) = (BTreeMap::new(), BTreeMap::new(), Vec::new());
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
                } else {
                    let taken = nicknames_of(&user).find(|nickname| nicknames.contains_key(nickname));
                    holders.extend(taken.map(|nickname| (nickname, user.username.unwrap_or_default())));
                }
            }
        }
        by_name.append(&mut by_email);
        let holders = holders.into_iter().filter_map(|(nickname, holder)| {
            let email = *nicknames.get(&nickname)?;
            (!is_given(&by_name, email, &nickname)).then(|| (Arc::clone(email), holder))
        });
        let holders = holders.collect();
        Ok((by_name, holders))
    }

    async fn search_users(&self, desired: &Desired) -> Result<People, Error> {
        // Searches are begun one after the other: tens of thousands of them would not fit into memory.
        let emails: Vec<Arc<str>> = desired.users.iter().map(|user| Arc::clone(&user.email)).collect();
        let reads = emails.into_iter().map(|email| self.search_user(email));
        let found: Vec<_> = stream::iter(reads).buffer_unordered(AT_ONCE).try_collect().await?;
        let found: BTreeMap<Arc<str>, ObservedUser> = found.into_iter().flatten().collect();
        let holders = self.search_holders(desired, &found).await?;
        Ok((found, holders))
    }

    /// Who else has a nickname that a declared user does not have yet.
    async fn search_holders(
        &self,
        desired: &Desired,
        there: &BTreeMap<Arc<str>, ObservedUser>,
    ) -> Result<BTreeMap<Arc<str>, String>, Error> {
        let declared: HashSet<&str> = desired.users.iter().map(|user| &*user.email).collect();
        let wanted = declared_nicknames(desired).filter(|(nickname, email)| !is_given(there, email, nickname));
        let wanted: Vec<_> = wanted.map(|(nickname, email)| (Arc::clone(email), nickname)).collect();
        let reads = wanted.into_iter().map(|(email, nickname)| self.search_holder(email, nickname, &declared));
        let found: Vec<Option<(Arc<str>, String)>> =
            stream::iter(reads).buffer_unordered(AT_ONCE).try_collect().await?;
        Ok(found.into_iter().flatten().collect())
    }

    async fn search_holder(
        &self,
        email: Arc<str>,
        nickname: String,
        declared: &HashSet<&str>,
    ) -> Result<Option<(Arc<str>, String)>, Error> {
        let search = self.client.user_list().realm(self.realm()).brief_representation(false);
        let found =
            search.q(format!("{NICKNAME}:{nickname}")).send().await.api().doing("find", "nickname", &nickname)?;
        let is_declared =
            |name: &Option<String>| name.as_deref().is_some_and(|name| declared.contains(&*name.to_lowercase()));
        let other = found.into_iter().find(|user| {
            nicknames_of(user).any(|other| other == nickname)
                && !is_declared(&user.email)
                && !is_declared(&user.username)
        });
        Ok(other.map(|other| (email, other.username.unwrap_or_default())))
    }

    pub(super) async fn search_user(&self, email: Arc<str>) -> Result<Option<(Arc<str>, ObservedUser)>, Error> {
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
