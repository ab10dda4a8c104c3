//! The desired values: layers of YAML, merged, checked, and given types, with the place of every value.
//!
//! [`Values::load`] is the way in. It takes texts (reading files is the engine's part) and gives either typed
//! [`Values`] with a [`Document`] that knows where each value was written, or all [`Problems`] at once.
//!
//! The steps, each in a module of its own: YAML becomes a located tree, layers are laid over each other, the
//! merged tree is held against the JSON Schema of the types, checked across objects, and deserialized. A secret is
//! `SecretString` from the text of its file on, and no problem, excerpt or `Debug` form shows one.

mod compose;
mod deserialize;
mod document;
mod layers;
mod load;
pub mod model;
mod names;
mod nickname;
mod path;
mod pattern;
mod problem;
mod representation;
mod scalar;
mod schema;
mod secret;
mod secret_lines;
mod semantics;
mod set;
mod source;
mod tree;

pub use document::{Document, Part};
pub use load::Inspection;
pub use model::Values;
pub use names::{
    AddressableName, CopyName, DomainName, Email, GroupPath, HeaderName, HostAndPort, HostName, HttpUrl, InvalidName,
    JsonPointer, KubernetesTarget, LabelKey, LabelValue, NamePattern, NamespaceName, ObjectName, PlatformName,
    ProjectName, RealmName, RealmUrl, RequestUrl, RobotName, SecretType, StorageQuota, TeamId, TeamPrefix, UserName,
    VulnerabilityId,
};
pub use nickname::{folded_nickname, nickname_of};
pub use path::{Step, ValuePath};
pub use pattern::fits_pattern;
pub use problem::{Problem, Problems};
pub use representation::Representation;
pub use schema::Schema;
pub use secret::{CaBundle, HeaderText, SecretKey, SecretValue, WebhookAddress};
pub use source::{Location, MAX_SOURCE_BYTES, Source, SourceKind};
