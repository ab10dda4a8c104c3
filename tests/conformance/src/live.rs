//! The Keycloak task against a server that may be real: converge, a second run, drift, a token that dies on the way.
//!
//! The same scenarios run against the sandbox in every test run and against a real Keycloak in CI. Unlike the rest of the
//! suite they know evenkeel: they judge the task by its own report, and the server by plain HTTP.

mod adopt;
mod adversity;
mod cost;
mod elsewhere;
pub mod fields;
pub mod hand;
mod random;
pub mod server;
mod stage;
mod versions;

use evenkeel_core::report::ChangeReport;
use futures::future::BoxFuture;
use serde_json::json;

use crate::scenario::{Outcome, Scenario, Target};
use hand::Hand;
use server::Server;
use stage::Stage;

/// The realm of the scenarios' values.
const REALM: &str = "otomi";

/// The scenario that makes a realm at random.
pub const AT_RANDOM: &str = "live: a realm at random moves to an empty server, but for what is told";

/// All live scenarios, in the order of the table.
#[must_use]
pub fn scenarios() -> Vec<Box<dyn Scenario>> {
    vec![
        Box::new(Live { name: "live: converges, and a second run writes nothing", steps: converges }),
        Box::new(Live { name: "live: each managed field is wrecked, found alone and corrected", steps: drift }),
        Box::new(Live {
            name: "live: a token that lives one second is renewed in the middle of a run",
            steps: short_tokens,
        }),
        Box::new(Live {
            name: "live: an external identity provider, found through its issuer",
            steps: external_provider,
        }),
        Box::new(Live { name: "live: a limited run changes one team only", steps: one_team }),
        Box::new(Live { name: "live: a run that is killed is finished by the next", steps: adversity::killed }),
        Box::new(Live { name: "live: two runs at once", steps: adversity::together }),
        Box::new(Live {
            name: "live: an administrator with few rights is told which are missing",
            steps: adversity::limited,
        }),
        Box::new(Live { name: "live: a secret that the server hides is remembered", steps: adversity::hidden }),
        Box::new(Live {
            name: "live: what the server refuses, or keeps without a word, is told",
            steps: adversity::refused,
        }),
        Box::new(Live { name: "live: what a version does not know fails alone", steps: versions::unknown }),
        Box::new(Live {
            name: "live: a realm that the server still makes for a run that is gone",
            steps: versions::interrupted,
        }),
        Box::new(Live {
            name: "live: an unchanged realm of 100 teams and 1,000 users is cheap",
            steps: cost::unchanged,
        }),
        Box::new(Live { name: "live: an untouched realm is adopted", steps: adopt::fresh }),
        Box::new(Live { name: "live: a realm of the team contract is adopted", steps: adopt::of_the_contract }),
        Box::new(Live { name: "live: a realm with one of everything is adopted", steps: adopt::by_hand }),
        Box::new(Live {
            name: "live: a realm with one of everything moves to an empty server, but for what is told",
            steps: elsewhere::moved,
        }),
        Box::new(Live { name: AT_RANDOM, steps: elsewhere::at_random }),
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
        stage.expect(
            "every change of the first run takes one write",
            changes > 0 && first.report.requests.writes == changes,
        );
        let second = stage.apply(&[]).await;
        stage.expect("the second run has nothing to change", second.report.changes.is_empty());
        stage.expect("the second run writes nothing", second.report.requests.writes == 0);
        let plan = stage.plan(&[]).await;
        stage.expect("a plan is empty then", plan.plan.is_some_and(|plan| plan.changes.is_empty()));
        stage.remark(format!("{} reads in an unchanged run", second.report.requests.reads));
        Ok(())
    })
}

/// What is managed is not listed here: it is what the task plans for a server that holds nothing, so that a field it learns
/// to manage tomorrow is wrecked tomorrow.
fn drift<'a>(
    stage: &'a mut Stage,
    server: &'a Server,
) -> BoxFuture<'a, Result<(), Box<dyn std::error::Error + Send + Sync>>> {
    Box::pin(async move {
        let made = stage.apply(&[]).await;
        let hand = Hand::new(server, REALM);
        let mut wrecked = 0;
        for change in made.report.changes.into_iter().map(|report| report.change) {
            let relation = change.fields.is_empty().then_some(None);
            let fields = change.fields.iter().map(|field| Some(field.path.as_ref())).chain(relation);
            for field in fields.filter(|field| hand::beyond_spoiling(&change.object, *field).is_none()) {
                wrecked += 1;
                if let Err(error) = hand.spoil(&change.object, field).await {
                    stage.expect(&format!("{} {field:?} can be spoiled: {error}", change.object), false);
                    continue;
                }
                let repair = stage.apply(&[]).await;
                let seen: Vec<(String, Vec<String>)> = repair
                    .report
                    .changes
                    .iter()
                    .map(|report| &report.change)
                    .map(|change| {
                        (change.object.to_string(), change.fields.iter().map(|field| field.path.to_string()).collect())
                    })
                    .collect();
                let wanted: Vec<(String, Vec<String>)> =
                    vec![(change.object.to_string(), field.map(str::to_owned).into_iter().collect())];
                let what = format!("the plan for a spoiled {} {field:?} is that alone: {seen:?}", change.object);
                let found = match hand::brings_along(&change.object, field) {
                    Some(_) => seen.iter().any(|(object, paths)| {
                        *object == wanted[0].0 && wanted[0].1.iter().all(|path| paths.contains(path))
                    }),
                    None => seen == wanted,
                };
                stage.expect(&what, found);
            }
        }
        let rest = stage.plan(&[]).await;
        stage.expect("nothing is left", rest.plan.is_some_and(|plan| plan.changes.is_empty()));
        stage.remark(format!("{wrecked} fields and relations"));
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

/// The server is its own external issuer here: any that publishes a discovery document will do.
fn external_provider<'a>(
    stage: &'a mut Stage,
    server: &'a Server,
) -> BoxFuture<'a, Result<(), Box<dyn std::error::Error + Send + Sync>>> {
    Box::pin(async move {
        let provider = format!(
            "--set=keycloak.identityProvider={{issuer: '{}/realms/master', clientId: evenkeel, \
             clientSecret: {{fromEnv: CLIENT_SECRET}}, groups: {{platformAdmin: g-admin}}}}",
            stage.url()
        );
        let external = [provider.as_str(), "--set=teams.alpha.identityGroup=g-alpha"];
        let first = stage.apply(&external).await;
        let users =
            |change: &ChangeReport| ["user", "group", "membership"].contains(&change.change.object.kind().as_str());
        let local = first.report.changes.iter().filter(|change| users(change)).count();
        stage.expect("only declared groups are made, and no local accounts", local == 2);
        let second = stage.apply(&external).await;
        stage.expect("the second run writes nothing", second.report.requests.writes == 0);

        let provider = format!("/admin/realms/{REALM}/identity-provider/instances/otomi-idp");
        let made = server.get(&provider).await?;
        stage.expect("the issuer's end points are there", made["config"]["tokenUrl"].is_string());
        let mappers = server.get(&format!("{provider}/mappers")).await?;
        let mapper =
            mappers.as_array().into_iter().flatten().find(|mapper| mapper["name"] == "team-alpha group to role");
        let mut mapper = mapper.cloned().ok_or("the team's mapper is not there")?;
        mapper["config"]["claim.value"] = json!("g-spoiled");
        let id = mapper["id"].as_str().unwrap_or_default().to_owned();
        server.put(&format!("{provider}/mappers/{id}"), &mapper).await?;
        let repair = stage.apply(&external).await;
        let changed: Vec<String> =
            repair.report.changes.iter().map(|change| change.change.object.to_string()).collect();
        let what = format!("the spoiled mapper alone is put right: {changed:?}");
        stage.expect(&what, changed == ["identity-provider-mapper/otomi-idp/team-alpha group to role"]);

        let mut spoiled = made;
        spoiled["trustEmail"] = json!(false);
        server.put(&provider, &spoiled).await?;
        let repair = stage.apply(&external).await;
        let paths: Vec<&str> = repair
            .report
            .changes
            .iter()
            .flat_map(|change| &change.change.fields)
            .map(|field| field.path.as_ref())
            .collect();
        stage.expect(&format!("the spoiled field alone is put right: {paths:?}"), paths == ["trustEmail"]);
        let secret = server.get(&provider).await?["config"]["clientSecret"].clone();
        stage.expect("the hidden secret is still there", secret.is_string());
        let last = stage.apply(&external).await;
        stage.expect("nothing is left", last.report.changes.is_empty());
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
