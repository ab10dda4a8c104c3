//! Objects of the whole system, each a plain kind: how it is read from the values, asked for, written, and exported.
//!
//! All of them are the administrator's: the own robot asks for no right to them, which would be worth a password.

mod allowlist;
mod garbage_collection;
mod labels;
mod preheat;
mod purge;
mod scan_all;
mod scanners;
mod schedule;
mod user_groups;
mod users;

use std::{collections::BTreeSet, sync::Arc};

use evenkeel_core::{
    object::ObjectId,
    values::{
        Problems, SecretValue, ValuePath,
        model::{Harbor as Values, HarborSystem},
    },
};
use evenkeel_engine::export::document::Node;

use crate::{
    Harbor,
    desired::reading::Reading,
    export::Composing,
    names::{SCANNER, USER, USER_GROUP},
    plain::{AnyKind, Wanted},
};

/// A plain kind of Harbor's.
pub(crate) trait SystemKind: AnyKind<Harbor> {
    /// What the values declare of it.
    fn declared(&self, reading: &Reading<'_>, values: &Values) -> Result<Vec<Wanted<Harbor>>, Problems>;

    /// Its key in the section `harbor.system` of exported values, or in `harbor` itself.
    fn place(&self) -> Place;

    /// What is there, as values.
    fn exported(&self, composing: &mut Composing<'_>) -> Option<Node>;
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
static KINDS: [&dyn SystemKind; 10] = [
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
];

/// All of them, as the mechanism knows them.
pub(crate) fn kinds() -> impl Iterator<Item = &'static dyn AnyKind<Harbor>> {
    KINDS.into_iter().map(|kind| kind as &'static dyn AnyKind<Harbor>)
}

/// Everything that the values declare of them.
pub(crate) fn desired(reading: &Reading<'_>, values: &Values) -> Result<Vec<Arc<Wanted<Harbor>>>, Problems> {
    let (mut wanted, mut problems) = (Vec::new(), Problems::default());
    for kind in KINDS {
        match kind.declared(reading, values) {
            Ok(declared) => wanted.extend(declared.into_iter().map(Arc::new)),
            Err(more) => problems.extend(more),
        }
    }
    problems.into_result(wanted)
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
pub(crate) fn exported(composing: &mut Composing<'_>) -> Vec<(&'static str, Option<Node>)> {
    let (mut system, mut beside) = (Vec::new(), Vec::new());
    for kind in KINDS {
        let node = kind.exported(composing);
        match kind.place() {
            Place::System(key) => system.push((key, node)),
            Place::Harbor(key) => beside.push((key, node)),
        }
    }
    let system = Node::map(system);
    beside.push(("system", Some(system).filter(|system| !system.is_empty())));
    beside
}

/// The section of the system in the values.
fn section(values: &Values) -> Option<&HarborSystem> {
    values.system.as_ref()
}

/// The place of something in that section.
fn path(reading: &Reading<'_>, key: &str) -> ValuePath {
    reading.path(&["system", key])
}

/// A problem for each name that stands in a list twice.
fn check_names<'n>(
    reading: &Reading<'_>,
    what: &str,
    names: impl IntoIterator<Item = &'n str>,
    list: &ValuePath,
) -> Result<(), Problems> {
    let (mut seen, mut problems) = (BTreeSet::new(), Problems::default());
    for (index, name) in names.into_iter().enumerate() {
        if !seen.insert(name) {
            let path = list.clone().index(index);
            problems.push(reading.problem(&path, &format!("{what} `{name}` is declared twice")));
        }
    }
    problems.into_result(())
}

/// The scanners that the values declare, as objects.
fn declared_scanners(values: &Values) -> impl Iterator<Item = ObjectId> + '_ {
    let scanners = section(values).and_then(|system| system.scanners.as_ref());
    scanners.into_iter().flatten().map(|scanner| ObjectId::new(SCANNER, scanner.name.as_str()))
}
