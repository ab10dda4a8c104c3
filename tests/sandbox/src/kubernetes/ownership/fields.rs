//! Sets of fields, in the form in which `managedFields` has them.

use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

use crate::kubernetes::json::quoted;

/// A set of fields. Steps are written as they are stored: `f:name`, `k:{"name":"x"}`, `v:"x"`.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Fields {
    /// Whether the place itself is in the set, not only fields below it.
    own: bool,
    below: BTreeMap<String, Fields>,
}

impl Fields {
    pub(crate) fn insert(&mut self, path: &[String]) {
        match path.split_first() {
            None => self.own = true,
            Some((step, rest)) => self.below.entry(step.clone()).or_default().insert(rest),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        !self.own && self.below.values().all(Self::is_empty)
    }

    pub(crate) fn union(&self, other: &Self) -> Self {
        let mut all = self.clone();
        all.own |= other.own;
        for (step, fields) in &other.below {
            let entry = all.below.entry(step.clone()).or_default();
            *entry = entry.union(fields);
        }
        all
    }

    pub(crate) fn difference(&self, other: &Self) -> Self {
        self.filtered(other, |mine, others| mine && !others)
    }

    pub(crate) fn intersection(&self, other: &Self) -> Self {
        self.filtered(other, |mine, others| mine && others)
    }

    fn filtered(&self, other: &Self, keep: fn(bool, bool) -> bool) -> Self {
        let nothing = Self::default();
        let mut rest = Self { own: keep(self.own, other.own), below: BTreeMap::new() };
        for (step, fields) in &self.below {
            let fields = fields.filtered(other.below.get(step).unwrap_or(&nothing), keep);
            if !fields.is_empty() {
                rest.below.insert(step.clone(), fields);
            }
        }
        rest
    }

    /// Takes a place out of the set, with all below it.
    pub(crate) fn forget(&mut self, path: &[&str]) {
        match path {
            [] => {}
            [last] => {
                self.below.remove(*last);
            }
            [first, rest @ ..] => {
                if let Some(fields) = self.below.get_mut(*first) {
                    fields.forget(rest);
                    if fields.is_empty() {
                        self.below.remove(*first);
                    }
                }
            }
        }
    }

    /// The fields below a step.
    pub(crate) fn below(&self, step: &str) -> Option<&Self> {
        self.below.get(step)
    }

    pub(crate) fn has(&self, step: &str) -> bool {
        self.below.get(step).is_some_and(|fields| fields.own)
    }

    /// Every place in the set, as messages write it: `.data.a`, `.spec.containers[name="x"].image`.
    pub(crate) fn paths(&self) -> Vec<String> {
        let mut paths = Vec::new();
        self.collect("", &mut paths);
        paths
    }

    fn collect(&self, path: &str, paths: &mut Vec<String>) {
        if self.own {
            paths.push(path.to_owned());
        }
        for (step, fields) in &self.below {
            fields.collect(&format!("{path}{}", shown(step)), paths);
        }
    }

    /// The form of `fieldsV1`.
    pub(crate) fn write(&self) -> Value {
        let mut object = Map::new();
        if self.own && !self.below.is_empty() {
            object.insert(".".to_owned(), json!({}));
        }
        for (step, fields) in &self.below {
            object.insert(step.clone(), fields.write());
        }
        object.into()
    }

    pub(crate) fn read(value: &Value) -> Self {
        let mut fields = Self::default();
        for (step, below) in value.as_object().into_iter().flatten() {
            if step == "." {
                fields.own = true;
            } else {
                let mut read = Self::read(below);
                read.own |= read.below.is_empty();
                fields.below.insert(step.clone(), read);
            }
        }
        fields
    }
}

fn shown(step: &str) -> String {
    match step.split_once(':') {
        Some(("f", name)) => format!(".{name}"),
        Some(("k", keys)) => {
            let keys: Map<String, Value> = serde_json::from_str(keys).unwrap_or_default();
            let keys: Vec<String> = keys.iter().map(|(key, value)| format!("{key}={}", literal(value))).collect();
            format!("[{}]", keys.join(","))
        }
        Some((_, value)) => format!("[={value}]"),
        None => step.to_owned(),
    }
}

fn literal(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), quoted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_comes_back_as_it_was_written() {
        let written = json!({
            "f:data": {".": {}, "f:a": {}},
            "f:spec": {"f:containers": {"k:{\"name\":\"x\"}": {".": {}, "f:image": {}}}},
        });
        let fields = Fields::read(&written);
        assert_eq!(fields.write(), written);
        let expected = [".data", ".data.a", ".spec.containers[name=\"x\"]", ".spec.containers[name=\"x\"].image"];
        assert_eq!(fields.paths(), expected);
        assert!(fields.difference(&fields).is_empty());
        assert_eq!(fields.intersection(&fields), fields);
    }
}
