//! What the suite is made of: scenarios, each a row of the final table.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use futures::future::BoxFuture;
use secrecy::SecretString;

use crate::replay::{Contract, Disagreement, Happening, Replayer, Step};

/// The server that a suite runs against.
#[derive(Debug, Clone)]
pub struct Target {
    /// Its base URL, without a slash at the end.
    pub url: String,
    /// The administrator's name.
    pub administrator: String,
    /// The administrator's password.
    pub password: SecretString,
    /// Values for more variables that contracts are given.
    pub given: BTreeMap<String, SecretString>,
    /// The address by which it calls itself, where that is another one.
    pub known_as: Option<String>,
    /// A program that makes things happen to the server.
    pub hand: Option<PathBuf>,
    /// Certificates that vouch for the server, in PEM, besides those that everybody trusts.
    pub ca: Option<String>,
    /// What decides what is made at random: the same seed makes the same.
    pub seed: u64,
}

impl Target {
    /// A server, and its administrator.
    #[must_use]
    pub fn new(url: &str, administrator: &str, password: SecretString) -> Self {
        Self {
            url: url.trim_end_matches('/').to_owned(),
            administrator: administrator.to_owned(),
            password,
            given: BTreeMap::new(),
            known_as: None,
            hand: None,
            ca: None,
            seed: 0,
        }
    }
}

/// Puts a server back to what it was, so that each scenario finds a fresh one.
pub trait Baseline: Send + Sync {
    /// Deletes what scenarios have made and puts settings back. A reason where that did not work.
    fn restore(&self) -> BoxFuture<'_, Result<(), String>>;
}

/// How one scenario went.
#[derive(Debug, Clone)]
pub struct Row {
    /// The scenario's name.
    pub name: String,
    /// How many steps it took; a scenario says itself what a step is.
    pub steps: usize,
    /// What went wrong, for people; empty means that it passed.
    pub findings: Vec<String>,
    /// What was seen and is no failure, such as keys left out by permission.
    pub remarks: Vec<String>,
    /// How long it took.
    pub took: Duration,
}

impl Row {
    /// Whether nothing went wrong.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.findings.is_empty()
    }
}

/// What a scenario found, before it is timed and named.
#[derive(Debug, Clone, Default)]
pub struct Outcome {
    /// How many steps were taken.
    pub steps: usize,
    /// What went wrong.
    pub findings: Vec<String>,
    /// What was seen and is no failure.
    pub remarks: Vec<String>,
}

impl Outcome {
    /// A scenario that could not go on.
    #[must_use]
    pub fn stopped(reason: impl ToString) -> Self {
        Self { findings: vec![reason.to_string()], ..Self::default() }
    }
}

/// One thing that a server is held to.
pub trait Scenario: Send + Sync {
    /// The row's name, such as `contract keycloak/tokens.json`.
    fn name(&self) -> String;

    /// Runs against `target`, which knows nothing but its administrator. Whatever goes wrong is a finding.
    fn run<'a>(&'a self, target: &'a Target) -> BoxFuture<'a, Outcome>;
}

/// Runs the scenarios one after the other and puts the server back to `baseline` after each. `watch` is told each row as
/// it is done.
pub async fn run_all(
    scenarios: &[Box<dyn Scenario>],
    target: &Target,
    baseline: &dyn Baseline,
    mut watch: impl FnMut(&Row),
) -> Vec<Row> {
    let mut rows = Vec::with_capacity(scenarios.len());
    for scenario in scenarios {
        let started = Instant::now();
        let mut outcome = scenario.run(target).await;
        if let Err(error) = baseline.restore().await {
            outcome.findings.push(format!("the server was not put back: {error}"));
        }
        let row = Row {
            name: scenario.name(),
            steps: outcome.steps,
            findings: outcome.findings,
            remarks: outcome.remarks,
            took: started.elapsed(),
        };
        watch(&row);
        rows.push(row);
    }
    rows
}

/// The replay of one contract file.
pub struct ContractScenario(pub Contract);

impl Scenario for ContractScenario {
    fn name(&self) -> String {
        format!("contract {}", self.0.file)
    }

    fn run<'a>(&'a self, target: &'a Target) -> BoxFuture<'a, Outcome> {
        Box::pin(async move {
            if let Some(reason) = self.missing(target) {
                return Outcome { remarks: vec![format!("not replayed: {reason}")], ..Outcome::default() };
            }
            match self.replay(target).await {
                Ok(replay) => Outcome {
                    steps: replay.steps,
                    findings: replay.disagreements.iter().map(finding).collect(),
                    remarks: Vec::new(),
                },
                Err(error) => Outcome::stopped(error),
            }
        })
    }
}

impl ContractScenario {
    /// What the contract needs and the target does not have.
    fn missing(&self, target: &Target) -> Option<String> {
        let contract = &self.0;
        let own = |name: &str| matches!(name, "admin_user" | "admin_password") || target.given.contains_key(name);
        if let Some((name, value)) = contract.server.first_key_value() {
            return Some(format!("it needs a server that was started with {name}={value}"));
        }
        if let Some(name) =
            contract.given.iter().find(|(name, value)| value.is_null() && !own(name)).map(|given| given.0)
        {
            return Some(format!("it needs a value for `{name}`"));
        }
        let event =
            contract.steps.iter().find_map(|step| if let Step::Event(event) = step { Some(event) } else { None });
        let event = event.filter(|_| target.hand.is_none())?;
        Some(format!("it needs a hand on the server: `{}`", event.happens))
    }

    async fn replay(&self, target: &Target) -> Result<crate::replay::Replay, crate::replay::ReplayError> {
        let mut replayer = Replayer::new(&target.url)?
            .given("admin_user", target.administrator.as_str().into())
            .given("admin_password", target.password.clone());
        if let Some(ca) = &target.ca {
            replayer = replayer.trusting(ca)?;
        }
        for (name, value) in &target.given {
            replayer = replayer.given(name, value.clone());
        }
        if let Some(url) = &target.known_as {
            replayer = replayer.known_as(url);
        }
        if let Some(hand) = target.hand.clone() {
            replayer = replayer.happening(by_program(hand));
        }
        replayer.replay(&self.0).await
    }
}

/// Things happen by a program, which is told what as its only argument.
fn by_program(program: PathBuf) -> Happening {
    Box::new(move |what| match Command::new(&program).arg(what).status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("`{}` ended with {status}", program.display())),
        Err(error) => Err(format!("`{}` cannot be run: {error}", program.display())),
    })
}

/// A disagreement without the file's name, which the row has.
fn finding(found: &Disagreement) -> String {
    format!("step `{}`: {}: expected {}, got {}", found.step, found.place, found.expected, found.got)
}
