//! What a realm has when it was just made: data read once from a real Keycloak 26.7.3.

use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::LazyLock;

use super::clients::{Client, Clients};
use super::groups::Groups;
use super::providers::Providers;
use super::roles::{Owner, Role, Roles};
use super::scopes::{Mapper, Scope, Scopes};
use super::users::Users;
use super::{Realm, Settings, settings_of, texts};
use crate::keycloak::ids::{ClientKey, MapperId, RoleId, ScopeId, uuid};
use crate::keycloak::options::Version;

static FRESH: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(include_str!("../data/fresh-realm.json")).unwrap_or_default());

static COMPONENTS: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(include_str!("../data/fresh-components.json")).unwrap_or_default());

/// The name of the realm that administers all.
pub(crate) const MASTER: &str = "master";

/// Role of master that may make realms.
pub(crate) const CREATE_REALM: &str = "create-realm";

/// Role of master that may do everything.
pub(crate) const ADMIN: &str = "admin";

/// The settings of a new realm.
pub(crate) fn settings() -> Map<String, Value> {
    FRESH["realm"].as_object().cloned().unwrap_or_default()
}

/// Every event type that there is, in order.
pub(crate) fn event_types() -> Vec<String> {
    texts(&FRESH["eventTypes"])
}

/// The required actions of a new realm, in order of their priority.
pub(crate) fn actions() -> Vec<Value> {
    FRESH["requiredActions"].as_array().cloned().unwrap_or_default()
}

/// The required actions that are on.
pub(crate) fn required_actions() -> Vec<String> {
    let on = actions().into_iter().filter(|action| action["enabled"] == true);
    on.filter_map(|action| action["alias"].as_str().map(str::to_owned)).collect()
}

/// The aliases of the built-in flows.
pub(crate) fn flows() -> Vec<String> {
    let flows = FRESH["flows"].as_array().into_iter().flatten();
    flows.filter_map(|flow| flow["alias"].as_str()).map(str::to_owned).collect()
}

/// The built-in flows of a new realm, each with an id of its own.
fn own_flows() -> Vec<Value> {
    let flows = FRESH["flows"].as_array().into_iter().flatten().cloned();
    flows
        .map(|mut flow| {
            flow["id"] = json!(uuid());
            flow
        })
        .collect()
}

/// What the built-in flows of a new realm do, each step with an id of its own.
fn own_steps() -> BTreeMap<String, Vec<Value>> {
    let flows = COMPONENTS["steps"].as_object().into_iter().flatten();
    let own = |steps: &Value| steps.as_array().into_iter().flatten().map(with_id).collect();
    flows.map(|(alias, steps)| (alias.clone(), own(steps))).collect()
}

/// The components of a new realm, each with an id of its own.
fn own_components(realm: &str) -> Vec<Value> {
    let components = COMPONENTS["components"].as_array().into_iter().flatten().map(with_id);
    components
        .map(|mut component| {
            component["parentId"] = json!(realm);
            component
        })
        .collect()
}

fn with_id(object: &Value) -> Value {
    let mut object = object.clone();
    object["id"] = json!(uuid());
    object
}

/// Attributes that the server manages itself and that come back whatever is put: all but `realmReusableOtpCode`, which
/// a PUT of attributes loses until the OTP policy is put again.
pub(crate) fn managed_attributes() -> Settings {
    settings_of(&FRESH["realm"]["attributes"])
}

/// A realm as it comes into being, with its built-in scopes, clients and roles.
pub(crate) fn realm(id: &str, name: &str, with_scopes: bool) -> Realm {
    let mut fields = FRESH["realm"].as_object().cloned().unwrap_or_default();
    let mut attributes = fields.get("attributes").map(settings_of).unwrap_or_default();
    if name == MASTER {
        for (field, value) in FRESH["masterDifferences"].as_object().into_iter().flatten() {
            fields.insert(field.clone(), value.clone());
        }
        attributes = fields.get("attributes").map(settings_of).unwrap_or_default();
    }
    for elsewhere in ["attributes", "smtpServer", "id", "realm", "defaultRole", "enabledEventTypes"] {
        fields.remove(elsewhere);
    }
    let profile = if name == MASTER { &FRESH["masterProfile"] } else { &FRESH["profile"] };
    let mut realm = Realm {
        version: Version::default(),
        id: id.to_owned(),
        name: name.to_owned(),
        fields,
        attributes,
        smtp: Settings::new(),
        event_types: Vec::new(),
        profile: profile.clone(),
        flows: own_flows(),
        steps: own_steps(),
        components: own_components(id),
        texts: BTreeMap::new(),
        actions: actions(),
        default_role: RoleId::fresh(),
        default_groups: BTreeSet::new(),
        default_scopes: BTreeSet::new(),
        optional_scopes: BTreeSet::new(),
        roles: Roles::default(),
        groups: Groups::default(),
        scopes: Scopes::default(),
        clients: Clients::default(),
        users: Users::default(),
        providers: Providers::default(),
    };
    realm_roles(&mut realm);
    if with_scopes {
        scopes(&mut realm, |_| true);
    } else {
        scopes(&mut realm, |scope| scope == "offline_access");
    }
    for template in FRESH["clients"].as_array().into_iter().flatten() {
        let is_management = template["clientId"] == "realm-management";
        if name != MASTER || !is_management {
            add_client(&mut realm, template, None);
        }
    }
    let account = realm.clients.named("account").map(|client| client.key.clone());
    if let Some(account) = account {
        for part in ["view-profile", "manage-account"] {
            let role = realm.roles.named(&Owner::Client(account.clone()), part).map(|role| role.id.clone());
            if let Some(role) = role {
                let whole = realm.default_role.clone();
                realm.roles.compose(&whole, &role);
            }
        }
    }
    realm
}

fn realm_roles(realm: &mut Realm) {
    let mut default = Role::new(&format!("default-roles-{}", realm.name.to_lowercase()), Owner::Realm);
    default.description = Some("${role_default-roles}".to_owned());
    for (name, description) in
        [("offline_access", "${role_offline-access}"), ("uma_authorization", "${role_uma_authorization}")]
    {
        let mut role = Role::new(name, Owner::Realm);
        role.description = Some(description.to_owned());
        default.composites.insert(realm.roles.insert(role));
    }
    realm.default_role = realm.roles.insert(default);
    if realm.name == MASTER {
        let mut create = Role::new(CREATE_REALM, Owner::Realm);
        create.description = Some("${role_create-realm}".to_owned());
        let mut admin = Role::new(ADMIN, Owner::Realm);
        admin.description = Some("${role_admin}".to_owned());
        admin.composites.insert(realm.roles.insert(create));
        realm.roles.insert(admin);
    }
}

fn scopes(realm: &mut Realm, wanted: impl Fn(&str) -> bool) {
    for template in FRESH["scopes"].as_array().into_iter().flatten() {
        let name = template["name"].as_str().unwrap_or_default();
        if !wanted(name) {
            continue;
        }
        let roles = texts(&template["scopeRoles"]);
        let roles = roles.iter().filter_map(|role| realm.roles.named(&Owner::Realm, role));
        let scope = Scope {
            id: ScopeId::fresh(),
            name: name.to_owned(),
            description: template["description"].as_str().map(str::to_owned),
            protocol: template["protocol"].as_str().unwrap_or_default().to_owned(),
            attributes: settings_of(&template["attributes"]),
            mappers: mappers(&template["protocolMappers"]),
            roles: roles.map(|role| role.id.clone()).collect(),
        };
        if texts(&FRESH["defaultScopes"]).iter().any(|default| default == name) {
            realm.default_scopes.insert(scope.id.clone());
        }
        if texts(&FRESH["optionalScopes"]).iter().any(|optional| optional == name) {
            realm.optional_scopes.insert(scope.id.clone());
        }
        realm.scopes.insert(scope);
    }
}

fn mappers(list: &Value) -> Vec<Mapper> {
    let list = list.as_array().into_iter().flatten().filter_map(Value::as_object);
    list.map(|representation| Mapper { id: MapperId::fresh(), ..Mapper::of(representation) }).collect()
}

/// Makes master's stand-in for a realm, `<realm>-realm`, and gives its roles to master's `admin`.
pub(crate) fn realm_client(master: &mut Realm, realm_name: &str) {
    let template = &FRESH["realmClient"];
    let key = add_client(master, template, Some(realm_name));
    let Some(admin) = master.roles.named(&Owner::Realm, ADMIN).map(|role| role.id.clone()) else { return };
    let parts: Vec<RoleId> = master.roles.of(&Owner::Client(key)).map(|role| role.id.clone()).collect();
    for part in parts {
        master.roles.compose(&admin, &part);
    }
}

/// Adds a built-in client from its template; `realm_name` when it stands for a realm.
fn add_client(realm: &mut Realm, template: &Value, realm_name: Option<&str>) -> ClientKey {
    let mut fields: Map<String, Value> = template.as_object().cloned().unwrap_or_default();
    for text in fields.values_mut() {
        localise(text, &realm.name);
    }
    let client_id = match realm_name {
        Some(name) => format!("{name}-realm"),
        None => template["clientId"].as_str().unwrap_or_default().to_owned(),
    };
    if let Some(name) = realm_name {
        fields.insert("name".to_owned(), json!(format!("{name} Realm")));
        if name != MASTER {
            fields.remove("protocol");
        }
    }
    // a stand-in made later than master itself has no scopes
    let scoped = realm_name.is_none_or(|name| name == MASTER);
    let named = |list: &str| -> BTreeSet<ScopeId> {
        let names = if scoped { texts(&template[list]) } else { Vec::new() };
        names.iter().filter_map(|name| realm.scopes.named(name)).map(|scope| scope.id.clone()).collect()
    };
    let mut client = Client {
        key: ClientKey::fresh(),
        client_id,
        attributes: settings_of(&template["attributes"]),
        mappers: mappers(&template["protocolMappers"]),
        default_scopes: named("defaultClientScopes"),
        optional_scopes: named("optionalClientScopes"),
        service_user: None,
        roles: BTreeSet::new(),
        fields: Map::new(),
    };
    client_roles(&mut realm.roles, &client.key, &template["roles"]);
    for (owner, roles) in template["scopeRoles"].as_object().into_iter().flatten() {
        let Some(owner) = realm.clients.named(owner) else { continue };
        for role in texts(roles) {
            client
                .roles
                .extend(realm.roles.named(&Owner::Client(owner.key.clone()), &role).map(|role| role.id.clone()));
        }
    }
    for elsewhere in [
        "clientId",
        "attributes",
        "protocolMappers",
        "defaultClientScopes",
        "optionalClientScopes",
        "scopeRoles",
        "roles",
    ] {
        fields.remove(elsewhere);
    }
    client.fields = fields;
    let key = client.key.clone();
    realm.clients.insert(client);
    key
}

fn client_roles(roles: &mut Roles, client: &ClientKey, templates: &Value) {
    let owner = Owner::Client(client.clone());
    let templates: Vec<&Value> = templates.as_array().into_iter().flatten().collect();
    let mut made: HashMap<&str, RoleId> = HashMap::new();
    for template in &templates {
        let name = template["name"].as_str().unwrap_or_default();
        let mut role = Role::new(name, owner.clone());
        role.description = template["description"].as_str().map(str::to_owned);
        made.insert(name, roles.insert(role));
    }
    for template in &templates {
        let whole = &made[template["name"].as_str().unwrap_or_default()];
        for part in texts(&template["composites"]) {
            if let Some(part) = made.get(part.as_str()) {
                roles.compose(whole, part);
            }
        }
    }
}

/// Puts the realm's name into a template's addresses.
fn localise(value: &mut Value, realm: &str) {
    match value {
        Value::String(text) => *text = text.replace("{realm}", realm),
        Value::Array(items) => items.iter_mut().for_each(|item| localise(item, realm)),
        _ => {}
    }
}

/// The discovery document's text, with `{base}` and `{realm}` to fill in.
pub(crate) fn discovery(base: &str, realm: &str) -> Value {
    static TEXT: &str = include_str!("../data/discovery.json");
    let text = TEXT.replace("{base}", base).replace("{realm}", realm);
    serde_json::from_str(&text).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn a_fresh_realm_is_whole() {
        let realm = realm("id", "demo", true);
        assert_eq!(realm.scopes.all().count(), 15);
        assert_eq!(realm.clients.all().count(), 6);
        assert_eq!(realm.default_scopes.len(), 9);
        assert_eq!(realm.optional_scopes.len(), 5);
        assert_eq!(event_types().len(), 103);
        assert_eq!(flows().len(), 7);
        let management = realm.clients.named("realm-management").unwrap();
        let roles: BTreeMap<_, _> =
            realm.roles.of(&Owner::Client(management.key.clone())).map(|role| (role.name.clone(), role)).collect();
        assert_eq!(roles["realm-admin"].composites.len(), roles.len() - 1);
        assert_eq!(roles["view-users"].composites.len(), 2);
        assert_eq!(realm.roles.get(realm.default_role.as_str()).unwrap().composites.len(), 4);
    }
}
