//! The barrier itself: asks all conditions at the same time until it may open, or until waiting is over. Knows no protocol.

mod board;

use std::{future::Future, num::NonZeroU32};

use evenkeel_engine::stop::Stop;
use futures::{StreamExt, stream::FuturesUnordered};
use tokio::time::{Instant, sleep, sleep_until};

pub use board::{Board, Phase, Row};

use crate::pace::Pace;

/// What one question has brought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is ready.
    Ready,
    /// It is not, which may pass by itself; what is missing.
    NotYet(String),
    /// Whether it is ready could not be told, which may pass by itself; why.
    Unknown(String),
    /// It is not, and will not be.
    Never(End),
    /// Whether it is ready could not be told, and will not be.
    Refused(End),
}

/// Why waiting cannot help, and what can.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct End {
    /// What is wrong.
    pub reason: String,
    /// What to do about it.
    pub hint: String,
}

impl End {
    /// What is wrong, and what to do about it.
    pub fn new(reason: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { reason: reason.into(), hint: hint.into() }
    }
}

impl Verdict {
    /// What the verdict means to a condition that is met while its target is not ready. A refused login, and a cluster that
    /// does not answer, do not tell whether anything is there.
    fn inverted(self) -> Self {
        match self {
            Self::Ready => Self::NotYet("is still ready".to_owned()),
            Self::NotYet(_) | Self::Never(_) => Self::Ready,
            untold @ (Self::Unknown(_) | Self::Refused(_)) => untold,
        }
    }
}

/// Something that can be asked whether it is ready.
pub trait Probe: Send {
    /// Asks. One that is [watched](Self::is_watched) returns at the first time at once, and then when something has
    /// changed.
    fn ask(&mut self) -> impl Future<Output = Verdict> + Send;

    /// Whether asking itself waits for a change, so that no pause is needed between failures.
    fn is_watched(&self) -> bool;
}

/// A condition as the barrier sees it.
#[derive(Debug)]
pub struct Gate<P> {
    /// What people call it.
    pub name: String,
    /// Whom to ask.
    pub probe: P,
    /// How many successes must follow each other.
    pub confirmations: NonZeroU32,
    /// Whether it is met while the target is not ready.
    pub invert: bool,
}

/// When the barrier opens, and when waiting is over.
#[derive(Clone, Debug)]
pub struct Rules {
    /// How fast conditions are asked.
    pub pace: Pace,
    /// Whether one condition is enough.
    pub any: bool,
    /// When waiting is over.
    pub deadline: Instant,
}

/// How waiting ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The barrier is open.
    Open,
    /// The deadline came first.
    Deadline,
    /// Waiting cannot help.
    Hopeless,
    /// Somebody asked to stop.
    Stopped,
}

/// Waits for conditions; `board` shows how far they are, row by row in their order.
pub async fn wait<P: Probe>(gates: Vec<Gate<P>>, rules: &Rules, board: &Board, stop: &Stop) -> Outcome {
    let number = gates.len();
    let mut waiting: FuturesUnordered<_> =
        gates.into_iter().enumerate().map(|(row, gate)| pass(row, gate, rules.pace, board)).collect();
    let decided = async {
        let mut hopeless = 0;
        while let Some(met) = waiting.next().await {
            match (met, rules.any) {
                (true, true) => return Outcome::Open,
                (false, false) => return Outcome::Hopeless,
                (false, true) => hopeless += 1,
                (true, false) => {}
            }
        }
        if hopeless == number && rules.any { Outcome::Hopeless } else { Outcome::Open }
    };
    tokio::select! {
        biased;
        () = stop.asked() => Outcome::Stopped,
        outcome = decided => outcome,
        () = sleep_until(rules.deadline) => Outcome::Deadline,
    }
}

/// Asks one condition until it is met (`true`), or cannot be met (`false`).
async fn pass<P: Probe>(row: usize, mut gate: Gate<P>, pace: Pace, board: &Board) -> bool {
    let (mut successes, mut failures) = (0_u32, 0_u32);
    loop {
        let verdict = gate.probe.ask().await;
        match if gate.invert { verdict.inverted() } else { verdict } {
            Verdict::Ready => {
                (successes, failures) = (successes + 1, 0);
                if successes >= gate.confirmations.get() {
                    board.met(row);
                    return true;
                }
                board.ready(row, successes, gate.confirmations);
                sleep(pace.interval).await;
            }
            Verdict::NotYet(missing) | Verdict::Unknown(missing) => {
                (successes, failures) = (0, failures.saturating_add(1));
                board.missing(row, missing);
                if !gate.probe.is_watched() {
                    sleep(pace.after_failures(failures)).await;
                }
            }
            Verdict::Never(end) | Verdict::Refused(end) => {
                board.hopeless(row, end);
                return false;
            }
        }
    }
}

#[cfg(test)]
mod tests;
