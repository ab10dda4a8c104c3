//! What a realm shows without the admin API: its public page, the discovery document, and the OpenID Connect end points.

use http::{Method, StatusCode};
use serde_json::json;

use super::answer::{Answer, Content, Reply};
use super::ids::random_word;
use super::request::Request;
use super::state::fresh;
use super::world::World;
use super::{claims, grants};

/// Answers a request below `/realms/{realm}`.
pub(crate) fn answer(world: &mut World, request: &Request, realm: &str, rest: &[&str]) -> Reply {
    let Some(found) = world.realm(realm) else { return Err(Answer::not_found("Realm does not exist")) };
    let get = request.method == Method::GET;
    let post = request.method == Method::POST;
    let base = &world.base;
    match rest {
        [] if get => Ok(Answer::found(json!({
            "realm": found.name,
            "public_key": random_word(392),
            "token-service": format!("{base}/realms/{realm}/protocol/openid-connect"),
            "account-service": format!("{base}/realms/{realm}/account"),
            "tokens-not-before": found.number("notBefore"),
        }))),
        [".well-known", "openid-configuration"] if get => Ok(Answer::plain(fresh::discovery(base, realm))),
        ["protocol", "openid-connect", "token"] if post => grants::answer(world, request, realm),
        ["protocol", "openid-connect", "token", "introspect"] if post => claims::introspect(world, request, realm),
        ["protocol", "openid-connect", "userinfo"] if get || post => claims::userinfo(world, request, realm),
        ["protocol", "openid-connect", "logout"] if post => grants::logout(world, request, realm),
        ["protocol", "openid-connect", "certs"] if get => Ok(Answer::plain(json!({ "keys": [] }))),
        [] | [".well-known", "openid-configuration"] => Err(Answer::wrong_method()),
        ["protocol", "openid-connect", "token" | "userinfo" | "logout" | "certs"]
        | ["protocol", "openid-connect", "token", "introspect"] => Err(Answer::wrong_method()),
        _ => Err(Answer::nowhere()),
    }
}

/// A failure of an OpenID Connect end point.
pub(crate) fn refused(status: StatusCode, error: &str, description: &str) -> Answer {
    Answer::described(status, error, description)
}

/// 204 or 200 without a body.
pub(crate) fn nothing(status: StatusCode) -> Answer {
    Answer::with(status, Content::Empty)
}
