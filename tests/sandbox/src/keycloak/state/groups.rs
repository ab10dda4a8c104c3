//! Groups and their tree.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::Attributes;
use crate::keycloak::ids::{GroupId, RoleId};

/// One group.
#[derive(Debug, Clone)]
pub(crate) struct Group {
    pub(crate) id: GroupId,
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    pub(crate) parent: Option<GroupId>,
    pub(crate) attributes: Attributes,
    pub(crate) roles: BTreeSet<RoleId>,
}

/// All groups of a realm.
#[derive(Debug, Default)]
pub(crate) struct Groups {
    by_id: HashMap<GroupId, Group>,
    /// Children in order of name; `None` has the top groups.
    children: HashMap<Option<GroupId>, BTreeMap<String, GroupId>>,
    /// Which groups have a role.
    holders: HashMap<RoleId, BTreeSet<GroupId>>,
}

impl Groups {
    pub(crate) fn get(&self, id: &str) -> Option<&Group> {
        self.by_id.get(id)
    }

    pub(crate) fn get_mut(&mut self, id: &str) -> Option<&mut Group> {
        self.by_id.get_mut(id)
    }

    /// Children of a group, or the top groups, in order of name.
    pub(crate) fn children<'a>(&'a self, parent: Option<&GroupId>) -> impl Iterator<Item = &'a Group> + use<'a> {
        let names = self.children.get(&parent.cloned());
        names.into_iter().flat_map(BTreeMap::values).filter_map(|id| self.by_id.get(id))
    }

    pub(crate) fn child_count(&self, parent: Option<&GroupId>) -> usize {
        self.children.get(&parent.cloned()).map_or(0, BTreeMap::len)
    }

    pub(crate) fn child(&self, parent: Option<&GroupId>, name: &str) -> Option<&Group> {
        self.by_id.get(self.children.get(&parent.cloned())?.get(name)?)
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = &Group> {
        self.by_id.values()
    }

    pub(crate) fn count(&self) -> usize {
        self.by_id.len()
    }

    /// Adds a group; its name must be free among its siblings.
    pub(crate) fn insert(&mut self, group: Group) {
        self.children.entry(group.parent.clone()).or_default().insert(group.name.clone(), group.id.clone());
        self.by_id.insert(group.id.clone(), group);
    }

    /// Puts a group under another parent, or name, or both; the name must be free there.
    pub(crate) fn place(&mut self, id: &GroupId, parent: Option<GroupId>, name: &str) {
        let Some(group) = self.by_id.get_mut(id) else { return };
        if let Some(siblings) = self.children.get_mut(&group.parent) {
            siblings.remove(&group.name);
        }
        self.children.entry(parent.clone()).or_default().insert(name.to_owned(), id.clone());
        group.parent = parent;
        group.name = name.to_owned();
    }

    /// Removes a group with all below it and tells which they were.
    pub(crate) fn remove(&mut self, id: &GroupId) -> Vec<GroupId> {
        let mut gone = vec![id.clone()];
        let mut next = 0;
        while let Some(parent) = gone.get(next).cloned() {
            let below = self.children.remove(&Some(parent)).unwrap_or_default();
            gone.extend(below.into_values());
            next += 1;
        }
        for group in gone.iter().filter_map(|group| self.by_id.remove(group)).collect::<Vec<_>>() {
            if let Some(siblings) = self.children.get_mut(&group.parent) {
                siblings.remove(&group.name);
            }
            for role in &group.roles {
                self.holders.entry(role.clone()).or_default().remove(&group.id);
            }
        }
        gone
    }

    /// The path of a group: the names from the top, each behind a slash.
    pub(crate) fn path(&self, group: &Group) -> String {
        let mut names = vec![group.name.as_str()];
        let mut above = group.parent.as_ref();
        while let Some(parent) = above.and_then(|id| self.by_id.get(id)) {
            names.push(&parent.name);
            above = parent.parent.as_ref();
        }
        names.iter().rev().fold(String::new(), |path, name| path + "/" + name)
    }

    /// The group at a path; a leading slash may be missing, and names may hold slashes themselves.
    pub(crate) fn at_path(&self, path: &str) -> Option<&Group> {
        self.below(None, path.strip_prefix('/').unwrap_or(path))
    }

    fn below(&self, parent: Option<&GroupId>, rest: &str) -> Option<&Group> {
        if let Some(group) = self.child(parent, rest) {
            return Some(group);
        }
        rest.match_indices('/').find_map(|(at, _)| {
            let group = self.child(parent, &rest[..at])?;
            self.below(Some(&group.id), &rest[at + 1..])
        })
    }

    pub(crate) fn map_role(&mut self, id: &GroupId, role: &RoleId) {
        if let Some(group) = self.by_id.get_mut(id) {
            group.roles.insert(role.clone());
            self.holders.entry(role.clone()).or_default().insert(id.clone());
        }
    }

    pub(crate) fn unmap_role(&mut self, id: &GroupId, role: &RoleId) {
        if let Some(group) = self.by_id.get_mut(id) {
            group.roles.remove(role);
            self.holders.entry(role.clone()).or_default().remove(id);
        }
    }

    /// The groups that have a role, in order of name.
    pub(crate) fn holding(&self, role: &RoleId) -> Vec<&Group> {
        let holders = self.holders.get(role).into_iter().flatten();
        let mut groups: Vec<&Group> = holders.filter_map(|id| self.by_id.get(id)).collect();
        groups.sort_by(|one, other| one.name.cmp(&other.name));
        groups
    }

    pub(crate) fn forget_role(&mut self, role: &RoleId) {
        for id in self.holders.remove(role).unwrap_or_default() {
            if let Some(group) = self.by_id.get_mut(&id) {
                group.roles.remove(role);
            }
        }
    }
}
