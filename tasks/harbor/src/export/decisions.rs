//! What an export has decided so far: which projects are those of teams.

use std::collections::BTreeMap;

use evenkeel_core::{object::ObjectId, values::TeamId};
use evenkeel_engine::export::Place;

use crate::{
    desired::Administration,
    names::{GROUP_MEMBER, PROJECT, ROBOT},
    observe::Observed,
};

/// What the names of a team's robots end with.
const ROBOTS_OF_TEAM: [&str; 3] = ["pull", "push", "builds"];

/// The decisions. They only ever go one way, so that settling ends.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Decisions {
    /// Ids of teams, by the name of their project.
    pub(crate) teams: BTreeMap<String, String>,
    /// Projects that look like a team's, with the object that is not as a team's.
    pub(crate) no_teams: BTreeMap<String, ObjectId>,
}

impl Decisions {
    /// A team is a project of its name with its three robots.
    pub(crate) fn first(place: &Place<Administration>, observed: &Observed) -> Self {
        let has_robots =
            |name: &str| ROBOTS_OF_TEAM.iter().all(|suffix| observed.robots.contains_key(&format!("{name}-{suffix}")));
        let ids = observed.projects.keys().filter(|name| has_robots(name)).filter_map(|name| {
            let id = name.strip_prefix(place.names.team_prefix.as_str())?;
            TeamId::parse(id).is_ok().then(|| (name.clone(), id.to_owned()))
        });
        Self { teams: ids.collect(), ..Self::default() }
    }

    /// Whether a robot follows from a team.
    pub(crate) fn is_of_team(&self, robot: &str) -> bool {
        robot
            .rsplit_once('-')
            .is_some_and(|(project, suffix)| ROBOTS_OF_TEAM.contains(&suffix) && self.teams.contains_key(project))
    }

    /// Decides otherwise about an object that a plan would change: what is not as a team's is no team's.
    pub(crate) fn take_back(&mut self, object: &ObjectId) {
        if let Some(project) = self.team_of(object) {
            self.teams.remove(&project);
            self.no_teams.insert(project, object.clone());
        }
    }

    /// The project of the team from which an object follows.
    fn team_of(&self, object: &ObjectId) -> Option<String> {
        let kind = object.kind();
        let project = if *kind == PROJECT {
            object.name()
        } else if *kind == GROUP_MEMBER {
            object.in_parent()?.0
        } else if *kind == ROBOT && self.is_of_team(object.name()) {
            object.name().rsplit_once('-')?.0
        } else {
            return None;
        };
        self.teams.contains_key(project).then(|| project.to_owned())
    }
}
