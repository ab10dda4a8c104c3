//! What the account may not see, and which right it lacks.
//!
//! Keycloak refuses some reads to an account with few rights, and cuts the answers to others short with status
//! 200 (server-behaviour 2.1): a realm with a handful of keys, lists without the objects that may not be viewed.
//! What cannot be seen is neither equal nor different, and least of all "not there": nothing is changed of it.

use std::{collections::BTreeSet, future::Future, sync::Mutex};

use evenkeel_core::{
    memory::Ownership,
    object::{Kind, ObjectId},
    plan::{Change, Unjudged, WhyUnjudged},
};
use evenkeel_engine::task::{Class, Classified};

use crate::{
    Error,
    desired::Desired,
    names::{
        CLIENT, CLIENT_ROLE, CLIENT_SCOPE, EVENTS, FLOW_BINDING, GROUP, IDENTITY_PROVIDER, REALM, REQUIRED_ACTION,
        ROLE, USER, USER_PROFILE,
    },
    relation::{DEFAULT_GROUP, DEFAULT_ROLE, SERVICE_ACCOUNT_ROLE},
};

/// A part of a realm that one right lets an account see.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// The realm's own fields.
    Realm,
    /// The fields of the administrators' realm.
    AdminRealm,
    /// The user profile.
    UserProfile,
    /// Client scopes and which of them new clients get.
    ClientScopes,
    /// Realm roles.
    Roles,
    /// Groups.
    Groups,
    /// Clients.
    Clients,
    /// Identity providers.
    IdentityProviders,
    /// Users, and who is in which group.
    Users,
}

impl Part {
    /// The role of client `realm-management` that lets an account see it.
    pub(crate) const fn right(self) -> &'static str {
        match self {
            Self::Realm | Self::AdminRealm | Self::UserProfile | Self::Roles => "view-realm",
            Self::ClientScopes | Self::Clients => "view-clients",
            Self::IdentityProviders => "view-identity-providers",
            Self::Groups | Self::Users => "view-users",
        }
    }

    const fn word(self) -> &'static str {
        match self {
            Self::Realm | Self::AdminRealm => "the settings",
            Self::UserProfile => "the user profile",
            Self::ClientScopes => "the client scopes",
            Self::Roles => "the roles",
            Self::Groups => "the groups",
            Self::Clients => "the clients",
            Self::IdentityProviders => "the identity providers",
            Self::Users => "the users",
        }
    }

    /// Whether objects of this kind are in it. Relations and mappers follow from what they wait for.
    fn holds(self, object: &ObjectId, desired: &Desired) -> bool {
        let is = |kind: Kind| *object.kind() == kind;
        match self {
            Self::Realm => {
                (is(REALM) && object.name() == desired.realm)
                    || [EVENTS, FLOW_BINDING, REQUIRED_ACTION, DEFAULT_GROUP, DEFAULT_ROLE].contains(object.kind())
            }
            Self::AdminRealm => is(REALM) && object.name() != desired.realm,
            Self::UserProfile => is(USER_PROFILE),
            Self::ClientScopes => is(CLIENT_SCOPE),
            Self::Roles => is(ROLE),
            Self::Groups => is(GROUP),
            Self::Clients => is(CLIENT) || is(CLIENT_ROLE),
            Self::IdentityProviders => is(IDENTITY_PROVIDER),
            Self::Users => is(USER) || is(SERVICE_ACCOUNT_ROLE),
        }
    }
}

/// The parts that the account turned out not to see.
#[derive(Debug, Default)]
pub(crate) struct Withheld(Mutex<BTreeSet<Part>>);

impl Withheld {
    /// What a read found; nothing where the account lacks the right for it.
    pub(crate) async fn unless<T: Default>(
        &self,
        part: Part,
        reading: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        // Boxed: many of these are under way in one future, and a read is large.
        match Box::pin(reading).await {
            Err(error) if error.class() == Class::NotAuthorised => {
                tracing::debug!("{error}");
                self.note(part);
                Ok(T::default())
            }
            read => read,
        }
    }

    /// Notes a part that turned out not to be shown.
    pub(crate) fn note(&self, part: Part) {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner).insert(part);
    }

    pub(crate) fn parts(self) -> BTreeSet<Part> {
        self.0.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// Whether the object is in a part that the account may not see.
pub(crate) fn is_hidden(object: &ObjectId, withheld: &BTreeSet<Part>, desired: &Desired) -> bool {
    withheld.iter().any(|part| part.holds(object, desired))
}

/// Whether a change is neither about an object that cannot be seen, nor waits for such: a realm is there in any case, and has a user
/// profile.
pub(crate) fn can_be_judged<O>(change: &Change<O>, withheld: &BTreeSet<Part>, desired: &Desired) -> bool {
    let is_hidden = |object: &ObjectId| is_hidden(object, withheld, desired);
    let is_there = |object: &ObjectId| *object.kind() == REALM || *object.kind() == USER_PROFILE;
    let waits_for_hidden = change.waits_for.iter().any(|object| !is_there(object) && is_hidden(object));
    !is_hidden(&change.object) && !waits_for_hidden
}

/// What could not be judged, one for each part of which something is declared, or ours and perhaps left behind.
pub(crate) fn unjudged(withheld: &BTreeSet<Part>, desired: &Desired, ownership: &Ownership) -> Vec<Unjudged> {
    if withheld.is_empty() {
        return Vec::new();
    }
    let mut declared = desired.objects();
    declared.extend(ownership.iter().map(|(object, _)| object.clone()));
    // Neither can be adopted or pruned, so that they are not among the objects.
    declared.insert(ObjectId::new(USER_PROFILE, desired.realm.as_str()));
    declared.extend(
        desired.admin_realm.iter().filter_map(|realm| Some(ObjectId::new(REALM, realm.value.realm.as_deref()?))),
    );
    let of_part = |part: &Part| {
        let mut objects: Vec<ObjectId> =
            declared.iter().filter(|object| part.holds(object, desired)).cloned().collect();
        // The list as a whole: it may be declared without any group, or empty.
        if *part == Part::Groups && desired.default_groups.is_some() {
            objects.push(ObjectId::new(DEFAULT_GROUP, desired.realm.as_str()));
        }
        let realm = match part {
            Part::AdminRealm => &desired.administration.realm,
            _ => &desired.realm,
        };
        let (word, right) = (part.word(), part.right());
        (!objects.is_empty()).then(|| Unjudged {
            objects,
            why: WhyUnjudged::Unseen,
            message: format!("{word} of realm `{realm}` cannot be judged: the account lacks `{right}`"),
            hint: format!(
                "give it the role `{right}` of client `realm-management`, or of client `{realm}-realm` if it \
                 lives in the administrators' realm"
            ),
        })
    };
    withheld.iter().filter_map(of_part).collect()
}
