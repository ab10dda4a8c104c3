//! The sandbox Keycloak: its handle, and what stands between HTTP and its state.

mod access;
mod answer;
mod authentication;
mod body;
mod claims;
mod client_changes;
mod clients;
mod components;
mod context;
mod credentials;
mod events;
mod federated_identities;
mod grants;
mod groups;
mod ids;
mod imports;
mod mappers;
mod older;
mod options;
mod paging;
mod provider_types;
mod providers;
mod public;
mod realm_changes;
mod realms;
mod representations;
mod request;
mod role_mappings;
mod roles;
mod scope_mappings;
mod scopes;
mod snapshot;
mod state;
mod tokens;
mod user_changes;
mod user_profile;
mod users;
mod world;

pub use options::{Options, Paths, Version};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Response, header};
use secrecy::SecretString;
use serde_json::Value;
use std::fmt;

use crate::faults::Fault;
use crate::host::{self, Host, StartError};
use crate::request_log::{Kind, Logged};
use crate::server::{Call, Outgoing};
use answer::{Answer, Content};
use request::Request;
use world::World;

/// A sandbox Keycloak that runs on a thread of its own until it is dropped.
pub struct Keycloak {
    host: Host<World>,
    admin: (String, SecretString),
}

impl Keycloak {
    /// Starts a server that knows nothing but its administrator, on a free port of loopback.
    ///
    /// # Errors
    /// When there is no port or no thread to be had.
    pub fn start(options: &Options) -> Result<Self, StartError> {
        let host = Host::start("sandbox-keycloak", |url| World::new(url.to_owned(), options))?;
        let admin = (options.admin_user().to_owned(), options.admin_password().clone());
        Ok(Self { host, admin })
    }

    /// The base URL, `http://127.0.0.1:<port>`, without a slash at the end.
    #[must_use]
    pub fn url(&self) -> &str {
        self.host.url()
    }

    /// Every request since the start or the last reset, oldest first; at most 200,000.
    #[must_use]
    pub fn requests(&self) -> Vec<Logged> {
        self.host.log().entries()
    }

    /// Forgets the log and its counts.
    pub fn reset_log(&self) {
        self.host.log().reset();
    }

    /// How many requests wrote objects, or tried to; logins are not among them.
    #[must_use]
    pub fn writes(&self) -> usize {
        self.host.log().count(Kind::Write)
    }

    /// How many requests read.
    #[must_use]
    pub fn reads(&self) -> usize {
        self.host.log().count(Kind::Read)
    }

    /// How many requests logged in, refreshed or logged out.
    #[must_use]
    pub fn tokens(&self) -> usize {
        self.host.log().count(Kind::Token)
    }

    /// Adds a fault to those that wait for their requests.
    pub fn inject(&self, fault: Fault) {
        self.host.faults().inject(fault);
    }

    /// Takes all faults back that have not struck.
    pub fn clear_faults(&self) {
        self.host.faults().clear();
    }

    /// A token of the administrator, as a login through `admin-cli` would give, without a request in the log.
    ///
    /// # Errors
    /// When the administrator was removed, disabled, or given another password.
    #[expect(clippy::disallowed_methods, reason = "logs the administrator in with the password that the caller gave")]
    pub fn admin_token(&self) -> Result<SecretString, StartError> {
        use secrecy::ExposeSecret as _;
        let encode = context::field;
        let form = format!(
            "grant_type=password&client_id=admin-cli&username={}&password={}",
            encode(&self.admin.0),
            encode(self.admin.1.expose_secret()),
        );
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
        let path = "/realms/master/protocol/openid-connect/token";
        let request = Request::new(Method::POST, path, None, headers, Bytes::from(form), Paths::default());
        let answer = request.map_or_else(|failure| failure, |request| self.host.world().answer(&request));
        match &answer.content {
            Content::PlainJson(body) => body["access_token"].as_str().map(SecretString::from),
            _ => None,
        }
        .ok_or(StartError::NoAdministrator)
    }

    /// The next realm that is made is seen by nobody before so many have looked for it.
    pub fn make_next_realm_slowly(&self, looks: usize) {
        self.host.world().unborn = Some(world::Unborn { name: String::new(), looks });
    }

    /// Puts a second mapper of the same name into a client scope, as creates that meet do (server-behaviour 2.9). Says whether there
    /// was a first.
    pub fn double_mapper(&self, realm: &str, scope: &str, mapper: &str) -> bool {
        let mut world = self.host.world();
        let Some(realm) = world.realm_mut(realm) else { return false };
        let Some(id) = realm.scopes.named(scope).map(|scope| scope.id.clone()) else { return false };
        realm.scopes.get_mut(id.as_str()).is_some_and(|scope| mappers::double(&mut scope.mappers, mapper))
    }

    /// All state as one sorted value, ids included: realms by name, and in each the objects by name. Passwords appear as the
    /// id of their credential; the secrets of clients, providers and SMTP as themselves, also where a GET shows a mask, so
    /// that a test sees what is really stored. Sessions do not appear.
    #[must_use]
    pub fn snapshot(&self) -> Value {
        snapshot::of(&self.host.world())
    }
}

/// Shows the address only: the state holds secrets.
impl fmt::Debug for Keycloak {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Keycloak").field("url", &self.url()).finish_non_exhaustive()
    }
}

impl host::World for World {
    fn kind(method: &Method, path: &str) -> Kind {
        if matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS) {
            Kind::Read
        } else if path.starts_with("/realms/") {
            Kind::Token
        } else {
            Kind::Write
        }
    }

    fn answer(&mut self, call: Call) -> Response<Outgoing> {
        let Call { method, uri, headers, body } = call;
        let request = Request::new(method, uri.path(), uri.query(), headers, body, self.paths);
        response(request.map_or_else(|failure| failure, |request| Self::answer(self, &request.to(self.version))))
            .map(Outgoing::from)
    }

    fn kill_token(&mut self, headers: &HeaderMap) {
        let value = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        if let Some((_, token)) = value.and_then(|value| value.split_once(' ')) {
            self.tokens.kill(token.trim());
        }
    }
}

fn response(answer: Answer) -> Response<Bytes> {
    let (kind, body) = match &answer.content {
        Content::Empty => (None, Bytes::new()),
        Content::Typed(kind) => (Some(*kind), Bytes::new()),
        Content::Json(value) => (Some("application/json;charset=UTF-8"), Bytes::from(value.to_string())),
        Content::PlainJson(value) => (Some("application/json"), Bytes::from(value.to_string())),
        Content::RouterJson(value) => (Some("application/json; charset=UTF-8"), Bytes::from(value.to_string())),
        Content::Html(page) => (Some("text/html;charset=utf-8"), Bytes::from_static(page.as_bytes())),
    };
    let mut response = Response::new(body);
    *response.status_mut() = answer.status;
    if let Some(kind) = kind {
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    }
    if let Some(challenge) = answer.challenge.and_then(|challenge| HeaderValue::from_str(&challenge).ok()) {
        response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
    }
    if let Some(location) = answer.location.and_then(|location| HeaderValue::from_str(&location).ok()) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    response
}
