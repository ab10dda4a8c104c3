//! Servers that do not know all that is declared, and one that is still at work for a run that is gone.

use std::time::Duration;

use evenkeel_core::report::Status;
use evenkeel_engine::{exit_code::ExitCode, run::Finished};
use futures::future::BoxFuture;
use serde_json::json;

use super::{REALM, server::Server, stage::Stage};

type Ended<'a> = BoxFuture<'a, Result<(), Box<dyn std::error::Error + Send + Sync>>>;

/// How long a killed run waits for the realm that it has asked for. A real server takes seconds.
const SOON: Duration = Duration::from_millis(30);

/// What a version does not know fails alone, by its name, and all else converges.
pub(super) fn unknown<'a>(stage: &'a mut Stage, server: &'a Server) -> Ended<'a> {
    Box::pin(async move {
        let info = server.get("/admin/serverinfo").await?;
        let version = info["systemInfo"]["version"].as_str().unwrap_or_default().to_owned();
        let first = stage.apply(&[]).await;
        stage.expect("the report names the server", first.report.server == Some(format!("keycloak {version}")));
        if !version.starts_with("26.0") {
            stage.remark(format!("{version} knows all that is declared"));
            return Ok(());
        }
        let run = stage
            .try_apply(&["--set=keycloak.realm.scimApiEnabled=true", "--set=keycloak.realm.displayName=Changed"])
            .await;
        stage.expect(
            &format!("the field is named: {:?}", failures(&run)),
            failures(&run)
                == ["realm/otomi: keycloak 26.0.7 does not know `scimApiEnabled`; all other fields are done"],
        );
        stage.expect("that lasts", run.exit_code == ExitCode::Configuration);
        let name = server.get(&format!("/admin/realms/{REALM}")).await?["displayName"].clone();
        stage.expect(&format!("the rest of the realm is done: {name}"), name == "Changed");

        server.delete(&format!("/admin/realms/{REALM}"), None).await?;
        let action = "--set=keycloak.requiredActions=[{alias: UPDATE_EMAIL, enabled: true, defaultAction: true}]";
        let run = stage.try_apply(&[action, "--set=keycloak.realm.scimApiEnabled=true"]).await;
        let told = failures(&run);
        stage.expect(
            &format!("both are named, and nothing waits for them: {told:?}"),
            told.len() == 2 && told.iter().any(|told| told.contains("has no required action `UPDATE_EMAIL`")),
        );
        Ok(())
    })
}

/// The server goes on making a realm when whoever asked for it is gone.
pub(super) fn interrupted<'a>(stage: &'a mut Stage, server: &'a Server) -> Ended<'a> {
    Box::pin(async move {
        let realm = json!({"realm": REALM, "enabled": true});
        let asked = tokio::time::timeout(SOON, server.post("/admin/realms", &realm)).await;
        stage.remark(format!("gone before the answer: {}", asked.is_err()));
        stage.apply(&[]).await;
        let plan = stage.plan(&[]).await;
        stage.expect("nothing is left", plan.plan.is_some_and(|plan| plan.changes.is_empty()));
        Ok(())
    })
}

/// What failed, with why.
fn failures(run: &Finished) -> Vec<String> {
    let failed = run.report.changes.iter().filter(|change| change.status == Status::Failed);
    failed
        .map(|change| {
            let message = change.failure.as_ref().map(|failure| failure.message.as_str()).unwrap_or_default();
            format!("{}: {message}", change.change.object)
        })
        .collect()
}
