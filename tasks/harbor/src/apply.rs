//! A change → requests. The only room that writes.
//!
//! What Harbor replaces as a whole is read again right before it is written, and goes back with the declared fields over what is
//! there. When somebody else was faster with a create, the answer is a conflict: the engine observes and plans once more.

mod configuration;
mod projects;
mod registries;
mod robots;
mod secrets;

use evenkeel_core::plan::Change;
use evenkeel_engine::task::Applied;
use evenkeel_harbor_client::{Client, HarborError};
use evenkeel_transport::{ApiError, Kind, ResultExt};
use std::sync::Arc;

use crate::{
    Error, Harbor,
    desired::Desired,
    error::Doing,
    plan::{Operation, Removal},
};

impl Harbor {
    /// Makes one change.
    pub(crate) async fn write(&self, _: &Desired, change: &Change<Operation>) -> Result<Applied, Error> {
        match &change.operation {
            Operation::Configure(keys) => self.configure(keys).await,
            Operation::PrefixIsShared(robots) => Err(Error::PrefixShared { robots: robots.clone() }),
            Operation::ConfigurationIsFixed => Err(Error::ConfigurationFixed),
            Operation::AuthModeIsFrozen(there) => Err(Error::AuthModeFrozen { there: there.clone() }),
            Operation::CreateProject(request, registry) => self.create_project(request, registry.as_deref()).await,
            Operation::UpdateProject(name, request) => self.update_project(name, request).await,
            Operation::UpdateQuota(id, storage) => self.update_quota(change.object.name(), *id, *storage).await,
            Operation::SetRetention(project, id, wanted) => self.set_retention(project, *id, wanted).await,
            Operation::CreateImmutableRule(project, rule) => self.create_immutable_rule(project, rule).await,
            Operation::UpdateImmutableRule(project, rule) => self.update_immutable_rule(project, rule).await,
            Operation::CreateWebhook(project, policy) => self.create_webhook(project, policy).await,
            Operation::UpdateWebhook(project, id, policy) => self.update_webhook(project, *id, policy).await,
            Operation::CreateLabel(project, label) => self.create_label(project, label).await,
            Operation::UpdateLabel(there, label) => self.update_label(there, label).await,
            Operation::AddMember(project, member, role) => self.add_member(project, member, *role).await,
            Operation::UpdateMember(project, id, role) => {
                self.update_member(project, &change.object.path(), *id, *role).await
            }
            Operation::RemoveMember(project, id) => self.remove_member(project, &change.object.path(), *id).await,
            Operation::CreateRobot(robot) => self.create_robot(robot).await,
            Operation::UpdateRobot(robot, id, expired) => self.update_robot(robot, *id, *expired).await,
            Operation::EquipOwnRobot(stored) => self.equip_own_robot(stored).await,
            Operation::SetSecret(robot) => self.set_secret(robot).await,
            Operation::CreateRegistry(registry) => self.create_registry(registry).await,
            Operation::UpdateRegistry(id, registry) => self.update_registry(*id, registry).await,
            Operation::CreateReplication(policy) => self.create_replication(policy).await,
            Operation::UpdateReplication(policy, there) => self.update_replication(policy, there).await,
            Operation::CreateNamespace(name) => self.create_namespace(name).await,
            Operation::Publish(publication) => self.publish(publication).await,
            Operation::NoteVerified(publication) => self.note_verified(publication).await,
            Operation::AddPullSecrets(namespace, names) => self.add_pull_secrets(namespace, names).await,
            Operation::Wait(name, obstacle) => Err(secrets::waiting(name, obstacle)),
            Operation::Delete(removal) => self.delete(removal).await,
        }?;
        Ok(Applied::default())
    }

    /// What is gone already is as it should be: a delete may have worked although its answer was lost.
    async fn delete(&self, removal: &Removal) -> Result<(), Error> {
        match removal {
            Removal::Project(name, robots) => {
                let delete = |client: Arc<Client>| async move {
                    client.project_delete().project_name_or_id(name).x_is_resource_name(true).send().await.api()
                };
                unless_gone(self.access.call(delete).await).doing("delete", "project", name)?;
                for robot in robots {
                    self.forget(robot).await?;
                }
                Ok(())
            }
            Removal::Robot(name, id) => {
                let id = *id;
                let delete = |client: Arc<Client>| async move { client.robot_delete().robot_id(id).send().await.api() };
                unless_gone(self.access.call(delete).await).doing("delete", "robot", name)?;
                self.forget(name).await
            }
            Removal::Retention(id) => {
                let id = *id;
                let delete = |client: Arc<Client>| async move { client.retention_delete().id(id).send().await.api() };
                match self.access.call(delete).await {
                    // What is gone already answers so (server-behaviour 6): whether it is shows at the next look.
                    Err(HarborError::Server(_)) => Err(missing("retention policy", &id.to_string())),
                    result => unless_gone(result).doing("delete", "retention policy", &id.to_string()),
                }
            }
            Removal::ImmutableRule(project, id) => {
                let delete = |client: Arc<Client>| async move {
                    client
                        .immutable_rule_delete()
                        .project_name_or_id(project)
                        .x_is_resource_name(true)
                        .immutable_rule_id(*id)
                        .send()
                        .await
                        .api()
                };
                unless_gone(self.access.call(delete).await).doing("delete", "immutable tag rule of project", project)
            }
            Removal::Webhook(project, id) => {
                let delete = |client: Arc<Client>| async move {
                    client
                        .webhook_delete()
                        .project_name_or_id(project)
                        .x_is_resource_name(true)
                        .webhook_policy_id(*id)
                        .send()
                        .await
                        .api()
                };
                unless_gone(self.access.call(delete).await).doing("delete", "webhook policy of project", project)
            }
            Removal::Label(id) => {
                let id = *id;
                let delete = |client: Arc<Client>| async move { client.label_delete().label_id(id).send().await.api() };
                unless_gone(self.access.call(delete).await).doing("delete", "label", &id.to_string())
            }
            Removal::Registry(id) => {
                let id = *id;
                let delete = |client: Arc<Client>| async move { client.registry_delete().id(id).send().await.api() };
                unless_gone(self.access.call(delete).await).doing("delete", "registry", &id.to_string())
            }
            Removal::Replication(id) => {
                let id = *id;
                let delete = |client: Arc<Client>| async move { client.replication_delete().id(id).send().await.api() };
                unless_gone(self.access.call(delete).await).doing("delete", "replication policy", &id.to_string())
            }
            Removal::Secret(namespace, name) => self.delete_secret(namespace, name).await,
        }
    }
}

/// A delete whose object is not there any more has nothing left to do.
fn unless_gone(result: Result<(), HarborError>) -> Result<(), HarborError> {
    match result {
        Err(HarborError::NotFound(_)) => Ok(()),
        result => result,
    }
}

/// An error of this task's own about something that the directory should know.
fn missing(kind: &'static str, name: &str) -> Error {
    Error::Missing { kind, name: name.to_owned() }
}

/// The answer of a create, with the number that it names.
fn created<T: serde::de::DeserializeOwned, E: evenkeel_transport::ErrorBody>(
    answer: Result<
        evenkeel_transport::progenitor_client::ResponseValue<T>,
        evenkeel_transport::progenitor_client::Error<E>,
    >,
) -> Result<Option<i64>, ApiError> {
    let id = answer.as_ref().ok().and_then(evenkeel_transport::location_id).and_then(|id| id.parse().ok());
    answer.api().map(|_| id)
}

/// Whether a request was refused for what it says.
fn is_refused(error: &HarborError) -> bool {
    matches!(error, HarborError::Invalid(_)) && error.api().kind() == Kind::Invalid
}
