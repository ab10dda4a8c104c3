//! The laws of `docs/design.md`, held by one test each for every task.
//!
//! A task comes in as a [`Subject`](subject::Subject): its stand-in, values with every kind of object that it manages,
//! and hands that meddle with the application behind its back. The laws themselves know no application.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod bench;
mod essence;
mod idempotence;
mod keycloak;
mod subject;

/// One test for each law and task. A law that is added here is asked of every task.
macro_rules! laws {
    ($($task:ident: $subject:ty),+ $(,)?) => {$(
        mod $task {
            laws!(@law $subject, idempotence {
                a_second_run_only_reads,
                looking_changes_nothing_on_an_empty_server,
                looking_changes_nothing_on_a_converged_server,
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
