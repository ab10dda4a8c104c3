//! Tag retention: one policy a project, whose number is a text in the project's metadata (server-behaviour 6).

use serde_json::{Map, Value, json};

use super::answer::{Answer, Reply};
use super::body::{self, Model, Shape};
use super::cron::Cron;
use super::paging::Listing;
use super::request::Request;
use super::routes::{self, nowhere};
use super::world::World;

const SELECTOR: Model = Model {
    name: "RetentionSelector",
    fields: &[("kind", Shape::Text), ("decoration", Shape::Text), ("pattern", Shape::Text), ("extras", Shape::Text)],
};

const RULE: Model = Model {
    name: "RetentionRule",
    fields: &[
        ("id", Shape::Whole),
        ("priority", Shape::Whole),
        ("disabled", Shape::Flag),
        ("action", Shape::Text),
        ("template", Shape::Text),
        ("params", Shape::Map(&Shape::Any)),
        ("tag_selectors", Shape::List(&Shape::Object(&SELECTOR))),
        ("scope_selectors", Shape::Map(&Shape::List(&Shape::Object(&SELECTOR)))),
    ],
};

const TRIGGER: Model =
    Model { name: "RetentionRuleTrigger", fields: &[("kind", Shape::Text), ("settings", Shape::Map(&Shape::Any))] };

const SCOPE: Model = Model { name: "RetentionPolicyScope", fields: &[("level", Shape::Text), ("ref", Shape::Whole)] };

const POLICY: Model = Model {
    name: "RetentionPolicy",
    fields: &[
        ("id", Shape::Whole),
        ("algorithm", Shape::Text),
        ("rules", Shape::List(&Shape::Object(&RULE))),
        ("trigger", Shape::Object(&TRIGGER)),
        ("scope", Shape::Object(&SCOPE)),
    ],
};

/// The most rules that a policy may have.
const MOST_RULES: usize = 15;

/// One policy.
#[derive(Debug)]
pub(crate) struct Retention {
    pub(crate) id: i64,
    pub(crate) project: i64,
    algorithm: String,
    rules: Vec<Value>,
    trigger: String,
    /// Empty where nothing is scheduled.
    cron: String,
}

impl Retention {
    pub(crate) fn view(&self, now: i64) -> Value {
        let mut settings = json!({ "cron": self.cron });
        if let Some(next) = Cron::parse(&self.cron).ok().and_then(|cron| cron.next_after(now)) {
            settings["next_scheduled_time"] = json!(next);
        }
        json!({
            "algorithm": self.algorithm,
            "id": self.id,
            "rules": self.rules,
            "scope": { "level": "project", "ref": self.project },
            "trigger": { "kind": self.trigger, "settings": settings },
        })
    }
}

/// What a policy says, once it was found to be one.
struct Asked {
    algorithm: String,
    rules: Vec<Value>,
    trigger: String,
    cron: String,
}

impl Asked {
    fn new(fields: &Map<String, Value>) -> Result<Self, Answer> {
        let rules: Vec<Value> =
            body::list(fields, "rules").iter().filter_map(Value::as_object).map(rule_view).collect();
        if rules.len() > MOST_RULES {
            return Err(Answer::invalid(format!("bad request: only {MOST_RULES} rules are allowed at most")));
        }
        for (index, rule) in rules.iter().enumerate() {
            if let Some(first) = rules[..index].iter().position(|other| other == rule) {
                let message = format!("resource conflict: rule {index} is conflict with rule {first}");
                return Err(Answer::conflict(message));
            }
        }
        let trigger = body::object(fields, "trigger");
        let settings = trigger.and_then(|trigger| body::object(trigger, "settings"));
        let cron = settings.map(|settings| body::text(settings, "cron")).unwrap_or_default();
        if !cron.is_empty() {
            let wrong = |reason: &str| {
                Answer::invalid(format!("invalid cron string for scheduled tag retention: {cron}, error: {reason}"))
            };
            Cron::parse(cron).map_err(|reason| wrong(&reason))?;
            if cron.split_whitespace().next() != Some("0") {
                return Err(wrong("the 1st field (indicating Seconds of time) of the cron setting must be 0"));
            }
        }
        Ok(Self {
            algorithm: body::text(fields, "algorithm").to_owned(),
            rules,
            trigger: trigger.map(|trigger| body::text(trigger, "kind").to_owned()).unwrap_or_default(),
            cron: cron.to_owned(),
        })
    }
}

/// A rule without what is false, zero or without any entry.
fn rule_view(rule: &Map<String, Value>) -> Value {
    let left_out = |key: &str, value: &Value| match key {
        "disabled" => value == &json!(false),
        "params" => value == &json!({}),
        "id" | "priority" => value == &json!(0),
        _ => false,
    };
    rule.iter().filter(|(key, value)| !left_out(key, value)).map(|(key, value)| (key.clone(), value.clone())).collect()
}

impl World {
    pub(crate) fn answer_retentions(&mut self, request: &Request, segments: &[&str]) -> Reply {
        match (request.method.as_str(), segments) {
            ("POST", []) => self.create_retention(request),
            ("GET", ["metadatas"]) => {
                self.need_login(request.who)?;
                let rules = serde_json::from_str(include_str!("data/retention-metadata.json"));
                rules.map(Answer::found).map_err(|_| Answer::unhandled())
            }
            ("GET", [policy]) => {
                let id = routes::number(policy, "id")?;
                self.allowed_retention(request, id, "read")?;
                let now = self.now();
                self.retentions.get(id).map(|policy| Answer::found(policy.view(now))).ok_or_else(Answer::unhandled)
            }
            ("PUT", [policy]) => self.change_retention(request, routes::number(policy, "id")?),
            ("DELETE", [policy]) => {
                let id = routes::number(policy, "id")?;
                self.allowed_retention(request, id, "delete")?;
                let missing = || Answer::invalid(format!("bad request: no such Retention policy with id {id}"));
                let policy = self.retentions.remove(id).ok_or_else(missing)?;
                // also where the project has another one by now
                if let Some(project) = self.projects.get_mut(policy.project) {
                    project.metadata.remove("retention_id");
                }
                Ok(Answer::done())
            }
            ("GET", [policy, "executions"]) => {
                let listing = Listing::of(request)?;
                self.allowed_retention(request, routes::number(policy, "id")?, "list")?;
                Ok(listing.linked(Answer::list(Vec::new(), 0), 0))
            }
            _ => Err(nowhere(request)),
        }
    }

    /// 401 or 403 unless the caller may do that with the policy. One that is missing is nobody's project's.
    fn allowed_retention(&self, request: &Request, id: i64, action: &str) -> Result<(), Answer> {
        self.need_login(request.who)?;
        match self.retentions.get(id) {
            Some(policy) => self.need_in(request.who, self.projects.get(policy.project), "tag-retention", action),
            None => Ok(()),
        }
    }

    fn create_retention(&mut self, request: &Request) -> Reply {
        let fields = request.json("policy", &POLICY)?;
        let project = body::object(&fields, "scope").map_or(0, |scope| body::whole(scope, "ref"));
        self.need_in(request.who, self.projects.get(project), "tag-retention", "create")?;
        if self.projects.get(project).is_none() {
            return Err(Answer::invalid(format!("bad request: invalid Project id {project}")));
        }
        let asked = Asked::new(&fields)?;
        // what the project says counts, and not whether there is a policy
        if let Some(policy) = self.projects.get(project).and_then(|project| project.metadata.get("retention_id")) {
            let message = format!("bad request: project {project} already has retention policy {policy}");
            return Err(Answer::invalid(message));
        }
        let id = self.store_retention(project, asked);
        Ok(Answer::created(format!("/api/v2.0/retentions/{id}")))
    }

    fn store_retention(&mut self, project: i64, asked: Asked) -> i64 {
        let Asked { algorithm, rules, trigger, cron } = asked;
        let id = self.retentions.insert(|id| Retention { id, project, algorithm, rules, trigger, cron });
        if let Some(project) = self.projects.get_mut(project) {
            project.metadata.insert("retention_id".to_owned(), id.to_string());
        }
        id
    }

    /// A project that is a cache gets a policy with it: what was not pulled for a week goes.
    pub(crate) fn store_retention_of_cache(&mut self, project: i64) {
        let rule = json!({
            "action": "retain",
            "params": { "nDaysSinceLastPull": 7 },
            "scope_selectors": { "repository": [{ "decoration": "repoMatches", "kind": "doublestar", "pattern": "**" }] },
            "tag_selectors": [{ "decoration": "matches", "kind": "doublestar", "pattern": "**" }],
            "template": "nDaysSinceLastPull",
        });
        let asked = Asked {
            algorithm: "or".to_owned(),
            rules: vec![rule],
            trigger: "Schedule".to_owned(),
            cron: "0 0 0 * * *".to_owned(),
        };
        self.store_retention(project, asked);
    }

    fn change_retention(&mut self, request: &Request, id: i64) -> Reply {
        let fields = request.json("policy", &POLICY)?;
        self.allowed_retention(request, id, "update")?;
        let project = body::object(&fields, "scope").map_or(0, |scope| body::whole(scope, "ref"));
        let known = self.projects.get(project).and_then(|project| project.metadata.get("retention_id"));
        if known != Some(&id.to_string()) {
            let message = format!("resource not found: the retention policy id {id} does not match");
            return Err(Answer::not_found(message));
        }
        let policy = self.retentions.get_mut(id).ok_or_else(Answer::unhandled)?;
        let Asked { algorithm, rules, trigger, cron } = Asked::new(&fields)?;
        *policy = Retention { id, project: policy.project, algorithm, rules, trigger, cron };
        Ok(Answer::done())
    }
}
