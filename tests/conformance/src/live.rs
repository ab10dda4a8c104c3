//! The Keycloak task against a server that may be real: converge, a second run, drift, a token that dies on the way.
//!
//! The same scenarios run against the sandbox in every test run and against a real Keycloak in CI. Unlike the rest of the
//! suite they know evenkeel: they judge the task by its own report, and the server by plain HTTP.

mod server;
mod stage;

use futures::future::BoxFuture;
use serde_json::json;

use crate::scenario::{Outcome, Scenario, Target};
use server::Server;
use stage::Stage;

/// All live scenarios, in the order of the table.
#[must_use]
pub fn scenarios() -> Vec<Box<dyn Scenario>> {
    vec![
        Box::new(Live { name: "live: converges, and a second run writes nothing", steps: converges }),
        Box::new(Live {
            name: "live: a token that lives one second is renewed in the middle of a run",
            steps: short_tokens,
        }),
        Box::new(Live { name: "live: a limited run changes one team only", steps: one_team }),
    ]
}

type Steps =
    for<'a> fn(&'a mut Stage, &'a Server) -> BoxFuture<'a, Result<(), Box<dyn std::error::Error + Send + Sync>>>;

/// One story, told on a fresh stage.
struct Live {
    name: &'static str,
    steps: Steps,
}

impl Scenario for Live {
    fn name(&self) -> String {
        self.name.to_owned()
    }

    fn run<'a>(&'a self, target: &'a Target) -> BoxFuture<'a, Outcome> {
        Box::pin(async move {
            let mut stage = match Stage::new(target) {
                Ok(stage) => stage,
                Err(error) => return Outcome::stopped(error),
            };
            let server = match Server::new(target) {
                Ok(server) => server,
                Err(error) => return Outcome::stopped(error),
            };
            let ended = (self.steps)(&mut stage, &server).await;
            let mut outcome = stage.into_outcome();
            if let Err(error) = ended {
                outcome.findings.push(error.to_string());
            }
            outcome
        })
    }
}

fn converges<'a>(
    stage: &'a mut Stage,
    _: &'a Server,
) -> BoxFuture<'a, Result<(), Box<dyn std::error::Error + Send + Sync>>> {
    Box::pin(async move {
        let first = stage.apply(&[]).await;
        let changes = u64::try_from(first.report.changes.len()).unwrap_or_default();
        stage.expect("every change of the first run takes one write", changes > 0 && first.report.requests.writes == changes);
        let second = stage.apply(&[]).await;
        stage.expect("the second run has nothing to change", second.report.changes.is_empty());
        stage.expect("the second run writes nothing", second.report.requests.writes == 0);
        let plan = stage.plan(&[]).await;
        stage.expect("a plan is empty then", plan.plan.is_some_and(|plan| plan.changes.is_empty()));
        stage.remark(format!("{} reads in an unchanged run", second.report.requests.reads));
        Ok(())
    })
}

/// A token of the administrators' realm lives a second here, so that no run can do with one.
fn short_tokens<'a>(
    stage: &'a mut Stage,
    server: &'a Server,
) -> BoxFuture<'a, Result<(), Box<dyn std::error::Error + Send + Sync>>> {
    Box::pin(async move {
        server.put("/admin/realms/master", &json!({"accessTokenLifespan": 1})).await?;
        let run = stage.apply(&["--concurrency=1"]).await;
        stage.expect("the run takes more than one token", run.report.requests.tokens > 1);
        let second = stage.apply(&[]).await;
        stage.expect("the second run writes nothing", second.report.requests.writes == 0);
        stage.remark(format!("{} tokens for {} requests", run.report.requests.tokens, run.report.requests.total));
        Ok(())
    })
}

fn one_team<'a>(
    stage: &'a mut Stage,
    server: &'a Server,
) -> BoxFuture<'a, Result<(), Box<dyn std::error::Error + Send + Sync>>> {
    Box::pin(async move {
        stage.apply(&[]).await;
        for team in ["alpha", "beta"] {
            let path = format!("/admin/realms/otomi/roles/team-{team}");
            server.put(&path, &json!({"name": format!("team-{team}"), "description": "changed by hand"})).await?;
        }
        let run = stage.apply(&["--team=alpha"]).await;
        let changed: Vec<String> = run.report.changes.iter().map(|change| change.change.object.to_string()).collect();
        stage.expect("one team's role is put right", changed == ["role/team-alpha"]);
        let rest = stage.apply(&[]).await;
        let changed: Vec<String> = rest.report.changes.iter().map(|change| change.change.object.to_string()).collect();
        stage.expect("the other one's is left for a whole run", changed == ["role/team-beta"]);
        Ok(())
    })
}
