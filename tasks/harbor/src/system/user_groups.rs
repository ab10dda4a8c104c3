//! Groups of users: those of an OpenID Connect provider by their name, those of LDAP by their distinguished name.
//!
//! Most come by themselves, with a login or a membership. Declared ones are there before, and are ours.

use std::{collections::BTreeSet, sync::Arc};

use evenkeel_core::{
    diff::{Rule, Rules},
    memory::Sight,
    object::{Kind, ObjectId},
    values::{AddressableName, Problems, model::Harbor as Values},
};
use evenkeel_engine::export::document::Node;
use evenkeel_harbor_client::{Client, paging, types::UserGroup as Representation};
use evenkeel_transport::ResultExt;
use serde::Serialize;

use super::{Place, SystemKind, check_names, users::declared_mode};
use crate::{
    Error, Harbor,
    desired::reading::Reading,
    error::Doing,
    export::{Composing, list},
    names::{AUTH_MODE, GROUP_TYPE_LDAP, GROUP_TYPE_OIDC, LDAP_AUTH, LOGIN, USER_GROUP, configuration},
    plain::{PlainKind, Wanted},
};

#[derive(Debug)]
pub(super) struct UserGroups;

/// A group of users.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct UserGroup {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    ldap_dn: Option<String>,
    #[serde(skip)]
    id: Option<i64>,
}

impl UserGroup {
    /// A group as it is there; `None` for one of a kind that values do not know.
    fn of(there: Representation) -> Option<Self> {
        let dn = there.ldap_group_dn.filter(|dn| !dn.is_empty());
        let ldap_dn = match there.group_type {
            Some(GROUP_TYPE_LDAP) => Some(dn?),
            Some(GROUP_TYPE_OIDC) => None,
            _ => return None,
        };
        Some(Self { name: there.group_name?, ldap_dn, id: there.id })
    }

    fn request(&self) -> Representation {
        let kind = if self.ldap_dn.is_some() { GROUP_TYPE_LDAP } else { GROUP_TYPE_OIDC };
        Representation {
            group_name: Some(self.name.clone()),
            group_type: Some(kind),
            ldap_group_dn: self.ldap_dn.clone(),
            ..Representation::default()
        }
    }
}

impl PlainKind<Harbor> for UserGroups {
    type Object = UserGroup;
    const KIND: Kind = USER_GROUP;
    // It is what the group is known by, in any case.
    const RULES: Rules = Rules(&[("ldapDn", Rule::AtCreation)]);

    fn name(group: &UserGroup) -> Option<String> {
        Some(group.ldap_dn.as_ref().map_or_else(|| group.name.clone(), |dn| dn.trim().to_lowercase()))
    }

    fn sight(there: &UserGroup) -> Sight {
        Sight::of(there.id.map(|id| id.to_string()))
    }

    async fn list(server: &Harbor) -> Result<Vec<UserGroup>, Error> {
        let list = |client: Arc<Client>| async move { paging::user_groups(&client).await };
        let list = server.access().as_administrator(list).await.doing("list", "user groups of", "harbor")?;
        Ok(list.into_iter().filter_map(UserGroup::of).collect())
    }

    async fn create(server: &Harbor, wanted: &UserGroup) -> Result<(), Error> {
        let body = wanted.request();
        let create = |client: Arc<Client>| {
            let body = body.clone();
            async move { client.user_group_create().body(body).send().await.api() }
        };
        server.access().as_administrator(create).await.doing("create", "user group", &wanted.name)
    }

    /// Only the name can change.
    async fn update(server: &Harbor, there: &UserGroup, wanted: &UserGroup, _: &[String]) -> Result<(), Error> {
        let (body, id) = (wanted.request(), there.id.unwrap_or_default());
        let update = |client: Arc<Client>| {
            let body = body.clone();
            async move { client.user_group_update().group_id(id).body(body).send().await.api() }
        };
        server.access().as_administrator(update).await.doing("update", "user group", &wanted.name)
    }

    async fn delete(server: &Harbor, there: &UserGroup) -> Result<(), Error> {
        let id = there.id.unwrap_or_default();
        let delete = |client: Arc<Client>| async move { client.user_group_delete().group_id(id).send().await.api() };
        server.remove(delete, "user group", &there.name).await
    }
}

impl SystemKind for UserGroups {
    fn declared(&self, reading: &Reading<'_>, values: &Values) -> Result<Vec<Wanted<Harbor>>, Problems> {
        let Some(declared) = &values.user_groups else { return Ok(Vec::new()) };
        let path = reading.path(&["userGroups"]);
        let groups: Vec<UserGroup> = declared
            .iter()
            .map(|group| UserGroup {
                name: group.name.to_string(),
                ldap_dn: group.ldap_dn.as_ref().map(ToString::to_string),
                id: None,
            })
            .collect();
        let names: Vec<String> = groups.iter().filter_map(UserGroups::name).collect();
        check_names(reading, "user group", names.iter().map(String::as_str), &path)?;
        let mut problems = Problems::default();
        let mut wanted = Vec::new();
        for (index, group) in groups.into_iter().enumerate() {
            let path = path.clone().index(index);
            let mode = declared_mode(values);
            if let Some(mode) = mode.filter(|mode| group.ldap_dn.is_some() != (*mode == LDAP_AUTH)) {
                let message = format!("user group `{}` is not known in login mode `{mode}`", group.name);
                let hint = "groups with `ldapDn` are those of mode `ldap_auth`, and only they are";
                problems.push(reading.problem(&path, &message).with_hint(hint));
            }
            let group = Wanted::new(&UserGroups, group, reading.cause(&path));
            let group = group.after([configuration(AUTH_MODE), configuration(LOGIN)]);
            wanted.push(group.caused(|field| reading.cause(&path.clone().key(field))));
        }
        problems.into_result(wanted)
    }

    fn place(&self) -> Place {
        Place::Harbor("userGroups")
    }

    /// Those that are members of no project: the others come along with their memberships.
    fn exported(&self, composing: &mut Composing<'_>) -> Option<Node> {
        let members: BTreeSet<&str> = composing
            .observed
            .members
            .values()
            .flatten()
            .filter(|member| member.entity_type.as_deref() == Some("g"))
            .filter_map(|member| member.entity_name.as_deref())
            .collect();
        let mut nodes = Vec::new();
        for there in composing.observed.system.objects::<UserGroup>(USER_GROUP.as_str()) {
            let object = ObjectId::new(USER_GROUP, UserGroups::name(there).unwrap_or_default());
            if members.contains(there.name.as_str()) || !composing.decisions.has(&object) {
                continue;
            }
            let names = [Some(&there.name), there.ldap_dn.as_ref()];
            if names.into_iter().flatten().any(|name| AddressableName::parse(name).is_err()) {
                composing.remark(format!("user group {:?}, whose name values do not take", there.name));
                continue;
            }
            nodes.push(Node::map([
                ("name", Some(Node::Text(there.name.clone()))),
                ("ldapDn", there.ldap_dn.clone().map(Node::Text)),
            ]));
        }
        list(nodes)
    }
}
