//! The values for what is there, under the decisions of the moment.

use std::sync::Arc;

use evenkeel_core::{object::ObjectId, plan::ChangeDocument};
use evenkeel_engine::export::{Composed, Composer, Composition, Decisions, Place, document::Node, judge};

use super::{composing::Composing, configuration, decisions, projects, registries, robots};
use crate::{
    Harbor,
    desired::{Administration, own_robot},
    names::{CONFIGURATION, ROBOT, ROBOT_SECRET},
    observe::Observed,
    system,
};

/// What a fresh Harbor puts before the names of robots.
const FRESH_PREFIX: &str = "robot$";

/// A server, and what it holds.
pub(super) struct Server<'a> {
    pub(super) place: &'a Place<Administration>,
    pub(super) observed: &'a Observed,
}

impl Composition for Server<'_> {
    const APPLICATION: &'static str = "harbor";
    type Decisions = decisions::Decisions;

    fn first_decisions(&self) -> decisions::Decisions {
        decisions::Decisions::first(self.place, self.observed)
    }

    fn composed(&self, decisions: &Decisions<decisions::Decisions>) -> Composed {
        let composer = Composer::new(Self::APPLICATION, &decisions.not_kept);
        let Self { place, observed } = *self;
        composed(Composing { place, observed, decisions: &decisions.own, composer })
    }

    fn changes(&self, composed: &Composed) -> Result<Vec<Arc<ChangeDocument>>, String> {
        judge::changes::<Harbor>(composed, self.observed)
    }

    fn take_back(&self, decisions: &mut decisions::Decisions, change: &ChangeDocument) {
        decisions.take_back(&change.object);
    }

    /// Only the configuration has a value of its own for each key.
    fn leaves_out_fields(&self, object: &ObjectId) -> bool {
        *object.kind() == CONFIGURATION
    }

    /// This task's own robot, which no values can leave out.
    fn added(&self, change: &ChangeDocument) -> Option<String> {
        let own = own_robot(self.place.platform.as_str());
        let is_robot = [ROBOT, ROBOT_SECRET].contains(change.object.kind());
        (is_robot && change.object.name() == own)
            .then(|| format!("robot `{own}`, as which evenkeel does what a robot may"))
    }

    fn named(&self, object: &ObjectId, field: Option<&str>) -> String {
        field.map_or_else(|| format!("`{object}`"), |key| format!("key `{key}` of the configuration"))
    }
}

/// Every layer, in the order in which they are read.
fn composed(mut composing: Composing<'_>) -> Composed {
    let platform = composing.place.values.clone().merged(names(&composing));
    composing.composer.layer("00-platform.yaml", "The platform, and how to log in.", platform);

    let teams = Node::map([("teams", projects::teams(&mut composing))]);
    composing.composer.layer("20-teams.yaml", "Teams: each is a project with its members and robots.", teams);

    let Observed { objects, members, .. } = composing.observed;
    let found = system::Found { objects, auth_mode: composing.auth_mode(), members };
    let system = system::exported(&found, &mut composing.composer);
    let harbor = [
        ("oidc", configuration::oidc(&mut composing)),
        ("configuration", configuration::keys(&mut composing)),
        ("projects", projects::projects(&mut composing)),
        ("robots", robots::of_system(&mut composing)),
        ("replications", registries::replications(&mut composing)),
    ];
    let harbor = Node::map(harbor.into_iter().chain(system)).filled();
    let harbor = Node::map([("harbor", harbor)]);
    composing.composer.layer("50-harbor.yaml", "What the server holds beside that.", harbor);
    composing.composer.composed()
}

/// The names of the platform that the server itself says.
fn names(composing: &Composing<'_>) -> Node {
    let prefix = composing.prefix().filter(|prefix| *prefix != FRESH_PREFIX);
    let names = prefix.map(|prefix| Node::map([("robotPrefix", Some(Node::Text(prefix.to_owned())))]));
    Node::map([("platform", names.map(|names| Node::map([("names", Some(names))])))])
}
