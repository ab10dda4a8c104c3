//! The values for what is there, under the decisions of the moment.

use evenkeel_core::{
    object::ObjectId,
    values::{AddressableName, ObjectName},
};
use evenkeel_engine::export::{
    NeededSecret,
    document::{Layer, Node},
    secrets::Secrets,
};

use super::{configuration, decisions::Decisions, place::Place, projects, registries, robots};
use crate::{
    names::{AUTH_MODE, ROBOT_NAME_PREFIX, SYSTEM},
    observe::Observed,
    system,
};

/// What a fresh Harbor puts before the names of robots.
const FRESH_PREFIX: &str = "robot$";

/// Values in the making.
pub(crate) struct Composing<'a> {
    pub(crate) place: &'a Place,
    pub(crate) observed: &'a Observed,
    pub(crate) decisions: &'a Decisions,
    pub(crate) secrets: Secrets,
    remarks: Vec<String>,
}

/// Values, and what goes with them.
pub(crate) struct Composed {
    pub(crate) layers: Vec<Layer>,
    pub(crate) secrets: Vec<NeededSecret>,
}

impl<'a> Composing<'a> {
    pub(crate) fn new(place: &'a Place, observed: &'a Observed, decisions: &'a Decisions) -> Self {
        Self { place, observed, decisions, secrets: Secrets::of("harbor"), remarks: Vec::new() }
    }

    /// Notes what is there and cannot be declared.
    pub(crate) fn remark(&mut self, remark: String) {
        self.remarks.push(remark);
    }

    /// Whether values can name an object; one that they cannot is told.
    pub(crate) fn can_name(&mut self, kind: &str, name: &str, project: &str) -> bool {
        let can = AddressableName::parse(name).is_ok();
        if !can {
            self.remark(format!("{kind} {name:?} of project `{project}`, whose name values do not take"));
        }
        can
    }

    /// Whether something of the whole system has a place in the values.
    pub(crate) fn has_system(&self, name: &str) -> bool {
        self.decisions.has(&ObjectId::new(SYSTEM, name))
    }

    /// The login mode of the server.
    pub(crate) fn auth_mode(&self) -> &'a str {
        self.observed.configuration.text(AUTH_MODE)
    }

    /// The prefix of robots as a name of the platform, where it can be one.
    pub(crate) fn prefix(&self) -> Option<&'a str> {
        let prefix = self.observed.configuration.text(ROBOT_NAME_PREFIX);
        ObjectName::parse(prefix).is_ok().then_some(prefix)
    }

    /// Every layer, in the order in which they are read.
    pub(crate) fn composed(mut self) -> Composed {
        let platform = self.place.values.clone().merged(self.names());
        let teams = Node::map([("teams", projects::teams(&mut self))]);
        let of_teams = std::mem::take(&mut self.remarks);
        let system = system::exported(&mut self);
        let harbor = [
            ("oidc", configuration::oidc(&mut self)),
            ("configuration", configuration::keys(&mut self)),
            ("registries", registries::registries(&mut self)),
            ("projects", projects::projects(&mut self)),
            ("robots", robots::of_system(&mut self)),
            ("replications", registries::replications(&mut self)),
        ];
        let harbor = Node::map(harbor.into_iter().chain(system));
        let harbor = Node::map([("harbor", Some(harbor).filter(|harbor| !harbor.is_empty()))]);
        let layer = |name, title, remarks, content| Layer { name, title, remarks, content };
        let layers = vec![
            layer("00-platform.yaml", "The platform, and how to log in.", Vec::new(), platform),
            layer("20-teams.yaml", "Teams: each is a project with its members and robots.", of_teams, teams),
            layer("50-harbor.yaml", "What the server holds beside that.", self.remarks, harbor),
        ];
        Composed { layers, secrets: self.secrets.into_needed() }
    }

    fn names(&self) -> Node {
        let prefix = self.prefix().filter(|prefix| *prefix != FRESH_PREFIX);
        let names = prefix.map(|prefix| Node::map([("robotPrefix", Some(Node::Text(prefix.to_owned())))]));
        Node::map([("platform", names.map(|names| Node::map([("names", Some(names))])))])
    }
}

/// A text that is not empty.
pub(crate) fn text(text: Option<&String>) -> Option<Node> {
    text.filter(|text| !text.is_empty()).cloned().map(Node::Text)
}

/// A list that is not empty.
pub(crate) fn list(nodes: Vec<Node>) -> Option<Node> {
    (!nodes.is_empty()).then_some(Node::List(nodes))
}
