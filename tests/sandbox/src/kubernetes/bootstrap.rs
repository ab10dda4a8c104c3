//! What a fresh cluster holds.

use serde_json::{Map, Value, json};

use super::access::rule;
use super::registry::StoreKey;
use super::store::Key;
use super::world::{NAMESPACES, World};
use crate::random::uuid;

/// The rules of the ClusterRoles that people bind in their namespaces.
const USER_ROLES: &str = include_str!("data/user-roles.json");
const RBAC: &str = "rbac.authorization.k8s.io";

/// Namespaces, and the roles that everybody has.
pub(crate) fn fill(world: &mut World) {
    for name in NAMESPACES {
        let labels = json!({"kubernetes.io/metadata.name": name});
        let namespace = json!({
            "metadata": {"labels": labels},
            "spec": {"finalizers": ["kubernetes"]},
            "status": {"phase": "Active"},
        });
        put(world, "", "namespaces", "", name, namespace);
    }
    for (name, rules) in roles() {
        put(world, RBAC, "clusterroles", "", name, json!({"metadata": {}, "rules": rules}));
    }
    let user_roles: Map<String, Value> = serde_json::from_str(USER_ROLES).unwrap_or_default();
    for (name, rules) in user_roles {
        put(world, RBAC, "clusterroles", "", &name, json!({"metadata": {}, "rules": rules}));
    }
    for (role, groups) in [
        ("cluster-admin", &["system:masters"][..]),
        ("system:basic-user", &["system:authenticated"]),
        ("system:discovery", &["system:authenticated"]),
        ("system:well-known", &["system:authenticated"]),
        ("system:public-info-viewer", &["system:authenticated", "system:unauthenticated"]),
        ("system:service-account-issuer-discovery", &["system:serviceaccounts"]),
    ] {
        let subjects: Vec<Value> =
            groups.iter().map(|group| json!({"kind": "Group", "apiGroup": RBAC, "name": group})).collect();
        let role_ref = json!({"apiGroup": RBAC, "kind": "ClusterRole", "name": role});
        let binding = json!({"metadata": {}, "subjects": subjects, "roleRef": role_ref});
        put(world, RBAC, "clusterrolebindings", "", role, binding);
    }
}

fn roles() -> [(&'static str, Vec<Value>); 6] {
    let paths = |paths: &[&str]| json!({"verbs": ["get"], "nonResourceURLs": paths});
    [
        ("cluster-admin", vec![rule(&["*"], &["*"], &[], &["*"]), json!({"verbs": ["*"], "nonResourceURLs": ["*"]})]),
        (
            "system:basic-user",
            vec![
                rule(
                    &["authorization.k8s.io"],
                    &["selfsubjectaccessreviews", "selfsubjectrulesreviews"],
                    &[],
                    &["create"],
                ),
                rule(&["authentication.k8s.io"], &["selfsubjectreviews"], &[], &["create"]),
            ],
        ),
        (
            "system:discovery",
            vec![paths(&[
                "/api",
                "/api/*",
                "/apis",
                "/apis/*",
                "/healthz",
                "/livez",
                "/openapi",
                "/openapi/*",
                "/readyz",
                "/version",
                "/version/",
            ])],
        ),
        ("system:well-known", vec![paths(&["/.well-known", "/.well-known/*"])]),
        ("system:public-info-viewer", vec![paths(&["/healthz", "/livez", "/readyz", "/version", "/version/"])]),
        (
            "system:service-account-issuer-discovery",
            vec![paths(&[
                "/.well-known/openid-configuration",
                "/.well-known/openid-configuration/",
                "/openid/v1/jwks",
                "/openid/v1/jwks/",
            ])],
        ),
    ]
}

/// Puts an object there as the cluster's own controllers do: nobody owns its fields. One that is there stays the same object.
pub(crate) fn put(world: &mut World, group: &str, plural: &str, namespace: &str, name: &str, mut value: Value) {
    let (uid, created) = match world.look(group, plural, namespace, name) {
        Some(there) => (there.metadata("uid").into(), there.value["metadata"]["creationTimestamp"].clone()),
        None => (uuid().into(), world.now().into()),
    };
    let metadata = &mut value["metadata"];
    metadata["name"] = name.into();
    metadata["uid"] = uid;
    metadata["creationTimestamp"] = created;
    if !namespace.is_empty() {
        metadata["namespace"] = namespace.into();
    }
    world.store.put(&StoreKey::new(group, plural), Key::new(namespace, name), value);
}
