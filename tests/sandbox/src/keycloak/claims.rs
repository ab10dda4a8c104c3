//! What a token says: the claims that the protocol mappers of its scopes and client make.

use http::StatusCode;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

use super::access::effective_roles;
use super::answer::{Answer, Reply};
use super::grants::{authenticate, form, wrong_secret};
use super::ids::RoleId;
use super::public::refused;
use super::request::Request;
use super::state::clients::Client;
use super::state::roles::Owner;
use super::state::scopes::Mapper;
use super::state::users::User;
use super::state::{Realm, Settings};
use super::tokens::Login;
use super::world::World;

/// The switch of a mapper for userinfo.
const USERINFO: &str = "userinfo.token.claim";

/// Answers `…/userinfo`.
pub(crate) fn userinfo(world: &World, request: &Request, realm_name: &str) -> Reply {
    if world.realm(realm_name).is_none() {
        return Err(Answer::not_found("Realm does not exist"));
    }
    let challenge =
        |status: StatusCode, words: &str| Answer::challenged(status, format!("Bearer realm=\"{realm_name}\"{words}"));
    let invalid = || {
        let words = ", error=\"invalid_token\", error_description=\"Token verification failed\"";
        challenge(StatusCode::UNAUTHORIZED, words)
    };
    let token = request.bearer().ok_or_else(|| challenge(StatusCode::UNAUTHORIZED, ""))?;
    let login = world.tokens.access(token, world.now()).ok_or_else(invalid)?;
    let subject = subject(world, login, realm_name).ok_or_else(invalid)?;
    if !login.scopes.iter().any(|scope| scope == "openid") {
        let words = ", error=\"insufficient_scope\", error_description=\"Missing openid scope\"";
        return Err(challenge(StatusCode::FORBIDDEN, words));
    }
    let mut claims = subject.claims(USERINFO);
    claims.insert("sub".to_owned(), json!(subject.user.id.as_str()));
    Ok(Answer::plain(Value::Object(claims)))
}

/// Answers `…/token/introspect`. A client that is not in the token's audience hears that it is not active (26.7).
pub(crate) fn introspect(world: &World, request: &Request, realm_name: &str) -> Reply {
    let form = form(request);
    let Some(realm) = world.realm(realm_name) else { return Err(Answer::not_found("Realm does not exist")) };
    let asking = authenticate(realm, request, &form).map_err(|failure| {
        let wrong_secret = failure == wrong_secret();
        if wrong_secret { refused(failure.status, "invalid_client", "Client authentication failed.") } else { failure }
    })?;
    if asking.flag("publicClient") {
        return Err(refused(StatusCode::FORBIDDEN, "invalid_request", "Client not allowed."));
    }
    if form.get("token").is_none() {
        return Err(refused(StatusCode::BAD_REQUEST, "invalid_request", "Token not provided."));
    }
    let inactive = Ok(Answer::plain(json!({ "active": false })));
    let Some(login) = form.get("token").and_then(|token| world.tokens.access(token, world.now())) else {
        return inactive;
    };
    let Some(subject) = subject(world, login, realm_name) else { return inactive };
    let audience = subject.audience();
    if !audience.contains(&asking.client_id) {
        return inactive;
    }
    let mut claims = subject.claims("introspection.token.claim");
    subject.add_standard(&mut claims, login, &audience, &world.base);
    Ok(Answer::plain(Value::Object(claims)))
}

/// Whom a token is about, and through which client it was got.
struct Subject<'a> {
    realm: &'a Realm,
    client: &'a Client,
    user: &'a User,
    scopes: &'a [String],
    roles: BTreeSet<RoleId>,
}

fn subject<'a>(world: &'a World, login: &'a Login, realm_name: &str) -> Option<Subject<'a>> {
    let realm = world.realm(realm_name).filter(|realm| realm.id == login.realm_id)?;
    let client = realm.clients.get(login.client.as_str()).filter(|client| client.flag("enabled"))?;
    let user = realm.users.get(login.user.as_str()).filter(|user| user.enabled)?;
    let mut roles = effective_roles(realm, &user.id);
    if !client.flag("fullScopeAllowed") {
        let allowed = realm.roles.expand(&client.roles);
        roles.retain(|role| allowed.contains(role));
    }
    Some(Subject { realm, client, user, scopes: &login.scopes, roles })
}

impl Subject<'_> {
    fn mappers(&self) -> impl Iterator<Item = &Mapper> {
        let scopes = self.scopes.iter().filter_map(|name| self.realm.scopes.named(name));
        scopes.flat_map(|scope| &scope.mappers).chain(&self.client.mappers)
    }

    /// The claims of all mappers that have `switch` on.
    fn claims(&self, switch: &str) -> Map<String, Value> {
        let mut claims = Map::new();
        for mapper in self.mappers() {
            let config = mapper.effective_config();
            let on = config.get(switch).is_some_and(|value| value == "true");
            // how a user logged in is not told by userinfo, whatever the mapper's config says
            let told = switch != USERINFO || mapper.kind.as_deref() != Some("oidc-acr-mapper");
            if on && told {
                self.add(&mut claims, mapper.kind.as_deref().unwrap_or_default(), &config);
            }
        }
        claims
    }

    fn add(&self, claims: &mut Map<String, Value>, kind: &str, config: &Settings) {
        let value = match kind {
            "oidc-usermodel-property-mapper" | "oidc-usermodel-attribute-mapper" => self.attribute(config),
            "oidc-usermodel-realm-role-mapper" => Some(json!(self.role_names(&Owner::Realm))),
            "oidc-usermodel-client-role-mapper" => return self.add_client_roles(claims, config),
            "oidc-full-name-mapper" => {
                let name = [self.user.first_name.as_deref(), self.user.last_name.as_deref()];
                let name: Vec<&str> = name.into_iter().flatten().collect();
                return put(claims, "name", (!name.is_empty()).then(|| json!(name.join(" "))));
            }
            "oidc-allowed-origins-mapper" => {
                let origins = self.client.fields.get("webOrigins").filter(|origins| **origins != json!([]));
                return put(claims, "allowed-origins", origins.cloned());
            }
            "oidc-acr-mapper" => return put(claims, "acr", Some(json!("1"))),
            "oidc-hardcoded-claim-mapper" => config.get("claim.value").map(|value| json!(value)),
            "oidc-group-membership-mapper" => Some(self.group_names(config)),
            _ => return,
        };
        put(claims, config.get("claim.name").map_or("", String::as_str), value);
    }

    fn attribute(&self, config: &Settings) -> Option<Value> {
        let user = self.user;
        let name = config.get("user.attribute")?;
        let text = |value: &Option<String>| value.as_ref().map(|value| json!(value));
        match name.as_str() {
            "username" => Some(json!(user.username)),
            "email" => text(&user.email),
            "firstName" => text(&user.first_name),
            "lastName" => text(&user.last_name),
            "emailVerified" => Some(json!(user.email_verified)),
            _ => {
                let values = user.attributes.get(name)?;
                let many = config.get("multivalued").is_some_and(|value| value == "true");
                if many { Some(json!(values)) } else { values.first().map(|value| json!(value)) }
            }
        }
    }

    fn group_names(&self, config: &Settings) -> Value {
        let full = config.get("full.path").is_none_or(|value| value == "true");
        let groups = self.user.groups.iter().filter_map(|id| self.realm.groups.get(id.as_str()));
        groups.map(|group| json!(if full { self.realm.groups.path(group) } else { group.name.clone() })).collect()
    }

    fn role_names(&self, owner: &Owner) -> Vec<&str> {
        let roles = self.roles.iter().filter_map(|id| self.realm.roles.get(id.as_str()));
        roles.filter(|role| role.owner == *owner).map(|role| role.name.as_str()).collect()
    }

    fn add_client_roles(&self, claims: &mut Map<String, Value>, config: &Settings) {
        let claim = config.get("claim.name").map_or("", String::as_str);
        for client in self.realm.clients.all() {
            let names = self.role_names(&Owner::Client(client.key.clone()));
            if !names.is_empty() {
                put(claims, &claim.replace("${client_id}", &client.client_id), Some(json!(names)));
            }
        }
    }

    /// Whom the token is for: clients whose roles it carries, and what audience mappers add.
    fn audience(&self) -> BTreeSet<String> {
        let mut audience = BTreeSet::new();
        for mapper in self.mappers() {
            let config = mapper.effective_config();
            match mapper.kind.as_deref() {
                Some("oidc-audience-mapper") if config.get("access.token.claim").is_some_and(|on| on == "true") => {
                    let named = config.get("included.client.audience").or(config.get("included.custom.audience"));
                    audience.extend(named.cloned());
                }
                Some("oidc-audience-resolve-mapper") => {
                    let clients = self.realm.clients.all().filter(|client| client.key != self.client.key);
                    let carried =
                        clients.filter(|client| !self.role_names(&Owner::Client(client.key.clone())).is_empty());
                    audience.extend(carried.map(|client| client.client_id.clone()));
                }
                _ => {}
            }
        }
        audience
    }

    fn add_standard(&self, claims: &mut Map<String, Value>, login: &Login, audience: &BTreeSet<String>, base: &str) {
        let mut standard = json!({
            "exp": login.expires / 1000,
            "iat": login.issued / 1000,
            "jti": login.token_id,
            "iss": format!("{base}/realms/{}", self.realm.name),
            "aud": audience,
            "sub": self.user.id.as_str(),
            "typ": "Bearer",
            "azp": self.client.client_id,
            "scope": login.scope,
            "client_id": self.client.client_id,
            "username": self.user.username,
            "token_type": "Bearer",
            "active": true,
        });
        if login.refreshable {
            standard["sid"] = json!(login.session.as_str());
        }
        if let Value::Object(standard) = standard {
            claims.extend(standard);
        }
    }
}

/// Puts a claim at its name, whose dots make objects.
fn put(claims: &mut Map<String, Value>, name: &str, value: Option<Value>) {
    let Some(value) = value else { return };
    match name.split_once('.') {
        _ if name.is_empty() => {}
        None => {
            claims.insert(name.to_owned(), value);
        }
        Some((first, rest)) => {
            let inner = claims.entry(first.to_owned()).or_insert_with(|| Value::Object(Map::new()));
            if let Value::Object(inner) = inner {
                put(inner, rest, Some(value));
            }
        }
    }
}
