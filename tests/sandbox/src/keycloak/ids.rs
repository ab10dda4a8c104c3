//! Ids of objects: one type a kind, so that a role's id cannot be taken for a group's.

use std::borrow::Borrow;
use std::fmt;
use std::sync::Arc;

pub(crate) use crate::random::{random_word, uuid};

macro_rules! id_types {
    ($($(#[$meta:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub(crate) struct $name(Arc<str>);

        impl $name {
            /// A fresh id in the form of a random UUID.
            pub(crate) fn fresh() -> Self {
                Self(uuid().into())
            }

            pub(crate) fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.into())
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(&self.0)
            }
        }
    )+};
}

id_types!(
    /// A realm or client role.
    RoleId,
    /// A group.
    GroupId,
    /// The id of a client (not its `clientId`).
    ClientKey,
    /// A client scope.
    ScopeId,
    /// A protocol mapper of a client or scope.
    MapperId,
    /// A user.
    UserId,
    /// A mapper of an identity provider.
    ProviderMapperId,
    /// A login session.
    SessionId,
);
