//! The servers of the demonstration, and what a pod would do with them.

use evenkeel_harbor::published::RobotCredentials;
use evenkeel_harbor_client::{HarborError, verify_secret};
use evenkeel_kubernetes_client::{
    Cluster, ClusterOptions, Connection, KubernetesError, ObjectName,
    secret::{DOCKER_CONFIG_KEY, SecretObject},
};
use evenkeel_sandbox::{Harbor, HarborOptions, Keycloak, Kubernetes, KubernetesOptions, Options, StartError};
use evenkeel_transport::{Secret, Session, SessionOptions};
use secrecy::SecretString;

use super::example::{Example, TEAMS};

/// A Keycloak and a Harbor that nobody has set up, and a cluster with a namespace for each team.
pub(super) struct Servers {
    pub(super) keycloak: Keycloak,
    pub(super) harbor: Harbor,
    cluster: Kubernetes,
    token: SecretString,
}

/// Why nobody could log in with what is published.
#[derive(Debug, thiserror::Error)]
pub(super) enum PullError {
    #[error(transparent)]
    Cluster(#[from] KubernetesError),
    #[error(transparent)]
    Harbor(#[from] HarborError),
}

impl Servers {
    pub(super) fn start(example: &Example) -> Result<Self, StartError> {
        let token = example.cluster_token();
        let cluster = Kubernetes::start(&KubernetesOptions::new(token.clone()))?;
        for team in TEAMS {
            cluster.add_namespace(&format!("team-{team}"));
        }
        cluster.add_namespace("platform-jobs");
        Ok(Self {
            keycloak: Keycloak::start(&Options::new("admin", example.keycloak_password()))?,
            harbor: Harbor::start(&HarborOptions::new(example.harbor_password()))?,
            cluster,
            token,
        })
    }

    /// The way to the cluster, as its administrator.
    pub(super) fn connection(&self) -> Connection {
        let token = Some(Secret::from(self.token.clone()));
        Connection::At { url: self.cluster.url().to_owned(), token, ca_bundle: None }
    }

    /// Forgets what was asked so far.
    pub(super) fn reset_logs(&self) {
        self.keycloak.reset_log();
        self.harbor.reset_log();
        self.cluster.reset_log();
    }

    /// How many requests have written since then.
    pub(super) fn writes(&self) -> usize {
        self.keycloak.writes() + self.harbor.writes() + self.cluster.writes()
    }

    /// Logs in at the registry with every team's pull secret, as a node does that pulls an image. Returns each with the name
    /// of its robot, and whether it was let in.
    pub(super) async fn pull_logins(&self) -> Result<Vec<(String, String, bool)>, PullError> {
        let cluster = Cluster::connect(&self.connection(), ClusterOptions::default()).await?;
        let session = Session::new(SessionOptions::default()).map_err(HarborError::from)?;
        let mut logins = Vec::new();
        for team in TEAMS {
            let name = ObjectName::in_namespace(format!("team-{team}"), "harbor-pullsecret");
            let secret: SecretObject = cluster.get(&name).await?;
            let content = secret.data.get(DOCKER_CONFIG_KEY);
            let credentials = content.and_then(|content| RobotCredentials::of_content(content, ""));
            let (robot, works) = match credentials {
                Some(RobotCredentials { user, password, .. }) => {
                    let verdict = verify_secret(&session, self.harbor.url(), &user, password, "/system").await?;
                    (user, verdict.works())
                }
                None => (String::new(), false),
            };
            logins.push((name.to_string(), robot, works));
        }
        Ok(logins)
    }
}
