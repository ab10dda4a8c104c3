//! Projects and what belongs to them.

use evenkeel_harbor_client::{
    HarborError,
    types::{ProjectMember, ProjectReq, QuotaUpdateReq, RetentionPolicy, RoleRequest, UserEntity, UserGroup},
};
use evenkeel_transport::{Kind, ResultExt};

use super::missing;
use crate::{
    Error, Harbor,
    answers::created,
    desired::{DesiredRetention, Member},
    directory::Named,
    error::WithContext,
    names::GROUP_TYPE_OIDC,
    plan::retention_policy,
};

impl Harbor {
    pub(super) async fn create_project(&self, request: &ProjectReq, registry: Option<&str>) -> Result<(), Error> {
        let name = request.project_name.clone().unwrap_or_default();
        let registry_id = match registry {
            Some(registry) => Some(self.registry_id(registry)?),
            None => None,
        };
        let body = ProjectReq { registry_id, ..request.clone() };
        let answer = created(self.client().project_create().body(body).send().await);
        let id = answer.context("create", "project", &name)?;
        if let Some(id) = id {
            self.directory.insert(Named::Project(name), id);
        }
        Ok(())
    }

    pub(super) async fn update_project(&self, name: &str, request: &ProjectReq) -> Result<(), Error> {
        let answer = self
            .administrator()
            .project_update()
            .project_name_or_id(name)
            .x_is_resource_name(true)
            .body(request.clone())
            .send()
            .await
            .api();
        answer.context("update", "project", name)
    }

    pub(super) async fn update_quota(&self, project: &str, id: i64, storage: i64) -> Result<(), Error> {
        let body = QuotaUpdateReq { hard: Some([("storage".to_owned(), storage)].into_iter().collect()) };
        let answer = self.client().quota_update().id(id).body(body).send().await.api();
        answer.context("update", "quota of project", project)
    }

    /// The policy is read again: rules of other people go back as they are.
    pub(super) async fn set_retention(
        &self,
        project: &str,
        id: Option<i64>,
        wanted: &DesiredRetention,
    ) -> Result<(), Error> {
        let number = self.project_id(project).await?;
        let Some(id) = id else {
            let policy = retention_policy(wanted, number, None);
            return self.create_retention(project, policy).await;
        };
        let answer = self.client().retention_get().id(id).send().await.api();
        let there = answer.context("read", "retention policy of project", project)?;
        let policy = retention_policy(wanted, number, Some(there));
        let answer = self.client().retention_update().id(id).body(policy).send().await.api();
        answer.context("update", "retention policy of project", project)
    }

    /// A second policy is refused as a bad request, not as a conflict (server-behaviour 6): when one has appeared meanwhile,
    /// the project knows its number.
    async fn create_retention(&self, project: &str, policy: RetentionPolicy) -> Result<(), Error> {
        let answer = self.client().retention_create().body(policy).send().await.api();
        match answer.map_err(HarborError::from) {
            Err(HarborError::Invalid(error)) if error.message().contains("already has retention policy") => {
                Err(error.as_kind(Kind::Conflict)).context("create", "retention policy of project", project)
            }
            result => result.context("create", "retention policy of project", project),
        }
    }

    pub(super) async fn add_member(&self, project: &str, member: &Member, role_id: i64) -> Result<(), Error> {
        let (member_group, member_user, name) = match member {
            Member::Group(name) => {
                let group = UserGroup {
                    group_name: Some(name.clone()),
                    group_type: Some(GROUP_TYPE_OIDC),
                    ..UserGroup::default()
                };
                (Some(group), None, name)
            }
            Member::User(name) => {
                (None, Some(UserEntity { username: Some(name.clone()), ..UserEntity::default() }), name)
            }
        };
        let body = ProjectMember { role_id: Some(role_id), member_group, member_user };
        let answer = self
            .client()
            .member_create()
            .project_name_or_id(project)
            .x_is_resource_name(true)
            .body(body)
            .send()
            .await
            .api();
        match answer.map_err(HarborError::from) {
            // A missing project is a 404 too, and names itself.
            Err(HarborError::NotFound(error))
                if matches!(member, Member::User(_)) && !error.message().starts_with("project ") =>
            {
                Err(Error::NoUser { user: name.clone(), project: project.to_owned() })
            }
            result => result.context("create", "member", &format!("{project}/{name}")),
        }
    }

    pub(super) async fn update_member(&self, project: &str, name: &str, id: i64, role_id: i64) -> Result<(), Error> {
        let answer = self
            .client()
            .member_update()
            .project_name_or_id(project)
            .x_is_resource_name(true)
            .mid(id)
            .body(RoleRequest { role_id: Some(role_id) })
            .send()
            .await
            .api();
        answer.context("update", "member", name)
    }

    pub(super) async fn remove_member(&self, project: &str, name: &str, id: i64) -> Result<(), Error> {
        let answer = self
            .client()
            .member_delete()
            .project_name_or_id(project)
            .x_is_resource_name(true)
            .mid(id)
            .send()
            .await
            .api();
        answer.context("delete", "member", name)
    }

    /// A project's number: known since it was seen or made in this round, or asked for.
    pub(crate) async fn project_id(&self, name: &str) -> Result<i64, Error> {
        if let Some(id) = self.directory.get(&Named::Project(name.to_owned())) {
            return Ok(id);
        }
        let answer = self.client().project_get().project_name_or_id(name).x_is_resource_name(true).send().await.api();
        let project = answer.context("read", "project", name)?;
        let id = project.project_id.map(i64::from).ok_or_else(|| missing("project", name))?;
        self.directory.insert(Named::Project(name.to_owned()), id);
        Ok(id)
    }
}
