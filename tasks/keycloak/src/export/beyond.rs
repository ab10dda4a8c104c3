//! What values have no word for, where it is not as in a fresh realm: it is looked at only to be told.

use std::collections::BTreeSet;

use evenkeel_core::field::Field;
use evenkeel_keycloak_client::types::{ComponentRepresentation, RealmRepresentation};
use serde_json::{Value, json};

use super::{
    found::Found,
    fresh::{Baseline, Fresh, default_role},
    left_out::{ByHand, LeftOut},
};

/// What is left out of the values because they have no word for it.
pub(super) fn left_out(found: &Found, fresh: &Fresh) -> Vec<LeftOut> {
    let mut left_out = flows(found, fresh);
    left_out.extend(found.realm.iter().flat_map(of_realm).map(LeftOut::from));
    if !found.locales.is_empty() {
        left_out.push(ByHand::Texts { locales: found.locales.clone() }.into());
    }
    left_out.extend(components(found.components.as_deref(), &fresh.at(&["components"])));
    left_out
}

/// Flows that somebody made, and what somebody changed in those that come with every realm.
fn flows(found: &Found, fresh: &Fresh) -> Vec<LeftOut> {
    let mut left_out = Vec::new();
    for flow in found.flows.keys() {
        let recorded = fresh.at(&["flows", flow]);
        let steps = found.steps.get(flow).map(|steps| Field::List(steps.iter().cloned().map(Field::Text).collect()));
        if !recorded.is_there() {
            left_out.push(ByHand::Flow { flow: flow.clone() }.into());
        } else if steps.is_some_and(|steps| !recorded.has(&steps)) {
            left_out.push(ByHand::BuiltInFlow { flow: flow.clone() }.into());
        }
    }
    let gone = fresh.at(&["flows"]).keys().into_iter().filter(|flow| !found.flows.contains_key(*flow));
    if !found.flows.is_empty() {
        left_out.extend(gone.map(|flow| LeftOut::Absent { kind: "authentication flow".into(), name: flow.into() }));
    }
    left_out
}

fn of_realm(realm: &RealmRepresentation) -> Vec<ByHand> {
    let mut left_out = Vec::new();
    let names = |holder: &str, list: &str| -> Vec<String> {
        let list = realm.extra.get(holder).and_then(|holder| holder.get(list)).and_then(Value::as_array);
        let named = list.into_iter().flatten().filter_map(|item| item.get("name")?.as_str());
        named.map(str::to_owned).collect()
    };
    let (profiles, policies) = (names("clientProfiles", "profiles"), names("clientPolicies", "policies"));
    if !profiles.is_empty() {
        left_out.push(ByHand::ClientProfiles { names: profiles });
    }
    if !policies.is_empty() {
        left_out.push(ByHand::ClientPolicies { names: policies });
    }
    if realm.organizations_enabled == Some(true) {
        left_out.push(ByHand::Organisations);
    }
    if let Some(before) = realm.not_before.filter(|before| *before > 0) {
        left_out.push(ByHand::RevokedTokens { before });
    }
    let own = realm.realm.as_deref().map(default_role);
    let role = realm.default_role.as_ref().and_then(|role| role.name.clone());
    left_out.extend(role.filter(|role| own.as_ref() != Some(role)).map(|role| ByHand::DefaultRole { role }));
    left_out
}

/// Components that a fresh realm does not have as they are, and those that only a fresh realm has.
fn components(found: Option<&[ComponentRepresentation]>, recorded: &Baseline<'_>) -> Vec<LeftOut> {
    let Some(found) = found else { return Vec::new() };
    let kind = |component: &ComponentRepresentation| {
        let kind = component.provider_type.as_deref().unwrap_or_default();
        kind.rsplit('.').next().unwrap_or_default().to_owned()
    };
    let federations: BTreeSet<&str> = found
        .iter()
        .filter(|component| kind(component) == "UserStorageProvider")
        .filter_map(|component| component.id.as_deref())
        .collect();
    let is_inside = |component: &ComponentRepresentation| {
        component.parent_id.as_deref().is_some_and(|parent| federations.contains(parent))
    };
    let mut left_out = Vec::new();
    for component in found.iter().filter(|component| !is_inside(component)) {
        if recorded.has_item(&shown(component)) {
            continue;
        }
        let name = component.name.clone().unwrap_or_default();
        let provider = component.provider_id.clone().unwrap_or_default();
        left_out.push(match kind(component).as_str() {
            // What it holds is in the values.
            "UserProfileProvider" => continue,
            "UserStorageProvider" => ByHand::Federation { name, provider },
            "KeyProvider" => ByHand::Keys { name, provider },
            "ClientRegistrationPolicy" => {
                ByHand::RegistrationPolicy { name, of_whom: component.sub_type.clone().unwrap_or_default() }
            }
            _ => ByHand::Component { name, provider },
        });
    }
    let mut left_out: Vec<LeftOut> = left_out.into_iter().map(LeftOut::from).collect();
    let there: Vec<Field> = found.iter().map(shown).collect();
    for gone in recorded.items().filter(|gone| !there.iter().any(|there| is_same(gone, there))) {
        let text = |key: &str| match gone.get(key) {
            Some(Field::Text(text)) => text.clone(),
            _ => String::new(),
        };
        let kind = if text("subType").is_empty() { "component" } else { "client registration policy" };
        left_out.push(LeftOut::Absent { kind: kind.to_owned(), name: text("name") });
    }
    left_out
}

/// Whether two components have one name and one provider.
fn is_same(one: &Field, two: &Field) -> bool {
    ["name", "providerId", "subType"].iter().all(|key| one.get(key) == two.get(key))
}

/// What of a component is recorded of a fresh realm's.
fn shown(component: &ComponentRepresentation) -> Field {
    let ComponentRepresentation { name, provider_id, sub_type, config, .. } = component;
    let mut shown = json!({"name": name, "providerId": provider_id, "config": config});
    if let Some(of_whom) = sub_type {
        shown["subType"] = json!(of_whom);
    }
    Field::of(&shown).unwrap_or(Field::Null)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn component(provider_type: &str, name: &str, provider: &str, id: &str, parent: &str) -> ComponentRepresentation {
        serde_json::from_value(json!({
            "id": id, "name": name, "providerId": provider, "providerType": provider_type, "parentId": parent,
            "config": {"priority": ["0"]},
        }))
        .unwrap()
    }

    #[test]
    fn a_user_federation_is_told_once_and_what_a_fresh_realm_has_is_not_told() {
        let fresh = Fresh::newest();
        let recorded = fresh.at(&["components"]);
        let newest: Value = serde_json::from_str(include_str!("fresh-26.7.json")).unwrap();
        let mut found: Vec<ComponentRepresentation> = serde_json::from_value(newest["components"].clone()).unwrap();
        assert_eq!(components(Some(&found), &recorded), []);
        let mapper = "org.keycloak.storage.ldap.mappers.LDAPStorageMapper";
        found.push(component("org.keycloak.storage.UserStorageProvider", "people", "ldap", "1", "r"));
        found.push(component(mapper, "email", "user-attribute-ldap-mapper", "2", "1"));
        found.push(component("org.keycloak.keys.KeyProvider", "old", "rsa", "3", "r"));
        let gone = found.remove(0);
        let told: Vec<String> = components(Some(&found), &recorded).iter().map(ToString::to_string).collect();
        assert_eq!(told.len(), 3, "{told:?}");
        assert_eq!(told[0], "user federation `people` (ldap) with its settings and mappers");
        assert_eq!(told[1], "keys `old` (rsa): another realm signs with its own");
        assert!(told[2].contains(&format!("`{}` is not there", gone.name.unwrap())), "{told:?}");
    }
}
