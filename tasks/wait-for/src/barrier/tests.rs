//! The rules of waiting, on a clock that only moves when everybody waits.

use std::{collections::VecDeque, time::Duration};

use super::*;

/// Answers as written down, and with the last answer for ever.
struct Script {
    answers: VecDeque<Verdict>,
    watched: bool,
}

impl Probe for Script {
    async fn ask(&mut self) -> Verdict {
        if self.answers.len() > 1 { self.answers.pop_front().unwrap() } else { self.answers[0].clone() }
    }

    fn is_watched(&self) -> bool {
        self.watched
    }
}

fn gate(name: &str, answers: impl IntoIterator<Item = Verdict>) -> Gate<Script> {
    Gate {
        name: name.to_owned(),
        probe: Script { answers: answers.into_iter().collect(), watched: false },
        confirmations: NonZeroU32::MIN,
        invert: false,
    }
}

fn not_yet(missing: &str) -> Verdict {
    Verdict::NotYet(missing.to_owned())
}

fn refused() -> Verdict {
    Verdict::Refused(End::new("answers 401", "correct the credentials"))
}

async fn run(gates: Vec<Gate<Script>>, any: bool) -> (Outcome, Vec<Row>, Duration) {
    let board = Board::new(gates.iter().map(|gate| gate.name.clone()));
    let begin = Instant::now();
    let rules = Rules { pace: Pace::default(), any, deadline: begin + Duration::from_secs(60) };
    let outcome = wait(gates, &rules, &board, &Stop::new()).await;
    (outcome, board.rows(), begin.elapsed())
}

#[tokio::test(start_paused = true)]
async fn the_barrier_opens_when_every_condition_is_met() {
    let slow = gate("slow", [not_yet("answers 503"), not_yet("answers 404"), Verdict::Ready]);
    let (outcome, rows, time) = run(vec![gate("quick", [Verdict::Ready]), slow], false).await;
    assert_eq!(outcome, Outcome::Open);
    assert_eq!(
        rows.iter().map(|row| (row.phase, row.attempts)).collect::<Vec<_>>(),
        [(Phase::Met, 1), (Phase::Met, 3)]
    );
    assert_eq!(time, Duration::from_secs(1 + 2));
}

#[tokio::test(start_paused = true)]
async fn a_failure_starts_the_count_of_confirmations_again() {
    let answers = [Verdict::Ready, Verdict::Ready, not_yet("answers 502"), Verdict::Ready];
    let confirmed = Gate { confirmations: NonZeroU32::new(3).unwrap(), ..gate("flapping", answers) };
    let (outcome, rows, _) = run(vec![confirmed], false).await;
    assert_eq!((outcome, rows[0].attempts), (Outcome::Open, 6));
}

#[tokio::test(start_paused = true)]
async fn at_the_deadline_what_is_missing_is_on_the_board() {
    let (outcome, rows, time) =
        run(vec![gate("met", [Verdict::Ready]), gate("never", [not_yet("answers 503")])], false).await;
    assert_eq!((outcome, time), (Outcome::Deadline, Duration::from_secs(60)));
    assert_eq!((rows[0].phase, rows[1].phase, rows[1].missing.as_str()), (Phase::Met, Phase::Waiting, "answers 503"));
}

#[tokio::test(start_paused = true)]
async fn what_waiting_cannot_help_ends_it_at_once() {
    let (outcome, rows, time) =
        run(vec![gate("waiting", [not_yet("answers 503")]), gate("refused", [refused()])], false).await;
    assert_eq!((outcome, rows[1].phase, time), (Outcome::Hopeless, Phase::Hopeless, Duration::ZERO));
}

#[tokio::test(start_paused = true)]
async fn with_any_one_condition_is_enough_and_a_hopeless_one_does_not_end_it() {
    let gates = || vec![gate("refused", [refused()]), gate("met", [not_yet("no"), Verdict::Ready])];
    assert_eq!(run(gates(), true).await.0, Outcome::Open);
    assert_eq!(run(vec![gate("refused", [refused()])], true).await.0, Outcome::Hopeless);
}

#[tokio::test(start_paused = true)]
async fn an_inverted_condition_is_met_once_the_target_is_not_ready() {
    let inverted = Gate { invert: true, ..gate("gone", [Verdict::Ready, Verdict::Ready, not_yet("refused")]) };
    let (outcome, rows, _) = run(vec![inverted], false).await;
    assert_eq!((outcome, rows[0].attempts), (Outcome::Open, 3));
    let refused = Gate { invert: true, ..gate("refused", [refused()]) };
    assert_eq!(run(vec![refused], false).await.0, Outcome::Hopeless);
}

#[tokio::test(start_paused = true)]
async fn what_will_never_be_ready_opens_a_barrier_that_waits_for_the_end_of_something() {
    let failed = || Verdict::Never(End::new("has failed", "run it again"));
    let (outcome, rows, _) = run(vec![Gate { invert: true, ..gate("job", [failed()]) }], false).await;
    assert_eq!((outcome, rows[0].phase), (Outcome::Open, Phase::Met));
    let (outcome, rows, _) = run(vec![gate("job", [failed()])], false).await;
    assert_eq!((outcome, rows[0].hint.as_str()), (Outcome::Hopeless, "run it again"));
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_told_opens_no_barrier_that_waits_for_the_end_of_something() {
    let unknown = || Verdict::Unknown("the server does not answer".into());
    let inverted = Gate { invert: true, ..gate("gone", [unknown(), not_yet("does not exist")]) };
    let (outcome, rows, _) = run(vec![inverted], false).await;
    assert_eq!((outcome, rows[0].attempts), (Outcome::Open, 2));
    let inverted = Gate { invert: true, ..gate("untold", [unknown()]) };
    let (outcome, rows, _) = run(vec![inverted], false).await;
    assert_eq!((outcome, rows[0].missing.as_str()), (Outcome::Deadline, "the server does not answer"));
}

#[tokio::test(start_paused = true)]
async fn what_was_ready_in_between_is_missing_since_then() {
    let answers = [not_yet("answers 503"), Verdict::Ready, not_yet("answers 502")];
    let confirmed = Gate { confirmations: NonZeroU32::new(2).unwrap(), ..gate("flapping", answers) };
    let (outcome, rows, _) = run(vec![confirmed], false).await;
    assert_eq!(outcome, Outcome::Deadline);
    assert_eq!(rows[0].since - rows[0].begin, Duration::from_secs(2));
}

#[tokio::test(start_paused = true)]
async fn what_is_watched_is_asked_again_without_a_pause() {
    let mut watched = gate("job", [not_yet("runs"), not_yet("runs"), Verdict::Ready]);
    watched.probe.watched = true;
    let (outcome, _, time) = run(vec![watched], false).await;
    assert_eq!((outcome, time), (Outcome::Open, Duration::ZERO));
}

#[tokio::test(start_paused = true)]
async fn a_signal_ends_the_waiting() {
    let stop = Stop::new();
    stop.ask();
    let gates = vec![gate("never", [not_yet("answers 503")])];
    let board = Board::new(["never".to_owned()]);
    let rules = Rules { pace: Pace::default(), any: false, deadline: Instant::now() + Duration::from_secs(60) };
    assert_eq!(wait(gates, &rules, &board, &stop).await, Outcome::Stopped);
}
