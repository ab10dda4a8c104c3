//! Ids of objects: one type a kind, so that a role's id cannot be taken for a group's.

use std::borrow::Borrow;
use std::fmt;
use std::fmt::Write as _;
use std::sync::Arc;

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

/// A random UUID (version 4).
pub(crate) fn uuid() -> String {
    let mut bytes = random_bytes::<16>();
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    let mut text = String::with_capacity(36);
    for (index, byte) in bytes.iter().enumerate() {
        if matches!(index, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        // writing into a String cannot fail
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// A random word of `length` letters and digits, as Keycloak makes client secrets.
pub(crate) fn random_word(length: usize) -> String {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    let mut word = String::with_capacity(length);
    while word.len() < length {
        for byte in random_bytes::<32>() {
            // bytes beyond the last whole multiple are thrown away, so that every letter is as likely
            if usize::from(byte) < LETTERS.len() * 4 && word.len() < length {
                word.push(char::from(LETTERS[usize::from(byte) % LETTERS.len()]));
            }
        }
    }
    word
}

#[expect(clippy::expect_used, reason = "no random numbers means no operating system to speak of")]
fn random_bytes<const LENGTH: usize>() -> [u8; LENGTH] {
    let mut bytes = [0; LENGTH];
    getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
    bytes
}
