//! The registry secrets of teams in the cluster.

use std::sync::Arc;

use evenkeel_core::{object::ObjectId, plan::Cause, reading::Reading, values::model::Harbor};

use super::administration::registry_host;
use crate::names::{DEFAULT_ACCOUNT, PULL_SECRETS, SECRET};

/// What the cluster should hold.
#[derive(Clone, Debug)]
pub struct DesiredCluster {
    /// Whether a missing namespace is made.
    pub create_namespaces: bool,
    /// The host by which images are named and pulled.
    pub registry_host: String,
    /// The owner's name, for labels.
    pub platform: String,
    /// The secrets, each of one robot.
    pub credentials: Vec<DesiredCredential>,
}

/// A registry secret: the credentials of one robot, where a team's pods and pipelines find them.
#[derive(Clone, Debug)]
pub struct DesiredCredential {
    /// The namespace, which has the name of the team's project.
    pub namespace: String,
    /// The Secret's name.
    pub name: &'static str,
    /// How the Secret holds them.
    pub form: Form,
    /// The robot, by its name without prefix.
    pub robot: String,
    /// The team's project: where the robot has its rights.
    pub project: String,
    /// The value that asks for it.
    pub cause: Cause,
    /// The team.
    pub team: Option<Arc<str>>,
}

impl DesiredCredential {
    /// The Secret as an object.
    #[must_use]
    pub fn object(&self) -> ObjectId {
        ObjectId::within(SECRET, &self.namespace, self.name)
    }

    /// The pull secrets of the account that pods run as by default, as an object.
    #[must_use]
    pub fn account(&self) -> ObjectId {
        ObjectId::within(PULL_SECRETS, &self.namespace, DEFAULT_ACCOUNT)
    }
}

/// How a Secret holds a robot's credentials.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// As an image pull secret, which is also one of the service account's.
    PullSecret,
    /// As a file `config.json` for pipelines.
    ConfigFile,
}

/// The secrets of a team, as existing installations know them: name, form, and the robot's suffix.
const OF_TEAM: [(&str, Form, &str); 3] = [
    ("harbor-pullsecret", Form::PullSecret, "pull"),
    ("harbor-pushsecret", Form::PullSecret, "push"),
    ("harbor-pushsecret-builds", Form::ConfigFile, "builds"),
];

pub(super) fn desired(reading: &Reading<'_>, harbor: &Harbor) -> Option<DesiredCluster> {
    let kubernetes = reading.values.kubernetes.as_ref()?;
    let mut credentials = Vec::new();
    for (id, name, path) in reading.teams() {
        credentials.extend(OF_TEAM.into_iter().map(|(secret, form, suffix)| DesiredCredential {
            namespace: name.clone(),
            name: secret,
            form,
            robot: format!("{name}-{suffix}"),
            project: name.clone(),
            cause: reading.cause(&path),
            team: Some(id.as_str().into()),
        }));
    }
    Some(DesiredCluster {
        create_namespaces: kubernetes.create_namespaces,
        registry_host: registry_host(reading, harbor),
        platform: reading.values.platform.name.to_string(),
        credentials,
    })
}
