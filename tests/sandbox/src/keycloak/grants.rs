//! The token end point: password, client credentials and refresh (server-behaviour 2.1, contract `tokens`).

use http::StatusCode;

use super::answer::{Answer, Reply};
use super::ids::{ClientKey, SessionId, UserId};
use super::public::{nothing, refused};
use super::request::{Query, Request};
use super::state::Realm;
use super::state::clients::Client;
use super::state::scopes::Scope;
use super::state::users::User;
use super::tokens::{Login, RefreshRefusal, token_id};
use super::world::World;

const BAD: StatusCode = StatusCode::BAD_REQUEST;
const DENIED: StatusCode = StatusCode::UNAUTHORIZED;
const BAD_CLIENT: &str = "Invalid client or Invalid client credentials";

/// Answers `POST …/token`.
pub(crate) fn answer(world: &mut World, request: &Request, realm_name: &str) -> Reply {
    let form = form(request);
    let Some(realm) = world.realm(realm_name) else { return Err(Answer::not_found("Realm does not exist")) };
    if !realm.flag("enabled") {
        return Err(refused(StatusCode::FORBIDDEN, "access_denied", "Realm not enabled"));
    }
    let Some(grant) = form.get("grant_type") else {
        return Err(refused(BAD, "invalid_request", "Missing form parameter: grant_type"));
    };
    if !matches!(grant, "password" | "client_credentials" | "refresh_token" | "authorization_code") {
        return Err(refused(BAD, "unsupported_grant_type", "Unsupported grant_type"));
    }
    let client = authenticate(realm, request, &form)?;
    let login = match grant {
        "password" => password(world, realm, client, &form)?,
        "client_credentials" => credentials(world, realm, client, &form)?,
        "refresh_token" => refreshed(world, client, &form)?,
        _ if form.get("code").is_none() => return Err(refused(BAD, "invalid_request", "Missing parameter: code")),
        _ => return Err(refused(BAD, "invalid_grant", "Code not valid")),
    };
    let lifespan = client.attributes.get("access.token.lifespan").and_then(|text| text.parse().ok());
    let lifetime = lifespan.unwrap_or_else(|| realm.number("accessTokenLifespan"));
    let idle = realm.number("ssoSessionIdleTimeout");
    Ok(Answer::plain(world.tokens.issue(login, lifetime, idle)))
}

/// Answers `POST …/logout`: ends the session of a refresh token.
pub(crate) fn logout(world: &mut World, request: &Request, realm_name: &str) -> Reply {
    let form = form(request);
    let Some(realm) = world.realm(realm_name) else { return Err(Answer::not_found("Realm does not exist")) };
    authenticate(realm, request, &form)?;
    let token = form.get("refresh_token").unwrap_or_default();
    match world.tokens.end(token) {
        Some(()) => Ok(nothing(StatusCode::NO_CONTENT)),
        None => Err(refused(BAD, "invalid_grant", "Invalid refresh token")),
    }
}

/// The fields of a form body; anything that is no form has none.
pub(crate) fn form(request: &Request) -> Query {
    if request.content_type().as_deref() != Some("application/x-www-form-urlencoded") {
        return Query::default();
    }
    Query::new(&String::from_utf8_lossy(&request.body))
}

/// The client that asks: by `client_id` and `client_secret`, or by basic authorization. A public client needs no secret.
pub(crate) fn authenticate<'a>(realm: &'a Realm, request: &Request, form: &Query) -> Result<&'a Client, Answer> {
    let basic = basic(request);
    let (id, secret) = match &basic {
        Some((id, secret)) => (Some(id.as_str()), Some(secret.as_str())),
        None => (form.get("client_id"), form.get("client_secret")),
    };
    let client = id.and_then(|id| realm.clients.named(id)).filter(|client| client.flag("enabled"));
    let Some(client) = client else { return Err(refused(DENIED, "invalid_client", BAD_CLIENT)) };
    if client.flag("bearerOnly") {
        return Err(refused(BAD, "invalid_client", "Bearer-only not allowed"));
    }
    if !client.flag("publicClient") && (secret.is_none() || client.secret() != secret) {
        return Err(wrong_secret());
    }
    Ok(client)
}

/// The answer to a client whose secret is wrong or missing.
pub(crate) fn wrong_secret() -> Answer {
    refused(DENIED, "unauthorized_client", BAD_CLIENT)
}

fn basic(request: &Request) -> Option<(String, String)> {
    let (scheme, encoded) = request.header("authorization")?.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let text = String::from_utf8(unbase64(encoded.trim())?).ok()?;
    let (user, secret) = text.split_once(':')?;
    Some((user.to_owned(), secret.to_owned()))
}

/// Decodes base64 (RFC 4648, section 4).
fn unbase64(text: &str) -> Option<Vec<u8>> {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut bytes = Vec::with_capacity(text.len() * 3 / 4);
    let (mut held, mut bits) = (0_u32, 0_u32);
    for letter in text.trim_end_matches('=').bytes() {
        let value = u32::try_from(LETTERS.iter().position(|candidate| *candidate == letter)?).ok()?;
        held = (held << 6 | value) & 0xffff;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from(held >> bits & 0xff).ok()?);
        }
    }
    Some(bytes)
}

fn password(world: &World, realm: &Realm, client: &Client, form: &Query) -> Result<Login, Answer> {
    if !client.flag("directAccessGrantsEnabled") {
        return Err(refused(BAD, "unauthorized_client", "Client not allowed for direct access grants"));
    }
    let wrong = || refused(BAD, "invalid_grant", "Invalid user credentials");
    let name = form.get("username").map(str::to_lowercase).ok_or_else(wrong)?;
    let by_email = || realm.users.with_email(&name).filter(|_| realm.flag("loginWithEmailAllowed"));
    let user = realm.users.named(&name).or_else(by_email).ok_or_else(wrong)?;
    let sent = form.get("password").unwrap_or_default();
    if !user.password.as_ref().is_some_and(|password| password.is(sent)) {
        return Err(wrong());
    }
    if !user.enabled {
        return Err(refused(BAD, "invalid_grant", "Account disabled"));
    }
    if !user.required_actions.is_empty() || lacks_profile(realm, user) {
        return Err(refused(BAD, "invalid_grant", "Account is not fully set up"));
    }
    login(world, realm, client, user, form, true)
}

/// Whether a field is empty that the user profile requires of users: then the user must complete it first.
fn lacks_profile(realm: &Realm, user: &User) -> bool {
    let declared = realm.profile["attributes"].as_array().into_iter().flatten();
    let mut required = declared.filter(|attribute| {
        let roles = attribute["required"]["roles"].as_array();
        roles.is_some_and(|roles| roles.iter().any(|role| role == "user"))
    });
    required.any(|attribute| {
        let value = match attribute["name"].as_str().unwrap_or_default() {
            "username" => Some(&user.username),
            "email" => user.email.as_ref(),
            "firstName" => user.first_name.as_ref(),
            "lastName" => user.last_name.as_ref(),
            other => user.attributes.get(other).and_then(|values| values.first()),
        };
        value.is_none_or(String::is_empty)
    })
}

fn credentials(world: &World, realm: &Realm, client: &Client, form: &Query) -> Result<Login, Answer> {
    if client.flag("publicClient") {
        return Err(refused(DENIED, "unauthorized_client", "Public client not allowed to retrieve service account"));
    }
    let user = client.service_user.as_ref().filter(|_| client.flag("serviceAccountsEnabled"));
    let Some(user) = user.and_then(|id| realm.users.get(id.as_str())) else {
        return Err(refused(DENIED, "unauthorized_client", "Client not enabled to retrieve service account"));
    };
    login(world, realm, client, user, form, false)
}

fn refreshed(world: &World, client: &Client, form: &Query) -> Result<Login, Answer> {
    let bad = |text: &str| refused(BAD, "invalid_grant", text);
    let Some(token) = form.get("refresh_token") else {
        return Err(refused(BAD, "invalid_request", "No refresh token"));
    };
    let login = world.tokens.refresh(token, world.now()).map_err(|refusal| match refusal {
        RefreshRefusal::Invalid => bad("Invalid refresh token"),
        RefreshRefusal::Ended => bad("Session not active"),
    })?;
    if login.client != client.key {
        return Err(bad("Invalid refresh token. Token client and authorized client don't match"));
    }
    Ok(Login { issued: world.now(), token_id: token_id(), ..login.clone() })
}

fn login(
    world: &World,
    realm: &Realm,
    client: &Client,
    user: &User,
    form: &Query,
    refreshable: bool,
) -> Result<Login, Answer> {
    let (scopes, scope) = granted(realm, client, form.get("scope"))?;
    Ok(Login {
        realm_id: realm.id.clone(),
        client: ClientKey::clone(&client.key),
        user: UserId::clone(&user.id),
        scopes,
        scope,
        session: SessionId::fresh(),
        issued: world.now(),
        expires: 0,
        token_id: token_id(),
        refreshable,
    })
}

/// The scopes of a login: the client's defaults and the optional ones that were asked for; and the words of the answer.
fn granted(realm: &Realm, client: &Client, asked: Option<&str>) -> Result<(Vec<String>, String), Answer> {
    let empty = asked.is_some_and(|asked| asked.trim().is_empty());
    let asked: Vec<&str> = asked.unwrap_or_default().split_whitespace().collect();
    let scope = |id: &str| realm.scopes.get(id).filter(|scope| scope.protocol == "openid-connect");
    let defaults = client.default_scopes.iter().filter_map(|id| scope(id.as_str()));
    let optional = client.optional_scopes.iter().filter_map(|id| scope(id.as_str()));
    let optional: Vec<&Scope> = optional.filter(|scope| asked.contains(&scope.name.as_str())).collect();
    let all: Vec<&Scope> = defaults.chain(optional).collect();
    let unknown = |word: &&&str| **word != "openid" && !all.iter().any(|scope| scope.name == **word);
    if empty || asked.iter().any(|word| unknown(&word)) {
        return Err(refused(BAD, "invalid_scope", &format!("Invalid scopes: {}", asked.join(" "))));
    }
    let shown = |scope: &&&Scope| scope.attributes.get("include.in.token.scope").is_none_or(|value| value == "true");
    let mut words: Vec<&str> = all.iter().filter(shown).map(|scope| scope.name.as_str()).collect();
    if asked.contains(&"openid") && !words.contains(&"openid") {
        words.push("openid");
    }
    words.sort_unstable();
    let mut names: Vec<String> = all.iter().map(|scope| scope.name.clone()).collect();
    if asked.contains(&"openid") && !names.iter().any(|name| name == "openid") {
        names.push("openid".to_owned());
    }
    Ok((names, words.join(" ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_decoded() {
        assert_eq!(unbase64("YXBwOmFwcC1zZWNyZXQ="), Some(b"app:app-secret".to_vec()));
        assert_eq!(unbase64("YQ=="), Some(b"a".to_vec()));
        assert_eq!(unbase64("%%"), None);
    }

    #[test]
    fn form_fields_are_unescaped() {
        let form = Query::new("a=b+c&d=%C3%A9%2B");
        assert_eq!(form.get("d"), Some("é+"));
        assert_eq!(form.get("a"), Some("b c"));
    }
}
