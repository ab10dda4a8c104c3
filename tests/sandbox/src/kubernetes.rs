//! The sandbox Kubernetes: its handle, and what stands between HTTP and its state.

mod access;
mod answer;
mod body;
mod bootstrap;
mod controllers;
mod crowd;
mod delete;
mod invalid;
mod json;
mod kinds;
mod list;
mod options;
mod ownership;
mod parts;
mod patches;
mod paths;
mod registry;
mod request;
mod reviews;
mod schema;
mod selectors;
mod store;
mod time;
mod tokens;
mod views;
mod watch;
mod world;
mod write;

pub use options::{Image, KubernetesOptions};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode, header};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};
use std::fmt;
use std::sync::{Arc, MutexGuard};
use std::time::Duration;

use crate::clock::Clock;
use crate::faults::Fault;
use crate::host::{self, Asked, Host, Look, StartError};
use crate::request_log::{Caller, Kind, Logged};
use crate::server::{Call, Outgoing};
use answer::{Answer, Content};
use registry::StoreKey;
use request::Request;
use store::Key;
use tokens::{SERVER, Wanted};
use world::World;

/// A sandbox Kubernetes that runs on a thread of its own until it is dropped.
pub struct Kubernetes {
    host: Host<World>,
    token: SecretString,
}

impl Kubernetes {
    /// Starts a fresh cluster on a free port of loopback.
    ///
    /// # Errors
    /// When there is no port or no thread to be had.
    pub fn start(options: &KubernetesOptions) -> Result<Self, StartError> {
        let host = Host::start("sandbox-kubernetes", |url| World::new(url.to_owned(), options))?;
        Ok(Self { host, token: options.admin_token().clone() })
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

    /// How many requests wrote objects, or tried to; reviews and tokens are not among them.
    #[must_use]
    pub fn writes(&self) -> usize {
        self.host.log().count(Kind::Write)
    }

    /// How many requests read, or asked what they may do.
    #[must_use]
    pub fn reads(&self) -> usize {
        self.host.log().count(Kind::Read)
    }

    /// How many requests asked for tokens of service accounts.
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

    /// The administrator's token, as it was given.
    #[must_use]
    pub fn admin_token(&self) -> &SecretString {
        &self.token
    }

    /// A kubeconfig of the administrator, for files and environment variables that tests hand to programs.
    #[must_use]
    pub fn kubeconfig(&self) -> String {
        self.kubeconfig_with(&self.token)
    }

    /// A kubeconfig with another token, such as one of [`Self::service_account`].
    #[must_use]
    pub fn kubeconfig_with(&self, token: &SecretString) -> String {
        Self::kubeconfig_of(self.url(), token)
    }

    /// A kubeconfig for a server at any address, such as a proxy before this one.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "a kubeconfig holds its token in clear")]
    pub fn kubeconfig_of(url: &str, token: &SecretString) -> String {
        let config = json!({
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "sandbox", "cluster": {"server": url}}],
            "users": [{"name": "sandbox", "user": {"token": token.expose_secret()}}],
            "contexts": [{"name": "sandbox", "context": {"cluster": "sandbox", "user": "sandbox", "namespace": "default"}}],
            "current-context": "sandbox",
        });
        config.to_string()
    }

    /// Makes a namespace, as far as it is missing.
    pub fn add_namespace(&self, name: &str) {
        let mut world = self.host.world();
        if world.namespace(name).is_none() {
            let labels = json!({"kubernetes.io/metadata.name": name});
            let spec = json!({"finalizers": ["kubernetes"]});
            let namespace = json!({"metadata": {"labels": labels}, "spec": spec, "status": {"phase": "Active"}});
            bootstrap::put(&mut world, "", "namespaces", "", name, namespace);
        }
        self.settle(world);
    }

    /// Makes a service account, as far as it is missing, and gives a token of it that lives for a day. It may do nothing yet.
    #[must_use]
    pub fn service_account(&self, namespace: &str, name: &str) -> SecretString {
        self.add_namespace(namespace);
        let mut world = self.host.world();
        if world.look("", "serviceaccounts", namespace, name).is_none() {
            bootstrap::put(&mut world, "", "serviceaccounts", namespace, name, json!({"metadata": {}}));
        }
        let uid = world.look("", "serviceaccounts", namespace, name).map(|account| account.metadata("uid").to_owned());
        let (now, lifetime) = (world.clock.now(), Duration::from_secs(24 * 3600));
        let wanted = Wanted { audiences: &json!([SERVER]), now, lifetime };
        let token = world.tokens.issue(namespace, name, &uid.unwrap_or_default(), &wanted);
        self.settle(world);
        token.into()
    }

    /// Lets a service account do what the rules say, in one namespace or, without one, in the whole cluster. Rules have the
    /// form that a Role has: `{"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"]}`. Rules granted before stay.
    pub fn grant(&self, account: (&str, &str), namespace: Option<&str>, rules: &[Value]) {
        const GROUP: &str = "rbac.authorization.k8s.io";
        let mut world = self.host.world();
        let place = namespace.unwrap_or_default();
        let (roles, bindings, kind) = match namespace {
            Some(_) => ("roles", "rolebindings", "Role"),
            None => ("clusterroles", "clusterrolebindings", "ClusterRole"),
        };
        let name = format!("{}-{}-{}", account.0, account.1, world.store.revision());
        let subjects = json!([{"kind": "ServiceAccount", "namespace": account.0, "name": account.1}]);
        let role_ref = json!({"apiGroup": GROUP, "kind": kind, "name": name});
        bootstrap::put(&mut world, GROUP, roles, place, &name, json!({"metadata": {}, "rules": rules}));
        let binding = json!({"metadata": {}, "subjects": subjects, "roleRef": role_ref});
        bootstrap::put(&mut world, GROUP, bindings, place, &name, binding);
        self.settle(world);
    }

    /// Takes back all that [`Self::grant`] gave a service account.
    pub fn revoke(&self, account: (&str, &str)) {
        const GROUP: &str = "rbac.authorization.k8s.io";
        let mut world = self.host.world();
        let prefix = format!("{}-{}-", account.0, account.1);
        for plural in ["rolebindings", "clusterrolebindings", "roles", "clusterroles"] {
            let shelf = StoreKey::new(GROUP, plural);
            let granted: Vec<Key> = world
                .store
                .list(&shelf, None)
                .filter(|(key, _)| key.name.strip_prefix(&prefix).is_some_and(|rest| rest.parse::<u64>().is_ok()))
                .map(|(key, _)| key.clone())
                .collect();
            for key in granted {
                world.store.remove(&shelf, &key);
            }
        }
        self.settle(world);
    }

    /// Sets the status of an object, as its controller would, and tells those who watch. `resource` is its plural, with its group
    /// where it has one: `pods`, `jobs.batch`. False: there is no such object.
    pub fn set_status(&self, resource: &str, namespace: &str, name: &str, status: Value) -> bool {
        let mut world = self.host.world();
        let (plural, group) = resource.split_once('.').unwrap_or((resource, ""));
        let (shelf, key) = (StoreKey::new(group, plural), Key::new(namespace, name));
        let Some(object) = world.store.get(&shelf, &key) else { return false };
        let mut value = object.value.clone();
        value["status"] = status;
        world.store.put(&shelf, key, value);
        self.settle(world);
        true
    }

    /// Puts an object there as it is, as its own controller would: nothing of it is checked, and no field manager owns its
    /// fields. It gets a name, and a uid and a time unless it is there already. `resource` is its plural, with its group where it has one: `jobs.batch`.
    pub fn insert(&self, resource: &str, namespace: &str, name: &str, object: Value) {
        let mut world = self.host.world();
        let (plural, group) = resource.split_once('.').unwrap_or((resource, ""));
        bootstrap::put(&mut world, group, plural, namespace, name, object);
        self.settle(world);
    }

    /// An object as it is stored, without kind and version.
    #[must_use]
    pub fn object(&self, resource: &str, namespace: &str, name: &str) -> Option<Value> {
        let (plural, group) = resource.split_once('.').unwrap_or((resource, ""));
        self.host.world().look(group, plural, namespace, name).map(|object| object.value.clone())
    }

    /// Takes an object away at once, whatever holds it. False: there was none.
    pub fn remove(&self, resource: &str, namespace: &str, name: &str) -> bool {
        let (plural, group) = resource.split_once('.').unwrap_or((resource, ""));
        let mut world = self.host.world();
        let gone = world.store.remove(&StoreKey::new(group, plural), &Key::new(namespace, name)).is_some();
        self.settle(world);
        gone
    }

    /// Lets nothing happen by itself any more: no default account appears, no namespace ends.
    pub fn pause_controllers(&self) {
        self.host.world().controllers.pause();
    }

    /// Lets controllers work again, and catches up at once.
    pub fn resume_controllers(&self) {
        let mut world = self.host.world();
        world.controllers.resume();
        self.settle(world);
    }

    /// Lets paused controllers do one thing. False: there was nothing to do.
    pub fn step_controllers(&self) -> bool {
        let mut world = self.host.world();
        let worked = controllers::step_once(&mut world);
        watch::publish(&mut world);
        worked
    }

    /// How many requests are under way, where [`KubernetesOptions::at_most`] counts them.
    #[must_use]
    pub fn under_way(&self) -> usize {
        self.host.world().crowd.size()
    }

    /// Compacts the store and ends all watches, as hours and a new start do: what is older can be neither listed nor watched.
    pub fn lose_history(&self) {
        let mut world = self.host.world();
        let revision = world.store.revision();
        world.store.compact(revision);
        watch::end_all(&mut world);
    }

    /// Ends all watches, as a server does that goes away for a moment.
    pub fn end_watches(&self) {
        watch::end_all(&mut self.host.world());
    }

    /// All state as one sorted value: by resource (`secrets`, `jobs.batch`), and in it by `namespace/name`. Secrets appear as
    /// they are stored.
    #[must_use]
    pub fn snapshot(&self) -> Value {
        self.host.world().snapshot()
    }

    /// The Secrets, from elsewhere.
    pub(crate) fn secrets(&self) -> Secrets {
        Secrets(self.host.look())
    }

    /// Has this called after each request that was handled.
    pub(crate) fn after_each(&self, call: impl Fn() + Send + Sync + 'static) -> bool {
        self.host.after_each(call)
    }

    fn settle(&self, mut world: MutexGuard<'_, World>) {
        world.settle();
        drop(world);
        self.host.has_changed();
    }
}

/// The Secrets of a sandbox Kubernetes.
pub(crate) struct Secrets(Look<World>);

impl Secrets {
    /// `namespace/name` and data of each; none once the server has stopped.
    pub(crate) fn all(&self) -> Vec<(String, Value)> {
        let read = |world: &World| {
            let shelf = StoreKey::new("", "secrets");
            let all = world.store.list(&shelf, None);
            all.map(|(key, secret)| (format!("{}/{}", key.namespace, key.name), secret.value["data"].clone())).collect()
        };
        self.0.at(read).unwrap_or_default()
    }
}

/// Shows the address only: the state holds secrets.
impl fmt::Debug for Kubernetes {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Kubernetes").field("url", &self.url()).finish_non_exhaustive()
    }
}

impl host::World for World {
    fn kind(method: &Method, path: &str) -> Kind {
        if matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS) || path.ends_with("reviews") {
            Kind::Read
        } else if path.contains("/serviceaccounts/") && path.ends_with("/token") {
            Kind::Token
        } else {
            Kind::Write
        }
    }

    fn answer(&mut self, call: Call) -> Response<Outgoing> {
        let Call { method, uri, headers, body } = call;
        let request = Request::new(method, uri.path(), uri.query().unwrap_or_default(), headers, body);
        let caller = match self.tokens.user(self, &request) {
            None => Caller::Refused(String::new()),
            Some(user) if user.credential.is_none() && !user.is_master() => Caller::Nobody,
            Some(user) => Caller::User(user.name),
        };
        let mut response = response(Self::answer(self, &request));
        response.extensions_mut().insert(Asked { caller, cost: Duration::ZERO });
        response
    }

    fn kill_token(&mut self, headers: &HeaderMap) {
        let value = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        if let Some((_, token)) = value.and_then(|value| value.split_once(' ')) {
            self.tokens.kill(token.trim());
        }
    }

    fn next_due(&self) -> Option<(Arc<dyn Clock>, i64)> {
        Some((Arc::clone(&self.clock), Self::next_due(self)?))
    }

    fn pass_time(&mut self) {
        Self::pass_time(self);
    }
}

fn response(answer: Answer) -> Response<Outgoing> {
    let body = match answer.content {
        Content::Whole(body) => Outgoing::whole(Bytes::from(body)),
        Content::Lines(lines) => Outgoing::lines(lines),
    };
    let body = match answer.permit {
        Some(permit) => body.holding(permit),
        None => body,
    };
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    if !answer.content_type.is_empty() {
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(answer.content_type));
    }
    for warning in answer.warnings {
        let text = warning.replace('\\', "\\\\").replace('"', "\\\"");
        if let Ok(value) = HeaderValue::from_str(&format!("299 - \"{text}\"")) {
            headers.append(header::WARNING, value);
        }
    }
    for (name, value) in answer.headers {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    }
    response
}
