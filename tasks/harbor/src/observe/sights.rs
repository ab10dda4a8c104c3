//! Which very object each name means.
//!
//! A number counts together with the moment at which its object was made, where Harbor shows that and no change moves it, and
//! otherwise together with the project that the object is in. A webhook
//! policy loses its moment with the first change (server-behaviour 6).

use std::collections::{BTreeMap, BTreeSet};

use evenkeel_core::{
    memory::Sight,
    object::{Kind, ObjectId},
};
use evenkeel_harbor_client::types::{Project, ProjectMemberEntity};
use evenkeel_kubernetes_client::namespace::Closed;

use super::{Observed, retention_id};
use crate::{
    desired::Member,
    names::{
        self, GROUP_MEMBER, IMMUTABLE_RULE, LABEL, NAMESPACE, PROJECT, QUOTA, REPLICATION, RETENTION, ROBOT,
        ROBOT_SECRET, SECRET, USER_MEMBER, WEBHOOK,
    },
    numbers::{numbered, numbered_within},
};

/// Which lists were read that are not read always: what is not in them is not there.
#[derive(Clone, Debug, Default)]
pub struct Looked {
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
        if let Some(sight) = self.objects.sight(object) {
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
        match object.kind() {
            kind if *kind == SECRET => self.cluster.as_ref().is_some_and(|cluster| cluster.absent.contains(object)),
            // A member whose role does not exist is in no list (server-behaviour 4).
            kind if [IMMUTABLE_RULE, WEBHOOK, LABEL, GROUP_MEMBER, USER_MEMBER].contains(kind) => {
                !self.projects.contains_key(parent)
            }
            _ => false,
        }
    }

    /// Whether an object that lives in no other would have been seen.
    fn would_show_at_the_top(&self, kind: &Kind, name: &str) -> bool {
        match kind {
            kind if [PROJECT, RETENTION].contains(kind) => true,
            kind if *kind == QUOTA => !self.projects.contains_key(name),
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
    let itself = sight_of_project(project);
    let inside = |number: Option<i64>| numbered_within(number, &itself);
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

/// Which very project it is.
pub(super) fn sight_of_project(project: &Project) -> Sight {
    numbered(project.project_id.map(i64::from), project.creation_time.as_deref())
}

/// A membership as an object.
pub(crate) fn membership(project: &str, member: &ProjectMemberEntity) -> Option<ObjectId> {
    let name = member.entity_name.clone()?;
    let member = if member.entity_type.as_deref() == Some("g") { Member::Group(name) } else { Member::User(name) };
    Some(member.object(project))
}

#[cfg(test)]
mod tests {
    use evenkeel_harbor_client::types::Robot;

    use super::*;
    use crate::{names::REGISTRY, observe::ObservedRobot};

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
