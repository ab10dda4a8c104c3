//! Groups with their roles, and those below declared groups.

use std::collections::{BTreeMap, BTreeSet};

use evenkeel_core::memory::Ownership;
use evenkeel_keycloak_client::{paging, types::GroupRepresentation};
use evenkeel_transport::ResultExt;

use crate::{
    Error, Keycloak,
    desired::Desired,
    directory::Named,
    error::WithContext,
    names::{self, GROUP},
    rights::Part,
};

impl Keycloak {
    /// The groups at the top, and those below the parents of every group that is declared, listed or ours, by path. A
    /// group's roles come with its full representation; the groups below it do not (server-behaviour 2.6).
    pub(super) async fn read_groups(
        &self,
        desired: &Desired,
        ownership: &Ownership,
    ) -> Result<BTreeMap<String, GroupRepresentation>, Error> {
        let top = paging::groups(&self.client, self.realm(), false).await;
        let top = top.context("list", "groups of realm", self.realm())?;
        let (shown, mut groups) = (top.len(), BTreeMap::new());
        self.keep_groups("", top, &mut groups);
        let ours: Vec<String> = ownership.of_kind(&GROUP).map(names::group_path).collect();
        self.expect_all_groups(desired, &ours, &groups, shown).await?;
        let mut parents: BTreeSet<&str> = desired.groups.iter().filter_map(|group| group.parent()).collect();
        parents.extend(ours.iter().filter_map(|group| Some(group.rsplit_once('/')?.0)));
        // A default group need not be declared itself, nor those above it.
        let listed = desired.default_groups.iter().flat_map(|groups| &groups.names);
        parents.extend(listed.flat_map(|path| path.match_indices('/').map(|(end, _)| &path[..end])));
        // In the order of their paths a parent comes before the groups below it.
        for parent in parents {
            if let Some(id) = groups.get(parent).and_then(|group| group.id.clone()) {
                let children = paging::group_children(&self.client, self.realm(), &id, false).await;
                let children = children.context("list", "groups below group", parent)?;
                self.keep_groups(&format!("{parent}/"), children, &mut groups);
            }
        }
        Ok(groups)
    }

    /// Who may only query groups is shown none, with status 200, and told their true number (server-behaviour 2.1).
    async fn expect_all_groups(
        &self,
        desired: &Desired,
        ours: &[String],
        top: &BTreeMap<String, GroupRepresentation>,
        shown: usize,
    ) -> Result<(), Error> {
        let declared = desired.groups.iter().map(|group| &group.path);
        if declared.chain(ours).all(|path| path.contains('/') || top.contains_key(path)) {
            return Ok(());
        }
        let counted = self.client.group_count().realm(self.realm()).top(true).send().await.api();
        let counted =
            counted.context("count", "groups of realm", self.realm())?.get("count").copied().unwrap_or_default();
        if usize::try_from(counted).unwrap_or_default() > shown {
            return Err(Error::Withheld { kind: "groups", right: Part::Groups.right() });
        }
        Ok(())
    }

    /// By path, which says for sure which group is meant: somebody's group `a/b` at the top is not the one that the values know
    /// as `b` below `a`, and none that they could know.
    fn keep_groups(
        &self,
        above: &str,
        found: Vec<GroupRepresentation>,
        groups: &mut BTreeMap<String, GroupRepresentation>,
    ) {
        for group in found {
            let name = group.name.as_ref().filter(|name| !name.is_empty() && !name.contains('/'));
            if let (Some(name), Some(id)) = (name, &group.id) {
                let path = format!("{above}{name}");
                self.directory.insert(Named::Group(path.clone()), id.as_str());
                groups.insert(path, group);
            }
        }
    }
}
