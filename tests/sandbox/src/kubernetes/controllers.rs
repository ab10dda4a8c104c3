//! What happens in a cluster by itself: default accounts appear, namespaces end, definitions are established, owned objects
//! go with their owners, and, where there is a node, jobs run.
//!
//! A step is what one look of one controller leads to. Controllers work after each request until nothing is left to do, unless
//! they are paused; then nothing happens by itself.

mod cron_jobs;
mod definitions;
mod deployments;
mod garbage;
mod jobs;
mod kubelet;
mod namespaces;
mod owned;

use std::collections::BTreeMap;

use super::options::{Image, KubernetesOptions};
use super::world::World;

/// Whether controllers work, and on what node.
#[derive(Debug)]
pub(crate) struct Controllers {
    paused: bool,
    images: Option<BTreeMap<String, Image>>,
    /// Changes of this revision and older ones have been looked at.
    seen: u64,
    /// When there may be something to do although nothing changes.
    due: Option<i64>,
}

impl Controllers {
    pub(crate) fn new(options: &KubernetesOptions) -> Self {
        Self { paused: options.paused(), images: options.node().cloned(), seen: 0, due: None }
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
    let Controllers { seen, due, .. } = world.controllers;
    let revision = world.store.revision();
    if seen == revision && due.is_none_or(|due| world.clock.now() < due) {
        return false;
    }
    let worked = namespaces::step(world)
        || definitions::step(world)
        || garbage::step(world)
        || (world.controllers.has_node() && work(world));
    if !worked {
        world.controllers.seen = revision;
        world.controllers.due = if world.controllers.has_node() { next_due(world) } else { None };
    }
    worked
}

/// What happens where there is a node.
fn work(world: &mut World) -> bool {
    cron_jobs::step(world) || jobs::step(world) || deployments::step(world) || kubelet::step(world)
}

fn next_due(world: &World) -> Option<i64> {
    let dues = [cron_jobs::next_due(world), jobs::next_due(world), deployments::next_due(world)];
    dues.into_iter().flatten().min()
}
