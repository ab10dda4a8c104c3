//! The time that a stand-in lives by.

use std::fmt::Debug;
use std::future::{self, Future};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::sync::watch;

/// Ends when a clock has reached a moment.
pub type Reached = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Tells the time. Tests bring a [`ManualClock`], so that a token expires without anybody waiting.
pub trait Clock: Debug + Send + Sync {
    /// Milliseconds since 1970.
    fn now(&self) -> i64;

    /// Waits for a moment, in milliseconds since 1970: servers hold some answers on purpose.
    fn reach(&self, moment: i64) -> Reached;
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> i64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
    }

    fn reach(&self, moment: i64) -> Reached {
        let left = u64::try_from(moment - self.now()).unwrap_or_default();
        Box::pin(tokio::time::sleep(Duration::from_millis(left)))
    }
}

/// The machine's clock, for a server whose clients have no time: what would have to be waited for has passed at once.
#[derive(Debug, Default)]
pub struct HastyClock {
    /// Milliseconds that nobody waited for.
    ahead: AtomicI64,
}

impl HastyClock {
    /// A clock that stands at the present.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

impl Clock for HastyClock {
    fn now(&self) -> i64 {
        SystemClock.now() + self.ahead.load(Ordering::SeqCst)
    }

    fn reach(&self, moment: i64) -> Reached {
        self.ahead.fetch_add((moment - self.now()).max(0), Ordering::SeqCst);
        Box::pin(future::ready(()))
    }
}

/// A clock that moves only when it is told to.
#[derive(Debug)]
pub struct ManualClock {
    now: watch::Sender<i64>,
    waiting: Arc<AtomicUsize>,
}

impl ManualClock {
    /// A clock that stands at the present.
    #[must_use]
    pub fn new() -> Self {
        Self { now: watch::Sender::new(SystemClock.now()), waiting: Arc::default() }
    }

    /// Lets time pass.
    pub fn advance(&self, time: Duration) {
        let time = i64::try_from(time.as_millis()).unwrap_or(i64::MAX);
        self.now.send_modify(|now| *now = now.saturating_add(time));
    }

    /// How many answers wait for this clock to move.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.waiting.load(Ordering::SeqCst)
    }
}

impl Default for ManualClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for ManualClock {
    fn now(&self) -> i64 {
        *self.now.borrow()
    }

    fn reach(&self, moment: i64) -> Reached {
        let mut time = self.now.subscribe();
        let waiting = Waiting::new(&self.waiting);
        Box::pin(async move {
            // ends early only with the clock itself, which no server outlives
            let _ = time.wait_for(|now| *now >= moment).await;
            drop(waiting);
        })
    }
}

/// Counts as one that waits, for as long as it lives.
struct Waiting(Arc<AtomicUsize>);

impl Waiting {
    fn new(count: &Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, Ordering::SeqCst);
        Self(Arc::clone(count))
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_manual_clock_holds_who_waits_until_it_is_moved_far_enough() {
        let clock = ManualClock::new();
        let reached = tokio::spawn(clock.reach(clock.now() + 1500));
        assert_eq!(clock.waiting(), 1);
        clock.advance(Duration::from_millis(1499));
        tokio::task::yield_now().await;
        assert!(!reached.is_finished());
        clock.advance(Duration::from_millis(1));
        assert!(reached.await.is_ok());
        assert_eq!(clock.waiting(), 0);
    }

    #[tokio::test]
    async fn a_hasty_clock_jumps_to_what_is_waited_for() {
        let clock = HastyClock::new();
        let moment = clock.now() + 60_000;
        clock.reach(moment).await;
        assert!(clock.now() >= moment);
        clock.reach(moment).await;
        assert!(clock.now() < moment + 60_000);
    }
}
