//! Standard output that is full, and standard output that nobody reads any more.

use std::{fs, process::Stdio};

use evenkeel_sandbox::{Keycloak, Options};

use super::program::{KEYCLOAK, Program, full};

fn values(server: &Keycloak) -> String {
    KEYCLOAK.replace("http://127.0.0.1:1", server.url())
}

fn server() -> Keycloak {
    Keycloak::start(&Options::new("admin", "secret-of-the-test")).unwrap()
}

#[test]
fn a_full_standard_output_is_a_failure_also_where_differences_have_an_exit_code() {
    let (program, server) = (Program::new(), server());
    let values = program.file("values.yaml", &values(&server));
    let report = program.path("report.json").display().to_string();
    for arguments in [
        vec!["keycloak", "plan", "--values", &values, "--report", &report],
        vec!["keycloak", "plan", "--values", &values, "--detailed-exitcode"],
        vec!["schema"],
        vec!["validate", "--values", &values],
    ] {
        let Some(full) = full() else { return };
        let output = program.command(&arguments).stdout(full).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(78), "{arguments:?}: {said}");
        assert!(said.contains("standard output cannot be written"), "{arguments:?}: {said}");
    }
    assert!(fs::read_to_string(&report).unwrap().contains("\"mode\": \"plan\""), "the report is there all the same");
}

#[test]
fn a_reader_that_went_away_is_no_failure() {
    let (program, server) = (Program::new(), server());
    let values = program.file("values.yaml", &values(&server));
    for arguments in [vec!["keycloak", "plan", "--values", &values], vec!["schema"]] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = program.command(&arguments).stdout(Stdio::from(writer)).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    }
}
