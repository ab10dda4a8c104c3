//! Lists, read whole.
//!
//! Each page is asked for by its number and the most rows that the server gives, because some lists come whole, and with a wrong Link, when no page
//! is asked for; webhooks and OAuth2 applications have no Link at all (server-behaviour 3.5). A list ends with a page that has room left, once as many
//! rows are there as `X-Total-Count` promises; where the total promises more, or there is none, it ends with an empty page: the total counts
//! also what the caller may not see, and rows can be taken out of a page that was cut before.
//!
//! Branch and tag protections come in one answer and are not here.

use evenkeel_transport::{
    ApiError, ListGuard, ResultExt,
    progenitor_client::{Error, ResponseValue},
};
use serde::{Serialize, de::DeserializeOwned};

use crate::{
    Connection,
    types::{
        AccessToken, ActionVariable, DeployKey, Failure, Hook, Label, OAuth2Application, Organization, PublicKey,
        Repository, Secret, Team, TopicName, User,
    },
};

/// How many rows the server says that there are.
const TOTAL: &str = "x-total-count";

/// One page as it came, and the total beside it.
type Answer<T> = Result<ResponseValue<T>, Error<Failure>>;

/// Fetches pages, counted from 1, until the list has ended; `rows` takes them out of an answer.
async fn all<A, T, F, Fut>(connection: &Connection, fetch: F, rows: fn(A) -> Vec<T>) -> Result<Vec<T>, ApiError>
where
    A: DeserializeOwned,
    T: Serialize,
    F: Fn(i64) -> Fut,
    Fut: Future<Output = Answer<A>>,
{
    let mut list = Vec::new();
    let mut guard = ListGuard::keeping::<T>();
    for page in 1.. {
        let answer = fetch(page).await;
        let total = answer.as_ref().ok().and_then(total);
        let more = rows(answer.api()?);
        if more.is_empty() {
            break;
        }
        guard.page(&more)?;
        // One that is longer than asked is the whole list of a server that does not page it.
        let is_full = i64::try_from(more.len()) == Ok(connection.page());
        list.extend(more);
        if !is_full && total.is_some_and(|total| list.len() >= total) {
            break;
        }
    }
    Ok(list)
}

fn total<T>(answer: &ResponseValue<T>) -> Option<usize> {
    answer.headers().get(TOTAL)?.to_str().ok()?.parse().ok()
}

/// A function for each list: its operation, and by what it is asked for.
macro_rules! lists {
    ($($(#[$meta:meta])* $name:ident($($argument:ident: $kind:ty),*) -> $row:ty, $operation:ident;)+) => {
        $($(#[$meta])*
        ///
        /// # Errors
        /// As each call; also when the server does not keep to the pages, or the list has no end in sight.
        pub async fn $name(connection: &Connection $(, $argument: $kind)*) -> Result<Vec<$row>, ApiError> {
            let fetch = |page| {
                let list = connection.client().$operation()$(.$argument($argument))*;
                list.page(page).limit(connection.page()).send()
            };
            all(connection, fetch, |rows: Vec<$row>| rows).await
        })+
    };
}

lists! {
    /// All organisations of the server, private ones too.
    organizations() -> Organization, org_list;
    /// The members of an organisation.
    organization_members(org: &str) -> User, org_member_list;
    /// The teams of an organisation, without the organisation in each.
    teams(org: &str) -> Team, team_list;
    /// The members of a team.
    team_members(id: i64) -> User, team_member_list;
    /// The repositories of a team.
    team_repositories(id: i64) -> Repository, team_repo_list;
    /// The repositories of an organisation.
    organization_repositories(org: &str) -> Repository, org_repo_list;
    /// The repositories of a user.
    user_repositories(username: &str) -> Repository, user_repo_list;
    /// The webhooks of a repository. Never with a secret.
    repository_hooks(owner: &str, repo: &str) -> Hook, repo_hook_list;
    /// The webhooks of an organisation. Never with a secret.
    organization_hooks(org: &str) -> Hook, org_hook_list;
    /// The deploy keys of a repository.
    deploy_keys(owner: &str, repo: &str) -> DeployKey, deploy_key_list;
    /// The labels of a repository, without those of its organisation.
    repository_labels(owner: &str, repo: &str) -> Label, repo_label_list;
    /// The labels of an organisation.
    organization_labels(org: &str) -> Label, org_label_list;
    /// The names of a repository's Actions secrets. Older servers do not have the list.
    repository_secrets(owner: &str, repo: &str) -> Secret, repo_secret_list;
    /// The names of an organisation's Actions secrets.
    organization_secrets(org: &str) -> Secret, org_secret_list;
    /// The Actions variables of a repository. Older servers do not have the list.
    repository_variables(owner: &str, repo: &str) -> ActionVariable, repo_variable_list;
    /// The Actions variables of an organisation. Older servers do not have the list.
    organization_variables(org: &str) -> ActionVariable, org_variable_list;
    /// All users of the server.
    users() -> User, user_list;
    /// The access keys of a user.
    user_keys(username: &str) -> PublicKey, user_key_list;
    /// The access tokens of a user, without their values. Wants a login by password.
    access_tokens(username: &str) -> AccessToken, token_list;
    /// The OAuth2 applications of whoever is logged in. Never with a secret.
    oauth2_applications() -> OAuth2Application, oauth2_application_list;
}

/// The topics of a repository.
///
/// # Errors
/// As each list.
pub async fn topics(connection: &Connection, owner: &str, repo: &str) -> Result<Vec<String>, ApiError> {
    let fetch = |page| {
        let list = connection.client().topic_list().owner(owner).repo(repo);
        list.page(page).limit(connection.page()).send()
    };
    all(connection, fetch, |answer: TopicName| answer.topics.unwrap_or_default()).await
}
