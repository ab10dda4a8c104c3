//! The contract files, and the keys that the sandbox may leave out of its answers.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::replay::{Contract, ContractError, LeftOut};

macro_rules! contracts {
    ($($file:literal),+ $(,)?) => {
        &[$(($file, include_str!(concat!("../../contracts/", $file)))),+]
    };
}

/// Each file's name below `tests/contracts`, and its text.
const KEYCLOAK: &[(&str, &str)] = contracts![
    "keycloak/client-scopes-and-mappers.json",
    "keycloak/clients.json",
    "keycloak/error-shapes.json",
    "keycloak/flows-and-components.json",
    "keycloak/groups.json",
    "keycloak/identity-providers.json",
    "keycloak/large-lists.json",
    "keycloak/limited-admin.json",
    "keycloak/names-in-paths.json",
    "keycloak/partial-import.json",
    "keycloak/realm-lifecycle.json",
    "keycloak/realm-roles.json",
    "keycloak/tokens.json",
    "keycloak/users.json",
];

/// What Keycloak 26.0.7 was recorded to answer where that is not what 26.7.3 answers.
const KEYCLOAK_26_0: &[(&str, &str)] = contracts![
    "keycloak/client-scopes-and-mappers.26.0.json",
    "keycloak/clients.26.0.json",
    "keycloak/flows-and-components.26.0.json",
    "keycloak/identity-providers.26.0.json",
    "keycloak/limited-admin.26.0.json",
    "keycloak/names-in-paths.26.0.json",
    "keycloak/partial-import.26.0.json",
    "keycloak/realm-lifecycle.26.0.json",
    "keycloak/realm-roles.26.0.json",
    "keycloak/tokens.26.0.json",
];

/// What Forgejo 7.0.8 was recorded to answer.
const GITEA: &[(&str, &str)] = contracts![
    "gitea/auth.json",
    "gitea/branch-protections-and-deploy-keys.json",
    "gitea/hooks.json",
    "gitea/oauth2-applications.json",
    "gitea/org-labels-secrets-variables.json",
    "gitea/organisations.json",
    "gitea/paging.json",
    "gitea/repositories.json",
    "gitea/settings-api.json",
    "gitea/teams.json",
    "gitea/users.json",
];

/// What Gitea 1.22 was recorded to answer where that is not what Forgejo 7.0.8 answers.
const GITEA_1_22: &[(&str, &str)] = contracts![
    "gitea/auth.gitea-1.22.json",
    "gitea/hooks.gitea-1.22.json",
    "gitea/oauth2-applications.gitea-1.22.json",
    "gitea/organisations.gitea-1.22.json",
    "gitea/paging.gitea-1.22.json",
    "gitea/users.gitea-1.22.json",
];

const HARBOR: &[(&str, &str)] = contracts![
    "harbor/audit-log.json",
    "harbor/auth.json",
    "harbor/configurations-fixed.json",
    "harbor/configurations.json",
    "harbor/health-outage.json",
    "harbor/immutable-rules.json",
    "harbor/info.json",
    "harbor/labels.json",
    "harbor/long-names.json",
    "harbor/members-at-once.json",
    "harbor/members.json",
    "harbor/outages.json",
    "harbor/paging.json",
    "harbor/permissions.json",
    "harbor/project-delete.json",
    "harbor/projects.json",
    "harbor/purge-schedule.json",
    "harbor/quotas.json",
    "harbor/read-only.json",
    "harbor/registries.json",
    "harbor/replications.json",
    "harbor/repositories.json",
    "harbor/retention-rules.json",
    "harbor/retentions.json",
    "harbor/robot-prefix.json",
    "harbor/robots-change.json",
    "harbor/robots-project.json",
    "harbor/robots-system.json",
    "harbor/robots-verify.json",
    "harbor/schedules.json",
    "harbor/statistics.json",
    "harbor/systeminfo-fixed.json",
    "harbor/usergroups.json",
    "harbor/webhook-addresses.json",
    "harbor/webhooks.json",
];

const KUBERNETES: &[(&str, &str)] = contracts![
    "kubernetes/access.json",
    "kubernetes/configmaps.json",
    "kubernetes/cronjobs.json",
    "kubernetes/deployments.json",
    "kubernetes/discovery.json",
    "kubernetes/empty-lists.json",
    "kubernetes/errors.json",
    "kubernetes/events.json",
    "kubernetes/exec.json",
    "kubernetes/jobs-policies.json",
    "kubernetes/jobs.json",
    "kubernetes/leases.json",
    "kubernetes/limits-and-locks.json",
    "kubernetes/metadata-only.json",
    "kubernetes/namespace-accounts.json",
    "kubernetes/namespaces.json",
    "kubernetes/overload.json",
    "kubernetes/roles.json",
    "kubernetes/secrets-apply.json",
    "kubernetes/secrets-list.json",
    "kubernetes/secrets-patch.json",
    "kubernetes/secrets.json",
    "kubernetes/serviceaccounts.json",
];

const LEFT_OUT: &str = include_str!("../../contracts/left-out.json");

/// All contracts with Keycloak 26.7.3, in the order of their names.
///
/// # Errors
/// A file that cannot be read, by name.
pub fn keycloak() -> Result<Vec<Contract>, ContractError> {
    KEYCLOAK.iter().map(|(file, text)| Contract::parse(file, text)).collect()
}

/// All contracts with Forgejo 7.0.8, in the order of their names.
///
/// # Errors
/// A file that cannot be read, by name.
pub fn gitea() -> Result<Vec<Contract>, ContractError> {
    GITEA.iter().map(|(file, text)| Contract::parse(file, text)).collect()
}

/// The contracts with Gitea 1.22: its own, and those of Forgejo 7.0.8 in which nothing differs are not repeated.
///
/// # Errors
/// A file that cannot be read, by name.
pub fn gitea_1_22() -> Result<Vec<Contract>, ContractError> {
    GITEA_1_22.iter().map(|(file, text)| Contract::parse(file, text)).collect()
}

/// All contracts with Harbor 2.15.2, in the order of their names.
///
/// # Errors
/// A file that cannot be read, by name.
pub fn harbor() -> Result<Vec<Contract>, ContractError> {
    HARBOR.iter().map(|(file, text)| Contract::parse(file, text)).collect()
}

/// The contracts with Keycloak 26.0.7: its own, and those of 26.7.3 in which nothing differs are not repeated.
///
/// # Errors
/// A file that cannot be read, by name.
pub fn keycloak_26_0() -> Result<Vec<Contract>, ContractError> {
    KEYCLOAK_26_0.iter().map(|(file, text)| Contract::parse(file, text)).collect()
}

/// All contracts with Kubernetes 1.36.2, in the order of their names.
///
/// # Errors
/// A file that cannot be read, by name.
pub fn kubernetes() -> Result<Vec<Contract>, ContractError> {
    KUBERNETES.iter().map(|(file, text)| Contract::parse(file, text)).collect()
}

/// The contract of that name: `keycloak/tokens.json`, `tokens.json` or `tokens`.
#[must_use]
pub fn named<'a>(contracts: &'a [Contract], name: &str) -> Option<&'a Contract> {
    contracts.iter().find(|contract| {
        let file = contract.file.as_str();
        let short = file.rsplit('/').next().unwrap_or(file);
        [file, short, short.trim_end_matches(".json")].contains(&name)
    })
}

/// A key that the sandbox may leave out, with the reason why nothing of ours misses it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct LeftOutKey {
    key: String,
    #[serde(rename = "reason")]
    _reason: String,
}

/// The keys that answers of the sandbox may lack, by contract file, from `tests/contracts/left-out.json`. Real servers
/// may leave out nothing.
///
/// # Errors
/// The file is not of its form; each key must have a reason.
pub fn left_out_by_the_sandbox() -> Result<LeftOut, serde_json::Error> {
    let files: BTreeMap<String, Vec<LeftOutKey>> = serde_json::from_str(LEFT_OUT)?;
    Ok(files.into_iter().map(|(file, keys)| (file, keys.into_iter().map(|left_out| left_out.key).collect())).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_contract_file_is_listed_and_can_be_read() {
        let of_keycloak = keycloak().and_then(|all| Ok([all, keycloak_26_0()?].concat()));
        let of_gitea = gitea().and_then(|all| Ok([all, gitea_1_22()?].concat()));
        for (application, read) in
            [("keycloak", of_keycloak), ("gitea", of_gitea), ("harbor", harbor()), ("kubernetes", kubernetes())]
        {
            let folder = format!("{}/../contracts/{application}", env!("CARGO_MANIFEST_DIR"));
            let files: BTreeSet<String> = std::fs::read_dir(folder)
                .expect("the folder of contracts")
                .map(|entry| entry.expect("an entry").file_name().into_string().expect("UTF-8"))
                .map(|file| format!("{application}/{file}"))
                .collect();
            let read = read.expect("contracts");
            assert_eq!(read.into_iter().map(|contract| contract.file).collect::<BTreeSet<_>>(), files);
        }
    }

    #[test]
    fn every_file_with_keys_left_out_is_a_contract() {
        let all = [keycloak(), gitea(), gitea_1_22(), harbor(), kubernetes()];
        let contracts: Vec<Contract> = all.into_iter().flat_map(|contracts| contracts.expect("contracts")).collect();
        for file in left_out_by_the_sandbox().expect("left-out.json").keys() {
            assert!(named(&contracts, file).is_some(), "there is no contract `{file}`");
        }
    }

    #[test]
    fn a_contract_goes_by_three_names() {
        let contracts = keycloak().expect("contracts");
        for name in ["keycloak/tokens.json", "tokens.json", "tokens"] {
            let found = named(&contracts, name).expect(name);
            assert_eq!(found.file, "keycloak/tokens.json");
        }
        assert!(named(&contracts, "token").is_none());
    }
}
