//! How time passes while a contract is replayed: it is slept through, or a server with a clock of its own is told to move on.

use std::future::Future;
use std::pin::pin;
use std::time::{Duration, Instant};

use tokio::time::sleep;

/// How long an exchange is under way before the one begins that it is recorded beside.
const HEAD_START: Duration = Duration::from_millis(300);
/// How often a played server is looked at.
const GLANCE: Duration = Duration::from_millis(2);
/// How far a played clock moves for an answer that waits for it.
const STEP: Duration = Duration::from_millis(100);
/// After this long a request is taken to be under way, though the server does not say so.
const PATIENCE: Duration = Duration::from_secs(5);

/// How the seconds pass that a step waits.
pub enum Waiting {
    /// They pass: for real servers.
    Sleep,
    /// A server with a clock of its own is told to move on: for the sandbox.
    Advance(Box<dyn PlayedClock>),
}

/// The clock of a played server, for the replayer to move. A function that moves the clock is one, when no answer waits for it.
pub trait PlayedClock: Send + Sync {
    /// Lets time pass.
    fn advance(&self, time: Duration);

    /// How many answers wait for time to pass.
    fn held(&self) -> usize {
        0
    }
}

impl<F: Fn(Duration) + Send + Sync> PlayedClock for F {
    fn advance(&self, time: Duration) {
        self(time);
    }
}

impl Waiting {
    /// Lets that much time pass.
    pub(super) async fn pass(&self, time: Duration) {
        match self {
            Self::Sleep => sleep(time).await,
            Self::Advance(clock) => clock.advance(time),
        }
    }

    /// Lets that much time pass between two requests that ask for the same. What a played server does by itself, it does in
    /// real time.
    pub(super) async fn pass_between(&self, time: Duration) {
        self.pass(time).await;
        if matches!(self, Self::Advance(_)) {
            sleep(GLANCE).await;
        }
    }

    /// Waits before an answer is read that another exchange is recorded beside. Where time is played, that other one sets the
    /// end of it.
    pub(super) async fn slowly(&self, seconds: Option<f64>, answered: impl Future<Output = ()>) {
        let Some(time) = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()) else {
            return;
        };
        match self {
            Self::Sleep => sleep(time).await,
            Self::Advance(_) => answered.await,
        }
    }

    /// Waits until a request that was just sent is under way.
    pub(super) async fn head_start(&self) {
        match self {
            Self::Sleep => sleep(HEAD_START).await,
            Self::Advance(clock) => {
                let sent = Instant::now();
                while clock.held() == 0 && sent.elapsed() < PATIENCE {
                    sleep(GLANCE).await;
                }
            }
        }
    }

    /// Waits for an answer, and tells how long it took by the server's clock. A played clock moves while answers wait for it.
    pub(super) async fn answer<T>(&self, answer: impl Future<Output = T>) -> (T, Duration) {
        let started = Instant::now();
        let Self::Advance(clock) = self else {
            return (answer.await, started.elapsed());
        };
        let mut answer = pin!(answer);
        let mut passed = Duration::ZERO;
        loop {
            tokio::select! {
                answer = &mut answer => return (answer, passed),
                () = sleep(GLANCE) => if clock.held() > 0 {
                    clock.advance(STEP);
                    passed += STEP;
                },
            }
        }
    }
}
