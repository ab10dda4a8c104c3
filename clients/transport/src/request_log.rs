//! The record of what was sent.

use std::{
    collections::VecDeque,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use http::{Method, StatusCode};
use serde::Serialize;

use crate::Kind;

/// How an attempt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The server answered.
    Status(StatusCode),
    /// There was no answer, of this kind.
    Failed(Kind),
    /// The caller stopped waiting.
    Cancelled,
}

impl fmt::Display for Outcome {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status(status) => write!(formatter, "{}", status.as_u16()),
            Self::Failed(kind) => write!(formatter, "{kind:?}"),
            Self::Cancelled => formatter.write_str("cancelled"),
        }
    }
}

/// One attempt of one request. Holds no address, identifier, query, header or body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The position in the session's log, from 0.
    pub sequence: u64,
    /// The operation of the API, for example `user_list`.
    pub operation: &'static str,
    /// The operation's path with placeholders, where a generated client sent it.
    pub template: Option<&'static str>,
    /// The method.
    pub method: Method,
    /// How it ended.
    pub outcome: Outcome,
    /// From sending to the end of the answer.
    pub duration: Duration,
    /// 1 for the first attempt.
    pub attempt: u32,
    /// The bytes of the answer's body that were read.
    pub bytes: u64,
    /// Whether it was part of a login.
    pub login: bool,
    /// Whether it only asks, whatever its method says.
    pub query: bool,
}

impl Record {
    /// Whether it could change something at the server: any method but `GET`, `HEAD` and `OPTIONS`, outside a login and a query.
    #[must_use]
    pub fn is_write(&self) -> bool {
        !self.login && !self.query && !self.method.is_safe()
    }
}

/// Exact counts of attempts since the session was made. `requests` = `reads` + `writes` + `tokens`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// Every attempt.
    pub requests: u64,
    /// Attempts that could change nothing.
    pub reads: u64,
    /// Attempts that could change something.
    pub writes: u64,
    /// Attempts after the first of their request.
    pub retries: u64,
    /// Attempts that were part of a login.
    pub tokens: u64,
}

#[derive(Debug)]
struct State {
    records: VecDeque<Record>,
    capacity: usize,
    summary: Summary,
}

/// The last attempts of a session, and exact counts of all. Clones are the same log.
#[derive(Debug, Clone)]
pub struct RequestLog(Arc<Mutex<State>>);

impl RequestLog {
    /// An empty log that keeps so many attempts.
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        Self(Arc::new(Mutex::new(State { records: VecDeque::new(), capacity, summary: Summary::default() })))
    }

    /// The attempts that are kept, the oldest first, in the order in which they ended.
    #[must_use]
    pub fn snapshot(&self) -> Vec<Record> {
        self.state().records.iter().cloned().collect()
    }

    /// The counts.
    #[must_use]
    pub fn summary(&self) -> Summary {
        self.state().summary
    }

    /// Begins the record of an attempt; it is written when the attempt ends, also when nobody waits for it any more.
    #[must_use]
    pub fn start(&self, call: Call) -> Pending {
        Pending { log: self.clone(), call, started: Instant::now(), outcome: Outcome::Cancelled, bytes: 0 }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self, mut record: Record) {
        let mut state = self.state();
        let summary = &mut state.summary;
        record.sequence = summary.requests;
        summary.requests += 1;
        summary.tokens += u64::from(record.login);
        summary.writes += u64::from(record.is_write());
        summary.reads += u64::from(!record.login && !record.is_write());
        summary.retries += u64::from(record.attempt > 1);
        if state.capacity == 0 {
            return;
        }
        if state.records.len() >= state.capacity {
            state.records.pop_front();
        }
        state.records.push_back(record);
    }
}

/// Which attempt of which request: the part of a [`Record`] that is known when it is sent.
#[derive(Debug, Clone)]
pub struct Call {
    /// See [`Record::operation`].
    pub operation: &'static str,
    /// See [`Record::template`].
    pub template: Option<&'static str>,
    /// The method.
    pub method: Method,
    /// 1 for the first attempt.
    pub attempt: u32,
    /// Whether it is part of a login.
    pub login: bool,
    /// Whether it only asks, whatever its method says.
    pub query: bool,
}

/// An attempt that is under way.
#[derive(Debug)]
pub struct Pending {
    log: RequestLog,
    call: Call,
    started: Instant,
    outcome: Outcome,
    bytes: u64,
}

impl Pending {
    /// Ends the record.
    pub fn finish(mut self, outcome: Outcome, bytes: usize) {
        self.outcome = outcome;
        self.bytes = bytes as u64;
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        let Call { operation, template, method, attempt, login, query } = self.call.clone();
        let (duration, outcome, bytes) = (self.started.elapsed(), self.outcome, self.bytes);
        tracing::debug!(
            target: "evenkeel::http",
            %method, operation, template, %outcome, attempt, bytes, login, ?duration,
            "request"
        );
        self.log.write(Record {
            sequence: 0,
            operation,
            template,
            method,
            outcome,
            duration,
            attempt,
            bytes,
            login,
            query,
        });
    }
}
