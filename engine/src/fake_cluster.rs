//! A cluster for the engine's own tests: Secrets and Leases with versions, in memory, over HTTP.

use std::{
    collections::BTreeMap,
    num::NonZeroUsize,
    sync::{Arc, Mutex, MutexGuard},
    time::{Duration, Instant},
};

use evenkeel_kubernetes_client::Connection;
use serde_json::{Value, json};
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate, matchers::any};

use evenkeel_transport::Mask;

use crate::cluster::ClusterAccess;

/// What a write meets, instead of being done and answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It is not done, and not answered well.
    Fails,
    /// It is done, and its answer says that the server broke down: it is sent again, and refused.
    AnswerLost,
}

#[derive(Default)]
pub(crate) struct State {
    objects: BTreeMap<String, Value>,
    version: u64,
    /// The method and path of each request, in order.
    pub requests: Vec<String>,
    /// Faults of the writes to come, by how many writes come before.
    pub faults: BTreeMap<usize, Fault>,
    writes: usize,
    /// Namespaces in which the account has no rights.
    pub forbidden: Vec<String>,
}

impl State {
    fn store(&mut self, path: &str, mut object: Value) -> Value {
        let unchanged = self.objects.get(path).is_some_and(|there| *there == object);
        if !unchanged {
            self.version += 1;
            object["metadata"]["resourceVersion"] = json!(self.version.to_string());
            self.objects.insert(path.to_owned(), object.clone());
        }
        object
    }

    /// The names of the Secrets.
    pub(crate) fn secrets(&self) -> Vec<String> {
        let names = self.objects.keys().filter_map(|path| path.split_once("/secrets/"));
        names.map(|(_, name)| name.to_owned()).collect()
    }

    /// How many bytes the longest Secret's data has.
    pub(crate) fn longest_secret(&self) -> usize {
        let data = self.objects.values().filter_map(|object| object["data"].as_object());
        data.map(|data| data.values().map(|value| value.as_str().unwrap().len() * 3 / 4).sum())
            .max()
            .unwrap_or_default()
    }

    pub(crate) fn remove(&mut self, path: &str) {
        assert!(self.objects.remove(path).is_some(), "{:?}", self.objects.keys());
    }

    pub(crate) fn object(&mut self, path: &str) -> &mut Value {
        self.objects.get_mut(path).unwrap()
    }

    pub(crate) fn writes(&self) -> usize {
        self.requests.iter().filter(|request| !request.starts_with("GET")).count()
    }
}

/// A cluster that is there until it is dropped.
pub(crate) struct FakeCluster {
    server: MockServer,
    state: Arc<Mutex<State>>,
}

impl FakeCluster {
    pub(crate) async fn start() -> Self {
        let state = Arc::new(Mutex::new(State::default()));
        let server = MockServer::start().await;
        Mock::given(any()).respond_with(Answers(Arc::clone(&state))).mount(&server).await;
        Self { server, state }
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    pub(crate) fn connection(&self) -> Connection {
        Connection::At { url: self.server.uri(), token: None, ca_bundle: None }
    }

    pub(crate) fn access(&self) -> ClusterAccess {
        let deadline = Instant::now() + Duration::from_secs(60);
        ClusterAccess::new(self.connection(), "fake", NonZeroUsize::MIN.saturating_add(7), deadline, Mask::default())
    }

    /// Puts a Secret there.
    pub(crate) fn put_secret(&self, namespace: &str, name: &str, data: &Value) {
        let path = format!("/api/v1/namespaces/{namespace}/secrets/{name}");
        let object = json!({"metadata": {"name": name, "namespace": namespace}, "type": "Opaque", "data": data});
        self.state().store(&path, object);
    }
}

struct Answers(Arc<Mutex<State>>);

impl Respond for Answers {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let mut state = self.0.lock().unwrap();
        let path = request.url.path().to_owned();
        state.requests.push(format!("{} {path}", request.method));
        if state.forbidden.iter().any(|namespace| path.contains(&format!("/namespaces/{namespace}/"))) {
            return refusal(403, "Forbidden");
        }
        if request.method.as_str() == "GET" {
            return state.objects.get(&path).map_or_else(|| refusal(404, "NotFound"), |object| answer(200, object));
        }
        let fault = {
            let number = state.writes;
            state.writes += 1;
            state.faults.remove(&number)
        };
        match fault {
            Some(Fault::Fails) => refusal(507, "NoSpace"),
            Some(Fault::AnswerLost) => {
                write(&mut state, request, path);
                refusal(500, "InternalError")
            }
            None => write(&mut state, request, path),
        }
    }
}

fn write(state: &mut State, request: &Request, path: String) -> ResponseTemplate {
    let body: Value = request.body_json().unwrap_or_default();
    match request.method.as_str() {
        "POST" => {
            let path = format!("{path}/{}", body["metadata"]["name"].as_str().unwrap());
            if state.objects.contains_key(&path) {
                return refusal(409, "AlreadyExists");
            }
            answer(201, &state.store(&path, body))
        }
        "DELETE" => match state.objects.remove(&path) {
            Some(_) => answer(200, &json!({"kind": "Status"})),
            None => refusal(404, "NotFound"),
        },
        method => {
            let is_apply = request.headers["content-type"].to_str().unwrap().contains("apply");
            let there = state.objects.get(&path).cloned();
            let (Some(there), false) = (there, is_apply) else {
                return if is_apply { answer(201, &state.store(&path, body)) } else { refusal(404, "NotFound") };
            };
            let guard = &body["metadata"]["resourceVersion"];
            if !guard.is_null() && *guard != there["metadata"]["resourceVersion"] {
                return refusal(409, "Conflict");
            }
            let changed = if method == "PUT" { body } else { merged(there, body) };
            answer(200, &state.store(&path, changed))
        }
    }
}

fn merged(mut there: Value, change: Value) -> Value {
    match (there.as_object_mut(), change) {
        (Some(fields), Value::Object(changes)) => {
            for (name, change) in changes {
                if change.is_null() {
                    fields.remove(&name);
                } else {
                    let before = fields.remove(&name).unwrap_or_default();
                    fields.insert(name, merged(before, change));
                }
            }
            there
        }
        (_, change) => change,
    }
}

fn answer(status: u16, body: &Value) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_json(body)
}

fn refusal(status: u16, reason: &str) -> ResponseTemplate {
    answer(status, &json!({"kind": "Status", "code": status, "reason": reason, "message": reason}))
}
