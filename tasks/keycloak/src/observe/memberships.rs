//! Which declared users are in which groups: the members of each group, read inverted.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    pin::pin,
    sync::Arc,
};

use evenkeel_keycloak_client::{paging, types::GroupRepresentation};
use evenkeel_transport::{Page, ResultExt, pages};
use futures::{StreamExt, TryStreamExt, stream};

use super::{AT_ONCE, ObservedUser};
use crate::{Error, Keycloak, desired::Desired, error::WithContext};

/// The declared users that are there, by name.
type Users = BTreeMap<Arc<str>, ObservedUser>;

impl Keycloak {
    /// Adds to each user the groups that it is in and what else it is tied to, of what the values speak of; and the groups whose
    /// members were read.
    pub(super) async fn read_people(
        &self,
        desired: &Desired,
        groups: &BTreeMap<String, GroupRepresentation>,
        users: Users,
    ) -> Result<(Users, BTreeSet<Arc<str>>), Error> {
        let (users, read) = self.read_memberships(desired, groups, users).await?;
        Ok((self.read_ties(desired, users).await?, read))
    }

    /// Adds to each user the groups that it is in, of those about whose members some declared user says something; and which groups
    /// those are.
    async fn read_memberships(
        &self,
        desired: &Desired,
        groups: &BTreeMap<String, GroupRepresentation>,
        mut users: Users,
    ) -> Result<(Users, BTreeSet<Arc<str>>), Error> {
        let memberships = desired.users.iter().flat_map(|user| user.memberships.iter());
        // Who lists groups by path is asked for all of them.
        let implied = memberships.filter(|membership| !membership.is_by_path());
        let mut wanted: BTreeSet<&Arc<str>> = implied.map(|membership| &membership.group).collect();
        if desired.users.iter().any(|user| user.cause_of_teams().is_some()) {
            wanted.extend(desired.team_groups.keys());
        }
        let names: HashMap<Arc<str>, Arc<str>> =
            users.iter().map(|(name, user)| (Arc::clone(&user.id), Arc::clone(name))).collect();
        let there = wanted.into_iter().filter_map(|group| Some((Arc::clone(group), groups.get(&**group)?.id.clone()?)));
        let there: Vec<(Arc<str>, String)> = there.collect();
        let read: BTreeSet<Arc<str>> = there.iter().map(|(group, _)| Arc::clone(group)).collect();
        // Lists are begun one after the other: what thousands of them take to wait is not held at once.
        let reads = there.into_iter().map(|(group, id)| self.read_members(group, id, &names));
        let mut reads = stream::iter(reads).buffer_unordered(AT_ONCE);
        while let Some((group, members)) = reads.try_next().await? {
            for name in members {
                if let Some(user) = users.get_mut(&name) {
                    // Most users are in one group, and there may be tens of thousands of them.
                    user.groups.reserve_exact(1);
                    user.groups.push(Arc::clone(&group));
                }
            }
        }
        Ok((users, read))
    }

    /// The declared users among a group's members. Others go by: a group may have any number of them.
    async fn read_members(
        &self,
        group: Arc<str>,
        id: String,
        names: &HashMap<Arc<str>, Arc<str>>,
    ) -> Result<(Arc<str>, Vec<Arc<str>>), Error> {
        let fetch = |page: Page| {
            let list = self.client.group_member_list().realm(self.realm()).group_id(&*id).brief_representation(true);
            let request = list.first(page.first).max(page.max.get());
            async move { request.send().await.api() }
        };
        let mut pages = pin!(pages(0, paging::PAGE, fetch));
        let mut members = Vec::new();
        while let Some(page) = pages.try_next().await.context("list", "members of group", &group)? {
            let ids = page.iter().filter_map(|member| member.id.as_deref());
            members.extend(ids.filter_map(|id| names.get(id).cloned()));
        }
        Ok((group, members))
    }
}
