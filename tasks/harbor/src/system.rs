//! Objects of the whole system, each a plain kind: how it is read from the values, asked for, written, and exported.
//!
//! All of them are the administrator's: the own robot asks for no right to them, which would be worth a password.

mod allowlist;
mod garbage_collection;
mod labels;
mod preheat;
mod purge;
mod registries;
mod scan_all;
mod scanners;
mod schedule;
mod user_groups;
mod users;

use std::{collections::BTreeMap, sync::Arc};

use evenkeel_core::{
    object::ObjectId,
    reading::Reading,
    values::{
        SecretValue, ValuePath,
        model::{Harbor as Values, HarborSystem},
    },
};
use evenkeel_engine::{
    export::{Composer, document::Node},
    plain::{AnyKind, DeclaredObject, ObservedObjects},
};
use evenkeel_harbor_client::types::ProjectMemberEntity;

use crate::{
    Harbor,
    names::{SCANNER, SYSTEM, USER, USER_GROUP},
};

pub(crate) use labels::label_node;

/// A plain kind of Harbor's.
pub(crate) trait SystemKind: AnyKind<Harbor> {
    /// What the values declare of it.
    fn declared(&self, reading: &Reading<'_>, values: &Values) -> Vec<DeclaredObject<Harbor>>;

    /// Its key in the section `harbor.system` of exported values, or in `harbor` itself.
    fn place(&self) -> Place;

    /// What is there, as values.
    fn exported(&self, found: &Found<'_>, composer: &mut Composer<'_>) -> Option<Node>;
}

/// What an export has found, as far as it matters to these kinds.
pub(crate) struct Found<'a> {
    /// The objects of these kinds.
    pub(crate) objects: &'a ObservedObjects,
    /// How people log in.
    pub(crate) auth_mode: &'a str,
    /// The members of projects.
    pub(crate) members: &'a BTreeMap<String, Vec<ProjectMemberEntity>>,
}

/// Where a kind stands in the values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// Below `harbor.system`.
    System(&'static str),
    /// Below `harbor`.
    Harbor(&'static str),
}

/// All of them, in the order in which they are planned.
static KINDS: [&dyn SystemKind; 11] = [
    &scanners::Scanners,
    &scanners::DEFAULT_SCANNER,
    &scan_all::SCAN_ALL,
    &garbage_collection::GARBAGE_COLLECTION,
    &purge::PURGE,
    &allowlist::ALLOWLIST,
    &labels::Labels,
    &preheat::Instances,
    &users::Users,
    &user_groups::UserGroups,
    &registries::Registries,
];

/// All of them, as the mechanism knows them.
pub(crate) fn kinds() -> impl Iterator<Item = &'static dyn AnyKind<Harbor>> {
    KINDS.into_iter().map(|kind| kind as &'static dyn AnyKind<Harbor>)
}

/// Everything that the values declare of them.
pub(crate) fn desired(reading: &Reading<'_>, values: &Values) -> Vec<Arc<DeclaredObject<Harbor>>> {
    KINDS.into_iter().flat_map(|kind| kind.declared(reading, values)).map(Arc::new).collect()
}

/// The secrets that have to be known to compare. The initial passwords of users are not among them.
pub(crate) fn secrets(values: &Values) -> Vec<SecretValue> {
    let Some(system) = &values.system else { return Vec::new() };
    let scanners = system.scanners.iter().flatten().filter_map(|scanner| scanner.credential.clone());
    let logins = system.preheat.iter().flatten().filter_map(|instance| instance.auth.as_ref());
    let logins = logins.flat_map(|auth| {
        let password = auth.basic.as_ref().map(|login| login.password.clone());
        password.into_iter().chain(auth.token.clone())
    });
    scanners.chain(logins).collect()
}

/// Whether a kind's objects are members of projects, which go with them.
pub(crate) fn are_members(object: &ObjectId) -> bool {
    [USER, USER_GROUP].contains(object.kind())
}

/// The sections of exported values: that of the system, and those beside it.
pub(crate) fn exported(found: &Found<'_>, composer: &mut Composer<'_>) -> Vec<(&'static str, Option<Node>)> {
    let (mut system, mut beside) = (Vec::new(), Vec::new());
    for kind in KINDS {
        let node = kind.exported(found, composer);
        match kind.place() {
            Place::System(key) => system.push((key, node)),
            Place::Harbor(key) => beside.push((key, node)),
        }
    }
    let system = Node::map(system);
    beside.push(("system", system.filled()));
    beside
}

/// Whether values may declare something of the whole system of which there is one.
fn may_declare(composer: &Composer<'_>, name: &str) -> bool {
    composer.may_declare(&ObjectId::new(SYSTEM, name))
}

/// The section of the system in the values.
fn section(values: &Values) -> Option<&HarborSystem> {
    values.system.as_ref()
}

/// The place of something in that section.
fn path(reading: &Reading<'_>, key: &str) -> ValuePath {
    reading.path(&["system", key])
}

/// The scanners that the values declare, as objects.
fn declared_scanners(values: &Values) -> impl Iterator<Item = ObjectId> + '_ {
    let scanners = section(values).and_then(|system| system.scanners.as_ref());
    scanners.into_iter().flatten().map(|scanner| ObjectId::new(SCANNER, scanner.name.as_str()))
}
