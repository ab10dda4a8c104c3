//! Do the registry secrets work? Asked by using them, and only where robot or content have moved since they were seen to.

use std::collections::BTreeMap;

use evenkeel_core::object::ObjectId;
use evenkeel_harbor_client::types::Project;
use futures::{StreamExt, stream};

use super::{AT_ONCE, ObservedCluster, ObservedRobot, ObservedSecret};
use crate::{
    Harbor,
    desired::{Desired, DesiredCredential},
    published::{RobotCredentials, verified_note},
};

/// How a published secret does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Published {
    /// It works, and the Secret carries the note that it does.
    Works,
    /// It works, and the note on the Secret is out of date.
    WorksUnnoted,
    /// It is refused.
    Refused,
    /// The server failed to tell. That is this secret's matter alone, and no reason to touch it.
    Unverified,
    /// There are no credentials in it.
    Unusable,
    /// Nobody can tell while the robot is missing, disabled or expired: that comes first.
    Dormant,
}

impl Harbor {
    pub(super) async fn read_credentials(
        &self,
        desired: &Desired,
        cluster: Option<&ObservedCluster>,
        projects: &BTreeMap<String, Project>,
        robots: &BTreeMap<String, ObservedRobot>,
    ) -> BTreeMap<ObjectId, Published> {
        let (Some(wanted), Some(cluster)) = (&desired.cluster, cluster) else { return BTreeMap::new() };
        let mut reads = Vec::new();
        for credential in &wanted.credentials {
            let Some(secret) = cluster.secrets.get(&credential.object()) else { continue };
            let scope = scope(projects.get(&credential.project));
            reads.push(self.read_credential(
                credential,
                &wanted.registry_host,
                secret,
                robots.get(&credential.robot),
                scope,
            ));
        }
        stream::iter(reads).buffer_unordered(AT_ONCE).collect().await
    }

    async fn read_credential(
        &self,
        credential: &DesiredCredential,
        host: &str,
        secret: &ObservedSecret,
        robot: Option<&ObservedRobot>,
        scope: String,
    ) -> (ObjectId, Published) {
        let object = credential.object();
        let content = secret.secret.data.get(credential.form.key());
        let Some((content, published)) =
            content.and_then(|content| Some((content, RobotCredentials::of_content(content, host)?)))
        else {
            return (object, Published::Unusable);
        };
        let Some(robot) = robot.filter(|robot| !robot.is_dormant()) else { return (object, Published::Dormant) };
        let note = verified_note(robot.robot.update_time.as_deref().unwrap_or_default(), content);
        let is_noted = secret.verified() == Some(note.as_str());
        if is_noted && !self.verify_secrets {
            return (object, Published::Works);
        }
        // By the robot's name as it is now: a name that is out of date is the content's matter, not the secret's.
        let name = self.full_name(&credential.robot);
        let state = match (self.access.verify(&name, published.password, &scope).await, is_noted) {
            (Ok(verdict), true) if verdict.works() => Published::Works,
            (Ok(verdict), false) if verdict.works() => Published::WorksUnnoted,
            (Ok(_), _) => Published::Refused,
            (Err(_), _) => Published::Unverified,
        };
        (object, state)
    }
}

impl ObservedRobot {
    /// Whether every secret of it is refused, also the right one (server-behaviour 5).
    #[must_use]
    pub fn is_dormant(&self) -> bool {
        self.expired || self.robot.disable == Some(true)
    }
}

/// Where a robot's rights are asked for.
pub(crate) fn scope(project: Option<&Project>) -> String {
    match project.and_then(|project| project.project_id) {
        Some(number) => format!("/project/{number}"),
        None => "/system".to_owned(),
    }
}
