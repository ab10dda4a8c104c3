//! Labels of organisations and repositories, whose names are no keys.

use http::Method;
use serde_json::{Value, json};

use super::answer::{Answer, Reply};
use super::body::{Form, Kind, Model};
use super::paging::{self, Pages};
use super::request::Request;
use super::world::{Owner, World};

const LABEL: Model = &[
    ("name", Kind::Text),
    ("color", Kind::Text),
    ("description", Kind::Text),
    ("exclusive", Kind::Flag),
    ("is_archived", Kind::Flag),
];

/// One label.
#[derive(Debug)]
pub(crate) struct Label {
    pub(crate) id: i64,
    pub(crate) owner: Owner,
    pub(crate) name: String,
    pub(crate) color: String,
    pub(crate) description: String,
    pub(crate) exclusive: bool,
    pub(crate) archived: bool,
}

/// Six digits, without the sign before them.
fn color(form: &Form) -> Result<String, Answer> {
    let digits = form.text("color").trim_start_matches('#').to_lowercase();
    let is_color = matches!(digits.len(), 3 | 6) && digits.chars().all(|digit| digit.is_ascii_hexdigit());
    if !is_color {
        return Err(Answer::invalid(format!("bad color code: #{digits}")));
    }
    // three digits are each there twice
    let doubled = || digits.chars().flat_map(|digit| [digit, digit]).collect();
    Ok(if digits.len() == 3 { doubled() } else { digits })
}

impl World {
    pub(crate) fn answer_labels(&mut self, request: &Request, owner: Owner, rest: &[&str]) -> Reply {
        let id = match (rest, &request.method) {
            ([], &Method::GET) => return Ok(self.list_labels(request, owner)),
            ([], _) => return self.create_label(request, owner),
            ([id], _) => id.parse().unwrap_or_default(),
            _ => return Err(Answer::nowhere()),
        };
        let known = self.labels.get(id).filter(|label| label.owner == owner);
        match (known, &request.method) {
            (Some(label), &Method::GET) => Ok(Answer::found(self.label_view(label))),
            (Some(_), &Method::PATCH) => self.change_label(request, id),
            (None, &Method::GET | &Method::PATCH) => Err(Answer::absent()),
            // one that is not there is deleted, too
            (known, _) => {
                if known.is_some() {
                    self.labels.remove(id);
                }
                Ok(Answer::done())
            }
        }
    }

    fn list_labels(&self, request: &Request, owner: Owner) -> Answer {
        let mut labels: Vec<&Label> = self.labels.all().filter(|label| label.owner == owner).collect();
        labels.sort_by(|one, other| one.name.cmp(&other.name));
        let rows = labels.into_iter().map(|label| self.label_view(label)).collect();
        paging::list(request, &self.base, Pages::PLAIN, rows)
    }

    fn label_view(&self, label: &Label) -> Value {
        let name_of = |id: i64| self.accounts.get(id).map_or("", |account| account.name.as_str());
        let place = match label.owner {
            Owner::Repository(id) => self.repositories.get(id).map_or_else(String::new, |repository| {
                format!("repos/{}/{}", name_of(repository.owner), repository.name)
            }),
            Owner::Organisation(id) => format!("orgs/{}", name_of(id)),
            Owner::Server => String::new(),
        };
        json!({
            "id": label.id, "name": label.name, "exclusive": label.exclusive, "is_archived": label.archived,
            "color": label.color, "description": label.description,
            "url": format!("{}/api/v1/{place}/labels/{}", self.base, label.id),
        })
    }

    fn create_label(&mut self, request: &Request, owner: Owner) -> Reply {
        let form = Form::read(request, LABEL)?;
        form.require("name", "Name")?;
        form.require("color", "Color")?;
        let color = color(&form)?;
        let id = self.labels.insert(|id| Label {
            id,
            owner,
            name: form.text("name").to_owned(),
            color,
            description: form.text("description").to_owned(),
            exclusive: form.flag("exclusive").unwrap_or_default(),
            archived: form.flag("is_archived").unwrap_or_default(),
        });
        let label = self.labels.get(id).ok_or_else(Answer::absent)?;
        Ok(Answer::created(self.label_view(label)))
    }

    /// What is left out stays.
    fn change_label(&mut self, request: &Request, id: i64) -> Reply {
        let form = Form::read(request, LABEL)?;
        let color = form.given("color").map(|_| color(&form)).transpose()?;
        let label = self.labels.get_mut(id).ok_or_else(Answer::absent)?;
        if let Some(color) = color {
            label.color = color;
        }
        for (name, field) in [("name", &mut label.name), ("description", &mut label.description)] {
            if let Some(text) = form.given(name) {
                text.clone_into(field);
            }
        }
        label.exclusive = form.flag("exclusive").unwrap_or(label.exclusive);
        label.archived = form.flag("is_archived").unwrap_or(label.archived);
        let label = self.labels.get(id).ok_or_else(Answer::absent)?;
        Ok(Answer::found(self.label_view(label)))
    }
}
