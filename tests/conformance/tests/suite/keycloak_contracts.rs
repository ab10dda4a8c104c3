//! The sandbox Keycloak answers what a real Keycloak 26.7.3 was recorded to answer.

use std::sync::Arc;

use evenkeel_conformance::contracts;
use evenkeel_conformance::replay::{Contract, Replay, Replayer, Waiting};
use evenkeel_sandbox::{Keycloak, ManualClock, Options, Paths};

type Failure = Box<dyn std::error::Error>;

const PASSWORD: &str = "correct horse battery staple";

/// Replays a contract on a sandbox of its own, whose clock moves on where the contract waits.
async fn replay(name: &str) -> Result<Replay, Failure> {
    replay_of(&contracts::keycloak()?, name, Options::new("admin", PASSWORD)).await
}

async fn replay_of(all: &[Contract], name: &str, options: Options) -> Result<Replay, Failure> {
    let contract = contracts::named(all, name).ok_or("no such contract")?;
    let clock = Arc::new(ManualClock::new());
    let server = Keycloak::start(&options.with_clock(Arc::clone(&clock) as _))?;
    let replayer = Replayer::new(server.url())?
        .given("admin_user", "admin".into())
        .given("admin_password", PASSWORD.into())
        .waiting(Waiting::Advance(Box::new(move |time| clock.advance(time))))
        .may_leave_out(contracts::left_out_by_the_sandbox()?);
    Ok(replayer.replay(contract).await?)
}

/// The keys that were left out. Fails with the list of disagreements, and where a key that may be left out was there: the
/// permission is then stale.
async fn agrees(name: &str) -> Result<Vec<String>, Failure> {
    let replay = replay(name).await?;
    let permitted = contracts::left_out_by_the_sandbox()?.remove(&replay.file).unwrap_or_default();
    let stale: Vec<_> = permitted.into_iter().filter(|key| !replay.left_out.contains_key(key)).collect();
    if !replay.disagreements.is_empty() {
        return Err(replay.to_string().into());
    }
    if !stale.is_empty() {
        return Err(format!("{}: left-out.json names keys that are there: {}", replay.file, stale.join(", ")).into());
    }
    Ok(replay.left_out.into_keys().collect())
}

/// Shows a failure as the list that it is; the form that a returned error takes would be one long line.
macro_rules! contracts_agree {
    ($($test:ident: $name:literal),+ $(,)?) => {
        $(#[tokio::test]
        async fn $test() {
            match agrees($name).await {
                Ok(left_out) if left_out.is_empty() => {}
                Ok(left_out) => println!("{}: left out: {}", $name, left_out.join(", ")),
                Err(failure) => panic!("{failure}"),
            }
        })+
    };
}

contracts_agree! {
    tokens_agree: "tokens",
    realm_lifecycle_agrees: "realm-lifecycle",
    client_scopes_and_mappers_agree: "client-scopes-and-mappers",
    realm_roles_agree: "realm-roles",
    groups_agree: "groups",
    clients_agree: "clients",
    users_agree: "users",
    error_shapes_agree: "error-shapes",
    large_lists_agree: "large-lists",
    identity_providers_agree: "identity-providers",
    names_in_paths_agree: "names-in-paths",
}

/// Of 26.0 the sandbox plays how paths are read.
#[tokio::test]
async fn names_in_paths_agree_with_26_0_where_paths_are_resolved() -> Result<(), Failure> {
    let options = Options::new("admin", PASSWORD).reading_paths(Paths::Resolved);
    let replay = replay_of(&contracts::keycloak_26_0()?, "names-in-paths.26.0", options).await?;
    if replay.disagreements.is_empty() { Ok(()) } else { Err(replay.to_string().into()) }
}
