//! Secrets that Harbor named when it made robots in this round: the one moment at which it shows them (server-behaviour 5).
//!
//! Nobody else knows such a secret or can be using another one, so that nothing has to be set: it is kept, and then published.
//! Whether the answers of this server can be believed is tried with the first of them.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use evenkeel_transport::Secret;

/// A robot that was made in this round.
#[derive(Clone, Debug)]
pub(crate) struct MadeRobot {
    /// Its secret.
    pub(crate) secret: Secret,
    /// When it was made: the moment of its last change, until somebody changes it.
    pub(crate) made: String,
    /// Whether the secret is kept.
    pub(crate) is_kept: bool,
}

/// The robots that were made in this round, by the name without prefix.
#[derive(Debug, Default)]
pub(crate) struct MadeRobots {
    robots: Mutex<BTreeMap<String, MadeRobot>>,
    /// Held while secrets are being kept.
    keeping: futures::lock::Mutex<()>,
    /// Whether a secret that a create named was seen to work; `None` until one was tried.
    believed: futures::lock::Mutex<Option<bool>>,
}

impl MadeRobots {
    pub(crate) fn insert(&self, stored: String, robot: MadeRobot) {
        self.map().insert(stored, robot);
    }

    pub(crate) fn find(&self, stored: &str) -> Option<MadeRobot> {
        self.map().get(stored).cloned()
    }

    pub(crate) fn clear(&self) {
        self.map().clear();
    }

    /// Whether what creates name works. The first that asks tries it; the others wait for the answer.
    pub(crate) async fn are_believed<E>(&self, works: impl Future<Output = Result<bool, E>>) -> Result<bool, E> {
        let mut believed = self.believed.lock().await;
        if let Some(believed) = *believed {
            return Ok(believed);
        }
        Ok(*believed.insert(works.await?))
    }

    /// Has all secrets kept that are not yet: many robots are made before the first of their Secrets, so that this is one write for most.
    pub(crate) async fn have_kept<E, Fut>(&self, keep: impl FnOnce(Vec<(String, Secret)>) -> Fut) -> Result<(), E>
    where
        Fut: Future<Output = Result<(), E>>,
    {
        let _alone = self.keeping.lock().await;
        let unkept: Vec<(String, Secret)> = {
            let robots = self.map();
            let unkept = robots.iter().filter(|(_, robot)| !robot.is_kept);
            unkept.map(|(stored, robot)| (stored.clone(), robot.secret.clone())).collect()
        };
        if unkept.is_empty() {
            return Ok(());
        }
        keep(unkept.clone()).await?;
        let mut robots = self.map();
        for (stored, _) in &unkept {
            if let Some(robot) = robots.get_mut(stored) {
                robot.is_kept = true;
            }
        }
        Ok(())
    }

    fn map(&self) -> MutexGuard<'_, BTreeMap<String, MadeRobot>> {
        // What a panicking thread left behind is a complete map.
        self.robots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn robot(secret: &str) -> MadeRobot {
        MadeRobot { secret: Secret::from(secret), made: String::new(), is_kept: false }
    }

    #[tokio::test]
    async fn secrets_of_many_robots_are_kept_together_and_once() {
        let made = MadeRobots::default();
        made.insert("a".to_owned(), robot("one"));
        made.insert("b".to_owned(), robot("two"));
        assert_eq!(made.have_kept(|_| async { Err("full") }).await, Err("full"));
        let mut kept = Vec::new();
        for _ in 0..2 {
            let keep = |secrets: Vec<(String, Secret)>| {
                kept.push(secrets.len());
                async { Ok::<_, &str>(()) }
            };
            made.have_kept(keep).await.unwrap();
        }
        assert_eq!(kept, [2]);
    }

    #[tokio::test]
    async fn a_server_is_tried_until_it_has_answered_and_then_no_more() {
        let made = MadeRobots::default();
        assert_eq!(made.are_believed(async { Err("away") }).await, Err("away"));
        assert_eq!(made.are_believed(async { Ok::<_, &str>(false) }).await, Ok(false));
        assert_eq!(made.are_believed(async { Ok::<_, &str>(true) }).await, Ok(false));
    }
}
