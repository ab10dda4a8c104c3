//! Instances of preheat providers: nobody contacts one, and no answer shows its credentials.

use serde_json::{Map, Value, json};

use super::answer::{Answer, Reply};
use super::body::{self, Model, Shape};
use super::paging::{Key, Listing};
use super::request::Request;
use super::routes::nowhere;
use super::world::World;

const INSTANCE: Model = Model {
    name: "Instance",
    fields: &[
        ("id", Shape::Whole),
        ("name", Shape::Text),
        ("description", Shape::Text),
        ("vendor", Shape::Text),
        ("endpoint", Shape::Text),
        ("auth_mode", Shape::Text),
        ("auth_info", Shape::Map(&Shape::Text)),
        ("enabled", Shape::Flag),
        ("default", Shape::Flag),
        ("insecure", Shape::Flag),
        ("setup_timestamp", Shape::Whole),
    ],
};

/// One instance.
#[derive(Debug, Clone)]
pub(crate) struct Instance {
    id: i64,
    pub(crate) name: String,
    description: String,
    vendor: String,
    endpoint: String,
    auth_mode: String,
    pub(crate) auth_info: Map<String, Value>,
    enabled: bool,
    default: bool,
    insecure: bool,
    setup: i64,
}

impl Instance {
    fn read(fields: &Map<String, Value>) -> Self {
        Self {
            id: body::whole(fields, "id"),
            name: body::text(fields, "name").to_owned(),
            description: body::text(fields, "description").to_owned(),
            vendor: body::text(fields, "vendor").to_owned(),
            endpoint: body::text(fields, "endpoint").to_owned(),
            auth_mode: body::text(fields, "auth_mode").to_owned(),
            auth_info: body::object(fields, "auth_info").cloned().unwrap_or_default(),
            enabled: body::flag(fields, "enabled"),
            default: body::flag(fields, "default"),
            insecure: body::flag(fields, "insecure"),
            setup: body::whole(fields, "setup_timestamp"),
        }
    }

    pub(crate) fn view(&self) -> Value {
        let texts = [("auth_mode", &self.auth_mode), ("description", &self.description)];
        let mut view = Value::Object(body::without_empty(texts.map(|(name, text)| (name, json!(text)))));
        view["default"] = json!(self.default);
        view["enabled"] = json!(self.enabled);
        view["endpoint"] = json!(self.endpoint);
        view["id"] = json!(self.id);
        view["insecure"] = json!(self.insecure);
        view["name"] = json!(self.name);
        view["setup_timestamp"] = json!(self.setup);
        view["status"] = json!("Unknown");
        view["vendor"] = json!(self.vendor);
        view
    }

    fn key(&self, field: &str) -> Option<Key> {
        match field {
            "id" => Some(self.id.into()),
            "name" => Some(self.name.as_str().into()),
            "endpoint" => Some(self.endpoint.as_str().into()),
            _ => None,
        }
    }

    /// Letters and digits with single joints between them: anything else is a failure that nobody has thought of.
    fn check(&self) -> Result<(), Answer> {
        let is_plain = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if self.name.split(['.', '_', '-']).all(is_plain) { Ok(()) } else { Err(Answer::unhandled()) }
    }
}

impl World {
    pub(crate) fn answer_preheat(&mut self, request: &Request, segments: &[&str]) -> Reply {
        match (request.method.as_str(), segments) {
            ("GET", []) => {
                let listing = Listing::of(request)?;
                self.need(request.who, "preheat-instance", "list")?;
                listing.answer(self.preheat.all(), |instance, field| instance.key(field), Instance::view)
            }
            ("POST", []) => self.create_instance(request),
            ("GET", [name]) => {
                self.need(request.who, "preheat-instance", "read")?;
                Ok(Answer::found(self.instance(name)?.view()))
            }
            ("PUT", [name]) => self.change_instance(request, name),
            ("DELETE", [name]) => {
                self.need(request.who, "preheat-instance", "delete")?;
                let id = self.instance(name)?.id;
                self.preheat.remove(id);
                Ok(Answer::done())
            }
            _ => Err(nowhere(request)),
        }
    }

    fn instance(&self, name: &str) -> Result<&Instance, Answer> {
        let found = self.preheat.all().find(|instance| instance.name == name);
        found.ok_or_else(|| Answer::not_found(format!("instance {name} not found")))
    }

    fn create_instance(&mut self, request: &Request) -> Reply {
        let fields = request.json("instance", &INSTANCE)?;
        self.need(request.who, "preheat-instance", "create")?;
        let instance = Instance { setup: self.now() / 1000, ..Instance::read(&fields) };
        instance.check()?;
        if self.preheat.all().any(|other| other.endpoint == instance.endpoint) {
            return Err(Answer::unhandled());
        }
        if self.preheat.all().any(|other| other.name == instance.name) {
            return Err(Answer::conflict(format!("instance {} already exists", instance.name)));
        }
        let place = format!("/api/v2.0/p2p/preheat/instances/{}", instance.name);
        self.preheat.insert(|id| Instance { id, ..instance });
        Ok(Answer::created(place))
    }

    /// Replaces all but the credentials of a mode that needs some, where none are sent. The number in the body counts.
    fn change_instance(&mut self, request: &Request, name: &str) -> Reply {
        let fields = request.json("instance", &INSTANCE)?;
        self.need(request.who, "preheat-instance", "update")?;
        let before = self.instance(name)?.clone();
        let mut changed = Instance::read(&fields);
        let mode = if changed.auth_mode.is_empty() { &before.auth_mode } else { &changed.auth_mode };
        if changed.auth_info.is_empty() && mode != "NONE" {
            changed.auth_info = before.auth_info;
        }
        changed.check()?;
        let there = self.preheat.get(changed.id);
        let there = there.ok_or_else(|| Answer::not_found(format!("instance {} not found", changed.id)))?;
        let clashes = |other: &Instance| {
            other.id != changed.id && (other.name == changed.name || other.endpoint == changed.endpoint)
        };
        if there.vendor != changed.vendor || self.preheat.all().any(clashes) {
            return Err(Answer::unhandled());
        }
        let all: Vec<i64> = self.preheat.all().map(|instance| instance.id).collect();
        for id in all.into_iter().filter(|_| changed.default) {
            if let Some(other) = self.preheat.get_mut(id) {
                other.default = false;
            }
        }
        let id = changed.id;
        if let Some(instance) = self.preheat.get_mut(id) {
            *instance = changed;
        }
        Ok(Answer::done())
    }
}
