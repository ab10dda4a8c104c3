//! Rules that make tags immutable (server-behaviour 6).

use serde_json::{Map, Value, json};

use super::answer::{Answer, Reply};
use super::body::{self, Model, Shape};
use super::paging::{Key, Listing};
use super::request::Request;
use super::routes::{self, nowhere};
use super::world::World;

const SELECTOR: Model = Model {
    name: "ImmutableSelector",
    fields: &[("kind", Shape::Text), ("decoration", Shape::Text), ("pattern", Shape::Text), ("extras", Shape::Text)],
};

const RULE: Model = Model {
    name: "ImmutableRule",
    fields: &[
        ("id", Shape::Whole),
        ("priority", Shape::Whole),
        ("disabled", Shape::Flag),
        ("action", Shape::Text),
        ("template", Shape::Text),
        ("tag_selectors", Shape::List(&Shape::Object(&SELECTOR))),
        ("scope_selectors", Shape::Map(&Shape::List(&Shape::Object(&SELECTOR)))),
    ],
};

/// One rule.
#[derive(Debug)]
pub(crate) struct ImmutableRule {
    pub(crate) id: i64,
    pub(crate) project: i64,
    /// All but the number.
    fields: Map<String, Value>,
}

impl ImmutableRule {
    pub(crate) fn view(&self) -> Value {
        let mut view = self.fields.clone();
        view.insert("id".to_owned(), json!(self.id));
        Value::Object(view)
    }
}

impl World {
    pub(crate) fn answer_immutable_rules(&mut self, request: &Request, reference: &str, segments: &[&str]) -> Reply {
        match (request.method.as_str(), segments) {
            ("GET", []) => {
                let listing = Listing::of(request)?;
                let project = self.allowed_project(request, reference, "immutable-tag", "list")?.id;
                let rows = self.immutable_rules.all().filter(|rule| rule.project == project);
                let key = |rule: &&ImmutableRule, field: &str| (field == "id").then(|| Key::from(rule.id));
                listing.answer(rows, key, ImmutableRule::view)
            }
            ("POST", []) => {
                let fields = rule_fields(request)?;
                let project = self.allowed_project(request, reference, "immutable-tag", "create")?.id;
                if self.immutable_rules.all().any(|rule| rule.project == project && rule.fields == fields) {
                    return Err(Answer::conflict("immutable rule already exists"));
                }
                let id = self.immutable_rules.insert(|id| ImmutableRule { id, project, fields });
                Ok(Answer::created(format!("{}/{id}", request.path.trim_end_matches('/'))))
            }
            ("PUT", [rule]) => {
                self.change_immutable_rule(request, reference, routes::number(rule, "immutable_rule_id")?)
            }
            ("DELETE", [rule]) => {
                let id = routes::number(rule, "immutable_rule_id")?;
                let project = self.allowed_project(request, reference, "immutable-tag", "delete")?.id;
                let own = self.immutable_rules.get(id).is_some_and(|rule| rule.project == project);
                own.then(|| self.immutable_rules.remove(id)).map(|_| Answer::done()).ok_or_else(|| missing(id))
            }
            _ => Err(nowhere(request)),
        }
    }

    fn change_immutable_rule(&mut self, request: &Request, reference: &str, id: i64) -> Reply {
        let sent = request.json("immutableRule", &RULE)?;
        let fields = rule_fields(request)?;
        let project = self.allowed_project(request, reference, "immutable-tag", "update")?.id;
        if body::whole(&sent, "id") != id {
            return Err(Answer::invalid(
                "bad request: the immutable_rule_id doesn't match the id in the payload body of ImmutableRule",
            ));
        }
        let rule = self.immutable_rules.get_mut(id).filter(|rule| rule.project == project);
        rule.ok_or_else(|| missing(id))?.fields = fields;
        Ok(Answer::done())
    }
}

/// The rule in the body, without its number and without what is false or zero.
fn rule_fields(request: &Request) -> Result<Map<String, Value>, Answer> {
    let mut fields = request.json("immutableRule", &RULE)?;
    fields.remove("id");
    fields
        .retain(|key, value| !(key == "disabled" && *value == json!(false) || key == "priority" && *value == json!(0)));
    Ok(fields)
}

fn missing(id: i64) -> Answer {
    Answer::not_found(format!("immutable rule {id} not found"))
}
