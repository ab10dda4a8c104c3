//! Labels of the system and of projects (server-behaviour 6).

use serde_json::{Map, Value, json};

use super::answer::{Answer, Reply};
use super::body::{self, Model, Shape};
use super::columns;
use super::identity::Identity;
use super::paging::{Key, Listing};
use super::request::Request;
use super::routes::{self, nowhere};
use super::time::written;
use super::world::World;

const LABEL: Model = Model {
    name: "Label",
    fields: &[
        ("name", Shape::Text),
        ("description", Shape::Text),
        ("color", Shape::Text),
        ("scope", Shape::Text),
        ("project_id", Shape::Whole),
    ],
};

/// One label; of the system where it has no project.
#[derive(Debug)]
pub(crate) struct Label {
    id: i64,
    project: Option<i64>,
    name: String,
    description: String,
    color: String,
    created: i64,
    updated: i64,
}

impl Label {
    pub(crate) fn view(&self) -> Value {
        let mut view = Value::Object(body::without_empty([
            ("color", json!(self.color)),
            ("description", json!(self.description)),
            ("project_id", json!(self.project.unwrap_or_default())),
        ]));
        view["creation_time"] = json!(written(self.created));
        view["id"] = json!(self.id);
        view["name"] = json!(self.name);
        view["scope"] = json!(if self.project.is_none() { "g" } else { "p" });
        view["update_time"] = json!(written(self.updated));
        view
    }

    fn key(&self, field: &str) -> Option<Key> {
        match field {
            "name" => Some(self.name.as_str().into()),
            "id" => Some(self.id.into()),
            _ => None,
        }
    }
}

impl World {
    pub(crate) fn answer_labels(&mut self, request: &Request, segments: &[&str]) -> Reply {
        match (request.method.as_str(), segments) {
            ("GET", []) => self.list_labels(request),
            ("POST", []) => self.create_label(request),
            ("GET", [label]) => {
                let id = routes::number(label, "label_id")?;
                self.allowed_label(request.who, id, "read").map(|label| Answer::found(label.view()))
            }
            ("PUT", [label]) => {
                let id = routes::number(label, "label_id")?;
                let fields = request.json("label", &LABEL)?;
                self.allowed_label(request.who, id, "update")?;
                self.change_label(id, &fields)
            }
            ("DELETE", [label]) => {
                let id = routes::number(label, "label_id")?;
                self.allowed_label(request.who, id, "delete")?;
                self.labels.remove(id);
                Ok(Answer::done())
            }
            _ => Err(nowhere(request)),
        }
    }

    /// 401 or 403 unless the caller may do that with labels of the system or of the project.
    fn need_label(&self, who: Identity, project: Option<i64>, action: &str) -> Result<(), Answer> {
        match project {
            // whoever is logged in may look at the system's
            None if matches!(action, "read" | "list") => self.need_login(who),
            None => self.need(who, "label", action),
            Some(project) => self.need_in(who, self.projects.get(project), "label", action),
        }
    }

    fn allowed_label(&self, who: Identity, id: i64, action: &str) -> Result<&Label, Answer> {
        self.need_login(who)?;
        let label = self.labels.get(id).ok_or_else(|| Answer::not_found(format!("label {id} not found")))?;
        self.need_label(who, label.project, action)?;
        Ok(label)
    }

    fn list_labels(&self, request: &Request) -> Reply {
        let listing = Listing::of(request)?;
        let project = match request.query.get("scope").unwrap_or_default() {
            "g" => None,
            "p" => Some(request.query.number("project_id")?.unwrap_or_default()),
            other => return Err(Answer::invalid(format!("invalid scope: {other}"))),
        };
        self.need_label(request.who, project, "list")?;
        let part = request.query.get("name").unwrap_or_default();
        let rows = self.labels.all().filter(|label| label.project == project && label.name.contains(part));
        listing.answer(rows, |label, field| label.key(field), Label::view)
    }

    fn create_label(&mut self, request: &Request) -> Reply {
        let fields = request.json("label", &LABEL)?;
        let project = match body::text(&fields, "scope") {
            "g" => None,
            "p" => Some(body::whole(&fields, "project_id")),
            _ => return Err(Answer::invalid("unsupported label scope")),
        };
        self.need_label(request.who, project, "create")?;
        let name = body::text(&fields, "name");
        columns::fits(name, columns::LABEL)?;
        if self.labels.all().any(|label| label.project == project && label.name == name) {
            return Err(Answer::conflict(format!("label {name} already exists")));
        }
        let created = self.now();
        let id = self.labels.insert(|id| Label {
            id,
            project,
            name: name.to_owned(),
            description: body::text(&fields, "description").to_owned(),
            color: body::text(&fields, "color").to_owned(),
            created,
            updated: created,
        });
        Ok(Answer::created(format!("/api/v2.0/labels/{id}")))
    }

    /// What is left out is cleared.
    fn change_label(&mut self, id: i64, fields: &Map<String, Value>) -> Reply {
        let now = self.now();
        if let Some(label) = self.labels.get_mut(id) {
            body::text(fields, "name").clone_into(&mut label.name);
            body::text(fields, "description").clone_into(&mut label.description);
            body::text(fields, "color").clone_into(&mut label.color);
            label.updated = now;
        }
        Ok(Answer::done())
    }
}
