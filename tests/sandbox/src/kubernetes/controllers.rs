//! What happens in a cluster by itself: default accounts appear, namespaces end, definitions are established, owned objects
//! go with their owners, and, where there is a node, jobs run.
//!
//! A step is what one look of one controller leads to. Controllers work after each request until nothing is left to do, unless
//! they are paused; then nothing happens by itself.

mod cron_jobs;
mod definitions;
mod deployments;
mod events;
mod garbage;
mod jobs;
mod kubelet;
mod namespaces;
mod owned;

use std::collections::BTreeMap;

use super::options::{Image, KubernetesOptions};
use super::registry::StoreKey;
use super::store::{Change, Event};
use super::world::World;

/// Whether controllers work, and on what node.
#[derive(Debug)]
pub(crate) struct Controllers {
    paused: bool,
    images: Option<BTreeMap<String, Image>>,
    /// Who has something to look at.
    look: Look,
    /// When there may be something to do although nothing changes.
    due: Option<i64>,
}

/// Which controllers have something to look at: a change that does not concern them would cost each of them a look at
/// everything.
#[derive(Debug, Clone, Copy)]
struct Look {
    namespaces: bool,
    definitions: bool,
    garbage: bool,
    work: bool,
}

impl Look {
    fn all() -> Self {
        Self { namespaces: true, definitions: true, garbage: true, work: true }
    }
}

impl Controllers {
    pub(crate) fn new(options: &KubernetesOptions) -> Self {
        Self { paused: options.paused(), images: options.node().cloned(), look: Look::all(), due: None }
    }

    pub(crate) fn pause(&mut self) {
        self.paused = true;
    }

    pub(crate) fn resume(&mut self) {
        self.paused = false;
    }

    pub(crate) fn has_node(&self) -> bool {
        self.images.is_some()
    }

    /// What containers of an image do, where the node has it.
    fn image(&self, name: &str) -> Option<&Image> {
        self.images.as_ref()?.get(name)
    }

    /// What containers of an image print.
    pub(crate) fn log_of(&self, image: &str) -> String {
        self.image(image).map(|image| image.log.clone()).unwrap_or_default()
    }

    /// Hears of a change. `owner`: other objects name the changed one as their owner.
    pub(crate) fn note(&mut self, shelf: &StoreKey, event: &Event, owner: bool) {
        let deleted = event.change == Change::Deleted;
        let ending = event.object.is_being_deleted();
        self.look.namespaces |= ending || deleted || (&*shelf.plural == "namespaces" && shelf.group.is_empty());
        self.look.definitions |= &*shelf.group == "apiextensions.k8s.io" || deleted;
        self.look.garbage |= ending || (deleted && owner) || (!deleted && event.object.owners().next().is_some());
        self.look.work |= ["pods", "jobs", "cronjobs", "deployments", "replicasets"].contains(&&*shelf.plural);
    }

    /// When there may be something to do although nothing changes.
    pub(crate) fn due(&self) -> Option<i64> {
        self.due.filter(|_| !self.paused)
    }
}

/// Does one thing that is to be done. False: there was nothing.
pub(crate) fn step(world: &mut World) -> bool {
    !world.controllers.paused && step_once(world)
}

/// Does one thing, paused or not.
pub(crate) fn step_once(world: &mut World) -> bool {
    let now = world.clock.now();
    let controllers = &mut world.controllers;
    controllers.look.work |= controllers.due.is_some_and(|due| due <= now);
    let look = controllers.look;
    if look.namespaces && namespaces::step(world) {
        return true;
    }
    world.controllers.look.namespaces = false;
    if look.definitions && definitions::step(world) {
        return true;
    }
    world.controllers.look.definitions = false;
    if look.garbage && garbage::step(world) {
        return true;
    }
    world.controllers.look.garbage = false;
    if !look.work || !world.controllers.has_node() {
        return false;
    }
    if work(world) {
        return true;
    }
    world.controllers.look.work = false;
    world.controllers.due = next_due(world);
    false
}

/// What happens where there is a node.
fn work(world: &mut World) -> bool {
    cron_jobs::step(world) || jobs::step(world) || deployments::step(world) || kubelet::step(world)
}

fn next_due(world: &World) -> Option<i64> {
    let dues =
        [cron_jobs::next_due(world), jobs::next_due(world), deployments::next_due(world), kubelet::next_due(world)];
    dues.into_iter().flatten().min()
}
