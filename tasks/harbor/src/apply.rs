//! A change → requests. The only room that writes.
//!
//! What Harbor replaces as a whole is read again right before it is written, and goes back with the declared fields over what is
//! there. When somebody else was faster with a create, the answer is a conflict: the engine observes and plans once more.

mod configuration;
mod projects;
mod registries;
mod removals;
mod robots;
mod scanners;
mod secrets;

use evenkeel_core::plan::Change;
use evenkeel_engine::task::Applied;
use evenkeel_harbor_client::{HarborError, types::ProjectReq};
use evenkeel_transport::Kind;

use crate::{Error, Harbor, desired::Desired, plan::Operation};

impl Harbor {
    /// Makes one change.
    pub(crate) async fn write(&self, desired: &Desired, change: &Change<Operation>) -> Result<Applied, Error> {
        match &change.operation {
            Operation::Configure(keys) => self.configure(keys).await,
            Operation::PrefixIsShared(robots) => Err(Error::PrefixShared { robots: robots.clone() }),
            Operation::ConfigurationIsFixed => Err(Error::ConfigurationFixed),
            Operation::AuthModeIsFrozen(there) => Err(Error::AuthModeFrozen { there: there.clone() }),
            Operation::CreateProject(request, registry) => self.create_project(request, registry.as_deref()).await,
            Operation::UpdateProject(name, request) => self.update_project(name, request).await,
            Operation::QuotaOfNewProject => Ok(()),
            Operation::UpdateQuota(id, storage) => self.update_quota(change.object.name(), *id, *storage).await,
            Operation::SetAllowlist(project, list) => {
                let request = ProjectReq { cve_allowlist: Some((**list).clone()), ..ProjectReq::default() };
                self.update_project(project, &request).await
            }
            Operation::SetScanner(project, scanner) => self.set_scanner(project, scanner).await,
            Operation::SetRetention(project, id, wanted) => self.set_retention(project, *id, wanted).await,
            Operation::AddMember(project, member, role) => self.add_member(project, member, *role).await,
            Operation::UpdateMember(project, id, role) => {
                self.update_member(project, &change.object.path(), *id, *role).await
            }
            Operation::RemoveMember(project, id) => self.remove_member(project, &change.object.path(), *id).await,
            Operation::CreateRobot(robot) => self.create_robot(robot, desired.cluster.is_some()).await,
            Operation::UpdateRobot(robot, id, expired, noted) => {
                let updated = self.update_robot(robot, *id, *expired).await;
                self.note_again(robot, *id, noted.as_deref().filter(|_| updated.is_ok())).await;
                updated
            }
            Operation::EquipOwnRobot(stored) => self.equip_own_robot(stored).await,
            Operation::SetSecret(robot) => self.set_secret(robot).await,
            Operation::NoAdapter(kind, known) => Err(Error::NoAdapter { kind: kind.clone(), known: known.clone() }),
            Operation::CreateReplication(policy) => self.create_replication(policy).await,
            Operation::UpdateReplication(policy, there) => self.update_replication(policy, there).await,
            Operation::Plain(write) => write.send(self).await,
            Operation::CreateNamespace(name) => self.create_namespace(name).await,
            Operation::Publish(publication) => self.publish(publication).await,
            Operation::NoteVerified(publication) => self.note_verified(publication).await,
            Operation::AddPullSecrets(namespace, names, seen) => {
                self.add_pull_secrets(namespace, names, seen.as_deref()).await
            }
            Operation::Wait(name, obstacle) => Err(secrets::waiting(name, obstacle)),
            Operation::Delete(removal) => return self.delete(removal, &change.object).await,
        }?;
        Ok(Applied::default())
    }
}

/// An error of this task's own about something that the directory should know.
fn missing(kind: &'static str, name: &str) -> Error {
    Error::Missing { kind, name: name.to_owned() }
}

/// Whether a request was refused for what it says.
fn is_refused(error: &HarborError) -> bool {
    matches!(error, HarborError::Invalid(_)) && error.api().kind() == Kind::Invalid
}
