//! Nobody gives rights that they do not have themselves, by a role or by a binding (contract `roles`).

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

use super::{Access, Question, RBAC, covers};
use crate::kubernetes::answer::{Failure, Named};
use crate::kubernetes::invalid::strings;
use crate::kubernetes::json::quoted;
use crate::kubernetes::registry::Resource;

/// What a change of may leave rights as they are: the garbage collector has to write these.
const BOOKKEEPING: [&str; 4] = ["finalizers", "managedFields", "ownerReferences", "resourceVersion"];

impl Access<'_> {
    /// Refuses a role or binding that gives more than the user has. Other objects give nothing.
    pub(crate) fn may_give(
        &self,
        resource: &Resource,
        namespace: &str,
        old: Option<&Value>,
        new: &Value,
    ) -> Result<(), Failure> {
        if resource.group != RBAC || self.user.is_master() || old.is_some_and(|old| essence(old) == essence(new)) {
            return Ok(());
        }
        let name = new["metadata"]["name"].as_str().unwrap_or_default();
        let question = Question { group: RBAC, namespace, ..Question::default() };
        let rules = match resource.plural.as_str() {
            "roles" | "clusterroles" => {
                let name = if old.is_some() { name } else { "" };
                let question = Question { verb: "escalate", resource: &resource.plural, name, ..question };
                if self.allowed(&question).is_some() {
                    return Ok(());
                }
                new["rules"].clone()
            }
            "rolebindings" | "clusterrolebindings" => {
                let role = new["roleRef"]["name"].as_str().unwrap_or_default();
                let cluster = new["roleRef"]["kind"] == "ClusterRole";
                let (plural, kind) = if cluster { ("clusterroles", "clusterrole") } else { ("roles", "role") };
                let question = Question { verb: "bind", resource: plural, name: role, ..question };
                if self.allowed(&question).is_some() {
                    return Ok(());
                }
                let found = self.world.look(RBAC, plural, if cluster { "" } else { namespace }, role);
                let found = found.ok_or_else(|| Failure::not_found(Named { group: RBAC, kind }, role))?;
                found.value["rules"].clone()
            }
            _ => return Ok(()),
        };
        let lacking = lacking(&self.rules(namespace), &rules);
        if lacking.is_empty() {
            return Ok(());
        }
        let groups: Vec<String> = self.user.groups.iter().map(|group| quoted(group)).collect();
        let why = format!(
            "user {} (groups=[{}]) is attempting to grant RBAC permissions not currently held:\n{}",
            quoted(&self.user.name),
            groups.join(" "),
            lacking.into_iter().collect::<Vec<_>>().join("\n")
        );
        Err(Failure::forbidden(resource.named(), name, &why))
    }
}

fn essence(object: &Value) -> Value {
    let mut object = object.clone();
    if let Some(metadata) = object["metadata"].as_object_mut() {
        BOOKKEEPING.iter().for_each(|key| {
            metadata.remove(*key);
        });
    }
    object
}

/// The rights that no held rule covers, as messages show them: one line for each resource.
fn lacking(held: &[Value], rules: &Value) -> BTreeSet<String> {
    let is_held = |question: &Question<'_>| held.iter().any(|rule| covers(rule, question));
    let mut lines = BTreeSet::new();
    let mut resources: BTreeMap<(&str, &str, &str), Vec<String>> = BTreeMap::new();
    for rule in rules.as_array().into_iter().flatten() {
        for verb in strings(&rule["verbs"]) {
            for path in strings(&rule["nonResourceURLs"]) {
                if !is_held(&Question { verb, path, ..Question::default() }) {
                    lines.insert(format!("{{NonResourceURLs:[{}], Verbs:[{}]}}", quoted(path), quoted(verb)));
                }
            }
            for (group, resource, name) in objects(rule) {
                let (plural, subresource) = resource.split_once('/').unwrap_or((resource, ""));
                let question = Question { verb, group, resource: plural, subresource, name, ..Question::default() };
                let verbs = resources.entry((group, resource, name)).or_default();
                if !is_held(&question) && !verbs.contains(&quoted(verb)) {
                    verbs.push(quoted(verb));
                }
            }
        }
    }
    let resources = resources.into_iter().filter(|(_, verbs)| !verbs.is_empty());
    lines.extend(resources.map(|((group, resource, name), verbs)| {
        let names = if name.is_empty() { String::new() } else { format!(", ResourceNames:[{}]", quoted(name)) };
        let (group, resource, verbs) = (quoted(group), quoted(resource), verbs.join(" "));
        format!("{{APIGroups:[{group}], Resources:[{resource}]{names}, Verbs:[{verbs}]}}")
    }));
    lines
}

/// Group, resource and name of all that a rule is about; without a name where it is about all of a resource.
fn objects(rule: &Value) -> Vec<(&str, &str, &str)> {
    let mut names: Vec<&str> = strings(&rule["resourceNames"]).collect();
    if names.is_empty() {
        names.push("");
    }
    let mut objects = Vec::new();
    for group in strings(&rule["apiGroups"]) {
        for resource in strings(&rule["resources"]) {
            objects.extend(names.iter().map(|name| (group, resource, *name)));
        }
    }
    objects
}
