//! A user's own fields, as the values declare them and as Keycloak holds them.
//!
//! A generated representation takes more than a kilobyte whatever is in it. There may be tens of thousands of
//! users, so that only the fields that can be declared are held, and representations are made one at a time.

use std::{collections::BTreeMap, sync::Arc};

use evenkeel_keycloak_client::types::UserRepresentation;

/// The attribute that other applications take for a user name.
pub(crate) const NICKNAME: &str = "nickname";

/// The fields of a user that the values can declare. What is `None` is not declared, or not set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Account {
    /// The email.
    pub email: Option<Arc<str>>,
    /// Whether the user may log in.
    pub enabled: Option<bool>,
    /// First name.
    pub first_name: Option<Box<str>>,
    /// Last name.
    pub last_name: Option<Box<str>>,
    /// The values of the attribute `nickname`.
    pub nickname: Option<Box<[String]>>,
    /// Other attributes: lists of texts by name.
    pub attributes: BTreeMap<Box<str>, Box<[String]>>,
}

impl Account {
    /// The fields as Keycloak's representation.
    #[must_use]
    pub fn representation(&self) -> UserRepresentation {
        let text = |text: &Option<Box<str>>| text.as_deref().map(str::to_owned);
        let nickname = self.nickname.as_ref().map(|values| (NICKNAME.to_owned(), values.to_vec()));
        let others = self.attributes.iter().map(|(name, values)| (name.as_ref().to_owned(), values.to_vec()));
        let attributes: BTreeMap<String, Vec<String>> = nickname.into_iter().chain(others).collect();
        UserRepresentation {
            email: self.email.as_deref().map(str::to_owned),
            enabled: self.enabled,
            first_name: text(&self.first_name),
            last_name: text(&self.last_name),
            attributes: (!attributes.is_empty()).then_some(attributes),
            ..Default::default()
        }
    }
}

impl From<UserRepresentation> for Account {
    fn from(user: UserRepresentation) -> Self {
        let mut attributes = user.attributes.unwrap_or_default();
        let nickname = attributes.remove(NICKNAME);
        Self {
            email: user.email.map(Into::into),
            enabled: user.enabled,
            first_name: user.first_name.map(Into::into),
            last_name: user.last_name.map(Into::into),
            nickname: nickname.map(Into::into),
            attributes: attributes.into_iter().map(|(name, values)| (name.into(), values.into())).collect(),
        }
    }
}
