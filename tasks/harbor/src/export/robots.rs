//! Robots that follow from no team. Their secrets, which the server never shows, stay as they are.

use std::collections::BTreeMap;

use evenkeel_core::values::{ProjectName, RobotName};
use evenkeel_engine::export::document::Node;

use super::composing::Composing;
use crate::{
    desired::{own_description, own_robot},
    names,
    observe::{ObservedRobot, rights},
    permissions::DENIED,
};

/// Rights in a place: resource and action.
type Rights = std::collections::BTreeSet<(String, String)>;

/// The robots of the system.
pub(super) fn of_system(composing: &mut Composing<'_>) -> Option<Node> {
    let mut nodes = Vec::new();
    let own = own_robot(composing.place.platform.as_str());
    if composing.observed.robots.contains_key(&own) {
        composing.composer.remark(format!("evenkeel's own robot `{own}`, which is there and works on"));
    }
    for (name, there) in &composing.observed.robots {
        let implied = *name == own || composing.decisions.is_of_team(name);
        if name.contains('+') || implied || !composing.composer.may_declare(&names::robot(name)) {
            continue;
        }
        if let Some(platform) = platform_of(name, there) {
            composing.composer.remark(format!("robot `{name}`, as which evenkeel keeps platform `{platform}`"));
            continue;
        }
        let rights = rights(&there.robot);
        if let Some(trouble) = trouble(name, &rights) {
            composing.composer.remark(format!("robot `{name}`, {trouble}"));
            continue;
        }
        let permissions = rights.iter().map(|(place, rights)| {
            let project = (place != "/").then(|| Node::Text(place.clone()));
            Node::map([("project", project), ("access", Some(access(rights)))])
        });
        let permissions = Node::List(permissions.collect());
        let mut entries = fields(composing, name, name, there);
        entries.insert("permissions".to_owned(), permissions);
        nodes.push(Node::Map(entries));
    }
    Node::list(nodes)
}

/// The platform whose evenkeel works as this robot.
fn platform_of<'a>(name: &'a str, there: &ObservedRobot) -> Option<&'a str> {
    let platform = name.strip_prefix(own_robot("").as_str())?;
    (there.robot.description.as_deref() == Some(own_description(platform).as_str())).then_some(platform)
}

/// The robots of a project.
pub(super) fn of_project(composing: &mut Composing<'_>, project: &str) -> Option<Node> {
    let mut nodes = Vec::new();
    for name in names_in(composing, project) {
        let stored = format!("{project}+{name}");
        let Some(there) = composing.observed.robots.get(&stored) else { continue };
        if !composing.composer.may_declare(&names::robot(&stored)) {
            continue;
        }
        let rights = rights(&there.robot);
        let elsewhere = rights.keys().any(|place| place != project);
        let trouble = trouble(&name, &rights).or_else(|| elsewhere.then_some("which may do something elsewhere"));
        if let Some(trouble) = trouble {
            composing.composer.remark(format!("robot `{stored}`, {trouble}"));
            continue;
        }
        let mut entries = fields(composing, &stored, &name, there);
        entries.extend(rights.get(project).map(|rights| ("access".to_owned(), access(rights))));
        nodes.push(Node::Map(entries));
    }
    Node::list(nodes)
}

/// The names of a project's robots, without prefix and project.
pub(super) fn names_in(composing: &Composing<'_>, project: &str) -> Vec<String> {
    let names = composing.observed.robots.keys().filter_map(|stored| stored.split_once('+'));
    names.filter(|(home, _)| *home == project).map(|(_, name)| name.to_owned()).collect()
}

/// What a robot of the system and one of a project have both. A duration that is over would wake the robot.
fn fields(composing: &mut Composing<'_>, stored: &str, name: &str, there: &ObservedRobot) -> BTreeMap<String, Node> {
    let robot = &there.robot;
    let duration = robot.duration.filter(|days| *days == -1 || *days > 0);
    if there.expired {
        composing.composer.remark(format!("the duration of robot `{stored}`, whose time is over"));
    }
    let entries = [
        ("name", Some(Node::Text(name.to_owned()))),
        ("description", Node::text(robot.description.as_ref())),
        ("disabled", (robot.disable == Some(true)).then_some(Node::Bool(true))),
        ("duration", duration.filter(|_| !there.expired).map(|days| Node::Number(days.into()))),
    ];
    entries.into_iter().filter_map(|(key, node)| Some((key.to_owned(), node?))).collect()
}

/// Why values cannot declare a robot.
fn trouble(name: &str, rights: &BTreeMap<String, Rights>) -> Option<&'static str> {
    let is_place = |place: &String| ["/", "*"].contains(&place.as_str()) || ProjectName::parse(place).is_ok();
    match () {
        () if RobotName::parse(name).is_err() => Some("whose name values do not take"),
        () if rights.is_empty() || rights.values().any(Rights::is_empty) => Some("which may do nothing somewhere"),
        () if rights.values().any(contradicts_itself) => Some("which was allowed and denied the same right"),
        () if !rights.keys().all(is_place) => Some("which has rights where values know no place"),
        () => None,
    }
}

/// Values refuse to say both of one right.
fn contradicts_itself(rights: &Rights) -> bool {
    let mut denied = rights.iter().filter_map(|(resource, action)| Some((resource, action.strip_suffix(DENIED)?)));
    denied.any(|(resource, action)| rights.contains(&(resource.clone(), action.to_owned())))
}

fn access(rights: &Rights) -> Node {
    let right = |(resource, action): &(String, String)| {
        let text = |text: &str| Some(Node::Text(text.to_owned()));
        let denied = action.strip_suffix(DENIED);
        Node::map([
            ("resource", text(resource)),
            ("action", text(denied.unwrap_or(action))),
            ("effect", denied.and_then(|_| text("deny"))),
        ])
    };
    Node::List(rights.iter().map(right).collect())
}
