//! The teams' registry secrets in the cluster.

use std::collections::BTreeMap;

use evenkeel_kubernetes_client::{
    Cluster, KubernetesError, ObjectName,
    k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta,
    label,
    secret::{DesiredSecret, Expected, OthersValues, SecretObject},
    service_account::{PullSecrets, ServiceAccount},
};
use evenkeel_transport::Secret;

use super::missing;
use crate::{
    Error, Harbor,
    desired::DesiredRobot,
    directory::Named,
    made::MadeRobot,
    names::{DEFAULT_ACCOUNT, TASK},
    plan::{NotedSecret, Obstacle, Publication},
    published::{RobotCredentials, VERIFIED, verified_note},
};

/// Why nothing can be put into the cluster, in front of people.
pub(super) fn waiting(name: &str, obstacle: &Obstacle) -> Error {
    let namespace = || name.split('/').next().unwrap_or(name).to_owned();
    let secret = name.to_owned();
    match obstacle {
        Obstacle::NoCluster => Error::NoCluster { secret },
        Obstacle::Missing => Error::NamespaceMissing { secret, namespace: namespace() },
        Obstacle::Terminating => Error::Cluster(KubernetesError::NamespaceTerminating { namespace: namespace() }),
        Obstacle::Foreign => Error::Foreign { secret },
        Obstacle::Cluster(error) => Error::Cluster(error.clone()),
    }
}

impl Harbor {
    pub(super) async fn create_namespace(&self, name: &str) -> Result<(), Error> {
        let labels = BTreeMap::from([(label::MANAGED_BY.to_owned(), label::EVENKEEL.to_owned())]);
        self.cluster().await?.create_namespace(name, &labels).await?;
        Ok(())
    }

    /// Puts a robot's credentials where the team finds them, and only once they work (law 4).
    pub(super) async fn publish(&self, publication: &Publication) -> Result<(), Error> {
        let credential = &publication.credential;
        let scope = format!("/project/{}", self.project_id(&credential.project).await?);
        let (password, updated) = match self.secret_of_create(&credential.robot, &scope).await? {
            Some(robot) => (robot.secret, robot.made),
            None => self.secret_that_works(publication, &scope).await?,
        };
        let content = RobotCredentials {
            host: publication.registry_host.clone(),
            user: self.full_name(&credential.robot),
            password,
        }
        .content();
        let note = verified_note(&updated, &content);
        let desired = DesiredSecret {
            name: ObjectName::in_namespace(credential.namespace.as_str(), credential.name),
            secret_type: credential.form.secret_type().to_owned(),
            labels: labels(&publication.platform),
            annotations: BTreeMap::from([(VERIFIED.to_owned(), note)]),
            data: BTreeMap::from([(credential.form.key().to_owned(), content)]),
        };
        let cluster = self.cluster().await?;
        match publication.metadata() {
            Some(seen) if publication.recreate => cluster.recreate_secret(&desired, seen).await?,
            Some(seen) => cluster.apply_secret(&desired, Expected::Seen(seen), OthersValues::Take).await?.metadata,
            // An apply would take over one that others have made meanwhile.
            None => cluster.create_secret(&desired).await?,
        };
        Ok(())
    }

    /// The secret that the server named as it made the robot, in this round.
    async fn secret_of_create(&self, robot: &str, scope: &str) -> Result<Option<MadeRobot>, Error> {
        let Some(made) = self.made.find(robot) else { return Ok(None) };
        if !self.made.are_believed(self.works(robot, &made.secret, scope)).await? {
            return Ok(None);
        }
        self.made.have_kept(|secrets| self.keep_all(secrets)).await?;
        Ok(Some(made))
    }

    /// A secret that works, with the state of the robot for which it does. In this order: the one that is published, if it works; the
    /// kept one, if it works; the kept one or a new one, which is kept, set at the server and seen to work first.
    async fn secret_that_works(&self, publication: &Publication, scope: &str) -> Result<(Secret, String), Error> {
        let credential = &publication.credential;
        let password = match self.published_secret(publication, scope).await? {
            Some(password) => password,
            None => {
                self.expect_as_seen(publication).await?;
                if publication.may_set_secret {
                    self.working_secret(&credential.robot, scope).await?
                } else {
                    self.kept_secret_that_works(&credential.robot, scope).await?
                }
            }
        };
        // The robot's state is read before the secret is seen to work: what happens in between shows at the next look.
        let updated = self.robot_update_time(&credential.robot).await?;
        if !self.works(&credential.robot, &password, scope).await? {
            return Err(Error::SecretRefused { robot: self.full_name(&credential.robot) });
        }
        Ok((password, updated))
    }

    /// Looks at the Secret once more: another run, which knows nothing of ours, may have published a secret that works, and a new
    /// one would end it. Where there is a lease, nobody else writes.
    async fn expect_as_seen(&self, publication: &Publication) -> Result<(), Error> {
        let credential = &publication.credential;
        let name = ObjectName::in_namespace(credential.namespace.as_str(), credential.name);
        let there = self.find(&name).await?;
        let version = |metadata: &ObjectMeta| metadata.resource_version.clone();
        if there.as_ref().map(version) == publication.metadata().map(version) {
            return Ok(());
        }
        Err(Error::Overtaken { secret: name.to_string() })
    }

    async fn find(&self, secret: &ObjectName) -> Result<Option<ObjectMeta>, Error> {
        match self.cluster().await?.find_metadata::<SecretObject>(secret).await {
            // Its namespace was made a moment ago, or is not: then so is nothing in it.
            Err(KubernetesError::NamespaceMissing { .. }) => Ok(None),
            there => Ok(there?),
        }
    }

    /// The secret that is published now, if it works. It is kept, so that it can be published again once it is lost.
    async fn published_secret(&self, publication: &Publication, scope: &str) -> Result<Option<Secret>, Error> {
        let (credential, host) = (&publication.credential, &publication.registry_host);
        let Some(seen) = &publication.seen else { return Ok(None) };
        let own = seen.secret.data.get_key_value(credential.form.key());
        let others = seen.secret.data.iter().filter(|(key, _)| *key != credential.form.key());
        for (_, content) in own.into_iter().chain(others) {
            if let Some(published) = RobotCredentials::of_content(content, host)
                && !self.is_refused(&credential.robot, &published.password, scope).await?
            {
                self.keep_published(&credential.robot, &published.password).await?;
                return Ok(Some(published.password));
            }
        }
        Ok(None)
    }

    async fn keep_published(&self, robot: &str, password: &Secret) -> Result<(), Error> {
        let kept = self.kept(robot).await?.map(Secret::from);
        if kept.as_ref() == Some(password) {
            return Ok(());
        }
        self.keep(robot, &password.expose().to_owned().into()).await
    }

    /// The content works as it is: only the note is out of date.
    pub(super) async fn note_verified(&self, publication: &Publication) -> Result<(), Error> {
        let credential = &publication.credential;
        let seen = publication.seen.as_ref().ok_or_else(|| missing("secret", credential.name))?;
        let content = seen.secret.data.get(credential.form.key());
        let content = content.ok_or_else(|| missing("secret", credential.name))?;
        let note = verified_note(&publication.robot_update_time, content);
        let annotations = BTreeMap::from([(VERIFIED.to_owned(), Some(note))]);
        self.cluster().await?.annotate_secret(seen.metadata(), &annotations).await?;
        Ok(())
    }

    /// Notes on a Secret that its content works for its robot as that is now. What keeps it from doing so shows at the next look, which
    /// tries the content and notes it then: so nothing of it is an error here.
    pub(super) async fn note_again(&self, robot: &DesiredRobot, id: i64, noted: Option<&NotedSecret>) {
        if let Some(noted) = noted {
            drop(self.try_to_note(robot, id, noted).await);
        }
    }

    async fn try_to_note(&self, robot: &DesiredRobot, id: i64, noted: &NotedSecret) -> Result<(), Error> {
        let stored = robot.stored_name();
        let content = noted.seen.secret.data.get(noted.key);
        let published = content.and_then(|content| RobotCredentials::of_content(content, &noted.registry_host));
        let Some((content, published)) = content.zip(published) else { return Ok(()) };
        // As at every publication: the state first, then the proof.
        let updated = self.robot(id, &stored).await?.update_time.unwrap_or_default();
        let scope = format!("/project/{}", self.project_id(&noted.project).await?);
        if !self.works(&stored, &published.password, &scope).await? {
            return Ok(());
        }
        let annotations = BTreeMap::from([(VERIFIED.to_owned(), Some(verified_note(&updated, content)))]);
        self.cluster().await?.annotate_secret(noted.seen.metadata(), &annotations).await?;
        Ok(())
    }

    /// An account that was not there appears a moment after its namespace.
    pub(super) async fn add_pull_secrets(
        &self,
        namespace: &str,
        names: &[String],
        seen: Option<&ServiceAccount>,
    ) -> Result<(), Error> {
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let change = PullSecrets { present: &names, absent: &[] };
        let cluster = self.cluster().await?;
        match seen {
            Some(seen) => cluster.set_pull_secrets_of(seen, &change).await?,
            None => cluster.set_pull_secrets(&ObjectName::in_namespace(namespace, DEFAULT_ACCOUNT), &change).await?,
        };
        Ok(())
    }

    /// A Secret of ours that nobody declares any more, and its entry in the account's pull secrets, which goes first: pods would
    /// look for a Secret that is not there. Both are somebody else's where another one has its name by now.
    pub(super) async fn delete_secret(&self, seen: &ObjectMeta) -> Result<(), Error> {
        let cluster = self.cluster().await?;
        let secret = ObjectName::of(seen);
        if self.find(&secret).await?.is_some_and(|there| there.uid != seen.uid) {
            return Err(Error::Overtaken { secret: secret.to_string() });
        }
        let account = ObjectName { name: DEFAULT_ACCOUNT.to_owned(), ..secret.clone() };
        match cluster.set_pull_secrets(&account, &PullSecrets { present: &[], absent: &[&secret.name] }).await {
            Ok(_) | Err(KubernetesError::NotFound(_) | KubernetesError::NamespaceMissing { .. }) => {}
            Err(error) => return Err(error.into()),
        }
        cluster.delete::<SecretObject>(&secret, Some(seen)).await?;
        Ok(())
    }

    /// The state of the robot that a note speaks of.
    async fn robot_update_time(&self, stored: &str) -> Result<String, Error> {
        let id = self.directory.get(&Named::Robot(stored.to_owned())).ok_or_else(|| missing("robot", stored))?;
        Ok(self.robot(id, stored).await?.update_time.unwrap_or_default())
    }

    async fn cluster(&self) -> Result<&Cluster, Error> {
        Ok(self.cluster.connected().await?)
    }
}

fn labels(platform: &str) -> BTreeMap<String, String> {
    [(label::MANAGED_BY, label::EVENKEEL), (label::PLATFORM, platform), (label::TASK, TASK)]
        .into_iter()
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .collect()
}
