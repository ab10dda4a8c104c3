//! What people see while the barrier is closed: one line for each condition, live on a terminal, in the log from time to time
//! otherwise.

use std::time::Duration;

use evenkeel_engine::progress::{Line, Progress};
use tokio::time::{Instant, MissedTickBehavior, interval_at};

use crate::{
    barrier::{Board, Phase},
    summary::ConditionSummary,
};

/// How often lines on a terminal are drawn anew.
const LIVE: Duration = Duration::from_millis(250);
/// How often the log tells what is still missing.
const LOGGED: Duration = Duration::from_secs(30);

/// Shows the board until it is dropped.
pub(crate) async fn show(board: &Board, progress: &Progress) {
    if progress.is_drawn() { draw(board, progress).await } else { log(board, |line| tracing::info!("{line}")).await }
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

async fn log(board: &Board, mut tell: impl FnMut(ConditionSummary)) {
    let mut told = vec![Phase::Waiting; board.rows().len()];
    let mut ticks = ticks(Duration::from_secs(1));
    let mut next = Instant::now() + LOGGED;
    loop {
        ticks.tick().await;
        let now = Instant::now();
        let is_due = now >= next;
        for (row, told) in board.rows().iter().zip(&mut told) {
            if (is_due && row.phase == Phase::Waiting) || (row.phase != *told) {
                tell(ConditionSummary::new(row, now));
            }
            *told = row.phase;
        }
        if is_due {
            next = now + LOGGED;
        }
    }
}

fn ticks(period: Duration) -> tokio::time::Interval {
    let mut ticks = interval_at(Instant::now() + period, period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_log_tells_what_is_met_at_once_and_what_is_missing_every_30_seconds() {
        let board = Board::new(["harbor".to_owned(), "realm".to_owned()]);
        let begin = Instant::now();
        let mut told = Vec::new();
        let events = async {
            board.missing(1, "answers 503".to_owned());
            tokio::time::sleep(Duration::from_millis(4500)).await;
            board.met(0);
            tokio::time::sleep(Duration::from_secs(60)).await;
            board.met(1);
            tokio::time::sleep(Duration::from_secs(30)).await;
        };
        tokio::select! {
            () = log(&board, |line| told.push((begin.elapsed().as_secs(), line.to_string()))) => {}
            () = events => {}
        }
        let lines: Vec<String> = told.into_iter().map(|(second, line)| format!("{second}: {line}")).collect();
        assert_eq!(
            lines,
            [
                "5: met    harbor (4 s, asked once)",
                "30: unmet  realm answers 503 (for 30 s, asked once)",
                "60: unmet  realm answers 503 (for 60 s, asked once)",
                "65: met    realm (64 s, asked 2 times)",
            ]
        );
    }
}
