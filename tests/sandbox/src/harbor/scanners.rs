//! Scanners: the server contacts one before it stores it, and never shows a credential.

use http::StatusCode;
use serde_json::{Map, Value, json};

use super::answer::{Answer, Reply};
use super::body::{self, Model, Shape};
use super::paging::{Key, Listing};
use super::request::Request;
use super::routes::nowhere;
use super::time::written;
use super::world::World;
use crate::random::uuid;

const SCANNER: Model = Model {
    name: "ScannerRegistrationReq",
    fields: &[
        ("name", Shape::Text),
        ("description", Shape::Text),
        ("url", Shape::Text),
        ("auth", Shape::Text),
        ("access_credential", Shape::Text),
        ("skip_certVerify", Shape::Flag),
        ("use_internal_addr", Shape::Flag),
        ("disabled", Shape::Flag),
    ],
};

const DEFAULT: Model = Model { name: "IsDefault", fields: &[("is_default", Shape::Flag)] };

/// The name of the one that comes with the server.
const RESERVED: &str = "Trivy";

/// The ways to log in that need a credential.
const LOGINS: [&str; 3] = ["Basic", "Bearer", "X-ScannerAdapter-API-Key"];

/// One scanner.
#[derive(Debug, Clone)]
pub(crate) struct Scanner {
    id: i64,
    pub(crate) uuid: String,
    pub(crate) name: String,
    description: String,
    url: String,
    auth: String,
    pub(crate) credential: String,
    skip_verify: bool,
    internal: bool,
    disabled: bool,
    is_default: bool,
    created: i64,
    updated: i64,
}

impl Scanner {
    pub(crate) fn view(&self) -> Value {
        json!({
            "auth": self.auth,
            "create_time": written(self.created),
            "description": self.description,
            "disabled": self.disabled,
            "is_default": self.is_default,
            "name": self.name,
            "skip_certVerify": self.skip_verify,
            "update_time": written(self.updated),
            "url": self.url,
            "use_internal_addr": self.internal,
            "uuid": self.uuid,
        })
    }

    fn key(&self, field: &str) -> Option<Key> {
        match field {
            "name" => Some(self.name.as_str().into()),
            "url" => Some(self.url.as_str().into()),
            "uuid" => Some(self.uuid.as_str().into()),
            _ => None,
        }
    }

    /// Takes over everything that a request says; what it leaves out is empty or false.
    fn replace(&mut self, fields: &Map<String, Value>) {
        body::text(fields, "name").clone_into(&mut self.name);
        body::text(fields, "description").clone_into(&mut self.description);
        body::text(fields, "url").trim_end_matches('/').clone_into(&mut self.url);
        body::text(fields, "auth").clone_into(&mut self.auth);
        let credential = body::text(fields, "access_credential");
        // an empty one keeps what is there, while one is needed
        if !credential.is_empty() || !LOGINS.contains(&self.auth.as_str()) {
            credential.clone_into(&mut self.credential);
        }
        self.skip_verify = body::flag(fields, "skip_certVerify");
        self.internal = body::flag(fields, "use_internal_addr");
        self.disabled = body::flag(fields, "disabled");
    }

    fn check(&self) -> Result<(), Answer> {
        if self.name.is_empty() {
            return Err(Answer::invalid("missing registration name"));
        }
        if !self.auth.is_empty() && !LOGINS.contains(&self.auth.as_str()) {
            return Err(Answer::invalid(format!("auth type {} is not supported", self.auth)));
        }
        if !self.auth.is_empty() && self.credential.is_empty() {
            return Err(Answer::invalid(format!("access_credential is required for auth type {}", self.auth)));
        }
        if self.name == RESERVED {
            let message = format!("name \"{RESERVED}\" is reserved, please try a different name");
            return Err(Answer::invalid(message));
        }
        Ok(())
    }
}

impl World {
    /// Whether scans are possible at all.
    pub(crate) fn has_default_scanner(&self) -> bool {
        self.scanners.all().any(|scanner| scanner.is_default)
    }

    /// Puts a scanner into the database that nobody has chosen as the default.
    pub(crate) fn register_scanner(&mut self, name: &str) {
        let scanner = Scanner { name: name.to_owned(), url: format!("http://{name}"), ..self.new_scanner() };
        self.scanners.insert(|id| Scanner { id, is_default: false, ..scanner });
    }

    /// One that nothing is said of yet. The first of all is the default.
    fn new_scanner(&self) -> Scanner {
        let now = self.now();
        Scanner {
            id: 0,
            uuid: uuid(),
            name: String::new(),
            description: String::new(),
            url: String::new(),
            auth: String::new(),
            credential: String::new(),
            skip_verify: false,
            internal: false,
            disabled: false,
            is_default: self.scanners.len() == 0,
            created: now,
            updated: now,
        }
    }

    pub(crate) fn answer_scanners(&mut self, request: &Request, segments: &[&str]) -> Reply {
        match (request.method.as_str(), segments) {
            ("GET", []) => {
                let listing = Listing::of(request)?;
                self.need(request.who, "scanner", "list")?;
                listing.answer(self.scanners.all(), |scanner, field| scanner.key(field), Scanner::view)
            }
            ("POST", []) => self.create_scanner(request),
            ("GET", [uuid]) => {
                self.need(request.who, "scanner", "read")?;
                Ok(Answer::found(self.scanner(uuid)?.view()))
            }
            ("PUT", [uuid]) => self.change_scanner(request, uuid),
            ("PATCH", [uuid]) => self.choose_scanner(request, uuid),
            ("DELETE", [uuid]) => {
                self.need(request.who, "scanner", "delete")?;
                let scanner = self.scanner(uuid)?.clone();
                self.scanners.remove(scanner.id);
                Ok(Answer::found(scanner.view()))
            }
            _ => Err(nowhere(request)),
        }
    }

    fn scanner(&self, uuid: &str) -> Result<&Scanner, Answer> {
        let found = self.scanners.all().find(|scanner| scanner.uuid == uuid);
        found.ok_or_else(|| Answer::not_found(format!("scanner {uuid} not found")))
    }

    fn create_scanner(&mut self, request: &Request) -> Reply {
        let fields = request.json("registration", &SCANNER)?;
        self.need(request.who, "scanner", "create")?;
        let mut scanner = self.new_scanner();
        scanner.replace(&fields);
        scanner.check()?;
        if !self.adapters.iter().any(|adapter| adapter.trim_end_matches('/') == scanner.url) {
            return Err(Answer::unhandled());
        }
        if self.scanners.all().any(|other| other.name == scanner.name || other.url == scanner.url) {
            return Err(Answer::conflict("registration name or url already exists"));
        }
        let place = format!("/api/v2.0/scanners/{}", scanner.uuid);
        self.scanners.insert(|id| Scanner { id, ..scanner });
        Ok(Answer::created(place))
    }

    fn change_scanner(&mut self, request: &Request, uuid: &str) -> Reply {
        let fields = request.json("registration", &SCANNER)?;
        self.need(request.who, "scanner", "update")?;
        let mut changed = self.scanner(uuid)?.clone();
        changed.replace(&fields);
        changed.check()?;
        let clashes =
            |other: &Scanner| other.id != changed.id && (other.name == changed.name || other.url == changed.url);
        if changed.is_default && changed.disabled || self.scanners.all().any(clashes) {
            return Err(Answer::unhandled());
        }
        changed.updated = self.now();
        if let Some(scanner) = self.scanners.get_mut(changed.id) {
            *scanner = changed;
        }
        Ok(Answer::done())
    }

    fn choose_scanner(&mut self, request: &Request, uuid: &str) -> Reply {
        let fields = request.json("payload", &DEFAULT)?;
        self.need(request.who, "scanner", "update")?;
        if !body::flag(&fields, "is_default") {
            return Ok(Answer::done());
        }
        let chosen = self.scanners.all().find(|scanner| scanner.uuid == uuid && !scanner.disabled);
        let Some(id) = chosen.map(|scanner| scanner.id) else {
            let message = format!("registration {uuid} not found");
            return Err(Answer::failure(StatusCode::NOT_FOUND, "NOT_FOUND", message));
        };
        let all: Vec<i64> = self.scanners.all().map(|scanner| scanner.id).collect();
        for scanner in all {
            if let Some(scanner) = self.scanners.get_mut(scanner) {
                scanner.is_default = scanner.id == id;
            }
        }
        Ok(Answer::done())
    }
}
