//! Runs that do not have it easy: killed in the middle, two at once, with few rights, with secrets that the server hides.

use evenkeel_core::report::Status;
use evenkeel_engine::{exit_code::ExitCode, run::Finished};
use futures::future::BoxFuture;
use serde_json::{Value, json};

use super::{
    REALM,
    server::Server,
    stage::{LIMITED_SECRET, Stage},
};

type Ended<'a> = BoxFuture<'a, Result<(), Box<dyn std::error::Error + Send + Sync>>>;

/// The run is dropped as soon as it has made something, as a killed process is. The next one finishes its work.
pub(super) fn killed<'a>(stage: &'a mut Stage, server: &'a Server) -> Ended<'a> {
    Box::pin(async move {
        for made in ["/client-scopes", "/groups"] {
            let made = format!("/admin/realms/{REALM}{made}");
            let is_there =
                async { while !server.get(&made).await.is_ok_and(|list| holds(&list, &["openid", "team-alpha"])) {} };
            let killed = tokio::select! {
                _ = stage.try_apply(&["--concurrency=1"]) => false,
                () = is_there => true,
            };
            stage.remark(format!("killed in the middle: {killed}"));
        }
        stage.apply(&[]).await;
        expect_nothing_left(stage, &[]).await;
        expect_no_twins(stage, server).await?;
        Ok(())
    })
}

/// Two machines with the same values and an empty server. Keycloak itself makes mappers twice when two come at once
/// (server-behaviour 2.9), so that they are counted and not judged.
pub(super) fn together<'a>(stage: &'a mut Stage, server: &'a Server) -> Ended<'a> {
    Box::pin(async move {
        let mut other = stage.elsewhere()?;
        let (first, second) = tokio::join!(stage.try_apply(&[]), other.try_apply(&[]));
        for run in [&first, &second] {
            let ended = [ExitCode::Converged, ExitCode::SomeFailed].contains(&run.exit_code);
            stage.expect(&format!("both converge or say that something changed: {}", run.report.outcome), ended);
        }
        stage.apply(&[]).await;
        expect_nothing_left(stage, &[]).await;
        let twins = twins(server).await?;
        stage.remark(format!("{twins} mappers twice"));
        Ok(())
    })
}

/// Accounts that may see less and less. What they may not see is neither equal nor different.
pub(super) fn limited<'a>(stage: &'a mut Stage, server: &'a Server) -> Ended<'a> {
    Box::pin(async move {
        stage.apply(&["--set=keycloak.loginTheme=null"]).await;
        let all = ["view-realm", "view-users", "view-clients", "view-identity-providers"];
        let viewer = account(server, "viewer", &all).await?;
        let seen = stage.try_apply(&as_strs(&viewer)).await;
        stage.expect("who sees all finds nothing to do", seen.exit_code == ExitCode::Converged);

        let asker = account(server, "asker", &["query-users", "query-groups", "query-clients"]).await?;
        let nothing = stage.try_apply(&as_strs(&asker)).await;
        for right in ["view-realm", "view-users", "view-clients"] {
            stage.expect(&format!("`{right}` is named: {:?}", nothing.failures), names(&nothing, right));
        }
        expect_unjudged(stage, &nothing);
        stage.expect("nothing is said to be missing", nothing.report.changes.is_empty());
        stage.expect("nothing is written", nothing.report.requests.writes == 0);

        let groups = server.get(&format!("/admin/realms/{REALM}/groups")).await?;
        let group = groups.as_array().into_iter().flatten().find(|group| group["name"] == "team-beta");
        let id = group.and_then(|group| group["id"].as_str()).ok_or("the group is not there")?;
        server.delete(&format!("/admin/realms/{REALM}/groups/{id}"), None).await?;
        let manager = account(server, "manager", &["manage-users"]).await?;
        let some = stage.try_apply(&as_strs(&manager)).await;
        expect_unjudged(stage, &some);
        let made = some.report.changes.iter().any(|change| change.change.object.to_string() == "group/team-beta");
        stage.expect("who may manage users makes the missing group", made);
        stage.expect("and is told what else was not seen", names(&some, "view-realm") && names(&some, "view-clients"));
        let rest = stage.apply(&["--set=keycloak.loginTheme=null"]).await;
        let rest: Vec<String> = rest.report.changes.iter().map(|change| change.change.object.to_string()).collect();
        stage.expect(
            &format!("only what that account could not see is left: {rest:?}"),
            !rest.contains(&"group/team-beta".to_owned()),
        );
        Ok(())
    })
}

/// The secret of an identity provider, which Keycloak shows as a mask.
pub(super) fn hidden<'a>(stage: &'a mut Stage, _: &'a Server) -> Ended<'a> {
    Box::pin(async move {
        let provider = |secret: &str| {
            format!(
                "--set=keycloak.identityProvider={{issuer: '{}/realms/master', clientId: evenkeel, \
                 clientSecret: {{fromEnv: {secret}}}}}",
                stage.url()
            )
        };
        let (one, two) = (provider("CLIENT_SECRET"), provider("OTHER_SECRET"));
        stage.apply(&[&one]).await;
        expect_nothing_left(stage, &[&one]).await;

        let changed = stage.apply(&[&two]).await;
        let paths: Vec<&str> = changed
            .report
            .changes
            .iter()
            .flat_map(|change| &change.change.fields)
            .map(|field| field.path.as_ref())
            .collect();
        stage.expect(&format!("another secret is a difference: {paths:?}"), paths == ["config.clientSecret"]);
        stage.expect("it is written once", changed.report.requests.writes == 1);
        expect_nothing_left(stage, &[&two]).await;

        stage.lose_inventory()?;
        let unknown = stage.apply(&[&one]).await;
        stage.expect("what nobody remembers is left alone", unknown.report.requests.writes == 0);
        let told = unknown.report.notes.iter().filter(|note| note.message.contains("is hidden"));
        let told: Vec<&str> = told.map(|note| note.message.as_str()).collect();
        stage.expect("and told of", told.iter().any(|message| message.contains("config.clientSecret")));
        let adopted = stage.apply(&[&one, "--adopt"]).await;
        stage.expect("it is written when somebody says so", adopted.report.changes.len() == told.len());
        expect_nothing_left(stage, &[&one]).await;
        Ok(())
    })
}

/// A listener that is not installed, which 26.7 refuses and 26.0 takes, and a provider of another kind, which an update
/// leaves as it is with status 204 (server-behaviour 2.4): the report says what the server then shows, another try would not help, and the rest
/// of the run goes on.
pub(super) fn refused<'a>(stage: &'a mut Stage, server: &'a Server) -> Ended<'a> {
    Box::pin(async move {
        let at = |path: &str| format!("/admin/realms/{REALM}{path}");
        stage.apply(&[]).await;

        server.delete(&at("/roles/auditor"), None).await?;
        let run = stage.try_apply(&["--set=keycloak.events.eventsListeners=[nowhere]"]).await;
        let listeners = server.get(&at("/events/config")).await?["eventsListeners"].clone();
        let taken = listeners == json!(["nowhere"]);
        stage.remark(format!("an unknown listener is taken: {taken}"));
        stage.expect(
            &format!("the listener is refused and told, or taken: {}, {listeners}", run.report.outcome),
            if taken { run.exit_code == ExitCode::Converged } else { failed(&run) == ["events/otomi"] },
        );
        stage.expect("the role is back all the same", server.get(&at("/roles/auditor")).await.is_ok());
        stage.apply(&[]).await;

        own_forms(stage).await;
        not_kept(stage, server).await?;

        server.delete(&at("/identity-provider/instances/google"), None).await?;
        let other = json!({"alias": "google", "providerId": "github", "enabled": true,
                           "config": {"clientId": "a", "clientSecret": "b"}});
        server.post(&at("/identity-provider/instances"), &other).await?;
        server.delete(&at("/roles/auditor"), None).await?;
        let run = stage.try_apply(&["--adopt"]).await;
        let kind = server.get(&at("/identity-provider/instances/google")).await?["providerId"].clone();
        stage.expect(&format!("the provider's kind is kept: {kind}"), kind == "github");
        stage.expect(
            &format!("and that is told: {:?}", failed(&run)),
            failed(&run) == ["identity-provider/google"] && run.exit_code == ExitCode::Configuration,
        );
        stage.expect("the role is back all the same", server.get(&at("/roles/auditor")).await.is_ok());
        server.delete(&at("/identity-provider/instances/google"), None).await?;
        stage.apply(&[]).await;
        expect_nothing_left(stage, &[]).await;
        Ok(())
    })
}

/// What the server writes in a form of its own, or leaves out while it is off, differs once and not for ever.
async fn own_forms(stage: &mut Stage) {
    let forms = [
        "--set=keycloak.realm.sslRequired=EXTERNAL",
        "--set=keycloak.realm.passwordPolicy=length(1) and notUsername() and length(2)",
        "--set=keycloak.client.authorizationServicesEnabled=false",
    ];
    stage.apply(&forms).await;
    expect_nothing_left(stage, &forms).await;
    stage.apply(&[]).await;
}

/// A feature that the server was started without, and a client that nobody may change: each is told, and lasts.
async fn not_kept(stage: &mut Stage, server: &Server) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let run = stage.try_apply(&["--set=keycloak.realm.verifiableCredentialsEnabled=true"]).await;
    let told = failures(&run);
    let kept = server.get(&format!("/admin/realms/{REALM}")).await?["verifiableCredentialsEnabled"].clone();
    let named = told.contains("`verifiableCredentialsEnabled` is false where true is declared");
    let is_told = if kept.is_null() { failed(&run) == ["realm/otomi"] } else { named && is_final(&run) };
    stage.expect(&format!("what is not kept is named, unless the version does not know it: {kept}, {told}"), is_told);

    let clients = server.get(&format!("/admin/realms/{REALM}/clients?clientId=realm-management")).await?;
    let may_manage = clients[0]["access"]["manage"] == true;
    let management = "--set=keycloak.clients=[{clientId: realm-management, description: ours}]";
    let run = stage.try_apply(&[management]).await;
    let told = failures(&run);
    let named = told.contains("keycloak lets nobody change client `realm-management`");
    let is_told = if may_manage { run.exit_code == ExitCode::Converged } else { named && is_final(&run) };
    stage.expect(
        &format!("realm-management is changed, or what nobody may change is told: {may_manage}, {told}"),
        is_told,
    );
    stage.apply(&[]).await;
    Ok(())
}

fn is_final(finished: &Finished) -> bool {
    finished.exit_code == ExitCode::Configuration
}

/// Why changes failed.
fn failures(finished: &Finished) -> String {
    let failures = finished.report.changes.iter().filter_map(|report| report.failure.as_ref());
    failures.map(|failure| failure.message.as_str()).collect::<Vec<_>>().join("; ")
}

/// The objects whose changes failed.
fn failed(finished: &Finished) -> Vec<String> {
    let failed = finished.report.changes.iter().filter(|report| report.status == Status::Failed);
    failed.map(|report| report.change.object.to_string()).collect()
}

async fn expect_nothing_left(stage: &mut Stage, more: &[&str]) {
    let last = stage.apply(more).await;
    stage.expect("nothing is left", last.report.changes.is_empty() && last.report.requests.writes == 0);
}

fn expect_unjudged(stage: &mut Stage, finished: &Finished) {
    let code = finished.report.exit_code;
    stage.expect(&format!("it ends as not authorised: {code}"), finished.exit_code == ExitCode::NotAuthorised);
}

fn names(finished: &Finished, right: &str) -> bool {
    finished.failures.iter().any(|failure| failure.message.contains(right))
}

/// Makes a service account with these rights in the realm; returns the options of a run as this account.
async fn account(
    server: &Server,
    name: &str,
    rights: &[&str],
) -> Result<Vec<String>, Box<dyn std::error::Error + Send + Sync>> {
    let realm = format!("/admin/realms/{REALM}");
    let client = json!({
        "clientId": name, "secret": LIMITED_SECRET, "serviceAccountsEnabled": true, "standardFlowEnabled": false,
    });
    server.post(&format!("{realm}/clients"), &client).await?;
    let id = |found: Value| found[0]["id"].as_str().map(str::to_owned).ok_or("the client is not there");
    let client = id(server.get(&format!("{realm}/clients?clientId={name}")).await?)?;
    let management = id(server.get(&format!("{realm}/clients?clientId=realm-management")).await?)?;
    let user = server.get(&format!("{realm}/clients/{client}/service-account-user")).await?;
    let user = user["id"].as_str().ok_or("there is no service account")?;
    // The realm's default groups and roles give rights too.
    for group in server.get(&format!("{realm}/users/{user}/groups")).await?.as_array().into_iter().flatten() {
        let group = group["id"].as_str().ok_or("a group has no id")?;
        server.delete(&format!("{realm}/users/{user}/groups/{group}"), None).await?;
    }
    let defaults = server.get(&format!("{realm}/users/{user}/role-mappings/realm")).await?;
    server.delete(&format!("{realm}/users/{user}/role-mappings/realm"), Some(&defaults)).await?;
    let roles = server.get(&format!("{realm}/clients/{management}/roles")).await?;
    let wanted = |role: &&Value| role["name"].as_str().is_some_and(|role| rights.contains(&role));
    let given: Vec<&Value> = roles.as_array().into_iter().flatten().filter(wanted).collect();
    server.post(&format!("{realm}/users/{user}/role-mappings/clients/{management}"), &json!(given)).await?;
    let login = format!(
        "--set=keycloak.admin={{realm: {REALM}, username: null, password: null, clientId: {name}, \
         clientSecret: {{fromEnv: LIMITED_SECRET}}}}"
    );
    Ok(vec![login, "--set=keycloak.loginTheme=null".to_owned()])
}

fn as_strs(options: &[String]) -> Vec<&str> {
    options.iter().map(String::as_str).collect()
}

fn holds(list: &Value, names: &[&str]) -> bool {
    list.as_array().into_iter().flatten().any(|element| names.iter().any(|name| element["name"] == *name))
}

async fn expect_no_twins(stage: &mut Stage, server: &Server) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let twins = twins(server).await?;
    stage.expect("no mapper is there twice", twins == 0);
    Ok(())
}

/// How many mappers have the name of another one of the same client scope.
async fn twins(server: &Server) -> Result<usize, Box<dyn std::error::Error + Send + Sync>> {
    let scopes = server.get(&format!("/admin/realms/{REALM}/client-scopes")).await?;
    let twins_in = |scope: &Value| {
        let mut names: Vec<&str> = scope["protocolMappers"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|mapper| mapper["name"].as_str())
            .collect();
        let all = names.len();
        names.sort_unstable();
        names.dedup();
        all - names.len()
    };
    Ok(scopes.as_array().into_iter().flatten().map(twins_in).sum())
}
