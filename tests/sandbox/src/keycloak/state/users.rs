//! Users, with indices by name, email, group and role.

use secrecy::{ExposeSecret, SecretString};
use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::Attributes;
use crate::keycloak::ids::{ClientKey, GroupId, RoleId, UserId, uuid};

/// A password of a user.
#[derive(Debug, Clone)]
pub(crate) struct Password {
    pub(crate) id: String,
    pub(crate) value: SecretString,
    pub(crate) label: Option<String>,
    /// Milliseconds since 1970.
    pub(crate) created: i64,
}

impl Password {
    pub(crate) fn new(value: &str, now: i64) -> Self {
        Self::secret(value.into(), now)
    }

    pub(crate) fn secret(value: SecretString, now: i64) -> Self {
        Self { id: uuid(), value, label: None, created: now }
    }

    /// Whether this is the password.
    #[expect(clippy::disallowed_methods, reason = "a login compares the password with what was sent")]
    pub(crate) fn is(&self, sent: &str) -> bool {
        self.value.expose_secret() == sent
    }
}

/// An account of a user at an identity provider.
#[derive(Debug, Clone)]
pub(crate) struct FederatedIdentity {
    pub(crate) user_id: String,
    pub(crate) user_name: Option<String>,
}

/// One user.
#[derive(Debug, Clone)]
pub(crate) struct User {
    pub(crate) id: UserId,
    pub(crate) username: String,
    pub(crate) email: Option<String>,
    pub(crate) first_name: Option<String>,
    pub(crate) last_name: Option<String>,
    pub(crate) email_verified: bool,
    pub(crate) enabled: bool,
    /// Milliseconds since 1970.
    pub(crate) created: i64,
    pub(crate) attributes: Attributes,
    pub(crate) required_actions: BTreeSet<String>,
    pub(crate) not_before: i64,
    pub(crate) password: Option<Password>,
    pub(crate) groups: BTreeSet<GroupId>,
    pub(crate) roles: BTreeSet<RoleId>,
    /// By the provider's alias.
    pub(crate) federated_identities: BTreeMap<String, FederatedIdentity>,
    /// The client whose service account this is.
    pub(crate) service_of: Option<ClientKey>,
}

impl User {
    /// A user with a name and nothing else; the name must be lower case.
    pub(crate) fn new(username: &str, now: i64) -> Self {
        Self {
            id: UserId::fresh(),
            username: username.to_owned(),
            email: None,
            first_name: None,
            last_name: None,
            email_verified: false,
            enabled: false,
            created: now,
            attributes: Attributes::new(),
            required_actions: BTreeSet::new(),
            not_before: 0,
            password: None,
            groups: BTreeSet::new(),
            roles: BTreeSet::new(),
            federated_identities: BTreeMap::new(),
            service_of: None,
        }
    }
}

/// Users by name: the order of every list of users.
type ByName = BTreeMap<String, UserId>;

/// All users of a realm.
#[derive(Debug, Default)]
pub(crate) struct Users {
    by_id: HashMap<UserId, User>,
    names: ByName,
    /// All but service accounts: a page of them is found without a look at each user before it, as an index does.
    people: ByName,
    emails: HashMap<String, BTreeSet<UserId>>,
    members: HashMap<GroupId, ByName>,
    holders: HashMap<RoleId, ByName>,
}

impl Users {
    pub(crate) fn get(&self, id: &str) -> Option<&User> {
        self.by_id.get(id)
    }

    pub(crate) fn named(&self, username: &str) -> Option<&User> {
        self.by_id.get(self.names.get(username)?)
    }

    /// A user with that email address, given in lower case.
    pub(crate) fn with_email(&self, email: &str) -> Option<&User> {
        self.by_id.get(self.emails.get(email)?.first()?)
    }

    /// All users in order of name, service accounts among them.
    pub(crate) fn all(&self) -> impl Iterator<Item = &User> {
        self.names.values().filter_map(|id| self.by_id.get(id))
    }

    /// The users who are no service accounts, in order of name.
    pub(crate) fn people(&self) -> impl Iterator<Item = &UserId> {
        self.people.values()
    }

    /// The members of a group in order of name.
    pub(crate) fn members(&self, group: &GroupId) -> impl Iterator<Item = &User> {
        self.members.get(group).into_iter().flat_map(ByName::values).filter_map(|id| self.by_id.get(id))
    }

    /// The users who have a role themselves, in order of name.
    pub(crate) fn holding(&self, role: &RoleId) -> impl Iterator<Item = &User> {
        self.holders.get(role).into_iter().flat_map(ByName::values).filter_map(|id| self.by_id.get(id))
    }

    /// Adds a user, or puts a changed one in its place. All indices follow.
    pub(crate) fn store(&mut self, user: User) {
        self.remove(&user.id);
        self.names.insert(user.username.clone(), user.id.clone());
        if user.service_of.is_none() {
            self.people.insert(user.username.clone(), user.id.clone());
        }
        if let Some(email) = &user.email {
            self.emails.entry(email.clone()).or_default().insert(user.id.clone());
        }
        for group in &user.groups {
            self.members.entry(group.clone()).or_default().insert(user.username.clone(), user.id.clone());
        }
        for role in &user.roles {
            self.holders.entry(role.clone()).or_default().insert(user.username.clone(), user.id.clone());
        }
        self.by_id.insert(user.id.clone(), user);
    }

    pub(crate) fn remove(&mut self, id: &UserId) -> Option<User> {
        let user = self.by_id.remove(id)?;
        self.names.remove(&user.username);
        self.people.remove(&user.username);
        if let Some(email) = &user.email
            && let Some(ids) = self.emails.get_mut(email)
        {
            ids.remove(id);
        }
        for group in &user.groups {
            self.members.entry(group.clone()).or_default().remove(&user.username);
        }
        for role in &user.roles {
            self.holders.entry(role.clone()).or_default().remove(&user.username);
        }
        Some(user)
    }

    /// Changes a user in place.
    pub(crate) fn change(&mut self, id: &UserId, change: impl FnOnce(&mut User)) {
        if let Some(mut user) = self.by_id.get(id).cloned() {
            change(&mut user);
            self.store(user);
        }
    }

    pub(crate) fn forget_role(&mut self, role: &RoleId) {
        for id in self.holders.remove(role).unwrap_or_default().into_values() {
            if let Some(user) = self.by_id.get_mut(&id) {
                user.roles.remove(role);
            }
        }
    }

    pub(crate) fn forget_group(&mut self, group: &GroupId) {
        for id in self.members.remove(group).unwrap_or_default().into_values() {
            if let Some(user) = self.by_id.get_mut(&id) {
                user.groups.remove(group);
            }
        }
    }
}
