//! Deletes. Each goes to the number under which the object was seen, so that it never meets another one of the same name.
//!
//! What is gone already is as it should be: a delete may have worked although its answer was lost.

use std::sync::Arc;

use evenkeel_core::{object::ObjectId, plan::Note};
use evenkeel_engine::task::Applied;
use evenkeel_harbor_client::{Client, HarborError};
use evenkeel_transport::{ApiError, ResultExt};

use super::missing;
use crate::{
    Error, Harbor,
    error::Doing,
    plan::{RULES_STAY, Removal, rest_of_policy},
};

impl Harbor {
    pub(super) async fn delete(&self, removal: &Removal, object: &ObjectId) -> Result<Applied, Error> {
        match removal {
            Removal::Project(name, number, robots) => self.delete_project(name, *number, robots).await,
            Removal::Member(project, id) => self.remove_member(project, &object.path(), *id).await,
            Removal::Robot(name, id) => {
                let delete =
                    |client: Arc<Client>| async move { client.robot_delete().robot_id(*id).send().await.api() };
                self.remove(delete, "robot", name).await?;
                self.forget(name).await
            }
            Removal::Retention(project, id, ours) => {
                let message = self.remove_retention(project, *id, ours).await?.then(|| RULES_STAY.to_owned());
                let notes = message.map(|message| Note { object: object.clone(), message }).into_iter().collect();
                return Ok(Applied { notes });
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
                self.remove(delete, "immutable tag rule of project", project).await
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
                self.remove(delete, "webhook policy of project", project).await
            }
            Removal::Label(id) => {
                let delete =
                    |client: Arc<Client>| async move { client.label_delete().label_id(*id).send().await.api() };
                self.remove(delete, "label", &object.path()).await
            }
            Removal::Registry(id) => {
                let delete = |client: Arc<Client>| async move { client.registry_delete().id(*id).send().await.api() };
                self.remove(delete, "registry", &object.path()).await
            }
            Removal::Replication(id) => {
                let delete =
                    |client: Arc<Client>| async move { client.replication_delete().id(*id).send().await.api() };
                self.remove(delete, "replication policy", &object.path()).await
            }
            Removal::Secret(seen) => self.delete_secret(seen).await,
        }?;
        Ok(Applied::default())
    }

    async fn delete_project(&self, name: &str, number: i64, robots: &[String]) -> Result<(), Error> {
        let delete = |client: Arc<Client>| async move {
            client.project_delete().project_name_or_id(number.to_string()).x_is_resource_name(false).send().await.api()
        };
        self.remove(delete, "project", name).await?;
        for robot in robots {
            self.forget(robot).await?;
        }
        Ok(())
    }

    /// Our rules go, and the policy with it where that is all that it holds: it is read again for that. Returns whether the policy
    /// stays.
    async fn remove_retention(&self, project: &str, id: i64, ours: &[serde_json::Value]) -> Result<bool, Error> {
        let read = |client: Arc<Client>| async move { client.retention_get().id(id).send().await.api() };
        let there = unless_gone(self.access.as_administrator(read).await, "read", project)?;
        let (rest, count) = rest_of_policy(there, ours);
        if count == 0 {
            let delete = |client: Arc<Client>| async move { client.retention_delete().id(id).send().await.api() };
            return unless_gone(self.access.as_administrator(delete).await.map(|_| false), "delete", project);
        }
        let update = |client: Arc<Client>| {
            let rest = rest.clone();
            async move { client.retention_update().id(id).body(rest).send().await.api() }
        };
        self.access.as_administrator(update).await.map(|_| true).doing("update", POLICY, project)
    }

    /// Sends a delete. An object that is not there any more leaves nothing to do.
    pub(crate) async fn remove<T, F, Fut>(&self, delete: F, kind: &'static str, name: &str) -> Result<(), Error>
    where
        F: Fn(Arc<Client>) -> Fut,
        Fut: Future<Output = Result<T, ApiError>>,
    {
        match self.access.as_administrator(delete).await {
            Err(HarborError::NotFound(_)) => Ok(()),
            result => result.map(drop).doing("delete", kind, name),
        }
    }
}

const POLICY: &str = "retention policy of project";

/// A policy that is gone answers with a failure of the server, and to its delete with a bad request (server-behaviour 6): whether it
/// is gone shows at the next look.
fn unless_gone<T>(result: Result<T, HarborError>, action: &'static str, project: &str) -> Result<T, Error> {
    match result {
        Err(HarborError::Server(_) | HarborError::NotFound(_)) => Err(missing(POLICY, project)),
        Err(HarborError::Invalid(error)) if error.message().contains("no such Retention policy") => {
            Err(missing(POLICY, project))
        }
        result => result.doing(action, POLICY, project),
    }
}
