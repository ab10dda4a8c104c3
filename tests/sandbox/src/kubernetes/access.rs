//! Who may do what: roles and their bindings, as they are stored.

mod escalation;
mod impersonation;

pub(crate) use impersonation::effective;

use serde_json::{Value, json};

use super::answer::{Failure, Named};
use super::invalid::strings;
use super::json::quoted;
use super::registry::StoreKey;
use super::request::Target;
use super::world::World;

const RBAC: &str = "rbac.authorization.k8s.io";
const MASTERS: &str = "system:masters";
const SERVICE_ACCOUNT: &str = "system:serviceaccount:";

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct User {
    pub(crate) name: String,
    pub(crate) uid: String,
    pub(crate) groups: Vec<String>,
    /// The id of the token, where it has one.
    pub(crate) credential: Option<String>,
}

impl User {
    pub(crate) fn anonymous() -> Self {
        Self {
            name: "system:anonymous".to_owned(),
            uid: String::new(),
            groups: vec!["system:unauthenticated".to_owned()],
            credential: None,
        }
    }

    pub(crate) fn master(name: &str, uid: &str) -> Self {
        let groups = vec![MASTERS.to_owned(), "system:authenticated".to_owned()];
        Self { name: name.to_owned(), uid: uid.to_owned(), groups, credential: None }
    }

    pub(crate) fn service_account(namespace: &str, name: &str, uid: &str, credential: String) -> Self {
        let groups = vec![
            "system:serviceaccounts".to_owned(),
            format!("system:serviceaccounts:{namespace}"),
            "system:authenticated".to_owned(),
        ];
        let name = format!("{SERVICE_ACCOUNT}{namespace}:{name}");
        Self { name, uid: uid.to_owned(), groups, credential: Some(credential) }
    }

    pub(crate) fn is_master(&self) -> bool {
        self.groups.iter().any(|group| group == MASTERS)
    }
}

/// A question.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Question<'a> {
    pub(crate) verb: &'a str,
    pub(crate) group: &'a str,
    pub(crate) resource: &'a str,
    pub(crate) subresource: &'a str,
    pub(crate) namespace: &'a str,
    pub(crate) name: &'a str,
    /// A path that is no resource's; the rest is then empty.
    pub(crate) path: &'a str,
}

/// The rights of one user.
pub(crate) struct Access<'a> {
    world: &'a World,
    user: &'a User,
}

pub(crate) fn access<'a>(world: &'a World, user: &'a User) -> Access<'a> {
    Access { world, user }
}

impl Access<'_> {
    /// Refuses what the user may not do with a path that is no resource's.
    pub(crate) fn path(&self, verb: &str, path: &str) -> Result<(), Failure> {
        let question = Question { verb, path, ..Question::default() };
        match self.allowed(&question) {
            Some(_) => Ok(()),
            None => Err(Failure::forbidden_path(&format!(
                "User {} cannot {verb} path {}",
                quoted(&self.user.name),
                quoted(path)
            ))),
        }
    }

    /// Refuses what the user may not do with an object.
    pub(crate) fn target(&self, verb: &str, target: &Target, name: &str) -> Result<(), Failure> {
        let question = Question {
            verb,
            group: &target.group,
            resource: &target.plural,
            subresource: &target.subresource,
            namespace: &target.namespace,
            name,
            path: "",
        };
        if self.allowed(&question).is_some() {
            return Ok(());
        }
        let part = if target.subresource.is_empty() { String::new() } else { format!("/{}", target.subresource) };
        let place = match target.namespace.as_str() {
            "" => "at the cluster scope".to_owned(),
            namespace => format!("in the namespace {}", quoted(namespace)),
        };
        let why = format!(
            "User {} cannot {verb} resource {} in API group {} {place}{}",
            quoted(&self.user.name),
            quoted(&format!("{}{part}", target.plural)),
            quoted(&target.group),
            self.doubt(&target.namespace).map(|why| format!(": {why}")).unwrap_or_default(),
        );
        let what = Named { group: &target.group, kind: &target.plural };
        Err(Failure::forbidden(what, name, &why))
    }

    /// Why something is allowed; nothing when it is not.
    pub(crate) fn allowed(&self, question: &Question<'_>) -> Option<String> {
        if self.user.is_master() {
            return Some(String::new());
        }
        self.grants(question.namespace)
            .find(|grant| grant.rules.iter().any(|rule| covers(rule, question)))
            .map(|grant| grant.reason)
    }

    /// All rules that hold in a namespace.
    pub(crate) fn rules(&self, namespace: &str) -> Vec<Value> {
        self.grants(namespace).flat_map(|grant| grant.rules).collect()
    }

    /// What a refusal adds: bindings of the user whose role is not there.
    pub(crate) fn doubt(&self, namespace: &str) -> Option<String> {
        let mut missing: Vec<String> = self.bound(namespace).filter_map(Result::err).collect();
        missing.dedup();
        match missing.as_slice() {
            [] => None,
            [one] => Some(format!("RBAC: {one}")),
            several => Some(format!("RBAC: [{}]", several.join(", "))),
        }
    }

    fn grants(&self, namespace: &str) -> impl Iterator<Item = Grant> {
        self.bound(namespace).filter_map(Result::ok)
    }

    fn bound(&self, namespace: &str) -> impl Iterator<Item = Result<Grant, String>> {
        let everywhere = self.bindings("clusterrolebindings", "");
        let here = if namespace.is_empty() { Vec::new() } else { self.bindings("rolebindings", namespace) };
        everywhere.into_iter().chain(here)
    }

    fn bindings(&self, plural: &str, namespace: &str) -> Vec<Result<Grant, String>> {
        let shelf = StoreKey::new(RBAC, plural);
        let bindings = self.world.store.list(&shelf, Some(namespace));
        bindings.filter_map(|(_, binding)| self.grant(&binding.value, namespace)).collect()
    }

    /// What a binding gives the user, if the user is among its subjects; or which role it misses.
    fn grant(&self, binding: &Value, namespace: &str) -> Option<Result<Grant, String>> {
        let subjects = binding["subjects"].as_array()?;
        let subject = subjects.iter().find_map(|subject| self.is(subject, namespace))?;
        let text = |pointer: &str| binding.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        let (kind, role) = (text("/roleRef/kind"), text("/roleRef/name"));
        let role_object = match kind {
            "ClusterRole" => self.world.look(RBAC, "clusterroles", "", role),
            _ => self.world.look(RBAC, "roles", namespace, role),
        };
        let Some(role_object) = role_object else {
            return Some(Err(format!("{}.{RBAC} {} not found", kind.to_lowercase(), quoted(role))));
        };
        let name = text("/metadata/name");
        let binding = match namespace {
            "" => format!("ClusterRoleBinding {}", quoted(name)),
            namespace => format!("RoleBinding {}", quoted(&format!("{name}/{namespace}"))),
        };
        let rules = role_object.value["rules"].as_array().cloned().unwrap_or_default();
        let reason = format!("RBAC: allowed by {binding} of {kind} {} to {subject}", quoted(role));
        Some(Ok(Grant { rules, reason }))
    }

    /// How a subject is called, if it is the user.
    fn is(&self, subject: &Value, binding: &str) -> Option<String> {
        let text = |key: &str| subject[key].as_str().unwrap_or_default();
        let name = text("name");
        match text("kind") {
            "User" if self.user.name == name => Some(format!("User {}", quoted(name))),
            "Group" if self.user.groups.iter().any(|group| group == name) => Some(format!("Group {}", quoted(name))),
            "ServiceAccount" => {
                let namespace = if text("namespace").is_empty() { binding } else { text("namespace") };
                let full = format!("{SERVICE_ACCOUNT}{namespace}:{name}");
                (self.user.name == full).then(|| format!("ServiceAccount {}", quoted(&format!("{name}/{namespace}"))))
            }
            _ => None,
        }
    }
}

/// What one binding gives.
struct Grant {
    rules: Vec<Value>,
    reason: String,
}

fn covers(rule: &Value, question: &Question<'_>) -> bool {
    let has = |key: &str, wanted: &str| strings(&rule[key]).any(|value| value == "*" || value == wanted);
    if !has("verbs", question.verb) {
        return false;
    }
    if !question.path.is_empty() {
        return strings(&rule["nonResourceURLs"]).any(|pattern| match pattern.strip_suffix('*') {
            Some(prefix) => question.path.starts_with(prefix),
            None => pattern == question.path,
        });
    }
    let resource = match question.subresource {
        "" => has("resources", question.resource),
        part => {
            has("resources", &format!("{}/{part}", question.resource))
                || strings(&rule["resources"]).any(|value| value == format!("*/{part}"))
        }
    };
    let names = strings(&rule["resourceNames"]).collect::<Vec<_>>();
    resource && has("apiGroups", question.group) && (names.is_empty() || names.contains(&question.name))
}

/// A rule as it is stored.
pub(crate) fn rule(groups: &[&str], resources: &[&str], names: &[&str], verbs: &[&str]) -> Value {
    let mut rule = json!({"verbs": verbs, "apiGroups": groups, "resources": resources});
    if !names.is_empty() {
        rule["resourceNames"] = json!(names);
    }
    rule
}
