//! What evenkeel needs of the Kubernetes API, on kube and k8s-openapi.
//!
//! A [`Cluster`] is made from a [`Connection`]: inferred as kubectl does, or given. Every call says in its documentation
//! which right it needs, as an RBAC rule; `docs/kubernetes.md` has them together. The rules of the server that the calls
//! keep to are those of server-behaviour 9:
//!
//! - [`secret`]: server-side apply with a field manager of our own and `data` (never `stringData`); a changed type is a delete and
//!   a create, never by surprise.
//! - [`service_account`]: one entry of an atomic list, by read, change and guarded write.
//! - [`namespace`]: missing, being deleted, or forbidden: three things.
//! - [`Listing`]: pages, and metadata only where that is enough; [`Cluster::read_all`] reads by name where a list is
//!   forbidden.
//! - [`lease`]: one run at a time. [`event`]: what people see with `kubectl describe job`. [`watch`](Cluster::until): waiting
//!   for one object. [`access`](Cluster::may): may I?
//!
//! kube's client sends; what kube would do with an answer is done here, because kube writes whole answers into its log
//! where it cannot read them, and a list of Secrets is such an answer. Requests are counted, capped, bounded and repeated as those of
//! the generated clients ([`evenkeel_transport`]).

mod access;
mod call;
mod cluster;
mod connection;
mod error;
pub mod event;
mod failure;
pub mod lease;
mod list;
mod login;
pub mod namespace;
mod object;
mod objects;
mod options;
pub mod secret;
mod sending;
pub mod service_account;
mod watch;

pub use access::Access;
pub use cluster::Cluster;
pub use connection::Connection;
pub use error::{FieldConflict, KubernetesError, Refusal};
pub use k8s_openapi;
pub use list::{Listing, Readings};
pub use object::{ObjectName, ObjectRef, Removable, Resource};
pub use options::ClusterOptions;

/// Labels that our objects carry, in the words of everybody (`app.kubernetes.io`) and our own.
pub mod label {
    /// Who manages the object: [`EVENKEEL`].
    pub const MANAGED_BY: &str = "app.kubernetes.io/managed-by";
    /// What the object is a part of: [`EVENKEEL`]. What evenkeel keeps for itself has this and not [`MANAGED_BY`], so that lists of
    /// what it manages for others do not read it.
    pub const PART_OF: &str = "app.kubernetes.io/part-of";
    /// Which part of it the object is.
    pub const COMPONENT: &str = "app.kubernetes.io/component";
    /// The value of [`MANAGED_BY`] and [`PART_OF`].
    pub const EVENKEEL: &str = "evenkeel";
    /// Which platform (`platform.name`) it belongs to.
    pub const PLATFORM: &str = "evenkeel.dev/platform";
    /// Which task made it.
    pub const TASK: &str = "evenkeel.dev/task";

    /// What only objects carry that a task manages for a platform, as a label selector.
    #[must_use]
    pub fn selector(platform: &str, task: &str) -> String {
        format!("{MANAGED_BY}={EVENKEEL},{PLATFORM}={platform},{TASK}={task}")
    }
}
