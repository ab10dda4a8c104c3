//! How objects are shown: whole, their metadata only, or as rows of a table.

use serde_json::{Value, json};
use std::sync::Arc;

use super::answer::{Answer, Content, Failure, JSON, Reply};
use super::kinds::events;
use super::registry::Resource;
use super::request::{Request, Target};
use super::store::Stored;
use super::time::milliseconds;
use super::world::World;

const TABLES: &str = include_str!("data/tables.json");
const META: &str = "meta.k8s.io/v1";
const METADATA: &str = "PartialObjectMetadata";

/// What a client wants to see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Whole,
    Metadata,
    Table,
}

/// A form, and the content type that it goes out as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct View {
    pub(crate) form: Form,
    pub(crate) content_type: &'static str,
}

impl View {
    /// The first form of the Accept header that can be given.
    pub(crate) fn read(request: &Request) -> Result<Self, Failure> {
        let accept = request.header("accept").unwrap_or("*/*");
        let view = |entry: &str| {
            let mut parts = entry.split(';').map(str::trim);
            let content_type = match parts.next().unwrap_or_default() {
                "application/json" | "*/*" | "application/*" | "" => JSON,
                // JSON is YAML, too
                "application/yaml" => "application/yaml",
                _ => return None,
            };
            let parts: Vec<&str> = parts.collect();
            let part = |key: &str| parts.iter().find_map(|part| part.strip_prefix(key));
            let form = match (part("as="), part("v=")) {
                (None, _) => Form::Whole,
                (Some("Table"), _) => Form::Table,
                (Some(name), None | Some("v1")) if name.starts_with(METADATA) => Form::Metadata,
                (Some(_), _) => return None,
            };
            Some(Self { form, content_type })
        };
        let refused = || if accept.contains(";as=") { Failure::unknown_form() } else { Failure::not_acceptable() };
        accept.split(',').find_map(|entry| view(entry.trim())).ok_or_else(refused)
    }

    /// As [`read`](Self::read), for a list: as metadata only it has a name of its own.
    pub(crate) fn of_list(request: &Request, resource: &Resource) -> Result<Self, Failure> {
        let view = Self::read(request)?;
        match (view.form, metadata_kind(request)) {
            (Form::Metadata, Some(kind)) if kind == METADATA => {
                let what = format!("{kind}, but the requested object is a list ({}List)", internal(resource));
                Err(Failure::wrong_view(&what))
            }
            _ => Ok(view),
        }
    }

    /// As [`read`](Self::read), for one object.
    fn of_object(request: &Request, resource: &Resource) -> Result<Self, Failure> {
        let view = Self::read(request)?;
        match (view.form, metadata_kind(request)) {
            (Form::Metadata, Some(kind)) if kind != METADATA => {
                let what = format!("{kind}, but the requested object is not a list ({})", internal(resource));
                Err(Failure::wrong_view(&what))
            }
            _ => Ok(view),
        }
    }

    /// A single object, with its kind.
    pub(crate) fn object(self, resource: &Resource, stored: &Stored, now: i64) -> String {
        match self.form {
            Form::Whole => with_kind(&resource.kind, &resource.api_version(), &whole(resource, stored)),
            Form::Metadata => metadata(&stored.value),
            Form::Table => table(resource, [stored].into_iter(), json!({}), now),
        }
    }

    /// A list with its metadata.
    pub(crate) fn list<'a>(
        self,
        resource: &Resource,
        items: impl Iterator<Item = &'a Stored>,
        metadata: Value,
        now: i64,
    ) -> String {
        let (kind, version) = match self.form {
            Form::Table => return table(resource, items, metadata, now),
            Form::Metadata => ("PartialObjectMetadataList".to_owned(), META.to_owned()),
            Form::Whole => (format!("{}List", resource.kind), resource.api_version()),
        };
        let mut body = format!(r#"{{"kind":"{kind}","apiVersion":"{version}","metadata":{metadata},"items":"#);
        let mut items = items.peekable();
        // Of metadata alone there is no list where there is nothing to put into it (contract `empty-lists`).
        if self.form == Form::Metadata && items.peek().is_none() {
            body.push_str("null}");
            return body;
        }
        body.push('[');
        for (index, item) in items.enumerate() {
            if index > 0 {
                body.push(',');
            }
            match self.form {
                Form::Metadata => body.push_str(&self::metadata(&item.value)),
                // items of built-in kinds have neither kind nor version
                _ if resource.custom => body.push_str(&self.object(resource, item, now)),
                _ => body.push_str(&whole(resource, item)),
            }
        }
        body.push_str("]}");
        body
    }
}

/// The answer to a write, in the form that the client wants: what it holds of an object, but for a Status (contract `metadata-only`).
pub(crate) fn written(request: &Request, mut answer: Answer) -> Answer {
    let wants_metadata = View::read(request).is_ok_and(|view| view.form == Form::Metadata);
    if let (true, Content::Whole(text)) = (wants_metadata, &mut answer.content)
        && let Ok(value) = serde_json::from_str::<Value>(text)
        && value["kind"] != "Status"
    {
        *text = match value["items"].as_array() {
            None => metadata(&value),
            Some(items) => metadata_list(items, &value["metadata"]),
        };
    }
    answer
}

fn metadata_list(items: &[Value], metadata: &Value) -> String {
    let items: Vec<String> = items.iter().map(self::metadata).collect();
    let items = if items.is_empty() { "null".to_owned() } else { format!("[{}]", items.join(",")) };
    format!(r#"{{"kind":"{METADATA}List","apiVersion":"{META}","metadata":{metadata},"items":{items}}}"#)
}

/// Whether a watch asks for the metadata of lists, which no event is.
pub(crate) fn asks_for_lists(request: &Request) -> bool {
    metadata_kind(request).is_some_and(|kind| kind != METADATA)
}

/// The kind of metadata that the Accept header asks for first.
fn metadata_kind(request: &Request) -> Option<&str> {
    let parts = request.header("accept")?.split([',', ';']).map(str::trim);
    parts.filter_map(|part| part.strip_prefix("as=")).find(|kind| kind.starts_with(METADATA))
}

/// The server's own name for the type of an object.
fn internal(resource: &Resource) -> String {
    let package = resource.group.split('.').next().filter(|group| !group.is_empty()).unwrap_or("core");
    format!("*{package}.{}", resource.kind)
}

/// Answers GET of one object.
pub(crate) fn one(world: &World, request: &Request, target: &Target, resource: &Arc<Resource>) -> Reply {
    let view = View::of_object(request, resource)?;
    let stored = world.object(resource, target)?;
    Ok(Answer::new(200, view.content_type, view.object(resource, &stored, world.clock.now())))
}

/// The object as a client of that resource sees it, without kind and version.
fn whole<'a>(resource: &Resource, stored: &'a Stored) -> std::borrow::Cow<'a, str> {
    match resource.group.as_str() {
        "events.k8s.io" => events::newer(&stored.value).to_string().into(),
        _ => stored.text().into(),
    }
}

/// An object that need not be stored, with its kind.
pub(crate) fn shown(resource: &Resource, value: &Value) -> String {
    let value = match resource.group.as_str() {
        "events.k8s.io" => events::newer(value).to_string(),
        _ => value.to_string(),
    };
    with_kind(&resource.kind, &resource.api_version(), &value)
}

fn with_kind(kind: &str, version: &str, text: &str) -> String {
    let rest = text.strip_prefix('{').unwrap_or(text);
    let comma = if rest == "}" { "" } else { "," };
    format!(r#"{{"kind":"{kind}","apiVersion":"{version}"{comma}{rest}"#)
}

fn metadata(value: &Value) -> String {
    format!(r#"{{"kind":"PartialObjectMetadata","apiVersion":"{META}","metadata":{}}}"#, value["metadata"])
}

fn table<'a>(resource: &Resource, items: impl Iterator<Item = &'a Stored>, metadata: Value, now: i64) -> String {
    let tables: Value = serde_json::from_str(TABLES).unwrap_or_default();
    let columns = tables.get(&resource.kind).unwrap_or(&tables["*"]).clone();
    let row = |item: &Stored| {
        let cells: Vec<Value> = columns
            .as_array()
            .into_iter()
            .flatten()
            .map(|column| cell(column["name"].as_str().unwrap_or_default(), &item.value, now))
            .collect();
        let object: Value = serde_json::from_str(&self::metadata(&item.value)).unwrap_or_default();
        json!({"cells": cells, "object": object})
    };
    let rows: Vec<Value> = items.map(row).collect();
    let table = json!({
        "kind": "Table", "apiVersion": META, "metadata": metadata, "columnDefinitions": columns, "rows": rows,
    });
    table.to_string()
}

fn cell(column: &str, object: &Value, now: i64) -> Value {
    match column {
        "Name" => object["metadata"]["name"].clone(),
        "Type" => object["type"].clone(),
        "Data" => object["data"].as_object().map_or(0, serde_json::Map::len).into(),
        "Created At" => object["metadata"]["creationTimestamp"].clone(),
        _ => {
            let created = object["metadata"]["creationTimestamp"].as_str().and_then(milliseconds).unwrap_or(now);
            age((now - created).max(0) / 1000).into()
        }
    }
}

/// An age as people read it.
fn age(seconds: i64) -> String {
    match seconds {
        0..120 => format!("{seconds}s"),
        120..7200 => format!("{}m", seconds / 60),
        7200..172_800 => format!("{}h", seconds / 3600),
        _ => format!("{}d", seconds / 86_400),
    }
}
