//! Protocol mappers of clients and client scopes (server-behaviour 2.4, contract `client-scopes-and-mappers`).

use http::Method;
use serde_json::{Map, Value};

use super::answer::{Answer, Reply};
use super::context::{Context, segment};
use super::ids::MapperId;
use super::provider_types;
use super::request::Request;
use super::state::scopes::{Mapper, config_of};
use super::state::text_of;

const REPRESENTATION: &str = "ProtocolMapperRepresentation";

/// Answers below `/protocol-mappers` of a client or scope. `path` is where that holder is, below the realm; changes need
/// any of the roles `managers`.
pub(crate) fn answer(
    mappers: &mut Vec<Mapper>,
    context: &Context,
    request: &Request,
    path: &str,
    managers: &[&str],
    rest: &[&str],
) -> Reply {
    if request.method != Method::GET {
        context.rights.need(managers)?;
    }
    match (&request.method, rest) {
        (&Method::GET, ["models"]) => Ok(Answer::found(shown(mappers, |_| true))),
        (&Method::GET, ["protocol", protocol]) => {
            Ok(Answer::found(shown(mappers, |mapper| mapper.protocol.as_deref() == Some(protocol))))
        }
        (&Method::POST, ["models"]) => {
            let mapper = create(mappers, &request.object(REPRESENTATION)?)?;
            let place = format!("{path}/protocol-mappers/models");
            let location = context.location(&place, mapper.id.as_str());
            mappers.push(mapper);
            Ok(Answer::created(location))
        }
        (&Method::POST, ["add-models"]) => add_all(mappers, &request.list(REPRESENTATION)?),
        (&Method::GET, ["models", id]) => Ok(Answer::found(mappers[place_of(mappers, id)?].effective())),
        (&Method::PUT, ["models", id]) => {
            let at = place_of(mappers, id)?;
            put(mappers, at, &request.object(REPRESENTATION)?)
        }
        (&Method::DELETE, ["models", id]) => {
            let at = place_of(mappers, id)?;
            mappers.remove(at);
            Ok(Answer::done())
        }
        (_, ["models", _]) => Err(Answer::wrong_method()),
        _ => Err(Answer::nowhere()),
    }
}

/// The path of a holder of mappers below the realm.
pub(crate) fn path_of(list: &str, id: &str) -> String {
    format!("{list}/{}", segment(id))
}

/// A copy with an id of its own of the mapper of this name.
pub(crate) fn double(mappers: &mut Vec<Mapper>, name: &str) -> bool {
    let twin = mappers.iter().find(|mapper| mapper.name == name).cloned();
    mappers.extend(twin.clone().map(|mapper| Mapper { id: MapperId::fresh(), ..mapper }));
    twin.is_some()
}

/// Mappers as their end points show them; those of an unknown type are not shown.
fn shown(mappers: &[Mapper], wanted: impl Fn(&Mapper) -> bool) -> Value {
    let known = mappers.iter().filter(|mapper| provider_types::is_protocol_mapper(mapper.kind.as_deref()));
    known.filter(|mapper| wanted(mapper)).map(Mapper::effective).collect()
}

fn place_of(mappers: &[Mapper], id: &str) -> Result<usize, Answer> {
    let at = mappers.iter().position(|mapper| mapper.id.as_str() == id);
    at.ok_or_else(|| Answer::not_found("Model not found"))
}

fn known_kind(representation: &Map<String, Value>) -> Result<(), Answer> {
    if provider_types::is_protocol_mapper(text_of(representation, "protocolMapper")) {
        return Ok(());
    }
    Err(Answer::not_found("ProtocolMapper provider not found"))
}

fn taken(mappers: &[Mapper], representation: &Map<String, Value>) -> bool {
    let (name, protocol) = (text_of(representation, "name"), text_of(representation, "protocol"));
    mappers.iter().any(|mapper| Some(mapper.name.as_str()) == name && mapper.protocol.as_deref() == protocol)
}

fn create(mappers: &[Mapper], representation: &Map<String, Value>) -> Result<Mapper, Answer> {
    known_kind(representation)?;
    let same_id = |mapper: &Mapper| text_of(representation, "id") == Some(mapper.id.as_str());
    if taken(mappers, representation) || mappers.iter().any(same_id) {
        return Err(Answer::exists("Protocol mapper exists with same name"));
    }
    if text_of(representation, "name").is_none() || text_of(representation, "protocol").is_none() {
        return Err(Answer::duplicate());
    }
    Ok(Mapper::of(representation))
}

/// Adds all or none.
fn add_all(mappers: &mut Vec<Mapper>, representations: &[Map<String, Value>]) -> Reply {
    let mut all = mappers.clone();
    for representation in representations {
        known_kind(representation)?;
        if taken(&all, representation) {
            return Err(Answer::described(
                http::StatusCode::CONFLICT,
                "conflict",
                "Protocol mapper name must be unique per protocol",
            ));
        }
        all.push(create(&all, representation)?);
    }
    *mappers = all;
    Ok(Answer::done())
}

/// The body must carry type and id; the name is ignored, the config replaced as a whole.
fn put(mappers: &mut [Mapper], at: usize, representation: &Map<String, Value>) -> Reply {
    known_kind(representation)?;
    let named = text_of(representation, "id").is_some_and(|id| mappers.iter().any(|mapper| mapper.id.as_str() == id));
    if !named || representation.get("config").is_some_and(Value::is_null) {
        return Err(Answer::unhandled());
    }
    let mapper = &mut mappers[at];
    mapper.kind = text_of(representation, "protocolMapper").map(str::to_owned);
    mapper.config = config_of(representation);
    Ok(Answer::done())
}

/// The mappers that a new client or scope brings along. Only these are completed when they are stored: what userinfo
/// shows follows the id token where it is not said. `doubled` answers two of one name.
pub(crate) fn nested(representation: &Map<String, Value>, doubled: impl Fn() -> Answer) -> Result<Vec<Mapper>, Answer> {
    let list = representation.get("protocolMappers").and_then(Value::as_array);
    let mut mappers: Vec<Mapper> = Vec::new();
    for mapper in list.into_iter().flatten().filter_map(Value::as_object) {
        if text_of(mapper, "name").is_none() || text_of(mapper, "protocol").is_none() {
            return Err(Answer::duplicate());
        }
        if taken(&mappers, mapper) {
            return Err(doubled());
        }
        let mut mapper = Mapper::of(mapper);
        if let (false, Some(value)) =
            (mapper.config.contains_key("userinfo.token.claim"), mapper.config.get("id.token.claim").cloned())
        {
            mapper.config.insert("userinfo.token.claim".to_owned(), value);
        }
        mappers.push(mapper);
    }
    Ok(mappers)
}

/// Makes the mappers equal to a client's `protocolMappers`: adds, changes and deletes, matched by protocol and name.
pub(crate) fn sync(mappers: &[Mapper], list: &Value) -> Result<Vec<Mapper>, Answer> {
    let mut synced: Vec<Mapper> = Vec::new();
    for representation in list.as_array().into_iter().flatten().filter_map(Value::as_object) {
        if text_of(representation, "name").is_none() {
            return Err(Answer::unhandled());
        }
        let mut mapper = Mapper::of(representation);
        let stored = mappers.iter().find(|old| old.name == mapper.name && old.protocol == mapper.protocol);
        if let Some(stored) = stored {
            mapper.id = stored.id.clone();
        }
        synced.push(mapper);
    }
    Ok(synced)
}
