//! What stands beside a realm's settings: required actions, the user profile, identity providers.

use std::collections::BTreeMap;

use evenkeel_core::{field::Field, object::ObjectId};
use evenkeel_engine::export::document::Node;
use evenkeel_keycloak_client::types::UpConfig;

use super::{
    composing::Composing,
    fields::Object,
    fresh::Baseline,
    left_out::{ByHand, LeftOut},
    secrets,
};
use crate::{
    names::{IDENTITY_PROVIDER, IDENTITY_PROVIDER_MAPPER, REQUIRED_ACTION, USER, USER_PROFILE},
    observe::ObservedProvider,
};

/// The required actions that are not as a fresh realm has them.
pub(super) fn required_actions(composing: &mut Composing<'_>) -> Option<Node> {
    let mut nodes = Vec::new();
    for (alias, action) in composing.found.required_actions.as_ref()? {
        let id = ObjectId::new(REQUIRED_ACTION, alias.as_str());
        if !composing.can_name("required action", alias) || !composing.composer.may_declare(&id) {
            continue;
        }
        let recorded = composing.fresh.at(&["requiredActions", alias]);
        let definition = "RequiredActionProviderRepresentation";
        let object = Object { id, definition, skipped: &["alias"] };
        let mut entries = object.node(action, &recorded, &mut composing.composer);
        if entries.is_empty() && recorded.is_there() {
            continue;
        }
        entries.insert("alias".to_owned(), Node::Text(alias.clone()));
        nodes.push(Node::Map(entries));
    }
    Node::list(nodes)
}

/// What of the user profile is not as a fresh realm has it, attribute by attribute.
pub(super) fn user_profile(composing: &mut Composing<'_>) -> Option<Node> {
    let profile: &UpConfig = composing.found.user_profile.as_ref()?;
    let policy = profile.unmanaged_attribute_policy.clone().map(Node::Text);
    let Ok(fields) = Field::of(profile) else { return None };
    let list = |key: &str| {
        let object = ObjectId::new(USER_PROFILE, composing.place.names.realm.as_str());
        let recorded = composing.fresh.at(&["userProfile", key]);
        let Some(Field::List(items)) = fields.get(key) else { return None };
        let mut nodes = Vec::new();
        for item in items.iter().filter(|item| !recorded.has_item(item)) {
            let name = match item.get("name") {
                Some(Field::Text(name)) if !name.is_empty() => name.clone(),
                _ => continue,
            };
            if !composing.composer.not_kept.allows_all_below(&object, &format!("{key}[{name}]")) {
                continue;
            }
            // A profile has no secrets.
            nodes.extend(Node::of(item, "", &mut |_, _| String::new()));
        }
        Node::list(nodes)
    };
    let (attributes, groups) = (list("attributes"), list("groups"));
    let node = Node::map([("attributes", attributes), ("groups", groups), ("unmanagedAttributePolicy", policy)]);
    node.filled()
}

/// The identity providers with their mappers. Their end points are written as they are: whether an issuer publishes the
/// same is not asked.
pub(super) fn identity_providers(composing: &mut Composing<'_>) -> Option<Node> {
    let mut nodes = Vec::new();
    for (alias, found) in composing.found.providers.as_ref()? {
        let id = ObjectId::new(IDENTITY_PROVIDER, alias.as_str());
        if !composing.can_name("identity provider", alias) || !composing.composer.may_declare(&id) {
            continue;
        }
        if let Some(node) = identity_provider(composing, alias, found) {
            nodes.push(node);
        }
    }
    Node::list(nodes)
}

fn identity_provider(composing: &mut Composing<'_>, alias: &str, found: &ObservedProvider) -> Option<Node> {
    let provider = found.provider.as_ref()?;
    let skipped = ["alias", "internalId", "organizationId", "updateProfileFirstLogin", "updateProfileFirstLoginMode"];
    let definition = "IdentityProviderRepresentation";
    let object = Object { id: ObjectId::new(IDENTITY_PROVIDER, alias), definition, skipped: &skipped };
    if provider.organization_id.is_some() {
        composing.remark(ByHand::OrganisationOfProvider { provider: alias.to_owned() });
    }
    let baseline = composing.fresh.at(&["bareIdentityProvider"]);
    let mut entries = object.node(provider, &baseline, &mut composing.composer);
    let mut mappers = Vec::new();
    for (name, mapper) in &found.mappers {
        let id = ObjectId::within(IDENTITY_PROVIDER_MAPPER, alias, name);
        if !composing.can_name("identity provider mapper", name) || !composing.composer.may_declare(&id) {
            continue;
        }
        let definition = "IdentityProviderMapperRepresentation";
        let skipped = ["id", "name", "identityProviderAlias"];
        let object = Object { id, definition, skipped: &skipped };
        let mut entries = object.node(mapper, &Baseline::default(), &mut composing.composer);
        entries.insert("name".to_owned(), Node::Text(name.clone()));
        mappers.push(Node::Map(entries));
    }
    if !mappers.is_empty() {
        entries.insert("mappers".to_owned(), Node::List(mappers));
    }
    entries.insert("alias".to_owned(), Node::Text(alias.to_owned()));
    Some(Node::Map(entries))
}

/// Attributes of a user that values can hold, each a list of texts.
pub(super) fn attributes(
    composing: &mut Composing<'_>,
    user: &str,
    found: BTreeMap<String, Vec<String>>,
) -> Option<Node> {
    let mut attributes = BTreeMap::new();
    for (name, values) in found {
        let implied = composing.decisions.nicknames && name == "nickname";
        if implied
            || !composing.composer.not_kept.allows_field(&ObjectId::new(USER, user), &format!("attributes.{name}"))
        {
            continue;
        }
        if secrets::is_secret(&name) {
            composing.remark(LeftOut::SecretAttribute { user: user.to_owned(), attribute: name });
            continue;
        }
        attributes.insert(name, Node::texts(values));
    }
    (!attributes.is_empty()).then_some(Node::Map(attributes))
}
