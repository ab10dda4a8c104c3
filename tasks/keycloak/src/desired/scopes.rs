//! Client scopes: that of the team contract, and those that the values declare.

use std::collections::BTreeMap;

use evenkeel_core::{
    reading::Reading,
    values::{ValuePath, model::Keycloak},
};
use evenkeel_keycloak_client::types::ClientScopeRepresentation;
use serde::Deserialize;

use super::{Declared, DesiredClientScope, RelatedRoles, mappers, related::RoleLists, representation};
use crate::definitions::BESIDE_CLIENT_SCOPE;

/// The scope that makes tokens carry what the applications read.
pub(crate) const OPENID: &str = "openid";

/// What the values say of a scope that Keycloak keeps at end points of its own.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Beside {
    scope_mappings: Option<RoleLists>,
}

pub(super) fn desired(reading: &Reading<'_>, keycloak: &Keycloak) -> Vec<DesiredClientScope> {
    let mut scopes =
        if keycloak.implied.openid_scope.is_implied() { vec![implied(reading, keycloak)] } else { Vec::new() };
    let path = ValuePath::root().key("keycloak").key("clientScopes");
    for (index, declared) in keycloak.client_scopes.iter().flatten().enumerate() {
        let path = path.clone().index(index);
        let (mut scope, beside): (Declared<ClientScopeRepresentation>, Beside) =
            reading.declared_beside(declared, &path, &BESIDE_CLIENT_SCOPE);
        let Some(name) = representation::name(reading, scope.value.name.as_deref(), "name", &path) else { continue };
        if scopes.iter().any(|known| known.scope.value.name.as_ref() == Some(&name)) {
            reading.twice(&path.key("name"), "client scope", &name);
            continue;
        }
        // Keycloak refuses a scope without one; nearly every scope is of this kind.
        if scope.value.protocol.is_none() {
            scope.value.protocol = Some("openid-connect".to_owned());
            scope.built_in.insert("protocol".to_owned());
        }
        let mappers = mappers::declared(reading, scope.value.protocol_mappers.take(), &path);
        let scope_mappings = beside.scope_mappings.map(RelatedRoles::exactly).unwrap_or_default();
        scopes.push(DesiredClientScope { scope, mappers, scope_mappings });
    }
    scopes
}

fn implied(reading: &Reading<'_>, keycloak: &Keycloak) -> DesiredClientScope {
    let cause = reading.cause(&ValuePath::root().key("keycloak"));
    let attributes =
        ["include.in.token.scope", "display.on.consent.screen"].map(|key| (key.to_owned(), "true".to_owned()));
    let scope = ClientScopeRepresentation {
        name: Some(OPENID.to_owned()),
        protocol: Some("openid-connect".to_owned()),
        attributes: Some(BTreeMap::from(attributes)),
        ..Default::default()
    };
    let part = keycloak.implied.openid_scope;
    DesiredClientScope {
        mappers: mappers::of_scope(&cause).into_iter().map(|mapper| mappers::implied(mapper, part)).collect(),
        scope: Declared::new(scope, cause).with_built_in(part, ["protocol", "attributes"]),
        scope_mappings: RelatedRoles::default(),
    }
}
