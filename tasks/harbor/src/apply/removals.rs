//! Deletes. Each goes to the number under which the object was seen, so that it never meets another one of the same name.
//!
//! What is gone already is as it should be: a delete may have worked although its answer was lost.

use evenkeel_core::{object::ObjectId, plan::Note};
use evenkeel_engine::task::Applied;
use evenkeel_harbor_client::HarborError;
use evenkeel_transport::{ApiError, ResultExt};

use super::missing;
use crate::{
    Error, Harbor,
    answers::deleted,
    error::WithContext,
    plan::{RULES_STAY, Removal, rest_of_policy},
};

impl Harbor {
    pub(super) async fn delete(&self, removal: &Removal, object: &ObjectId) -> Result<Applied, Error> {
        match removal {
            Removal::Project(name, number, robots) => self.delete_project(name, *number, robots).await,
            Removal::Member(project, id) => self.remove_member(project, &object.path(), *id).await,
            Removal::Robot(name, id) => {
                let answer = self.administrator().robot_delete().robot_id(*id).send().await.api();
                deleted(answer, "robot", name)?;
                self.forget(name).await
            }
            Removal::Retention(project, id, ours) => {
                let message = self.remove_retention(project, *id, ours).await?.then(|| RULES_STAY.to_owned());
                let notes = message.map(|message| Note { object: object.clone(), message }).into_iter().collect();
                return Ok(Applied { notes });
            }
            Removal::Replication(id) => {
                let answer = self.administrator().replication_delete().id(*id).send().await.api();
                deleted(answer, "replication policy", &object.path())
            }
            Removal::Secret(seen) => self.delete_secret(seen).await,
        }?;
        Ok(Applied::default())
    }

    async fn delete_project(&self, name: &str, number: i64, robots: &[String]) -> Result<(), Error> {
        let answer = self
            .administrator()
            .project_delete()
            .project_name_or_id(number.to_string())
            .x_is_resource_name(false)
            .send()
            .await
            .api();
        deleted(answer, "project", name)?;
        for robot in robots {
            self.forget(robot).await?;
        }
        Ok(())
    }

    /// Our rules go, and the policy with it where that is all that it holds: it is read again for that. Returns whether the policy
    /// stays.
    async fn remove_retention(&self, project: &str, id: i64, ours: &[serde_json::Value]) -> Result<bool, Error> {
        let read = self.administrator().retention_get().id(id).send().await.api();
        let there = unless_gone(read, "read", project)?;
        let (rest, count) = rest_of_policy(there, ours);
        if count == 0 {
            let answer = self.administrator().retention_delete().id(id).send().await.api();
            return unless_gone(answer.map(|_| false), "delete", project);
        }
        let answer = self.administrator().retention_update().id(id).body(rest).send().await.api();
        answer.map(|_| true).context("update", POLICY, project)
    }
}

const POLICY: &str = "retention policy of project";

/// A policy that is gone answers with a failure of the server, and to its delete with a bad request (server-behaviour 6): whether it
/// is gone shows at the next look.
fn unless_gone<T>(answer: Result<T, ApiError>, action: &'static str, project: &str) -> Result<T, Error> {
    match answer.map_err(HarborError::from) {
        Err(HarborError::Server(_) | HarborError::NotFound(_)) => Err(missing(POLICY, project)),
        Err(HarborError::Invalid(error)) if error.message().contains("no such Retention policy") => {
            Err(missing(POLICY, project))
        }
        result => result.context(action, POLICY, project),
    }
}
