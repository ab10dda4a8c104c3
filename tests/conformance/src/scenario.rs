//! What the suite is made of: scenarios, each a row of the final table.

use std::time::{Duration, Instant};

use futures::future::BoxFuture;
use secrecy::SecretString;

use crate::keycloak::Baseline;
use crate::replay::{Contract, Disagreement, Replayer};

/// The server that a suite runs against.
#[derive(Debug, Clone)]
pub struct Target {
    /// Its base URL, without a slash at the end.
    pub url: String,
    /// The administrator's name.
    pub administrator: String,
    /// The administrator's password.
    pub password: SecretString,
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
    baseline: &Baseline,
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
            let replayed = match Replayer::new(&target.url) {
                Ok(replayer) => {
                    replayer
                        .given("admin_user", target.administrator.as_str().into())
                        .given("admin_password", target.password.clone())
                        .replay(&self.0)
                        .await
                }
                Err(error) => Err(error),
            };
            match replayed {
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

/// A disagreement without the file's name, which the row has.
fn finding(found: &Disagreement) -> String {
    format!("step `{}`: {}: expected {}, got {}", found.step, found.place, found.expected, found.got)
}
