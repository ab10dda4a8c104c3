//! Client scopes: that of the team contract, and those that the values declare.

use std::collections::BTreeMap;

use evenkeel_core::values::{ValuePath, model::Keycloak};
use evenkeel_keycloak_client::types::ClientScopeRepresentation;

use super::{Declared, DesiredClientScope, Reading, mappers};

/// The scope that makes tokens carry what the applications read.
pub(super) const OPENID: &str = "openid";

pub(super) fn desired(reading: &Reading<'_>, keycloak: &Keycloak) -> Vec<DesiredClientScope> {
    let mut scopes = if keycloak.implied.openid_scope { vec![implied(reading)] } else { Vec::new() };
    let path = ValuePath::root().key("keycloak").key("clientScopes");
    for (index, declared) in keycloak.client_scopes.iter().flatten().enumerate() {
        let path = path.clone().index(index);
        let mut scope: Declared<ClientScopeRepresentation> = reading.declared(declared, &path);
        let Some(name) = reading.name(scope.value.name.as_deref(), "name", &path) else { continue };
        if scopes.iter().any(|known| known.scope.value.name.as_ref() == Some(&name)) {
            reading.twice(&path.key("name"), "client scope", &name);
            continue;
        }
        // Keycloak refuses a scope without one; nearly every scope is of this kind.
        scope.value.protocol.get_or_insert_with(|| "openid-connect".to_owned());
        let mappers = mappers::declared(reading, scope.value.protocol_mappers.take(), &path);
        scopes.push(DesiredClientScope { scope, mappers });
    }
    scopes
}

fn implied(reading: &Reading<'_>) -> DesiredClientScope {
    let cause = reading.cause(&ValuePath::root().key("keycloak"));
    let attributes =
        ["include.in.token.scope", "display.on.consent.screen"].map(|key| (key.to_owned(), "true".to_owned()));
    let scope = ClientScopeRepresentation {
        name: Some(OPENID.to_owned()),
        protocol: Some("openid-connect".to_owned()),
        attributes: Some(BTreeMap::from(attributes)),
        ..Default::default()
    };
    DesiredClientScope { mappers: mappers::of_scope(&cause), scope: Declared::new(scope, cause) }
}
