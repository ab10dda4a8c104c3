//! Paths that are no objects: discovery, health, version (contract `discovery`).

use serde_json::{Value, json};
use std::collections::BTreeMap;

use super::answer::{Answer, Failure, JSON, Reply, TEXT};
use super::registry::Resource;
use super::request::Request;
use super::world::World;

const AGGREGATED: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

/// Answers a path that leads to no objects.
pub(crate) fn answer(world: &World, request: &Request) -> Reply {
    if request.method != http::Method::GET && request.method != http::Method::HEAD {
        return Err(Failure::no_page());
    }
    let segments: Vec<&str> = request.path.split('/').filter(|segment| !segment.is_empty()).collect();
    let aggregated = request.header("accept").is_some_and(|accept| accept.contains("as=APIGroupDiscoveryList"));
    match segments.as_slice() {
        ["healthz" | "readyz" | "livez"] => Ok(Answer::new(200, TEXT, "ok".to_owned())),
        ["version"] => Ok(found(version())),
        ["api" | "apis"] if aggregated => Ok(aggregate(world, segments == ["api"])),
        ["api"] => Ok(found(core_versions(world))),
        ["apis"] => Ok(found(groups(world))),
        ["api", version] => resources(world, "", version),
        ["apis", group] => one_group(world, group),
        ["apis", group, version] => resources(world, group, version),
        ["openapi", "v2"] => {
            Ok(tagged(json!({"swagger": "2.0", "info": {"title": "Kubernetes", "version": "1.36"}, "paths": {}})))
        }
        ["openapi", "v3"] => Ok(Answer::new(200, TEXT, documents(world).to_string())),
        ["openapi", "v3", path @ ..] => document(world, path),
        _ => Err(Failure::no_page()),
    }
}

fn found(body: Value) -> Answer {
    Answer::json(200, body.to_string())
}

fn tagged(body: Value) -> Answer {
    let mut answer = found(body);
    answer.headers.push(("etag", "\"sandbox\"".to_owned()));
    answer
}

fn version() -> Value {
    json!({
        "major": "1", "minor": "36", "gitVersion": "v1.36.2", "gitCommit": "sandbox", "gitTreeState": "clean",
        "buildDate": "2026-01-01T00:00:00Z", "goVersion": "go1.25", "compiler": "gc", "platform": "linux/amd64",
    })
}

fn core_versions(world: &World) -> Value {
    let host = world.url.strip_prefix("http://").unwrap_or(&world.url);
    let address = json!({"clientCIDR": "0.0.0.0/0", "serverAddress": host});
    json!({"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": [address]})
}

/// The versions of each group, the core aside.
fn versions(world: &World) -> BTreeMap<&str, Vec<&str>> {
    let mut groups: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for resource in world.registry.all().filter(|resource| !resource.group.is_empty()) {
        let versions = groups.entry(&resource.group).or_default();
        if !versions.contains(&resource.version.as_str()) {
            versions.push(&resource.version);
        }
    }
    groups
}

fn group(name: &str, versions: &[&str]) -> Value {
    let versions: Vec<Value> = versions
        .iter()
        .map(|version| json!({"groupVersion": format!("{name}/{version}"), "version": version}))
        .collect();
    json!({"name": name, "preferredVersion": versions[0], "versions": versions})
}

fn groups(world: &World) -> Value {
    let groups: Vec<Value> = versions(world).iter().map(|(name, versions)| group(name, versions)).collect();
    json!({"kind": "APIGroupList", "apiVersion": "v1", "groups": groups})
}

fn one_group(world: &World, name: &str) -> Reply {
    let versions = versions(world);
    let mut body = group(name, versions.get(name).ok_or_else(Failure::no_page)?);
    body["kind"] = "APIGroup".into();
    body["apiVersion"] = "v1".into();
    Ok(found(body))
}

fn resources(world: &World, group: &str, version: &str) -> Reply {
    if !world.registry.has_version(group, version) {
        return Err(Failure::no_page());
    }
    let own = world.registry.all().filter(|resource| resource.group == group && resource.version == version);
    let resources: Vec<Value> = own.flat_map(|resource| entries(resource)).collect();
    let group_version = if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") };
    let mut body = json!({"kind": "APIResourceList", "groupVersion": group_version, "resources": resources});
    // the core's own list is the one without it
    if !group.is_empty() {
        body["apiVersion"] = "v1".into();
    }
    Ok(found(body))
}

/// A resource and its parts.
fn entries(resource: &Resource) -> Vec<Value> {
    let mut own = json!({
        "name": resource.plural, "singularName": resource.singular, "namespaced": resource.namespaced,
        "kind": resource.kind, "verbs": resource.verbs,
    });
    if !resource.short_names.is_empty() {
        own["shortNames"] = json!(resource.short_names);
    }
    if !resource.categories.is_empty() {
        own["categories"] = json!(resource.categories);
    }
    if let Some(hash) = &resource.storage_version_hash {
        own["storageVersionHash"] = hash.as_str().into();
    }
    let parts = resource.subresources.iter().map(|part| {
        let mut entry = json!({
            "name": format!("{}/{}", resource.plural, part.name), "singularName": "",
            "namespaced": resource.namespaced, "kind": part.kind, "verbs": part.verbs,
        });
        if let (Some(group), Some(version)) = (&part.group, &part.version) {
            entry["group"] = group.as_str().into();
            entry["version"] = version.as_str().into();
        }
        entry
    });
    std::iter::once(own).chain(parts).collect()
}

/// Everything in one document.
fn aggregate(world: &World, core: bool) -> Answer {
    let mut groups = versions(world);
    if core {
        groups = BTreeMap::from([("", vec!["v1"])]);
    }
    let items: Vec<Value> = groups
        .iter()
        .map(|(name, versions)| {
            let versions: Vec<Value> =
                versions.iter().map(|version| aggregated_version(world, name, version)).collect();
            let metadata = if name.is_empty() { json!({}) } else { json!({"name": name}) };
            json!({"metadata": metadata, "versions": versions})
        })
        .collect();
    let body = json!({
        "kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "metadata": {}, "items": items,
    });
    let mut answer = tagged(body);
    answer.content_type = AGGREGATED;
    answer
}

fn aggregated_version(world: &World, group: &str, version: &str) -> Value {
    let own = world.registry.all().filter(|resource| resource.group == group && resource.version == version);
    let resources: Vec<Value> = own
        .map(|resource| {
            json!({
                "resource": resource.plural, "singularResource": resource.singular,
                "responseKind": {"group": group, "version": version, "kind": resource.kind},
                "scope": if resource.namespaced { "Namespaced" } else { "Cluster" },
                "verbs": resource.verbs,
            })
        })
        .collect();
    json!({"version": version, "freshness": "Current", "resources": resources})
}

fn documents(world: &World) -> Value {
    let mut paths = json!({"api/v1": link("api/v1")});
    for (group, versions) in versions(world) {
        for version in versions {
            let path = format!("apis/{group}/{version}");
            paths[&path] = link(&path);
        }
    }
    json!({ "paths": paths })
}

fn link(path: &str) -> Value {
    json!({"serverRelativeURL": format!("/openapi/v3/{path}?hash=sandbox")})
}

fn document(world: &World, path: &[&str]) -> Reply {
    let known = match path {
        ["api", version] => world.registry.has_version("", version),
        ["apis", group, version] => world.registry.has_version(group, version),
        _ => false,
    };
    if !known {
        return Err(Failure::no_page());
    }
    let body = json!({"openapi": "3.0.0", "info": {"title": "Kubernetes", "version": "v1.36.2"}, "paths": {}});
    let mut answer = tagged(body);
    answer.content_type = JSON;
    Ok(answer)
}
