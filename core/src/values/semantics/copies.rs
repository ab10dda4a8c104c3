//! Copies of Secrets: what cannot be copied, and targets that would let others choose a name.

use crate::values::{
    compose::Finding,
    names::SecretType,
    source::Origin,
    tree::{Map, Node},
};

/// Labels and annotations that this tool, or kubectl, gives a meaning of its own.
const RESERVED: [&str; 2] = ["app.kubernetes.io/managed-by", "kubectl.kubernetes.io/last-applied-configuration"];
/// What the names of this tool's own labels and annotations begin with.
const OURS: &str = "evenkeel.dev/";

pub(super) fn check(root: &Node, findings: &mut Vec<Finding>) {
    for (index, copy) in root.get("copies").and_then(Node::as_list).unwrap_or_default().iter().enumerate() {
        bound_type(index, copy, findings);
        into_itself(index, copy, findings);
        if let Some(to) = copy.get("to").filter(|to| to.as_map().is_some()) {
            shape(index, copy, to, findings);
            reserved_marks(index, to, findings);
        }
    }
}

fn bound_type(index: usize, copy: &Node, findings: &mut Vec<Finding>) {
    if let Some(node) = copy.find(&["from", "type"])
        && let Some(secret_type) = node.as_text().filter(|text| SecretType::BOUND.contains(text))
    {
        let message = format!("`copies[{index}].from.type`: Secrets of type `{secret_type}` cannot be copied");
        findings.push(Finding::at(node.origin, message).with_hint("they work in their own namespace only"));
    }
}

fn into_itself(index: usize, copy: &Node, findings: &mut Vec<Finding>) {
    let target = copy.find(&["to", "namespace"]).or_else(|| copy.find(&["to", "namespaces"]));
    let Some(target) = target.and_then(only_text) else { return };
    let Some(from) = copy.find(&["from", "namespaces"]) else { return };
    if only_text(from) == Some(target) && !target.contains('*') {
        let message = format!("`copies[{index}]` copies from namespace `{target}` into itself");
        findings.push(Finding::at(from.origin, message).with_hint("name another namespace in `to`"));
    }
}

/// One namespace with names that tell sources apart, or many with the names of sources that the values name.
fn shape(index: usize, copy: &Node, to: &Node, findings: &mut Vec<Finding>) {
    let mut add = |origin: Origin, message: String, hint: &'static str| {
        findings.push(Finding::at(origin, message).with_hint(hint));
    };
    let goes_not_with = |key: &str, other: &str| format!("`copies[{index}].to.{key}` does not go with `{other}`");
    match (to.get("namespace"), to.get("namespaces")) {
        (Some(_), Some(many)) => {
            add(many.origin, goes_not_with("namespaces", "namespace"), "name one namespace, or several");
        }
        (None, None) => add(
            to.origin,
            format!("missing key `copies[{index}].to.namespace`"),
            "or `namespaces`, for a copy in each of them",
        ),
        (Some(_), None) => {
            if to.get("name").is_none() {
                let hint = "a name that contains `{namespace}`, such as `copy-{namespace}-{name}`";
                add(to.origin, format!("missing key `copies[{index}].to.name`"), hint);
            }
            if let Some(selector) = to.get("namespaceSelector") {
                add(selector.origin, goes_not_with("namespaceSelector", "namespace"), "it goes with `namespaces`");
            }
        }
        (None, Some(_)) => {
            if let Some(name) = to.get("name") {
                let hint = "copies in several namespaces have the names of their sources";
                add(name.origin, goes_not_with("name", "namespaces"), hint);
            }
            if let Some(origin) = not_named(copy) {
                let message = format!(
                    "`copies[{index}].from`: copies in several namespaces need one namespace and the names of their sources"
                );
                let hint = "name them without `*`: whoever may name Secrets there could otherwise choose a name in all of these namespaces";
                add(origin, message, hint);
            }
        }
    }
}

/// Where a rule leaves open which Secrets of which namespace are copied.
fn not_named(copy: &Node) -> Option<Origin> {
    let from = copy.get("from")?;
    let is_exact = |node: &Node| node.as_text().is_some_and(|text| !text.contains('*'));
    let namespaces = from.get("namespaces")?;
    if only_text(namespaces).is_none_or(|text| text.contains('*')) {
        return Some(namespaces.origin);
    }
    match from.get("names") {
        None => Some(from.origin),
        Some(names) => {
            let is_named = is_exact(names) || names.as_list().is_some_and(|names| names.iter().all(is_exact));
            (!is_named).then_some(names.origin)
        }
    }
}

fn reserved_marks(index: usize, to: &Node, findings: &mut Vec<Finding>) {
    for section in ["labels", "annotations"] {
        let marks = to.get(section).and_then(Node::as_map).into_iter().flat_map(Map::iter);
        for (key, entry) in marks.filter(|(key, _)| RESERVED.contains(key) || key.starts_with(OURS)) {
            let message = format!("`copies[{index}].to.{section}`: `{key}` cannot be declared");
            findings.push(Finding::at(entry.key, message).with_hint("it says whose a Secret is, or what was applied"));
        }
    }
}

/// The text, or the only one of a list.
fn only_text(node: &Node) -> Option<&str> {
    node.as_text().or_else(|| match node.as_list() {
        Some([only]) => only.as_text(),
        _ => None,
    })
}
