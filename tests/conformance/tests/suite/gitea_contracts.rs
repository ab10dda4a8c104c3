//! The sandbox Gitea answers what a real Forgejo 7.0.8 and a real Gitea 1.22 were recorded to answer.

use evenkeel_conformance::contracts;
use evenkeel_conformance::replay::{Contract, Replay, Replayer};
use evenkeel_sandbox::{Gitea, GiteaOptions, GiteaVersion};

type Failure = Box<dyn std::error::Error>;

const PASSWORD: &str = "correct horse battery staple";
const TOKEN: &str = "3f786850e387550fdab836ed7e6dc881de23001b";

/// The contract of that name, and the server that it was recorded from.
fn found(name: &str) -> Result<(Contract, GiteaVersion), Failure> {
    let (all, version) = match name.ends_with(".gitea-1.22") {
        true => (contracts::gitea_1_22()?, GiteaVersion::Gitea122),
        false => (contracts::gitea()?, GiteaVersion::Forgejo7),
    };
    let contract = contracts::named(&all, name).ok_or("no such contract")?;
    Ok((contract.clone(), version))
}

/// Replays a contract on a sandbox of its own.
async fn replay(name: &str) -> Result<Replay, Failure> {
    let (contract, version) = found(name)?;
    let server = Gitea::start(&GiteaOptions::new(PASSWORD).with_token(TOKEN).with_version(version))?;
    let replayer = Replayer::new(server.url())?
        .given("admin_password", PASSWORD.into())
        .given("token", TOKEN.into())
        .may_leave_out(contracts::left_out_by_the_sandbox()?);
    Ok(replayer.replay(&contract).await?)
}

/// Fails with the list of disagreements, and where a key that may be left out was there: the permission is then stale.
async fn agrees(name: &str) -> Result<(), Failure> {
    let replay = replay(name).await?;
    let permitted = contracts::left_out_by_the_sandbox()?.remove(&replay.file).unwrap_or_default();
    let stale: Vec<_> = permitted.into_iter().filter(|key| !replay.left_out.contains_key(key)).collect();
    if !replay.disagreements.is_empty() {
        return Err(replay.to_string().into());
    }
    if !stale.is_empty() {
        return Err(format!("{}: left-out.json names keys that are there: {}", replay.file, stale.join(", ")).into());
    }
    Ok(())
}

/// Shows a failure as the list that it is; the form that a returned error takes would be one long line.
macro_rules! contracts_agree {
    ($($test:ident: $name:literal),+ $(,)?) => {
        $(#[tokio::test]
        async fn $test() {
            if let Err(failure) = agrees($name).await {
                panic!("{failure}");
            }
        })+
    };
}

contracts_agree! {
    auth_agrees: "auth",
    auth_of_gitea_1_22_agrees: "auth.gitea-1.22",
    branch_protections_and_deploy_keys_agree: "branch-protections-and-deploy-keys",
    hooks_agree: "hooks",
    hooks_of_gitea_1_22_agree: "hooks.gitea-1.22",
    oauth2_applications_agree: "oauth2-applications",
    oauth2_applications_of_gitea_1_22_agree: "oauth2-applications.gitea-1.22",
    organisation_labels_secrets_and_variables_agree: "org-labels-secrets-variables",
    organisations_agree: "organisations",
    organisations_of_gitea_1_22_agree: "organisations.gitea-1.22",
    paging_agrees: "paging",
    paging_of_gitea_1_22_agrees: "paging.gitea-1.22",
    repositories_agree: "repositories",
    settings_agree: "settings-api",
    teams_agree: "teams",
    users_agree: "users",
    users_of_gitea_1_22_agree: "users.gitea-1.22",
}
