//! Law 2 at random: whatever is declared and whatever other people have, what nobody declared survives, and a second plan is
//! empty; and an export of what is there then has nothing left to change. Cases that failed once are kept in `proptest-regressions.txt` and tried first.

use std::fmt::Debug;

use evenkeel_engine::{exit_code::ExitCode, export::FinishedExport};
use proptest::{
    strategy::BoxedStrategy,
    test_runner::{Config, FileFailurePersistence, RngAlgorithm, TestCaseError, TestRng, TestRunner},
};
use serde_json::Value;

use crate::{
    bench::{Bench, planned, told},
    subject::Subject,
};

/// How many cases a test run tries.
const CASES: u32 = 24;

/// A subject whose values and whose foreign state can be made up.
pub(crate) trait AtRandom: Subject {
    /// Something declared, and something that is there before.
    type Case: Clone + Debug + 'static;

    /// Cases of every shape.
    fn cases() -> BoxedStrategy<Self::Case>;

    /// The values of a case.
    fn values_of(case: &Self::Case, urls: &[String]) -> Vec<(&'static str, String)>;

    /// Makes what is there before.
    async fn make(&self, case: &Self::Case);

    /// Objects that stay as they are because somebody else has them: each is planned and refused in every run.
    fn refused(_: &Self::Case) -> Vec<String> {
        Vec::new()
    }

    /// An export of what is there, for a task that has one.
    async fn export(_: &Bench<Self>) -> Option<FinishedExport>
    where
        Self: Sized,
    {
        None
    }

    /// What of it is not as it should be, by the state before and after a run.
    fn lost(case: &Self::Case, before: &Value, after: &Value) -> Vec<String>;
}

pub(crate) async fn what_nobody_declared_survives_any_run<S: AtRandom + 'static>() {
    let kept = FileFailurePersistence::Direct("tests/laws/proptest-regressions.txt");
    let config = Config { cases: CASES, failure_persistence: Some(Box::new(kept)), ..Config::default() };
    // Shrinking runs a case again and again: it has a thread of its own, and in it a runtime.
    let run = move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        // The same cases in every run: whoever looks for new ones changes CASES.
        let dice = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
        let outcome = TestRunner::new_with_rng(config, dice).run(&S::cases(), |case| {
            let complaints = runtime.block_on(play::<S>(&case));
            if complaints.is_empty() { Ok(()) } else { Err(TestCaseError::fail(complaints.join("\n"))) }
        });
        outcome.map_err(|failed| failed.to_string())
    };
    tokio::task::spawn_blocking(run).await.unwrap().unwrap();
}

async fn play<S: AtRandom>(case: &S::Case) -> Vec<String> {
    let subject = S::start();
    let values = S::values_of(case, &subject.urls());
    let bench = Bench::with_values(subject, &values);
    bench.subject.make(case).await;
    let before = bench.subject.snapshot();
    let finished = bench.apply().await;
    let mut complaints = S::lost(case, &before, &bench.subject.snapshot());
    let refused = S::refused(case);
    if (finished.exit_code == ExitCode::Converged) != refused.is_empty() {
        complaints.push(told(&finished));
    }
    let mut second: Vec<String> = planned(&bench.plan().await).iter().map(ToString::to_string).collect();
    second.sort();
    if second != refused {
        complaints.push(format!("a second plan has {second:?}, and what is refused is {refused:?}"));
    }
    if let Some(export) = S::export(&bench).await
        && export.exit_code != ExitCode::Converged
    {
        complaints.push(format!("an export does not hold: {export:?}"));
    }
    complaints
}
