use evenkeel_core::plan::Note;

use super::*;

const FOREIGN_NOTE: &str = "was deleted by others, who made another one of this name: it is not ours any more";

/// Objects that this tool made, of which only these are still declared.
async fn made(names: &[&str], declared: &[&str]) -> (Setup, super::super::fake::Shared) {
    let setup = setup();
    let shared = application(|application| application.desired = wanted(names));
    assert_eq!(setup.apply().await.exit_code, ExitCode::Converged);
    shared.lock().unwrap().desired = wanted(declared);
    (setup.with(|options| options.prune = true), shared)
}

/// Others delete an object and make one of the same name.
fn replace(shared: &super::super::fake::Shared, name: &str) {
    let mut application = shared.lock().unwrap();
    application.objects.insert(name.to_owned(), "of others".to_owned());
    application.ids.insert(name.to_owned(), 1_000);
}

fn is_there(shared: &super::super::fake::Shared, name: &str) -> bool {
    shared.lock().unwrap().objects.contains_key(name)
}

/// The inventory as an older version would have written it: without ids.
fn forget_ids(setup: &Setup) {
    let old: Vec<String> = setup.inventory().lines().map(without_id).collect();
    fs::write(setup.options.inventory.as_ref().unwrap(), old.join("\n") + "\n").unwrap();
}

fn without_id(line: &str) -> String {
    let mut line: serde_json::Value = serde_json::from_str(line).unwrap();
    line.as_object_mut().unwrap().remove("id");
    line.to_string()
}

#[tokio::test(start_paused = true)]
async fn an_object_that_others_made_anew_under_our_name_is_not_deleted() {
    let (setup, shared) = made(&["a", "b"], &["a"]).await;
    replace(&shared, "b");
    let finished = setup.apply().await;
    assert_eq!(finished.exit_code, ExitCode::Converged);
    assert_eq!(finished.report.notes, [Note { object: role("b"), message: FOREIGN_NOTE.to_owned() }]);
    assert!(is_there(&shared, "b"));
    assert_eq!(setup.owned(), ["a"], "struck off");
}

#[tokio::test(start_paused = true)]
async fn a_plan_says_so_too_and_writes_nothing() {
    let (setup, shared) = made(&["a", "b"], &["a"]).await;
    replace(&shared, "b");
    let before = setup.inventory();
    let finished = setup.plan().await;
    assert_eq!(finished.report.notes, [Note { object: role("b"), message: FOREIGN_NOTE.to_owned() }]);
    assert!(finished.report.changes.is_empty());
    assert_eq!(setup.inventory(), before);
}

#[tokio::test(start_paused = true)]
async fn an_older_inventory_deletes_nothing_that_was_made_after_it() {
    let (setup, shared) = made(&["a", "b"], &["a"]).await;
    let older = setup.inventory();
    assert_eq!(setup.apply().await.exit_code, ExitCode::Converged);
    assert!(!is_there(&shared, "b"));
    replace(&shared, "b");
    fs::write(setup.options.inventory.as_ref().unwrap(), older).unwrap();
    assert_eq!(setup.apply().await.exit_code, ExitCode::Converged);
    assert!(is_there(&shared, "b"));
}

#[tokio::test(start_paused = true)]
async fn an_object_that_is_gone_is_struck_off_at_once() {
    let (setup, shared) = made(&["a", "b"], &["a"]).await;
    shared.lock().unwrap().objects.remove("b");
    assert_eq!(setup.apply().await.exit_code, ExitCode::Converged);
    assert_eq!(setup.owned(), ["a"]);
}

#[tokio::test(start_paused = true)]
async fn an_inventory_without_ids_learns_them_of_declared_objects_and_never_deletes_by_name() {
    let (setup, shared) = made(&["a", "b"], &["a", "b"]).await;
    forget_ids(&setup);
    shared.lock().unwrap().desired = wanted(&["a"]);
    let finished = setup.apply().await;
    assert_eq!(finished.exit_code, ExitCode::Converged);
    assert!(finished.report.notes[0].message.contains("does not say which object of this name is ours"));
    assert!(is_there(&shared, "b"));
    shared.lock().unwrap().desired = wanted(&["a", "b"]);
    assert_eq!(setup.apply().await.exit_code, ExitCode::Converged);
    shared.lock().unwrap().desired = wanted(&["a"]);
    assert_eq!(setup.apply().await.exit_code, ExitCode::Converged);
    assert!(!is_there(&shared, "b"), "known since the run in which it was declared");
}

#[tokio::test(start_paused = true)]
async fn what_others_put_inside_keeps_an_object() {
    let (setup, shared) = made(&["a", "b", "inner"], &["a"]).await;
    let put = |names: &[&str]| {
        let names = names.iter().map(|name| (*name).to_owned()).collect();
        shared.lock().unwrap().inside.insert("b".to_owned(), names);
    };
    put(&["inner", "foreign", "other"]);
    let finished = setup.plan().await;
    let expected =
        "is not declared any more; it stays, because it would take along `role/foreign` and 1 more that are not ours";
    assert!(finished.report.notes.contains(&Note { object: role("b"), message: expected.to_owned() }));
    assert!(!finished.report.changes.iter().any(|change| change.change.object == role("b")));
    put(&["inner"]);
    assert_eq!(setup.apply().await.exit_code, ExitCode::Converged);
    assert!(!is_there(&shared, "b"));
}

#[tokio::test(start_paused = true)]
async fn all_that_a_delete_takes_along_counts() {
    let (setup, shared) = made(&["a", "b", "inner"], &["a", "inner"]).await;
    shared.lock().unwrap().inside.insert("b".to_owned(), vec!["inner".to_owned()]);
    let setup = setup.with(|options| options.max_deletes = 1);
    let finished = setup.apply().await;
    assert_eq!(finished.exit_code, ExitCode::Configuration);
    assert_eq!(
        finished.report.failure.unwrap().message,
        "2 deletes are more than `--max-deletes 1` allows, so nothing is deleted"
    );
    assert!(is_there(&shared, "b"));
}

#[tokio::test(start_paused = true)]
async fn more_relations_than_allowed_are_not_taken_away_while_other_changes_go_on() {
    let (setup, shared) = made(&["a", "b", "c"], &["a", "b", "c"]).await;
    {
        let mut application = shared.lock().unwrap();
        application.relations = ["a", "b"].map(str::to_owned).into();
        application.objects = there(&["a", "b", "c"], "by hand");
    }
    let setup = setup.with(|options| options.max_removals = 1);
    let finished = setup.apply().await;
    assert_eq!(finished.exit_code, ExitCode::Configuration);
    assert!(finished.report.failure.unwrap().hint.unwrap().contains("--max-removals 2"));
    let objects = shared.lock().unwrap().objects.clone();
    assert_eq!(
        objects,
        [("a", "by hand"), ("b", "by hand"), ("c", "declared")].map(|(a, b)| (a.into(), b.into())).into()
    );
    let setup = setup.with(|options| options.max_removals = 2);
    assert_eq!(setup.apply().await.exit_code, ExitCode::Converged);
}

/// A server may finish a create that was cut off when the next run has read already: what is in the way of that run's create is ours.
#[tokio::test(start_paused = true)]
async fn a_create_that_a_killed_run_sent_and_that_comes_late_stays_ours() {
    let setup = setup();
    let shared = application(|application| {
        application.desired = wanted(&["a"]);
        application.scripts.insert("a".to_owned(), vec![Script::Hang]);
    });
    // Killed while the create was under way.
    let killed = tokio::time::timeout(std::time::Duration::from_secs(1), setup.apply()).await;
    assert!(killed.is_err());
    assert_eq!(setup.owned(), ["a"]);
    shared.lock().unwrap().scripts.insert("a".to_owned(), vec![Script::Overtaken]);
    assert_eq!(setup.apply().await.exit_code, ExitCode::Converged);
    assert_eq!(setup.owned(), ["a"]);
    shared.lock().unwrap().desired.clear();
    let setup = setup.with(|options| options.prune = true);
    assert_eq!(setup.apply().await.exit_code, ExitCode::Converged);
    assert!(!is_there(&shared, "a"));
}

/// A replica may list an object later than the server has said that it made it: a second create then meets our own object.
#[tokio::test(start_paused = true)]
async fn what_was_made_and_does_not_show_yet_stays_ours() {
    for (unseen, code) in [(1, ExitCode::Converged), (2, ExitCode::Converged), (3, ExitCode::SomeFailed)] {
        let setup = setup();
        let shared = application(|application| {
            application.desired = wanted(&["a"]);
            application.unseen.insert("a".to_owned(), unseen);
        });
        assert_eq!(setup.apply().await.exit_code, code, "{unseen}");
        assert_eq!(setup.owned(), ["a"], "{unseen}");
        assert_eq!(setup.apply().await.exit_code, ExitCode::Converged);
        shared.lock().unwrap().desired.clear();
        let setup = setup.with(|options| options.prune = true);
        assert_eq!(setup.apply().await.exit_code, ExitCode::Converged);
        assert!(!is_there(&shared, "a"), "it is known which object that is");
        assert!(setup.owned().is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn a_first_run_says_two_things_of_each_object_and_no_third() {
    let (setup, _) = made(&["a", "b"], &["a", "b"]).await;
    let states: Vec<String> = setup.inventory().lines().skip(1).map(str::to_owned).collect();
    let with = |text: &str| states.iter().filter(|line| line.contains(text)).count();
    assert_eq!((with(r#""state":"announced""#), with(r#""id":""#), states.len()), (2, 2, 4), "{states:#?}");
}
