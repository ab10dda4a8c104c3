//! Projects, and what is read of each by itself.

use std::collections::{BTreeMap, BTreeSet};

use super::{AT_ONCE, Quota};
use crate::{Error, Harbor, directory::Named, error::WithContext};
use evenkeel_harbor_client::{
    HarborError, paging,
    types::{Project, ProjectMemberEntity, RetentionPolicy},
};
use evenkeel_transport::ResultExt;
use futures::{StreamExt, TryStreamExt, stream, try_join};

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
        let list = paging::projects(self.client()).await;
        let mut named = BTreeMap::new();
        for project in list.context("list", "projects of", "harbor")? {
            if let (Some(name), Some(id)) = (project.name.clone(), project.project_id) {
                self.directory.insert(Named::Project(name.clone()), id.into());
                named.insert(name, project);
            }
        }
        Ok(named)
    }

    async fn list_quotas(&self) -> Result<BTreeMap<String, Quota>, Error> {
        let list = paging::quotas(self.client()).await;
        let quota = |quota: evenkeel_harbor_client::types::Quota| {
            let name = quota.ref_?.get("name")?.as_str()?.to_owned();
            let storage = quota.hard?.get("storage").copied().unwrap_or(-1);
            Some((name, Quota { id: quota.id?, storage }))
        };
        Ok(list.context("list", "quotas of", "harbor")?.into_iter().filter_map(quota).collect())
    }

    pub(super) async fn read_members(
        &self,
        wanted: &BTreeSet<String>,
        projects: &BTreeMap<String, Project>,
    ) -> Result<BTreeMap<String, Vec<ProjectMemberEntity>>, Error> {
        let mut reads = Vec::new();
        for name in wanted.iter().filter(|name| projects.contains_key(*name)) {
            reads.push(async move {
                let list = paging::members(self.client(), name).await;
                Ok((name.clone(), list.context("list", "members of project", name)?))
            });
        }
        stream::iter(reads).buffer_unordered(AT_ONCE).try_collect().await
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
        let answer = self.client().retention_get().id(id).send().await.api();
        match answer.map_err(HarborError::from) {
            Ok(policy) => Ok((name, Some(policy))),
            Err(HarborError::NotFound(_) | HarborError::Server(_)) => Ok((name, None)),
            Err(error) => Err(error).context("read", "retention policy of project", &name),
        }
    }
}

/// The number of a project's retention policy.
pub(crate) fn retention_id(project: &Project) -> Option<i64> {
    project.metadata.as_ref()?.retention_id.as_ref()?.parse().ok()
}
