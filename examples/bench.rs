//! Whole runs, measured: `cargo run --profile dist --example bench -- 10 100 1000`.
//!
//! For each application and number of teams (ten users each, but twenty for a thousand, or as many in all as `100:2000` says; of copies, ten
//! Secrets each) it starts a stand-in of the
//! server in this process, and the runs in processes of their own, so that the peak memory is that of a run alone:
//! one that makes everything, and one on what is unchanged then. The stand-in shares the machine; a real server
//! answers slower.
//!
//! The start is what passes between a process and its first request: it is measured with a server that takes
//! the connection and no more.
//!
//! Another application joins as a [`Scenario`], with a line in [`main`] and one in [`one_run`].

#![expect(clippy::print_stdout, reason = "an example that prints what it measures")]
#![expect(clippy::unwrap_used, clippy::panic, reason = "an example that cannot go on has nothing to measure")]

use std::{
    env,
    fmt::Write as _,
    fs,
    net::TcpListener,
    num::NonZeroUsize,
    path::Path,
    process::{Command, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

use evenkeel_engine::{
    command_line::{ClusterOptions, Options, TaskCommand, ValuesOptions},
    run::{Surroundings, run},
    secrets::SecretResolver,
    task::Task,
};

const PASSWORD: &str = "bench-password";

/// An application with its task, and values that make it work.
trait Scenario {
    /// The task.
    type Task: Task;
    /// The stand-in; it stops when it is dropped.
    type Server;

    fn start() -> Self::Server;

    fn url(server: &Self::Server) -> String;

    /// Users of each team, so that there are as many as somebody has who has so many teams.
    fn users_of_a_team(teams: usize) -> usize {
        if teams < 1_000 { 10 } else { 20 }
    }

    /// What is there before the first run.
    fn fill(_: &Self::Server, _teams: usize) {}

    /// Where the cluster is that the task works with, if it works with one.
    fn cluster(_: &Self::Server) -> Option<&str> {
        None
    }

    /// What the values say of the application at `url`; the password is in the environment variable `PASSWORD`.
    fn section(url: &str) -> String;
}

struct Keycloak;

impl Scenario for Keycloak {
    type Task = evenkeel_keycloak::Keycloak;
    type Server = evenkeel_sandbox::Keycloak;

    fn start() -> Self::Server {
        evenkeel_sandbox::Keycloak::start(&evenkeel_sandbox::Options::new("admin", PASSWORD)).unwrap()
    }

    fn url(server: &Self::Server) -> String {
        server.url().to_owned()
    }

    fn section(url: &str) -> String {
        format!("keycloak:\n  url: {url}\n  admin: {{username: admin, password: {{fromEnv: PASSWORD}}}}\n")
    }
}

struct Copies;

impl Scenario for Copies {
    type Task = evenkeel_copy_certs::CopyCerts;
    type Server = evenkeel_sandbox::Kubernetes;

    fn start() -> Self::Server {
        evenkeel_sandbox::Kubernetes::start(&evenkeel_sandbox::KubernetesOptions::new(PASSWORD)).unwrap()
    }

    fn url(server: &Self::Server) -> String {
        server.url().to_owned()
    }

    fn users_of_a_team(_: usize) -> usize {
        0
    }

    /// Ten registry credentials in each namespace, of the size that real ones have.
    fn fill(server: &Self::Server, teams: usize) {
        server.add_namespace("argocd");
        let credentials =
            serde_json::json!({"auths": {"registry.example.com": {"username": "robot", "password": "x".repeat(300)}}});
        let data = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, credentials.to_string());
        for team in 0..teams {
            let namespace = format!("team-t{team}");
            server.add_namespace(&namespace);
            for number in 0..10 {
                let secret = serde_json::json!({
                    "metadata": {}, "type": "kubernetes.io/dockerconfigjson", "data": {".dockerconfigjson": data},
                });
                server.insert("secrets", &namespace, &format!("pull-{number}"), secret);
            }
        }
    }

    fn cluster(server: &Self::Server) -> Option<&str> {
        Some(server.url())
    }

    fn section(_: &str) -> String {
        "copies:\n  - from: {namespaces: team-*, type: kubernetes.io/dockerconfigjson}\n    to: {namespace: argocd, name: 'copy-{namespace}-{name}'}\n".to_owned()
    }
}

struct Harbor;

impl Scenario for Harbor {
    type Task = evenkeel_harbor::Harbor;
    type Server = (evenkeel_sandbox::Harbor, evenkeel_sandbox::Kubernetes);

    fn start() -> Self::Server {
        let harbor = evenkeel_sandbox::Harbor::start(&evenkeel_sandbox::HarborOptions::new(PASSWORD)).unwrap();
        (harbor, Copies::start())
    }

    fn url((harbor, _): &Self::Server) -> String {
        harbor.url().to_owned()
    }

    fn users_of_a_team(_: usize) -> usize {
        0
    }

    fn fill((_, cluster): &Self::Server, teams: usize) {
        (0..teams).for_each(|team| cluster.add_namespace(&format!("team-t{team}")));
    }

    fn cluster((_, cluster): &Self::Server) -> Option<&str> {
        Some(cluster.url())
    }

    /// Everything that a team has: members, which need a login by OpenID Connect, and Secrets in its namespace.
    fn section(url: &str) -> String {
        format!(
            "kubernetes: {{}}\n\
             harbor:\n  url: {url}\n  registryHost: harbor.example.com\n  admin: {{username: admin, password: {{fromEnv: PASSWORD}}}}\n  \
             oidc: {{endpoint: 'https://login.example.com/realms/otomi', clientSecret: {{fromEnv: PASSWORD}}}}\n  \
             teamDefaults: {{storageQuota: 20Gi, retention: {{keepLast: 30}}}}\n"
        )
    }
}

fn main() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match arguments.as_slice() {
        [word, task, folder] if word == "run" => one_run(task, Path::new(folder)),
        numbers => {
            println!("| task | teams | users | run | requests | writes | seconds | peak memory |");
            println!("|---|---|---|---|---|---|---|---|");
            for number in numbers {
                let (teams, users) =
                    number.split_once(':').map_or((number.as_str(), None), |(teams, users)| (teams, Some(users)));
                let (teams, users) = (teams.parse().unwrap(), users.map(|users| users.parse().unwrap()));
                measure::<Keycloak>(teams, users);
                measure::<Harbor>(teams, users);
                measure::<Copies>(teams, users);
            }
        }
    }
}

/// A run in this process, of the task with this name.
fn one_run(task: &str, folder: &Path) {
    match task {
        <<Keycloak as Scenario>::Task as Task>::NAME => apply::<Keycloak>(folder),
        <<Harbor as Scenario>::Task as Task>::NAME => apply::<Harbor>(folder),
        <<Copies as Scenario>::Task as Task>::NAME => apply::<Copies>(folder),
        _ => panic!("there is no scenario for `{task}`"),
    }
}

/// One platform: how long a run of it takes to its first request, then made, then looked at again.
fn measure<S: Scenario>(teams: usize, users: Option<usize>) {
    let users = match S::users_of_a_team(teams) {
        0 => 0,
        each => users.unwrap_or(teams * each),
    };
    let name = <S::Task as Task>::NAME;
    let folder = tempfile::tempdir().unwrap();
    let server = S::start();
    let write = |url: &str, cluster: Option<&str>| {
        fs::write(folder.path().join("values.yaml"), values::<S>(teams, users, url)).unwrap();
        if let Some(cluster) = cluster {
            let kubeconfig = evenkeel_sandbox::Kubernetes::kubeconfig_of(cluster, &PASSWORD.into());
            fs::write(folder.path().join("kubeconfig"), kubeconfig).unwrap();
        }
    };

    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let nobody = format!("http://{}", listener.local_addr().unwrap());
    write(&nobody, S::cluster(&server).is_some().then_some(nobody.as_str()));
    let start = (0..5).map(|_| start_of(name, folder.path(), &listener)).min().unwrap_or_default();
    println!("| {name} | {teams} | {users} | to the first request | 0 | 0 | {:.3} | |", start.as_secs_f64());

    S::fill(&server, teams);
    write(&S::url(&server), S::cluster(&server));
    for run in ["first", "unchanged"] {
        let output = child(name, folder.path()).output().unwrap();
        let measured = String::from_utf8(output.stdout).unwrap();
        println!("| {name} | {teams} | {users} | {run} | {} |", measured.trim());
    }
}

/// What passes from the start of a process until it asks the server for something.
fn start_of(task: &str, folder: &Path, listener: &TcpListener) -> Duration {
    let begin = Instant::now();
    let mut child = child(task, folder).stdout(Stdio::null()).spawn().unwrap();
    let connection = listener.accept().unwrap();
    let passed = begin.elapsed();
    child.kill().unwrap();
    child.wait().unwrap();
    drop(connection);
    passed
}

fn child(task: &str, folder: &Path) -> Command {
    let mut command = Command::new(env::current_exe().unwrap());
    command.args(["run", task]).arg(folder);
    command
}

/// A run in this process: requests, writes, seconds and peak memory.
fn apply<S: Scenario>(folder: &Path) {
    let begin = Instant::now();
    let secrets = Arc::new(SecretResolver::with_environment([("PASSWORD", PASSWORD.into())]));
    let surroundings = Surroundings { secrets, ..Surroundings::default() };
    let options = Options {
        values: ValuesOptions { paths: vec![folder.join("values.yaml")], set: vec![] },
        inventory: Some(folder.join("inventory.jsonl")),
        concurrency: NonZeroUsize::new(8).unwrap(),
        cluster: ClusterOptions {
            kubeconfig: Some(folder.join("kubeconfig")).filter(|path| path.exists()),
            context: None,
        },
        ..Options::default()
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let finished = runtime.block_on(run::<S::Task>(&TaskCommand::Apply { adopt: false, options }, &surroundings));
    let requests = finished.report.requests;
    let seconds = begin.elapsed().as_secs_f64();
    println!("{} | {} | {seconds:.3} | {} MiB", requests.total, requests.writes, peak_memory());
}

/// The most memory that this process has had, in MiB, as Linux counts it.
fn peak_memory() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    line.trim().trim_end_matches("kB").trim().parse::<u64>().unwrap_or_default() / 1024
}

fn values<S: Scenario>(teams: usize, users: usize, url: &str) -> String {
    let mut text = format!("platform: {{name: bench}}\n{}teams:\n", S::section(url));
    for team in 0..teams {
        writeln!(text, "  t{team}: {{displayName: Team {team}}}").unwrap();
    }
    text.push_str(if users > 0 { "users:\n" } else { "users: []\n" });
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
