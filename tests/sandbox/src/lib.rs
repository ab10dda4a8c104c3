//! Stateful stand-ins of the applications, over real HTTP on loopback.
//!
//! Each stand-in is an independent witness: it knows the application only by what a real server was seen to answer, and
//! shares no code and no types with the clients and tasks that talk to it. [`Keycloak`] behaves as Keycloak 26.7 does for
//! the objects that the Keycloak task manages, and [`Harbor`] as Harbor 2.15 for those of the Harbor task: it refuses what the
//! real server refuses, pages as it pages, masks as it masks.
//! [`Gitea`] behaves as Forgejo 7.0 or Gitea 1.22 do, for organisations, teams, repositories, users and what belongs to them.
//! [`Kubernetes`] keeps any objects by the rules of an API server 1.36: revisions, patches, ownership of fields, roles, watches.
//!
//! Three things make each more than a mock: its state is whole (a realm has the built-in scopes, clients and roles of a real
//! one, ids and relations hold), its request log tells what was asked ([`Keycloak::requests`], and [`Harbor::requests`] also by
//! whom), and faults can be injected by rule ([`Keycloak::inject`]) down to a connection that is cut after the write was applied.

mod clock;
mod faults;
mod gitea;
mod harbor;
mod host;
mod keycloak;
mod kubernetes;
mod random;
mod request_log;
mod server;
mod watcher;

pub use clock::{Clock, HastyClock, ManualClock, Reached, SystemClock};
pub use faults::{Effect, Fault, Gate, Matching, Page};
pub use gitea::{Gitea, GiteaOptions, GiteaVersion};
pub use harbor::{Harbor, HarborOptions, HarborPart};
pub use host::StartError;
pub use keycloak::{Keycloak, Options, Paths, Version};
pub use kubernetes::{Image, Kubernetes, KubernetesOptions};
pub use request_log::{Caller, Kind, Logged};
pub use watcher::{LooksAway, Watcher};
