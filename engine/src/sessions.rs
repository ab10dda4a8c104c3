//! The HTTP sessions of a run: opened in one way, and counted in one place.

use std::{
    num::NonZeroUsize,
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};

use evenkeel_core::report::RequestCounts;
use evenkeel_transport::{ApiError, Deadline, Mask, RequestLog, Session, SessionOptions, Summary};
use secrecy::SecretString;

/// Opens sessions that share the run's limits, and counts what they send. Clones are one and the same.
#[derive(Clone, Debug)]
pub struct Sessions(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    concurrency: NonZeroUsize,
    deadline: Instant,
    mask: Mask,
    logs: Mutex<Vec<RequestLog>>,
}

impl Sessions {
    /// For a run that may have so many requests under way at once in each session, and sends none after `deadline`; `mask` has its
    /// secrets.
    #[must_use]
    pub fn new(concurrency: NonZeroUsize, deadline: Instant, mask: Mask) -> Self {
        Self(Arc::new(Shared { concurrency, deadline, mask, logs: Mutex::default() }))
    }

    /// A session for servers at these addresses. The certificates of the CA bundle (PEM) are trusted beside the system's roots.
    ///
    /// # Errors
    ///
    /// When the bundle holds no usable certificate.
    pub fn open<'a>(
        &self,
        addresses: impl IntoIterator<Item = &'a str>,
        ca_bundle: Option<&SecretString>,
    ) -> Result<Session, ApiError> {
        let session = Session::new(SessionOptions {
            concurrency: self.0.concurrency,
            deadline: Some(Deadline::at(self.0.deadline)),
            mask: self.0.mask.clone(),
            ..SessionOptions::for_servers(addresses, ca_bundle)
        })?;
        self.count(session.log());
        Ok(session)
    }

    /// What is written to this log counts, too.
    pub(crate) fn count(&self, log: &RequestLog) {
        self.0.logs.lock().unwrap_or_else(PoisonError::into_inner).push(log.clone());
    }

    /// The requests of all sessions so far.
    #[must_use]
    pub fn requests(&self) -> RequestCounts {
        let logs = self.0.logs.lock().unwrap_or_else(PoisonError::into_inner);
        let mut all = RequestCounts::default();
        for log in logs.iter() {
            let RequestCounts { total, reads, writes, tokens, retries } = counts(log.summary());
            all.total += total;
            all.reads += reads;
            all.writes += writes;
            all.tokens += tokens;
            all.retries += retries;
        }
        all
    }
}

/// The counts of a request log as a report has them.
pub(crate) const fn counts(summary: Summary) -> RequestCounts {
    let Summary { requests: total, reads, writes, retries, tokens } = summary;
    RequestCounts { total, reads, writes, tokens, retries }
}

#[cfg(test)]
mod tests {
    use evenkeel_transport::{Kind, Outcome, reqwest::Method};

    use super::*;

    fn sessions() -> Sessions {
        Sessions::new(NonZeroUsize::MIN, Instant::now(), Mask::default())
    }

    fn record(log: &RequestLog, method: Method) {
        let call = evenkeel_transport::Call {
            operation: "test",
            template: None,
            method,
            attempt: 1,
            login: false,
            query: false,
        };
        log.start(call).finish(Outcome::Failed(Kind::Connection), 0);
    }

    #[test]
    fn the_requests_of_all_sessions_of_a_run_are_counted_together() {
        let sessions = sessions();
        let one = sessions.open(["http://one"], None).unwrap();
        let other = sessions.clone().open(["http://other"], None).unwrap();
        record(one.log(), Method::GET);
        record(one.log(), Method::POST);
        record(other.log(), Method::GET);
        let counts = sessions.requests();
        assert_eq!((counts.total, counts.reads, counts.writes), (3, 2, 1));
    }

    #[test]
    fn a_bundle_without_a_certificate_opens_no_session() {
        let refused = sessions().open(["https://one"], Some(&"no certificate".into()));
        assert_eq!(refused.err().map(|error| error.kind()), Some(Kind::Tls));
    }
}
