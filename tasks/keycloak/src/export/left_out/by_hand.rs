//! What values have no word for: whoever moves a realm makes it by hand.

use std::fmt;

use super::quoted;

/// Something that values cannot declare.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::export) enum ByHand {
    /// What is changed in a client that nobody may change.
    ProtectedClient { client: String },
    /// What a client's authorization services decide by.
    Authorization { client: String },
    /// A secret that serves nobody.
    SecretOfBearer { client: String },
    /// The other name of the role that every user has.
    DefaultRole { role: String },
    /// A flow that somebody made.
    Flow { flow: String },
    /// What somebody changed in a flow that comes with every realm.
    BuiltInFlow { flow: String },
    /// What users come from.
    Federation { name: String, provider: String },
    /// With what a realm signs and encrypts.
    Keys { name: String, provider: String },
    /// Who may register clients by themselves.
    RegistrationPolicy { name: String, of_whom: String },
    /// A component of another kind.
    Component { name: String, provider: String },
    /// Texts in these languages.
    Texts { locales: Vec<String> },
    /// Rules for the configuration of clients.
    ClientProfiles { names: Vec<String> },
    /// When such rules hold.
    ClientPolicies { names: Vec<String> },
    /// Organisations of the realm.
    Organisations,
    /// That a provider belongs to one.
    OrganisationOfProvider { provider: String },
    /// Tokens of before a moment, in seconds since 1970.
    RevokedTokens { before: i32 },
}

impl fmt::Display for ByHand {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ProtectedClient { client } => {
                write!(formatter, "changes to client `{client}`, which keycloak lets nobody make")
            }
            Self::Authorization { client } => {
                write!(formatter, "resources, policies and permissions of client `{client}`")
            }
            Self::SecretOfBearer { client } => {
                write!(formatter, "the secret of client `{client}`, which is for bearers only")
            }
            Self::DefaultRole { role } => {
                write!(formatter, "the name of the role that every user has, `{role}`: another realm has its own")
            }
            Self::Flow { flow } => {
                write!(formatter, "authentication flow `{flow}`: on another server, make it before what is bound to it")
            }
            Self::BuiltInFlow { flow } => {
                write!(formatter, "what differs from a fresh realm in authentication flow `{flow}`")
            }
            Self::Federation { name, provider } => {
                write!(formatter, "user federation `{name}` ({provider}) with its settings and mappers")
            }
            Self::Keys { name, provider } => {
                write!(formatter, "keys `{name}` ({provider}): another realm signs with its own")
            }
            Self::RegistrationPolicy { name, of_whom } => {
                write!(formatter, "client registration policy `{name}` for {of_whom} requests")
            }
            Self::Component { name, provider } => write!(formatter, "component `{name}` ({provider})"),
            Self::Texts { locales } => write!(formatter, "texts of the realm in {}", quoted(locales)),
            Self::ClientProfiles { names } => write!(formatter, "client profiles {}", quoted(names)),
            Self::ClientPolicies { names } => write!(formatter, "client policies {}", quoted(names)),
            Self::Organisations => {
                formatter.write_str("organisations with their members, domains and identity providers")
            }
            Self::OrganisationOfProvider { provider } => {
                write!(formatter, "the organisation of identity provider `{provider}`")
            }
            Self::RevokedTokens { before } => {
                write!(formatter, "that tokens of before {before} (seconds since 1970) are revoked")
            }
        }
    }
}
