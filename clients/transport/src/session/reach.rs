//! Servers to which no connection could be made: one request finds out with all its attempts, and the others of the next
//! seconds are spared theirs. A run that loses its server in the middle so ends after one round of attempts, however much is left to do.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use reqwest::{Request, Url};
use tokio::time::Instant;

use crate::failure::{Cause, Failure};

/// The servers that were not reached, with when and why.
#[derive(Debug, Default)]
pub(super) struct Reach(Mutex<BTreeMap<String, (Instant, Failure)>>);

impl Reach {
    /// Why this request need not be tried, if its server was not reached within the last `time`.
    pub(super) fn lost(&self, request: &Request, time: Duration) -> Option<Failure> {
        let servers = self.servers();
        let (since, failure) = servers.get(&server(request.url()))?;
        (since.elapsed() < time).then(|| failure.clone())
    }

    /// Takes in how a request has ended, after all its attempts.
    pub(super) fn note<T>(&self, server: &str, result: &Result<T, Failure>) {
        match result {
            Err(failure) if failure.cause == Cause::Connect => {
                self.servers().insert(server.to_owned(), (Instant::now(), failure.clone()));
            }
            _ => drop(self.servers().remove(server)),
        }
    }

    fn servers(&self) -> MutexGuard<'_, BTreeMap<String, (Instant, Failure)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The server of an address: its host and port.
pub(super) fn server(url: &Url) -> String {
    format!("{}:{}", url.host_str().unwrap_or_default(), url.port_or_known_default().unwrap_or_default())
}
