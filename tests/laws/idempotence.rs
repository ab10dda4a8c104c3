//! Law 1: a second run writes nothing; and whoever only looks never writes.

use evenkeel_core::report::Mode;
use evenkeel_engine::exit_code::ExitCode;
use evenkeel_sandbox::Kind;

use crate::{
    bench::{Bench, planned, told},
    subject::Subject,
};

/// The first run does something, the second finds nothing to do: its log holds reads and logins only.
pub(crate) async fn a_second_run_only_reads<S: Subject>() {
    let bench = Bench::<S>::new();
    let first = bench.converge().await;
    assert!(!planned(&first).is_empty(), "the values declare something");
    assert!(bench.count(Kind::Write) > 0);
    let before = bench.subject.snapshot();

    bench.subject.forget();
    let second = bench.converge().await;
    assert_eq!(planned(&second), [], "{}", told(&second));
    assert_eq!(bench.count(Kind::Write), 0, "{:?}", bench.subject.requests());
    assert!(bench.count(Kind::Read) > 0);
    assert_eq!(second.report.requests.writes, 0, "the report counts what the server saw");
    assert_eq!(second.report.requests.reads, u64::try_from(bench.count(Kind::Read)).unwrap());
    assert_eq!(bench.subject.snapshot(), before);
    assert_eq!(bench.subject.broken_promises(), [""; 0]);
}

/// `plan` and `check` tell of everything that is to be made, and make nothing: neither there nor in the inventory.
pub(crate) async fn looking_changes_nothing_on_an_empty_server<S: Subject>() {
    let bench = Bench::<S>::new();
    let before = bench.subject.snapshot();
    for finished in [bench.plan().await, bench.check().await] {
        assert!(!planned(&finished).is_empty());
        let code = if finished.report.mode == Mode::Plan { ExitCode::Differences } else { ExitCode::Converged };
        assert_eq!(finished.exit_code, code, "{}", told(&finished));
        assert_eq!(finished.report.requests.writes, 0);
    }
    assert_eq!(bench.count(Kind::Write), 0, "{:?}", bench.subject.requests());
    assert_eq!(bench.subject.snapshot(), before);
    assert!(!bench.path("inventory.jsonl").exists());
}

/// The same where everything is there.
pub(crate) async fn looking_changes_nothing_on_a_converged_server<S: Subject>() {
    let bench = Bench::<S>::converged().await;
    let before = (bench.subject.snapshot(), std::fs::read(bench.path("inventory.jsonl")).unwrap());
    bench.subject.forget();
    for finished in [bench.plan().await, bench.check().await] {
        assert_eq!(finished.exit_code, ExitCode::Converged, "{}", told(&finished));
        assert_eq!(planned(&finished), []);
    }
    assert_eq!(bench.count(Kind::Write), 0, "{:?}", bench.subject.requests());
    assert_eq!((bench.subject.snapshot(), std::fs::read(bench.path("inventory.jsonl")).unwrap()), before);
}
