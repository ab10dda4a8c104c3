//! Law 3: a secret that the application hides is compared with what was written last, and never rewritten
//! blindly.

use super::{super::fake::Shared, *};

/// One object with this token is declared.
fn with_token(token: &str) -> Shared {
    application(|application| {
        application.desired = wanted(&["a"]);
        application.desired.get_mut("a").unwrap().token = Some(token.to_owned());
    })
}

fn declare(application: &Shared, token: &str) {
    application.lock().unwrap().desired.get_mut("a").unwrap().token = Some(token.to_owned());
}

/// What the next apply does.
fn script(application: &Shared, script: Script) {
    application.lock().unwrap().scripts.insert("a".to_owned(), vec![script]);
}

fn token(application: &Shared) -> Option<String> {
    application.lock().unwrap().tokens.get("a").cloned()
}

/// How many changes were begun since this was asked last.
fn begun(application: &Shared) -> usize {
    std::mem::take(&mut application.lock().unwrap().begun).len()
}

#[tokio::test]
async fn what_was_written_is_remembered_and_not_written_again() {
    let (setup, application) = (setup(), with_token("one"));
    assert_eq!(setup.apply().await.exit_code, ExitCode::Converged);
    assert_eq!((begun(&application), token(&application).as_deref()), (1, Some("one")));
    assert_eq!(setup.apply().await.exit_code, ExitCode::Converged);
    assert_eq!(begun(&application), 0);
    assert!(!setup.inventory().contains("one"), "the inventory holds a digest");
}

#[tokio::test]
async fn another_declared_value_is_a_difference_and_written_once() {
    let (setup, application) = (setup(), with_token("one"));
    setup.apply().await;
    declare(&application, "two");
    assert_eq!(setup.plan().await.exit_code, ExitCode::Differences);
    setup.apply().await;
    assert_eq!((begun(&application), token(&application).as_deref()), (2, Some("two")));
    setup.apply().await;
    assert_eq!(begun(&application), 0);
}

#[tokio::test]
async fn a_value_that_this_tool_never_wrote_is_left_alone_until_it_is_adopted() {
    let (setup, application) = (setup(), with_token("one"));
    application.lock().unwrap().objects = there(&["a"], "declared");
    assert_eq!(setup.apply().await.exit_code, ExitCode::Converged);
    assert_eq!((begun(&application), token(&application)), (0, None));
    let adopting = TaskCommand::Apply { adopt: true, options: setup.options.clone() };
    assert_eq!(setup.run(adopting.clone()).await.exit_code, ExitCode::Converged);
    assert_eq!((begun(&application), token(&application).as_deref()), (1, Some("one")));
    assert_eq!(setup.run(adopting).await.exit_code, ExitCode::Converged);
    assert_eq!(begun(&application), 0, "what is remembered is not written again, adopted or not");
}

#[tokio::test]
async fn a_lost_inventory_is_unknown_again_and_rewrites_nothing() {
    let (setup, application) = (setup(), with_token("one"));
    setup.apply().await;
    begun(&application);
    fs::remove_file(setup.options.inventory.as_ref().unwrap()).unwrap();
    declare(&application, "two");
    assert_eq!(setup.apply().await.exit_code, ExitCode::Converged);
    assert_eq!((begun(&application), token(&application).as_deref()), (0, Some("one")));
}

#[tokio::test]
async fn a_crash_between_the_write_and_its_digest_leads_to_the_same_write_once_more() {
    let (setup, application) = (setup(), with_token("one"));
    setup.apply().await;
    declare(&application, "two");
    script(&application, Script::Hang);
    let hangs = || application.lock().unwrap().scripts["a"].is_empty();
    tokio::select! {
        biased;
        _ = setup.apply() => panic!("the write does not end"),
        () = async { while !hangs() { tokio::task::yield_now().await } } => {}
    }
    begun(&application);
    // Back to the old value: whether the new one was set is not known, so that it has to be written.
    declare(&application, "one");
    assert_eq!(setup.apply().await.exit_code, ExitCode::Converged);
    assert_eq!((begun(&application), token(&application).as_deref()), (1, Some("one")));
}

#[tokio::test]
async fn a_lost_answer_leads_to_the_same_write_once_more() {
    let (setup, application) = (setup(), with_token("one"));
    setup.apply().await;
    begun(&application);
    declare(&application, "two");
    script(&application, Script::LoseAnswer);
    assert_eq!(setup.apply().await.exit_code, ExitCode::Converged);
    assert_eq!((begun(&application), token(&application).as_deref()), (2, Some("two")));
}

#[tokio::test]
async fn a_refused_write_leaves_what_was_remembered_before() {
    let (setup, application) = (setup(), with_token("one"));
    setup.apply().await;
    declare(&application, "two");
    script(&application, Script::Fail(Class::Refused));
    assert_ne!(setup.apply().await.exit_code, ExitCode::Converged);
    begun(&application);
    declare(&application, "one");
    assert_eq!(setup.apply().await.exit_code, ExitCode::Converged);
    assert_eq!(begun(&application), 0, "the old value is still the one that was written last");
}

#[tokio::test]
async fn an_object_that_somebody_else_made_has_a_secret_that_nobody_knows() {
    let (setup, application) = (setup(), with_token("one"));
    script(&application, Script::Overtaken);
    setup.apply().await;
    begun(&application);
    assert_eq!(setup.apply().await.exit_code, ExitCode::Converged);
    assert_eq!((begun(&application), token(&application)), (0, None));
}
