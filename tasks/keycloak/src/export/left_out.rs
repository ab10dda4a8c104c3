//! What an export leaves out, and why: the one list of it. Whatever values get a word for leaves this list.

mod by_hand;

use std::{collections::BTreeSet, fmt};

use evenkeel_core::object::ObjectId;
use evenkeel_transport::Unaddressable;

pub(super) use by_hand::ByHand;

/// Something that is there and not in the values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum LeftOut {
    /// An object of this kind, with a name that no address can carry.
    Unnameable { kind: String, name: String, why: Unaddressable },
    /// A list with such a name. A declared list is the whole list, so that it is left out as a whole.
    ListOfUnnameable { list: String, name: String, why: Unaddressable },
    /// A group with everything below it, with such a name, or one with a `/`.
    Group { path: String, why: String },
    /// The groups that new users join, one of which has such a name.
    DefaultGroups { path: String },
    /// One more mapper of a name in an owner.
    SecondMapper { mapper: String, owner: ObjectId },
    /// What values have no word for.
    ByHand(ByHand),
    /// A user whom values cannot name.
    User { user: String, why: &'static str },
    /// An attribute that may be a secret.
    SecretAttribute { user: String, attribute: String },
    /// What so many users have.
    OfUsers { what: OfUsers, count: usize },
    /// An object of a fresh realm that is not there.
    Absent { kind: String, name: String },
    /// What the objects of a fresh realm have, and these do not.
    AbsentField { field: String, kind: String, names: BTreeSet<String> },
}

/// What users have beside that for which values have a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OfUsers {
    Credentials,
    Federation,
    RequiredActions,
    WithoutDefaultRole,
}

impl fmt::Display for OfUsers {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Credentials => "passwords and other credentials of users, which keycloak does not show",
            Self::Federation => "that users come from a user federation",
            Self::RequiredActions => "what users have to do at their next login",
            Self::WithoutDefaultRole => "that users have not the role of every user",
        })
    }
}

impl From<ByHand> for LeftOut {
    fn from(by_hand: ByHand) -> Self {
        Self::ByHand(by_hand)
    }
}

impl fmt::Display for LeftOut {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unnameable { kind, name, why } => {
                write!(formatter, "{kind} {name:?}, which values cannot name: {why}")
            }
            Self::ListOfUnnameable { list, name, why } => {
                write!(formatter, "{list}, as values cannot name one of them: {name:?}, because {why}")
            }
            Self::Group { path, why } => {
                write!(formatter, "group {path:?} with everything below it, which values cannot name: {why}")
            }
            Self::DefaultGroups { path } => {
                write!(formatter, "`defaultGroups` of the realm, as values cannot name one of them: {path:?}")
            }
            Self::SecondMapper { mapper, owner } => {
                write!(formatter, "a second mapper called `{mapper}` in `{owner}`, which values cannot tell apart")
            }
            Self::User { user, why } => write!(formatter, "user `{user}`, {why}"),
            Self::SecretAttribute { user, attribute } => {
                write!(formatter, "attribute `{attribute}` of user `{user}`, which is by its name a secret")
            }
            Self::OfUsers { what, count } => write!(formatter, "{what} ({count})"),
            Self::Absent { kind, name } => write!(formatter, "that a fresh realm's {kind} `{name}` is not there"),
            Self::AbsentField { field, kind, names } => {
                write!(formatter, "that `{field}` of a fresh realm's {kind} is not there: {}", quoted(names))
            }
            Self::ByHand(by_hand) => by_hand.fmt(formatter),
        }
    }
}

fn quoted<'a>(names: impl IntoIterator<Item = &'a String>) -> String {
    names.into_iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_says_what_it_is_and_why() {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let told = [
            LeftOut::ByHand(ByHand::Keys { name: "old".into(), provider: "rsa".into() }),
            LeftOut::ByHand(ByHand::Texts { locales: names(&["de", "en"]) }),
            LeftOut::OfUsers { what: OfUsers::RequiredActions, count: 2 },
            LeftOut::AbsentField {
                field: "config.a".into(),
                kind: "protocol mapper of `client-scope/x`".into(),
                names: names(&["m", "n"]).into_iter().collect(),
            },
        ];
        let told: Vec<String> = told.iter().map(ToString::to_string).collect();
        assert_eq!(
            told,
            [
                "keys `old` (rsa): another realm signs with its own",
                "texts of the realm in `de`, `en`",
                "what users have to do at their next login (2)",
                "that `config.a` of a fresh realm's protocol mapper of `client-scope/x` is not there: `m`, `n`",
            ]
        );
    }
}
