//! Projects, and what is read of each by itself.

use std::collections::{BTreeMap, BTreeSet};

use evenkeel_harbor_client::{
    Client, HarborError, paging,
    types::{ImmutableRule, Label, Project, ProjectMemberEntity, RetentionPolicy, WebhookPolicy},
};
use evenkeel_transport::{ApiError, ResultExt};
use futures::{StreamExt, TryStreamExt, stream, try_join};
use std::sync::Arc;

use super::{AT_ONCE, Quota};
use crate::{Error, Harbor, directory::Named, error::Doing, rights::Right};

/// How often the two lists are compared before one of them is taken for cut short.
const LOOKS: usize = 2;

impl Harbor {
    /// Projects with their quotas. A login that is refused in that moment gets the public projects and no error
    /// (server-behaviour 1.1), but no quota: a project that has a quota and is not in the list shows it.
    pub(super) async fn read_projects(&self) -> Result<(BTreeMap<String, Project>, BTreeMap<String, Quota>), Error> {
        let mut missing = String::new();
        for _ in 0..LOOKS {
            let (projects, quotas) = try_join!(self.list_projects(), self.list_quotas())?;
            match quotas.keys().find(|name| !projects.contains_key(*name)) {
                None => return Ok((projects, quotas)),
                Some(name) => missing.clone_from(name),
            }
        }
        Err(Error::CutShort { project: missing })
    }

    async fn list_projects(&self) -> Result<BTreeMap<String, Project>, Error> {
        let list = self
            .access
            .call(Right::in_system("project", "list"), |client| async move { paging::projects(&client).await })
            .await;
        let mut named = BTreeMap::new();
        for project in list.doing("list", "projects of", "harbor")? {
            if let (Some(name), Some(id)) = (project.name.clone(), project.project_id) {
                self.directory.insert(Named::Project(name.clone()), id.into());
                named.insert(name, project);
            }
        }
        Ok(named)
    }

    async fn list_quotas(&self) -> Result<BTreeMap<String, Quota>, Error> {
        let list = self
            .access
            .call(Right::in_system("quota", "list"), |client| async move { paging::quotas(&client).await })
            .await;
        let quota = |quota: evenkeel_harbor_client::types::Quota| {
            let name = quota.ref_?.get("name")?.as_str()?.to_owned();
            let storage = quota.hard?.get("storage").copied().unwrap_or(-1);
            Some((name, Quota { id: quota.id?, storage }))
        };
        Ok(list.doing("list", "quotas of", "harbor")?.into_iter().filter_map(quota).collect())
    }

    pub(super) async fn read_members(
        &self,
        wanted: &BTreeSet<String>,
        projects: &BTreeMap<String, Project>,
    ) -> Result<BTreeMap<String, Vec<ProjectMemberEntity>>, Error> {
        self.of_each(
            wanted,
            projects,
            (Right::in_projects("member", "list"), "members of project"),
            |client, name| async move { paging::members(&client, &name).await },
        )
        .await
    }

    /// The number of a project's policy is a text in its metadata (server-behaviour 6).
    pub(super) async fn read_retentions(
        &self,
        wanted: &BTreeSet<String>,
        projects: &BTreeMap<String, Project>,
    ) -> Result<BTreeMap<String, RetentionPolicy>, Error> {
        let numbered = wanted.iter().filter_map(|name| Some((name.clone(), retention_id(projects.get(name)?)?)));
        let mut reads = Vec::new();
        for (name, id) in numbered {
            reads.push(self.read_retention(name, id));
        }
        let read: Vec<(String, Option<RetentionPolicy>)> =
            stream::iter(reads).buffer_unordered(AT_ONCE).try_collect().await?;
        Ok(read.into_iter().filter_map(|(name, policy)| Some((name, policy?))).collect())
    }

    /// A policy that is gone answers 500 (server-behaviour 6), which is no reason to leave all other projects alone.
    async fn read_retention(&self, name: String, id: i64) -> Result<(String, Option<RetentionPolicy>), Error> {
        let read = self
            .access
            .call(Right::in_projects("tag-retention", "read"), |client| async move {
                client.retention_get().id(id).send().await.api()
            })
            .await;
        match read {
            Ok(policy) => Ok((name, Some(policy))),
            Err(HarborError::NotFound(_) | HarborError::Server(_)) => Ok((name, None)),
            Err(error) => Err(error).doing("read", "retention policy of project", &name),
        }
    }

    pub(super) async fn read_immutable_rules(
        &self,
        wanted: &BTreeSet<String>,
        projects: &BTreeMap<String, Project>,
    ) -> Result<BTreeMap<String, Vec<ImmutableRule>>, Error> {
        self.of_each(
            wanted,
            projects,
            (Right::in_projects("immutable-tag", "list"), "immutable tag rules of project"),
            |client, name| async move { paging::immutable_rules(&client, &name).await },
        )
        .await
    }

    pub(super) async fn read_webhooks(
        &self,
        wanted: &BTreeSet<String>,
        projects: &BTreeMap<String, Project>,
    ) -> Result<BTreeMap<String, Vec<WebhookPolicy>>, Error> {
        self.of_each(
            wanted,
            projects,
            (Right::in_projects("notification-policy", "list"), "webhook policies of project"),
            |client, name| async move { paging::webhooks(&client, &name).await },
        )
        .await
    }

    pub(super) async fn read_labels(
        &self,
        wanted: &BTreeSet<String>,
        projects: &BTreeMap<String, Project>,
    ) -> Result<BTreeMap<String, Vec<Label>>, Error> {
        let numbers: BTreeMap<String, i32> =
            projects.iter().filter_map(|(name, project)| Some((name.clone(), project.project_id?))).collect();
        self.of_each(wanted, projects, (Right::in_projects("label", "list"), "labels of project"), |client, name| {
            let number = numbers.get(&name).copied().unwrap_or_default();
            async move { paging::project_labels(&client, number).await }
        })
        .await
    }

    /// One list of each of these projects that is there.
    async fn of_each<T, F, Fut>(
        &self,
        wanted: &BTreeSet<String>,
        projects: &BTreeMap<String, Project>,
        (right, what): (Right, &'static str),
        list: F,
    ) -> Result<BTreeMap<String, Vec<T>>, Error>
    where
        T: Send,
        F: Fn(Arc<Client>, String) -> Fut + Sync,
        Fut: Future<Output = Result<Vec<T>, ApiError>> + Send,
    {
        let list = &list;
        let mut reads = Vec::new();
        for name in wanted.iter().filter(|name| projects.contains_key(*name)) {
            let name = name.clone();
            reads.push(async move {
                let rows =
                    self.access.call(right, |client| list(client, name.clone())).await.doing("list", what, &name)?;
                Ok::<_, Error>((name, rows))
            });
        }
        stream::iter(reads).buffer_unordered(AT_ONCE).try_collect().await
    }
}

/// The number of a project's retention policy.
pub(crate) fn retention_id(project: &Project) -> Option<i64> {
    project.metadata.as_ref()?.retention_id.as_ref()?.parse().ok()
}
