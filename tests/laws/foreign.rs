//! Law 2: only what is declared is compared, and what others have stays as it is.

use evenkeel_engine::exit_code::ExitCode;

use crate::{
    bench::{Bench, told},
    essence::{differences, essence},
    subject::Subject,
};

/// Other people's objects, and fields of ours that nobody declared, are no differences.
pub(crate) async fn what_nobody_declared_is_no_difference<S: Subject>() {
    let bench = Bench::<S>::converged().await;
    let before = bench.subject.snapshot();
    bench.subject.add_foreign().await;
    let after = bench.subject.snapshot();
    assert_ne!(before, after);
    bench.expect_nothing_to_do().await;
    bench.converge().await;
    assert_eq!(differences(&after, &bench.subject.snapshot()), [""; 0]);
}

/// A server where the objects are there by name, in the middle of other people's, ends in the same state as one where the
/// task made them all, once somebody says that they are evenkeel's.
pub(crate) async fn objects_that_were_there_end_up_as_if_the_task_had_made_them<S: Subject>() {
    let made = Bench::<S>::converged().await;
    made.subject.add_foreign().await;
    let found = Bench::<S>::new();
    found.subject.make_bare_objects().await;
    found.subject.add_foreign().await;
    let adopted = found.adopt().await;
    assert_eq!(adopted.exit_code, ExitCode::Converged, "{}", told(&adopted));
    found.expect_nothing_to_do().await;
    assert_eq!(differences(&essence(&made.subject), &essence(&found.subject)), [""; 0]);
}
