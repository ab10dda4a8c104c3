//! Settling, with an application that a test invents: roles with some fields, of which it keeps only a part as it is told.

use std::collections::{BTreeMap, BTreeSet};

use evenkeel_core::{
    diff::FieldChange,
    object::{Kind, ObjectId},
    plan::{Action, Cause},
};

use super::*;
use crate::export::{Composer, document::Node};

fn role(name: &str) -> ObjectId {
    ObjectId::new(Kind::new("role"), name)
}

fn change(name: &str, action: Action, fields: &[String]) -> Arc<ChangeDocument> {
    let field = |path: &String| FieldChange {
        path: path.as_str().into(),
        before: None,
        after: None,
        secret: false,
        cause: None,
    };
    let cause = Cause { value: "roles".to_owned(), file: None, line: None };
    let fields = fields.iter().map(field).collect();
    Arc::new(ChangeDocument { object: role(name), action, fields, cause, waits_for: Arc::from([]) })
}

#[derive(Default)]
struct Roles {
    /// The roles, each with its fields.
    there: BTreeMap<&'static str, Vec<&'static str>>,
    /// Roles, and fields of them, that a plan would change whenever they are declared.
    not_kept: BTreeSet<&'static str>,
    /// Roles that are taken for those of teams at first.
    of_teams: BTreeSet<&'static str>,
    /// A role that the task makes for itself, with its password.
    own: Option<&'static str>,
    problem: Option<&'static str>,
}

impl Composition for Roles {
    const APPLICATION: &'static str = "lab";
    type Decisions = BTreeSet<&'static str>;

    fn first_decisions(&self) -> Self::Decisions {
        self.of_teams.clone()
    }

    fn composed(&self, decisions: &Decisions<Self::Decisions>) -> Composed {
        let mut composer = Composer::new("lab", &decisions.not_kept);
        composer.layer("teams.yaml", "Teams.", Node::texts(decisions.own.iter().copied()));
        let mut roles = BTreeMap::new();
        for (name, fields) in self.there.iter().filter(|(name, _)| !decisions.own.contains(*name)) {
            if composer.may_declare(&role(name)) {
                let fields = fields.iter().filter(|field| composer.not_kept.allows_field(&role(name), field));
                roles.insert((*name).to_owned(), Node::texts(fields.copied()));
            } else {
                composer.remark(format!("without {name}"));
            }
        }
        composer.layer("roles.yaml", "Roles.", Node::Map(roles));
        composer.composed()
    }

    fn changes(&self, composed: &Composed) -> Result<Vec<Arc<ChangeDocument>>, String> {
        if let Some(problem) = self.problem {
            return Err(problem.to_owned());
        }
        let [teams, roles] = composed.layers.as_slice() else { panic!("two layers") };
        let mut changes: Vec<Arc<ChangeDocument>> =
            texts(&teams.content).iter().map(|name| change(name, Action::Update, &["team".to_owned()])).collect();
        let Node::Map(roles) = &roles.content else { panic!("roles") };
        for (name, fields) in roles {
            let fields: Vec<String> =
                texts(fields).into_iter().filter(|field| self.not_kept.contains(field.as_str())).collect();
            if self.not_kept.contains(name.as_str()) {
                changes.push(change(name, Action::Create, &[]));
            } else if !fields.is_empty() {
                changes.push(change(name, Action::Update, &fields));
            }
        }
        changes.extend(
            self.own.iter().flat_map(|name| [change(name, Action::Create, &[]), change(name, Action::Update, &[])]),
        );
        Ok(changes)
    }

    fn take_back(&self, decisions: &mut Self::Decisions, change: &ChangeDocument) {
        decisions.remove(change.object.name());
    }

    fn leaves_out_fields(&self, object: &ObjectId) -> bool {
        object.name() != "whole"
    }

    fn added(&self, change: &ChangeDocument) -> Option<String> {
        (self.own == Some(change.object.name())).then(|| "the task's own role".to_owned())
    }
}

fn texts(list: &Node) -> Vec<String> {
    let Node::List(items) = list else { panic!("a list") };
    let text = |item: &Node| if let Node::Text(text) = item { text.clone() } else { panic!("a text") };
    items.iter().map(text).collect()
}

fn not_kept(what: &str) -> String {
    format!("{what}, which lab does not keep as declared")
}

#[test]
fn what_the_application_does_not_keep_is_left_out_and_told_and_nothing_differs_any_more() {
    let there = [("gone", vec![]), ("shop", vec!["name", "origin", "title"]), ("whole", vec!["title", "name"])];
    let exported =
        settled(&Roles { there: there.into(), not_kept: ["gone", "name", "origin"].into(), ..Roles::default() });
    assert_eq!(exported.still_differs, Vec::<String>::new());
    assert_eq!(exported.layers[1].content, Node::map([("shop", Some(Node::texts(["title"])))]));
    let fields = [not_kept("`name` of `role/shop`"), not_kept("`origin` of `role/shop`")];
    let mut told = vec!["without gone".to_owned(), "without whole".to_owned(), not_kept("`role/gone`")];
    told.extend(fields);
    told.push(not_kept("`role/whole`"));
    assert_eq!(exported.left_out, told);
}

#[test]
fn what_is_no_teams_is_declared_by_itself_before_anything_is_left_out() {
    let there = [("red", vec!["title"]), ("blue", vec!["title"])];
    let exported = settled(&Roles { there: there.into(), of_teams: ["red"].into(), ..Roles::default() });
    let title = || Some(Node::texts(["title"]));
    assert_eq!(exported.layers[0].content, Node::List(Vec::new()));
    assert_eq!(exported.layers[1].content, Node::map([("red", title()), ("blue", title())]));
    assert_eq!((exported.left_out, exported.still_differs), (Vec::new(), Vec::new()));
}

#[test]
fn what_the_task_adds_for_itself_is_told_once_and_is_no_difference() {
    let exported = settled(&Roles { own: Some("robot"), ..Roles::default() });
    assert_eq!(exported.added, ["the task's own role"]);
    assert_eq!((exported.left_out, exported.still_differs), (Vec::new(), Vec::new()));
}

#[test]
fn values_that_nothing_can_be_planned_after_are_told_as_a_difference() {
    let exported = settled(&Roles { problem: Some("no such role"), ..Roles::default() });
    assert_eq!(exported.still_differs, ["no such role"]);
}
