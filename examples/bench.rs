//! Whole runs, measured: `cargo run --release --example bench -- 10 100 1000`.
//!
//! For each number of teams (ten users each, but twenty for a thousand) it starts the sandbox in this process and
//! the runs in processes of their own, so that the peak memory is that of a run alone: one that makes
//! everything, and one on the unchanged realm. The sandbox shares the machine; a real Keycloak answers slower.

#![expect(clippy::print_stdout, reason = "an example that prints what it measures")]
#![expect(clippy::unwrap_used, reason = "an example that cannot go on has nothing to measure")]

use std::{env, fmt::Write as _, fs, num::NonZeroUsize, path::Path, process::Command, sync::Arc, time::Instant};

use evenkeel_engine::{
    command_line::{Options, TaskCommand, ValuesOptions},
    run::{Surroundings, run},
    secrets::SecretResolver,
};
use evenkeel_keycloak::Keycloak;

const PASSWORD: &str = "bench-password";

fn main() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match arguments.as_slice() {
        [word, folder] if word == "run" => one_run(Path::new(folder)),
        numbers => {
            println!("| teams | users | run | requests | writes | seconds | peak memory |");
            println!("|---|---|---|---|---|---|---|");
            for teams in numbers {
                measure(teams.parse().unwrap());
            }
        }
    }
}

/// One platform, made and then looked at again.
fn measure(teams: usize) {
    let sandbox = evenkeel_sandbox::Keycloak::start(&evenkeel_sandbox::Options::new("admin", PASSWORD)).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let users = if teams < 1_000 { teams * 10 } else { teams * 20 };
    fs::write(folder.path().join("values.yaml"), values(teams, users, sandbox.url())).unwrap();
    for name in ["first", "unchanged"] {
        let output = Command::new(env::current_exe().unwrap()).arg("run").arg(folder.path()).output().unwrap();
        let measured = String::from_utf8(output.stdout).unwrap();
        println!("| {teams} | {users} | {name} | {} |", measured.trim());
    }
}

/// A run in this process: requests, writes, seconds and peak memory.
fn one_run(folder: &Path) {
    let begin = Instant::now();
    let secrets = Arc::new(SecretResolver::with_environment([("PASSWORD", PASSWORD.into())]));
    let surroundings = Surroundings { secrets, ..Surroundings::default() };
    let options = Options {
        values: ValuesOptions { paths: vec![folder.join("values.yaml")], set: vec![] },
        inventory: Some(folder.join("inventory.jsonl")),
        concurrency: NonZeroUsize::new(8).unwrap(),
        ..Options::default()
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let finished = runtime.block_on(run::<Keycloak>(&TaskCommand::Apply { adopt: false, options }, &surroundings));
    let requests = finished.report.requests;
    let seconds = begin.elapsed().as_secs_f64();
    println!("{} | {} | {seconds:.2} | {} MiB", requests.total, requests.writes, peak_memory());
}

/// The most memory that this process has had, in MiB, as Linux counts it.
fn peak_memory() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    line.trim().trim_end_matches("kB").trim().parse::<u64>().unwrap_or_default() / 1024
}

fn values(teams: usize, users: usize, url: &str) -> String {
    let mut text = format!(
        "platform: {{name: bench}}\nkeycloak:\n  url: {url}\n  admin: {{username: admin, password: {{fromEnv: PASSWORD}}}}\nteams:\n"
    );
    for team in 0..teams {
        writeln!(text, "  t{team}: {{displayName: Team {team}}}").unwrap();
    }
    text.push_str("users:\n");
    for user in 0..users {
        let team = user % teams;
        writeln!(
            text,
            "  - {{email: user{user}@example.com, firstName: U, lastName: L{user}, teams: [t{team}], teamAdmin: false}}"
        )
        .unwrap();
    }
    text
}
