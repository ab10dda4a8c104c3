//! Names of declared objects, and names in lists: each stands there once.

use std::{collections::BTreeSet, fmt};

use super::Reading;
use crate::values::ValuePath;

impl Reading<'_> {
    /// The name by which a declared object is known, which it must have: reported where it has none, or where `check` finds one with
    /// which a request would reach something else.
    pub fn name<E: fmt::Display>(
        &self,
        name: Option<&str>,
        key: &str,
        path: &ValuePath,
        check: impl FnOnce(&str) -> Result<(), E>,
    ) -> Option<String> {
        let Some(name) = name.filter(|name| !name.is_empty()) else {
            self.report(self.problem(path, &format!("`{key}` is missing")));
            return None;
        };
        match check(name) {
            Ok(()) => Some(name.to_owned()),
            Err(why) => {
                let problem = self.problem(&path.clone().key(key), &format!("`{key}` cannot be a name: {why}"));
                self.report(problem.with_hint("no address can carry it: give the object another name"));
                None
            }
        }
    }

    /// Reports an object that is declared twice.
    pub fn twice(&self, path: &ValuePath, kind: &str, name: &str) {
        let problem = self.problem(path, &format!("{kind} `{name}` is declared twice"));
        self.report(problem.with_hint("give this one another name, or remove it"));
    }

    /// Reports every object of a list whose name another has that stands before it.
    pub fn each_once<'n>(&self, kind: &str, names: impl IntoIterator<Item = &'n str>, list: &ValuePath) {
        let mut known = BTreeSet::new();
        for (index, name) in names.into_iter().enumerate() {
            if !known.insert(name) {
                self.twice(&list.clone().index(index), kind, name);
            }
        }
    }

    /// Reports every name of a list that another item of it has, which stands before it: the list means a set. The name, which comes with
    /// its position, is not repeated, because it may come from a file of secrets.
    pub fn each_named_once<'n>(&self, names: impl IntoIterator<Item = (usize, &'n str)>, list: &ValuePath) {
        let mut known = BTreeSet::new();
        for (index, name) in names {
            if !known.insert(name) {
                let problem = self.problem(&list.clone().index(index), "this name is in the list already");
                self.report(problem.with_hint("leave it out here"));
            }
        }
    }
}
