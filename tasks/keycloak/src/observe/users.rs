//! The declared users, by whichever way costs fewer requests.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
};

use evenkeel_core::values::folded_nickname;
use evenkeel_keycloak_client::{
    paging,
    types::{FederatedIdentityRepresentation, UserRepresentation},
};
use evenkeel_transport::{Page, ResultExt, pages};
use futures::{StreamExt, TryStreamExt, stream};

use super::AT_ONCE;
use crate::{
    Error, Keycloak,
    account::{Account, NICKNAME},
    desired::{Desired, DesiredUser},
    directory::Named,
    error::WithContext,
    relation::RoleName,
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
    /// What else it is tied to; read for those users only that declare some of it.
    pub ties: Option<Box<ObservedTies>>,
}

/// What a user is tied to, as far as the values declare it.
#[derive(Clone, Debug, Default)]
pub struct ObservedTies {
    /// The paths of all groups that the user is in, without the first slash; `None` where they were not read.
    pub groups: Option<Vec<Arc<str>>>,
    /// The roles that the user has directly.
    pub roles: Vec<RoleName>,
    /// Accounts at identity providers, by the provider's alias.
    pub federated_identities: BTreeMap<String, FederatedIdentityRepresentation>,
}

/// The declared users that are there, and who else has the nickname that one does not have yet, both by the user's name.
type People = (BTreeMap<Arc<str>, ObservedUser>, BTreeMap<Arc<str>, String>);

/// The values of a user's attribute `nickname`, folded.
fn nicknames_of(user: &UserRepresentation) -> impl Iterator<Item = String> {
    let values = user.attributes.iter().filter_map(|attributes| attributes.get(NICKNAME)).flatten();
    values.map(|value| folded_nickname(value))
}

/// The declared nicknames, folded, each with its user's name. Others than these Gitea takes for nobody's name, and the server's
/// search would take them apart.
fn declared_nicknames(desired: &Desired) -> impl Iterator<Item = (String, &Arc<str>)> {
    let is_name = |name: &String| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
    desired.users.iter().flat_map(move |user| {
        let names = user.account.nicknames().into_iter().map(|name| folded_nickname(&name));
        names.filter(is_name).map(|name| (name, &user.name))
    })
}

/// Whether anything is declared that a short list of users leaves out. A server reads it user by user, which takes three times as
/// long (`docs/performance.md`).
fn needs_details(desired: &Desired) -> bool {
    let mut accounts = desired.users.iter().map(|user| &user.account);
    accounts.any(|account| {
        account.nickname.is_some() || !account.attributes.is_empty() || account.required_actions.is_some()
    })
}

/// Whether a declared user has the nickname already. Then nobody asks who else has it: an unchanged run would have to ask for
/// each.
fn is_given(there: &BTreeMap<Arc<str>, ObservedUser>, name: &str, nickname: &str) -> bool {
    let names = there.get(name).map(|there| there.account.nicknames()).unwrap_or_default();
    names.iter().any(|name| folded_nickname(name) == nickname)
}

/// A folded name by which an account is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sought<'a> {
    /// The account with this user name.
    Username(&'a str),
    /// The account with this email.
    Email(&'a str),
}

impl<'a> Sought<'a> {
    /// A declared user's names, the surest first. Where emails are shared, none of them stands for a user with a name of its own.
    fn of(user: &'a DesiredUser, shares_emails: bool) -> [Option<Self>; 2] {
        if user.account.username.is_none() {
            return Self::known_as(&user.name);
        }
        let email = user.account.email.as_deref().filter(|_| !shares_emails);
        [Some(Self::Username(&user.name)), email.map(Self::Email)]
    }

    /// What somebody can be who is known by one name alone. An account with the email wins over one that only has it as its user
    /// name.
    pub(crate) fn known_as(name: &'a str) -> [Option<Self>; 2] {
        [name.contains('@').then_some(Self::Email(name)), Some(Self::Username(name))]
    }

    /// Whether an account has this very name: the server's plain search matches parts.
    fn is_of(self, user: &UserRepresentation) -> bool {
        let same =
            |name: &Option<String>, wanted: &str| name.as_deref().is_some_and(|name| name.to_lowercase() == wanted);
        match self {
            Self::Username(name) => same(&user.username, name),
            Self::Email(email) => same(&user.email, email),
        }
    }
}

/// The declared users by the names that accounts are found by.
struct Declared<'d> {
    /// By each name, the users whom an account of it could be, and how sure that is: less is better.
    usernames: HashMap<&'d str, (&'d Arc<str>, usize)>,
    emails: HashMap<&'d str, (&'d Arc<str>, usize)>,
    /// The user names that are declared as such: an account of one of them is nobody else.
    taken: HashSet<&'d str>,
}

impl<'d> Declared<'d> {
    fn new(desired: &'d Desired, shares_emails: bool) -> Self {
        let (mut usernames, mut emails) = (HashMap::new(), HashMap::new());
        for user in &desired.users {
            for (rank, sought) in Sought::of(user, shares_emails).into_iter().flatten().enumerate() {
                match sought {
                    Sought::Username(name) => usernames.insert(name, (&user.name, rank)),
                    Sought::Email(email) => emails.insert(email, (&user.name, rank)),
                };
            }
        }
        let with_name = desired.users.iter().filter(|user| user.account.username.is_some());
        Self { usernames, emails, taken: with_name.map(|user| &*user.name).collect() }
    }

    /// The user that an account is, and how sure that is.
    fn find(&self, account: &UserRepresentation) -> Option<(&'d Arc<str>, usize)> {
        let folded = |name: &Option<String>| name.as_deref().unwrap_or_default().to_lowercase();
        let (username, email) = (folded(&account.username), folded(&account.email));
        let by_name = self.usernames.get(&*username);
        if self.taken.contains(&*username) {
            return by_name.copied();
        }
        let by_email = self.emails.get(&*email);
        by_email.or(by_name).copied()
    }

    fn is_taken_by_other(&self, account: &UserRepresentation, user: &str) -> bool {
        let username = account.username.as_deref().unwrap_or_default().to_lowercase();
        username != user && self.taken.contains(&*username)
    }
}

impl ObservedUser {
    /// An account that a list or a search has shown; one without an id cannot be addressed.
    pub(crate) fn of(user: UserRepresentation) -> Option<Self> {
        let id = user.id.as_deref()?.into();
        Some(Self { id, account: user.into(), groups: Vec::new(), ties: None })
    }

    /// The account of the declared user of this name, which holds the same text only once.
    fn of_declared(user: UserRepresentation, name: Arc<str>) -> Option<(Arc<str>, Self)> {
        let mut found = Self::of(user)?;
        for text in [&mut found.account.email, &mut found.account.username] {
            if text.as_ref() == Some(&name) {
                *text = Some(Arc::clone(&name));
            }
        }
        Some((name, found))
    }
}

impl Keycloak {
    /// The declared users that are there, by name.
    ///
    /// One count decides: pages of all users, or one exact search for each declared user. A realm of
    /// a hundred thousand accounts costs no more than the handful that the values name.
    pub(super) async fn read_users(&self, desired: &Desired, shares_emails: bool) -> Result<People, Error> {
        if desired.users.is_empty() {
            return Ok(People::default());
        }
        let count = self.count_users().await?;
        let pages = usize::try_from(count).unwrap_or_default() / paging::PAGE.get() as usize + 1;
        let declared = Declared::new(desired, shares_emails);
        let (users, holders) = if pages <= desired.users.len() {
            self.list_users(desired, &declared).await
        } else {
            self.search_users(desired, &declared, shares_emails).await
        }?;
        // Who may only query users is shown none, with status 200, and told their true number (server-behaviour 2.1).
        if users.len() < desired.users.len() && count > 0 && self.sees_no_user().await? {
            return Err(Error::Withheld { kind: "users", right: Part::Users.right() });
        }
        for (name, user) in &users {
            self.directory.insert(Named::User(Arc::clone(name)), Arc::clone(&user.id));
        }
        Ok((users, holders))
    }

    /// How many users the realm has, whether the account may see them or not.
    pub(super) async fn count_users(&self) -> Result<i32, Error> {
        let count = self.client.user_count().realm(self.realm()).send().await;
        count.api().context("count", "users of realm", self.realm())
    }

    pub(super) async fn sees_no_user(&self) -> Result<bool, Error> {
        let first = self.client.user_list().realm(self.realm()).brief_representation(true).max(1).send().await;
        Ok(first.api().context("list", "users of realm", self.realm())?.is_empty())
    }

    /// Every user of the realm goes by; the declared ones stay. Of several accounts that could be a user, the surest is.
    async fn list_users(&self, desired: &Desired, declared: &Declared<'_>) -> Result<People, Error> {
        let nicknames: HashMap<String, &Arc<str>> = declared_nicknames(desired).collect();
        let (mut found, mut second, mut holders) = (BTreeMap::new(), BTreeMap::new(), Vec::new());
        let brief = !needs_details(desired);
        let fetch = |page: Page| {
            let request = self
                .client
                .user_list()
                .realm(self.realm())
                .brief_representation(brief)
                .first(page.first)
                .max(page.max.get());
            async move { request.send().await.api() }
        };
        let mut pages = std::pin::pin!(pages(0, paging::PAGE, fetch));
        while let Some(users) = pages.try_next().await.context("list", "users of realm", self.realm())? {
            for user in users {
                match declared.find(&user) {
                    Some((name, 0)) => found.extend(ObservedUser::of_declared(user, Arc::clone(name))),
                    Some((name, _)) => second.extend(ObservedUser::of_declared(user, Arc::clone(name))),
                    None => {
                        let taken = nicknames_of(&user).find(|nickname| nicknames.contains_key(nickname));
                        holders.extend(taken.map(|nickname| (nickname, user.username.unwrap_or_default())));
                    }
                }
            }
        }
        second.append(&mut found);
        let found = second;
        let holders = holders.into_iter().filter_map(|(nickname, holder)| {
            let name = *nicknames.get(&nickname)?;
            (!is_given(&found, name, &nickname)).then(|| (Arc::clone(name), holder))
        });
        let holders = holders.collect();
        Ok((found, holders))
    }

    async fn search_users(
        &self,
        desired: &Desired,
        declared: &Declared<'_>,
        shares_emails: bool,
    ) -> Result<People, Error> {
        // Searches are begun one after the other: tens of thousands of them would not fit into memory.
        let users: Vec<Arc<DesiredUser>> = desired.users.clone();
        let reads = users.into_iter().map(|user| self.search_declared(user, declared, shares_emails));
        let found: Vec<_> = stream::iter(reads).buffer_unordered(AT_ONCE).try_collect().await?;
        let found: BTreeMap<Arc<str>, ObservedUser> = found.into_iter().flatten().collect();
        let holders = self.search_holders(desired, &found).await?;
        Ok((found, holders))
    }

    async fn search_declared(
        &self,
        user: Arc<DesiredUser>,
        declared: &Declared<'_>,
        shares_emails: bool,
    ) -> Result<Option<(Arc<str>, ObservedUser)>, Error> {
        let name = Arc::clone(&user.name);
        let found = self.find_user(&name, Sought::of(&user, shares_emails)).await?;
        let found = found.filter(|account| !declared.is_taken_by_other(account, &name));
        Ok(found.and_then(|account| ObservedUser::of_declared(account, name)))
    }

    /// Who else has a nickname that a declared user does not have yet.
    async fn search_holders(
        &self,
        desired: &Desired,
        there: &BTreeMap<Arc<str>, ObservedUser>,
    ) -> Result<BTreeMap<Arc<str>, String>, Error> {
        let names = desired.users.iter().map(|user| &*user.name);
        let emails = desired.users.iter().filter_map(|user| user.account.email.as_deref());
        let declared: HashSet<&str> = names.chain(emails).collect();
        let wanted = declared_nicknames(desired).filter(|(nickname, name)| !is_given(there, name, nickname));
        let wanted: Vec<_> = wanted.map(|(nickname, name)| (Arc::clone(name), nickname)).collect();
        let reads = wanted.into_iter().map(|(name, nickname)| self.search_holder(name, nickname, &declared));
        let found: Vec<Option<(Arc<str>, String)>> =
            stream::iter(reads).buffer_unordered(AT_ONCE).try_collect().await?;
        Ok(found.into_iter().flatten().collect())
    }

    async fn search_holder(
        &self,
        name: Arc<str>,
        nickname: String,
        declared: &HashSet<&str>,
    ) -> Result<Option<(Arc<str>, String)>, Error> {
        let search = self.client.user_list().realm(self.realm()).brief_representation(false);
        let found =
            search.q(format!("{NICKNAME}:{nickname}")).send().await.api().context("find", "nickname", &nickname)?;
        let is_declared =
            |name: &Option<String>| name.as_deref().is_some_and(|name| declared.contains(&*name.to_lowercase()));
        let other = found.into_iter().find(|user| {
            nicknames_of(user).any(|other| other == nickname)
                && !is_declared(&user.email)
                && !is_declared(&user.username)
        });
        Ok(other.map(|other| (name, other.username.unwrap_or_default())))
    }

    /// The account that is known by a name alone.
    pub(super) async fn search_user(&self, name: Arc<str>) -> Result<Option<(Arc<str>, ObservedUser)>, Error> {
        let found = self.find_user(&name, Sought::known_as(&name)).await?;
        Ok(found.and_then(|user| ObservedUser::of_declared(user, name)))
    }

    /// The account with exactly the first of these names that one has. Keycloak's plain search matches parts of them:
    /// `jan@x.io` would find `adjan@x.io`.
    pub(crate) async fn find_user(
        &self,
        described: &str,
        names: [Option<Sought<'_>>; 2],
    ) -> Result<Option<UserRepresentation>, Error> {
        for sought in names.into_iter().flatten() {
            let search = self.client.user_list().realm(self.realm()).exact(true).brief_representation(false);
            let search = match sought {
                Sought::Username(name) => search.username(name),
                Sought::Email(email) => search.email(email),
            };
            let found = search.send().await.api().context("find", "user", described)?;
            if let Some(user) = found.into_iter().find(|user| sought.is_of(user)) {
                return Ok(Some(user));
            }
        }
        Ok(None)
    }
}
