//! Webhooks: without a key of their own, with a secret that a change ignores (server-behaviour 3.4).

use http::Method;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

use super::answer::{Answer, Reply};
use super::body::{Form, Kind, Model};
use super::events;
use super::options::GiteaVersion;
use super::paging::{self, Pages};
use super::request::Request;
use super::time;
use super::world::{Owner, World};

const HOOK: Model = &[
    ("type", Kind::Text),
    ("config", Kind::TextMap),
    ("events", Kind::Texts),
    ("branch_filter", Kind::Text),
    ("authorization_header", Kind::Text),
    ("active", Kind::Flag),
];

const TYPES: [&str; 12] = [
    "forgejo",
    "gitea",
    "gogs",
    "slack",
    "discord",
    "dingtalk",
    "telegram",
    "msteams",
    "feishu",
    "wechatwork",
    "packagist",
    "matrix",
];

/// One webhook.
#[derive(Debug)]
pub(crate) struct Hook {
    pub(crate) id: i64,
    pub(crate) owner: Owner,
    pub(crate) kind: String,
    pub(crate) url: String,
    pub(crate) content_type: String,
    /// What deliveries are signed with, for as long as the webhook is there.
    pub(crate) secret: SecretString,
    pub(crate) events: Vec<&'static str>,
    pub(crate) branch_filter: String,
    pub(crate) authorization_header: SecretString,
    pub(crate) active: bool,
    pub(crate) created: i64,
    pub(crate) updated: i64,
}

impl Hook {
    #[expect(clippy::disallowed_methods, reason = "the real server shows it, too")]
    fn view(&self, version: GiteaVersion) -> Value {
        let mut view = json!({
            "id": self.id, "type": self.kind, "branch_filter": self.branch_filter, "events": self.events,
            "config": { "content_type": self.content_type, "url": self.url },
            "authorization_header": self.authorization_header.expose_secret(), "active": self.active,
            "updated_at": time::written(self.updated), "created_at": time::written(self.created),
        });
        if version == GiteaVersion::Forgejo7 {
            view["url"] = json!(self.url);
            view["content_type"] = json!(self.content_type);
            view["metadata"] = Value::Null;
        }
        view
    }

    /// What is left out of these is wiped, by a creation and by a change alike.
    fn take(&mut self, form: &Form) {
        self.events = events::stored(&form.texts("events").unwrap_or_default());
        form.text("branch_filter").clone_into(&mut self.branch_filter);
        self.authorization_header = SecretString::from(form.text("authorization_header"));
    }
}

fn setting<'a>(form: &'a Form, name: &str) -> Option<&'a str> {
    form.map("config").into_iter().find(|(known, _)| *known == name).map(|(_, value)| value)
}

fn check_content_type(content_type: &str) -> Result<(), Answer> {
    if matches!(content_type, "json" | "form") { Ok(()) } else { Err(Answer::invalid("Invalid content type")) }
}

impl World {
    pub(crate) fn answer_hooks(&mut self, request: &Request, owner: Owner, rest: &[&str]) -> Reply {
        let id = match (rest, &request.method) {
            ([], &Method::GET) => return Ok(self.list_hooks(request, owner)),
            ([], _) => return self.create_hook(request, owner),
            ([id], _) => id.parse().ok(),
            _ => return Err(Answer::nowhere()),
        };
        let hook =
            id.and_then(|id| self.hooks.get(id)).filter(|hook| hook.owner == owner).ok_or_else(Answer::absent)?;
        let id = hook.id;
        match request.method {
            Method::GET => Ok(Answer::found(hook.view(self.version))),
            Method::PATCH => self.change_hook(request, id),
            _ => {
                self.hooks.remove(id);
                Ok(Answer::done())
            }
        }
    }

    /// The list of the server's own shows another kind than the one that is created, and is not counted.
    fn list_hooks(&self, request: &Request, owner: Owner) -> Answer {
        if owner == Owner::Server {
            return Answer::found(json!([]));
        }
        let rows = self.hooks.all().filter(|hook| hook.owner == owner).map(|hook| hook.view(self.version));
        paging::list(request, &self.base, Pages::WHOLE, rows.collect())
    }

    fn create_hook(&mut self, request: &Request, owner: Owner) -> Reply {
        let form = Form::read(request, HOOK)?;
        form.require("type", "Type")?;
        let kind = form.text("type");
        if !TYPES.contains(&kind) {
            return Err(Answer::invalid(format!("Invalid hook type: {kind}")));
        }
        let needed = |name: &str| {
            setting(&form, name)
                .ok_or_else(|| Answer::invalid(format!("Missing config option: {name}")))
                .map(str::to_owned)
        };
        let (url, content_type) = (needed("url")?, needed("content_type")?);
        check_content_type(&content_type)?;
        let now = self.now();
        let id = self.hooks.insert(|id| Hook {
            id,
            owner,
            kind: kind.to_owned(),
            url,
            content_type,
            secret: SecretString::from(setting(&form, "secret").unwrap_or_default()),
            events: Vec::new(),
            branch_filter: String::new(),
            authorization_header: SecretString::default(),
            active: form.flag("active").unwrap_or_default(),
            created: now,
            updated: now,
        });
        let hook = self.hooks.get_mut(id).ok_or_else(Answer::absent)?;
        hook.take(&form);
        Ok(Answer::created(hook.view(self.version)))
    }

    /// Address and content type stay where they are left out. The secret stays whatever is sent.
    fn change_hook(&mut self, request: &Request, id: i64) -> Reply {
        let form = Form::read(request, HOOK)?;
        let content_type = setting(&form, "content_type");
        content_type.map_or(Ok(()), check_content_type)?;
        let now = self.now();
        let hook = self.hooks.get_mut(id).ok_or_else(Answer::absent)?;
        if let Some(url) = setting(&form, "url") {
            url.clone_into(&mut hook.url);
        }
        if let Some(content_type) = content_type {
            content_type.clone_into(&mut hook.content_type);
        }
        hook.take(&form);
        hook.active = form.flag("active").unwrap_or(hook.active);
        hook.updated = now;
        Ok(Answer::found(hook.view(self.version)))
    }
}
