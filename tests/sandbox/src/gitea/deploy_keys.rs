//! Deploy keys: one key can be in several repositories, but once in each.

use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_STANDARD_NO_PAD};
use http::Method;
use ring::digest::{SHA256, digest};
use serde_json::{Value, json};

use super::answer::{Answer, Reply};
use super::body::{Form, Kind, Model};
use super::paging::{self, Pages};
use super::request::Request;
use super::time;
use super::world::World;

const KEY: Model = &[("title", Kind::Text), ("key", Kind::Text), ("read_only", Kind::Flag)];

/// One key of one repository.
#[derive(Debug)]
pub(crate) struct DeployKey {
    pub(crate) id: i64,
    pub(crate) repository: i64,
    pub(crate) title: String,
    /// The key as it was sent, without space around it.
    pub(crate) key: String,
    pub(crate) fingerprint: String,
    pub(crate) read_only: bool,
    pub(crate) created: i64,
}

impl World {
    pub(crate) fn answer_deploy_keys(&mut self, request: &Request, repository: i64, rest: &[&str]) -> Reply {
        let id = match (rest, &request.method) {
            ([], &Method::GET) => {
                let keys = self.deploy_keys.all().filter(|key| key.repository == repository);
                let rows = keys.map(|key| self.deploy_key_view(key)).collect();
                return Ok(paging::list(request, &self.base, Pages::PLAIN, rows));
            }
            ([], _) => return self.create_deploy_key(request, repository),
            ([id], _) => id.parse().unwrap_or_default(),
            _ => return Err(Answer::nowhere()),
        };
        let key = self.deploy_keys.get(id).filter(|key| key.repository == repository);
        match (key, &request.method) {
            (Some(key), &Method::GET) => Ok(Answer::found(self.deploy_key_view(key))),
            (None, &Method::GET) => Err(Answer::absent()),
            // one that is not there is deleted, too
            (key, _) => {
                if let Some(id) = key.map(|key| key.id) {
                    self.deploy_keys.remove(id);
                }
                Ok(Answer::done())
            }
        }
    }

    /// A key has the number of its first appearance in any repository.
    fn deploy_key_view(&self, key: &DeployKey) -> Value {
        let first =
            self.deploy_keys.all().find(|other| other.fingerprint == key.fingerprint).map_or(key.id, |key| key.id);
        let repository = self.repositories.get(key.repository);
        let owner = repository.and_then(|repository| self.accounts.get(repository.owner));
        let (owner, name) =
            (owner.map_or("", |owner| &owner.name), repository.map_or("", |repository| &repository.name));
        json!({
            "id": key.id, "key_id": first, "key": key.key, "title": key.title, "fingerprint": key.fingerprint,
            "url": format!("{}/api/v1/repos/{owner}/{name}/keys/{}", self.base, key.id),
            "created_at": time::written(key.created), "read_only": key.read_only,
        })
    }

    fn create_deploy_key(&mut self, request: &Request, repository: i64) -> Reply {
        let form = Form::read(request, KEY)?;
        form.require("title", "Title")?;
        form.require("key", "Key")?;
        let (title, key) = (form.text("title"), form.text("key").trim());
        let fingerprint = fingerprint(key).map_err(|why| Answer::invalid(format!("Invalid key content: {why}")))?;
        let own = || self.deploy_keys.all().filter(|key| key.repository == repository);
        if own().any(|key| key.fingerprint == fingerprint) {
            return Err(Answer::invalid("This key has already been added to this repository"));
        }
        if own().any(|key| key.title == title) {
            return Err(Answer::invalid("A key with the same name already exists"));
        }
        let created = self.now();
        let id = self.deploy_keys.insert(|id| DeployKey {
            id,
            repository,
            title: title.to_owned(),
            key: key.to_owned(),
            fingerprint,
            read_only: form.flag("read_only").unwrap_or_default(),
            created,
        });
        let key = self.deploy_keys.get(id).ok_or_else(Answer::absent)?;
        Ok(Answer::created(self.deploy_key_view(key)))
    }
}

/// The digest of the key itself, or why it is none.
fn fingerprint(key: &str) -> Result<String, String> {
    let encoded = key.split_whitespace().nth(1).unwrap_or_default();
    let Ok(content) = BASE64_STANDARD.decode(encoded) else {
        let is_digit = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/=".contains(byte);
        let at = encoded.bytes().position(|byte| !is_digit(&byte)).unwrap_or(encoded.len() / 4 * 4);
        let wrong = "extractTypeFromBase64Key: invalid key format";
        return Err(format!("{wrong}: illegal base64 data at input byte {at}"));
    };
    Ok(format!("SHA256:{}", BASE64_STANDARD_NO_PAD.encode(digest(&SHA256, &content))))
}
