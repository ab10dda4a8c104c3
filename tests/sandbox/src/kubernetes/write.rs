//! POST, PUT and PATCH: the way of an object into the store.

use http::header;
use serde_json::{Value, json};
use std::sync::Arc;

use super::access::{User, access};
use super::answer::{Answer, Failure, Named, Reply};
use super::body::{self, Sent};
use super::invalid::{self, FieldError};
use super::json::parse_yaml;
use super::kinds;
use super::ownership::{self, Writer};
use super::patches::{Patch, Style};
use super::registry::Resource;
use super::request::{Request, Target};
use super::schema::Shape;
use super::store::{Key, Stored};
use super::views::shown;
use super::world::World;
use crate::random::{suffix, uuid};

const STALE: &str = "the object has been modified; please apply your changes to the latest version and try again";
const OTHER_NAMESPACE: &str = "the namespace of the provided object does not match the namespace sent on the request";

/// Answers POST of a collection.
pub(crate) fn create(
    world: &mut World,
    request: &Request,
    target: &Target,
    resource: &Arc<Resource>,
    user: &User,
) -> Reply {
    let sent = body::object(world, request, resource)?;
    let mut writing = Writing::new(world, request, target, resource, user);
    writing.create(sent.value, sent.warnings, Tracking::Write)
}

/// Answers PUT of an object.
pub(crate) fn update(
    world: &mut World,
    request: &Request,
    target: &Target,
    resource: &Arc<Resource>,
    user: &User,
) -> Reply {
    let sent = body::object(world, request, resource)?;
    let old = match world.object(resource, target) {
        Err(_) if resource.create_on_update && target.subresource.is_empty() => {
            access(world, user).target("create", target, &target.name)?;
            let mut writing = Writing::new(world, request, target, resource, user);
            writing.check_identity(&sent.value)?;
            return writing.create(sent.value, sent.warnings, Tracking::Write);
        }
        found => found?,
    };
    let mut writing = Writing::new(world, request, target, resource, user);
    writing.check_identity(&sent.value)?;
    writing.check_uid(&old, &sent.value)?;
    if sent.value["metadata"]["resourceVersion"].is_null() && !resource.unconditional_update {
        let error = FieldError::invalid("metadata.resourceVersion", &json!(0), "must be specified for an update");
        return Err(Failure::invalid(resource.named(), &target.name, &[error]));
    }
    writing.update(&old, sent, Tracking::Write)
}

/// Answers PATCH of an object.
pub(crate) fn patch(
    world: &mut World,
    request: &Request,
    target: &Target,
    resource: &Arc<Resource>,
    user: &User,
) -> Reply {
    let style = Style::of(request.content_type()).ok_or_else(Failure::unsupported_patch)?;
    if resource.custom && style == Style::Strategic {
        let accepted = "application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml";
        return Err(Failure::unsupported_body(accepted));
    }
    let bytes = body::bytes(request)?;
    body::check_options(request, "PatchOptions")?;
    if style == Style::Apply {
        return apply(world, request, target, resource, user);
    }
    if request.query.get("force").is_some() {
        let error = FieldError::forbidden("force", "may not be specified for non-apply patch");
        return Err(Failure::invalid(Named { group: "meta.k8s.io", kind: "PatchOptions" }, "", &[error]));
    }
    let patch = Patch::read(style, bytes)?;
    let old = world.object(resource, target)?;
    let mut before = faced(resource, &old.value);
    before["kind"] = resource.kind.as_str().into();
    before["apiVersion"] = resource.api_version().into();
    let patched = patch.apply(&Shape::of(&resource.type_name), before)?;
    let sent = body::patched(request, resource, patched, &patch.twice, &|value| patch.shown(value))?;
    let mut writing = Writing::new(world, request, target, resource, user);
    writing.check_identity(&sent.value)?;
    writing.update(&old, sent, Tracking::Write)
}

/// A stored object in the form of its resource.
fn faced(resource: &Resource, value: &Value) -> Value {
    if resource.group == "events.k8s.io" { kinds::events::newer(value) } else { value.clone() }
}

/// Server-side apply.
fn apply(world: &mut World, request: &Request, target: &Target, resource: &Arc<Resource>, user: &User) -> Reply {
    let Some(manager) = request.query.get("fieldManager") else {
        let error = FieldError::required("fieldManager", "is required for apply patch");
        return Err(Failure::invalid(Named { group: "meta.k8s.io", kind: "PatchOptions" }, "", &[error]));
    };
    let parsed =
        parse_yaml(body::bytes(request)?).map_err(|why| Failure::bad_request(format!("error decoding YAML: {why}")))?;
    let mut wanted = parsed.value;
    check_applied_kind(resource, &wanted)?;
    if !wanted["metadata"]["managedFields"].is_null() {
        return Err(Failure::bad_request("metadata.managedFields must be nil"));
    }
    let shape = Shape::of(&resource.type_name);
    let misfits = ownership::misfits(&shape, &wanted);
    if !misfits.is_empty() {
        return Err(Failure::internal(untyped(resource, target, &misfits)));
    }
    if let Some(object) = wanted.as_object_mut() {
        object.remove("kind");
        object.remove("apiVersion");
    }
    let old = world.object(resource, target).ok();
    let force = request.query.flag("force");
    let now = world.now();
    let api_version = resource.api_version();
    let writer = Writer { manager, api_version: &api_version, subresource: &target.subresource, now: &now };
    let before = old.as_ref().map(|old| faced(resource, &old.value));
    let merged = ownership::apply(&shape, before.as_ref(), &wanted, &writer, force)?;
    let sent = body::patched(request, resource, merged, &parsed.twice, &Value::to_string)?;
    if old.is_none() {
        access(world, user).target("create", target, &target.name)?;
    }
    let mut writing = Writing::new(world, request, target, resource, user);
    writing.check_identity(&sent.value)?;
    match old {
        Some(old) => writing.update(&old, sent, Tracking::Done),
        None => {
            writing.check_absent_uid(&wanted)?;
            writing.create(sent.value, sent.warnings, Tracking::Done)
        }
    }
}

fn check_applied_kind(resource: &Resource, wanted: &Value) -> Result<(), Failure> {
    let text = |key: &str| wanted[key].as_str().unwrap_or_default();
    let (kind, api_version) = (text("kind"), text("apiVersion"));
    if kind == resource.kind && api_version == resource.api_version() {
        return Ok(());
    }
    let version = if api_version.contains('/') { api_version.to_owned() } else { format!("/{api_version}") };
    Err(Failure::bad_request(format!("invalid object type: {version}, Kind={kind}")))
}

fn untyped(resource: &Resource, target: &Target, misfits: &[String]) -> String {
    let namespace = target.object_namespace();
    let name = if namespace.is_empty() { format!("/{}", target.name) } else { format!("{namespace}/{}", target.name) };
    let kind = format!("{}/{}, Kind={}", resource.group, resource.version, resource.kind);
    let wrong = match misfits {
        [one] => one.clone(),
        several => format!("errors:\n  {}", several.join("\n  ")),
    };
    format!("failed to create typed patch object ({name}; {kind}): {wrong}")
}

/// Whether owners of fields are still to be worked out.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Tracking {
    Write,
    /// An apply has done it.
    Done,
}

/// One object on its way into the store.
struct Writing<'a> {
    world: &'a mut World,
    target: &'a Target,
    resource: &'a Resource,
    user: &'a User,
    dry_run: bool,
    manager: String,
    now: String,
}

impl<'a> Writing<'a> {
    fn new(
        world: &'a mut World,
        request: &Request,
        target: &'a Target,
        resource: &'a Resource,
        user: &'a User,
    ) -> Self {
        let now = world.now();
        Self { world, target, resource, user, dry_run: request.is_dry_run(), manager: manager(request), now }
    }

    fn create(&mut self, mut value: Value, mut warnings: Vec<String>, tracking: Tracking) -> Reply {
        let resource = self.resource;
        let namespace = self.target.object_namespace();
        self.settle_namespace(&mut value)?;
        if tracking == Tracking::Write {
            self.track(None, &mut value);
        }
        self.name(&mut value);
        access(self.world, self.user).may_give(resource, namespace, None, &value)?;
        self.admit(&value)?;
        self.admit_account(&mut value)?;
        if !value["metadata"]["resourceVersion"].is_null() {
            return Err(Failure::internal("resourceVersion should not be set on objects to be created"));
        }
        let metadata = &mut value["metadata"];
        metadata["uid"] = uuid().into();
        metadata["creationTimestamp"] = self.now.as_str().into();
        forget(metadata, &["deletionTimestamp", "deletionGracePeriodSeconds", "selfLink"]);
        if resource.generation {
            metadata["generation"] = 1.into();
        }
        kinds::prepare_create(resource, &mut value);
        let mut errors = invalid::metadata(&value, resource.namespaced, resource.names());
        errors.extend(kinds::validate(resource, &value));
        let name = value["metadata"]["name"].as_str().unwrap_or_default().to_owned();
        if !errors.is_empty() {
            return Err(Failure::invalid(resource.named_kind(), &name, &errors));
        }
        warnings.extend(kinds::warnings(resource, &value));
        kinds::default(resource, &mut value);
        let key = Key::new(namespace, &name);
        if let Some(old) = self.world.store.get(&resource.stored_as(), &key) {
            return Err(Failure::exists(resource.named(), &name, old.is_being_deleted()));
        }
        let text = if self.dry_run {
            shown(resource, &value)
        } else {
            shown(resource, &self.world.store.put(&resource.stored_as(), key, value).value)
        };
        Ok(Answer::json(201, text).warned(warnings))
    }

    fn update(&mut self, old: &Arc<Stored>, sent: Sent, tracking: Tracking) -> Reply {
        let resource = self.resource;
        let Sent { value: mut new, mut warnings } = sent;
        self.settle_namespace(&mut new)?;
        self.keep(old, &mut new);
        let namespace = self.target.object_namespace();
        access(self.world, self.user).may_give(resource, namespace, Some(&old.value), &new)?;
        if tracking == Tracking::Write {
            self.track(Some(&old.value), &mut new);
        }
        let version = new["metadata"]["resourceVersion"].as_str().unwrap_or_default();
        if !version.is_empty() && version != old.revision.to_string() {
            return Err(Failure::conflict(resource.named(), &self.target.name, STALE));
        }
        new["metadata"]["resourceVersion"] = old.revision.to_string().into();
        kinds::prepare_update(resource, &old.value, &mut new);
        if resource.generation && kinds::is_another_generation(resource, &old.value, &new) {
            let generation = old.value["metadata"]["generation"].as_i64().unwrap_or_default();
            new["metadata"]["generation"] = (generation + 1).into();
        }
        let mut errors = invalid::fixed_metadata(&old.value, &new);
        errors.extend(kinds::validate_update(resource, &old.value, &new));
        if !errors.is_empty() {
            return Err(Failure::invalid(resource.named_kind(), &self.target.name, &errors));
        }
        warnings.extend(kinds::warnings(resource, &new));
        let text = self.store(old, new);
        Ok(Answer::json(200, text).warned(warnings))
    }

    /// Writes what has changed, and shows it. What was only waiting for its last finalizer goes.
    fn store(&mut self, old: &Stored, new: Value) -> String {
        let resource = self.resource;
        if new == old.value || ownership::differ_in_times_only(&old.value, &new) {
            return shown(resource, &old.value);
        }
        if self.dry_run {
            return shown(resource, &new);
        }
        let key = Key::new(self.target.object_namespace(), &self.target.name);
        let shelf = resource.stored_as();
        let waits = old.is_being_deleted() && !super::delete::is_held(resource, &new);
        let stored = self.world.store.put(&shelf, key.clone(), new);
        if waits {
            self.world.store.remove(&shelf, &key);
        }
        shown(resource, &stored.value)
    }

    /// What a write cannot change, as it was where the write leaves it out.
    fn keep(&self, old: &Stored, new: &mut Value) {
        for key in ["uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds"] {
            let before = &old.value["metadata"][key];
            if new["metadata"][key].is_null() && !before.is_null() {
                new["metadata"][key] = before.clone();
            }
        }
        match old.value["metadata"].get("generation") {
            Some(generation) => new["metadata"]["generation"] = generation.clone(),
            None => forget(&mut new["metadata"], &["generation"]),
        }
        let restore = |new: &mut Value, key: &str| match old.value.get(key) {
            Some(before) => new[key] = before.clone(),
            None => forget(new, &[key]),
        };
        match self.target.subresource.as_str() {
            "status" => {
                let status = new.get("status").cloned();
                let metadata = new["metadata"].clone();
                *new = old.value.clone();
                new["metadata"] = metadata;
                match status {
                    Some(status) => new["status"] = status,
                    None => forget(new, &["status"]),
                }
            }
            _ if self.resource.has_status() => restore(new, "status"),
            _ => {}
        }
    }

    fn track(&self, old: Option<&Value>, new: &mut Value) {
        let api_version = self.resource.api_version();
        let writer = Writer {
            manager: &self.manager,
            api_version: &api_version,
            subresource: &self.target.subresource,
            now: &self.now,
        };
        // stored events have the form of the core
        let shape = if self.resource.kind == "Event" { "Event" } else { &self.resource.type_name };
        ownership::track(&Shape::of(shape), old, new, &writer);
    }

    fn name(&self, value: &mut Value) {
        let metadata = &mut value["metadata"];
        let prefix = metadata["generateName"].as_str().unwrap_or_default();
        if metadata["name"].as_str().unwrap_or_default().is_empty() && !prefix.is_empty() {
            metadata["name"] = format!("{prefix}{}", suffix()).into();
        }
    }

    fn settle_namespace(&self, value: &mut Value) -> Result<(), Failure> {
        let wanted = self.target.object_namespace();
        match value["metadata"]["namespace"].as_str() {
            None | Some("") if wanted.is_empty() => Ok(()),
            None | Some("") => {
                value["metadata"]["namespace"] = wanted.into();
                Ok(())
            }
            Some(given) if given == wanted => Ok(()),
            Some(_) => Err(Failure::bad_request(OTHER_NAMESPACE)),
        }
    }

    /// Nothing new in a namespace that is not there or is going.
    fn admit(&self, value: &Value) -> Result<(), Failure> {
        let namespace = self.target.object_namespace();
        if namespace.is_empty() {
            return Ok(());
        }
        let Some(found) = self.world.namespace(namespace) else {
            return Err(Failure::not_found(Named { group: "", kind: "namespaces" }, namespace));
        };
        if !found.is_being_deleted() {
            return Ok(());
        }
        let name = value["metadata"]["name"].as_str().unwrap_or_default();
        let why = format!("unable to create new content in namespace {namespace} because it is being terminated");
        let cause = json!([{
            "reason": "NamespaceTerminating",
            "message": format!("namespace {namespace} is being terminated"),
            "field": "metadata.namespace",
        }]);
        Err(Failure::forbidden(self.resource.named(), name, &why).because(cause))
    }

    /// A pod runs as a service account that is there (contract `namespace-accounts`).
    fn admit_account(&self, value: &mut Value) -> Result<(), Failure> {
        if self.resource.kind != "Pod" || !self.target.subresource.is_empty() {
            return Ok(());
        }
        let account = value["spec"]["serviceAccountName"].as_str().filter(|name| !name.is_empty());
        let account = account.unwrap_or("default").to_owned();
        let namespace = self.target.object_namespace();
        if self.world.look("", "serviceaccounts", namespace, &account).is_none() {
            let name = value["metadata"]["name"].as_str().unwrap_or_default();
            let why = format!(
                "error looking up service account {namespace}/{account}: serviceaccount \"{account}\" not found"
            );
            return Err(Failure::forbidden(self.resource.named(), name, &why));
        }
        value["spec"]["serviceAccount"] = account.as_str().into();
        value["spec"]["serviceAccountName"] = account.into();
        Ok(())
    }

    fn check_identity(&self, value: &Value) -> Result<(), Failure> {
        let wanted = &self.target.name;
        match value["metadata"]["name"].as_str().unwrap_or_default() {
            "" => {
                let why = "name must be provided";
                Err(Failure::bad_request(format!(
                    "the name of the object ({wanted} based on URL) was undeterminable: {why}"
                )))
            }
            name if name == wanted => Ok(()),
            name => Err(Failure::bad_request(format!(
                "the name of the object ({name}) does not match the name on the URL ({wanted})"
            ))),
        }
    }

    /// A PUT that names another uid means another object.
    fn check_uid(&self, old: &Stored, new: &Value) -> Result<(), Failure> {
        let (is, wanted) = (old.metadata("uid"), new["metadata"]["uid"].as_str().unwrap_or_default());
        if wanted.is_empty() || wanted == is {
            return Ok(());
        }
        let shelf = self.resource.stored_as();
        let group = if shelf.group.is_empty() { String::new() } else { format!("{}/", shelf.group) };
        let namespace = self.target.object_namespace();
        let place = if namespace.is_empty() { String::new() } else { format!("{namespace}/") };
        let why = format!(
            "StorageError: invalid object, Code: 4, Key: /registry/{group}{}/{place}{}, ResourceVersion: 0, \
             AdditionalErrorMsg: Precondition failed: UID in precondition: {wanted}, UID in object meta: {is}",
            shelf.plural, self.target.name
        );
        Err(Failure::conflict(self.resource.named(), &self.target.name, &why))
    }

    /// An apply that names a uid means an object that is there.
    fn check_absent_uid(&self, wanted: &Value) -> Result<(), Failure> {
        let Some(uid) = wanted["metadata"]["uid"].as_str().filter(|uid| !uid.is_empty()) else { return Ok(()) };
        let why = format!("uid mismatch: the provided object specified uid {uid}, and no existing object was found");
        Err(Failure::conflict(self.resource.named(), &self.target.name, &why))
    }
}

fn forget(object: &mut Value, keys: &[&str]) {
    if let Some(object) = object.as_object_mut() {
        for key in keys {
            object.remove(*key);
        }
    }
}

/// Who writes: as the query says, or the program's name.
fn manager(request: &Request) -> String {
    let agent = request.header(header::USER_AGENT.as_str()).unwrap_or("unknown");
    let program = agent.split('/').next().unwrap_or(agent);
    request.query.get("fieldManager").unwrap_or(program).to_owned()
}
