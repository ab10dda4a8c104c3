//! Webhook policies of a project (server-behaviour 6).

use serde_json::{Map, Value, json};

use super::answer::{Answer, Reply};
use super::body::{self, Model, Shape};
use super::columns;
use super::paging::{Key, Listing};
use super::request::Request;
use super::routes::{self, nowhere};
use super::time::{ZERO, written};
use super::world::World;

const EVENTS: [&str; 10] = [
    "PUSH_ARTIFACT",
    "PULL_ARTIFACT",
    "DELETE_ARTIFACT",
    "QUOTA_EXCEED",
    "QUOTA_WARNING",
    "SCANNING_FAILED",
    "SCANNING_STOPPED",
    "SCANNING_COMPLETED",
    "REPLICATION",
    "TAG_RETENTION",
];

const TYPES: [&str; 2] = ["http", "slack"];
const FORMATS: [&str; 2] = ["Default", "CloudEvents"];

const TARGET: Model = Model {
    name: "WebhookTargetObject",
    fields: &[
        ("type", Shape::Text),
        ("address", Shape::Text),
        ("auth_header", Shape::Text),
        ("skip_cert_verify", Shape::Flag),
        ("payload_format", Shape::Text),
    ],
};

const POLICY: Model = Model {
    name: "WebhookPolicy",
    fields: &[
        ("id", Shape::Whole),
        ("name", Shape::Text),
        ("description", Shape::Text),
        ("project_id", Shape::Whole),
        ("enabled", Shape::Flag),
        ("event_types", Shape::List(&Shape::Text)),
        ("targets", Shape::List(&Shape::Object(&TARGET))),
    ],
};

/// One policy.
#[derive(Debug)]
pub(crate) struct Webhook {
    pub(crate) id: i64,
    pub(crate) project: i64,
    pub(crate) name: String,
    description: String,
    enabled: bool,
    events: Vec<Value>,
    targets: Vec<Value>,
    /// Lost with the first change.
    created: Option<i64>,
    updated: i64,
}

impl Webhook {
    pub(crate) fn view(&self) -> Value {
        let mut view = Value::Object(body::without_empty([("description", json!(self.description))]));
        view["creation_time"] = json!(self.created.map_or_else(|| ZERO.to_owned(), written));
        view["enabled"] = json!(self.enabled);
        view["event_types"] = json!(self.events);
        view["id"] = json!(self.id);
        if !self.name.is_empty() {
            view["name"] = json!(self.name);
        }
        view["project_id"] = json!(self.project);
        view["targets"] = json!(self.targets);
        view["update_time"] = json!(written(self.updated));
        view
    }

    fn key(&self, field: &str) -> Option<Key> {
        match field {
            "name" => Some(self.name.as_str().into()),
            "id" => Some(self.id.into()),
            _ => None,
        }
    }
}

impl World {
    pub(crate) fn answer_webhooks(&mut self, request: &Request, reference: &str, segments: &[&str]) -> Reply {
        const RIGHT: &str = "notification-policy";
        match (request.method.as_str(), segments) {
            ("GET", ["events"]) => {
                self.allowed_project(request, reference, RIGHT, "read")?;
                Ok(Answer::found(json!({
                    "event_type": EVENTS,
                    "notify_type": TYPES,
                    "payload_formats": [{ "formats": FORMATS, "notify_type": "http" }],
                })))
            }
            ("GET", ["policies"]) => {
                let listing = Listing::of(request)?;
                let project = self.allowed_project(request, reference, RIGHT, "list")?.id;
                let rows = self.webhooks.all().filter(|webhook| webhook.project == project);
                listing.answer(rows, |webhook, field| webhook.key(field), Webhook::view)
            }
            ("POST", ["policies"]) => self.create_webhook(request, reference),
            ("GET", ["policies", policy]) => {
                let id = routes::number(policy, "webhook_policy_id")?;
                let project = self.allowed_project(request, reference, RIGHT, "read")?.id;
                let webhook = self.webhooks.get(id).filter(|webhook| webhook.project == project);
                webhook.map(|webhook| Answer::found(webhook.view())).ok_or_else(|| missing(id))
            }
            ("PUT", ["policies", policy]) => {
                self.change_webhook(request, reference, routes::number(policy, "webhook_policy_id")?)
            }
            ("DELETE", ["policies", policy]) => {
                let id = routes::number(policy, "webhook_policy_id")?;
                let project = self.allowed_project(request, reference, RIGHT, "delete")?.id;
                let own = self.webhooks.get(id).is_some_and(|webhook| webhook.project == project);
                own.then(|| self.webhooks.remove(id)).map(|_| Answer::done()).ok_or_else(|| missing(id))
            }
            _ => Err(nowhere(request)),
        }
    }

    fn create_webhook(&mut self, request: &Request, reference: &str) -> Reply {
        let fields = request.json("policy", &POLICY)?;
        let project = self.allowed_project(request, reference, "notification-policy", "create")?.id;
        let targets = checked(&fields)?;
        let name = body::text(&fields, "name");
        columns::fits(name, columns::WEBHOOK)?;
        if self.webhooks.all().any(|webhook| webhook.project == project && webhook.name == name) {
            return Err(Answer::conflict(format!("notification policy named {name} already exists")));
        }
        let now = self.now();
        let id = self.webhooks.insert(|id| webhook(id, project, &fields, targets, Some(now), now));
        Ok(Answer::created(format!("{}/{id}", request.path.trim_end_matches('/'))))
    }

    fn change_webhook(&mut self, request: &Request, reference: &str, id: i64) -> Reply {
        let fields = request.json("policy", &POLICY)?;
        let project = self.allowed_project(request, reference, "notification-policy", "update")?.id;
        let targets = checked(&fields)?;
        let name = body::text(&fields, "name");
        let is_other = |webhook: &Webhook| webhook.project == project && webhook.id != id && webhook.name == name;
        if self.webhooks.get(id).is_some() && self.webhooks.all().any(is_other) {
            return Err(Answer::conflict(format!("notification policy named {name} already exists")));
        }
        let now = self.now();
        let stored = self.webhooks.get_mut(id).filter(|webhook| webhook.project == project);
        *stored.ok_or_else(|| missing(id))? = webhook(id, project, &fields, targets, None, now);
        Ok(Answer::done())
    }
}

fn webhook(
    id: i64,
    project: i64,
    fields: &Map<String, Value>,
    targets: Vec<Value>,
    created: Option<i64>,
    updated: i64,
) -> Webhook {
    Webhook {
        id,
        project,
        name: body::text(fields, "name").to_owned(),
        description: body::text(fields, "description").to_owned(),
        enabled: body::flag(fields, "enabled"),
        events: body::list(fields, "event_types").to_vec(),
        targets,
        created,
        updated,
    }
}

/// The targets of a policy as they are stored, or what the server finds fault with.
fn checked(fields: &Map<String, Value>) -> Result<Vec<Value>, Answer> {
    let name = body::text(fields, "name");
    let events = body::list(fields, "event_types");
    if events.is_empty() {
        return Err(Answer::invalid("empty event type"));
    }
    let unknown = |event: &&Value| !event.as_str().is_some_and(|event| EVENTS.contains(&event));
    if let Some(event) = events.iter().find(unknown).and_then(Value::as_str) {
        return Err(Answer::invalid(format!("unsupported event type {event}")));
    }
    let targets: Vec<&Map<String, Value>> = body::list(fields, "targets").iter().filter_map(Value::as_object).collect();
    if targets.is_empty() {
        return Err(Answer::invalid(format!("empty notification target with policy {name}")));
    }
    targets.into_iter().map(|target| checked_target(target, name)).collect()
}

fn checked_target(target: &Map<String, Value>, policy: &str) -> Result<Value, Answer> {
    let (kind, address) = (body::text(target, "type"), body::text(target, "address"));
    check_address(address.trim()).map_err(Answer::invalid)?;
    if !TYPES.contains(&kind) {
        return Err(Answer::invalid(format!("unsupported target type {kind} with policy {policy}")));
    }
    let format = body::text(target, "payload_format");
    if kind == "slack" && !format.is_empty() {
        return Err(Answer::invalid("set payload format is not allowed for slack"));
    }
    if !format.is_empty() && !FORMATS.contains(&format) {
        return Err(Answer::invalid(format!("unsupported payload format type: {format}")));
    }
    let mut stored = body::without_empty([
        ("auth_header", json!(body::text(target, "auth_header"))),
        ("skip_cert_verify", json!(body::flag(target, "skip_cert_verify"))),
    ]);
    stored.insert("address".to_owned(), json!(address));
    stored.insert("type".to_owned(), json!(kind));
    if kind == "http" {
        stored.insert("payload_format".to_owned(), json!(if format.is_empty() { "Default" } else { format }));
    }
    Ok(Value::Object(stored))
}

/// What the server finds fault with in an address, which it keeps as it is.
fn check_address(address: &str) -> Result<(), String> {
    if address.is_empty() {
        return Err("empty URL".to_owned());
    }
    let full = if address.contains("://") { address.to_owned() } else { format!("http://{address}") };
    let (scheme, rest) = full.split_once("://").unwrap_or_default();
    let (path, _) = rest.split_once('?').unwrap_or((rest, ""));
    let host = path.split('/').next().unwrap_or_default();
    if let Some(bad) = host.chars().find(|character| character.is_whitespace() || "<>\"{}|\\^`".contains(*character)) {
        return Err(format!("parse {full:?}: invalid character \"{bad}\" in host name"));
    }
    for (at, _) in path.match_indices('%') {
        let escape: String = path[at..].chars().take(3).collect();
        if escape.len() < 3 || !escape[1..].bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(format!("parse {full:?}: invalid URL escape {escape:?}"));
        }
    }
    if matches!(scheme, "http" | "https") { Ok(()) } else { Err(format!("invalid scheme: {scheme}")) }
}

fn missing(id: i64) -> Answer {
    Answer::not_found(format!("notificationPolicy {id} not found"))
}
