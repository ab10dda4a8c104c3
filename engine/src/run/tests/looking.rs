use secrecy::SecretString;

use super::*;
use crate::secrets::Reach;

#[tokio::test(start_paused = true)]
async fn a_plan_changes_nothing_not_even_the_inventory() {
    let shared = application(|application| {
        application.desired = wanted(&["a", "b"]);
        application.objects = there(&["b"], "by hand");
    });
    let setup = setup();
    let finished = setup.plan().await;
    assert_eq!(finished.exit_code, ExitCode::Differences);
    assert_eq!(finished.plan.unwrap().counts(), "1 to create, 1 to update");
    insta::assert_json_snapshot!(finished.report);
    assert!(shared.lock().unwrap().begun.is_empty());
    assert!(!setup.folder.path().join("state").exists());
}

#[tokio::test(start_paused = true)]
async fn differences_are_an_exit_code_only_when_asked_for() {
    application(|application| application.desired = wanted(&["a"]));
    let setup = setup();
    let finished = setup.run(TaskCommand::Plan { detailed_exitcode: false, options: setup.options.clone() }).await;
    assert_eq!((finished.exit_code, finished.report.outcome.as_str()), (ExitCode::Converged, "differences"));
    let finished = setup.run(TaskCommand::Check { options: setup.options.clone() }).await;
    assert_eq!((finished.exit_code, finished.report.exit_code), (ExitCode::Converged, 0));
    application(|_| {});
    assert_eq!(setup.plan().await.exit_code, ExitCode::Converged);
}

#[tokio::test(start_paused = true)]
async fn missing_secrets_are_named_together_before_any_request() {
    let shared = application(|application| application.desired = wanted(&["a"]));
    let setup = setup();
    let users = "users:\n".to_owned()
        + &["ada", "bob"].map(|name| format!("  - email: {name}@example.com\n    firstName: A\n    lastName: B\n    initialPassword: {{fromEnv: {name}_PASSWORD}}\n")).concat();
    fs::write(&setup.options.values.paths[0], format!("{VALUES}{users}")).unwrap();
    let command = TaskCommand::Apply { adopt: false, options: setup.options.clone() };
    let nothing: [(String, SecretString); 0] = [];
    let surroundings =
        Surroundings { secrets: Arc::new(SecretResolver::with_environment(nothing)), ..Surroundings::default() };
    let finished = run::<Fake>(&command, &surroundings).await;
    assert_eq!(finished.exit_code, ExitCode::Configuration);
    let messages: Vec<&str> = finished.failures.iter().map(|failure| failure.message.as_str()).collect();
    assert_eq!(
        messages,
        ["ada", "bob"].map(|name| format!("environment variable `{name}_PASSWORD` is not set or empty"))
    );
    assert_eq!(shared.lock().unwrap().reads, 0);
}

#[tokio::test(start_paused = true)]
async fn values_with_problems_are_reported_too() {
    application(|_| {});
    let setup = setup();
    fs::write(&setup.options.values.paths[0], "platform: {nme: demo}\n").unwrap();
    let finished = setup.apply().await;
    assert_eq!((finished.exit_code, finished.report.exit_code), (ExitCode::InvalidValues, 65));
    assert!(finished.problems.is_some());
    let message = finished.report.failure.unwrap().message;
    assert!(message.contains("values.yaml:1"), "{message}");
}

#[tokio::test(start_paused = true)]
async fn a_run_without_values_is_wrong_usage() {
    application(|_| {});
    let setup = setup().with(|options| options.values.paths.clear());
    assert_eq!(setup.plan().await.exit_code, ExitCode::Usage);
}

#[tokio::test(start_paused = true)]
async fn a_secret_out_of_reach_is_told_before_any_request_and_never_read() {
    let shared = application(|application| application.desired = wanted(&["a"]));
    let setup = setup();
    let outside = setup.folder.path().join("elsewhere");
    fs::write(&outside, "canary").unwrap();
    let references = [
        format!("{{fromFile: {}}}", outside.display()),
        "{fromEnv: HOME}".to_owned(),
        "{fromSecret: {namespace: kube-system, name: a, key: b}}".to_owned(),
    ];
    for (number, (reference, option)) in
        references.iter().zip(["--secrets-from-files", "--secrets-from-env", "--secrets-from-namespaces"]).enumerate()
    {
        let user = format!(
            "users: [{{email: u{number}@example.com, firstName: A, lastName: B, initialPassword: {reference}}}]\n"
        );
        fs::write(&setup.options.values.paths[0], format!("{VALUES}{user}")).unwrap();
        let command = TaskCommand::Apply { adopt: false, options: setup.options.clone() };
        let reach = Reach {
            files: Some(vec![setup.folder.path().join("state")]),
            namespaces: Some(vec!["harbor".to_owned()]),
            variables: Some(vec!["KEYCLOAK_*".to_owned()]),
        };
        let secrets = Arc::new(SecretResolver::new().within(reach));
        let finished = run::<Fake>(&command, &Surroundings { secrets, ..Surroundings::default() }).await;
        assert_eq!(finished.exit_code, ExitCode::Configuration);
        let message = &finished.failures[0].message;
        assert!(message.ends_with(&format!("is out of the values' reach: `{option}` does not allow it")), "{message}");
    }
    assert_eq!(shared.lock().unwrap().reads, 0);
}
