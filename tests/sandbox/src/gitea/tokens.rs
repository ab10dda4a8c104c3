//! Access tokens: shown once, made and listed by password only.

use http::{Method, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

use super::answer::{Answer, Reply};
use super::body::{Form, Kind, Model};
use super::login::Identity;
use super::paging::{self, Pages};
use super::request::Request;
use super::scopes;
use super::world::World;
use crate::random::random_word;

const TOKEN: Model = &[("name", Kind::Text), ("scopes", Kind::Texts)];

/// One access token.
#[derive(Debug)]
pub(crate) struct AccessToken {
    pub(crate) id: i64,
    pub(crate) user: i64,
    pub(crate) name: String,
    pub(crate) value: SecretString,
    pub(crate) scopes: Vec<String>,
}

impl AccessToken {
    #[expect(clippy::disallowed_methods, reason = "the answer to the creation shows it")]
    fn shown(&self) -> &str {
        self.value.expose_secret()
    }

    fn end(&self) -> &str {
        let value = self.shown();
        value.get(value.len().saturating_sub(8)..).unwrap_or_default()
    }

    /// As a list has it: a token without scopes has one that is empty.
    fn view(&self) -> Value {
        let scopes = if self.scopes.is_empty() { json!([""]) } else { json!(self.scopes) };
        json!({ "id": self.id, "name": self.name, "sha1": "", "token_last_eight": self.end(), "scopes": scopes })
    }

    /// As the answer to its creation has it.
    fn created_view(&self) -> Value {
        json!({ "id": self.id, "name": self.name, "sha1": self.shown(), "token_last_eight": self.end(), "scopes": null })
    }
}

impl World {
    pub(crate) fn answer_tokens(&mut self, request: &Request, user: i64, rest: &[&str]) -> Reply {
        let Identity::Password(caller) = request.who else {
            return Err(Answer::refused(StatusCode::UNAUTHORIZED, "auth required"));
        };
        if caller != user && !self.is_administrator(&request.who) {
            return Err(Answer::forbidden("doer should be the site admin or be same as the contextUser"));
        }
        match (rest, &request.method) {
            ([], &Method::POST) => self.create_token(request, user),
            ([], _) => {
                let rows = self.tokens.all().rev().filter(|token| token.user == user).map(AccessToken::view);
                Ok(paging::list(request, &self.base, Pages::PLAIN, rows.collect()))
            }
            ([token], _) => self.delete_token(user, token),
            _ => Err(Answer::nowhere()),
        }
    }

    fn create_token(&mut self, request: &Request, user: i64) -> Reply {
        let form = Form::read(request, TOKEN)?;
        form.require("name", "Name")?;
        let name = form.text("name");
        if self.tokens.all().any(|token| token.user == user && token.name == name) {
            return Err(Answer::bad("access token name has been used already"));
        }
        let scopes = form.texts("scopes").unwrap_or_default();
        if let Some(scope) = scopes.iter().find(|scope| !scopes::exists(scope)) {
            let message = format!("invalid access token scope provided: invalid access token scope: {scope}");
            return Err(Answer::bad(message));
        }
        let value = SecretString::from(random_word(40).to_lowercase());
        let id = self.tokens.insert(|id| AccessToken { id, user, name: name.to_owned(), value, scopes });
        let token = self.tokens.get(id).ok_or_else(Answer::absent)?;
        Ok(Answer::created(token.created_view()))
    }

    /// By number or by name.
    fn delete_token(&mut self, user: i64, token: &str) -> Reply {
        let is_it = |known: &&AccessToken| known.user == user && (known.name == token || known.id.to_string() == token);
        let id = self.tokens.all().find(is_it).map(|known| known.id).ok_or_else(Answer::absent)?;
        self.tokens.remove(id);
        Ok(Answer::done())
    }
}
