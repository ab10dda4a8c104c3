//! A user's own fields, as the values declare them and as Keycloak holds them.
//!
//! A generated representation takes more than a kilobyte whatever is in it. There may be tens of thousands of
//! users, so that only the fields that can be declared are held, and representations are made one at a time.

use std::{collections::BTreeMap, sync::Arc};

use evenkeel_core::values::nickname_of;
use evenkeel_keycloak_client::types::UserRepresentation;

/// The attribute that other applications take for a user name.
pub(crate) const NICKNAME: &str = "nickname";

/// What a temporary password asks of its user.
pub(crate) const UPDATE_PASSWORD: &str = "UPDATE_PASSWORD";

/// The values of the attribute `nickname`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Nickname {
    /// The one that the email gives. Nearly every account has it, so that it is not held.
    OfEmail,
    /// Others.
    Values(Box<[String]>),
}

impl Nickname {
    fn of(email: Option<&str>, values: Vec<String>) -> Self {
        match (email, values.as_slice()) {
            (Some(email), [only]) if *only == nickname_of(email) => Self::OfEmail,
            _ => Self::Values(values.into()),
        }
    }

    fn values(&self, email: Option<&str>) -> Vec<String> {
        match self {
            // An email without any letter that Gitea takes gives none; Keycloak would drop an empty one without a word.
            Self::OfEmail => email.map(nickname_of).filter(|nickname| !nickname.is_empty()).into_iter().collect(),
            Self::Values(values) => values.to_vec(),
        }
    }
}

/// The fields of a user that the values can declare. What is `None` is not declared, or not set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Account {
    /// The user name.
    pub username: Option<Arc<str>>,
    /// The email.
    pub email: Option<Arc<str>>,
    /// Whether the user may log in.
    pub enabled: Option<bool>,
    /// Whether the email is known to be the user's.
    pub email_verified: Option<bool>,
    /// First name.
    pub first_name: Option<Box<str>>,
    /// Last name.
    pub last_name: Option<Box<str>>,
    /// The attribute `nickname`.
    pub nickname: Option<Nickname>,
    /// Other attributes: lists of texts by name.
    pub attributes: BTreeMap<Box<str>, Box<[String]>>,
    /// What the user must do at the next login.
    pub required_actions: Option<Box<[Box<str>]>>,
}

impl Account {
    /// The names by which other applications know the user.
    #[must_use]
    pub fn nicknames(&self) -> Vec<String> {
        self.nickname.as_ref().map(|nickname| nickname.values(self.email.as_deref())).unwrap_or_default()
    }

    /// The fields as Keycloak's representation.
    #[must_use]
    pub fn representation(&self) -> UserRepresentation {
        let text = |text: &Option<Box<str>>| text.as_deref().map(str::to_owned);
        let nickname = self.nickname.as_ref();
        let nickname = nickname.map(|nickname| (NICKNAME.to_owned(), nickname.values(self.email.as_deref())));
        let others = self.attributes.iter().map(|(name, values)| (name.as_ref().to_owned(), values.to_vec()));
        let attributes: BTreeMap<String, Vec<String>> = nickname.into_iter().chain(others).collect();
        let actions = self.required_actions.as_ref();
        UserRepresentation {
            username: self.username.as_deref().map(str::to_owned),
            email: self.email.as_deref().map(str::to_owned),
            enabled: self.enabled,
            email_verified: self.email_verified,
            first_name: text(&self.first_name),
            last_name: text(&self.last_name),
            attributes: (!attributes.is_empty()).then_some(attributes),
            required_actions: actions.map(|actions| actions.iter().map(|action| action.as_ref().to_owned()).collect()),
            ..Default::default()
        }
    }
}

impl From<UserRepresentation> for Account {
    fn from(user: UserRepresentation) -> Self {
        let mut attributes = user.attributes.unwrap_or_default();
        let nickname = attributes.remove(NICKNAME).map(|values| Nickname::of(user.email.as_deref(), values));
        let email: Option<Arc<str>> = user.email.map(Into::into);
        let username = match (user.username, &email) {
            // The same text is held once.
            (Some(name), Some(email)) if *name == **email => Some(Arc::clone(email)),
            (name, _) => name.map(Into::into),
        };
        let actions = user.required_actions.unwrap_or_default();
        Self {
            username,
            email,
            enabled: user.enabled,
            email_verified: user.email_verified,
            first_name: user.first_name.map(Into::into),
            last_name: user.last_name.map(Into::into),
            nickname,
            attributes: attributes.into_iter().map(|(name, values)| (name.into(), values.into())).collect(),
            required_actions: Some(actions.into_iter().map(Into::into).collect()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_email_without_a_letter_that_gitea_takes_gives_no_nickname() {
        let account =
            Account {
                email: Some("日本@例え.テスト".into()), nickname: Some(Nickname::OfEmail), ..Account::default()
            };
        assert_eq!(account.representation().attributes, Some(BTreeMap::from([(NICKNAME.to_owned(), vec![])])));
    }

    #[test]
    fn what_is_not_held_of_a_nickname_comes_back() {
        for (email, nickname) in [
            (Some("ada@example.com"), vec!["ada-example-com".to_owned()]),
            (Some("ada@example.com"), vec!["ada".to_owned()]),
            (Some("ada@example.com"), vec!["ada-example-com".to_owned(), "ada".to_owned()]),
            (Some("ada@example.com"), vec![]),
            (None, vec!["".to_owned()]),
        ] {
            let attributes = BTreeMap::from([(NICKNAME.to_owned(), nickname), ("city".to_owned(), vec![])]);
            let email = email.map(str::to_owned);
            let user = UserRepresentation { email, attributes: Some(attributes), ..Default::default() };
            assert_eq!(Account::from(user.clone()).representation().attributes, user.attributes);
        }
    }
}
