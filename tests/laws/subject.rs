//! What a law has to know about a task.

use evenkeel_core::{object::ObjectId, plan::ChangeDocument};
use evenkeel_engine::task::Task;
use evenkeel_sandbox::{Fault, Logged};
use serde_json::Value;

/// The word with which every secret of a subject begins, so that it is known when it goes by.
pub(crate) const MARK: &str = "Kanarie";

/// A server that a task speaks with, as far as a law knows it.
pub(crate) trait StandIn {
    /// Where it listens: `http://127.0.0.1:<port>`.
    fn url(&self) -> &str;

    /// Every request since the last [`forget`](Self::forget).
    fn requests(&self) -> Vec<Logged>;

    /// Forgets the requests so far.
    fn forget(&self);

    /// Adds a fault.
    fn inject(&self, fault: Fault);

    /// Takes back all faults that have not struck.
    fn heal(&self);

    /// All state, ids and secrets included.
    fn snapshot(&self) -> Value;
}

/// A sandbox server is a stand-in as it is.
macro_rules! stand_in {
    ($($server:ty),+ $(,)?) => {$(
        impl StandIn for $server {
            fn url(&self) -> &str {
                self.url()
            }

            fn requests(&self) -> Vec<Logged> {
                self.requests()
            }

            fn forget(&self) {
                self.reset_log();
            }

            fn inject(&self, fault: Fault) {
                self.inject(fault);
            }

            fn heal(&self) {
                self.clear_faults();
            }

            fn snapshot(&self) -> Value {
                self.snapshot()
            }
        }
    )+};
}

stand_in!(evenkeel_sandbox::Harbor, evenkeel_sandbox::Keycloak, evenkeel_sandbox::Kubernetes);

/// A secret of the values that the application hides once it has it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hidden {
    /// Its name among [`SECRETS`](Subject::SECRETS).
    pub(crate) secret: &'static str,
    /// The object that holds it, as `kind/name`.
    pub(crate) object: &'static str,
    /// The field.
    pub(crate) path: &'static str,
}

/// A task with the stand-ins of the servers that it speaks with.
pub(crate) trait Subject: Sized {
    /// The task.
    type Task: Task;

    /// Starts stand-ins that hold nothing of what the values declare.
    fn start() -> Self;

    /// The servers by name, always in the same order.
    fn servers(&self) -> Vec<(&'static str, &dyn StandIn)>;

    /// Values with every kind of object that the task manages, for servers at `urls`, in the order of
    /// [`servers`](Self::servers): files by name; one that is called `kubeconfig` says where the cluster is. Every secret is a reference to one of [`SECRETS`](Self::SECRETS).
    fn values(urls: &[String]) -> Vec<(&'static str, String)>;

    /// Values that cannot be used because a secret is where or what it must not be, each with what is wrong. Every secret in
    /// them is one of [`SECRETS`](Self::SECRETS), in plain text.
    fn broken_values(urls: &[String]) -> Vec<(&'static str, Vec<(&'static str, String)>)>;

    /// The secrets that the values refer to: name in the environment, and text that begins with [`MARK`].
    const SECRETS: &'static [(&'static str, &'static str)];

    /// The secrets that the application hides.
    const HIDDEN: &'static [Hidden];

    /// Whether the task gets its tokens by logging in.
    const LOGS_IN: bool = true;

    /// [`values`](Self::values) without some of their objects, among them one that holds data, if the task makes such.
    fn fewer_values(urls: &[String]) -> Vec<(&'static str, String)>;

    /// The platform, one team, an address and a login, and beyond that only what the task cannot do without.
    fn minimal_values(urls: &[String]) -> Vec<(&'static str, String)>;

    /// Whether others can have objects of the names that [`minimal_values`](Self::minimal_values) imply, and have them otherwise.
    const IS_MET_UNDER_ITS_NAMES: bool;

    /// Fills the servers as people do who have never heard of evenkeel: with objects of their own, also under names that a
    /// platform implies, and with settings that are not the built-in ones.
    async fn fill_by_others(&self);

    /// The objects of which a created one becomes a part, or in which it gets or gives rights.
    fn reaches_into(change: &ChangeDocument) -> Vec<ObjectId>;

    /// Whether objects of our own, and nothing of others, are at a place of the state.
    fn holds_our_own(place: &str) -> bool;

    /// Whether a change is made by that of another object, and is planned so that people see it.
    fn goes_along(_: &ChangeDocument) -> bool {
        false
    }

    /// Whether a refused write of an object is known to be refused the next time too.
    fn is_refused_for_good(_: &ObjectId) -> bool {
        false
    }

    /// Whether [`fewer_values`](Self::fewer_values) leave out something that holds data.
    const HOLDS_DATA: bool;

    /// Of places in which pruned servers differ from servers that never held more, those that a prune is to blame for. Some
    /// objects cannot be unmade, such as a setting that is only not declared any more.
    fn without_lasting_traces(places: Vec<String>) -> Vec<String>;

    /// Where the servers listen.
    fn urls(&self) -> Vec<String> {
        self.servers().into_iter().map(|(_, server)| server.url().to_owned()).collect()
    }

    /// Every request to any of the servers since the last [`forget`](Self::forget).
    fn requests(&self) -> Vec<Logged> {
        self.servers().into_iter().flat_map(|(_, server)| server.requests()).collect()
    }

    /// Forgets the requests so far.
    fn forget(&self) {
        self.servers().into_iter().for_each(|(_, server)| server.forget());
    }

    /// Adds the fault to every server.
    fn inject(&self, fault: Fault) {
        self.servers().into_iter().for_each(|(_, server)| server.inject(fault.clone()));
    }

    /// Adds the fault to one server, by its position.
    fn inject_into(&self, server: usize, fault: Fault) {
        self.servers()[server].1.inject(fault);
    }

    /// Takes back all faults that have not struck.
    fn heal(&self) {
        self.servers().into_iter().for_each(|(_, server)| server.heal());
    }

    /// All state of all servers, ids included.
    fn snapshot(&self) -> Value {
        self.servers().into_iter().map(|(name, server)| (name.to_owned(), server.snapshot())).collect()
    }

    /// Whether what is under this key of an object in the [`snapshot`](Self::snapshot) differs between two servers that were
    /// asked for the same: moments, and secrets that the server makes up.
    fn is_of_the_moment(key: &str) -> bool;

    /// How many requests have set, with success, what may be set once only, such as an initial password.
    fn set_once(&self) -> usize;

    /// What somebody who uses what the task provides, all the time, has to complain about.
    fn broken_promises(&self) -> Vec<String> {
        Vec::new()
    }

    /// Whether a POST to this path may be sent again although the first may have been done: it leaves the same state.
    fn may_be_repeated(path: &str) -> bool;

    /// What the stand-ins hold of the declared objects once this is done: each by its name, and nothing of what is
    /// declared about it. Planning on it shows relations that come along where an object is made.
    async fn make_bare_objects(&self);

    /// Adds objects that nobody declared, and sets fields of declared objects that nobody declared, in every place where
    /// the application has room for them.
    async fn add_foreign(&self);

    /// Spoils one field of a declared object that is there; of a relation (it has no fields) the whole.
    async fn wreck(&self, object: &ObjectId, field: Option<&str>);

    /// Removes a declared object that is there, or undoes a declared relation.
    async fn remove(&self, object: &ObjectId);

    /// Why this field of this object cannot be spoiled so that a plan could see it; `None` when it can.
    fn beyond_wrecking(object: &ObjectId, field: Option<&str>) -> Option<&'static str>;

    /// Why spoiling this field takes along more than the field: the plan may show more, and the repair cannot bring back
    /// everything. `None` for most.
    fn lasting_damage(object: &ObjectId, field: Option<&str>) -> Option<&'static str>;
}
