//! What people see when they give bad input: one clear message with its place, the documented exit
//! code, and nothing changed. None of it needs a server.
use std::{fs, path::Path};

use assert_cmd::Command;
use tempfile::TempDir;

/// Values without a mistake.
const PLATFORM: &str = "\
platform:
  name: demo
  domain: demo.example.com
keycloak:
  url: http://127.0.0.1:9
  admin:
    username: admin
    password: {fromEnv: KEYCLOAK_PASSWORD}
";

/// An own folder to work in, which is also the home; nothing else of the environment gets in.
struct Desk(TempDir);

impl Desk {
    fn with(files: &[(&str, &str)]) -> Self {
        let desk = Self(tempfile::tempdir().unwrap());
        for (name, text) in files {
            let path = desk.0.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        desk
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_evenkeel"));
        command.env_clear().env("HOME", self.0.path()).current_dir(self.0.path()).args(arguments);
        command
    }

    /// Exit code, standard output and standard error of a command that must change nothing.
    fn run(&self, arguments: &[&str]) -> String {
        let before = files(self.0.path());
        let seen = seen(&mut self.command(arguments));
        assert_eq!(files(self.0.path()), before, "files appeared");
        seen
    }
}

fn seen(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    format!(
        "exit code: {}\n--- stdout\n{}--- stderr\n{}",
        output.status.code().unwrap(),
        text(output.stdout),
        text(output.stderr)
    )
}

/// Every file and folder below, for seeing that nothing was written.
fn files(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            found.push(entry.path().display().to_string());
            if entry.file_type().unwrap().is_dir() {
                folders.push(entry.path());
            }
        }
    }
    found.sort();
    found
}

const APPLY: [&str; 4] = ["keycloak", "apply", "--values", "values.yaml"];

#[test]
fn a_missing_values_file() {
    insta::assert_snapshot!(Desk::with(&[]).run(&APPLY));
}

#[test]
fn a_folder_without_values() {
    let desk = Desk::with(&[("values.yaml/readme.txt", "")]);
    insta::assert_snapshot!(desk.run(&APPLY));
}

#[test]
fn several_files_that_cannot_be_read_are_named_together() {
    let desk = Desk::with(&[("values.yaml", PLATFORM)]);
    insta::assert_snapshot!(desk.run(&["keycloak", "apply", "-f", "a.yaml", "-f", "values.yaml", "-f", "b.yaml"]));
}

#[test]
fn bad_yaml() {
    let desk = Desk::with(&[("values.yaml", "platform:\n  name: demo\n  domain: [demo\nteams: {}\n")]);
    insta::assert_snapshot!(desk.run(&APPLY));
}

#[test]
fn a_duplicate_key() {
    let desk = Desk::with(&[("values.yaml", "platform:\n  name: demo\n  name: other\n")]);
    insta::assert_snapshot!(desk.run(&APPLY));
}

#[test]
fn a_wrong_type() {
    let desk = Desk::with(&[("values.yaml", &format!("{PLATFORM}teams: [alpha]\n"))]);
    insta::assert_snapshot!(desk.run(&APPLY));
}

#[test]
fn an_unknown_key_and_what_it_may_have_meant() {
    let desk = Desk::with(&[("values.yaml", &format!("{PLATFORM}teams:\n  alpha:\n    dispayName: Alpha\n"))]);
    insta::assert_snapshot!(desk.run(&APPLY));
}

#[test]
fn everything_that_is_wrong_is_told_at_once() {
    let desk = Desk::with(&[
        ("values/00-platform.yaml", PLATFORM),
        ("values/10-teams.yaml", "teams:\n  Alpha!: {}\n  beta: {gitea: {permission: owner}}\n"),
        ("values/20-users.yaml", "users:\n  - email: nobody\n    teams: beta\n"),
    ]);
    insta::assert_snapshot!(desk.run(&["keycloak", "apply", "-f", "values"]));
}

#[test]
fn a_plain_secret_outside_of_a_secrets_file_is_not_shown() {
    let desk = Desk::with(&[("values.yaml", &PLATFORM.replace("{fromEnv: KEYCLOAK_PASSWORD}", "canary-7f3a"))]);
    let seen = desk.run(&APPLY);
    assert!(!seen.contains("canary-7f3a"));
    insta::assert_snapshot!(seen);
}

#[test]
fn a_plain_secret_on_the_command_line() {
    let desk = Desk::with(&[("values.yaml", PLATFORM)]);
    let seen = desk.run(&[&APPLY[..], &["--set", "keycloak.admin.password=canary-7f3a"]].concat());
    assert!(!seen.contains("canary-7f3a"));
    insta::assert_snapshot!(seen);
}

#[test]
fn a_value_on_the_command_line_that_does_not_fit() {
    let desk = Desk::with(&[("values.yaml", PLATFORM)]);
    insta::assert_snapshot!(desk.run(&[&APPLY[..], &["--set", "platform.nme=x"]].concat()));
}

#[test]
fn a_secret_that_is_not_in_the_environment() {
    let desk = Desk::with(&[("values.yaml", PLATFORM)]);
    insta::assert_snapshot!(desk.run(&APPLY));
}

#[test]
fn a_secret_file_that_is_not_there() {
    let desk =
        Desk::with(&[("values.yaml", &PLATFORM.replace("{fromEnv: KEYCLOAK_PASSWORD}", "{fromFile: password}"))]);
    insta::assert_snapshot!(desk.run(&APPLY));
}

#[test]
fn a_secret_in_a_cluster() {
    let reference = "{fromSecret: {namespace: keycloak, name: admin, key: password}}";
    let desk = Desk::with(&[("values.yaml", &PLATFORM.replace("{fromEnv: KEYCLOAK_PASSWORD}", reference))]);
    insta::assert_snapshot!(desk.run(&APPLY));
}

#[test]
fn a_server_that_is_not_there() {
    // A port that was free a moment ago; the deadline ends the repeated tries.
    let address = std::net::TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).unwrap();
    let desk = Desk::with(&[("values.yaml", &PLATFORM.replace("127.0.0.1:9", &address.to_string()))]);
    let mut command = desk.command(&[&APPLY[..], &["--timeout", "200ms"]].concat());
    let seen = seen(command.env("KEYCLOAK_PASSWORD", "canary-7f3a"));
    assert!(!seen.contains("canary-7f3a"));
    assert!(seen.starts_with("exit code: 69\n"), "{seen}");
    assert_eq!(files(desk.0.path()).len(), 1, "files appeared");
}

#[test]
fn a_signal_ends_a_run_that_waits_for_a_server() {
    // A server that takes connections and never answers.
    let server = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = server.local_addr().unwrap().to_string();
    let desk = Desk::with(&[("values.yaml", &PLATFORM.replace("127.0.0.1:9", &address))]);
    let child = std::process::Command::new(env!("CARGO_BIN_EXE_evenkeel"))
        .args(APPLY)
        .env_clear()
        .env("KEYCLOAK_PASSWORD", "x")
        .current_dir(desk.0.path())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let _connection = server.accept().unwrap();
    std::process::Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
    let output = child.wait_with_output().unwrap();
    let errors = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(75), "{errors}");
    assert!(
        // The warning about the signal comes from another thread, before that or after it.
        errors.contains("error: the run was stopped\nhint: run it again: it goes on where it stopped\n"),
        "{errors}"
    );
}

#[test]
fn an_unknown_option_and_what_it_may_have_meant() {
    insta::assert_snapshot!(Desk::with(&[]).run(&["keycloak", "apply", "--vales", "values.yaml"]));
}

#[test]
fn no_values_at_all() {
    insta::assert_snapshot!(Desk::with(&[]).run(&["keycloak", "apply"]));
}

#[test]
fn options_that_make_no_sense() {
    let desk = Desk::with(&[("values.yaml", PLATFORM)]);
    for arguments in [
        ["--timeout", "soon"],
        ["--only", "role"],
        ["--concurrency", "0"],
        ["--max-deletes", "-1"],
        ["--output", "xml"],
    ] {
        let seen = desk.run(&[&APPLY[..], &arguments].concat());
        assert!(seen.starts_with("exit code: 64\n"), "{seen}");
    }
    insta::assert_snapshot!(desk.run(&[&APPLY[..], &["--timeout", "soon"]].concat()));
}

#[test]
fn a_line_of_the_environment_that_selects_nothing() {
    let desk = Desk::with(&[("values.yaml", PLATFORM)]);
    insta::assert_snapshot!(seen(desk.command(&APPLY).env("EVENKEEL_ONLY", "role/a\nteams")));
}

#[test]
fn a_report_of_a_run_that_came_to_nothing() {
    let desk = Desk::with(&[("values.yaml", PLATFORM)]);
    let mut command = desk.command(&[&APPLY[..], &["--report", "report.json"]].concat());
    command.assert().code(78);
    let report: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(desk.0.path().join("report.json")).unwrap()).unwrap();
    assert_eq!(report["exitCode"], 78);
    assert_eq!(report["failure"]["message"], "environment variable `KEYCLOAK_PASSWORD` is not set or empty");
}

#[test]
fn a_json_log_has_the_error_as_an_event() {
    let desk = Desk::with(&[("values.yaml", PLATFORM)]);
    let output = desk.command(&[&APPLY[..], &["--log-format", "json"]].concat()).output().unwrap();
    let event: serde_json::Value = serde_json::from_slice(&output.stderr).unwrap();
    assert_eq!(event["message"], "environment variable `KEYCLOAK_PASSWORD` is not set or empty");
}

#[test]
fn the_last_words_of_a_container() {
    let desk = Desk::with(&[("values.yaml", PLATFORM), ("log", "")]);
    desk.command(&APPLY).env("EVENKEEL_TERMINATION_LOG", "log").assert().code(78);
    let words = fs::read_to_string(desk.0.path().join("log")).unwrap();
    assert!(words.starts_with("keycloak: wrong configuration: "), "{words}");
    assert!(words.ends_with("\nenvironment variable `KEYCLOAK_PASSWORD` is not set or empty"), "{words}");
}

#[test]
fn values_come_from_the_environment_of_a_job() {
    let desk = Desk::with(&[("a.yaml", PLATFORM), ("b.yaml", "platform: {nme: x}\n")]);
    insta::assert_snapshot!(seen(desk.command(&["validate"]).env("EVENKEEL_VALUES", "a.yaml:b.yaml")));
}

#[test]
fn valid_values_are_said_to_be() {
    let desk = Desk::with(&[("values.yaml", PLATFORM)]);
    insta::assert_snapshot!(desk.run(&["validate", "-f", "values.yaml"]));
}

/// `validate` said that they were valid, and each run then told the first of them.
#[test]
fn what_a_run_would_refuse_before_its_first_request_validate_tells_at_once() {
    let harbor = "\
harbor:
  admin: {password: {fromEnv: HARBOR_PASSWORD}}
  oidc: {scope: 'profile,email', clientSecret: {fromEnv: CLIENT_SECRET}}
  configuration: {auth_mode: oidc}
  projects:
    - name: a
      members: [{group: devs, role: guest}, {group: devs, role: developer}, {role: guest}]
      retention: {keepLast: 1, schedule: '@daily'}
    - {name: b, retention: {keepLast: 1, schedule: '0 2 * * *'}}
  registries: [{name: r, type: docker-hub, url: 'https://hub.docker.com'}, {name: r, type: harbor, url: 'https://h.example.com'}]
  replications: [{name: x, source: r, trigger: manual, schedule: '0 0 2 * * *'}]
  robots: [{name: ci, permissions: [{access: [{resource: project, action: list}]}]}, {name: ci, permissions: [{access: [{resource: project, action: list}]}]}]
";
    let desk = Desk::with(&[("values.yaml", &format!("{PLATFORM}{harbor}"))]);
    insta::assert_snapshot!(desk.run(&["validate", "-f", "values.yaml"]));
}

/// What tasks have to say came only once nothing else was wrong.
#[test]
fn what_tasks_refuse_is_told_beside_what_is_wrong_elsewhere() {
    let broken = "users: [{email: a@example.com, teams: [unheard]}]\nteams: {Alpha: {}}\nunheard: 1\n";
    let harbor = "harbor: {admin: {password: {fromEnv: A}}, system: {scanAll: {schedule: daily}}}\n";
    let desk = Desk::with(&[("values.yaml", &format!("{PLATFORM}  groups: [{{name: a/b}}]\n{harbor}{broken}"))]);
    let told = desk.run(&["validate", "-f", "values.yaml"]);
    for words in [
        "that does not exist",
        "unknown key `unheard`",
        "a group's name cannot hold a `/`",
        "a schedule of harbor has six fields",
    ] {
        assert!(told.contains(words), "{words}: {told}");
    }
}

#[test]
fn a_task_is_not_asked_about_a_section_that_is_broken_nor_blames_another_for_it() {
    let keycloak =
        "keycloak: {urls: 'http://127.0.0.1:9', admin: {username: a, password: {fromEnv: A}}, groups: [{name: a/b}]}\n";
    let harbor = "harbor: {url: 'http://127.0.0.1:9', oidc: {}, admin: {password: {fromEnv: A}}, system: {scanAll: {schedule: daily}}}\n";
    let desk = Desk::with(&[("values.yaml", &format!("platform: {{name: demo}}\n{keycloak}{harbor}"))]);
    let told = desk.run(&["validate", "-f", "values.yaml"]);
    assert!(told.contains("unknown key `urls` in `keycloak`") && !told.contains("cannot hold a `/`"), "{told}");
    assert!(told.contains("a schedule of harbor has six fields") && !told.contains("issuer"), "{told}");
}

#[test]
fn a_barrier_with_targets_that_name_nothing() {
    let barriers = "barriers:\n  identity:\n    - tcp: db\n    - kubernetes: job/keycloak\n    - keycloak: https://k.example.com\n    - {kubernetes: pod/a/b, key: c}\n";
    let desk = Desk::with(&[("values.yaml", &format!("{PLATFORM}{barriers}"))]);
    insta::assert_snapshot!(desk.run(&["validate", "-f", "values.yaml"]));
}

#[test]
fn a_link_with_the_name_of_a_task_is_that_task() {
    let desk = Desk::with(&[]);
    let link = desk.0.path().join("evenkeel-keycloak");
    fs::hard_link(env!("CARGO_BIN_EXE_evenkeel"), &link)
        .or_else(|_| fs::copy(env!("CARGO_BIN_EXE_evenkeel"), &link).map(drop))
        .unwrap();
    let output = Command::new(link).env_clear().arg("--help").output().unwrap();
    let help = String::from_utf8(output.stdout).unwrap();
    assert!(help.contains("Usage: evenkeel-keycloak <COMMAND>"), "{help}");
}

#[test]
fn the_help_of_the_command_and_of_a_run() {
    let desk = Desk::with(&[]);
    insta::assert_snapshot!("help", desk.run(&["--help"]));
    insta::assert_snapshot!("help-apply", desk.run(&["keycloak", "apply", "--help"]));
}

#[test]
fn completions_and_manual_pages_are_made_from_the_command_line() {
    let desk = Desk::with(&[]);
    for shell in ["bash", "zsh", "fish"] {
        let output = desk.command(&["completions", shell]).output().unwrap();
        assert!(String::from_utf8(output.stdout).unwrap().contains("max-deletes"), "{shell}");
    }
    desk.command(&["man", "pages"]).assert().code(0);
    let page = fs::read_to_string(desk.0.path().join("pages/evenkeel-keycloak-apply.1")).unwrap();
    assert!(page.contains("max\\-deletes"));
}

#[test]
fn whoever_stops_reading_gets_no_panic() {
    let desk = Desk::with(&[]);
    let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_evenkeel"))
        .args(["schema", "values"])
        .current_dir(desk.0.path())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), output.stderr), (Some(0), Vec::new()));
}
