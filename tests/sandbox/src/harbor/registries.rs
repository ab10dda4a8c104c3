//! Other registries: the server contacts one before it stores it (server-behaviour 6).

use secrecy::ExposeSecret;
use serde_json::{Map, Value, json};

use super::answer::{Answer, Reply};
use super::body::{self, Model, Shape};
use super::paging::{Key, Listing};
use super::request::Request;
use super::routes::{self, nowhere};
use super::time::{ZERO, written};
use super::world::World;

/// The kinds of registries that the server speaks to.
pub(crate) const ADAPTERS: [&str; 12] = [
    "ali-acr",
    "aws-ecr",
    "azure-acr",
    "docker-hub",
    "docker-registry",
    "github-ghcr",
    "google-gcr",
    "harbor",
    "huawei-SWR",
    "jfrog-artifactory",
    "tencent-tcr",
    "volcengine-cr",
];

const CREDENTIAL: Model = Model {
    name: "RegistryCredential",
    fields: &[("type", Shape::Text), ("access_key", Shape::Text), ("access_secret", Shape::Text)],
};

const REGISTRY: Model = Model {
    name: "Registry",
    fields: &[
        ("name", Shape::Text),
        ("description", Shape::Text),
        ("type", Shape::Text),
        ("url", Shape::Text),
        ("insecure", Shape::Flag),
        ("ca_certificate", Shape::Text),
        ("credential", Shape::Object(&CREDENTIAL)),
    ],
};

/// A change: flat, and only what it holds.
const CHANGE: Model = Model {
    name: "RegistryUpdate",
    fields: &[
        ("name", Shape::Text),
        ("description", Shape::Text),
        ("url", Shape::Text),
        ("credential_type", Shape::Text),
        ("access_key", Shape::Text),
        ("access_secret", Shape::Text),
        ("insecure", Shape::Flag),
        ("ca_certificate", Shape::Text),
    ],
};

const PING: Model = Model {
    name: "RegistryPing",
    fields: &[
        ("id", Shape::Whole),
        ("type", Shape::Text),
        ("url", Shape::Text),
        ("credential_type", Shape::Text),
        ("access_key", Shape::Text),
        ("access_secret", Shape::Text),
        ("insecure", Shape::Flag),
    ],
};

/// One registry.
#[derive(Debug, Clone)]
pub(crate) struct Registry {
    pub(crate) id: i64,
    pub(crate) name: String,
    description: String,
    kind: String,
    url: String,
    insecure: bool,
    ca_certificate: String,
    credential_type: String,
    access_key: String,
    pub(crate) access_secret: String,
    created: i64,
    updated: i64,
}

impl Registry {
    /// The access secret is masked.
    pub(crate) fn view(&self) -> Value {
        let mut view = Value::Object(body::without_empty([("description", json!(self.description))]));
        view["creation_time"] = json!(written(self.created));
        if !self.access_key.is_empty() || !self.access_secret.is_empty() {
            view["credential"] =
                json!({ "access_key": self.access_key, "access_secret": "*****", "type": self.credential_type });
        }
        view["id"] = json!(self.id);
        if self.insecure {
            view["insecure"] = json!(true);
        }
        if !self.ca_certificate.is_empty() {
            view["ca_certificate"] = json!(self.ca_certificate);
        }
        view["name"] = json!(self.name);
        view["status"] = json!("healthy");
        view["type"] = json!(self.kind);
        view["update_time"] = json!(written(self.updated));
        view["url"] = json!(self.url);
        view
    }

    /// Takes over what a change holds.
    fn change(&mut self, fields: &Map<String, Value>) {
        let texts = [
            ("name", &mut self.name),
            ("description", &mut self.description),
            ("url", &mut self.url),
            ("credential_type", &mut self.credential_type),
            ("access_key", &mut self.access_key),
            ("access_secret", &mut self.access_secret),
            ("ca_certificate", &mut self.ca_certificate),
        ];
        for (name, field) in texts {
            if let Some(value) = fields.get(name).and_then(Value::as_str) {
                value.clone_into(field);
            }
        }
        self.url = kept_address(&self.url);
        if let Some(insecure) = fields.get("insecure").and_then(Value::as_bool) {
            self.insecure = insecure;
        }
    }

    fn key(&self, field: &str) -> Option<Key> {
        match field {
            "name" => Some(self.name.as_str().into()),
            "id" => Some(self.id.into()),
            "type" => Some(self.kind.as_str().into()),
            "url" => Some(self.url.as_str().into()),
            _ => None,
        }
    }
}

impl World {
    pub(crate) fn answer_registries(&mut self, request: &Request, segments: &[&str]) -> Reply {
        match (request.method.as_str(), segments) {
            ("GET", []) => {
                let listing = Listing::of(request)?;
                self.need(request.who, "registry", "list")?;
                listing.answer(self.registries.all(), |registry, field| registry.key(field), Registry::view)
            }
            ("POST", []) => self.create_registry(request),
            ("POST", ["ping"]) => self.ping_registry(request),
            ("GET", [registry]) => {
                let id = routes::number(registry, "id")?;
                self.need(request.who, "registry", "read")?;
                self.registries.get(id).map(|registry| Answer::found(registry.view())).ok_or_else(|| missing(id))
            }
            ("PUT", [registry]) => self.change_registry(request, routes::number(registry, "id")?),
            ("DELETE", [registry]) => self.delete_registry(request, routes::number(registry, "id")?),
            ("GET", [registry, "info"]) => {
                let id = routes::number(registry, "id")?;
                self.need(request.who, "registry", "read")?;
                let registry = self.registries.get(id).ok_or_else(|| missing(id))?;
                Ok(Answer::found(json!({
                    "type": registry.kind,
                    "supported_resource_filters": [
                        { "style": "input", "type": "name", "values": null },
                        { "style": "input", "type": "tag", "values": null },
                        { "style": "radio", "type": "resource", "values": ["image"] },
                    ],
                    "supported_triggers": ["manual", "scheduled"],
                    "supported_copy_by_chunk": true,
                })))
            }
            _ => Err(nowhere(request)),
        }
    }

    /// Whether that registry can be reached and lets these credentials in.
    #[expect(clippy::disallowed_methods, reason = "the other registry's side of a login")]
    fn check_health(&self, registry: &Registry) -> Result<(), Answer> {
        if !ADAPTERS.contains(&registry.kind.as_str()) {
            return Err(Answer::unhandled());
        }
        let lets_in = |user: &str, password: &str| registry.access_key == user && registry.access_secret == password;
        let healthy = self.reachable.iter().any(|other| {
            other.url.trim_end_matches('/') == registry.url.trim_end_matches('/')
                && other.login.as_ref().is_none_or(|(user, password)| lets_in(user, password.expose_secret()))
        });
        if healthy { Ok(()) } else { Err(Answer::invalid("the registry is unhealthy")) }
    }

    fn create_registry(&mut self, request: &Request) -> Reply {
        let mut fields = request.json("registry", &REGISTRY)?;
        fields.retain(|field, _| self.version.knows(field));
        self.need(request.who, "registry", "create")?;
        let credential = body::object(&fields, "credential");
        let of_credential = |name: &str| credential.map(|credential| body::text(credential, name).to_owned());
        let now = self.now();
        let registry = Registry {
            id: 0,
            name: body::text(&fields, "name").to_owned(),
            description: body::text(&fields, "description").to_owned(),
            kind: body::text(&fields, "type").to_owned(),
            url: kept_address(body::text(&fields, "url")),
            insecure: body::flag(&fields, "insecure"),
            ca_certificate: body::text(&fields, "ca_certificate").to_owned(),
            credential_type: of_credential("type").unwrap_or_default(),
            access_key: of_credential("access_key").unwrap_or_default(),
            access_secret: of_credential("access_secret").unwrap_or_default(),
            created: now,
            updated: now,
        };
        if registry.name.is_empty() {
            return Err(Answer::invalid("name cannot be empty"));
        }
        if registry.name.chars().count() > 64 {
            return Err(Answer::invalid("the max length of name is 64"));
        }
        if registry.url.is_empty() {
            return Err(Answer::invalid("empty string"));
        }
        self.check_health(&registry)?;
        self.check_registry_name(&registry.name, 0)?;
        let id = self.registries.insert(|id| Registry { id, ..registry });
        Ok(Answer::created(format!("/api/v2.0/registries/{id}")))
    }

    fn check_registry_name(&self, name: &str, own: i64) -> Result<(), Answer> {
        if self.registries.all().any(|other| other.name == name && other.id != own) {
            return Err(Answer::conflict(format!("registry {name} already exists")));
        }
        Ok(())
    }

    fn change_registry(&mut self, request: &Request, id: i64) -> Reply {
        let mut fields = request.json("registry", &CHANGE)?;
        fields.retain(|field, _| self.version.knows(field));
        self.need(request.who, "registry", "update")?;
        let mut changed = self.registries.get(id).ok_or_else(|| missing(id))?.clone();
        changed.change(&fields);
        changed.updated = self.now();
        self.check_health(&changed)?;
        self.check_registry_name(&changed.name, id)?;
        if let Some(registry) = self.registries.get_mut(id) {
            *registry = changed;
        }
        Ok(Answer::done())
    }

    fn ping_registry(&self, request: &Request) -> Reply {
        let fields = request.json("registry", &PING)?;
        self.need(request.who, "registry", "read")?;
        let stored = self.registries.get(body::whole(&fields, "id")).cloned();
        let mut registry = stored.unwrap_or_else(|| Registry {
            id: 0,
            name: String::new(),
            description: String::new(),
            kind: body::text(&fields, "type").to_owned(),
            url: String::new(),
            insecure: false,
            ca_certificate: String::new(),
            credential_type: String::new(),
            access_key: String::new(),
            access_secret: String::new(),
            created: 0,
            updated: 0,
        });
        registry.change(&fields);
        self.check_health(&registry).map(|()| Answer::done())
    }

    fn delete_registry(&mut self, request: &Request, id: i64) -> Reply {
        self.need(request.who, "registry", "delete")?;
        self.registries.get(id).ok_or_else(|| missing(id))?;
        let user = if self.projects.all().any(|project| project.registry == Some(id)) {
            Some("proxy cache project")
        } else if self.replications.all().any(|policy| policy.source == Some(id) || policy.destination == Some(id)) {
            Some("replication policies")
        } else {
            None
        };
        if let Some(user) = user {
            return Err(Answer::precondition(format!("the registry {id} is referenced by {user}, cannot delete it")));
        }
        self.registries.remove(id);
        Ok(Answer::done())
    }

    /// A registry as replication policies show it; the server itself where there is none.
    pub(crate) fn registry_or_local(&self, id: Option<i64>) -> Value {
        match id.and_then(|id| self.registries.get(id)) {
            Some(registry) => registry.view(),
            None => json!({
                "creation_time": ZERO,
                "credential": { "access_secret": "*****", "type": "secret" },
                "id": 0,
                "insecure": true,
                "name": "Local",
                "status": "healthy",
                "type": "harbor",
                "update_time": ZERO,
                "url": self.base,
            }),
        }
    }
}

/// An address as the server keeps it: without slashes at its end.
fn kept_address(url: &str) -> String {
    url.trim_end_matches('/').to_owned()
}

pub(super) fn missing(id: i64) -> Answer {
    Answer::not_found(format!("registry {id} not found"))
}
