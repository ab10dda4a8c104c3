//! Projects and what belongs to them.

use std::sync::Arc;

use evenkeel_harbor_client::{
    Client, HarborError, paging,
    types::{
        ImmutableRule, Label, ProjectMember, ProjectReq, QuotaUpdateReq, RetentionPolicy, RoleRequest, UserEntity,
        UserGroup, WebhookPolicy,
    },
};
use evenkeel_transport::ResultExt;

use super::{created, missing};
use crate::{
    Error, Harbor,
    desired::{DesiredRetention, Member},
    directory::Named,
    error::Doing,
    names::GROUP_TYPE_OIDC,
    plan::retention_policy,
    rights::Right,
};

impl Harbor {
    pub(super) async fn create_project(&self, request: &ProjectReq, registry: Option<&str>) -> Result<(), Error> {
        let name = request.project_name.clone().unwrap_or_default();
        let registry_id = match registry {
            Some(registry) => Some(self.registry_id(registry)?),
            None => None,
        };
        let body = ProjectReq { registry_id, ..request.clone() };
        let create = |client: Arc<Client>| {
            let body = body.clone();
            async move { created(client.project_create().body(body).send().await) }
        };
        let id =
            self.access.call(Right::in_system("project", "create"), create).await.doing("create", "project", &name)?;
        if let Some(id) = id {
            self.directory.insert(Named::Project(name), id);
        }
        Ok(())
    }

    pub(super) async fn update_project(&self, name: &str, request: &ProjectReq) -> Result<(), Error> {
        let update = |client: Arc<Client>| {
            let request = request.clone();
            async move {
                client
                    .project_update()
                    .project_name_or_id(name)
                    .x_is_resource_name(true)
                    .body(request)
                    .send()
                    .await
                    .api()
            }
        };
        self.access.as_administrator(update).await.doing("update", "project", name)
    }

    pub(super) async fn update_quota(&self, project: &str, id: i64, storage: i64) -> Result<(), Error> {
        let body = QuotaUpdateReq { hard: Some([("storage".to_owned(), storage)].into_iter().collect()) };
        let update = |client: Arc<Client>| {
            let body = body.clone();
            async move { client.quota_update().id(id).body(body).send().await.api() }
        };
        self.access.call(Right::in_system("quota", "update"), update).await.doing("update", "quota of project", project)
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
        let read = |client: Arc<Client>| async move { client.retention_get().id(id).send().await.api() };
        let there = self.access.call(Right::in_projects("tag-retention", "read"), read).await.doing(
            "read",
            "retention policy of project",
            project,
        )?;
        let policy = retention_policy(wanted, number, Some(there));
        let update = |client: Arc<Client>| {
            let policy = policy.clone();
            async move { client.retention_update().id(id).body(policy).send().await.api() }
        };
        self.access.call(Right::in_projects("tag-retention", "update"), update).await.doing(
            "update",
            "retention policy of project",
            project,
        )
    }

    /// A second policy is refused as a bad request, not as a conflict (server-behaviour 6): when one has appeared meanwhile,
    /// the project knows its number.
    async fn create_retention(&self, project: &str, policy: RetentionPolicy) -> Result<(), Error> {
        let create = |client: Arc<Client>| {
            let policy = policy.clone();
            async move { client.retention_create().body(policy).send().await.api() }
        };
        match self.access.call(Right::in_projects("tag-retention", "create"), create).await {
            Err(HarborError::Invalid(error)) if error.message().contains("already has retention policy") => {
                Err(HarborError::Conflict(error)).doing("create", "retention policy of project", project)
            }
            result => result.doing("create", "retention policy of project", project),
        }
    }

    pub(super) async fn create_immutable_rule(&self, project: &str, rule: &ImmutableRule) -> Result<(), Error> {
        let create = |client: Arc<Client>| {
            let rule = rule.clone();
            async move {
                client
                    .immutable_rule_create()
                    .project_name_or_id(project)
                    .x_is_resource_name(true)
                    .body(rule)
                    .send()
                    .await
                    .api()
            }
        };
        self.access.call(Right::in_projects("immutable-tag", "create"), create).await.doing(
            "create",
            "immutable tag rule of project",
            project,
        )
    }

    pub(super) async fn update_immutable_rule(&self, project: &str, rule: &ImmutableRule) -> Result<(), Error> {
        let update = |client: Arc<Client>| {
            let rule = rule.clone();
            async move {
                client
                    .immutable_rule_update()
                    .project_name_or_id(project)
                    .x_is_resource_name(true)
                    .immutable_rule_id(rule.id.unwrap_or_default())
                    .body(rule)
                    .send()
                    .await
                    .api()
            }
        };
        self.access.call(Right::in_projects("immutable-tag", "update"), update).await.doing(
            "update",
            "immutable tag rule of project",
            project,
        )
    }

    pub(super) async fn create_webhook(&self, project: &str, policy: &WebhookPolicy) -> Result<(), Error> {
        let mut policy = policy.clone();
        policy.enabled.get_or_insert(true);
        let create = |client: Arc<Client>| {
            let policy = policy.clone();
            async move {
                client
                    .webhook_create()
                    .project_name_or_id(project)
                    .x_is_resource_name(true)
                    .body(policy)
                    .send()
                    .await
                    .api()
            }
        };
        self.access.call(Right::in_projects("notification-policy", "create"), create).await.doing(
            "create",
            "webhook policy of project",
            project,
        )
    }

    /// A change replaces the policy: what nobody declares goes back as it is, as long as it is about the same target.
    pub(super) async fn update_webhook(&self, project: &str, id: i64, declared: &WebhookPolicy) -> Result<(), Error> {
        let list = |client: Arc<Client>| {
            let project = project.to_owned();
            async move { paging::webhooks(&client, &project).await }
        };
        let there = self.access.call(Right::in_projects("notification-policy", "list"), list).await.doing(
            "list",
            "webhook policies of project",
            project,
        )?;
        let there = there.into_iter().find(|policy| policy.id == Some(id));
        let mut policy = there.ok_or_else(|| missing("webhook policy of project", project))?;
        overlay(&mut policy, declared);
        let update = |client: Arc<Client>| {
            let policy = policy.clone();
            async move {
                client
                    .webhook_update()
                    .project_name_or_id(project)
                    .x_is_resource_name(true)
                    .webhook_policy_id(id)
                    .body(policy)
                    .send()
                    .await
                    .api()
            }
        };
        self.access.call(Right::in_projects("notification-policy", "update"), update).await.doing(
            "update",
            "webhook policy of project",
            project,
        )
    }

    pub(super) async fn create_label(&self, project: &str, label: &Label) -> Result<(), Error> {
        let project_id = Some(self.project_id(project).await?);
        let body = Label { scope: Some("p".to_owned()), project_id, ..label.clone() };
        let create = |client: Arc<Client>| {
            let body = body.clone();
            async move { client.label_create().body(body).send().await.api() }
        };
        self.access.call(Right::in_projects("label", "create"), create).await.doing(
            "create",
            "label of project",
            project,
        )
    }

    /// A change clears what it leaves out (server-behaviour 6).
    pub(super) async fn update_label(&self, there: &Label, declared: &Label) -> Result<(), Error> {
        let name = there.name.clone().unwrap_or_default();
        let body = Label {
            description: declared.description.clone().or_else(|| there.description.clone()),
            color: declared.color.clone().or_else(|| there.color.clone()),
            creation_time: None,
            ..there.clone()
        };
        let id = there.id.unwrap_or_default();
        let update = |client: Arc<Client>| {
            let body = body.clone();
            async move { client.label_update().label_id(id).body(body).send().await.api() }
        };
        self.access.call(Right::in_projects("label", "update"), update).await.doing("update", "label", &name)
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
        let create = |client: Arc<Client>| {
            let body = body.clone();
            async move {
                client
                    .member_create()
                    .project_name_or_id(project)
                    .x_is_resource_name(true)
                    .body(body)
                    .send()
                    .await
                    .api()
            }
        };
        match self.access.call(Right::in_projects("member", "create"), create).await {
            // A missing project is a 404 too, and names itself.
            Err(HarborError::NotFound(error))
                if matches!(member, Member::User(_)) && !error.message().starts_with("project ") =>
            {
                Err(Error::NoUser { user: name.clone(), project: project.to_owned() })
            }
            result => result.doing("create", "member", &format!("{project}/{name}")),
        }
    }

    pub(super) async fn update_member(&self, project: &str, name: &str, id: i64, role_id: i64) -> Result<(), Error> {
        let update = |client: Arc<Client>| async move {
            client
                .member_update()
                .project_name_or_id(project)
                .x_is_resource_name(true)
                .mid(id)
                .body(RoleRequest { role_id: Some(role_id) })
                .send()
                .await
                .api()
        };
        self.access.call(Right::in_projects("member", "update"), update).await.doing("update", "member", name)
    }

    pub(super) async fn remove_member(&self, project: &str, name: &str, id: i64) -> Result<(), Error> {
        let delete = |client: Arc<Client>| async move {
            client.member_delete().project_name_or_id(project).x_is_resource_name(true).mid(id).send().await.api()
        };
        self.access.call(Right::in_projects("member", "delete"), delete).await.doing("delete", "member", name)
    }

    /// A project's number: known since it was seen or made in this round, or asked for.
    pub(super) async fn project_id(&self, name: &str) -> Result<i64, Error> {
        if let Some(id) = self.directory.get(&Named::Project(name.to_owned())) {
            return Ok(id);
        }
        let read = |client: Arc<Client>| async move {
            client.project_get().project_name_or_id(name).x_is_resource_name(true).send().await.api()
        };
        let project =
            self.access.call(Right::in_projects("project", "read"), read).await.doing("read", "project", name)?;
        let id = project.project_id.map(i64::from).ok_or_else(|| missing("project", name))?;
        self.directory.insert(Named::Project(name.to_owned()), id);
        Ok(id)
    }
}

/// The declared fields over what is there.
fn overlay(there: &mut WebhookPolicy, declared: &WebhookPolicy) {
    let old = there.targets.take().and_then(|targets| targets.into_iter().next()).unwrap_or_default();
    if let Some(description) = &declared.description {
        there.description = Some(description.clone());
    }
    if let Some(enabled) = declared.enabled {
        there.enabled = Some(enabled);
    }
    there.event_types.clone_from(&declared.event_types);
    there.targets = declared.targets.clone().map(|mut targets| {
        for target in &mut targets {
            // A header that nobody declares belongs to the address that it was given for.
            let is_same = target.address == old.address;
            target.auth_header = target.auth_header.take().or_else(|| old.auth_header.clone().filter(|_| is_same));
            target.skip_cert_verify = target.skip_cert_verify.or(old.skip_cert_verify);
            // Another kind of target has other forms, or none.
            let form = || old.payload_format.clone().filter(|_| target.type_ == old.type_);
            target.payload_format = target.payload_format.take().or_else(form);
        }
        targets
    });
}
