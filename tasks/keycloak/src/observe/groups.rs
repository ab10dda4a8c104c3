//! Groups with their roles, and those below declared groups.

use std::collections::{BTreeMap, BTreeSet};

use evenkeel_keycloak_client::{paging, types::GroupRepresentation};

use crate::{Error, Keycloak, desired::Desired, directory::Named, error::Doing};

impl Keycloak {
    /// The groups at the top, and those below every declared parent, by path. A group's roles come with
    /// its full representation; the groups below it do not (server-behaviour 2.6).
    pub(super) async fn read_groups(&self, desired: &Desired) -> Result<BTreeMap<String, GroupRepresentation>, Error> {
        let top = paging::groups(&self.client, self.realm(), false).await;
        let mut groups = BTreeMap::new();
        self.keep_groups("", top.doing("list", "groups of realm", self.realm())?, &mut groups);
        let parents: BTreeSet<&str> = desired.groups.iter().filter_map(|group| group.parent()).collect();
        // In the order of their paths a parent comes before the groups below it.
        for parent in parents {
            if let Some(id) = groups.get(parent).and_then(|group| group.id.clone()) {
                let children = paging::group_children(&self.client, self.realm(), &id, false).await;
                let children = children.doing("list", "groups below group", parent)?;
                self.keep_groups(&format!("{parent}/"), children, &mut groups);
            }
        }
        Ok(groups)
    }

    fn keep_groups(
        &self,
        above: &str,
        found: Vec<GroupRepresentation>,
        groups: &mut BTreeMap<String, GroupRepresentation>,
    ) {
        for group in found {
            if let (Some(name), Some(id)) = (&group.name, &group.id) {
                let path = format!("{above}{name}");
                self.directory.insert(Named::Group(path.clone()), id.as_str());
                groups.insert(path, group);
            }
        }
    }
}
