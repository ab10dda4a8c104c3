//! The cluster's state, and the way of a request through it: who asks, whether there is room, whether it may, what it gets.

use std::sync::Arc;

use serde_json::{Value, json};

use super::access::{User, access, effective};
use super::answer::{Answer, Failure, Reply};
use super::controllers::Controllers;
use super::crowd::Crowd;
use super::options::KubernetesOptions;
use super::registry::{Registry, Resource, StoreKey};
use super::request::{Request, Target};
use super::store::{Key, Store, Stored};
use super::time::stamp;
use super::tokens::Tokens;
use super::watch::Watchers;
use super::{bootstrap, delete, list, paths, reviews, views, watch, write};
use crate::clock::Clock;

/// The namespaces that are always there.
pub(crate) const NAMESPACES: [&str; 4] = ["default", "kube-node-lease", "kube-public", "kube-system"];
/// Five minutes: what is older than twice that cannot be listed or watched from any more.
const COMPACTION: i64 = 5 * 60 * 1000;

/// Everything that the server knows.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) url: String,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) registry: Registry,
    pub(crate) store: Store,
    pub(crate) tokens: Tokens,
    pub(crate) watchers: Watchers,
    pub(crate) controllers: Controllers,
    pub(crate) crowd: Arc<Crowd>,
    /// When history was last compacted, and the revision of that time.
    compaction: (i64, u64),
}

impl World {
    pub(crate) fn new(url: String, options: &KubernetesOptions) -> Self {
        let clock = options.clock();
        let mut world = Self {
            url,
            compaction: (clock.now(), 0),
            clock,
            registry: Registry::new(),
            store: Store::default(),
            tokens: Tokens::new(options),
            watchers: Watchers::default(),
            controllers: Controllers::new(options),
            crowd: Arc::new(Crowd::new(options)),
        };
        bootstrap::fill(&mut world);
        world.settle();
        world
    }

    /// The present, as objects have it.
    pub(crate) fn now(&self) -> String {
        stamp(self.clock.now())
    }

    /// Answers a request; what controllers and watchers make of it comes right after.
    pub(crate) fn answer(&mut self, request: &Request) -> Answer {
        self.pass_time();
        let answer = self.respond(request).unwrap_or_else(Answer::from);
        self.settle();
        answer
    }

    /// Does what is due by now.
    pub(crate) fn pass_time(&mut self) {
        let now = self.clock.now();
        if now - self.compaction.0 >= COMPACTION {
            self.store.compact(self.compaction.1);
            self.compaction = (now, self.store.revision());
        }
        self.settle();
        watch::pass_time(self);
    }

    /// Lets controllers work until nothing is left to do, and tells those who watch.
    pub(crate) fn settle(&mut self) {
        watch::publish(self);
        while super::controllers::step(self) {
            watch::publish(self);
        }
    }

    fn respond(&mut self, request: &Request) -> Reply {
        let user = self.tokens.user(self, request).ok_or_else(Failure::unauthorized)?;
        let permit = self.crowd.enter(&user, request)?;
        let user = effective(self, user, request)?;
        self.authorize(&user, request)?;
        let mut answer = match &request.target {
            None => paths::answer(self, request),
            Some(target) => self.handle(request, target, &user),
        }?;
        answer.permit = permit;
        Ok(answer)
    }

    fn authorize(&self, user: &User, request: &Request) -> Result<(), Failure> {
        match &request.target {
            None => access(self, user).path(request.verb(), &request.path),
            Some(target) => access(self, user).target(request.verb(), target, request.name_for_roles()),
        }
    }

    fn handle(&mut self, request: &Request, target: &Target, user: &User) -> Reply {
        let resource = self.resource(target)?;
        if !resource.is_stored() && target.subresource.is_empty() {
            return match request.method.as_str() {
                "POST" => reviews::answer(self, request, &resource, user),
                _ => Err(Failure::wrong_method()),
            };
        }
        let verb = request.verb();
        match target.subresource.as_str() {
            "" if !resource.verbs.iter().any(|known| known == verb) => Err(Failure::wrong_method()),
            "" => self.objects(request, target, &resource, user),
            part => match resource.subresources.iter().find(|known| known.name == part) {
                None => Err(Failure::no_resource()),
                Some(part) if !part.verbs.iter().any(|known| known == verb) => Err(Failure::wrong_method()),
                Some(part) => super::parts::answer(self, request, target, &resource, &part.name, user),
            },
        }
    }

    fn objects(&mut self, request: &Request, target: &Target, resource: &Arc<Resource>, user: &User) -> Reply {
        let everywhere = resource.namespaced && target.object_namespace().is_empty();
        let written = match request.verb() {
            "get" => return views::one(self, request, target, resource),
            "list" => return list::answer(self, request, target, resource),
            "watch" => return watch::answer(self, request, target, resource),
            _ if everywhere => Err(Failure::wrong_method()),
            "create" if target.name.is_empty() => write::create(self, request, target, resource, user),
            "update" if !target.name.is_empty() => write::update(self, request, target, resource, user),
            "patch" if !target.name.is_empty() => write::patch(self, request, target, resource, user),
            "delete" => delete::one(self, request, target, resource),
            "deletecollection" => delete::collection(self, request, target, resource),
            _ => Err(Failure::wrong_method()),
        };
        written.map(|answer| views::written(request, answer))
    }

    /// The resource of a path. A group that is not there has no page; a resource that its group does not have is a Status.
    fn resource(&self, target: &Target) -> Result<Arc<Resource>, Failure> {
        if !self.registry.has_version(&target.group, &target.version) {
            return Err(Failure::no_page());
        }
        let found = self.registry.find(&target.group, &target.version, &target.plural);
        let resource = found.ok_or_else(Failure::no_resource)?;
        let inside = !target.object_namespace().is_empty();
        if (inside && !resource.namespaced) || (!inside && resource.namespaced && !target.name.is_empty()) {
            return Err(Failure::no_resource());
        }
        Ok(resource)
    }

    /// An object that is there.
    pub(crate) fn object(&self, resource: &Resource, target: &Target) -> Result<Arc<Stored>, Failure> {
        let key = Key::new(target.object_namespace(), &target.name);
        let found = self.store.get(&resource.stored_as(), &key);
        found.map(Arc::clone).ok_or_else(|| Failure::not_found(resource.named(), &target.name))
    }

    /// An object by its kind's place in the store.
    pub(crate) fn look(&self, group: &str, plural: &str, namespace: &str, name: &str) -> Option<&Arc<Stored>> {
        self.store.get(&StoreKey::new(group, plural), &Key::new(namespace, name))
    }

    /// What a namespace says of itself; nothing where there is none.
    pub(crate) fn namespace(&self, name: &str) -> Option<&Arc<Stored>> {
        self.look("", "namespaces", "", name)
    }

    /// The next time at which something is to be done.
    pub(crate) fn next_due(&self) -> Option<i64> {
        [watch::next_due(self), self.controllers.due()].into_iter().flatten().min()
    }

    /// All state, by resource and name.
    pub(crate) fn snapshot(&self) -> Value {
        let mut all = json!({});
        for (shelf, objects) in self.store.everything() {
            for (key, object) in objects {
                let name = if key.namespace.is_empty() {
                    key.name.to_string()
                } else {
                    format!("{}/{}", key.namespace, key.name)
                };
                all[shelf.name()][name] = object.value.clone();
            }
        }
        all
    }
}
