use super::*;

/// Ten objects that this tool made, two of which are still declared.
async fn ten_of_ours() -> (Setup, std::sync::Arc<std::sync::Mutex<Application>>) {
    const NAMES: [&str; 10] = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"];
    let setup = setup();
    let shared = application(|application| application.desired = wanted(&NAMES));
    assert_eq!(setup.apply().await.exit_code, ExitCode::Converged);
    let mut application = shared.lock().unwrap();
    application.desired = wanted(&["a", "b"]);
    application.objects.insert("by hand".to_owned(), "by hand".to_owned());
    application.begun.clear();
    drop(application);
    (setup, shared)
}

fn objects(shared: &super::super::fake::Shared) -> Vec<String> {
    shared.lock().unwrap().objects.keys().cloned().collect()
}

#[tokio::test(start_paused = true)]
async fn nothing_is_deleted_without_being_asked() {
    let (setup, shared) = ten_of_ours().await;
    let finished = setup.apply().await;
    assert_eq!(finished.exit_code, ExitCode::Converged);
    assert_eq!(finished.report.notes.len(), 8);
    assert_eq!(finished.report.notes[0].message, "is not declared any more; `--prune` removes it");
    assert_eq!(objects(&shared).len(), 11);
}

#[tokio::test(start_paused = true)]
async fn pruning_deletes_what_is_ours_and_not_declared() {
    let (setup, shared) = ten_of_ours().await;
    let setup = setup.with(|options| options.prune = true);
    assert_eq!(setup.apply().await.exit_code, ExitCode::Converged);
    assert_eq!(objects(&shared), ["a", "b", "by hand"]);
    assert_eq!(setup.owned(), ["a", "b"]);
}

#[tokio::test(start_paused = true)]
async fn more_deletes_than_allowed_delete_nothing_while_other_changes_go_on() {
    let (setup, shared) = ten_of_ours().await;
    shared.lock().unwrap().objects.insert("a".to_owned(), "by hand".to_owned());
    let setup = setup.with(|options| (options.prune, options.max_deletes) = (true, 7));
    let finished = setup.apply().await;
    assert_eq!(finished.exit_code, ExitCode::Configuration);
    insta::assert_json_snapshot!(finished.report);
    assert_eq!(objects(&shared).len(), 11);
    assert_eq!(shared.lock().unwrap().begun, ["a"]);
}

#[tokio::test(start_paused = true)]
async fn data_is_deleted_only_on_a_second_word() {
    let (setup, shared) = ten_of_ours().await;
    shared.lock().unwrap().data.insert("c".to_owned());
    let setup = setup.with(|options| options.prune = true);
    let finished = setup.apply().await;
    assert_eq!(finished.exit_code, ExitCode::Converged);
    assert_eq!(
        finished.report.notes[0].message,
        "is not declared any more and holds data; `--prune --prune-data` removes it with its data"
    );
    assert_eq!(objects(&shared), ["a", "b", "by hand", "c"]);
    let setup = setup.with(|options| options.prune_data = true);
    assert_eq!(setup.apply().await.exit_code, ExitCode::Converged);
    assert_eq!(objects(&shared), ["a", "b", "by hand"]);
}

#[tokio::test(start_paused = true)]
async fn a_lost_inventory_deletes_nothing() {
    let (setup, shared) = ten_of_ours().await;
    let setup = setup.with(|options| options.prune = true);
    fs::remove_file(setup.options.inventory.as_ref().unwrap()).unwrap();
    assert_eq!(setup.apply().await.exit_code, ExitCode::Converged);
    assert_eq!(objects(&shared).len(), 11);
}

#[tokio::test(start_paused = true)]
async fn a_damaged_inventory_ends_every_run_and_is_not_taken_for_an_empty_one() {
    let (setup, shared) = ten_of_ours().await;
    let path = setup.options.inventory.clone().unwrap();
    fs::write(&path, setup.inventory().replacen("role/a", "role", 1)).unwrap();
    let reads = shared.lock().unwrap().reads;
    let check = setup.run(TaskCommand::Check { options: setup.options.clone() }).await;
    for finished in [setup.apply().await, setup.plan().await, check] {
        assert_eq!(finished.exit_code, ExitCode::Configuration);
        let message = finished.report.failure.unwrap().message.replace(&path.display().to_string(), "FILE");
        assert_eq!(message, "inventory `FILE` is damaged in line 2");
    }
    assert_eq!(objects(&shared).len(), 11);
    assert_eq!(shared.lock().unwrap().reads, reads, "it is told before any request");
}

#[tokio::test(start_paused = true)]
async fn an_adopted_object_is_ours_from_then_on() {
    let shared = application(|application| {
        application.desired = wanted(&["a", "b"]);
        application.objects = there(&["a", "b", "foreign"], "declared");
    });
    let setup = setup().with(|options| options.only = vec!["role/a".parse().unwrap()]);
    let finished = setup.run(TaskCommand::Apply { adopt: true, options: setup.options.clone() }).await;
    assert_eq!(finished.exit_code, ExitCode::Converged);
    assert_eq!(finished.report.notes.len(), 1);
    assert_eq!(setup.owned(), ["a"], "only what is declared and selected");
    shared.lock().unwrap().desired.clear();
    let setup = setup.with(|options| (options.prune, options.only) = (true, Vec::new()));
    assert_eq!(setup.apply().await.exit_code, ExitCode::Converged);
    assert_eq!(objects(&shared), ["b", "foreign"]);
}
