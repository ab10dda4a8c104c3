//! Sessions and the tokens of each (server-behaviour 2.1).

use serde_json::{Value, json};
use std::collections::HashMap;
use std::time::Duration;

use super::ids::{ClientKey, SessionId, UserId, random_word, uuid};
use super::options::Options;

/// A login: who, through which client, in which realm.
#[derive(Debug, Clone)]
pub(crate) struct Login {
    pub(crate) realm_id: String,
    pub(crate) client: ClientKey,
    pub(crate) user: UserId,
    /// Names of the scopes that were granted, those hidden from the token's `scope` among them.
    pub(crate) scopes: Vec<String>,
    /// The words of the answer's `scope`.
    pub(crate) scope: String,
    pub(crate) session: SessionId,
    /// Milliseconds since 1970.
    pub(crate) issued: i64,
    pub(crate) expires: i64,
    pub(crate) token_id: String,
    /// Without a session there is nothing to refresh: client credentials.
    pub(crate) refreshable: bool,
}

/// Every token that was given out and did not expire.
#[derive(Debug)]
pub(crate) struct Tokens {
    access: HashMap<String, Login>,
    refresh: HashMap<String, Login>,
    ended: Vec<SessionId>,
    lifetime: Option<Duration>,
    /// When expired tokens were last swept out.
    swept: i64,
}

/// Why a refresh token was refused.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum RefreshRefusal {
    Invalid,
    Ended,
}

impl Tokens {
    pub(crate) fn new(options: &Options) -> Self {
        let lifetime = options.lifetime();
        Self { access: HashMap::new(), refresh: HashMap::new(), ended: Vec::new(), lifetime, swept: 0 }
    }

    /// Gives out the tokens of a login and says so as the token end point does. Lifetimes are in seconds.
    pub(crate) fn issue(&mut self, mut login: Login, lifetime: i64, idle: i64) -> Value {
        let lifetime = self.lifetime.map_or(lifetime, |set| i64::try_from(set.as_secs()).unwrap_or(i64::MAX));
        self.sweep(login.issued);
        login.expires = login.issued.saturating_add(lifetime.saturating_mul(1000));
        let mut answer = json!({
            "access_token": token_text(),
            "expires_in": lifetime,
            "refresh_expires_in": 0,
            "token_type": "Bearer",
            "not-before-policy": 0,
            "scope": login.scope,
        });
        if login.scopes.iter().any(|scope| scope == "openid") {
            answer["id_token"] = json!(token_text());
        }
        // an offline session has no end of its own
        let offline = login.scopes.iter().any(|scope| scope == "offline_access");
        let idle = if offline { 0 } else { idle };
        if login.refreshable {
            let token = token_text();
            let mut refresh = login.clone();
            refresh.expires = if offline { i64::MAX } else { login.issued.saturating_add(idle.saturating_mul(1000)) };
            answer["refresh_expires_in"] = json!(idle);
            answer["refresh_token"] = json!(token);
            answer["session_state"] = json!(login.session.as_str());
            self.refresh.insert(token, refresh);
        }
        let token = answer["access_token"].as_str().unwrap_or_default().to_owned();
        self.access.insert(token, login);
        answer
    }

    /// The login behind a living access token.
    pub(crate) fn access(&self, token: &str, now: i64) -> Option<&Login> {
        self.access.get(token).filter(|login| now < login.expires && !self.ended.contains(&login.session))
    }

    /// The login behind a refresh token; it may be used again and again.
    pub(crate) fn refresh(&self, token: &str, now: i64) -> Result<&Login, RefreshRefusal> {
        let login = self.refresh.get(token).ok_or(RefreshRefusal::Invalid)?;
        if self.ended.contains(&login.session) {
            return Err(RefreshRefusal::Ended);
        }
        if now < login.expires { Ok(login) } else { Err(RefreshRefusal::Invalid) }
    }

    /// Ends the session of a refresh token.
    pub(crate) fn end(&mut self, refresh_token: &str) -> Option<()> {
        let session = self.refresh.get(refresh_token)?.session.clone();
        self.ended.push(session);
        Some(())
    }

    /// Lets one access token die before its time.
    pub(crate) fn kill(&mut self, token: &str) {
        self.access.remove(token);
    }

    fn sweep(&mut self, now: i64) {
        const EVERY: i64 = 60_000;
        if now - self.swept > EVERY {
            self.swept = now;
            self.access.retain(|_, login| now < login.expires);
            self.refresh.retain(|_, login| now < login.expires);
            let refresh = &self.refresh;
            self.ended.retain(|session| refresh.values().any(|login| login.session == *session));
        }
    }
}

/// A token looks like three words with dots between; nothing can be read out of it.
fn token_text() -> String {
    format!("{}.{}.{}", random_word(36), random_word(120), random_word(43))
}

/// A token's own id.
pub(crate) fn token_id() -> String {
    uuid()
}
