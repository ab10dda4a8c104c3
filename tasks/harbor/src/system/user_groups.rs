//! Groups of users: those of an OpenID Connect provider by their name, those of LDAP by their distinguished name.
//!
//! Most come by themselves, with a login or a membership. Declared ones are there before, and are ours.

use std::collections::BTreeSet;

use evenkeel_core::{
    diff::{Rule, Rules},
    memory::Sight,
    object::{Kind, ObjectId},
    reading::Reading,
    values::{AddressableName, model::Harbor as Values},
};
use evenkeel_engine::{
    export::{Composer, document::Node},
    plain::{DeclaredObject, Parent, PlainKind},
};
use evenkeel_harbor_client::{paging, types::UserGroup as Representation};
use evenkeel_transport::ResultExt;
use serde::Serialize;

use super::{Found, Place, SystemKind, users::declared_mode};
use crate::{
    Error, Harbor,
    answers::deleted,
    desired::Declared,
    error::WithContext,
    names::{AUTH_MODE, GROUP_TYPE_LDAP, GROUP_TYPE_OIDC, LDAP_AUTH, LOGIN, USER_GROUP, configuration},
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

    fn sight(there: &UserGroup, _: &Parent) -> Sight {
        Sight::of(there.id.map(|id| id.to_string()))
    }

    async fn list(server: &Harbor, _: &Parent) -> Result<Vec<UserGroup>, Error> {
        let answer = paging::user_groups(server.administrator()).await;
        let list = answer.context("list", "user groups of", "harbor")?;
        Ok(list.into_iter().filter_map(UserGroup::of).collect())
    }

    async fn create(server: &Harbor, _: &ObjectId, wanted: &UserGroup) -> Result<(), Error> {
        let body = wanted.request();
        let answer = server.administrator().user_group_create().body(body).send().await.api();
        answer.context("create", "user group", &wanted.name)
    }

    /// Only the name can change.
    async fn update(
        server: &Harbor,
        _: &ObjectId,
        there: &UserGroup,
        wanted: &UserGroup,
        _: &[String],
    ) -> Result<(), Error> {
        let (body, id) = (wanted.request(), there.id.unwrap_or_default());
        let answer = server.administrator().user_group_update().group_id(id).body(body).send().await.api();
        answer.context("update", "user group", &wanted.name)
    }

    async fn delete(server: &Harbor, _: &ObjectId, there: &UserGroup) -> Result<(), Error> {
        let id = there.id.unwrap_or_default();
        let answer = server.administrator().user_group_delete().group_id(id).send().await.api();
        deleted(answer, "user group", &there.name)
    }
}

impl SystemKind for UserGroups {
    fn declared(&self, reading: &Reading<'_>, values: &Values) -> Vec<DeclaredObject<Harbor>> {
        let Some(declared) = &values.user_groups else { return Vec::new() };
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
        reading.each_once("user group", names.iter().map(String::as_str), &path);
        let mut wanted = Vec::new();
        for (index, group) in groups.into_iter().enumerate() {
            let path = path.clone().index(index);
            let mode = declared_mode(values);
            if let Some(mode) = mode.filter(|mode| group.ldap_dn.is_some() != (*mode == LDAP_AUTH)) {
                let message = format!("user group `{}` is not known in login mode `{mode}`", group.name);
                let hint = "groups with `ldapDn` are those of mode `ldap_auth`, and only they are";
                reading.report(reading.problem(&path, &message).with_hint(hint));
            }
            let group = DeclaredObject::new(&UserGroups, Declared::new(group, reading.cause(&path)));
            let group = group.after([configuration(AUTH_MODE), configuration(LOGIN)]);
            wanted.push(group.caused(|field| reading.cause(&path.clone().key(field))));
        }
        wanted
    }

    fn place(&self) -> Place {
        Place::Harbor("userGroups")
    }

    /// Those that are members of no project: the others come along with their memberships.
    fn exported(&self, found: &Found<'_>, composer: &mut Composer<'_>) -> Option<Node> {
        let members: BTreeSet<&str> = found
            .members
            .values()
            .flatten()
            .filter(|member| member.entity_type.as_deref() == Some("g"))
            .filter_map(|member| member.entity_name.as_deref())
            .collect();
        let mut nodes = Vec::new();
        for there in found.objects.objects::<UserGroup>(USER_GROUP.as_str()) {
            let object = ObjectId::new(USER_GROUP, UserGroups::name(there).unwrap_or_default());
            if members.contains(there.name.as_str()) || !composer.may_declare(&object) {
                continue;
            }
            let names = [Some(&there.name), there.ldap_dn.as_ref()];
            if names.into_iter().flatten().any(|name| AddressableName::parse(name).is_err()) {
                composer.remark(format!("user group {:?}, whose name values do not take", there.name));
                continue;
            }
            nodes.push(Node::map([
                ("name", Some(Node::Text(there.name.clone()))),
                ("ldapDn", there.ldap_dn.clone().map(Node::Text)),
            ]));
        }
        Node::list(nodes)
    }
}
