//! What objects are parts of, and what relations give something to.

use evenkeel_core::object::{Kind, ObjectId};

/// What an object is a part of, or what a relation gives something to.
pub(super) fn reached(object: &ObjectId) -> Option<ObjectId> {
    let names: Vec<&str> = object.names().collect();
    let of = |kind, name: &str| Some(ObjectId::new(Kind::new(kind), name));
    match object.kind().as_str() {
        "protocol-mapper" | "scope-mapping" if names[0] == "client-scope" => of("client-scope", names[1]),
        "protocol-mapper" | "scope-mapping" => of("client", names[1]),
        "client-role" | "service-account-role" | "client-default-scope" | "client-optional-scope" => {
            of("client", names[0])
        }
        "identity-provider-mapper" => of("identity-provider", names[0]),
        "user-role" | "federated-identity" => of("user", names[0]),
        "composite" => of("role", names[0]),
        "client-role-composite" => Some(ObjectId::within(Kind::new("client-role"), names[0], names[1])),
        "group-role" | "membership" => Some(evenkeel_keycloak::names::group(names[0])),
        "group" => {
            let above = names[..names.len() - 1].join("/");
            (!above.is_empty()).then(|| evenkeel_keycloak::names::group(&above))
        }
        _ => None,
    }
}
