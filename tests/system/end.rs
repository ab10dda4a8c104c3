//! Whatever a run waits for, it has an end: the real program, with pipes to which nobody writes, signals, and readers that read nothing.

mod output;
mod program;

use std::{
    fs,
    io::Read,
    process::Child,
    time::{Duration, Instant},
};

use program::{COPIES, KEYCLOAK, Program};
use rustix::process::{Pid, Signal, kill_process};

const KUBECONFIG: &str = "
apiVersion: v1
kind: Config
current-context: here
clusters: [{name: here, cluster: {server: 'http://127.0.0.1:1'}}]
users: [{name: me, user: {tokenFile: 'PIPE'}}]
contexts: [{name: here, context: {cluster: here, user: me}}]
";

/// The places in which a pipe can stand, each with what leads the program to it.
fn stuck(program: &Program) -> [(&'static str, Vec<String>); 5] {
    let pipe = program.pipe("pipe").display().to_string();
    let keycloak =
        program.file("keycloak.yaml", &KEYCLOAK.replace("{fromEnv: PASSWORD}", &format!("{{fromFile: {pipe}}}")));
    let copies = program.file("copies.yaml", COPIES);
    let kubeconfig = program.file("kubeconfig", &KUBECONFIG.replace("PIPE", &pipe));
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
    [
        ("values", words(&["keycloak", "plan", "--values", &pipe])),
        ("a secret", words(&["keycloak", "apply", "--values", &keycloak])),
        ("a kubeconfig", words(&["copy-certs", "apply", "--values", &copies, "--kubeconfig", &pipe])),
        ("a file of a kubeconfig", words(&["copy-certs", "apply", "--values", &copies, "--kubeconfig", &kubeconfig])),
        ("a barrier's values", words(&["wait-for", "--values", &pipe, "--barrier", "any"])),
    ]
}

fn signal(child: &Child, signal: Signal) {
    kill_process(Pid::from_child(child), signal).unwrap();
}

#[test]
fn a_pipe_that_nobody_writes_to_does_not_outlive_the_time_of_the_run() {
    let program = Program::new();
    for (what, arguments) in stuck(&program) {
        let begin = Instant::now();
        let output = program.command(&arguments).args(["--timeout", "1s"]).output().unwrap();
        let took = begin.elapsed();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(69), "{what}: {said}");
        let words = ["the deadline of 1s has passed", "the time to wait has passed"];
        assert!(words.iter().any(|words| said.contains(words)), "{what}: {said}");
        assert!(
            took < Duration::from_secs(10),
            "{what}: the run ended by itself, and no watch had to end it: {took:?}"
        );
    }
}

/// Whether these tests were started to outlive their terminal, as by `nohup`: every process of theirs inherits that, and rightly ignores the
/// signal.
fn ignores_hang_up() -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    ignored.and_then(|bits| u64::from_str_radix(bits.trim(), 16).ok()).is_some_and(|bits| bits & 1 == 1)
}

#[test]
fn one_signal_ends_a_run_that_waits_for_a_pipe() {
    let program = Program::new();
    for (what, arguments) in stuck(&program) {
        for asked in [Signal::TERM, Signal::INT, Signal::HUP] {
            if asked == Signal::HUP && ignores_hang_up() {
                continue;
            }
            let mut child = program.command(&arguments).spawn().unwrap();
            // opened only when the program reads
            let nobody = program.writer("pipe");
            signal(&child, asked);
            let mut said = String::new();
            child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
            assert_eq!(child.wait().unwrap().code(), Some(75), "{what}, {asked:?}: {said}");
            drop(nobody);
        }
    }
}

#[test]
fn a_process_that_was_started_to_outlive_its_terminal_does() {
    let program = Program::new();
    let pipe = program.pipe("pipe").display().to_string();
    let mut child = program.wrapped("nohup", &["keycloak", "plan", "--values", &pipe]).spawn().unwrap();
    let nobody = program.writer("pipe");
    signal(&child, Signal::HUP);
    signal(&child, Signal::TERM);
    // heard in their order, the first would have made the second end the process without a word
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert!(said.contains("the run was stopped"), "{said}");
    assert_eq!(child.wait().unwrap().code(), Some(75));
    drop(nobody);
}

#[test]
fn an_inventory_that_is_no_file_is_refused_and_not_waited_for() {
    let program = Program::new();
    let pipe = program.pipe("pipe").display().to_string();
    let values = program.file("values.yaml", KEYCLOAK);
    for command in ["plan", "apply"] {
        let arguments = ["keycloak", command, "--prune", "--values", &values, "--inventory", &pipe];
        let output = program.command(&arguments).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(78), "{command}: {said}");
        assert!(said.contains("it is no regular file"), "{command}: {said}");
    }
}
