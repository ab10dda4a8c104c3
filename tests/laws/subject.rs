//! What a law has to know about a task.

use evenkeel_core::object::ObjectId;
use evenkeel_engine::task::Task;
use evenkeel_sandbox::{Fault, Logged};
use serde_json::Value;

/// The word with which every secret of a subject begins, so that it is known when it goes by.
pub(crate) const MARK: &str = "Kanarie";

/// A task with the stand-in of its application.
pub(crate) trait Subject: Sized {
    /// The task.
    type Task: Task;

    /// Starts a stand-in that holds nothing of what the values declare.
    fn start() -> Self;

    /// Where the stand-in listens: `http://127.0.0.1:<port>`.
    fn url(&self) -> &str;

    /// Values with every kind of object that the task manages, for an application at `url`: files by name. Every secret
    /// is a reference to one of [`SECRETS`](Self::SECRETS).
    fn values(url: &str) -> Vec<(&'static str, String)>;

    /// Values that cannot be used because a secret is where or what it must not be, each with what is wrong. Every secret in
    /// them is one of [`SECRETS`](Self::SECRETS), in plain text.
    fn broken_values(url: &str) -> Vec<(&'static str, Vec<(&'static str, String)>)>;

    /// The secrets that the values refer to: name in the environment, and text that begins with [`MARK`].
    const SECRETS: &'static [(&'static str, &'static str)];

    /// Every request since the last [`forget`](Self::forget).
    fn requests(&self) -> Vec<Logged>;

    /// Forgets the requests so far.
    fn forget(&self);

    /// Adds a fault.
    fn inject(&self, fault: Fault);

    /// Takes back all faults that have not struck.
    fn heal(&self);

    /// All state of the stand-in, ids included.
    fn snapshot(&self) -> Value;

    /// Whether what is under this key of an object in the [`snapshot`](Self::snapshot) differs between two servers that were
    /// asked for the same: moments, and secrets that the server makes up.
    fn is_of_the_moment(key: &str) -> bool;

    /// How many requests have set, with success, what may be set once only, such as an initial password.
    fn set_once(&self) -> usize;

    /// Whether a POST to this path may be sent again although the first may have been done: it leaves the same state.
    fn may_be_repeated(path: &str) -> bool;

    /// What the stand-in holds of the declared objects once this is done: each by its name, and nothing of what is
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
