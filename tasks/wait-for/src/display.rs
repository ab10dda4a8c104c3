//! What people see while the barrier is closed: one line for each condition, live on a terminal, in the log from time to time
//! otherwise.

use std::time::Duration;

use evenkeel_engine::progress::{Line, Progress};
use tokio::time::{Instant, MissedTickBehavior, interval_at};

use crate::{
    barrier::{Board, Phase, Row},
    summary::ConditionSummary,
};

/// How often lines on a terminal are drawn anew.
const LIVE: Duration = Duration::from_millis(250);
/// How often the log tells what is still missing.
const LOGGED: Duration = Duration::from_secs(30);

/// Shows the board until it is dropped.
pub(crate) async fn show(board: &Board, progress: &Progress) {
    if progress.is_drawn() { draw(board, progress).await } else { log(board).await }
}

async fn draw(board: &Board, progress: &Progress) {
    let lines: Vec<Line> = board.rows().iter().map(|_| progress.line()).collect();
    let mut ticks = ticks(LIVE);
    loop {
        let now = Instant::now();
        for (row, line) in board.rows().iter().zip(&lines) {
            line.say(ConditionSummary::new(row, now).to_string());
        }
        ticks.tick().await;
    }
}

async fn log(board: &Board) {
    let mut told = vec![Phase::Waiting; board.rows().len()];
    let mut ticks = ticks(Duration::from_secs(1));
    let mut next = Instant::now() + LOGGED;
    loop {
        ticks.tick().await;
        let now = Instant::now();
        let is_due = now >= next;
        for (row, told) in board.rows().iter().zip(&mut told) {
            if (is_due && row.phase == Phase::Waiting) || (row.phase != *told) {
                tell(row, now);
            }
            *told = row.phase;
        }
        if is_due {
            next = now + LOGGED;
        }
    }
}

fn tell(row: &Row, now: Instant) {
    tracing::info!("{}", ConditionSummary::new(row, now));
}

fn ticks(period: Duration) -> tokio::time::Interval {
    let mut ticks = interval_at(Instant::now() + period, period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}
