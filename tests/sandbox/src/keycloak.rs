//! The sandbox Keycloak: its handle, and what stands between HTTP and its state.

mod access;
mod answer;
mod body;
mod claims;
mod client_changes;
mod clients;
mod clock;
mod context;
mod credentials;
mod events;
mod grants;
mod groups;
mod ids;
mod imports;
mod mappers;
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
mod scopes;
mod snapshot;
mod state;
mod tokens;
mod user_changes;
mod user_profile;
mod users;
mod world;

pub use clock::{Clock, ManualClock, SystemClock};
pub use options::{Options, Version};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode, Uri, header};
use secrecy::SecretString;
use serde_json::Value;
use std::fmt;
use std::net::{Ipv4Addr, TcpListener};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use tokio::sync::oneshot;

use crate::faults::{Effect, Fault, Faults};
use crate::request_log::{Kind, Logged, RequestLog};
use crate::server::{self, Application, Call};
use answer::{Answer, Content};
use request::Request;
use world::World;

/// Why the sandbox did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// No port on loopback, no thread, or no runtime.
    #[error("the sandbox Keycloak cannot listen on loopback")]
    Listen(#[from] std::io::Error),
    /// The administrator cannot be logged in, so that there is no token.
    #[error("the sandbox Keycloak's administrator was removed or disabled")]
    NoAdministrator,
}

/// A sandbox Keycloak that runs on a thread of its own until it is dropped.
pub struct Keycloak {
    shared: Arc<Shared>,
    url: String,
    admin: (String, SecretString),
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Keycloak {
    /// Starts a server that knows nothing but its administrator, on a free port of loopback.
    ///
    /// # Errors
    /// When there is no port or no thread to be had.
    pub fn start(options: &Options) -> Result<Self, StartError> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        listener.set_nonblocking(true)?;
        let url = format!("http://{}", listener.local_addr()?);
        let shared = Arc::new(Shared::new(World::new(url.clone(), options)));
        let (stop, stopped) = oneshot::channel();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let application: Arc<dyn Application> = Arc::clone(&shared) as _;
        let thread = std::thread::Builder::new().name("sandbox-keycloak".to_owned()).spawn(move || {
            runtime.block_on(async {
                if let Ok(listener) = tokio::net::TcpListener::from_std(listener) {
                    server::serve(listener, application, stopped).await;
                }
            });
        })?;
        let admin = (options.admin_user().to_owned(), options.admin_password().clone());
        Ok(Self { shared, url, admin, stop: Some(stop), thread: Some(thread) })
    }

    /// The base URL, `http://127.0.0.1:<port>`, without a slash at the end.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Every request since the start or the last reset, oldest first; at most 200,000.
    #[must_use]
    pub fn requests(&self) -> Vec<Logged> {
        self.shared.log().entries()
    }

    /// Forgets the log and its counts.
    pub fn reset_log(&self) {
        self.shared.log().reset();
    }

    /// How many requests wrote objects, or tried to; logins are not among them.
    #[must_use]
    pub fn writes(&self) -> usize {
        self.shared.log().count(Kind::Write)
    }

    /// How many requests read.
    #[must_use]
    pub fn reads(&self) -> usize {
        self.shared.log().count(Kind::Read)
    }

    /// How many requests logged in, refreshed or logged out.
    #[must_use]
    pub fn tokens(&self) -> usize {
        self.shared.log().count(Kind::Token)
    }

    /// Adds a fault to those that wait for their requests.
    pub fn inject(&self, fault: Fault) {
        self.shared.faults().inject(fault);
    }

    /// Takes all faults back that have not struck.
    pub fn clear_faults(&self) {
        self.shared.faults().clear();
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
        let request = Request::new(Method::POST, path, None, headers, Bytes::from(form));
        let answer = request.map_or_else(|failure| failure, |request| self.shared.world().answer(&request));
        match &answer.content {
            Content::PlainJson(body) => body["access_token"].as_str().map(SecretString::from),
            _ => None,
        }
        .ok_or(StartError::NoAdministrator)
    }

    /// All state as one sorted value, ids included: realms by name, and in each the objects by name. Passwords appear as the
    /// id of their credential and the secrets of providers and SMTP as masks, but a client's secret as itself, as its GET
    /// shows it. Sessions do not appear.
    #[must_use]
    pub fn snapshot(&self) -> Value {
        snapshot::of(&self.shared.world())
    }
}

/// Shows the address only: the state holds secrets.
impl fmt::Debug for Keycloak {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Keycloak").field("url", &self.url).finish_non_exhaustive()
    }
}

impl Drop for Keycloak {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// What the server's thread and the handle share.
#[derive(Debug)]
struct Shared {
    world: Mutex<World>,
    log: Mutex<RequestLog>,
    faults: Mutex<Faults>,
}

impl Shared {
    fn new(world: World) -> Self {
        Self { world: Mutex::new(world), log: Mutex::default(), faults: Mutex::default() }
    }

    fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn log(&self) -> MutexGuard<'_, RequestLog> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn faults(&self) -> MutexGuard<'_, Faults> {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Application for Shared {
    fn kind(&self, method: &Method, path: &str) -> Kind {
        if matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS) {
            Kind::Read
        } else if path.starts_with("/realms/") {
            Kind::Token
        } else {
            Kind::Write
        }
    }

    fn open(&self, method: &Method, uri: &Uri, kind: Kind) -> (u64, Option<Effect>) {
        let seq = self.log().open(method, uri.path(), uri.query(), kind);
        let effect = self.faults().strike(method, uri.path(), kind);
        if effect.is_some() {
            self.log().update(seq, |entry| entry.faulted = true);
        }
        (seq, effect)
    }

    fn answer(&self, seq: u64, call: Call) -> Response<Bytes> {
        let Call { method, uri, headers, body } = call;
        let request = Request::new(method, uri.path(), uri.query(), headers, body);
        let answer = request.map_or_else(|failure| failure, |request| self.world().answer(&request));
        self.log().update(seq, |entry| {
            entry.handled = true;
            entry.status = Some(answer.status.as_u16());
        });
        response(answer)
    }

    fn kill_token(&self, headers: &HeaderMap) {
        let value = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        if let Some((_, token)) = value.and_then(|value| value.split_once(' ')) {
            self.world().tokens.kill(token.trim());
        }
    }

    fn close(&self, seq: u64, status: Option<StatusCode>) {
        self.log().update(seq, |entry| entry.status = status.map(|status| status.as_u16()));
    }
}

fn response(answer: Answer) -> Response<Bytes> {
    let (kind, body) = match &answer.content {
        Content::Empty => (None, Bytes::new()),
        Content::Typed(kind) => (Some(*kind), Bytes::new()),
        Content::Json(value) => (Some("application/json;charset=UTF-8"), Bytes::from(value.to_string())),
        Content::PlainJson(value) => (Some("application/json"), Bytes::from(value.to_string())),
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
