//! Groups with their roles, those below declared groups, and members.

use std::collections::{BTreeMap, BTreeSet};

use evenkeel_keycloak_client::{paging, types::GroupRepresentation};
use futures::{StreamExt, TryStreamExt, stream};

use super::AT_ONCE;
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

    /// The ids of the members of each group whose membership some declared user has an opinion about.
    pub(super) async fn read_members(
        &self,
        desired: &Desired,
        groups: &BTreeMap<String, GroupRepresentation>,
    ) -> Result<BTreeMap<String, BTreeSet<String>>, Error> {
        let mut wanted: BTreeSet<&String> = desired.users.iter().flat_map(|user| user.memberships.keys()).collect();
        if desired.users.iter().any(|user| user.teams.is_some()) {
            wanted.extend(desired.team_groups.keys());
        }
        let mut reads = Vec::with_capacity(wanted.len());
        for name in wanted {
            if let Some(id) = groups.get(name).and_then(|group| group.id.clone()) {
                reads.push(self.read_members_of(name, id));
            }
        }
        stream::iter(reads).buffer_unordered(AT_ONCE).try_collect().await
    }

    async fn read_members_of(&self, name: &str, id: String) -> Result<(String, BTreeSet<String>), Error> {
        let members = paging::group_members(&self.client, self.realm(), &id, true).await;
        let members = members.doing("list", "members of group", name)?;
        Ok((name.to_owned(), members.into_iter().filter_map(|member| member.id).collect()))
    }
}
