//! Projects: what belongs to one, and how it comes and goes (server-behaviour 3).

use http::Method;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

use super::answer::{Answer, Reply};
use super::body::{self, Model, Shape};
use super::columns;
use super::identity::Identity;
use super::members::{Entity, Member, Role};
use super::names;
use super::paging::{Condition, Key, Listing};
use super::quotas::{Quota, allowed_limit};
use super::repositories::Repository;
use super::request::Request;
use super::routes::nowhere;
use super::time::{ZERO, written};
use super::world::World;

/// What a project is told of itself: keys that the server knows, all of them texts.
pub(super) const METADATA: Model = Model {
    name: "ProjectMetadata",
    fields: &[
        ("public", Shape::Text),
        ("enable_content_trust", Shape::Text),
        ("enable_content_trust_cosign", Shape::Text),
        ("prevent_vul", Shape::Text),
        ("severity", Shape::Text),
        ("auto_scan", Shape::Text),
        ("auto_sbom_generation", Shape::Text),
        ("reuse_sys_cve_allowlist", Shape::Text),
        ("retention_id", Shape::Text),
        ("proxy_speed_kb", Shape::Text),
        ("max_upstream_conn", Shape::Text),
        ("proxy_cache_local_on_not_found", Shape::Text),
    ],
};

/// Metadata that are true or false; POST looks at them, PUT does not.
const FLAGS: [&str; 7] = [
    "public",
    "enable_content_trust",
    "enable_content_trust_cosign",
    "prevent_vul",
    "auto_scan",
    "auto_sbom_generation",
    "reuse_sys_cve_allowlist",
];

const SEVERITIES: [&str; 6] = ["none", "negligible", "low", "medium", "high", "critical"];

const PROJECT: Model = Model {
    name: "ProjectReq",
    fields: &[
        ("project_name", Shape::Text),
        ("metadata", Shape::Object(&METADATA)),
        ("public", Shape::Flag),
        ("storage_limit", Shape::Whole),
        ("registry_id", Shape::Whole),
        ("cve_allowlist", Shape::Object(&ALLOWLIST)),
    ],
};

pub(super) const ALLOWLIST: Model = Model {
    name: "CVEAllowlist",
    fields: &[("items", Shape::List(&Shape::Object(&ALLOWED))), ("expires_at", Shape::Whole)],
};

const ALLOWED: Model = Model { name: "CVEAllowlistItem", fields: &[("cve_id", Shape::Text)] };

/// One project.
#[derive(Debug)]
pub(crate) struct Project {
    pub(crate) id: i64,
    pub(crate) name: String,
    pub(crate) owner: i64,
    pub(crate) metadata: BTreeMap<String, String>,
    /// The registry that it is a cache of.
    pub(crate) registry: Option<i64>,
    pub(crate) allowlist: Vec<Value>,
    /// When the list ends to hold, in seconds since 1970.
    allowlist_end: Option<i64>,
    /// The scanner that somebody has chosen for it.
    pub(crate) scanner: Option<String>,
    pub(crate) created: i64,
    /// By name without the project's.
    pub(crate) repositories: BTreeMap<String, Repository>,
}

impl Project {
    pub(crate) fn is_public(&self) -> bool {
        self.metadata.get("public").is_some_and(|public| public == "true")
    }

    /// Bytes of its artifacts; what several repositories share counts once.
    pub(crate) fn used(&self) -> i64 {
        let artifacts = self.repositories.values().flat_map(|repository| &repository.artifacts);
        artifacts.map(|artifact| (artifact.digest.as_str(), artifact.size)).collect::<BTreeMap<_, _>>().values().sum()
    }

    /// The vulnerabilities that it allows, and until when.
    pub(crate) fn allowlist_view(&self) -> Value {
        json!({ "items": self.allowlist, "end": self.allowlist_end })
    }

    /// The metadata as the project shows them: an unknown severity is shown as such.
    fn shown_metadata(&self) -> Value {
        let shown = self.metadata.iter().map(|(key, value)| {
            let unknown = key == "severity" && !SEVERITIES.contains(&value.to_lowercase().as_str());
            (key.clone(), Value::from(if unknown { "unknown" } else { value.as_str() }))
        });
        Value::Object(shown.collect())
    }

    fn key(&self, field: &str) -> Option<Key> {
        match field {
            "name" => Some(self.name.as_str().into()),
            "project_id" | "id" => Some(self.id.into()),
            "owner_id" => Some(self.owner.into()),
            "creation_time" | "update_time" => Some(self.created.into()),
            "public" => Some(if self.is_public() { "true" } else { "false" }.into()),
            _ => None,
        }
    }
}

impl World {
    /// The project that a path names: by number when it is digits, unless the client says that it is a name.
    pub(crate) fn project_at(&self, request: &Request, reference: &str) -> Option<&Project> {
        if !request.says("x-is-resource-name")
            && let Ok(id) = reference.parse()
        {
            return self.projects.get(id);
        }
        self.project_named(reference)
    }

    pub(crate) fn project_named(&self, name: &str) -> Option<&Project> {
        self.projects.get(*self.project_names.get(name)?)
    }

    /// The project that a path names, once the caller may do that there.
    pub(crate) fn allowed_project(
        &self,
        request: &Request,
        reference: &str,
        resource: &str,
        action: &str,
    ) -> Result<&Project, Answer> {
        let project = self.project_at(request, reference);
        self.need_in(request.who, project, resource, action)?;
        project.ok_or_else(|| Answer::not_found(format!("project {reference} not found")))
    }

    /// Stores a project with all that comes with it: its quota, and its owner as a member.
    pub(crate) fn store_project(
        &mut self,
        name: &str,
        owner: i64,
        metadata: BTreeMap<String, String>,
        registry: Option<i64>,
        limit: i64,
    ) -> i64 {
        let now = self.now();
        let project = self.projects.insert(|id| Project {
            id,
            name: name.to_owned(),
            owner,
            metadata,
            registry,
            allowlist: Vec::new(),
            allowlist_end: None,
            scanner: None,
            created: now,
            repositories: BTreeMap::new(),
        });
        self.project_names.insert(name.to_owned(), project);
        self.quotas.insert(|id| Quota { id, project, limit, created: now, updated: now });
        let role = Role::ProjectAdmin.number();
        self.members.insert(|id| Member { id, project, entity: Entity::User(owner), role });
        project
    }

    pub(crate) fn answer_projects(&mut self, request: &Request, segments: &[&str]) -> Reply {
        let method = request.method.as_str();
        match (method, segments) {
            ("GET", []) => self.list_projects(request),
            ("HEAD", []) => self.find_project(request),
            ("POST", []) => self.create_project(request),
            ("GET", [project]) => {
                let project = self.allowed_project(request, project, "project", "read")?;
                Ok(Answer::found(self.project_view(request.who, project)))
            }
            ("PUT", [project]) => self.change_project(request, project),
            ("DELETE", [project]) => self.delete_project(request, project),
            ("GET", [project, "_deletable"]) => {
                let project = self.allowed_project(request, project, "project", "delete")?;
                Ok(Answer::found(match deletable(project) {
                    Ok(()) => json!({ "deletable": true }),
                    Err(reason) => json!({ "message": reason }),
                }))
            }
            ("GET", [project, "summary"]) => self.project_summary(request, project),
            (_, [project, "metadatas", rest @ ..]) => self.answer_metadata(request, project, rest),
            (_, [project, "scanner", rest @ ..]) => self.answer_project_scanner(request, project, rest),
            (_, [project, "members", rest @ ..]) => self.answer_members(request, project, rest),
            (_, [project, "immutabletagrules", rest @ ..]) => self.answer_immutable_rules(request, project, rest),
            (_, [project, "webhook", rest @ ..]) => self.answer_webhooks(request, project, rest),
            (_, [project, "repositories", rest @ ..]) => self.answer_repositories(request, project, rest),
            _ => Err(nowhere(request)),
        }
    }

    fn list_projects(&self, request: &Request) -> Reply {
        if self.outages.is_away(super::outages::HarborPart::Database) {
            return Err(Answer::unhandled());
        }
        let mut listing = Listing::of(request)?;
        if let Some(public) = request.query.get("public") {
            listing.add("public", Condition::Is(public.to_owned()));
        }
        let part = request.query.get("name").unwrap_or_default().to_lowercase();
        let owner = request.query.get("owner");
        let mut rows: Vec<&Project> = self
            .projects
            .all()
            .filter(|project| self.sees(request.who, project) && project.name.to_lowercase().contains(&part))
            .filter(|project| owner.is_none_or(|owner| self.name_of(Identity::User(project.owner)) == owner))
            .collect();
        rows.sort_by(|one, other| one.name.cmp(&other.name));
        let short = request.query.get("with_detail") == Some("false");
        let view = |project: &Project| {
            if short { self.short_view(request.who, project) } else { self.project_view(request.who, project) }
        };
        listing.answer(rows.into_iter(), |project, field| project.key(field), view)
    }

    fn find_project(&self, request: &Request) -> Reply {
        self.need_login(request.who)?;
        let name = request.query.get("project_name").unwrap_or_default();
        let missing = || Answer::not_found(format!("project {name} not found"));
        self.project_named(name).map(|_| Answer::done()).ok_or_else(missing)
    }

    fn create_project(&mut self, request: &Request) -> Reply {
        let fields = request.json("project", &PROJECT)?;
        let name = body::text(&fields, "project_name").to_owned();
        if name.chars().count() > 255 {
            // the server's two layers each put their own line before it
            return Err(Answer::unreadable(
                "validation failure list:\nproject_name in body should be at most 255 chars long",
            ));
        }
        self.need_login(request.who)?;
        let restricted = self.configuration.text("project_creation_restriction") == "adminonly";
        if restricted && !self.may(request.who, "project", "create") {
            return Err(Answer::forbidden("Only system admin can create project"));
        }
        let (metadata, limit) = self.checked(&name, &fields)?;
        let registry = Some(body::whole(&fields, "registry_id")).filter(|registry| *registry != 0);
        let metadata = self.kept_metadata(metadata, registry.is_some());
        if registry.is_some_and(|registry| self.registries.get(registry).is_none()) {
            return Err(Answer::unhandled());
        }
        if self.project_names.contains_key(&name) {
            self.projects.skip();
            return Err(Answer::conflict(format!("The project named {name} already exists")));
        }
        // what a robot makes belongs to the administrator
        let owner = if let Identity::User(user) = request.who { user } else { super::users::ADMIN };
        let id = self.store_project(&name, owner, metadata, registry, limit);
        if registry.is_some() {
            self.store_retention_of_cache(id);
        }
        self.note(request.who, "create", "project", &name);
        let by_name = request.says("x-resource-name-in-location");
        let last = if by_name { name } else { id.to_string() };
        Ok(Answer::created(format!("/api/v2.0/projects/{last}")))
    }

    /// The metadata and the limit of a project to be made, or why it cannot be.
    fn checked(&self, name: &str, fields: &Map<String, Value>) -> Result<(BTreeMap<String, String>, i64), Answer> {
        if name.is_empty() {
            return Err(Answer::invalid(format!(
                "Project name {name} is illegal in length. (greater than 255 or less than 1)"
            )));
        }
        if !names::is_plain(name) {
            return Err(Answer::invalid("project name is not in lower case or contains illegal characters"));
        }
        let mut metadata = texts(body::object(fields, "metadata"));
        for key in FLAGS {
            if let Some(value) = metadata.get(key).filter(|value| !matches!(value.as_str(), "true" | "false")) {
                return Err(Answer::invalid(format!(
                    "metadata.{key} should only be 'true' or 'false', but got: '{value}'"
                )));
            }
        }
        let public = body::flag(fields, "public");
        metadata.entry("public".to_owned()).or_insert_with(|| public.to_string());
        let limit = match body::whole(fields, "storage_limit") {
            0 => self.configuration.number("storage_per_project"),
            limit => allowed_limit(limit)?,
        };
        Ok((metadata, limit))
    }

    /// What the server takes of metadata: some are for caches only, and an older server knows fewer.
    fn kept_metadata(&self, mut metadata: BTreeMap<String, String>, is_cache: bool) -> BTreeMap<String, String> {
        let is_kept = |key: &str| is_cache || !["proxy_speed_kb", "max_upstream_conn"].contains(&key);
        metadata.retain(|key, _| is_kept(key) && self.version.knows(key));
        metadata
    }

    fn change_project(&mut self, request: &Request, reference: &str) -> Reply {
        let fields = request.json("project", &PROJECT)?;
        let id = self.allowed_project(request, reference, "project", "update")?.id;
        // neither the other values of metadata are looked at, but for their length, nor name and limit taken
        for text in texts(body::object(&fields, "metadata")).values() {
            columns::fits(text, columns::NAME)?;
        }
        let is_cache = self.projects.get(id).is_some_and(|project| project.registry.is_some());
        let metadata = self.kept_metadata(texts(body::object(&fields, "metadata")), is_cache);
        let retention = metadata.get("retention_id");
        if let Some(project) = self.projects.get_mut(id) {
            if retention.is_some_and(|policy| project.metadata.get("retention_id") != Some(policy)) {
                let message = "the retention_id in the request's payload when updating a project should be omitted, \
                               alternatively passing the one that has already been associated to this project";
                return Err(Answer::invalid(message));
            }
            project.metadata.extend(metadata);
            if let Some(allowlist) = body::object(&fields, "cve_allowlist") {
                let items = body::list(allowlist, "items");
                if items.iter().enumerate().any(|(index, item)| items[..index].contains(item)) {
                    return Err(Answer::unhandled());
                }
                project.allowlist = items.to_vec();
                project.allowlist_end = allowlist.get("expires_at").and_then(Value::as_i64);
            }
        }
        Ok(Answer::done())
    }

    fn delete_project(&mut self, request: &Request, reference: &str) -> Reply {
        let project = self.allowed_project(request, reference, "project", "delete")?;
        deletable(project).map_err(|reason| Answer::precondition(format!("precondition failed: {reason}")))?;
        let (id, name) = (project.id, project.name.clone());
        self.projects.remove(id);
        self.project_names.remove(&name);
        self.quotas.retain(|quota| quota.project != id);
        self.members.retain(|member| member.project != id);
        self.retentions.retain(|retention| retention.project != id);
        self.immutable_rules.retain(|rule| rule.project != id);
        self.webhooks.retain(|webhook| webhook.project != id);
        self.forget_robots_of(id);
        self.note(request.who, "delete", "project", &name);
        Ok(Answer::done())
    }

    fn project_summary(&self, request: &Request, reference: &str) -> Reply {
        let project = self.allowed_project(request, reference, "project", "read")?;
        let roles = self.members.all().filter(|member| member.project == project.id);
        let mut summary = Map::new();
        for role in roles.filter_map(|member| Role::of(member.role)) {
            let count = summary.entry(role.counted_as()).or_insert_with(|| json!(0));
            *count = json!(count.as_i64().unwrap_or_default() + 1);
        }
        let limit = self.quotas.all().find(|quota| quota.project == project.id).map_or(-1, |quota| quota.limit);
        summary.insert("quota".to_owned(), json!({ "hard": {"storage": limit}, "used": {"storage": project.used()} }));
        summary.insert("repo_count".to_owned(), json!(project.repositories.len()));
        Ok(Answer::found(Value::Object(summary)))
    }

    /// A project as itself and in lists.
    pub(crate) fn project_view(&self, who: Identity, project: &Project) -> Value {
        let mut view = self.short_view(who, project);
        view["cve_allowlist"]["id"] = json!(project.id);
        view["cve_allowlist"]["project_id"] = json!(project.id);
        view["cve_allowlist"]["items"] = Value::from(project.allowlist.clone());
        if let Some(end) = project.allowlist_end {
            view["cve_allowlist"]["expires_at"] = json!(end);
        }
        view["metadata"] = project.shown_metadata();
        view["owner_name"] = json!(self.name_of(Identity::User(project.owner)));
        view
    }

    /// A project as the search finds it.
    pub(crate) fn found_view(&self, who: Identity, project: &Project) -> Value {
        let mut view = self.short_view(who, project);
        view["metadata"] = project.shown_metadata();
        view
    }

    /// A project in a list without details.
    fn short_view(&self, who: Identity, project: &Project) -> Value {
        let roles = self.shown_roles(who, project);
        let mut view = json!({
            "creation_time": written(project.created),
            "cve_allowlist": { "creation_time": ZERO, "items": null, "update_time": ZERO },
            "name": project.name,
            "owner_id": project.owner,
            "project_id": project.id,
            "repo_count": project.repositories.len(),
            "update_time": written(project.created),
        });
        if let Some(role) = roles.first() {
            view["current_user_role_id"] = role.clone();
            view["current_user_role_ids"] = Value::from(roles);
        }
        if let Some(registry) = project.registry {
            view["registry_id"] = json!(registry);
        }
        view
    }
}

/// Whether a project may go.
fn deletable(project: &Project) -> Result<(), &'static str> {
    if project.repositories.is_empty() { Ok(()) } else { Err("the project contains repositories, can not be deleted") }
}

/// The texts of an object.
fn texts(object: Option<&Map<String, Value>>) -> BTreeMap<String, String> {
    let entries = object.into_iter().flatten();
    entries.filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned()))).collect()
}

impl World {
    fn answer_metadata(&mut self, request: &Request, reference: &str, segments: &[&str]) -> Reply {
        let action = match request.method {
            Method::GET if segments.is_empty() => "list",
            Method::GET => "read",
            Method::POST => "create",
            Method::PUT => "update",
            _ => "delete",
        };
        let sent = match request.method {
            Method::POST | Method::PUT => Some(texts(Some(&request.json("metadata", &METADATA)?))),
            _ => None,
        };
        let id = self.allowed_project(request, reference, "metadata", action)?.id;
        let Some(project) = self.projects.get_mut(id) else { return Err(Answer::unhandled()) };
        let missing = |key: &str| Answer::not_found(format!("metadata {key} not found"));
        match (segments, sent) {
            ([], None) => Ok(Answer::found(json!(project.metadata))),
            ([], Some(sent)) => {
                if let Some(key) = sent.keys().find(|key| project.metadata.contains_key(*key)) {
                    return Err(Answer::conflict(format!("metadata {key} already exists for project {id}")));
                }
                project.metadata.extend(sent);
                Ok(Answer::done())
            }
            ([key], Some(mut sent)) => {
                let value = sent.remove(*key).ok_or_else(|| Answer::invalid(format!("must contain metadata {key}")))?;
                project.metadata.insert((*key).to_owned(), value);
                Ok(Answer::done())
            }
            ([key], None) if request.method == Method::GET => {
                let value = project.metadata.get(*key).ok_or_else(|| missing(key))?;
                Ok(Answer::found(json!({ *key: value })))
            }
            ([key], None) => project.metadata.remove(*key).map(|_| Answer::done()).ok_or_else(|| missing(key)),
            _ => Err(nowhere(request)),
        }
    }
}
