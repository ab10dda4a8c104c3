//! Watches: one line a change, until the client leaves or its time is over.

use serde_json::{Value, json};
use std::sync::Arc;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

use super::answer::{Answer, Content, Failure, Reply};
use super::list;
use super::registry::{Resource, StoreKey};
use super::request::{Request, Target};
use super::selectors::Selector;
use super::store::{Change, Event, Stored};
use super::views::{self, View};
use super::world::World;

/// How long a watch lasts that does not say.
const LONGEST: i64 = 30 * 60 * 1000;
/// How often a watch that wants them is told how far it has come.
const BOOKMARKS: i64 = 60 * 1000;

/// Everybody who watches.
#[derive(Debug, Default)]
pub(crate) struct Watchers(Vec<Watcher>);

#[derive(Debug)]
struct Watcher {
    resource: Arc<Resource>,
    shelf: StoreKey,
    namespace: Option<String>,
    selector: Selector,
    view: View,
    /// Whether it waits for what no event is.
    is_deaf: bool,
    /// Changes up to this revision are not news.
    after: u64,
    lines: UnboundedSender<String>,
    ends: i64,
    /// When the next bookmark is due, for those who want any.
    bookmark: Option<i64>,
}

impl Watcher {
    /// Whether there is still somebody to hear it.
    fn send(&self, kind: &str, object: &str) -> bool {
        self.lines.send(format!("{{\"type\":\"{kind}\",\"object\":{object}}}\n")).is_ok()
    }

    fn show(&self, stored: &Stored, now: i64) -> String {
        self.view.object(&self.resource, stored, now)
    }

    fn fits(&self, stored: &Stored) -> bool {
        let inside = !self.is_deaf
            && self.namespace.as_deref().is_none_or(|namespace| stored.metadata("namespace") == namespace);
        inside && self.selector.fits(&stored.value)
    }

    /// Tells of a change. An object that fits no longer is gone for this watcher, and one that fits now is new.
    fn tell(&self, event: &Event, now: i64) -> bool {
        let before = event.previous.as_ref().is_some_and(|previous| self.fits(previous));
        let fits = event.change != Change::Deleted && self.fits(&event.object);
        match (before, fits) {
            (false, true) => self.send("ADDED", &self.show(&event.object, now)),
            (true, true) => self.send("MODIFIED", &self.show(&event.object, now)),
            (true, false) => self.send("DELETED", &self.show(&self.last(event), now)),
            (false, false) => true,
        }
    }

    /// The last state that the watcher could see, at the revision of its end.
    fn last(&self, event: &Event) -> Arc<Stored> {
        match (&event.previous, event.change) {
            (Some(previous), Change::Modified) => previous.at(event.revision),
            _ => Arc::clone(&event.object),
        }
    }

    fn bookmark(&self, revision: u64, annotations: Option<Value>) -> bool {
        let mut metadata = json!({"resourceVersion": revision.to_string()});
        if let Some(annotations) = annotations {
            metadata["annotations"] = annotations;
        }
        let object =
            json!({"kind": self.resource.kind, "apiVersion": self.resource.api_version(), "metadata": metadata});
        self.send("BOOKMARK", &object.to_string())
    }
}

/// Answers a watch: first what is there or has happened since, then what happens.
pub(crate) fn answer(world: &mut World, request: &Request, target: &Target, resource: &Arc<Resource>) -> Reply {
    let view = View::read(request)?;
    let selector = list::selector(request, resource)?;
    list::check_match(request, true)?;
    let from = list::revision(request)?;
    let seconds = list::number(request, "timeoutSeconds")?.and_then(|seconds| i64::try_from(seconds).ok());
    let (lines, receiver) = unbounded_channel();
    let now = world.clock.now();
    let namespace = target.object_namespace();
    let watcher = Watcher {
        shelf: resource.stored_as(),
        resource: Arc::clone(resource),
        namespace: (!namespace.is_empty()).then(|| namespace.to_owned()),
        selector,
        view,
        is_deaf: views::asks_for_lists(request),
        after: world.store.revision().max(from.unwrap_or_default()),
        lines,
        ends: now + seconds.map_or(LONGEST, |seconds| seconds * 1000),
        bookmark: request.query.flag("allowWatchBookmarks").then_some(now + BOOKMARKS),
    };
    let initial = request.query.flag("sendInitialEvents");
    let mut goes_on = true;
    match from {
        Some(from) if from > 0 && !initial => goes_on = catch_up(world, &watcher, from, now),
        _ => present(world, &watcher, now),
    }
    if initial {
        watcher.bookmark(world.store.revision(), Some(json!({"k8s.io/initial-events-end": "true"})));
    }
    if goes_on {
        world.watchers.0.push(watcher);
    }
    let mut answer = Answer::new(200, view.content_type, String::new());
    answer.content = Content::Lines(receiver);
    Ok(answer)
}

/// All that is there, as new.
fn present(world: &World, watcher: &Watcher, now: i64) {
    for (_, stored) in world.store.list(&watcher.shelf, watcher.namespace.as_deref()) {
        if watcher.fits(stored) {
            watcher.send("ADDED", &watcher.show(stored, now));
        }
    }
}

/// All that happened since, or that this is not known any more, which ends the watch.
fn catch_up(world: &World, watcher: &Watcher, from: u64, now: i64) -> bool {
    let compacted = world.store.compacted();
    if from < compacted {
        let why = format!("too old resource version: {from} ({compacted})");
        watcher.send("ERROR", &Failure::expired(&why, None).into_status().to_string());
        return false;
    }
    for event in world.store.since(&watcher.shelf, from) {
        watcher.tell(event, now);
    }
    true
}

/// Tells everybody what has changed.
pub(crate) fn publish(world: &mut World) {
    let now = world.clock.now();
    for (shelf, event) in world.store.take_fresh() {
        let owner = world.store.is_owner(event.object.metadata("uid"));
        world.controllers.note(&shelf, &event, owner);
        world
            .watchers
            .0
            .retain(|watcher| watcher.shelf != shelf || event.revision <= watcher.after || watcher.tell(&event, now));
    }
}

/// Sends bookmarks that are due and ends watches whose time is over.
pub(crate) fn pass_time(world: &mut World) {
    let now = world.clock.now();
    let revision = world.store.revision();
    world.watchers.0.retain_mut(|watcher| {
        let over = watcher.ends <= now;
        if watcher.bookmark.is_some_and(|due| due <= now || over) {
            watcher.bookmark(revision, None);
            watcher.bookmark = Some(now + BOOKMARKS);
        }
        !over && !watcher.lines.is_closed()
    });
}

/// The next time at which a watch is to be told something.
pub(crate) fn next_due(world: &World) -> Option<i64> {
    let times = world.watchers.0.iter().flat_map(|watcher| [Some(watcher.ends), watcher.bookmark]);
    times.flatten().min()
}

/// Ends all watches, as a server does that goes away.
pub(crate) fn end_all(world: &mut World) {
    world.watchers.0.clear();
}
