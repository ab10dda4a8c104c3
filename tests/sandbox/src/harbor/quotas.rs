//! Storage quotas: one a project, changed by its own number only (server-behaviour 6).

use serde_json::{Value, json};

use super::answer::{Answer, Reply};
use super::body::{self, Model, Shape};
use super::paging::{Condition, Key, Listing};
use super::request::Request;
use super::routes::{self, nowhere};
use super::time::{ZERO, written};
use super::world::World;

const QUOTA: Model = Model { name: "QuotaUpdateReq", fields: &[("hard", Shape::Map(&Shape::Whole))] };

/// One quota.
#[derive(Debug)]
pub(crate) struct Quota {
    pub(crate) id: i64,
    pub(crate) project: i64,
    /// Bytes, or -1 without a limit.
    pub(crate) limit: i64,
    pub(crate) created: i64,
    pub(crate) updated: i64,
}

/// The limit, when it is one: any number of bytes, or -1.
pub(crate) fn allowed_limit(limit: i64) -> Result<i64, Answer> {
    if limit > 0 || limit == -1 {
        return Ok(limit);
    }
    Err(Answer::invalid(format!("invalid non-positive value for quota limit, value={limit}")))
}

impl World {
    pub(crate) fn answer_quotas(&mut self, request: &Request, segments: &[&str]) -> Reply {
        match (request.method.as_str(), segments) {
            ("GET", []) => {
                let mut listing = Listing::of(request)?;
                self.need(request.who, "quota", "list")?;
                for name in ["reference", "reference_id"] {
                    if let Some(value) = request.query.get(name) {
                        listing.add(name, Condition::Is(value.to_owned()));
                    }
                }
                let newest_first = self.quotas.all().rev();
                listing.answer(
                    newest_first,
                    |quota, field| self.quota_key(quota, field),
                    |quota| self.quota_view(quota),
                )
            }
            ("GET", [quota]) => {
                let id = routes::number(quota, "id")?;
                self.need(request.who, "quota", "read")?;
                let mut view = self.quota_view(self.quotas.get(id).ok_or_else(|| missing(id))?);
                // the time of the last change is in lists only
                view["update_time"] = json!(ZERO);
                Ok(Answer::found(view))
            }
            ("PUT", [quota]) => self.change_quota(request, routes::number(quota, "id")?),
            _ => Err(nowhere(request)),
        }
    }

    fn change_quota(&mut self, request: &Request, id: i64) -> Reply {
        let fields = request.json("hard", &QUOTA)?;
        self.need(request.who, "quota", "update")?;
        let now = self.now();
        let quota = self.quotas.get_mut(id).ok_or_else(|| missing(id))?;
        let hard = body::object(&fields, "hard").filter(|hard| !hard.is_empty());
        let hard = hard.ok_or_else(|| Answer::invalid("hard required in body"))?;
        if let Some(other) = hard.keys().find(|resource| *resource != "storage") {
            return Err(Answer::invalid(format!("resource {other} not support")));
        }
        quota.limit = allowed_limit(body::whole(hard, "storage"))?;
        quota.updated = now;
        Ok(Answer::done())
    }

    fn quota_key(&self, quota: &Quota, field: &str) -> Option<Key> {
        match field {
            "reference" => Some("project".into()),
            "reference_id" => Some(quota.project.into()),
            "id" => Some(quota.id.into()),
            "hard.storage" => Some(quota.limit.into()),
            "used.storage" => Some(self.projects.get(quota.project).map_or(0, |project| project.used()).into()),
            "creation_time" => Some(quota.created.into()),
            "update_time" => Some(quota.updated.into()),
            _ => None,
        }
    }

    fn quota_view(&self, quota: &Quota) -> Value {
        let project = self.projects.get(quota.project);
        json!({
            "creation_time": written(quota.created),
            "hard": { "storage": quota.limit },
            "id": quota.id,
            "ref": {
                "id": quota.project,
                "name": project.map(|project| project.name.as_str()).unwrap_or_default(),
                "owner_name": "",
            },
            "update_time": written(quota.updated),
            "used": { "storage": project.map_or(0, |project| project.used()) },
        })
    }
}

fn missing(id: i64) -> Answer {
    Answer::not_found(format!("quota {id} not found"))
}
