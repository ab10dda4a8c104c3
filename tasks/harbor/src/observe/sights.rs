//! Which very object each name means.
//!
//! Harbor's numbers are given out anew once its database is: so a number counts together with the moment at which its object was
//! made, where Harbor shows that and no change moves it, and otherwise together with the project that the object is in. A webhook
//! policy loses its moment with the first change (server-behaviour 6).

use std::collections::{BTreeMap, BTreeSet};

use evenkeel_core::{
    memory::{Identity, Sight},
    object::{Kind, ObjectId},
};
use evenkeel_harbor_client::types::{ImmutableRule, Project, ProjectMemberEntity};
use evenkeel_kubernetes_client::namespace::Closed;
use jiff::Timestamp;

use super::{Observed, retention_id};
use crate::{
    desired::Member,
    names::{
        self, GROUP_MEMBER, IMMUTABLE_RULE, LABEL, NAMESPACE, PROJECT, QUOTA, REGISTRY, REPLICATION, RETENTION, ROBOT,
        ROBOT_SECRET, SECRET, USER_MEMBER, WEBHOOK,
    },
    plan::selected,
};

/// Which lists were read that are not read always: what is not in them is not there.
#[derive(Clone, Debug, Default)]
pub struct Looked {
    /// Whether the registries were.
    pub registries: bool,
    /// Whether the replication policies were.
    pub replications: bool,
    /// The projects whose robots were.
    pub robots: BTreeSet<String>,
    /// Whether a robot was there whose name does not begin as that of every robot does: then nobody knows which one it is.
    pub strange_robots: bool,
}

impl Observed {
    /// What was seen of an object, and which one it is.
    #[must_use]
    pub fn sight(&self, object: &ObjectId) -> Sight {
        if let Some(sight) = self.system.sight(object) {
            return sight;
        }
        match self.sights.get(object) {
            Some(sight) => sight.clone(),
            None if self.would_show(object) => Sight::Absent,
            None => Sight::Unknown,
        }
    }

    /// Whether an object of this name would have been seen.
    fn would_show(&self, object: &ObjectId) -> bool {
        match object.in_parent() {
            Some((parent, _)) => self.would_show_in(parent, object),
            None => object.parents().next().is_none() && self.would_show_at_the_top(object.kind(), object.name()),
        }
    }

    /// Whether an object that lives in another would have been seen.
    fn would_show_in(&self, parent: &str, object: &ObjectId) -> bool {
        let was_read = match object.kind() {
            kind if *kind == SECRET => {
                return self.cluster.as_ref().is_some_and(|cluster| cluster.absent.contains(object));
            }
            kind if *kind == IMMUTABLE_RULE => self.immutable_rules.contains_key(parent),
            kind if *kind == WEBHOOK => self.webhooks.contains_key(parent),
            kind if *kind == LABEL => self.labels.contains_key(parent),
            // A member whose role does not exist is in no list (server-behaviour 4).
            kind if [GROUP_MEMBER, USER_MEMBER].contains(kind) => false,
            _ => return false,
        };
        was_read || !self.projects.contains_key(parent)
    }

    /// Whether an object that lives in no other would have been seen.
    fn would_show_at_the_top(&self, kind: &Kind, name: &str) -> bool {
        match kind {
            kind if [PROJECT, RETENTION].contains(kind) => true,
            kind if *kind == QUOTA => !self.projects.contains_key(name),
            kind if *kind == REGISTRY => self.looked.registries,
            kind if *kind == REPLICATION => self.looked.replications,
            kind if [ROBOT, ROBOT_SECRET].contains(kind) => match name.split_once('+') {
                _ if self.looked.strange_robots => false,
                Some((project, _)) => !self.projects.contains_key(project) || self.looked.robots.contains(project),
                None => true,
            },
            kind if *kind == NAMESPACE => self
                .cluster
                .as_ref()
                .is_some_and(|cluster| cluster.closed_namespaces.get(name) == Some(&Closed::Missing)),
            _ => false,
        }
    }
}

/// Everything that is there, with what tells it from others of the same name.
pub(super) fn sights(observed: &Observed) -> BTreeMap<ObjectId, Sight> {
    let mut sights = BTreeMap::new();
    for (name, project) in &observed.projects {
        of_project(&mut sights, observed, name, project);
    }
    for (name, there) in &observed.robots {
        let robot = &there.robot;
        sights.insert(names::robot(name), numbered(robot.id, robot.creation_time.as_deref()));
        sights.insert(ObjectId::new(ROBOT_SECRET, name.as_str()), Sight::There);
    }
    for (name, registry) in &observed.registries {
        let sight = numbered(registry.id, registry.creation_time.as_deref());
        sights.insert(ObjectId::new(REGISTRY, name.as_str()), sight);
    }
    for (name, policy) in &observed.replications {
        // Of a policy it is not known that a change leaves its moment alone.
        let sight = Sight::of(policy.id.map(|id| id.to_string()));
        sights.insert(ObjectId::new(REPLICATION, name.as_str()), sight);
    }
    for (object, secret) in observed.cluster.iter().flat_map(|cluster| &cluster.secrets) {
        sights.insert(object.clone(), Sight::of(secret.metadata().uid.as_deref()));
    }
    sights
}

fn of_project(sights: &mut BTreeMap<ObjectId, Sight>, observed: &Observed, name: &str, project: &Project) {
    let itself = numbered(project.project_id.map(i64::from), project.creation_time.as_deref());
    let inside = |number: Option<i64>| match (number, &itself) {
        (Some(number), Sight::This(project)) => Sight::This(Identity::new(format!("{number} in {project}"))),
        _ => Sight::There,
    };
    for (selection, rule) in by_selection(observed.immutable_rules.get(name).into_iter().flatten()) {
        sights.insert(ObjectId::within(IMMUTABLE_RULE, name, &selection), inside(rule.id));
    }
    for policy in observed.webhooks.get(name).into_iter().flatten() {
        let object = policy.name.as_deref().map(|policy| ObjectId::within(WEBHOOK, name, policy));
        sights.extend(object.map(|object| (object, inside(policy.id))));
    }
    for label in observed.labels.get(name).into_iter().flatten() {
        let object = label.name.as_deref().map(|label| ObjectId::within(LABEL, name, label));
        sights.extend(object.map(|object| (object, numbered(label.id, label.creation_time.as_deref()))));
    }
    for member in observed.members.get(name).into_iter().flatten() {
        sights.extend(membership(name, member).map(|object| (object, inside(member.id))));
    }
    if project.metadata.as_ref().is_some_and(|metadata| metadata.retention_id.is_some()) {
        sights.insert(ObjectId::new(RETENTION, name), inside(retention_id(project)));
    }
    if observed.quotas.contains_key(name) {
        sights.insert(ObjectId::new(QUOTA, name), Sight::There);
    }
    sights.insert(names::project(name), itself);
}

/// A number with the moment at which its object was made.
pub(crate) fn numbered(number: Option<i64>, created: Option<&str>) -> Sight {
    let moment = created.and_then(|created| created.parse::<Timestamp>().ok());
    Sight::of(number.zip(moment).map(|(number, moment)| format!("{number} of {}", moment.as_millisecond())))
}

/// A membership as an object.
pub(crate) fn membership(project: &str, member: &ProjectMemberEntity) -> Option<ObjectId> {
    let name = member.entity_name.clone()?;
    let member = if member.entity_type.as_deref() == Some("g") { Member::Group(name) } else { Member::User(name) };
    Some(member.object(project))
}

/// Immutable tag rules by what they select, under the name of their object. Of several that select the same, the oldest counts.
pub(crate) fn by_selection<'a>(
    rules: impl IntoIterator<Item = &'a ImmutableRule>,
) -> BTreeMap<String, &'a ImmutableRule> {
    let mut found: BTreeMap<String, &ImmutableRule> = BTreeMap::new();
    for rule in rules {
        let Some((repositories, tags)) = selected(rule) else { continue };
        // Under the name of the object that values declare.
        let oldest = found.entry(format!("{repositories}:{tags}")).or_insert(rule);
        if rule.id < oldest.id {
            *oldest = rule;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use evenkeel_harbor_client::types::Robot;

    use super::*;
    use crate::observe::ObservedRobot;

    fn with_robot(id: i64, created: &str) -> Observed {
        let robot = Robot { id: Some(id), creation_time: Some(created.to_owned()), ..Robot::default() };
        let robots = [("ci".to_owned(), ObservedRobot { robot, expired: false })].into();
        let observed = Observed { robots, ..Observed::default() };
        Observed { sights: sights(&observed), ..observed }
    }

    #[test]
    fn a_number_of_a_rebuilt_database_is_not_the_same_robot() {
        let robot = names::robot("ci");
        let before = with_robot(7, "2026-01-01T00:00:00.000Z").sight(&robot);
        assert!(matches!(before, Sight::This(_)));
        assert_eq!(before, with_robot(7, "2026-01-01T01:00:00.000+01:00").sight(&robot), "the same moment");
        assert_ne!(before, with_robot(7, "2026-01-02T00:00:00.000Z").sight(&robot));
        assert_ne!(before, with_robot(8, "2026-01-01T00:00:00.000Z").sight(&robot));
    }

    #[test]
    fn what_no_list_would_show_is_not_absent() {
        let mut observed = Observed::default();
        for (object, sight) in [
            (names::project("team"), Sight::Absent),
            (ObjectId::within(PROJECT, "a", "team"), Sight::Unknown),
            (ObjectId::within(WEBHOOK, "team", "hook"), Sight::Absent),
            (ObjectId::within(GROUP_MEMBER, "team", "devs"), Sight::Absent),
            (ObjectId::new(WEBHOOK, "team/hook"), Sight::Unknown),
            (ObjectId::new(REGISTRY, "upstream"), Sight::Unknown),
            (ObjectId::new(REPLICATION, "mirror"), Sight::Unknown),
            (ObjectId::within(SECRET, "team", "pull"), Sight::Unknown),
            (ObjectId::new(NAMESPACE, "team"), Sight::Unknown),
            (names::robot("ci"), Sight::Absent),
            (names::robot("team+ci"), Sight::Absent),
        ] {
            assert_eq!(observed.sight(&object), sight, "{object}");
        }
        observed.projects.insert("team".to_owned(), Project::default());
        observed.members.insert("team".to_owned(), Vec::new());
        for object in [
            ObjectId::within(WEBHOOK, "team", "hook"),
            ObjectId::within(GROUP_MEMBER, "team", "devs"),
            names::robot("team+ci"),
            ObjectId::new(QUOTA, "team"),
        ] {
            assert_eq!(observed.sight(&object), Sight::Unknown, "{object}");
        }
        observed.looked.strange_robots = true;
        assert_eq!(observed.sight(&names::robot("ci")), Sight::Unknown);
    }
}
