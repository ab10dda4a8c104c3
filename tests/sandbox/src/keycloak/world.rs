//! The whole server: its realms, its tokens, and the way from a request to an answer.

use http::Method;
use serde_json::json;
use std::sync::Arc;

use super::answer::{Answer, Reply};
use super::ids::uuid;
use super::options::{Options, Paths, Version};
use super::request::Request;
use super::state::Realm;
use super::state::fresh::{self, ADMIN, MASTER};
use super::state::roles::Owner;
use super::state::users::{Password, User};
use super::tokens::Tokens;
use super::{older, public, realms};
use crate::clock::Clock;

/// The server's state.
#[derive(Debug)]
pub(crate) struct World {
    /// `http://127.0.0.1:<port>`.
    pub(crate) base: String,
    pub(crate) realms: Vec<Realm>,
    pub(crate) tokens: Tokens,
    pub(crate) version: Version,
    release: &'static str,
    /// A realm that a request is still making.
    pub(crate) unborn: Option<Unborn>,
    pub(crate) paths: Paths,
    clock: Arc<dyn Clock>,
}

/// A realm that is not seen before so many have looked for it: the request that makes it is not at its end (seen on 26.7.3 and 26.0.7).
#[derive(Debug)]
pub(crate) struct Unborn {
    /// Empty before there is such a request.
    pub(crate) name: String,
    pub(crate) looks: usize,
}

impl World {
    /// Whether somebody looks for a realm that is still being made.
    pub(crate) fn is_unborn(&mut self, name: &str) -> bool {
        let Some(unborn) = self.unborn.as_mut().filter(|unborn| unborn.name == name) else { return false };
        unborn.looks = unborn.looks.saturating_sub(1);
        if unborn.looks == 0 {
            self.unborn = None;
        }
        true
    }

    /// A server that knows nothing but its administrator.
    pub(crate) fn new(base: String, options: &Options) -> Self {
        let clock = options.clock();
        let mut master = fresh::realm(&uuid(), MASTER, true);
        fresh::realm_client(&mut master, MASTER);
        let mut admin = User::new(&options.admin_user().to_lowercase(), clock.now());
        admin.enabled = true;
        admin.attributes.insert("is_temporary_admin".to_owned(), vec!["true".to_owned()]);
        admin.password = Some(Password::secret(options.admin_password().clone(), clock.now()));
        admin.roles.insert(master.default_role.clone());
        admin.roles.extend(master.roles.named(&Owner::Realm, ADMIN).map(|role| role.id.clone()));
        master.users.store(admin);
        Self {
            base,
            realms: vec![master],
            tokens: Tokens::new(options),
            version: options.version(),
            release: options.release(),
            unborn: None,
            paths: options.paths(),
            clock,
        }
    }

    /// Milliseconds since 1970.
    pub(crate) fn now(&self) -> i64 {
        self.clock.now()
    }

    pub(crate) fn realm(&self, name: &str) -> Option<&Realm> {
        self.realms.iter().find(|realm| realm.name == name)
    }

    pub(crate) fn realm_mut(&mut self, name: &str) -> Option<&mut Realm> {
        self.realms.iter_mut().find(|realm| realm.name == name)
    }

    pub(crate) fn realm_by_id(&self, id: &str) -> Option<&Realm> {
        self.realms.iter().find(|realm| realm.id == id)
    }

    /// Answers a request.
    pub(crate) fn answer(&mut self, request: &Request) -> Answer {
        self.reply(request).unwrap_or_else(|failure| failure)
    }

    fn reply(&mut self, request: &Request) -> Reply {
        let segments: Vec<&str> = request.segments.iter().map(String::as_str).collect();
        match segments.as_slice() {
            ["realms", realm, rest @ ..] => public::answer(self, request, realm, rest),
            ["admin", "realms", rest @ ..] => realms::answer(self, request, rest),
            ["admin", "serverinfo"] if request.method == Method::GET => {
                let caller = self.caller(request)?;
                let actions = fresh::actions().into_iter().filter_map(|action| {
                    let provider = &action["providerId"];
                    let name = provider.as_str().filter(|_| older::has_action(self.version, provider))?;
                    Some((name.to_owned(), json!({ "order": 0 })))
                });
                let actions: serde_json::Map<String, serde_json::Value> = actions.collect();
                let mut info =
                    json!({ "providers": { "required-action": { "internal": true, "providers": actions } } });
                // 26.7 shows the version to who may do everything in a realm only
                if self.shows_version(&caller) {
                    info["systemInfo"] = json!({ "version": self.release });
                }
                Ok(Answer::found(info))
            }
            ["admin", ..] if request.method == Method::GET => Err(Answer::wrong_method()),
            _ => Err(Answer::not_found("Unable to find matching target resource method")),
        }
    }
}
