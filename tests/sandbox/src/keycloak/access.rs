//! Who asks, and what he may. Rights are looked up at each request, so a role counts as soon as it is given
//! (contract `tokens`); master's stand-in client `<realm>-realm` and a realm's own `realm-management` hold the roles.

use std::collections::BTreeSet;

use super::answer::Answer;
use super::ids::{RoleId, UserId};
use super::options::Version;
use super::request::Request;
use super::state::Realm;
use super::state::fresh::{CREATE_REALM, MASTER};
use super::state::roles::Owner;
use super::world::World;

/// The user behind a valid token.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    pub(crate) realm_id: String,
    pub(crate) user: UserId,
}

/// What a caller may do in one realm: the names of the administrative roles that he has there.
#[derive(Debug, Clone, Default)]
pub(crate) struct Rights {
    roles: BTreeSet<String>,
    /// In master, who administers any realm may look at a handful of keys.
    onlooker: bool,
}

impl Rights {
    /// Whether he has any of these roles.
    pub(crate) fn any(&self, roles: &[&str]) -> bool {
        roles.iter().any(|role| self.roles.contains(*role))
    }

    /// 403 unless he has any of these roles.
    pub(crate) fn need(&self, roles: &[&str]) -> Result<(), Answer> {
        if self.any(roles) { Ok(()) } else { Err(Answer::forbidden()) }
    }

    /// Whether he has any administrative role here.
    pub(crate) fn has_roles(&self) -> bool {
        !self.roles.is_empty()
    }

    /// Whether he may read the realm, be it cut short. Being allowed to impersonate is not enough.
    pub(crate) fn may_look(&self) -> bool {
        self.onlooker || self.roles.iter().any(|role| role != "impersonation")
    }
}

impl World {
    /// The caller behind the request's token, or 401.
    pub(crate) fn caller(&self, request: &Request) -> Result<Caller, Answer> {
        let token = request.bearer().ok_or_else(Answer::unauthorized)?;
        let login = self.tokens.access(token, self.now()).ok_or_else(Answer::unauthorized)?;
        let realm = self.realm_by_id(&login.realm_id).ok_or_else(Answer::unauthorized)?;
        let client = realm.clients.get(login.client.as_str()).filter(|client| client.flag("enabled"));
        let user = realm.users.get(login.user.as_str()).filter(|user| user.enabled);
        match (client, user) {
            (Some(_), Some(_)) if !realm.flag("enabled") => Err(Answer::forbidden()),
            (Some(_), Some(user)) => Ok(Caller { realm_id: realm.id.clone(), user: user.id.clone() }),
            _ => Err(Answer::unauthorized()),
        }
    }

    /// What the caller may in that realm. A user of another realm than master has no rights in any but his own.
    pub(crate) fn rights(&self, caller: &Caller, realm: &Realm) -> Rights {
        let Some(home) = self.realm_by_id(&caller.realm_id) else { return Rights::default() };
        let client_id = match (home.name == MASTER, home.id == realm.id) {
            (true, _) => format!("{}-realm", realm.name),
            (false, true) => "realm-management".to_owned(),
            (false, false) => return Rights::default(),
        };
        let found = effective_roles(home, &caller.user);
        let mut rights = Rights::default();
        for role in found.iter().filter_map(|id| home.roles.get(id.as_str())) {
            let Owner::Client(owner) = &role.owner else { continue };
            let Some(owner) = home.clients.get(owner.as_str()) else { continue };
            if owner.client_id == client_id {
                rights.roles.insert(role.name.clone());
            }
            rights.onlooker |= realm.name == MASTER && owner.is_realm_client();
        }
        rights
    }

    /// Whether the caller's realm is one that administers this one: master, or the realm itself.
    pub(crate) fn lets_in(&self, caller: &Caller, realm: &Realm) -> bool {
        caller.realm_id == realm.id || self.realm_by_id(&caller.realm_id).is_some_and(|home| home.name == MASTER)
    }

    /// Whether the server info names the version to the caller: 26.7 does so only to who may do everything in a realm.
    pub(crate) fn shows_version(&self, caller: &Caller) -> bool {
        let home = self.realm_by_id(&caller.realm_id);
        let is_administrator =
            |home: &Realm| home.name == MASTER || self.rights(caller, home).roles.contains("realm-admin");
        self.version == Version::V26_0 || home.is_some_and(is_administrator)
    }

    /// Whether the caller may make realms.
    pub(crate) fn may_create_realms(&self, caller: &Caller) -> bool {
        let Some(home) = self.realm_by_id(&caller.realm_id).filter(|home| home.name == MASTER) else { return false };
        let create = home.roles.named(&Owner::Realm, CREATE_REALM).map(|role| &role.id);
        create.is_some_and(|create| effective_roles(home, &caller.user).contains(create))
    }
}

/// All roles that a user has: his own, those of his groups and of the groups above them, and what these are composed of.
pub(crate) fn effective_roles(realm: &Realm, user: &UserId) -> BTreeSet<RoleId> {
    let Some(user) = realm.users.get(user.as_str()) else { return BTreeSet::new() };
    let mut start: BTreeSet<&RoleId> = user.roles.iter().collect();
    for group in &user.groups {
        let mut above = realm.groups.get(group.as_str());
        while let Some(group) = above {
            start.extend(&group.roles);
            above = group.parent.as_ref().and_then(|parent| realm.groups.get(parent.as_str()));
        }
    }
    realm.roles.expand(start)
}
