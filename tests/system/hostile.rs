//! What a server that means harm costs: the real program before servers whose lists never end, or whose answers are small as text and huge as
//! values. Its peak memory is what Linux counts.

mod server;

use std::{
    fs,
    io::Read,
    process::{Child, Command, Stdio},
    thread::{self, JoinHandle},
};

use evenkeel_sandbox::{Harbor, HarborOptions, Keycloak, Kubernetes, KubernetesOptions, Options};
use server::{Harm, Hostile};

const PASSWORD: &str = "secret-of-the-test";
/// The most memory that a run may take, whatever a server answers.
const MOST_MIB: u64 = 200;

/// What a run said, and the most memory that it had.
struct Ran {
    code: Option<i32>,
    said: String,
    peak_mib: u64,
}

fn run(task: &str, values: &str, kubeconfig: Option<&str>) -> Ran {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("values.yaml"), values).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_evenkeel"));
    command
        .args([task, "apply", "--values", "values.yaml", "--timeout", "2m"])
        .env_clear()
        .env("HOME", folder.path())
        .env("PASSWORD", PASSWORD)
        .current_dir(folder.path())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    if let Some(kubeconfig) = kubeconfig {
        fs::write(folder.path().join("kubeconfig"), kubeconfig).unwrap();
        command.args(["--kubeconfig", "kubeconfig"]);
    }
    let mut child = command.spawn().unwrap();
    // A full pipe would hold the program up.
    let readers = (read(child.stdout.take().unwrap()), read(child.stderr.take().unwrap()));
    let (code, peak_mib) = watched(&mut child);
    Ran { code, said: readers.0.join().unwrap() + &readers.1.join().unwrap(), peak_mib }
}

fn read(mut stream: impl Read + Send + 'static) -> JoinHandle<String> {
    thread::spawn(move || {
        let mut said = String::new();
        stream.read_to_string(&mut said).unwrap();
        said
    })
}

/// Looks at the process until it has ended. The peak stays in its state, so that none is missed.
fn watched(child: &mut Child) -> (Option<i32>, u64) {
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    loop {
        let text = fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
        peak = peak.max(line.trim().trim_end_matches("kB").trim().parse::<u64>().unwrap_or_default());
        if let Some(status) = child.try_wait().unwrap() {
            return (status.code(), peak / 1024);
        }
        thread::yield_now();
    }
}

fn keycloak(harm: Harm, list: &'static str) -> Ran {
    let server = Keycloak::start(&Options::new("admin", PASSWORD)).unwrap();
    let hostile = Hostile::before(server.url(), list, harm);
    let users: String = (0..8)
        .map(|number| {
            format!(
                "  - {{email: u{number}@example.com, firstName: U, lastName: L, teams: [alpha], teamAdmin: false}}\n"
            )
        })
        .collect();
    let values = format!(
        "platform: {{name: demo}}\nkeycloak:\n  url: {}\n  admin: {{username: admin, password: {{fromEnv: PASSWORD}}}}\nteams: {{alpha: {{}}}}\nusers:\n{users}",
        hostile.url()
    );
    run("keycloak", &values, None)
}

fn harbor(harm: Harm, list: &'static str) -> Ran {
    let server = Harbor::start(&HarborOptions::new(PASSWORD)).unwrap();
    let cluster = Kubernetes::start(&KubernetesOptions::new(PASSWORD)).unwrap();
    cluster.add_namespace("team-alpha");
    let hostile = Hostile::before(server.url(), list, harm);
    let values = format!(
        "platform: {{name: demo}}\nharbor:\n  url: {}\n  registryHost: harbor.example.com\n  admin: {{username: admin, password: {{fromEnv: PASSWORD}}}}\nteams: {{alpha: {{}}}}\n",
        hostile.url()
    );
    run("harbor", &values, Some(&cluster.kubeconfig()))
}

fn cluster(harm: Harm, list: &'static str) -> Ran {
    let server = Kubernetes::start(&KubernetesOptions::new(PASSWORD)).unwrap();
    server.add_namespace("argocd");
    let hostile = Hostile::before(server.url(), list, harm);
    let values = "platform: {name: demo}\ncopies:\n  - from: {namespaces: team-*, type: kubernetes.io/dockerconfigjson}\n    to: {namespace: argocd, name: 'copy-{namespace}-{name}'}\n";
    let kubeconfig = Kubernetes::kubeconfig_of(hostile.url(), &PASSWORD.into());
    run("copy-certs", values, Some(&kubeconfig))
}

type Task = fn(Harm, &'static str) -> Ran;

/// Lists that are kept in memory, of each kind of paging that has any.
const KEPT: [(&str, Task, &str); 3] = [
    ("keycloak's roles", keycloak, "/roles"),
    ("harbor's projects", harbor, "/projects"),
    ("harbor's robots", harbor, "/robots"),
];

/// Lists that go by.
const PASSING: [(&str, Task, &str); 2] =
    [("keycloak's users", keycloak, "/users"), ("a cluster's secrets", cluster, "/secrets")];

fn costs_little(lists: &[(&str, Task, &'static str)], harm: Harm, word: &str) {
    for (what, task, list) in lists {
        let ran = task(harm, list);
        assert!(ran.said.contains(word), "{what}, {harm:?}: {:?} {}", ran.code, ran.said);
        assert!(!matches!(ran.code, Some(0) | None), "{what}, {harm:?}: {:?} {}", ran.code, ran.said);
        assert!(ran.peak_mib > 0 && ran.peak_mib < MOST_MIB, "{what}, {harm:?}: {} MiB", ran.peak_mib);
    }
}

#[test]
fn sixty_megabytes_of_tiny_objects_cost_less_than_200_mib() {
    costs_little(&[KEPT.as_slice(), &PASSING].concat(), Harm::Tiny, "too many values");
}

#[test]
fn a_million_small_entries_of_a_map_cost_less_than_200_mib() {
    costs_little(&[KEPT.as_slice(), &PASSING].concat(), Harm::Entries, "too many values");
}

/// That lists which go by end is held by the tests of `ListGuard`: a gigabyte would have to pass.
#[test]
fn endless_pages_cost_less_than_200_mib() {
    costs_little(&KEPT, Harm::Endless, "no end in sight");
}

#[test]
fn a_page_that_comes_again_and_again_ends_every_list() {
    costs_little(&[KEPT.as_slice(), &PASSING].concat(), Harm::Again, "repeats an earlier one");
}
