//! What is ours and not declared any more: which objects that asks to be looked for beside the declared ones, and what lives in those
//! that would be deleted. Nobody looks for more than the inventory lists, so that it costs nothing where nothing is left behind.

use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    sync::Arc,
};

use evenkeel_core::{
    memory::{Claim, Identity, Ownership},
    object::ObjectId,
};
use evenkeel_keycloak_client::{
    paging,
    types::{GroupRepresentation, UserRepresentation},
};
use evenkeel_transport::{Page, ResultExt, check_segment, pages};
use futures::{StreamExt, TryStreamExt, stream};

use super::{AT_ONCE, ObservedUser};
use crate::{
    Error, Keycloak,
    desired::Desired,
    error::WithContext,
    names::{
        self, CLIENT, CLIENT_ROLE, GROUP, IDENTITY_PROVIDER, IDENTITY_PROVIDER_MAPPER, MapperOwner, PROTOCOL_MAPPER,
        USER,
    },
    rights::Part,
};

/// What lives in a group, and goes with it.
#[derive(Clone, Debug, Default)]
pub struct InsideGroup {
    /// The groups directly below it.
    pub groups: Vec<ObjectId>,
    /// Its members.
    pub members: Vec<Member>,
}

/// A member of a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// The user's id.
    pub id: String,
    /// The folded email, or the user name of a user without one.
    pub name: String,
}

impl Member {
    fn of(user: UserRepresentation) -> Option<Self> {
        let email = user.email.filter(|email| !email.is_empty()).map(|email| email.to_lowercase());
        Some(Self { id: user.id?, name: email.or(user.username)? })
    }
}

/// The clients that hold objects of ours, or are ours themselves.
pub(super) fn clients(ownership: &Ownership) -> impl Iterator<Item = String> + '_ {
    let of_mappers = ownership.of_kind(&PROTOCOL_MAPPER).filter_map(|mapper| match MapperOwner::of_mapper(mapper)? {
        (MapperOwner::Client(client), _) => Some(client),
        (MapperOwner::ClientScope(_), _) => None,
    });
    own_clients(ownership).chain(holders_of_roles(ownership)).chain(of_mappers)
}

/// The identity providers that are ours, or have a mapper of ours. One that an older inventory lists and no address can carry
/// cannot be asked for.
pub(super) fn providers(ownership: &Ownership) -> impl Iterator<Item = String> + '_ {
    let own = ownership.of_kind(&IDENTITY_PROVIDER).map(|provider| provider.name().to_owned());
    let mappers = ownership.of_kind(&IDENTITY_PROVIDER_MAPPER);
    let of_mappers = mappers.filter_map(|mapper| Some(mapper.apart().in_parent()?.0.to_owned()));
    own.chain(of_mappers).filter(|alias| check_segment(alias).is_ok())
}

/// The clients that are ours.
pub(super) fn own_clients(ownership: &Ownership) -> impl Iterator<Item = String> + '_ {
    ownership.of_kind(&CLIENT).map(|client| client.name().to_owned())
}

/// The clients with roles of ours.
pub(super) fn holders_of_roles(ownership: &Ownership) -> impl Iterator<Item = String> + '_ {
    ownership.of_kind(&CLIENT_ROLE).filter_map(|role| Some(role.apart().in_parent()?.0.to_owned()))
}

impl Keycloak {
    /// The accounts of ours that the values do not name any more, by the name under which we made them: one search for each. With
    /// an external identity provider local accounts are not managed, so nobody looks for them.
    pub(super) async fn read_former_users(
        &self,
        desired: &Desired,
        ownership: &Ownership,
    ) -> Result<BTreeMap<Arc<str>, ObservedUser>, Error> {
        if desired.provider.is_some() {
            return Ok(BTreeMap::new());
        }
        let declared: HashSet<&str> = desired.users.iter().map(|user| &*user.name).collect();
        let former = ownership.of_kind(&USER).map(ObjectId::name).filter(|name| !declared.contains(name));
        let former: Vec<Arc<str>> = former.map(Arc::from).collect();
        let sought = former.len();
        let reads = former.into_iter().map(|name| self.search_user(name));
        let found: Vec<_> = stream::iter(reads).buffer_unordered(AT_ONCE).try_collect().await?;
        let found: BTreeMap<Arc<str>, ObservedUser> = found.into_iter().flatten().collect();
        if found.len() < sought && self.sees_no_user().await? && self.count_users().await? > 0 {
            return Err(Error::Withheld { kind: "users", right: Part::Users.right() });
        }
        Ok(found)
    }

    /// What lives in each group that is ours and not declared any more, and in all groups below it.
    pub(super) async fn read_inside_groups(
        &self,
        desired: &Desired,
        ownership: &Ownership,
        groups: &BTreeMap<String, GroupRepresentation>,
    ) -> Result<BTreeMap<ObjectId, InsideGroup>, Error> {
        let mut inside = BTreeMap::new();
        let mut level = left_behind_groups(desired, ownership, groups);
        while !level.is_empty() {
            let reads: Vec<_> = level.drain(..).map(|group| self.read_inside(group)).collect();
            let found: Vec<_> = stream::iter(reads).buffer_unordered(AT_ONCE).try_collect().await?;
            for (object, members, below) in found {
                let groups = below.iter().map(|group| group.object.clone()).collect();
                inside.insert(object, InsideGroup { groups, members });
                level.extend(below);
            }
            // Those that are left behind themselves were read before.
            level.retain(|group| !inside.contains_key(&group.object));
        }
        Ok(inside)
    }

    /// The members of a group, and the groups directly below it.
    async fn read_inside(&self, group: Group) -> Result<(ObjectId, Vec<Member>, Vec<Group>), Error> {
        let Group { object, id, has_groups } = group;
        let mut members = Vec::new();
        {
            let fetch = |page: Page| {
                let list = self.client.group_member_list().realm(self.realm()).group_id(&*id);
                let request = list.brief_representation(true).first(page.first).max(page.max.get());
                async move { request.send().await.api() }
            };
            let mut pages = std::pin::pin!(pages(0, paging::PAGE, fetch));
            while let Some(page) = pages.try_next().await.context("list", "members of group", &object.path())? {
                members.extend(page.into_iter().filter_map(Member::of));
            }
        }
        if !has_groups {
            return Ok((object, members, Vec::new()));
        }
        let below = paging::group_children(&self.client, self.realm(), &id, true).await;
        let below = below.context("list", "groups below group", &object.path())?;
        let below = below.into_iter().filter_map(|child| {
            let name = child.name.clone()?;
            Group::of(ObjectId::below(GROUP, object.names(), &name), child)
        });
        let below = below.collect();
        Ok((object, members, below))
    }
}

/// A group whose inside is to be read.
struct Group {
    object: ObjectId,
    id: String,
    has_groups: bool,
}

impl Group {
    fn of(object: ObjectId, there: GroupRepresentation) -> Option<Self> {
        Some(Self { object, id: there.id?, has_groups: there.sub_group_count.unwrap_or_default() > 0 })
    }
}

/// The very groups that are ours and not declared any more: others are not deleted in any case.
fn left_behind_groups(
    desired: &Desired,
    ownership: &Ownership,
    there: &BTreeMap<String, GroupRepresentation>,
) -> Vec<Group> {
    let declared: BTreeSet<&str> = desired.groups.iter().map(|group| group.path.as_str()).collect();
    let paths: BTreeSet<String> = ownership.of_kind(&GROUP).map(names::group_path).collect();
    let groups = paths.into_iter().filter(|path| !declared.contains(path.as_str()));
    let groups = groups.filter_map(|path| Group::of(names::group(&path), there.get(&path)?.clone()));
    let is_ours = |group: &Group| ownership.claim(&group.object) == Some(&Claim::This(Identity::new(&*group.id)));
    groups.filter(is_ours).collect()
}
