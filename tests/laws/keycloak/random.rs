//! A Keycloak at random: roles, groups, clients and client scopes of a few names, declared and there, so that the two meet.

use std::collections::BTreeMap;

use evenkeel_engine::export::FinishedExport;
use proptest::{collection::btree_map, option, prelude::*};
use reqwest::Method;
use serde_json::{Value, json};

use super::Keycloak;
use crate::{bench::Bench, property::AtRandom, subject::Subject};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Role,
    Group,
    Client,
    ClientScope,
}

const KINDS: [Kind; 4] = [Kind::Role, Kind::Group, Kind::Client, Kind::ClientScope];

impl Kind {
    /// The list in the values, the address of the list, and the list in a snapshot.
    pub(super) const fn places(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Role => ("roles", "/roles", "roles"),
            Self::Group => ("groups", "/groups", "groups"),
            Self::Client => ("clients", "/clients", "clients"),
            Self::ClientScope => ("clientScopes", "/client-scopes", "clientScopes"),
        }
    }

    /// Attributes of roles and groups are lists.
    const fn has_lists(self) -> bool {
        matches!(self, Self::Role | Self::Group)
    }
}

/// What is said of an object, or there of it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fields {
    description: Option<String>,
    attributes: BTreeMap<String, String>,
}

pub(crate) type Objects = BTreeMap<(Kind, String), Fields>;

/// Something declared, and something that is there before.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    declared: Objects,
    there: Objects,
}

pub(super) fn objects() -> impl Strategy<Value = Objects> {
    let name = (proptest::sample::select(&KINDS), "[a-c]");
    let fields = (option::of("[a-z]{1,6}"), btree_map("[k-n]", "[a-z0-9]{1,6}", 0..4));
    let fields = fields.prop_map(|(description, attributes)| Fields { description, attributes });
    btree_map(name, fields, 0..6)
}

impl Fields {
    /// The representation of an object of this name.
    pub(super) fn of(&self, kind: Kind, name: &str) -> Value {
        let attributes: BTreeMap<&String, Value> = self
            .attributes
            .iter()
            .map(|(key, text)| (key, if kind.has_lists() { json!([text]) } else { json!(text) }))
            .collect();
        let key = if kind == Kind::Client { "clientId" } else { "name" };
        let mut object = json!({key: name, "attributes": attributes});
        if kind == Kind::ClientScope {
            object["protocol"] = json!("openid-connect");
        }
        if let Some(description) = self.description.as_ref().filter(|_| kind != Kind::Group) {
            object["description"] = json!(description);
        }
        object
    }
}

impl AtRandom for Keycloak {
    type Case = Case;

    fn cases() -> BoxedStrategy<Case> {
        (objects(), objects()).prop_map(|(declared, there)| Case { declared, there }).boxed()
    }

    fn values_of(case: &Case, urls: &[String]) -> Vec<(&'static str, String)> {
        let mut keycloak = json!({"identityProviders": [], "defaultRoles": null});
        for kind in KINDS {
            let of_kind = case.declared.iter().filter(|((of, _), _)| *of == kind);
            keycloak[kind.places().0] = of_kind.map(|((_, name), fields)| fields.of(kind, name)).collect();
        }
        // Those whose groups and roles are there whatever the case is.
        let users = json!([{"email": "ada@example.com", "teams": ["alpha"]}, {"email": "Grace@Example.com"}]);
        // JSON is YAML as well
        let layer = json!({"users": users, "keycloak": keycloak}).to_string();
        [Self::values(urls), vec![("90-random.yaml", layer)]].concat()
    }

    async fn make(&self, case: &Case) {
        self.ask(Method::POST, "/admin/realms", Some(&json!({"realm": "otomi", "enabled": true}))).await;
        for ((kind, name), fields) in &case.there {
            self.send(Method::POST, kind.places().1, fields.of(*kind, name)).await;
        }
    }

    async fn export(bench: &Bench<Self>) -> Option<FinishedExport> {
        Some(bench.export().await)
    }

    fn lost(case: &Case, before: &Value, after: &Value) -> Vec<String> {
        let mut lost = Vec::new();
        for ((kind, name), there) in &case.there {
            let key = if *kind == Kind::Group { format!("/{name}") } else { name.clone() };
            let of = |state: &Value| state["keycloak"]["otomi"][kind.places().2][&key].clone();
            let Some(declared) = case.declared.get(&(*kind, name.clone())) else {
                if of(before) != of(after) {
                    lost.push(format!("{kind:?} {name} is nobody's of ours: {} -> {}", of(before), of(after)));
                }
                continue;
            };
            let undeclared = there.attributes.keys().filter(|key| !declared.attributes.contains_key(*key));
            for key in undeclared {
                let (was, is) = (&of(before)["attributes"][key], &of(after)["attributes"][key]);
                if was != is {
                    lost.push(format!("{kind:?} {name} attribute {key}: {was} -> {is}"));
                }
            }
            if declared.description.is_none() && of(before)["description"] != of(after)["description"] {
                lost.push(format!("{kind:?} {name} lost its description"));
            }
        }
        lost
    }
}
