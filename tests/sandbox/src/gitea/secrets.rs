//! Actions secrets of organisations and repositories: names only, in capital letters.

use http::{Method, StatusCode};
use secrecy::SecretString;
use serde_json::json;

use super::answer::{Answer, Reply};
use super::body::{Form, Kind, Model};
use super::paging::{self, Pages};
use super::request::Request;
use super::time;
use super::world::{Owner, World};

const SECRET: Model = &[("data", Kind::Text)];

/// One secret.
#[derive(Debug)]
pub(crate) struct ActionSecret {
    pub(crate) id: i64,
    pub(crate) owner: Owner,
    pub(crate) name: String,
    pub(crate) value: SecretString,
    pub(crate) created: i64,
}

fn is_secret_name(name: &str) -> bool {
    let inside = |character: char| character.is_ascii_alphanumeric() || character == '_';
    let is_plain = !name.starts_with(|first: char| first.is_ascii_digit()) && name.chars().all(inside);
    is_plain && !name.is_empty() && !name.starts_with("GITEA_") && !name.starts_with("GITHUB_")
}

impl World {
    pub(crate) fn answer_secrets(&mut self, request: &Request, owner: Owner, rest: &[&str]) -> Reply {
        let name = match rest {
            [] => {
                let own = self.secrets.all().filter(|secret| secret.owner == owner);
                let rows =
                    own.map(|secret| json!({ "name": secret.name, "created_at": time::written(secret.created) }));
                return Ok(paging::list(request, &self.base, Pages::PLAIN, rows.collect()));
            }
            [name] => name.to_uppercase(),
            _ => return Err(Answer::nowhere()),
        };
        let id = self.secrets.all().find(|secret| secret.owner == owner && secret.name == name).map(|secret| secret.id);
        if request.method == Method::PUT {
            return self.set_secret(request, owner, name, id);
        }
        if !is_secret_name(&name) {
            return Err(Answer::bad("invalid secret name"));
        }
        // the name is not in the message
        let id = id.ok_or_else(|| Answer::refused(StatusCode::NOT_FOUND, "secret was not found [name: ]"))?;
        self.secrets.remove(id);
        Ok(Answer::done())
    }

    fn set_secret(&mut self, request: &Request, owner: Owner, name: String, id: Option<i64>) -> Reply {
        let form = Form::read(request, SECRET)?;
        form.require("data", "Data")?;
        if !is_secret_name(&name) {
            return Err(Answer::bad("invalid secret name"));
        }
        let value = SecretString::from(form.text("data"));
        if let Some(secret) = id.and_then(|id| self.secrets.get_mut(id)) {
            secret.value = value;
            return Ok(Answer::done());
        }
        let created = self.now();
        self.secrets.insert(|id| ActionSecret { id, owner, name, value, created });
        Ok(Answer { status: StatusCode::CREATED, ..Answer::done() })
    }
}
