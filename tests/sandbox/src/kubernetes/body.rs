//! Bodies of writes: read, held to their kind, and brought into the stored form.

use serde_json::{Value, json};
use std::fmt::Write as _;

use super::answer::{Failure, Named};
use super::invalid::FieldError;
use super::json::{Parsed, parse, parse_yaml, quoted};
use super::kinds;
use super::registry::Resource;
use super::request::Request;
use super::schema::decode;
use super::world::World;

/// Largest body that is read.
const LIMIT: usize = 3 << 20;
const ACCEPTED: &str = "application/json, application/yaml, application/vnd.kubernetes.protobuf";

/// An object that somebody sent, in the stored form, and what is to be said of it.
#[derive(Debug)]
pub(crate) struct Sent {
    pub(crate) value: Value,
    pub(crate) warnings: Vec<String>,
}

/// Reads the body of a POST or PUT.
pub(crate) fn object(world: &World, request: &Request, resource: &Resource) -> Result<Sent, Failure> {
    let Parsed { mut value, twice } = document(request, resource)?;
    check_kind(world, resource, &value)?;
    let version = value["apiVersion"].as_str().unwrap_or(&resource.version);
    let version = version.rsplit('/').next().unwrap_or(version);
    let kind = &resource.kind;
    let unfit = format!("{kind} in version {} cannot be handled as a {kind}", quoted(version));
    forget_kind(&mut value);
    let decoded = decode(&resource.type_name, value).map_err(|why| Failure::bad_request(format!("{unfit}: {why}")))?;
    let found = findings(&decoded.unknown, &twice);
    let strict = |all: &str| Failure::bad_request(format!("{unfit}: strict decoding error: {all}"));
    let warnings = validated(request, found, strict)?;
    Ok(Sent { value: stored_form(resource, decoded.value), warnings })
}

/// Reads an object that was made by a patch, without its kind.
pub(crate) fn patched(
    request: &Request,
    resource: &Resource,
    mut value: Value,
    twice: &[String],
    shown: &dyn Fn(&Value) -> String,
) -> Result<Sent, Failure> {
    let other_kind = other_kind(resource, &value);
    let text = shown(&value);
    let refused = |why: &str| {
        let error = FieldError::invalid("patch", &text.as_str().into(), why);
        Failure::invalid(Named { group: "", kind: "" }, "", &[error])
    };
    // The message shows the whole object (contract `metadata-only`).
    if let Some(why) = other_kind.filter(|_| request.content_type() == "application/merge-patch+json") {
        return Err(refused(&why));
    }
    forget_kind(&mut value);
    let decoded = decode(&resource.type_name, value).map_err(|why| refused(&why))?;
    let found = findings(&decoded.unknown, twice);
    let warnings = validated(request, found, |all| refused(&format!("strict decoding error: {all}")))?;
    Ok(Sent { value: stored_form(resource, decoded.value), warnings })
}

/// The body of a request that is about no stored object.
pub(crate) fn question(request: &Request, resource: &Resource) -> Result<Value, Failure> {
    document(request, resource).map(|parsed| parsed.value)
}

/// The body, refused when it is too large.
pub(crate) fn bytes(request: &Request) -> Result<&[u8], Failure> {
    if request.body.len() > LIMIT { Err(Failure::too_large(LIMIT)) } else { Ok(&request.body) }
}

fn document(request: &Request, resource: &Resource) -> Result<Parsed, Failure> {
    let yaml = match request.content_type() {
        "" | "application/json" => false,
        "application/yaml" => true,
        _ => return Err(Failure::unsupported_body(ACCEPTED)),
    };
    let bytes = bytes(request)?;
    check_options(request, "CreateOptions")?;
    let parsed = if yaml { parse_yaml(bytes) } else { parse(bytes) };
    let parsed = parsed.and_then(|parsed| match parsed.value.is_object() {
        true => Ok(parsed),
        false => Err("json: cannot unmarshal into Go value of type struct".to_owned()),
    });
    parsed.map_err(|why| {
        let (kind, summary) = (&resource.kind, summary(bytes));
        let why = format!("couldn't get version/kind; json parse error: {why} ({summary})");
        Failure::bad_request(format!("the object provided is unrecognized (must be of type {kind}): {why}"))
    })
}

/// Refuses options that are no options.
pub(crate) fn check_options(request: &Request, kind: &str) -> Result<(), Failure> {
    let mut wrong = Vec::new();
    let dry_runs: Vec<&str> = request.query.all("dryRun").collect();
    if dry_runs.iter().any(|value| *value != "All") {
        let shown: Vec<String> = dry_runs.iter().map(|value| quoted(value)).collect();
        wrong.push(FieldError::unsupported("dryRun", &format!("[{}]", shown.join(" ")), &["All"]));
    }
    if let Some(level) = request.query.get("fieldValidation")
        && !["Ignore", "Warn", "Strict"].contains(&level)
    {
        wrong.push(FieldError::unsupported("fieldValidation", &quoted(level), &["", "Ignore", "Strict", "Warn"]));
    }
    if wrong.is_empty() {
        return Ok(());
    }
    let kind = match (kind, request.method.as_str()) {
        ("CreateOptions", "PUT") => "UpdateOptions",
        (kind, _) => kind,
    };
    Err(Failure::invalid(Named { group: "meta.k8s.io", kind }, "", &wrong))
}

/// What messages show of a body that cannot be read.
fn summary(bytes: &[u8]) -> String {
    const SHOWN: usize = 30;
    let part = &bytes[..bytes.len().min(SHOWN)];
    let text = match bytes.first() {
        None => return "<empty>".to_owned(),
        Some(b'{') => String::from_utf8_lossy(part).into_owned(),
        Some(_) => part.iter().fold(String::new(), |mut text, byte| {
            // writing into a String cannot fail
            let _ = write!(text, "{byte:02x}");
            text
        }),
    };
    if bytes.len() > SHOWN { format!("{text} ...") } else { text }
}

/// A body may leave out kind and version, and may not name others.
fn check_kind(world: &World, resource: &Resource, value: &Value) -> Result<(), Failure> {
    let own = resource.api_version();
    let text = |key: &str| value[key].as_str().filter(|text| !text.is_empty());
    let kind = text("kind").unwrap_or(&resource.kind);
    let api_version = text("apiVersion").unwrap_or(&own);
    if kind == resource.kind && api_version == own {
        return Ok(());
    }
    if resource.custom {
        let why =
            format!("the API version in the data ({api_version}) does not match the expected API version ({own})");
        return Err(Failure::bad_request(why));
    }
    let version = api_version.rsplit('/').next().unwrap_or(api_version);
    let why = match world.registry.of_kind(api_version, kind) {
        Some(_) => format!("converting ({version}.{kind}) to ({}): unknown conversion", resource.internal_name()),
        None => unregistered(kind, api_version),
    };
    let version = quoted(version);
    Err(Failure::bad_request(format!("{kind} in version {version} cannot be handled as a {}: {why}", resource.kind)))
}

fn unregistered(kind: &str, api_version: &str) -> String {
    let scheme = "k8s.io/kubernetes/pkg/api/legacyscheme/scheme.go:30";
    format!("no kind {} is registered for version {} in scheme \"{scheme}\"", quoted(kind), quoted(api_version))
}

/// What is wrong with the kind of a patched object, if anything is.
fn other_kind(resource: &Resource, patched: &Value) -> Option<String> {
    let text = |key: &str| patched[key].as_str();
    let (kind, api_version) = (text("kind")?, text("apiVersion")?);
    let is_own = kind == resource.kind && api_version == resource.api_version();
    (!is_own).then(|| unregistered(kind, api_version))
}

fn forget_kind(value: &mut Value) {
    if let Some(object) = value.as_object_mut() {
        object.remove("kind");
        object.remove("apiVersion");
    }
}

fn findings(unknown: &[String], twice: &[String]) -> Vec<String> {
    let unknown = unknown.iter().map(|path| format!("unknown field {}", quoted(path)));
    unknown.chain(twice.iter().map(|path| format!("duplicate field {}", quoted(path)))).collect()
}

/// What becomes of unknown fields: warnings, a refusal, or nothing.
fn validated(request: &Request, found: Vec<String>, refusal: impl Fn(&str) -> Failure) -> Result<Vec<String>, Failure> {
    match request.query.get("fieldValidation") {
        Some("Ignore") => Ok(Vec::new()),
        Some("Strict") if !found.is_empty() => Err(refusal(&found.join(", "))),
        _ => Ok(found),
    }
}

/// The stored form of an object in the form of its resource, with its defaults.
fn stored_form(resource: &Resource, value: Value) -> Value {
    let mut value = if resource.group == "events.k8s.io" { kinds::events::stored(&value) } else { value };
    if !value["metadata"].is_object() {
        value["metadata"] = json!({});
    }
    kinds::default(resource, &mut value);
    value
}
