//! Somebody who pulls images all the time: with every registry secret in a cluster, after every request to either server.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::harbor::{Harbor, Logins};
use crate::kubernetes::{Kubernetes, Secrets};

/// The keys under which Secrets hold what container tools read.
const KEYS: [&str; 2] = [".dockerconfigjson", "config.json"];

/// Logs in to a [`Harbor`] with every registry secret that is published in a [`Kubernetes`], after each request that either of them
/// has handled and before anybody hears of it: nothing happens between two looks. It complains about what is published and
/// does not log in at once, and about what did log in and does not any more. What others break is excused, see
/// [`look_away`](Self::look_away).
#[derive(Clone)]
pub struct Watcher(Arc<Watching>);

struct Watching {
    logins: Logins,
    secrets: Secrets,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// User and password that each Secret held at the last look, and whether they logged in.
    last: BTreeMap<String, (Credentials, bool)>,
    looks: usize,
    away: usize,
    complaints: Vec<String>,
}

/// User and password of each host.
type Credentials = BTreeMap<String, (String, String)>;

impl Watcher {
    /// Begins to watch. What is published by then is taken as it is. A server can be watched once.
    #[must_use]
    pub fn between(harbor: &Harbor, kubernetes: &Kubernetes) -> Self {
        let watching = Watching { logins: harbor.logins(), secrets: kubernetes.secrets(), state: Mutex::default() };
        let watcher = Self(Arc::new(watching));
        watcher.0.look(false);
        for watches in [
            harbor.after_each({
                let watching = Arc::clone(&watcher.0);
                move || watching.look(true)
            }),
            kubernetes.after_each({
                let watching = Arc::clone(&watcher.0);
                move || watching.look(true)
            }),
        ] {
            debug_assert!(watches, "the server is watched already");
        }
        watcher
    }

    /// What was published and did not log in, in the order in which it was noticed. It holds no secret.
    #[must_use]
    pub fn complaints(&self) -> Vec<String> {
        self.0.state().complaints.clone()
    }

    /// How many times it has looked.
    #[must_use]
    pub fn looks(&self) -> usize {
        self.0.state().looks
    }

    /// Until what is returned is dropped, nothing is noticed; afterwards what is there then is taken as it is.
    #[must_use]
    pub fn look_away(&self) -> LooksAway {
        self.0.state().away += 1;
        LooksAway(Arc::clone(&self.0))
    }
}

impl fmt::Debug for Watcher {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Watcher").field("complaints", &self.complaints()).finish_non_exhaustive()
    }
}

/// A [`Watcher`] looks away while this lives.
pub struct LooksAway(Arc<Watching>);

impl Drop for LooksAway {
    fn drop(&mut self) {
        self.0.look(false);
        self.0.state().away -= 1;
    }
}

impl Watching {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks at everything; `complains` about what has got worse.
    fn look(&self, complains: bool) {
        // Held to the end: the two servers' threads must not mix their looks.
        let mut state = self.state();
        if complains && state.away > 0 {
            return;
        }
        let mut seen = BTreeMap::new();
        for (name, data) in self.secrets.all() {
            let Some(credentials) = credentials(&data) else { continue };
            let works = credentials.values().all(|(user, password)| self.logins.accept(user, password));
            let complaint = match state.last.get(&name) {
                _ if works => None,
                Some((before, worked)) if *before == credentials => worked.then_some("logs in no more"),
                _ => Some("is published and does not log in"),
            };
            if let Some(complaint) = complaint.filter(|_| complains) {
                state.complaints.push(format!("{name} {complaint}"));
            }
            seen.insert(name, (credentials, works));
        }
        state.last = seen;
        state.looks += 1;
    }
}

/// What a Secret holds for container tools; `None` where it holds nothing of the kind.
fn credentials(data: &Value) -> Option<Credentials> {
    let content = KEYS.iter().find_map(|key| data[key].as_str())?;
    let config: Value = serde_json::from_slice(&STANDARD.decode(content).ok()?).ok()?;
    let entries = config["auths"].as_object()?.iter();
    let credentials = entries.filter_map(|(host, entry)| {
        let text = |key: &str| entry[key].as_str().map(str::to_owned);
        Some((host.clone(), (text("username")?, text("password")?)))
    });
    Some(credentials.collect()).filter(|credentials: &Credentials| !credentials.is_empty())
}
