//! What objects are called: in paths, and in front of people.

use std::fmt;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::de::DeserializeOwned;

/// A kind of object of the API, by k8s-openapi's description of it.
///
/// Every type of k8s-openapi that has metadata is one.
pub trait Resource: k8s_openapi::Resource + k8s_openapi::Metadata<Ty = ObjectMeta> + DeserializeOwned + Send {}

impl<R> Resource for R where R: k8s_openapi::Resource + k8s_openapi::Metadata<Ty = ObjectMeta> + DeserializeOwned + Send {}

/// A kind whose objects may be deleted. Of everything that holds what others put there, such as a namespace, there is none:
/// whoever may delete it could lose it to a mistake.
pub trait Removable: Resource {}

/// Where an object is: its namespace, if it has one, and its name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectName {
    /// The namespace; `None` for what belongs to the whole cluster.
    pub namespace: Option<String>,
    /// The name.
    pub name: String,
}

impl ObjectName {
    /// An object in a namespace.
    pub fn in_namespace(namespace: impl Into<String>, name: impl Into<String>) -> Self {
        Self { namespace: Some(namespace.into()), name: name.into() }
    }

    /// An object of the whole cluster.
    pub fn of_cluster(name: impl Into<String>) -> Self {
        Self { namespace: None, name: name.into() }
    }

    /// The name of an object that the server has shown.
    #[must_use]
    pub fn of(metadata: &ObjectMeta) -> Self {
        Self { namespace: metadata.namespace.clone(), name: metadata.name.clone().unwrap_or_default() }
    }
}

impl fmt::Display for ObjectName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.namespace {
            Some(namespace) => write!(formatter, "{namespace}/{}", self.name),
            None => formatter.write_str(&self.name),
        }
    }
}

/// What a call is about, for people: ``Secret `team-alpha/demo` ``, ``the Secrets of namespace `team-alpha` ``.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectRef {
    /// The kind, such as `Secret`.
    pub kind: &'static str,
    /// The namespace, where the call has one.
    pub namespace: Option<String>,
    /// The name, where the call has one.
    pub name: Option<String>,
}

impl ObjectRef {
    pub(crate) fn one<R: k8s_openapi::Resource>(name: &ObjectName) -> Self {
        Self { kind: R::KIND, namespace: name.namespace.clone(), name: Some(name.name.clone()) }
    }

    pub(crate) fn many<R: k8s_openapi::Resource>(namespace: Option<&str>) -> Self {
        Self { kind: R::KIND, namespace: namespace.map(str::to_owned), name: None }
    }
}

impl fmt::Display for ObjectRef {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = self.kind;
        match (&self.namespace, &self.name) {
            (Some(namespace), Some(name)) => write!(formatter, "{kind} `{namespace}/{name}`"),
            (None, Some(name)) => write!(formatter, "{kind} `{name}`"),
            (Some(namespace), None) => write!(formatter, "the list of {kind}s in namespace `{namespace}`"),
            (None, None) => write!(formatter, "the list of all {kind}s"),
        }
    }
}

#[cfg(test)]
mod tests {
    use k8s_openapi::api::core::v1::{Namespace, Secret};

    use super::*;

    #[test]
    fn objects_are_called_what_people_call_them() {
        let one = ObjectRef::one::<Secret>(&ObjectName::in_namespace("team-alpha", "demo"));
        assert_eq!(one.to_string(), "Secret `team-alpha/demo`");
        let namespace = ObjectRef::one::<Namespace>(&ObjectName::of_cluster("team-alpha"));
        assert_eq!(namespace.to_string(), "Namespace `team-alpha`");
        assert_eq!(
            ObjectRef::many::<Secret>(Some("team-alpha")).to_string(),
            "the list of Secrets in namespace `team-alpha`"
        );
        assert_eq!(ObjectRef::many::<Secret>(None).to_string(), "the list of all Secrets");
    }
}
