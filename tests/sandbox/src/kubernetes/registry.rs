//! Which resources there are: those of `data/resources.json`, and those that custom resource definitions add.

use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::answer::Named;
use super::invalid::Names;

const RESOURCES: &str = include_str!("data/resources.json");
const VERBS: [&str; 8] = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];

/// A kind of object and how it is reached.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Resource {
    pub(crate) group: String,
    pub(crate) version: String,
    pub(crate) plural: String,
    pub(crate) singular: String,
    pub(crate) kind: String,
    pub(crate) namespaced: bool,
    #[serde(default)]
    pub(crate) short_names: Vec<String>,
    #[serde(default)]
    pub(crate) categories: Vec<String>,
    #[serde(default = "all_verbs")]
    pub(crate) verbs: Vec<String>,
    #[serde(default)]
    pub(crate) storage_version_hash: Option<String>,
    #[serde(default)]
    pub(crate) subresources: Vec<Subresource>,
    /// Its name in `data/types.json`.
    #[serde(rename = "type")]
    pub(crate) type_name: String,
    #[serde(default)]
    names: NameRule,
    /// Whether DELETE answers with the object.
    #[serde(default)]
    pub(crate) returns_object: bool,
    /// Whether PUT makes what is not there.
    #[serde(default)]
    pub(crate) create_on_update: bool,
    /// Whether PUT may overwrite without a resourceVersion.
    #[serde(default = "yes")]
    pub(crate) unconditional_update: bool,
    /// Whether changes of the spec are counted.
    #[serde(default)]
    pub(crate) generation: bool,
    /// Whether DELETE leaves what it owns, unless told otherwise.
    #[serde(default)]
    pub(crate) orphans: bool,
    /// Whether a definition made it.
    #[serde(default)]
    pub(crate) custom: bool,
}

/// A part of an object with a path of its own.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Subresource {
    pub(crate) name: String,
    pub(crate) kind: String,
    pub(crate) verbs: Vec<String>,
    #[serde(default)]
    pub(crate) group: Option<String>,
    #[serde(default)]
    pub(crate) version: Option<String>,
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum NameRule {
    #[default]
    Subdomain,
    Label,
    Label1035,
    Path,
}

fn all_verbs() -> Vec<String> {
    VERBS.map(str::to_owned).to_vec()
}

fn yes() -> bool {
    true
}

impl Resource {
    /// A resource that a definition adds.
    pub(crate) fn custom(group: &str, version: &str, plural: &str, kind: &str, namespaced: bool, status: bool) -> Self {
        let verbs = ["get", "patch", "update"].map(str::to_owned).to_vec();
        let part = Subresource { name: "status".to_owned(), kind: kind.to_owned(), verbs, group: None, version: None };
        Self {
            group: group.to_owned(),
            version: version.to_owned(),
            plural: plural.to_owned(),
            singular: kind.to_lowercase(),
            kind: kind.to_owned(),
            namespaced,
            short_names: Vec::new(),
            categories: Vec::new(),
            verbs: all_verbs(),
            storage_version_hash: None,
            subresources: status.then_some(part).into_iter().collect(),
            type_name: "Custom".to_owned(),
            names: NameRule::Subdomain,
            returns_object: false,
            create_on_update: false,
            unconditional_update: false,
            generation: true,
            orphans: false,
            custom: true,
        }
    }

    /// `v1`, `batch/v1`.
    pub(crate) fn api_version(&self) -> String {
        if self.group.is_empty() { self.version.clone() } else { format!("{}/{}", self.group, self.version) }
    }

    /// As messages about the resource name it: `secrets`, `jobs.batch`.
    pub(crate) fn named(&self) -> Named<'_> {
        Named { group: &self.group, kind: &self.plural }
    }

    /// As messages about a wrong object name it: `Secret`, `Job.batch`. Events are those of the core in either group.
    pub(crate) fn named_kind(&self) -> Named<'_> {
        let group = if self.group == "events.k8s.io" { "" } else { &self.group };
        Named { group, kind: &self.kind }
    }

    /// As it is called inside the real server, in messages about objects of another kind.
    pub(crate) fn internal_name(&self) -> String {
        let package = match self.group.as_str() {
            "" | "events.k8s.io" => "core",
            group => group.split('.').next().unwrap_or(group),
        };
        format!("{package}.{}", self.kind)
    }

    /// Group and resource under which objects are stored. Both kinds of events are the same objects.
    pub(crate) fn stored_as(&self) -> StoreKey {
        let group = if self.group == "events.k8s.io" { "" } else { self.group.as_str() };
        StoreKey { group: group.into(), plural: self.plural.as_str().into() }
    }

    pub(crate) fn names(&self) -> Names {
        match self.names {
            NameRule::Subdomain => Names::Subdomain,
            NameRule::Label => Names::Label,
            NameRule::Label1035 => Names::OldLabel,
            NameRule::Path => Names::PathSegment,
        }
    }

    pub(crate) fn has_status(&self) -> bool {
        self.subresources.iter().any(|part| part.name == "status")
    }

    /// Whether there are objects to keep, and not only answers to questions.
    pub(crate) fn is_stored(&self) -> bool {
        self.verbs.iter().any(|verb| verb == "list")
    }

    /// Whether it is that resource of that group.
    pub(crate) fn is(&self, group: &str, plural: &str) -> bool {
        self.group == group && self.plural == plural
    }
}

/// Where the objects of a resource are kept, whatever version they are asked in.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct StoreKey {
    pub(crate) group: Arc<str>,
    pub(crate) plural: Arc<str>,
}

impl StoreKey {
    pub(crate) fn new(group: &str, plural: &str) -> Self {
        Self { group: group.into(), plural: plural.into() }
    }

    /// `secrets`, `jobs.batch`.
    pub(crate) fn name(&self) -> String {
        if self.group.is_empty() { self.plural.to_string() } else { format!("{}.{}", self.plural, self.group) }
    }
}

/// All resources.
#[derive(Debug)]
pub(crate) struct Registry {
    builtin: Vec<Arc<Resource>>,
    /// By the name of the definition.
    custom: BTreeMap<String, Vec<Arc<Resource>>>,
}

impl Registry {
    pub(crate) fn new() -> Self {
        let builtin: Vec<Resource> = serde_json::from_str(RESOURCES).unwrap_or_default();
        Self { builtin: builtin.into_iter().map(Arc::new).collect(), custom: BTreeMap::new() }
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = &Arc<Resource>> {
        self.builtin.iter().chain(self.custom.values().flatten())
    }

    pub(crate) fn find(&self, group: &str, version: &str, plural: &str) -> Option<Arc<Resource>> {
        self.all().find(|resource| resource.is(group, plural) && resource.version == version).map(Arc::clone)
    }

    /// Any version of a resource.
    pub(crate) fn resource(&self, group: &str, plural: &str) -> Option<Arc<Resource>> {
        self.all().find(|resource| resource.is(group, plural)).map(Arc::clone)
    }

    /// The resource of objects of that kind.
    pub(crate) fn of_kind(&self, api_version: &str, kind: &str) -> Option<Arc<Resource>> {
        self.all().find(|resource| resource.kind == kind && resource.api_version() == api_version).map(Arc::clone)
    }

    pub(crate) fn has_version(&self, group: &str, version: &str) -> bool {
        self.all().any(|resource| resource.group == group && resource.version == version)
    }

    /// Replaces what the definition of that name adds.
    pub(crate) fn define(&mut self, definition: &str, resources: Vec<Resource>) {
        if resources.is_empty() {
            self.custom.remove(definition);
        } else {
            self.custom.insert(definition.to_owned(), resources.into_iter().map(Arc::new).collect());
        }
    }

    /// What may hold objects in a namespace, each once.
    pub(crate) fn in_namespaces(&self) -> Vec<StoreKey> {
        let mut keys: Vec<StoreKey> = self
            .all()
            .filter(|resource| resource.namespaced && resource.is_stored())
            .map(|resource| resource.stored_as())
            .collect();
        keys.sort();
        keys.dedup();
        keys
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kubernetes::schema::Shape;

    #[test]
    fn every_resource_has_a_type() {
        let registry = Registry::new();
        assert!(registry.all().count() > 30);
        for resource in registry.all() {
            assert!(Shape::of(&resource.type_name).fields().is_some(), "{}", resource.plural);
        }
    }
}
