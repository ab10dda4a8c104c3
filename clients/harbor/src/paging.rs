//! Lists, read whole.
//!
//! Harbor gives 10 rows unless asked for more, and 422 to whoever asks for more than 100 (server-behaviour 1.4). Each function asks
//! for [`PAGE`] rows at a time until it has as many as `X-Total-Count` promises, so a list of up to 100 costs one request.

use evenkeel_transport::{
    ApiError, Kind, ListGuard, ResultExt,
    progenitor_client::{Error, ResponseValue},
};
use serde::{Serialize, de::DeserializeOwned};

use crate::{
    Client,
    types::{
        Failure, ImmutableRule, Label, Project, ProjectMemberEntity, Quota, Registry, ReplicationPolicy, Robot,
        ScannerRegistration, WebhookPolicy,
    },
};

/// Rows of one page.
pub const PAGE: i64 = 100;

/// How many rows the server says that there are, beside those of the page.
const TOTAL: &str = "x-total-count";

/// Fetches pages, counted from 1, until everything is there. A total that the server only promises is not believed for ever: the list has
/// the end that every list has ([`ListGuard`]).
async fn all<T, F, Fut>(fetch: F) -> Result<Vec<T>, ApiError>
where
    T: DeserializeOwned + Serialize,
    F: Fn(i64) -> Fut,
    Fut: Future<Output = Result<ResponseValue<Vec<T>>, Error<Failure>>>,
{
    let mut rows = Vec::new();
    let mut guard = ListGuard::keeping::<T>();
    let mut page = 1;
    loop {
        let answer = fetch(page).await;
        let total = answer.as_ref().ok().and_then(total);
        let more = answer.api()?;
        let length = i64::try_from(more.len()).unwrap_or(i64::MAX);
        if length > PAGE {
            return Err(ApiError::new(Kind::Unexpected, "the server does not keep to the pages of a list"));
        }
        // A page that is not full is the last one.
        if length == PAGE {
            guard.page(&more)?;
        }
        rows.extend(more);
        let is_whole = total.is_some_and(|total| rows.len() >= total);
        if length < PAGE || is_whole {
            return Ok(rows);
        }
        page += 1;
    }
}

fn total<T>(answer: &ResponseValue<T>) -> Option<usize> {
    answer.headers().get(TOTAL)?.to_str().ok()?.parse().ok()
}

/// All projects that the caller may see, with their metadata.
///
/// To a refused login these are the public ones, without an error (server-behaviour 1.1).
///
/// # Errors
/// As each call; also when the server does not keep to the pages. So for all lists here.
pub async fn projects(client: &Client) -> Result<Vec<Project>, ApiError> {
    all(|page| client.project_list().page(page).page_size(PAGE).send()).await
}

/// All members of a project, but those whose role does not exist.
///
/// # Errors
/// As [`projects`].
pub async fn members(client: &Client, project: &str) -> Result<Vec<ProjectMemberEntity>, ApiError> {
    all(|page| {
        let list = client.member_list().project_name_or_id(project).x_is_resource_name(true);
        list.page(page).page_size(PAGE).send()
    })
    .await
}

/// All robots of the system, in one list: those with rights in one project only are among them.
///
/// # Errors
/// As [`projects`].
pub async fn system_robots(client: &Client) -> Result<Vec<Robot>, ApiError> {
    all(|page| client.robot_list().q("Level=system").page(page).page_size(PAGE).send()).await
}

/// All robots of one project, by the project's number.
///
/// # Errors
/// As [`projects`].
pub async fn project_robots(client: &Client, project_id: i32) -> Result<Vec<Robot>, ApiError> {
    let condition = format!("Level=project,ProjectID={project_id}");
    all(|page| client.robot_list().q(&condition).page(page).page_size(PAGE).send()).await
}

/// The quotas of all projects.
///
/// # Errors
/// As [`projects`].
pub async fn quotas(client: &Client) -> Result<Vec<Quota>, ApiError> {
    all(|page| client.quota_list().reference("project").page(page).page_size(PAGE).send()).await
}

/// All immutable tag rules of a project.
///
/// # Errors
/// As [`projects`].
pub async fn immutable_rules(client: &Client, project: &str) -> Result<Vec<ImmutableRule>, ApiError> {
    all(|page| {
        let list = client.immutable_rule_list().project_name_or_id(project).x_is_resource_name(true);
        list.page(page).page_size(PAGE).send()
    })
    .await
}

/// All webhook policies of a project.
///
/// # Errors
/// As [`projects`].
pub async fn webhooks(client: &Client, project: &str) -> Result<Vec<WebhookPolicy>, ApiError> {
    all(|page| {
        let list = client.webhook_list().project_name_or_id(project).x_is_resource_name(true);
        list.page(page).page_size(PAGE).send()
    })
    .await
}

/// All labels of a project, by the project's number.
///
/// # Errors
/// As [`projects`].
pub async fn project_labels(client: &Client, project_id: i32) -> Result<Vec<Label>, ApiError> {
    let project_id = i64::from(project_id);
    all(|page| client.label_list().scope("p").project_id(project_id).page(page).page_size(PAGE).send()).await
}

/// All registries.
///
/// # Errors
/// As [`projects`].
pub async fn registries(client: &Client) -> Result<Vec<Registry>, ApiError> {
    all(|page| client.registry_list().page(page).page_size(PAGE).send()).await
}

/// All scanners that are registered.
///
/// # Errors
/// As [`projects`].
pub async fn scanners(client: &Client) -> Result<Vec<ScannerRegistration>, ApiError> {
    all(|page| client.scanner_list().page(page).page_size(PAGE).send()).await
}

/// All replication policies.
///
/// # Errors
/// As [`projects`].
pub async fn replications(client: &Client) -> Result<Vec<ReplicationPolicy>, ApiError> {
    all(|page| client.replication_list().page(page).page_size(PAGE).send()).await
}
