//! Values: layers, model, schema, secret references.

pub mod model;
mod names;
mod representation;
mod secret;

pub use model::Values;
pub use names::{
    DomainName, Email, HttpUrl, InvalidName, NamespaceName, ObjectName, PlatformName, RealmName, RequestUrl,
    StorageQuota, TeamId, TeamPrefix,
};
pub use representation::Representation;
pub use secret::{CaBundle, SecretKey, SecretValue};
