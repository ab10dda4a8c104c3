use std::time::Duration;

use super::*;

fn script(application: &mut Application, name: &str, steps: &[Script]) {
    // The last is taken first.
    application.scripts.insert(name.to_owned(), steps.iter().rev().cloned().collect());
}

#[tokio::test(start_paused = true)]
async fn a_failure_stays_with_what_waits_for_it() {
    let shared = application(|application| {
        application.desired = wanted(&["a", "b", "c", "d"]);
        wait(application, "b", &["a"]);
        wait(application, "c", &["b"]);
        script(application, "a", &[Script::Fail(Class::Refused)]);
    });
    let setup = setup();
    let finished = setup.apply().await;
    assert_eq!(finished.exit_code, ExitCode::SomeFailed);
    insta::assert_json_snapshot!(finished.report);
    assert_eq!(shared.lock().unwrap().begun, ["a", "d"], "what is refused is not tried again");
    assert_eq!(setup.owned(), ["d"], "what was refused or never sent is not ours");
}

/// Each create once told of it anew.
#[tokio::test]
async fn a_busy_inventory_is_told_once_for_the_whole_run_and_nothing_is_made() {
    let shared = application(|application| application.desired = wanted(&["a", "b", "c"]));
    let setup = setup().with(|options| options.concurrency = NonZeroUsize::MIN);
    let home = Home::File(setup.options.inventory.clone());
    let mut other = StoredInventory::open(home, ("demo", "fake"), "a map").await.unwrap();
    other.announce(&[role("of the other run")]).await.unwrap();
    let finished = setup.apply().await;
    let failures: Vec<&str> = finished.failures.iter().map(|failure| failure.message.as_str()).collect();
    assert!(
        matches!(failures[..], [one] if one.ends_with("is in use by another run") && one.lines().count() == 1),
        "{failures:?}"
    );
    assert_eq!(["a", "b", "c"].map(|name| status(&finished, name)), [Status::Skipped; 3]);
    assert!(shared.lock().unwrap().begun.is_empty());
    drop(other);
    assert_eq!(setup.apply().await.exit_code, ExitCode::Converged);
}

/// A project whose settings were refused left the broken pull secret of its team as it was.
#[tokio::test(start_paused = true)]
async fn an_update_that_failed_does_not_hold_up_what_comes_after_it() {
    let shared = application(|application| {
        application.objects = there(&["a", "b"], "changed");
        application.desired = wanted(&["a", "b", "c"]);
        wait(application, "b", &["a"]);
        wait(application, "c", &["b"]);
        script(application, "a", &[Script::Fail(Class::Refused)]);
    });
    let finished = setup().apply().await;
    assert_eq!(finished.exit_code, ExitCode::SomeFailed);
    let became = ["a", "b", "c"].map(|name| status(&finished, name));
    assert_eq!(became, [Status::Failed, Status::Applied, Status::Applied]);
    assert_eq!(shared.lock().unwrap().begun, ["a", "b", "c"], "the order stays");
}

#[tokio::test(start_paused = true)]
async fn an_update_that_others_need_holds_them_up_when_it_fails() {
    let shared = application(|application| {
        application.objects = there(&["a"], "changed");
        application.desired = wanted(&["a", "b", "c"]);
        application.desired.get_mut("a").unwrap().needed = true;
        wait(application, "b", &["a"]);
        script(application, "a", &[Script::Fail(Class::Refused)]);
    });
    let finished = setup().apply().await;
    let became = ["a", "b", "c"].map(|name| status(&finished, name));
    assert_eq!(became, [Status::Failed, Status::Skipped, Status::Applied]);
    assert_eq!(shared.lock().unwrap().begun, ["a", "c"]);
}

#[tokio::test(start_paused = true)]
async fn a_conflict_is_read_again_and_corrected() {
    let shared = application(|application| {
        application.desired = wanted(&["a"]);
        script(application, "a", &[Script::Overtaken]);
    });
    let setup = setup();
    let finished = setup.apply().await;
    assert_eq!((finished.exit_code, finished.report.rounds), (ExitCode::Converged, 2));
    insta::assert_json_snapshot!(finished.report);
    assert_eq!(shared.lock().unwrap().objects["a"], "declared");
    assert!(setup.owned().is_empty(), "somebody else made it");
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_is_settled_by_reading_again() {
    let shared = application(|application| {
        application.desired = wanted(&["a", "b"]);
        wait(application, "b", &["a"]);
        script(application, "a", &[Script::LoseAnswer]);
    });
    let setup = setup();
    let finished = setup.apply().await;
    assert_eq!((finished.exit_code, finished.report.rounds), (ExitCode::Converged, 2));
    assert_eq!((status(&finished, "a"), status(&finished, "b")), (Status::Applied, Status::Applied));
    assert_eq!(shared.lock().unwrap().begun, ["a", "b"]);
    assert_eq!(setup.owned(), ["a", "b"]);
}

/// What others make under these names later is not ours.
#[tokio::test(start_paused = true)]
async fn what_was_never_sent_is_not_remembered_as_ours() {
    for class in [Class::Unavailable, Class::Configuration, Class::Unexpected] {
        application(|application| {
            application.desired = wanted(&["a", "b"]);
            script(application, "a", &vec![Script::NeverSent(class); 3]);
            script(application, "b", &vec![Script::Fail(class); 3]);
        });
        let setup = setup();
        setup.apply().await;
        assert_eq!(setup.owned(), ["b"], "{class:?}: of what was sent nobody knows");
    }
}

#[tokio::test(start_paused = true)]
async fn a_change_that_is_accepted_and_not_kept_is_a_failure() {
    let shared = application(|application| {
        application.desired = wanted(&["a", "b"]);
        script(application, "a", &[Script::Ignore, Script::Ignore, Script::Ignore]);
    });
    let finished = setup().apply().await;
    assert_eq!(finished.exit_code, ExitCode::Configuration);
    assert_eq!(message(&finished, "a"), "`role/a` is still not there, although the application accepted the change");
    assert_eq!(shared.lock().unwrap().begun, ["a", "b", "a"], "twice is enough");
}

#[tokio::test(start_paused = true)]
async fn a_field_that_is_not_kept_is_named_with_what_was_declared_and_kept() {
    application(|application| {
        application.desired = wanted(&["a"]);
        application.objects.insert("a".to_owned(), "its own form".to_owned());
        script(application, "a", &[Script::Ignore, Script::Ignore, Script::Ignore]);
    });
    let finished = setup().apply().await;
    assert_eq!(finished.exit_code, ExitCode::Configuration);
    let text = "`role/a` still differs, although the application accepted the change: `text` is \"its own form\" where \"declared\" \
                is declared";
    assert_eq!(message(&finished, "a"), text);
}

/// The create was a try too: it would otherwise take another run to say that trying is of no use.
#[tokio::test(start_paused = true)]
async fn a_field_that_is_kept_neither_by_the_create_nor_by_the_update_lasts() {
    let shared = application(|application| {
        application.desired = wanted(&["a"]);
        let away = Script::Fail(Class::Unavailable);
        script(application, "a", &[away, Script::OwnForm, Script::OwnForm]);
    });
    let finished = setup().apply().await;
    assert_eq!((finished.exit_code, finished.report.rounds), (ExitCode::Configuration, 3));
    let failure = finished.report.changes.iter().find_map(|change| change.failure.as_ref()).unwrap();
    assert!(failure.message.contains("`role/a` still differs"), "{}", failure.message);
    assert_eq!(shared.lock().unwrap().begun, ["a", "a", "a"]);
}

/// Another run may have undone it between our write and our look.
#[tokio::test(start_paused = true)]
async fn a_change_that_was_accepted_once_and_undone_is_worth_another_try() {
    let shared = application(|application| {
        application.desired = wanted(&["a"]);
        let away = Script::Fail(Class::Unavailable);
        script(application, "a", &[away.clone(), away, Script::Ignore]);
    });
    let finished = setup().apply().await;
    assert_eq!((finished.exit_code, finished.report.rounds), (ExitCode::SomeFailed, 3));
    assert_eq!(message(&finished, "a"), "`role/a` is still not there, although the application accepted the change");
    assert_eq!(shared.lock().unwrap().begun, ["a", "a", "a"]);
}

#[tokio::test(start_paused = true)]
async fn a_change_that_never_succeeds_is_tried_in_three_rounds() {
    let shared = application(|application| {
        application.desired = wanted(&["a"]);
        script(application, "a", &vec![Script::Fail(Class::Unavailable); 9]);
    });
    let finished = setup().apply().await;
    assert_eq!((finished.exit_code, finished.report.rounds), (ExitCode::Unavailable, 3));
    assert_eq!(shared.lock().unwrap().begun.len(), 3);
}

#[tokio::test(start_paused = true)]
async fn the_exit_code_tells_failures_of_one_kind_from_a_mixture() {
    for (first, second, code) in [
        (Class::NotAuthorised, Class::NotAuthorised, ExitCode::NotAuthorised),
        (Class::NotAuthorised, Class::Refused, ExitCode::SomeFailed),
        (Class::Configuration, Class::Configuration, ExitCode::Configuration),
        (Class::Refused, Class::Refused, ExitCode::SomeFailed),
        (Class::Prevented, Class::Prevented, ExitCode::Configuration),
        (Class::Prevented, Class::NotAuthorised, ExitCode::Configuration),
        (Class::Prevented, Class::Refused, ExitCode::SomeFailed),
        (Class::Unexpected, Class::Unexpected, ExitCode::Unexpected),
    ] {
        application(|application| {
            application.desired = wanted(&["a", "b", "c"]);
            script(application, "a", &vec![Script::Fail(first); 3]);
            script(application, "b", &vec![Script::Fail(second); 3]);
        });
        assert_eq!(setup().apply().await.exit_code, code, "{first:?}, {second:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_target_that_cannot_be_used_ends_the_run_with_its_kind_of_failure() {
    for (class, code) in [
        (Class::Unavailable, ExitCode::Unavailable),
        (Class::NotAuthorised, ExitCode::NotAuthorised),
        (Class::Configuration, ExitCode::Configuration),
        (Class::Unexpected, ExitCode::Unexpected),
    ] {
        application(|application| application.connecting = Some(class));
        assert_eq!(setup().apply().await.exit_code, code);
        application(|application| application.observing = vec![class]);
        let finished = setup().apply().await;
        assert_eq!(finished.exit_code, code);
        assert_eq!(finished.report.failure.unwrap().hint.as_deref(), Some("ask the test"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_stopped_run_finishes_what_it_began_and_starts_nothing_new() {
    let surroundings = Surroundings::default();
    let shared = application(|application| {
        application.desired = wanted(&["a", "b", "c"]);
        script(application, "b", &[Script::Stop(surroundings.stop.clone())]);
    });
    let setup = setup().with(|options| options.concurrency = NonZeroUsize::MIN);
    let command = TaskCommand::Apply { adopt: false, options: setup.options.clone() };
    let finished = run::<Fake>(&command, &surroundings).await;
    assert_eq!(finished.exit_code, ExitCode::SomeFailed);
    insta::assert_json_snapshot!(finished.report);
    assert_eq!(shared.lock().unwrap().begun, ["a", "b"]);
    assert_eq!(setup.owned(), ["a", "b"], "c was announced and taken back");
}

#[tokio::test(start_paused = true)]
async fn the_deadline_ends_the_run_and_names_what_was_not_done() {
    application(|application| {
        application.desired = wanted(&["a", "b"]);
        wait(application, "b", &["a"]);
        script(application, "a", &[Script::Hang]);
    });
    let setup = setup().with(|options| options.timeout = Duration::from_secs(90));
    let finished = setup.apply().await;
    assert_eq!(finished.exit_code, ExitCode::Unavailable);
    assert_eq!(finished.report.failure.as_ref().unwrap().message, "the deadline of 1m 30s has passed");
    assert_eq!(message(&finished, "a"), "it was still under way 7s after the run had to end");
    assert_eq!(status(&finished, "b"), Status::Skipped);
    assert_eq!(setup.owned(), ["a"], "its create may have happened");
}

#[tokio::test(start_paused = true)]
async fn a_write_that_does_not_end_has_seven_seconds_after_a_signal() {
    let surroundings = Surroundings::default();
    application(|application| {
        application.desired = wanted(&["a", "b"]);
        script(application, "a", &[Script::Hang]);
        script(application, "b", &[Script::Stop(surroundings.stop.clone())]);
    });
    let setup = setup().with(|options| options.timeout = Duration::from_secs(3600));
    let command = TaskCommand::Apply { adopt: false, options: setup.options.clone() };
    let begin = tokio::time::Instant::now();
    let finished = run::<Fake>(&command, &surroundings).await;
    assert_eq!(begin.elapsed().as_secs(), 7);
    assert_eq!(finished.exit_code, ExitCode::SomeFailed);
    assert_eq!(message(&finished, "a"), "it was still under way 7s after the run had to end");
    assert_eq!(status(&finished, "b"), Status::Applied);
}

#[tokio::test(start_paused = true)]
async fn a_broken_task_breaks_the_run_and_not_the_inventory() {
    application(|application| {
        application.desired = wanted(&["a"]);
        script(application, "a", &[Script::Panic]);
    });
    let setup = setup();
    let running = std::panic::AssertUnwindSafe(setup.apply());
    assert!(futures::FutureExt::catch_unwind(running).await.is_err());
    assert_eq!(setup.owned(), ["a"]);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_created_without_an_inventory() {
    let shared = application(|application| {
        application.desired = wanted(&["a", "b", "c"]);
        application.objects = there(&["b"], "by hand");
        wait(application, "c", &["a"]);
    });
    let setup = setup();
    fs::write(setup.folder.path().join("file"), "").unwrap();
    let path = setup.folder.path().join("file/inventory.jsonl");
    let setup = setup.with(|options| options.inventory = Some(path));
    let finished = setup.apply().await;
    assert_eq!(finished.exit_code, ExitCode::Configuration);
    assert!(!shared.lock().unwrap().objects.contains_key("a"));
}

#[cfg(unix)]
#[tokio::test(start_paused = true)]
async fn an_inventory_that_others_may_write_is_refused_before_anything_is_done() {
    use std::os::unix::fs::PermissionsExt;
    let shared = application(|application| application.desired = wanted(&["a"]));
    let setup = setup();
    assert_eq!(setup.apply().await.exit_code, ExitCode::Converged);
    let path = setup.options.inventory.clone().unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o664)).unwrap();
    let reads = shared.lock().unwrap().reads;
    for finished in [setup.plan().await, setup.apply().await] {
        assert_eq!(finished.exit_code, ExitCode::Configuration);
        let failure = &finished.failures[0];
        assert!(failure.message.ends_with("others may read or write it (its mode is 664)"), "{}", failure.message);
        assert!(failure.hint.as_ref().unwrap().contains("`chmod 600`"));
    }
    assert_eq!(shared.lock().unwrap().reads, reads);
}
