//! Robots and their secrets.

use evenkeel_core::overlay;
use evenkeel_harbor_client::types::{Robot, RobotCreate, RobotCreated, RobotSec};
use evenkeel_transport::{ResultExt, Secret};
use secrecy::SecretString;

use super::missing;
use crate::{
    Error, Harbor,
    desired::{DesiredRobot, RobotHome, SecretHome, fits_harbor},
    directory::Named,
    error::WithContext,
    made::MadeRobot,
    permissions::{in_projects, in_system},
};

/// A duration that counts from now whatever the robot had before: the expiry moves with a change of it only
/// (server-behaviour 5).
const FOREVER: i64 = -1;

impl Harbor {
    /// The secret that the server makes is remembered where a team's Secret is to hold it: a run that stops before it is published, or
    /// does not hear of it, sets another one, since nobody uses it yet. Whoever else is to have one gets it by a
    /// change of its own, which keeps it first. One that nobody but the vault will know is kept even before the robot is
    /// there: otherwise a run that stops in between leaves a robot whose secret looks as if others had it.
    pub(super) async fn create_robot(&self, robot: &DesiredRobot, is_published: bool) -> Result<(), Error> {
        if matches!(robot.secret, SecretHome::Kept) && self.kept(&robot.stored_name()).await?.is_none() {
            self.new_secret(&robot.stored_name()).await?;
        }
        let fields = &robot.fields.value;
        let body = RobotCreate {
            name: Some(robot.name.clone()),
            description: fields.description.clone(),
            level: Some(level(&robot.home).to_owned()),
            disable: fields.disable,
            duration: Some(fields.duration.unwrap_or(FOREVER)),
            permissions: Some(fields.permissions()),
        };
        let answer = self.administrator().robot_create().body(body).send().await.api();
        let stored = robot.stored_name();
        let created = answer.context("create", "robot", &stored)?;
        if let Some(id) = created.id {
            self.directory.insert(Named::Robot(stored.clone()), id);
        }
        if is_published && matches!(robot.secret, SecretHome::Published) {
            self.remember_made(stored, created).await;
        }
        Ok(())
    }

    /// Of a robot that was there before, its secret is kept, and comes back: somebody may be using it.
    async fn remember_made(&self, stored: String, created: RobotCreated) {
        let (Some(secret), Some(made)) = (created.secret, created.creation_time) else { return };
        if matches!(self.kept(&stored).await, Ok(None)) {
            self.made.insert(stored, MadeRobot { secret, made, is_kept: false });
        }
    }

    /// The robot is read again: its full name, its level and what nobody declares go back as they are.
    pub(super) async fn update_robot(&self, robot: &DesiredRobot, id: i64, expired: bool) -> Result<(), Error> {
        let stored = robot.stored_name();
        let there = self.robot(id, &stored).await?;
        let fields = &robot.fields.value;
        let declared = Robot {
            description: fields.description.clone(),
            disable: fields.disable,
            duration: fields.duration,
            permissions: Some(fields.permissions()),
            ..Robot::default()
        };
        let body = overlay::whole(&there, &declared)?;
        if expired && body.duration == there.duration {
            self.put_robot(id, &stored, Robot { duration: Some(FOREVER), ..body.clone() }).await?;
        }
        self.put_robot(id, &stored, body).await
    }

    /// By the administrator: no robot may change robots, nor make them but with the rights that it has itself.
    async fn put_robot(&self, id: i64, name: &str, body: Robot) -> Result<(), Error> {
        let answer = self.administrator().robot_update().robot_id(id).body(body).send().await.api();
        answer.context("update", "robot", name)
    }

    pub(super) async fn robot(&self, id: i64, name: &str) -> Result<Robot, Error> {
        // Only the stored name of a project's robot has a `+`.
        let permission = if name.contains('+') { in_projects } else { in_system };
        let client = self.access.client_with(permission("robot", "read"));
        let answer = client.robot_get().robot_id(id).send().await.api();
        answer.context("read", "robot", name)
    }

    /// This task's own robot gets a secret, and works from then on. By the administrator: a robot that is refused cannot help
    /// itself.
    pub(super) async fn equip_own_robot(&self, stored: &str) -> Result<(), Error> {
        self.access.work_as_administrator();
        let secret = self.working_secret(stored, "/system").await?;
        self.access.work_as(&self.full_name(stored), secret);
        Ok(())
    }

    /// A secret that the values declare, or that nobody but the vault knows.
    pub(super) async fn set_secret(&self, robot: &DesiredRobot) -> Result<(), Error> {
        let stored = robot.stored_name();
        match &robot.secret {
            SecretHome::Declared(secret) => {
                let secret = Secret::from(secret.clone());
                if self.is_refused(&stored, &secret, "/system").await? {
                    self.impose(&stored, &secret, "/system").await?;
                }
                Ok(())
            }
            _ => self.working_secret(&stored, "/system").await.map(drop),
        }
    }

    /// A secret of the robot that works: the kept one where it does, otherwise the kept or a new one once it is set.
    pub(super) async fn working_secret(&self, stored: &str, scope: &str) -> Result<Secret, Error> {
        let secret = match self.kept(stored).await? {
            Some(kept) => {
                let is_fit = fits_harbor(&kept);
                let secret = Secret::from(kept);
                if !self.is_refused(stored, &secret, scope).await? {
                    return Ok(secret);
                }
                // What Harbor would refuse, or take for a wish to have one made, is no secret to go on with.
                if is_fit { secret } else { self.new_secret(stored).await? }
            }
            None => self.new_secret(stored).await?,
        };
        self.impose(stored, &secret, scope).await?;
        Ok(secret)
    }

    /// The kept secret of a robot that other people made, if it works: no other one may be set, which would end theirs.
    pub(super) async fn kept_secret_that_works(&self, stored: &str, scope: &str) -> Result<Secret, Error> {
        let kept = self.kept(stored).await?.map(Secret::from);
        match kept {
            Some(secret) if !self.is_refused(stored, &secret, scope).await? => Ok(secret),
            _ => Err(Error::ForeignRobot { robot: self.full_name(stored) }),
        }
    }

    /// A new secret, kept before it is set anywhere (law 4).
    async fn new_secret(&self, stored: &str) -> Result<Secret, Error> {
        let secret =
            random_secret().map_err(|error| Error::NoRandom { robot: stored.to_owned(), reason: error.to_string() })?;
        self.keep(stored, &secret).await?;
        Ok(Secret::from(secret))
    }

    /// Whether a secret of the robot works, by the robot's name as it is now.
    pub(super) async fn works(&self, stored: &str, secret: &Secret, scope: &str) -> Result<bool, Error> {
        let name = self.full_name(stored);
        let verdict = self.access.verify(&name, secret.clone(), scope).await;
        Ok(verdict.context("verify", "secret of robot", &name)?.works())
    }

    /// Whether a secret is refused by a server that can judge it. While its database is away it refuses the right one too
    /// (server-behaviour 1.1): so a refusal counts only if it comes again after the server has recognised the administrator.
    pub(super) async fn is_refused(&self, stored: &str, secret: &Secret, scope: &str) -> Result<bool, Error> {
        if self.works(stored, secret, scope).await? {
            return Ok(false);
        }
        self.access.prove_healthy().await.context("verify", "health of", "harbor")?;
        Ok(!self.works(stored, secret, scope).await?)
    }

    /// Sets a secret at the server, and sees that it works. The old one ends at that moment: so only where the one that is
    /// known [is refused](Self::is_refused), or none is, and never an empty one, which would make a secret that nobody
    /// knows (server-behaviour 5).
    async fn impose(&self, stored: &str, secret: &Secret, scope: &str) -> Result<(), Error> {
        let id = self.directory.get(&Named::Robot(stored.to_owned())).ok_or_else(|| missing("robot", stored))?;
        let answer = self
            .administrator()
            .robot_secret_update()
            .robot_id(id)
            .body(RobotSec { secret: Some(secret.clone()) })
            .send()
            .await
            .api();
        answer.context("update", "secret of robot", stored)?;
        if self.works(stored, secret, scope).await? {
            Ok(())
        } else {
            Err(Error::SecretRefused { robot: self.full_name(stored) })
        }
    }
}

const fn level(home: &RobotHome) -> &'static str {
    match home {
        RobotHome::System => "system",
        RobotHome::Project(_) => "project",
    }
}

/// How long secrets are that this task makes: as those that the server makes.
const SECRET_LENGTH: usize = 32;
const ALPHABET: [&[u8]; 3] = [b"ABCDEFGHIJKLMNOPQRSTUVWXYZ", b"abcdefghijklmnopqrstuvwxyz", b"0123456789"];

/// A secret of letters and digits with each kind that Harbor wants in it (server-behaviour 5): about 190 bits.
fn random_secret() -> Result<SecretString, getrandom::Error> {
    let everything: Vec<u8> = ALPHABET.concat();
    let mut text = String::with_capacity(SECRET_LENGTH);
    loop {
        let mut bytes = [0_u8; 1];
        getrandom::fill(&mut bytes)?;
        // The highest bytes would favour the first letters.
        let position = usize::from(bytes[0]);
        if position < everything.len() * (256 / everything.len()) {
            text.push(char::from(everything[position % everything.len()]));
        }
        if text.len() == SECRET_LENGTH {
            if ALPHABET.iter().all(|kind| text.bytes().any(|byte| kind.contains(&byte))) {
                return Ok(text.into());
            }
            text.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_made_secret_is_one_that_harbor_takes_and_never_the_same() {
        let made: Vec<SecretString> = (0..64).map(|_| random_secret().unwrap()).collect();
        assert!(made.iter().all(fits_harbor));
        let wire: Vec<Secret> = made.into_iter().map(Secret::from).collect();
        assert!(wire.iter().enumerate().all(|(index, one)| !wire[index + 1..].contains(one)));
    }
}
