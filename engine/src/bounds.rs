//! What bounds a run: a signal, its deadline, and the loss of its lease; and how long what is left to do may take then.

use std::time::Duration;

use evenkeel_core::report::Failure;
use tokio::time::Instant;

use crate::{lease::RunLease, stop::Stop};

/// How long after its deadline, or after the first signal, a process may last. All that is left has a share of it: what is under way 7 seconds
/// ([`FINISHING`]), the lease 3, an event 2 ([`LAST_WORDS`]), and to tell that the run did not end 2 ([`TELLING_WITHIN`]).
pub(crate) const GRACE: Duration = Duration::from_secs(15);
/// How long what is under way may take when the run has to end.
pub(crate) const FINISHING: Duration = Duration::from_secs(7);
/// How long telling the cluster how the run ended may take when it had to end.
pub(crate) const LAST_WORDS: Duration = Duration::from_secs(2);
/// How long it may take to tell that the run did not end.
pub(crate) const TELLING_WITHIN: Duration = Duration::from_secs(2);

/// Why nothing new was started any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Halt {
    Stopped,
    Deadline,
    /// Another run may have begun.
    LeaseLost,
}

/// What bounds an execution.
pub(crate) struct Bounds<'a> {
    pub concurrency: usize,
    pub deadline: Instant,
    pub timeout: Duration,
    pub stop: &'a Stop,
    pub lease: &'a RunLease,
}

impl Bounds<'_> {
    pub(crate) fn halt(&self) -> Option<Halt> {
        if self.stop.is_asked() {
            Some(Halt::Stopped)
        } else if self.lease.is_lost() {
            Some(Halt::LeaseLost)
        } else if Instant::now() >= self.deadline {
            Some(Halt::Deadline)
        } else {
            None
        }
    }

    /// What a halt is called in front of people.
    pub(crate) fn reason(&self, halt: Halt) -> Failure {
        match halt {
            Halt::Stopped => Failure {
                message: "the run was stopped".to_owned(),
                hint: Some("run it again: it goes on where it stopped".to_owned()),
            },
            Halt::LeaseLost => Failure {
                message: "the lease was lost: another run may have begun".to_owned(),
                hint: Some("run it again: it goes on where it stopped".to_owned()),
            },
            Halt::Deadline => Failure {
                message: format!("the deadline of {} has passed", shown(self.timeout)),
                hint: Some("run it again, or allow more with `--timeout`".to_owned()),
            },
        }
    }
}

/// A duration for people.
pub(crate) fn shown(duration: Duration) -> String {
    jiff::SignedDuration::try_from(duration).map(|duration| format!("{duration:#}")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_follows_the_end_of_a_run_has_a_share_of_one_grace() {
        let lease = Duration::from_secs(3);
        assert!(FINISHING + lease + LAST_WORDS + TELLING_WITHIN < GRACE);
    }
}
