//! Client scopes and clients with their mappers.

use std::collections::BTreeMap;

use evenkeel_core::{field::Field, object::ObjectId};
use evenkeel_engine::export::document::Node;
use evenkeel_keycloak_client::types::{ClientRepresentation, ProtocolMapperRepresentation};

use super::{
    composing::Composing,
    fields::Object,
    fresh::Baseline,
    groups,
    left_out::{ByHand, LeftOut},
};
use crate::{
    names::{CLIENT, MapperOwner},
    protected::is_protected,
};

/// The scope of the team contract.
const OPENID: &str = "openid";
/// Keycloak gives this scope to clients with a service account by itself.
const SERVICE_ACCOUNT: &str = "service_account";
/// Attributes of a client, and one of a realm, that Keycloak keeps or loses by itself.
pub(super) const KEPT_BY_THE_SERVER: [&str; 4] =
    ["client.secret.creation.time", "realm_client", "saml.artifact.binding.identifier", "realmReusableOtpCode"];
/// Fields of a client that are no settings, or lists of their own here.
const SKIPPED: [&str; 7] = [
    "id",
    "clientId",
    "protocolMappers",
    "defaultClientScopes",
    "optionalClientScopes",
    "registeredNodes",
    "authorizationSettings",
];

/// The declared scopes: those that are neither implied nor a fresh realm's.
pub(super) fn scopes(composing: &mut Composing<'_>) -> Option<Node> {
    let mut scopes: Vec<_> = composing.found.client_scopes.as_ref()?.iter().collect();
    scopes.sort_by(|one, two| one.name.cmp(&two.name));
    let mut nodes = Vec::new();
    for scope in scopes {
        let name = scope.name.as_deref().unwrap_or_default();
        let implied = composing.decisions.openid_scope && name == OPENID;
        let owner = MapperOwner::ClientScope(name.to_owned());
        if implied || !composing.can_name("client scope", name) || !composing.composer.may_declare(&owner.object()) {
            continue;
        }
        let recorded = composing.fresh.at(&["clientScopes", name]);
        let skipped = ["id", "name", "protocolMappers"];
        let object = Object { id: owner.object(), definition: "ClientScopeRepresentation", skipped: &skipped };
        let protocol = Field::Map(BTreeMap::from([("protocol".to_owned(), Field::Text("openid-connect".to_owned()))]));
        let baseline = if recorded.is_there() { recorded.clone() } else { Baseline::default().behind(&protocol) };
        let mut entries = object.node(scope, &baseline, &mut composing.composer);
        let mappers = mappers(composing, &owner, scope.protocol_mappers.as_deref(), &recorded);
        entries.extend(mappers.map(|mappers| ("protocolMappers".to_owned(), mappers)));
        let mapped = groups::in_scope(composing, &owner, &recorded);
        entries.extend(mapped.map(|mapped| ("scopeMappings".to_owned(), mapped)));
        if entries.is_empty() && recorded.is_there() {
            continue;
        }
        // What a declaration leaves out is the common protocol.
        if let Some(protocol) = scope.protocol.as_ref().filter(|protocol| *protocol != "openid-connect") {
            entries.insert("protocol".to_owned(), Node::Text(protocol.clone()));
        }
        entries.insert("name".to_owned(), Node::Text(name.to_owned()));
        nodes.push(Node::Map(entries));
    }
    Node::list(nodes)
}

/// The mappers that a fresh realm's owner of this name does not have as they are.
fn mappers(
    composing: &mut Composing<'_>,
    owner: &MapperOwner,
    mappers: Option<&[ProtocolMapperRepresentation]>,
    recorded: &Baseline<'_>,
) -> Option<Node> {
    let mut mappers: Vec<&ProtocolMapperRepresentation> = mappers.unwrap_or_default().iter().collect();
    mappers.sort_by(|one, two| one.name.cmp(&two.name));
    let mut nodes: Vec<Node> = Vec::new();
    let mut last = None;
    for mapper in mappers {
        let name = mapper.name.as_deref().unwrap_or_default();
        let id = owner.mapper(name);
        if last == Some(name) {
            composing.remark(LeftOut::SecondMapper { mapper: name.to_owned(), owner: owner.object() });
            continue;
        }
        last = Some(name);
        let named = composing.can_name("protocol mapper", name);
        if !named || !composing.composer.may_declare(&id) || recorded.holds_mapper(mapper) {
            continue;
        }
        let skipped = ["id", "name", "consentRequired", "consentText"];
        let object = Object { id, definition: "ProtocolMapperRepresentation", skipped: &skipped };
        let protocol = Field::Map(BTreeMap::from([("protocol".to_owned(), Field::Text("openid-connect".to_owned()))]));
        let baseline = Baseline::default().behind(&protocol);
        let mut entries = object.node(mapper, &baseline, &mut composing.composer);
        entries.insert("name".to_owned(), Node::Text(name.to_owned()));
        nodes.push(Node::Map(entries));
    }
    Node::list(nodes)
}

/// The client that the applications share, where the realm has it.
pub(super) fn shared(composing: &mut Composing<'_>) -> Option<Node> {
    if !composing.decisions.client {
        return None;
    }
    let client_id = composing.place.names.client.to_string();
    let client =
        composing.found.clients.as_ref()?.iter().find(|client| client.client_id.as_ref() == Some(&client_id))?;
    let bare = composing.fresh.at(&["bareClient"]);
    let implied = Field::of(&composing.implied.client).unwrap_or(Field::Null);
    let mut entries = fields(composing, client, &client_id, &bare.behind(&implied));
    let origins = client.web_origins.clone().unwrap_or_default();
    // Without them Keycloak's own address is implied.
    entries.insert("webOrigins".to_owned(), Node::texts(origins));
    add_lists(composing, &mut entries, client, &client_id, &Baseline::default());
    for key in composing.implied.client.keys() {
        if !composing.composer.not_kept.allows_field(&ObjectId::new(CLIENT, client_id.as_str()), key) {
            entries.insert(key.clone(), Node::Null);
        }
    }
    Some(Node::Map(entries))
}

/// The declared clients: those that are neither shared nor a fresh realm's.
pub(super) fn clients(composing: &mut Composing<'_>) -> Option<Node> {
    let mut clients: Vec<&ClientRepresentation> = composing.found.clients.as_ref()?.iter().collect();
    clients.sort_by(|one, two| one.client_id.cmp(&two.client_id));
    let mut nodes = Vec::new();
    for client in clients {
        let client_id = client.client_id.as_deref().unwrap_or_default();
        let shared = composing.decisions.client && client_id == composing.place.names.client.as_str();
        let id = ObjectId::new(CLIENT, client_id);
        if shared || !composing.can_name("client", client_id) || !composing.composer.may_declare(&id) {
            continue;
        }
        let recorded = composing.fresh.at(&["clients", client_id]);
        let baseline = if recorded.is_there() { recorded.clone() } else { composing.fresh.at(&["bareClient"]) };
        let mut entries = fields(composing, client, client_id, &baseline);
        if !recorded.is_there() && derives_origins(client) {
            entries.insert("webOrigins".to_owned(), Node::texts(Vec::<String>::new()));
        }
        add_lists(composing, &mut entries, client, client_id, &recorded);
        if entries.is_empty() && recorded.is_there() {
            continue;
        }
        if is_protected(client, composing.found.clients.iter().flatten()) {
            composing.remark(ByHand::ProtectedClient { client: client_id.to_owned() });
            continue;
        }
        entries.insert("clientId".to_owned(), Node::Text(client_id.to_owned()));
        nodes.push(Node::Map(entries));
    }
    Node::list(nodes)
}

/// Whether a client without web origins would get some if they were not said to be none: Keycloak derives them from the redirect URIs.
fn derives_origins(client: &ClientRepresentation) -> bool {
    let is_empty = |list: &Option<Vec<String>>| list.as_ref().is_none_or(Vec::is_empty);
    is_empty(&client.web_origins) && !is_empty(&client.redirect_uris)
}

fn fields(
    composing: &mut Composing<'_>,
    client: &ClientRepresentation,
    client_id: &str,
    baseline: &Baseline<'_>,
) -> BTreeMap<String, Node> {
    let mut client = client.clone();
    if let Some(attributes) = &mut client.attributes {
        attributes.retain(|key, _| !KEPT_BY_THE_SERVER.contains(&key.as_str()));
    }
    if let Some(overrides) = &mut client.authentication_flow_binding_overrides {
        // Keycloak binds flows by id, and values by alias.
        let aliases: BTreeMap<&String, &String> = composing.found.flows.iter().map(|(alias, id)| (id, alias)).collect();
        overrides.retain(|_, flow| match aliases.get(flow) {
            Some(alias) => {
                flow.clone_from(alias);
                true
            }
            None => flow.is_empty(),
        });
        overrides.retain(|_, flow| !flow.is_empty());
    }
    if client.authorization_services_enabled == Some(true) {
        composing.remark(ByHand::Authorization { client: client_id.to_owned() });
    }
    // One that proves itself in no way has no secret that counts.
    if client.bearer_only == Some(true) && client.secret.is_some() {
        composing.remark(ByHand::SecretOfBearer { client: client_id.to_owned() });
    }
    if client.public_client == Some(true) || client.bearer_only == Some(true) {
        client.secret = None;
    }
    let id = ObjectId::new(CLIENT, client_id);
    let object = Object { id, definition: "ClientRepresentation", skipped: &SKIPPED };
    object.node(&client, baseline, &mut composing.composer)
}

/// Mappers, roles and scopes; those that a fresh realm's client of this name has as well are left out.
fn add_lists(
    composing: &mut Composing<'_>,
    entries: &mut BTreeMap<String, Node>,
    client: &ClientRepresentation,
    client_id: &str,
    recorded: &Baseline<'_>,
) {
    let owner = MapperOwner::Client(client_id.to_owned());
    let mappers = mappers(composing, &owner, client.protocol_mappers.as_deref(), recorded);
    entries.extend(mappers.map(|mappers| ("protocolMappers".to_owned(), mappers)));
    entries.extend(groups::of_client(composing, client_id).map(|roles| ("roles".to_owned(), roles)));
    entries.extend(groups::of_account(composing, client_id).map(|roles| ("serviceAccount".to_owned(), roles)));
    let mapped = groups::in_scope(composing, &owner, recorded);
    entries.extend(mapped.map(|mapped| ("scopeMappings".to_owned(), mapped)));
    let lists = [
        ("defaultClientScopes", &client.default_client_scopes),
        ("optionalClientScopes", &client.optional_client_scopes),
    ];
    for (key, scopes) in lists {
        let Some(scopes) = scopes else { continue };
        let mut scopes: Vec<String> = scopes.iter().filter(|scope| *scope != SERVICE_ACCOUNT).cloned().collect();
        scopes.sort();
        let list = Field::List(scopes.iter().cloned().map(Field::Text).collect());
        let is_recorded = recorded.is_there() && recorded.get(key).has(&list);
        if !is_recorded && composing.can_list(&format!("`{key}` of client `{client_id}`"), &scopes) {
            entries.insert(key.to_owned(), Node::texts(scopes));
        }
    }
}
