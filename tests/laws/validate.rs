//! Looking at values alone takes no secret: what a run would take, `validate` takes before any of them can be read.

use evenkeel_engine::{Judge, exit_code::ExitCode, judge, task::Task, validate};

use crate::{bench::Bench, subject::Subject};

/// The subject's values refer to secrets wherever they can, and a run converges with them.
pub(crate) async fn values_that_a_run_takes_are_valid_before_any_secret_is_known<S: Subject>() {
    let bench = Bench::<S>::converged().await;
    let told = validate(&bench.options.values, S::Task::definitions(), [judge::<S::Task> as Judge]);
    assert_eq!(told, ExitCode::Converged);
}
