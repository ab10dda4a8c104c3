//! The laws of `docs/design.md`, held by one test each for every task.
//!
//! A task comes in as a [`Subject`](subject::Subject): its stand-in, values with every kind of object that it manages,
//! and hands that meddle with the application behind its back. The laws themselves know no application.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod bench;
mod essence;
mod fields;
mod foreign;
mod idempotence;
mod keycloak;
mod subject;
mod wreck;

/// One test for each law and task. A law that is added here is asked of every task.
macro_rules! laws {
    ($($task:ident: $subject:ty),+ $(,)?) => {$(
        mod $task {
            laws!(@law $subject, idempotence {
                a_second_run_only_reads,
                looking_changes_nothing_on_an_empty_server,
                looking_changes_nothing_on_a_converged_server,
            });
            laws!(@law $subject, foreign {
                what_nobody_declared_is_no_difference,
                objects_that_were_there_end_up_as_if_the_task_had_made_them,
            });
            laws!(@law $subject, wreck {
                every_managed_field_is_kept_and_nothing_else_is_touched,
                every_managed_object_that_was_removed_is_made_again,
            });
        }
    )+};
    (@law $subject:ty, $room:ident { $($law:ident),+ $(,)? }) => {$(
        #[tokio::test]
        async fn $law() {
            crate::$room::$law::<$subject>().await;
        }
    )+};
}

mod law {
    laws! {
        keycloak: crate::keycloak::Keycloak,
    }
}
