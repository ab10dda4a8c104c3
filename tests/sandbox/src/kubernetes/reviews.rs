//! Questions that are answered and not stored: who am I, what may I do (contract `access`).

use serde_json::{Value, json};

use super::access::{Question, User, access};
use super::answer::{Answer, Failure, Named, Reply};
use super::body;
use super::invalid::{FieldError, strings};
use super::registry::Resource;
use super::request::Request;
use super::world::World;

/// Answers POST of a review: 201, also when the answer is no.
pub(crate) fn answer(world: &World, request: &Request, resource: &Resource, user: &User) -> Reply {
    let sent = body::question(request, resource)?;
    let spec = sent.get("spec").cloned().unwrap_or_else(|| json!({}));
    let mut review = json!({"kind": resource.kind, "apiVersion": resource.api_version(), "metadata": {}, "spec": spec});
    match resource.kind.as_str() {
        "SelfSubjectReview" => {
            review = json!({
                "kind": resource.kind,
                "apiVersion": resource.api_version(),
                "metadata": {"creationTimestamp": world.now()},
                "status": {"userInfo": info(user)},
            });
        }
        "SelfSubjectAccessReview" => review["status"] = decision(world, user, &spec)?,
        "SubjectAccessReview" | "LocalSubjectAccessReview" => {
            review["status"] = decision(world, &subject(&spec), &spec)?
        }
        "SelfSubjectRulesReview" => {
            review["spec"] = json!({});
            let namespace = spec["namespace"].as_str().filter(|namespace| !namespace.is_empty());
            let namespace = namespace.ok_or_else(|| Failure::bad_request("no namespace on request"))?;
            review["status"] = rules(world, user, namespace);
        }
        _ => return Err(Failure::no_resource()),
    }
    Ok(Answer::json(201, review.to_string()))
}

fn info(user: &User) -> Value {
    let mut info = json!({"username": user.name, "groups": user.groups});
    if !user.uid.is_empty() {
        info["uid"] = user.uid.as_str().into();
    }
    if let Some(credential) = &user.credential {
        info["extra"] = json!({"authentication.kubernetes.io/credential-id": [credential]});
    }
    info
}

/// The user that a review of another asks about.
fn subject(spec: &Value) -> User {
    User {
        name: spec["user"].as_str().unwrap_or_default().to_owned(),
        uid: spec["uid"].as_str().unwrap_or_default().to_owned(),
        groups: strings(&spec["groups"]).map(str::to_owned).collect(),
        credential: None,
    }
}

fn decision(world: &World, user: &User, spec: &Value) -> Result<Value, Failure> {
    let resource = spec["resourceAttributes"].as_object();
    let other = spec["nonResourceAttributes"].as_object();
    if resource.is_some() == other.is_some() {
        let why = "exactly one of nonResourceAttributes or resourceAttributes must be specified";
        let error = FieldError::invalid("spec.resourceAttributes", &spec["resourceAttributes"], why);
        return Err(Failure::invalid(Named { group: "authorization.k8s.io", kind: "" }, "", &[error]));
    }
    let attributes = if other.is_some() { &spec["nonResourceAttributes"] } else { &spec["resourceAttributes"] };
    let text = |key: &str| attributes[key].as_str().unwrap_or_default();
    let question = Question {
        verb: text("verb"),
        group: text("group"),
        resource: text("resource"),
        subresource: text("subresource"),
        namespace: text("namespace"),
        name: text("name"),
        path: text("path"),
    };
    let reason = access(world, user).allowed(&question);
    let mut status = json!({"allowed": reason.is_some()});
    let reason = reason.or_else(|| access(world, user).doubt(question.namespace));
    if let Some(reason) = reason.filter(|reason| !reason.is_empty()) {
        status["reason"] = reason.into();
    }
    Ok(status)
}

fn rules(world: &World, user: &User, namespace: &str) -> Value {
    let all = access(world, user).rules(namespace);
    let (paths, resources): (Vec<Value>, Vec<Value>) =
        all.into_iter().partition(|rule| rule["nonResourceURLs"].is_array());
    json!({"resourceRules": resources, "nonResourceRules": paths, "incomplete": false})
}
