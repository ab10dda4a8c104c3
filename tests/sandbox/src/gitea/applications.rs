//! OAuth2 applications of a user: the secret is shown once, and every change makes another (server-behaviour 3.4).

use http::Method;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

use super::answer::{Answer, Reply};
use super::body::{Form, Kind, Model};
use super::options::GiteaVersion;
use super::paging::{self, Pages};
use super::request::Request;
use super::time;
use super::world::World;
use crate::random::{random_word, uuid};

const APPLICATION: Model = &[("name", Kind::Text), ("redirect_uris", Kind::Texts), ("confidential_client", Kind::Flag)];

/// One OAuth2 application.
#[derive(Debug)]
pub(crate) struct Application {
    pub(crate) id: i64,
    pub(crate) user: i64,
    pub(crate) name: String,
    pub(crate) client_id: String,
    pub(crate) secret: SecretString,
    pub(crate) confidential: bool,
    pub(crate) redirect_uris: Vec<String>,
    pub(crate) created: i64,
}

impl Application {
    fn view(&self) -> Value {
        self.view_with("")
    }

    #[expect(clippy::disallowed_methods, reason = "the answers to creation and change show it")]
    fn view_with_secret(&self) -> Value {
        self.view_with(self.secret.expose_secret())
    }

    fn view_with(&self, secret: &str) -> Value {
        json!({
            "id": self.id, "name": self.name, "client_id": self.client_id, "client_secret": secret,
            "confidential_client": self.confidential, "redirect_uris": self.redirect_uris,
            "created": time::written(self.created),
        })
    }
}

fn new_secret() -> SecretString {
    format!("gto_{}", random_word(52).to_lowercase()).into()
}

impl World {
    pub(crate) fn answer_applications(&mut self, request: &Request, user: i64, rest: &[&str]) -> Reply {
        let id: i64 = match (rest, &request.method) {
            ([], &Method::GET) => {
                let own = self.applications.all().rev().filter(|application| application.user == user);
                let rows = own.map(Application::view).collect();
                return Ok(paging::list(request, &self.base, Pages::WHOLE, rows));
            }
            ([], _) => return self.create_application(request, user),
            ([id], _) => id.parse().map_err(|_| Answer::absent())?,
            _ => return Err(Answer::nowhere()),
        };
        let application = self.applications.get(id).ok_or_else(Answer::absent)?;
        let is_own = application.user == user;
        match request.method {
            // Gitea 1.22 shows those of others too
            Method::GET if is_own || self.version == GiteaVersion::Gitea122 => Ok(Answer::found(application.view())),
            _ if !is_own => Err(Answer::absent()),
            Method::PATCH => self.change_application(request, id),
            _ => {
                self.applications.remove(id);
                Ok(Answer::done())
            }
        }
    }

    fn create_application(&mut self, request: &Request, user: i64) -> Reply {
        let form = checked(request)?;
        let created = self.now();
        let id = self.applications.insert(|id| Application {
            id,
            user,
            name: form.text("name").to_owned(),
            client_id: uuid(),
            secret: new_secret(),
            confidential: form.flag("confidential_client").unwrap_or_default(),
            redirect_uris: form.texts("redirect_uris").unwrap_or_default(),
            created,
        });
        let application = self.applications.get(id).ok_or_else(Answer::absent)?;
        Ok(Answer::created(application.view_with_secret()))
    }

    fn change_application(&mut self, request: &Request, id: i64) -> Reply {
        let form = checked(request)?;
        let application = self.applications.get_mut(id).ok_or_else(Answer::absent)?;
        form.text("name").clone_into(&mut application.name);
        application.confidential = form.flag("confidential_client").unwrap_or_default();
        application.redirect_uris = form.texts("redirect_uris").unwrap_or_default();
        application.secret = new_secret();
        Ok(Answer::found(application.view_with_secret()))
    }
}

fn checked(request: &Request) -> Result<Form, Answer> {
    let form = Form::read(request, APPLICATION)?;
    form.require("name", "Name")?;
    form.require("redirect_uris", "RedirectURIs")?;
    Ok(form)
}
