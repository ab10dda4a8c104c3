//! Topics and collaborators of a repository.

use http::{Method, StatusCode};
use serde_json::json;
use std::collections::BTreeSet;

use super::access::Access;
use super::answer::{Answer, Content, Reply};
use super::body::{Form, Kind, Model};
use super::paging::{self, Pages};
use super::repositories::Repository;
use super::request::Request;
use super::users;
use super::world::World;

const TOPICS: Model = &[("topics", Kind::Texts)];
const COLLABORATOR: Model = &[("permission", Kind::Text)];

/// The most topics of a repository.
const MOST: usize = 25;
/// The longest topic.
const LONGEST: usize = 35;

fn is_topic(topic: &str) -> bool {
    let inside =
        |character: char| character.is_ascii_lowercase() || character.is_ascii_digit() || "-.".contains(character);
    let starts = topic.starts_with(|first: char| first.is_ascii_lowercase() || first.is_ascii_digit());
    starts && topic.len() <= LONGEST && topic.chars().all(inside)
}

impl World {
    pub(crate) fn list_topics(&self, request: &Request, repository: &Repository) -> Answer {
        let topics: Vec<&String> = repository.topics.iter().collect();
        let body = json!({ "topics": paging::cut(request, Pages::PLAIN, topics) });
        paging::counted(request, &self.base, Pages::PLAIN, Answer::found(body), repository.topics.len())
    }

    pub(crate) fn change_topics(&mut self, request: &Request, id: i64, rest: &[&str]) -> Reply {
        let refused = |topics: &[&String], message: &str| {
            let body = json!({ "invalidTopics": topics, "message": message });
            Answer::new(StatusCode::UNPROCESSABLE_ENTITY, Content::Json(body))
        };
        let sent: BTreeSet<String> = match rest {
            [] => Form::read(request, TOPICS)?.texts("topics").unwrap_or_default().into_iter().collect(),
            [topic] => BTreeSet::from([(*topic).to_owned()]),
            _ => return Err(Answer::nowhere()),
        };
        let topics: BTreeSet<String> = sent.iter().map(|topic| topic.trim().to_lowercase()).collect();
        let wrong: Vec<&String> = topics.iter().filter(|topic| !is_topic(topic)).collect();
        let repository = self.repositories.get_mut(id).ok_or_else(Answer::absent)?;
        match (rest, &request.method) {
            (_, &Method::DELETE) => {
                let removed = topics.iter().any(|topic| repository.topics.remove(topic));
                return if removed { Ok(Answer::done()) } else { Err(Answer::absent()) };
            }
            _ if !wrong.is_empty() => return Err(refused(&wrong, "Topic names are invalid")),
            ([], _) if topics.len() <= MOST => repository.topics = topics,
            (_, _) if repository.topics.len() < MOST && !rest.is_empty() => repository.topics.extend(topics),
            _ => return Err(refused(&[], "Exceeding maximum number of topics per repo")),
        }
        Ok(Answer::done())
    }

    pub(crate) fn answer_collaborators(&mut self, request: &Request, id: i64, rest: &[&str]) -> Reply {
        let collaborators = self.repositories.get(id).map(|found| found.collaborators.clone()).unwrap_or_default();
        let Some(name) = rest.first() else {
            let rows = users::views(self, request, collaborators.into_keys());
            return Ok(paging::list(request, &self.base, Pages::PLAIN, rows));
        };
        let user = self.person_named(name).map(|(account, _)| account.id);
        let user = user.ok_or_else(|| Answer::invalid(format!("user does not exist [uid: 0, name: {name}]")))?;
        match (&rest[1..], &request.method) {
            (["permission"], _) => {
                let repository = self.repositories.get(id).ok_or_else(Answer::absent)?;
                let word = self.given_access(user, repository).word();
                let user = self.accounts.get(user).map(|account| self.user_view(&request.who, account));
                Ok(Answer::found(json!({ "permission": word, "role_name": word, "user": user })))
            }
            ([], &Method::GET) if collaborators.contains_key(&user) => Ok(Answer::done()),
            ([], &Method::GET) => Err(Answer::absent()),
            ([], &Method::PUT) => {
                let form = Form::read(request, COLLABORATOR)?;
                let access = form.given("permission").map_or(Access::Write, Access::read);
                self.repositories.get_mut(id).map(|repository| repository.collaborators.insert(user, access));
                Ok(Answer::done())
            }
            ([], _) => {
                self.repositories.get_mut(id).map(|repository| repository.collaborators.remove(&user));
                Ok(Answer::done())
            }
            _ => Err(Answer::nowhere()),
        }
    }
}
