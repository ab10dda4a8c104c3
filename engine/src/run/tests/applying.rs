use super::*;

#[tokio::test(start_paused = true)]
async fn a_run_converges_and_the_next_one_writes_nothing() {
    let shared = application(|application| application.desired = wanted(&["a", "b"]));
    let setup = setup();
    let first = setup.apply().await;
    assert_eq!((first.exit_code, first.report.rounds), (ExitCode::Converged, 1));
    insta::assert_json_snapshot!(first.report);
    let second = setup.apply().await;
    assert_eq!((second.exit_code, second.report.rounds), (ExitCode::Converged, 0));
    assert!(second.report.changes.is_empty());
    assert_eq!(shared.lock().unwrap().begun, ["a", "b"]);
}

#[tokio::test(start_paused = true)]
async fn dependents_come_after_what_they_wait_for() {
    let shared = application(|application| {
        application.desired = wanted(&["a", "b", "c"]);
        wait(application, "a", &["c"]);
        wait(application, "b", &["a"]);
    });
    assert_eq!(setup().apply().await.exit_code, ExitCode::Converged);
    assert_eq!(shared.lock().unwrap().begun, ["c", "a", "b"]);
}

#[tokio::test(start_paused = true)]
async fn as_many_changes_are_under_way_as_allowed_and_no_more() {
    let names: Vec<String> = (0..50).map(|number| number.to_string()).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let shared = application(|application| application.desired = wanted(&names));
    let setup = setup().with(|options| options.concurrency = NonZeroUsize::new(3).unwrap());
    assert_eq!(setup.apply().await.exit_code, ExitCode::Converged);
    assert_eq!(shared.lock().unwrap().most_under_way, 3);
}

#[tokio::test(start_paused = true)]
async fn changes_that_exclude_each_other_are_made_one_at_a_time() {
    let shared = application(|application| {
        application.desired = wanted(&["a", "b", "c", "d", "e"]);
        for name in ["a", "b", "d", "e"] {
            application.desired.get_mut(name).unwrap().exclusive = Some("parent".to_owned());
        }
        application.scripts.insert("b".to_owned(), vec![Script::Fail(Class::Refused)]);
    });
    let finished = setup().apply().await;
    let application = shared.lock().unwrap();
    assert!(!application.exclusive_clash);
    assert_eq!(application.most_under_way, 2, "c goes on beside them");
    assert_eq!(finished.report.count(Status::Applied), 4);
}

#[tokio::test(start_paused = true)]
async fn thirty_thousand_changes_are_made_with_few_inventory_writes() {
    let names: Vec<String> = (0..30_000).map(|number| format!("{number:05}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let shared = application(|application| {
        application.desired = wanted(&names);
        for name in &names[1..] {
            application.desired.get_mut(*name).unwrap().exclusive = Some("parent".to_owned());
            wait(application, name, &["00000"]);
        }
    });
    let setup = setup();
    let finished = setup.apply().await;
    assert_eq!((finished.exit_code, finished.report.count(Status::Applied)), (ExitCode::Converged, 30_000));
    assert!(!shared.lock().unwrap().exclusive_clash);
    assert_eq!(setup.owned().len(), 30_000);
}

#[tokio::test(start_paused = true)]
async fn every_create_is_in_the_inventory_before_it_begins() {
    let names: Vec<String> = (0..600).map(|number| number.to_string()).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let setup = setup();
    let shared = application(|application| {
        application.desired = wanted(&names);
        application.inventory = setup.options.inventory.clone();
    });
    assert_eq!(setup.apply().await.exit_code, ExitCode::Converged);
    let application = shared.lock().unwrap();
    assert_eq!(application.inventory_at_create.len(), 600);
    for (name, inventory) in &application.inventory_at_create {
        assert!(inventory.contains(&format!(r#""object":"role/{name}","state":"announced""#)), "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_crashed_run_made_is_ours_and_the_next_run_arrives() {
    let shared = application(|application| {
        application.desired = wanted(&["a", "b"]);
        application.scripts.insert("b".to_owned(), vec![Script::Hang]);
    });
    let setup = setup();
    {
        // Dropped in the middle: nothing of the run's own clean-up happens.
        let mut running = Box::pin(setup.apply());
        while !shared.lock().unwrap().objects.contains_key("a") {
            assert!(futures::poll!(&mut running).is_pending());
            tokio::task::yield_now().await;
        }
    }
    assert_eq!(setup.owned(), ["a", "b"], "announced, both");
    shared.lock().unwrap().scripts.clear();
    assert_eq!(setup.apply().await.exit_code, ExitCode::Converged);
    assert_eq!(setup.owned(), ["a", "b"]);
}

#[tokio::test(start_paused = true)]
async fn what_changes_have_to_tell_is_in_the_report() {
    application(|application| application.desired = wanted(&["talkative"]));
    let finished = setup().apply().await;
    assert_eq!(finished.report.notes[0].message, "has something to say");
}

#[tokio::test(start_paused = true)]
async fn a_selected_object_takes_along_what_it_waits_for() {
    let shared = application(|application| {
        application.desired = wanted(&["a", "b", "c"]);
        wait(application, "a", &["b"]);
    });
    let setup = setup().with(|options| options.only = vec!["role/a*".parse().unwrap()]);
    assert_eq!(setup.apply().await.exit_code, ExitCode::Converged);
    assert_eq!(shared.lock().unwrap().begun, ["b", "a"]);
}

#[tokio::test(start_paused = true)]
async fn a_team_is_made_without_the_others() {
    let shared = application(|application| {
        application.desired = wanted(&["a", "b", "c"]);
        for (name, team) in [("a", "alpha"), ("b", "beta")] {
            application.desired.get_mut(name).unwrap().team = Some(team.to_owned());
        }
    });
    let setup = setup().with(|options| options.team = Some("beta".to_owned()));
    assert_eq!(setup.apply().await.exit_code, ExitCode::Converged);
    assert_eq!(shared.lock().unwrap().begun, ["b"]);
}
