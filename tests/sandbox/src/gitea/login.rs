//! Who asks, and who is let in (server-behaviour 3.1).

use http::StatusCode;
use secrecy::{ExposeSecret, SecretString};

use super::accounts::Person;
use super::answer::Answer;
use super::options::GiteaVersion;
use super::request::Request;
use super::scopes;
use super::world::World;

/// Who asks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum Identity {
    #[default]
    Nobody,
    /// A user by password.
    Password(i64),
    /// A user by an access token with these scopes.
    Token(i64, Vec<String>),
}

impl Identity {
    /// The number of the user.
    pub(crate) fn user(&self) -> Option<i64> {
        match self {
            Self::Nobody => None,
            Self::Password(id) | Self::Token(id, _) => Some(*id),
        }
    }

    fn acting_as(self, user: i64) -> Self {
        match self {
            Self::Nobody => Self::Nobody,
            Self::Password(_) => Self::Password(user),
            Self::Token(_, scopes) => Self::Token(user, scopes),
        }
    }
}

/// Whether two secrets are the same.
pub(crate) fn same(stored: &SecretString, given: &str) -> bool {
    #[expect(clippy::disallowed_methods, reason = "a stand-in compares what it was given")]
    let stored = stored.expose_secret();
    stored == given
}

impl World {
    /// Looks at the credentials, and at whether the account may use the API.
    pub(crate) fn log_in(&self, request: &Request) -> Result<Identity, Answer> {
        let found = match request.authorization() {
            Some((scheme, token)) if matches!(scheme.as_str(), "token" | "bearer") => self.by_token(token)?,
            Some(_) => self.by_password(request)?,
            None => match request.parameter("token").or_else(|| request.parameter("access_token")) {
                Some(token) => self.by_token(token)?,
                None => return Ok(Identity::Nobody),
            },
        };
        self.check_account_state(&found)?;
        let found = self.sudo(request, found)?;
        if let Identity::Token(_, granted) = &found {
            scopes::check(request, granted)?;
        }
        Ok(found)
    }

    /// Whether a password logs in, were the API asked now.
    pub(crate) fn lets_in(&self, name: &str, password: &str) -> bool {
        let Some((account, person)) = self.person_named(name) else { return false };
        let identity = Identity::Password(account.id);
        same(&person.password, password) && !person.prohibit_login && self.check_account_state(&identity).is_ok()
    }

    fn by_token(&self, token: &str) -> Result<Identity, Answer> {
        self.identity_of(token).ok_or_else(|| self.no_such_user(""))
    }

    fn identity_of(&self, token: &str) -> Option<Identity> {
        let found = self.tokens.all().find(|known| same(&known.value, token))?;
        Some(Identity::Token(found.user, found.scopes.clone()))
    }

    fn by_password(&self, request: &Request) -> Result<Identity, Answer> {
        let (name, password) = request.basic().unwrap_or_default();
        // a token may stand in the place of either
        let token = if password.is_empty() || password == "x-oauth-basic" { &name } else { &password };
        if let Some(identity) = self.identity_of(token) {
            return Ok(identity);
        }
        let Some((account, person)) = self.person_named(&name) else { return Err(self.no_such_user(&name)) };
        let who = format!("[uid: {}, name: {}]", account.id, account.name);
        if !same(&person.password, &password) {
            let message = format!("user's password is invalid {who}");
            return Err(Answer::refused(StatusCode::UNAUTHORIZED, message));
        }
        if person.prohibit_login {
            return Err(Answer::refused(StatusCode::UNAUTHORIZED, format!("user is not allowed login {who}")));
        }
        Ok(Identity::Password(account.id))
    }

    fn no_such_user(&self, name: &str) -> Answer {
        let key = if self.version == GiteaVersion::Gitea122 { ", keyid: 0" } else { "" };
        Answer::refused(StatusCode::UNAUTHORIZED, format!("user does not exist [uid: 0, name: {name}{key}]"))
    }

    /// What an account has to do before the API is open to it.
    fn check_account_state(&self, who: &Identity) -> Result<(), Answer> {
        let person = who.user().and_then(|id| self.person(id));
        match person {
            Some(Person { active: false, .. } | Person { prohibit_login: true, .. }) => {
                let message = "This account is prohibited from signing in, please contact your site administrator.";
                Err(Answer::words(StatusCode::FORBIDDEN, message))
            }
            Some(Person { must_change_password: true, .. }) => {
                // two slashes, as the server writes them
                let place = format!("{}//user/change_password", self.base);
                let message = format!("You must change your password. Change it at: {place}");
                Err(Answer::words(StatusCode::FORBIDDEN, message))
            }
            _ => Ok(()),
        }
    }

    /// An administrator may act as any user.
    fn sudo(&self, request: &Request, who: Identity) -> Result<Identity, Answer> {
        let Some(name) = request.header("sudo").or_else(|| request.parameter("sudo")) else { return Ok(who) };
        if !self.is_administrator(&who) {
            return Err(Answer::words(StatusCode::FORBIDDEN, "Only administrators allowed to sudo."));
        }
        let (account, _) = self.person_named(name).ok_or_else(Answer::absent)?;
        Ok(who.acting_as(account.id))
    }
}
