//! Identity providers and their mappers (contract `identity-providers`).

use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode};
use serde_json::{Map, Value, json};

use super::answer::{Answer, Content, Reply};
use super::context::{Context, roles as right};
use super::ids::{ProviderMapperId, uuid};
use super::paging::Window;
use super::provider_types;
use super::realm_changes::check_name;
use super::request::Request;
use super::state::providers::{MASK, Provider, ProviderMapper};
use super::state::{Realm, Settings, fresh, settings_of, text_of};
use super::world::World;

const REPRESENTATION: &str = "IdentityProviderRepresentation";
const MAPPER: &str = "IdentityProviderMapperRepresentation";
/// Rows of a list of providers where `max` is not sent.
const PAGE: usize = 100;
/// Fields that are kept as they are sent.
const PLAIN: &[&str] = &[
    "displayName",
    "providerId",
    "enabled",
    "trustEmail",
    "storeToken",
    "addReadTokenRoleOnCreate",
    "authenticateByDefault",
    "linkOnly",
    "hideOnLogin",
    "firstBrokerLoginFlowAlias",
    "postBrokerLoginFlowAlias",
    "organizationId",
    "updateProfileFirstLoginMode",
];

/// Answers below `/identity-provider`.
pub(crate) fn answer(realm: &mut Realm, context: &Context, request: &Request, rest: &[&str]) -> Reply {
    context.rights.need(if request.method == Method::GET { right::VIEW_PROVIDERS } else { right::MANAGE_PROVIDERS })?;
    match (&request.method, rest) {
        (&Method::GET, ["instances"]) => list(realm, request),
        (&Method::POST, ["instances"]) => create(realm, context, request),
        (&Method::GET, ["providers", "oidc"]) => Ok(Answer::found(json!({
            "name": "OpenID Connect v1.0", "id": "oidc", "configProperties": [], "helpText": "", "configMetadata": [],
        }))),
        // Either of the two addresses a provider.
        (_, ["instances", name, rest @ ..]) => {
            let is_meant = |provider: &&Provider| provider.internal_id == *name || provider.alias == *name;
            let alias = realm.providers.by_alias.values().find(is_meant).map(|provider| provider.alias.clone());
            one(realm, context, request, &alias.ok_or_else(Answer::nowhere)?, rest)
        }
        (_, ["instances"]) => Err(Answer::wrong_method()),
        _ => Err(Answer::nowhere()),
    }
}

fn one(realm: &mut Realm, context: &Context, request: &Request, alias: &str, rest: &[&str]) -> Reply {
    let Some(provider) = realm.providers.by_alias.get(alias) else { return Err(Answer::nowhere()) };
    match (&request.method, rest) {
        (&Method::GET, []) => Ok(Answer::found(shown(provider))),
        (&Method::PUT, []) => put(realm, request, alias),
        (&Method::DELETE, []) => {
            realm.providers.by_alias.remove(alias);
            realm.providers.mappers.retain(|_, mapper| mapper.alias != alias);
            Ok(Answer::done())
        }
        (_, ["mappers", rest @ ..]) => mappers(realm, context, request, alias, rest),
        (_, []) => Err(Answer::wrong_method()),
        _ => Err(Answer::nowhere()),
    }
}

fn shown(provider: &Provider) -> Value {
    let mut view = provider.view();
    view["types"] = types(text_of(&provider.fields, "providerId").unwrap_or_default());
    view
}

/// What a type of provider can be used for.
fn types(provider_id: &str) -> Value {
    match provider_id {
        "oidc" | "keycloak-oidc" => json!([
            "USER_AUTHENTICATION",
            "EXCHANGE_EXTERNAL_TOKEN",
            "JWT_AUTHORIZATION_GRANT",
            "CLIENT_ASSERTION",
            "TRUST_MATERIAL",
        ]),
        _ => json!(["USER_AUTHENTICATION"]),
    }
}

fn list(realm: &Realm, request: &Request) -> Reply {
    let window = Window::of(&request.query, Some(PAGE))?;
    let brief = request.query.flag("briefRepresentation").unwrap_or(false);
    let search = request.query.get("search").unwrap_or_default().trim().to_lowercase();
    let matches = |provider: &&Provider| {
        let alias = provider.alias.to_lowercase();
        match search.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
            Some(whole) => alias == whole,
            None => match search.strip_prefix('*') {
                Some(within) => alias.contains(within.trim_end_matches('*')),
                None => alias.starts_with(search.trim_end_matches('*')),
            },
        }
    };
    let rows = window.cut(realm.providers.by_alias.values().filter(matches));
    Ok(Answer::found(rows.map(|provider| if brief { mention(provider) } else { shown(provider) }).collect()))
}

fn mention(provider: &Provider) -> Value {
    let mut view = json!({"alias": provider.alias, "internalId": provider.internal_id, "config": {}});
    for field in ["displayName", "providerId", "enabled"] {
        if let Some(value) = provider.fields.get(field) {
            view[field] = value.clone();
        }
    }
    view
}

fn create(realm: &mut Realm, context: &Context, request: &Request) -> Reply {
    let representation = request.object(REPRESENTATION)?;
    let alias = new_provider(realm, &representation)?;
    Ok(Answer::created(context.location("identity-provider/instances", &alias)))
}

/// Makes a provider from its representation and gives its alias.
pub(crate) fn new_provider(realm: &mut Realm, representation: &Map<String, Value>) -> Result<String, Answer> {
    let alias = text_of(representation, "alias").ok_or_else(|| Answer::invalid("path is null"))?;
    check_name(alias).map_err(|text| Answer::error(StatusCode::BAD_REQUEST, text))?;
    check(representation)?;
    if realm.providers.by_alias.contains_key(alias) {
        return Err(Answer::exists(format!("Identity Provider {alias} already exists")));
    }
    let config = config_of(representation, None);
    let provider = provider(alias, uuid(), representation, config);
    realm.providers.by_alias.insert(alias.to_owned(), provider);
    Ok(alias.to_owned())
}

fn provider(alias: &str, internal_id: String, representation: &Map<String, Value>, config: Settings) -> Provider {
    let sent = PLAIN.iter().filter_map(|field| {
        let value = representation.get(*field).filter(|value| !value.is_null())?;
        Some(((*field).to_owned(), value.clone()))
    });
    let mut fields: Map<String, Value> = sent.collect();
    fields.entry("enabled").or_insert(json!(true));
    Provider { alias: alias.to_owned(), internal_id, fields, config }
}

/// The config as it is stored: without empty values, and with the old secret where the mask was sent.
fn config_of(representation: &Map<String, Value>, stored: Option<&Settings>) -> Settings {
    let mut config = representation.get("config").map(settings_of).unwrap_or_default();
    config.retain(|_, value| !value.is_empty());
    if config.get("clientSecret").is_some_and(|secret| secret == MASK)
        && let Some(stored) = stored
    {
        config.remove("clientSecret");
        if let Some(secret) = stored.get("clientSecret") {
            config.insert("clientSecret".to_owned(), secret.clone());
        }
    }
    config
}

fn check(representation: &Map<String, Value>) -> Result<(), Answer> {
    let provider_id = text_of(representation, "providerId");
    if !provider_types::is_identity_provider(provider_id) {
        return Err(Answer::invalid(format!("Invalid identity provider id [{}]", provider_id.unwrap_or("null"))));
    }
    let config = representation.get("config").map(settings_of).unwrap_or_default();
    let urls = [
        ("authorizationUrl", "authorization_url"),
        ("tokenUrl", "token_url"),
        ("userInfoUrl", "userinfo_url"),
        ("jwksUrl", "jwks_url"),
        ("logoutUrl", "logout_url"),
        ("tokenIntrospectionUrl", "tokenIntrospection_url"),
    ];
    for (field, name) in urls {
        let url = config.get(field).map_or("", String::as_str);
        let fine = url.is_empty() || url.starts_with("http://") || url.starts_with("https://");
        if !fine {
            return Err(Answer::invalid(format!("The url [{name}] is malformed")));
        }
    }
    let known = fresh::flows();
    for field in ["firstBrokerLoginFlowAlias", "postBrokerLoginFlowAlias"] {
        let flow = text_of(representation, field).unwrap_or_default();
        if !flow.is_empty() && !known.iter().any(|alias| alias == flow) {
            return Err(Answer::unhandled());
        }
    }
    Ok(())
}

/// A PUT replaces the provider: what is left out is gone, and the provider enabled again.
fn put(realm: &mut Realm, request: &Request, alias: &str) -> Reply {
    let representation = request.object(REPRESENTATION)?;
    check(&representation)?;
    if text_of(&representation, "alias").is_some_and(|new| new != alias) {
        return Err(Answer::invalid("Identity Provider alias cannot be changed"));
    }
    if let Some(stored) = realm.providers.by_alias.get_mut(alias) {
        let config = config_of(&representation, Some(&stored.config));
        let kind = stored.fields.get("providerId").cloned();
        *stored = provider(alias, stored.internal_id.clone(), &representation, config);
        // the kind of a provider never changes, whatever is sent
        stored.fields.extend(kind.map(|kind| ("providerId".to_owned(), kind)));
    }
    Ok(Answer::done())
}

fn mappers(realm: &mut Realm, context: &Context, request: &Request, alias: &str, rest: &[&str]) -> Reply {
    let missing = || Answer::not_found("Model not found");
    match (&request.method, rest) {
        (&Method::GET, []) => {
            let ours = realm.providers.mappers.values().filter(|mapper| mapper.alias == alias);
            Ok(Answer::found(ours.map(ProviderMapper::view).collect()))
        }
        (&Method::POST, []) => create_mapper(realm, context, request, alias),
        (&Method::GET, [id]) => {
            let mapper = realm.providers.mappers.get(*id).ok_or_else(missing)?;
            Ok(Answer::found(mapper.view()))
        }
        (&Method::PUT, [id]) => {
            if !realm.providers.mappers.contains_key(*id) {
                return Err(missing());
            }
            let representation = request.object(MAPPER)?;
            let sent = text_of(&representation, "id").ok_or_else(Answer::unhandled)?;
            let stored = realm.providers.mappers.get_mut(sent).ok_or_else(Answer::unhandled)?;
            *stored = mapper(stored.id.clone(), &representation).ok_or_else(Answer::duplicate)?;
            Ok(Answer::done())
        }
        (&Method::DELETE, [id]) => {
            realm.providers.mappers.remove(*id).ok_or_else(missing)?;
            Ok(Answer::done())
        }
        (_, [] | [_]) => Err(Answer::wrong_method()),
        _ => Err(Answer::nowhere()),
    }
}

fn create_mapper(realm: &mut Realm, context: &Context, request: &Request, alias: &str) -> Reply {
    let representation = request.object(MAPPER)?;
    let id = text_of(&representation, "id").map_or_else(ProviderMapperId::fresh, ProviderMapperId::from);
    let mapper = mapper(id, &representation).ok_or_else(Answer::duplicate)?;
    let taken = realm.providers.mappers.values().any(|old| old.alias == mapper.alias && old.name == mapper.name);
    if taken {
        let kind = realm.providers.by_alias.get(alias).and_then(|provider| text_of(&provider.fields, "providerId"));
        return Err(Answer::invalid(format!(
            "Failed to add mapper '{}' to identity provider [{}].",
            mapper.name,
            kind.unwrap_or_default()
        )));
    }
    let path = format!("identity-provider/instances/{}/mappers", super::context::segment(alias));
    let location = context.location(&path, mapper.id.as_str());
    realm.providers.mappers.insert(mapper.id.clone(), mapper);
    Ok(Answer::created(location))
}

/// A mapper from its representation; name and alias must be there.
fn mapper(id: ProviderMapperId, representation: &Map<String, Value>) -> Option<ProviderMapper> {
    let mut config = representation.get("config").map(settings_of).unwrap_or_default();
    config.retain(|_, value| !value.is_empty());
    Some(ProviderMapper {
        id,
        name: text_of(representation, "name")?.to_owned(),
        alias: text_of(representation, "identityProviderAlias")?.to_owned(),
        kind: text_of(representation, "identityProviderMapper").map(str::to_owned),
        config,
    })
}

/// Answers `POST /identity-provider/import-config`: makes a config of a discovery document. Only documents of this very
/// server can be fetched; any other address answers as one that cannot be reached.
pub(crate) fn import(world: &mut World, request: &Request) -> Reply {
    request.json_expected()?;
    let body = super::body::read(&request.body, &super::representations::Shape::Any)?;
    let url = body["fromUrl"].as_str().ok_or_else(|| Answer::bare(StatusCode::BAD_REQUEST))?;
    if !matches!(body["providerId"].as_str(), Some("oidc" | "keycloak-oidc")) {
        return Err(Answer::unhandled());
    }
    let path = url.strip_prefix(&world.base).ok_or_else(Answer::unhandled)?.to_owned();
    let inner = Request::new(Method::GET, &path, None, HeaderMap::new(), Bytes::new(), world.paths)?;
    let document = match world.answer(&inner) {
        Answer { status: StatusCode::OK, content: Content::PlainJson(document), .. } => document,
        _ => return Err(Answer::unhandled()),
    };
    let fields = [
        ("issuer", "issuer"),
        ("authorizationUrl", "authorization_endpoint"),
        ("tokenUrl", "token_endpoint"),
        ("userInfoUrl", "userinfo_endpoint"),
        ("logoutUrl", "end_session_endpoint"),
        ("jwksUrl", "jwks_uri"),
        ("tokenIntrospectionUrl", "introspection_endpoint"),
    ];
    let mut config = json!({"validateSignature": "true", "useJwksUrl": "true", "metadataDescriptorUrl": url});
    for (field, from) in fields {
        config[field] = document[from].clone();
    }
    Ok(Answer::found(config))
}
