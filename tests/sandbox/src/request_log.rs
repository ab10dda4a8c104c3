//! What was asked of a stand-in. Never a body, never a secret; bounded.

use http::Method;
use std::collections::VecDeque;
use std::time::Duration;

/// Entries that are kept; older ones fall out, and only the counts know of them.
const KEPT: usize = 200_000;

/// What a request is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A GET or HEAD.
    Read,
    /// A POST, PUT, PATCH or DELETE of an object.
    Write,
    /// A login, refresh or logout: a POST, but not a write to an object.
    Token,
}

/// Who a request was from, where a stand-in says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Caller {
    /// No credentials, or none that were looked at.
    Nobody,
    /// A user of that name, by a password, or by a token where the application has no other way.
    User(String),
    /// A robot account of that full name, by its secret.
    Robot(String),
    /// Credentials for that name which were refused; empty where they name nobody.
    Refused(String),
}

/// One request, in the order in which requests came in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Logged {
    /// Counts from 1 since the start; not reset with the log.
    pub seq: u64,
    /// The request's method.
    pub method: Method,
    /// Path and query; values of parameters that may be secret are shown as `*`.
    pub path: String,
    /// What the request is about.
    pub kind: Kind,
    /// The status that went out, or would have gone out had a fault not cut the connection. `None` while the request is
    /// being handled, or when it was cut before it was.
    pub status: Option<u16>,
    /// Whether the request reached the stand-in's state; false when a fault answered in its place or cut before.
    pub handled: bool,
    /// Whether an injected fault spoiled the request or its answer.
    pub faulted: bool,
    /// Who asked, where the stand-in says so.
    pub caller: Option<Caller>,
    /// The processor time that the real server spends on finding that out. It is counted, not spent.
    pub cost: Duration,
}

/// The log with its counts.
#[derive(Debug, Default)]
pub(crate) struct RequestLog {
    entries: VecDeque<Logged>,
    last: u64,
    reads: usize,
    writes: usize,
    tokens: usize,
}

impl RequestLog {
    /// Notes that a request came in and gives its number.
    pub(crate) fn open(&mut self, method: &Method, path: &str, query: Option<&str>, kind: Kind) -> u64 {
        self.last += 1;
        match kind {
            Kind::Read => self.reads += 1,
            Kind::Write => self.writes += 1,
            Kind::Token => self.tokens += 1,
        }
        if self.entries.len() == KEPT {
            self.entries.pop_front();
        }
        self.entries.push_back(Logged {
            seq: self.last,
            method: method.clone(),
            path: shown(path, query),
            kind,
            status: None,
            handled: false,
            faulted: false,
            caller: None,
            cost: Duration::ZERO,
        });
        self.last
    }

    /// Changes the entry of that number, if it is still there.
    pub(crate) fn update(&mut self, seq: u64, change: impl FnOnce(&mut Logged)) {
        // numbers are consecutive, so the place follows from the first one
        let first = self.entries.front().map_or(0, |entry| entry.seq);
        let place = seq.checked_sub(first).and_then(|place| usize::try_from(place).ok());
        if let Some(entry) = place.and_then(|place| self.entries.get_mut(place)) {
            change(entry);
        }
    }

    pub(crate) fn entries(&self) -> Vec<Logged> {
        self.entries.iter().cloned().collect()
    }

    /// Forgets entries and counts; numbers go on.
    pub(crate) fn reset(&mut self) {
        *self = Self { last: self.last, ..Self::default() };
    }

    pub(crate) fn count(&self, kind: Kind) -> usize {
        match kind {
            Kind::Read => self.reads,
            Kind::Write => self.writes,
            Kind::Token => self.tokens,
        }
    }
}

/// Path and query without what might be secret.
fn shown(path: &str, query: Option<&str>) -> String {
    let Some(query) = query else { return path.to_owned() };
    let parts = query.split('&').map(|part| match part.split_once('=') {
        Some((name, _)) if may_be_secret(name) => format!("{name}=*"),
        _ => part.to_owned(),
    });
    format!("{path}?{}", parts.collect::<Vec<_>>().join("&"))
}

fn may_be_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["secret", "password", "token", "code", "assertion", "key"].iter().any(|word| name.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_are_shown_but_not_their_secrets() {
        assert_eq!(shown("/a", Some("first=0&max=10")), "/a?first=0&max=10");
        assert_eq!(shown("/a", Some("access_token=x&max=1")), "/a?access_token=*&max=1");
    }

    #[test]
    fn the_log_is_bounded_and_still_finds_its_entries() {
        let mut log = RequestLog::default();
        for _ in 0..KEPT + 5 {
            log.open(&Method::GET, "/a", None, Kind::Read);
        }
        let last = log.open(&Method::PUT, "/b", None, Kind::Write);
        log.update(last, |entry| entry.status = Some(204));
        assert_eq!(log.entries().len(), KEPT);
        assert_eq!(log.entries().last().map(|entry| entry.status), Some(Some(204)));
        assert_eq!(log.count(Kind::Read), KEPT + 5);
        log.reset();
        assert_eq!((log.count(Kind::Read), log.count(Kind::Write)), (0, 0));
        assert_eq!(log.open(&Method::GET, "/c", None, Kind::Read), last + 1);
    }
}
