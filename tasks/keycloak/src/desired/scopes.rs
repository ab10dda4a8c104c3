//! The client scope of the team contract.

use std::collections::BTreeMap;

use evenkeel_core::values::ValuePath;
use evenkeel_keycloak_client::types::ClientScopeRepresentation;

use super::{Declared, DesiredClientScope, Reading, mappers};

/// The scope that makes tokens carry what the applications read.
pub(super) const OPENID: &str = "openid";

pub(super) fn desired(reading: &Reading<'_>) -> Vec<DesiredClientScope> {
    let cause = reading.cause(&ValuePath::root().key("keycloak"));
    let attributes =
        ["include.in.token.scope", "display.on.consent.screen"].map(|key| (key.to_owned(), "true".to_owned()));
    let scope = ClientScopeRepresentation {
        name: Some(OPENID.to_owned()),
        protocol: Some("openid-connect".to_owned()),
        attributes: Some(BTreeMap::from(attributes)),
        ..Default::default()
    };
    vec![DesiredClientScope {
        mappers: mappers::of_scope(&cause),
        scope: Declared::new(scope, cause),
        realm_default: true,
    }]
}
