//! The laws of `docs/design.md`, held by one test each for every task.
//!
//! A task comes in as a [`Subject`](subject::Subject): its stand-in, values with every kind of object that it manages,
//! and hands that meddle with the application behind its back. The laws themselves know no application.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod bench;
mod bounds;
mod canary;
mod copies;
mod crash;
mod essence;
mod external;
mod failures;
mod first_contact;
mod foreign;
mod harbor;
mod hidden;
mod idempotence;
mod keycloak;
mod program;
mod property;
mod proxy;
mod prune;
mod spellings;
mod stopping;
mod subject;
mod together;
mod validate;
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
            laws!(@law $subject, first_contact {
                what_was_there_keeps_what_nobody_declared,
                the_first_run_says_in_one_line_what_was_left_alone,
                a_lost_inventory_changes_nothing_that_nobody_declared,
                what_was_adopted_is_managed_as_if_evenkeel_had_made_it,
            });
            laws!(@law $subject, wreck {
                every_managed_field_is_kept_and_nothing_else_is_touched,
                every_managed_object_that_was_removed_is_made_again,
            });
            laws!(@law $subject, crash {
                a_run_that_dies_after_any_write_is_finished_by_the_next,
                a_write_that_never_arrived_is_made_up_for,
                a_write_whose_answer_is_lost_is_not_done_twice,
                a_reset_connection_is_made_up_for,
                an_internal_error_is_made_up_for,
                a_gateway_that_gave_up_is_made_up_for,
                a_read_that_makes_no_sense_changes_nothing_for_the_worse,
            });
            laws!(@law $subject, hidden {
                a_hidden_secret_that_changes_is_written_once,
                a_hidden_secret_of_which_nothing_is_remembered_is_left_alone,
                a_hidden_secret_whose_write_was_cut_off_is_written_again,
            });
            laws!(@law $subject, prune {
                what_is_not_declared_any_more_stays_and_is_told,
                prune_leaves_what_fewer_values_would_have_made,
                prune_never_touches_what_other_people_made,
                data_goes_with_the_second_word_only,
                a_budget_that_is_too_small_deletes_nothing,
                a_lost_inventory_deletes_nothing,
                an_object_that_others_made_anew_is_not_ours,
                an_older_inventory_put_back_makes_nothing_of_others_ours,
                an_object_that_was_seen_to_be_gone_is_forgotten,
                what_is_ours_by_its_name_alone_is_not_deleted,
            });
            laws!(@law $subject, failures {
                what_does_not_depend_on_a_refused_write_is_done,
            });
            laws!(@law $subject, together {
                a_run_that_was_overtaken_by_another_ends_in_the_same_state,
                two_runs_at_once_make_nothing_twice,
            });
            laws!(@law $subject, canary {
                no_secret_leaves_when_all_is_well,
                no_secret_leaves_when_the_server_quotes_it,
                no_secret_leaves_when_the_server_remembers_it,
                no_secret_leaves_when_answers_break_off,
                no_secret_leaves_when_the_values_are_wrong,
            });
            laws!(@law $subject, stopping {
                a_signal_lets_the_current_write_finish_and_starts_no_other,
            });
            laws!(@law $subject, bounds {
                a_server_that_never_answers_ends_the_run_at_its_deadline,
                no_more_requests_are_under_way_than_allowed,
                a_server_that_asks_for_time_gets_it,
                a_server_that_stays_overloaded_is_given_up,
                a_post_in_doubt_is_not_repeated_before_a_read,
            });
            laws!(@law $subject, validate {
                values_that_a_run_takes_are_valid_before_any_secret_is_known,
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
        keycloak_with_an_external_provider: crate::external::External,
        copies: crate::copies::Copies,
        harbor_and_the_cluster: crate::harbor::Harbor,
    }
}

mod law_at_random {
    mod keycloak {
        laws!(@law crate::keycloak::Keycloak, property {
            what_nobody_declared_survives_any_run,
        });
    }

    mod harbor {
        laws!(@law crate::harbor::Harbor, property {
            what_nobody_declared_survives_any_run,
        });
    }

    mod copies {
        laws!(@law crate::copies::Copies, property {
            what_nobody_declared_survives_any_run,
        });
    }
}
