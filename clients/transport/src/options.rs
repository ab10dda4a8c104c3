//! What a session is made with.

use std::{env, fmt, num::NonZeroUsize, time::Duration};

use secrecy::SecretString;
use tokio::time::Instant;

use crate::{Mask, Retry, Secret};

/// What a session is made with. Every duration is positive; the defaults suit an application in the same cluster.
#[derive(Clone)]
pub struct SessionOptions {
    /// Certificates (PEM, one or more) that are trusted beside the system's roots.
    pub ca_bundle: Option<Vec<u8>>,
    /// Whether the system's roots are trusted. Reading them takes a few milliseconds and a megabyte, which a session that
    /// speaks no TLS can save.
    pub system_roots: bool,
    /// Sends what is for one host to another.
    pub detour: Option<Detour>,
    /// How requests reach the server.
    pub proxy: ProxyUse,
    /// How long making a connection may take, its TLS handshake included.
    pub connect_timeout: Duration,
    /// How long one attempt of a request may take, its answer's body included.
    pub request_timeout: Duration,
    /// When and how often a request is repeated.
    pub retry: Retry,
    /// How many requests may be under way at once, over all clones of the session. A login that a request waits for
    /// does not count.
    pub concurrency: NonZeroUsize,
    /// The end of the run: no request starts after it, and none outlives it.
    pub deadline: Option<Deadline>,
    /// How many bytes of a successful answer are read at most. Of an error's body it is 64 KiB, whatever this says.
    pub max_response_bytes: usize,
    /// Whether all answers together are bounded, as those of a run are. Whoever asks the same for days sets it to false.
    pub bounded: bool,
    /// How many of the last attempts the request log keeps. Its counters are exact, whatever this says.
    pub log_capacity: usize,
    /// The run's secrets: they are taken out of what servers say, and those of this session are added.
    pub mask: Mask,
}

impl SessionOptions {
    /// For servers at these addresses. The certificates of the CA bundle (PEM) are trusted beside the system's roots, which are read
    /// only where an address, or a proxy, may speak TLS.
    #[must_use]
    pub fn for_servers<'a>(addresses: impl IntoIterator<Item = &'a str>, ca_bundle: Option<&SecretString>) -> Self {
        Self {
            ca_bundle: ca_bundle.map(|bundle| Secret::from(bundle.clone()).expose().as_bytes().to_vec()),
            system_roots: may_speak_tls(addresses),
            ..Self::default()
        }
    }
}

impl Default for SessionOptions {
    fn default() -> Self {
        Self {
            ca_bundle: None,
            system_roots: true,
            detour: None,
            proxy: ProxyUse::default(),
            connect_timeout: Duration::from_secs(5),
            request_timeout: Duration::from_secs(30),
            retry: Retry::default(),
            concurrency: NonZeroUsize::MIN.saturating_add(7),
            deadline: None,
            max_response_bytes: 64 * 1024 * 1024,
            bounded: true,
            log_capacity: 2_000,
            mask: Mask::default(),
        }
    }
}

impl fmt::Debug for SessionOptions {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("SessionOptions")
            .field("ca_bundle_bytes", &self.ca_bundle.as_ref().map(Vec::len))
            .field("system_roots", &self.system_roots)
            .field("detour", &self.detour)
            .field("proxy", &self.proxy)
            .field("connect_timeout", &self.connect_timeout)
            .field("request_timeout", &self.request_timeout)
            .field("retry", &self.retry)
            .field("concurrency", &self.concurrency)
            .field("deadline", &self.deadline)
            .field("max_response_bytes", &self.max_response_bytes)
            .field("bounded", &self.bounded)
            .field("log_capacity", &self.log_capacity)
            .finish()
    }
}

/// Requests for one host that are sent to another: its name stays what the request is for, in `Host` and in TLS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Detour {
    /// The host that requests are for.
    pub host: String,
    /// The host, or its address, that they are sent to; the port is that of the request.
    pub to: String,
}

/// How requests reach the server.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ProxyUse {
    /// By the proxy variables: `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY`.
    #[default]
    System,
    /// Directly, whatever the variables say: for the embedded sandbox on loopback.
    Direct,
}

/// The variables that name a proxy for plain HTTP.
const PROXIES: [&str; 4] = ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"];

/// Whether a session for these addresses may speak TLS, to a server or to a proxy of the environment. Redirects are never
/// followed, so that an address in the clear leads nowhere else.
#[expect(clippy::disallowed_methods, reason = "the HTTP client takes its proxies from the same variables")]
fn may_speak_tls<'a>(addresses: impl IntoIterator<Item = &'a str>) -> bool {
    let is_plain = |address: &str| address.get(..7).is_some_and(|scheme| scheme.eq_ignore_ascii_case("http://"));
    let mut proxies = PROXIES.iter().filter_map(|variable| env::var(variable).ok());
    addresses.into_iter().any(|address| !is_plain(address))
        || proxies.any(|proxy| !proxy.is_empty() && !is_plain(&proxy))
}

/// The moment when a run ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Deadline(Instant);

impl Deadline {
    /// So long from now.
    #[must_use]
    pub fn after(duration: Duration) -> Self {
        Self(Instant::now() + duration)
    }

    /// At this moment.
    #[must_use]
    pub fn at(moment: std::time::Instant) -> Self {
        Self(Instant::from_std(moment))
    }

    /// How long until then; zero once it has passed.
    #[must_use]
    pub fn remaining(self) -> Duration {
        self.0.saturating_duration_since(Instant::now())
    }

    pub(crate) fn instant(self) -> Instant {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(clippy::disallowed_methods, reason = "a proxy of the machine changes the answer")]
    fn only_addresses_in_the_clear_need_no_roots() {
        assert!(may_speak_tls(["http://keycloak", "https://issuer.example.com"]));
        assert!(may_speak_tls(["HTTPS://keycloak"]));
        assert!(may_speak_tls(["keycloak.example.com"]));
        assert!(PROXIES.iter().any(|variable| env::var(variable).is_ok()) || !may_speak_tls(["HTTP://keycloak"]));
    }
}
