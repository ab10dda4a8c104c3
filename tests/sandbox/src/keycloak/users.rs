//! Users: reading, searching, memberships and role mappings (contracts `users`, `large-lists`).

use http::Method;
use serde_json::{Value, json};

use super::access::effective_roles;
use super::answer::{Answer, Reply};
use super::context::{Context, roles as right};
use super::ids::{GroupId, RoleId, UserId};
use super::paging::Window;
use super::request::{Query, Request};
use super::state::Attributes;
use super::state::Realm;
use super::state::users::User;
use super::{credentials, federated_identities, groups, role_mappings, user_changes, user_profile};

/// Rows of a list of users where `max` is not sent.
const PAGE: usize = 100;

/// Answers below `/users`.
pub(crate) fn answer(realm: &mut Realm, context: &Context, request: &Request, rest: &[&str]) -> Reply {
    let get = request.method == Method::GET;
    match rest {
        [] | ["count"] if get => {
            context.rights.need(right::LIST_USERS)?;
            if rest.is_empty() { list(realm, context, request) } else { count(realm, request) }
        }
        [] if request.method == Method::POST => {
            context.rights.need(right::MANAGE_USERS)?;
            user_changes::create(realm, context, request)
        }
        [] | ["count"] => Err(Answer::wrong_method()),
        ["profile", rest @ ..] => user_profile::answer(realm, context, request, rest),
        [id, rest @ ..] => {
            // who may search for users may know which are not there
            context.rights.need(if get { right::LIST_USERS } else { right::MANAGE_USERS })?;
            let user = realm.users.get(id).map(|user| user.id.clone());
            let user = user.ok_or_else(|| Answer::not_found("User not found"))?;
            context.rights.need(if get { right::VIEW_USERS } else { right::MANAGE_USERS })?;
            one(realm, context, request, &user, rest)
        }
    }
}

fn one(realm: &mut Realm, context: &Context, request: &Request, id: &UserId, rest: &[&str]) -> Reply {
    let Some(user) = realm.users.get(id.as_str()) else { return Err(Answer::nowhere()) };
    match (&request.method, rest) {
        (&Method::GET, []) => Ok(Answer::found(whole(realm, context, request, user))),
        (&Method::PUT, []) => user_changes::put(realm, context, request, id),
        (&Method::DELETE, []) => {
            realm.users.remove(id);
            Ok(Answer::done())
        }
        (_, ["groups", rest @ ..]) => memberships(realm, request, id, rest),
        (_, ["role-mappings", rest @ ..]) => mappings(realm, context, request, id, rest),
        (_, ["federated-identity", rest @ ..]) => federated_identities::answer(realm, request, id, rest),
        (_, ["credentials" | "reset-password", ..]) => credentials::answer(realm, context, request, id, rest),
        _ => Err(Answer::nowhere()),
    }
}

/// A user as lists show it.
fn view(realm: &Realm, user: &User, brief: bool) -> Value {
    let mut view = json!({
        "id": user.id.as_str(),
        "username": user.username,
        "emailVerified": user.email_verified,
        "enabled": user.enabled,
        "createdTimestamp": user.created,
    });
    let names = [("email", &user.email), ("firstName", &user.first_name), ("lastName", &user.last_name)];
    for (name, value) in names {
        if let Some(value) = value {
            view[name] = json!(value);
        }
    }
    if brief {
        return view;
    }
    view["totp"] = json!(false);
    view["disableableCredentialTypes"] = json!([]);
    view["requiredActions"] = json!(user.required_actions);
    view["notBefore"] = json!(user.not_before);
    let attributes = user_profile::visible(realm, &user.attributes);
    if !attributes.is_empty() {
        view["attributes"] = json!(attributes);
    }
    view
}

/// A service account's user as its client shows it: without `access`.
pub(crate) fn service_account(realm: &Realm, user: &User) -> Value {
    view(realm, user, false)
}

fn whole(realm: &Realm, context: &Context, request: &Request, user: &User) -> Value {
    let mut view = view(realm, user, false);
    let manage = context.rights.any(right::MANAGE_USERS);
    view["access"] = json!({
        "manageGroupMembership": manage,
        "resetPassword": manage,
        "view": true,
        "mapRoles": manage,
        "impersonate": context.rights.any(&["impersonation"]),
        "manage": manage,
    });
    if !realm.providers.by_alias.is_empty() {
        view["federatedIdentities"] = federated_identities::shown(realm, user);
    }
    if request.query.flag("userProfileMetadata") == Some(true) {
        view["userProfileMetadata"] = user_profile::metadata(realm, true);
    }
    view
}

fn rows<'a>(realm: &Realm, query: &Query, users: impl Iterator<Item = &'a User>) -> Value {
    let brief = query.flag("briefRepresentation").unwrap_or(false);
    users.map(|user| view(realm, user, brief)).collect()
}

fn with_access(mut rows: Value, manage: bool) -> Value {
    for row in rows.as_array_mut().into_iter().flatten() {
        row["access"] = json!({ "manage": manage });
    }
    rows
}

/// Users in order of name, service accounts left out.
fn list(realm: &Realm, context: &Context, request: &Request) -> Reply {
    let window = Window::of(&request.query, Some(PAGE))?;
    if !context.rights.any(right::VIEW_USERS) {
        return Ok(Answer::found(json!([])));
    }
    let found = match Filter::of(&request.query) {
        Filter::Everybody => {
            rows(realm, &request.query, window.cut(realm.users.people()).filter_map(|id| realm.users.get(id.as_str())))
        }
        filter => rows(realm, &request.query, window.cut(realm.users.all().filter(|user| filter.admits(user)))),
    };
    Ok(Answer::found(with_access(found, context.rights.any(right::MANAGE_USERS))))
}

/// Who may only query users is shown none of them, and told their true number (seen on 26.7.3).
fn count(realm: &Realm, request: &Request) -> Reply {
    let count = match Filter::of(&request.query) {
        Filter::Everybody => realm.users.people().count(),
        filter => realm.users.all().filter(|user| filter.admits(user)).count(),
    };
    Ok(Answer::found(json!(count)))
}

/// The fields that users are searched by.
const FILTERS: [&str; 8] = ["username", "email", "firstName", "lastName", "enabled", "emailVerified", "q", "idpAlias"];

/// What users are searched for. A `search` wins over the fields.
enum Filter<'a> {
    Everybody,
    Id(&'a str),
    /// Each word must match the beginning of a name or the email; `*` stands for anything, quotes ask for the whole.
    Words(Vec<String>),
    Fields {
        query: &'a Query,
        exact: bool,
    },
}

impl<'a> Filter<'a> {
    fn of(query: &'a Query) -> Self {
        let search = query.get("search").map(str::trim).filter(|text| !text.is_empty());
        match search.map(|text| text.strip_prefix("id:").ok_or(text)) {
            Some(Ok(id)) => Self::Id(id.trim()),
            Some(Err(text)) => Self::Words(text.to_lowercase().split_whitespace().map(str::to_owned).collect()),
            None if !FILTERS.iter().any(|name| query.get(name).is_some()) => Self::Everybody,
            None => Self::Fields { query, exact: query.flag("exact").unwrap_or(false) },
        }
    }

    fn admits(&self, user: &User) -> bool {
        if user.service_of.is_some() {
            return false;
        }
        let texts = [Some(&user.username), user.email.as_ref(), user.first_name.as_ref(), user.last_name.as_ref()];
        match self {
            Self::Everybody => true,
            Self::Id(id) => id.split_whitespace().any(|id| user.id.as_str() == id),
            Self::Words(words) => words
                .iter()
                .all(|word| texts.into_iter().flatten().any(|text| matches_word(&text.to_lowercase(), word))),
            Self::Fields { query, exact } => {
                let fields = ["username", "email", "firstName", "lastName"].into_iter().zip(texts);
                fields.into_iter().all(|(name, text)| field(query, name, text, *exact))
                    && query.flag("enabled").is_none_or(|flag| flag == user.enabled)
                    && query.flag("emailVerified").is_none_or(|flag| flag == user.email_verified)
                    && query.get("q").is_none_or(|pairs| has_attributes(&user.attributes, pairs))
                    && query.get("idpAlias").is_none_or(|alias| user.federated_identities.contains_key(alias))
            }
        }
    }
}

/// Whether the attributes hold every `name:value` of a query, in letters of any size (contract users).
fn has_attributes(attributes: &Attributes, pairs: &str) -> bool {
    pairs.split_whitespace().all(|pair| {
        let (name, value) = pair.split_once(':').unwrap_or((pair, ""));
        let same = |held: &String| held.to_lowercase() == value.to_lowercase();
        attributes.get(name).is_some_and(|values| values.iter().any(same))
    })
}

fn field(query: &Query, name: &str, text: Option<&String>, exact: bool) -> bool {
    let Some(wanted) = query.get(name).map(str::to_lowercase).filter(|wanted| !wanted.is_empty()) else { return true };
    let text = text.map(|text| text.to_lowercase());
    text.is_some_and(|text| if exact { text == wanted } else { text.contains(&wanted) })
}

/// Whether a text is what a word of a search asks for: `word` and `word*` its beginning, `"word"` the whole.
fn matches_word(text: &str, word: &str) -> bool {
    if let Some(whole) = word.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        return text == whole;
    }
    let mut parts = word.split('*');
    let Some(mut rest) = text.strip_prefix(parts.next().unwrap_or_default()) else { return false };
    for part in parts {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    true
}

/// Members of a group.
pub(crate) fn members(realm: &Realm, request: &Request, group: &GroupId) -> Reply {
    let window = Window::of(&request.query, Some(PAGE))?;
    Ok(Answer::found(rows(realm, &request.query, window.cut(realm.users.members(group)))))
}

/// Users who have a role themselves.
pub(crate) fn holding(realm: &Realm, context: &Context, request: &Request, role: &RoleId) -> Reply {
    let window = Window::of(&request.query, Some(PAGE))?;
    let found = window.cut(realm.users.holding(role));
    let manage = context.rights.any(right::MANAGE_USERS);
    Ok(Answer::found(with_access(rows(realm, &request.query, found), manage)))
}

fn memberships(realm: &mut Realm, request: &Request, id: &UserId, rest: &[&str]) -> Reply {
    let Some(user) = realm.users.get(id.as_str()) else { return Err(Answer::nowhere()) };
    match (&request.method, rest) {
        (&Method::GET, ["count"]) => Ok(Answer::found(json!({ "count": user.groups.len() }))),
        (&Method::GET, []) => {
            let window = Window::of(&request.query, None)?;
            let search = request.query.get("search").unwrap_or_default().to_lowercase();
            let found = user.groups.iter().filter_map(|group| realm.groups.get(group.as_str()));
            let mut found: Vec<_> = found.filter(|group| group.name.to_lowercase().contains(&search)).collect();
            found.sort_by(|one, other| one.name.cmp(&other.name));
            let brief = request.query.flag("briefRepresentation").unwrap_or(true);
            let shown = window.cut(found.into_iter());
            Ok(Answer::found(shown.map(|group| groups::mention_in(realm, group, brief)).collect()))
        }
        (&Method::PUT | &Method::DELETE, [group]) => {
            let group = realm.groups.get(group).ok_or_else(|| Answer::not_found("Group not found"))?.id.clone();
            let join = request.method == Method::PUT;
            realm.users.change(id, |user| {
                if join {
                    user.groups.insert(group);
                } else {
                    user.groups.remove(&group);
                }
            });
            Ok(Answer::done())
        }
        (_, [] | [_]) => Err(Answer::nowhere()),
        _ => Err(Answer::nowhere()),
    }
}

fn mappings(realm: &mut Realm, context: &Context, request: &Request, id: &UserId, rest: &[&str]) -> Reply {
    let Some(user) = realm.users.get(id.as_str()) else { return Err(Answer::nowhere()) };
    let effective = || effective_roles(realm, id);
    let (answer, change) = role_mappings::answer(realm, context, request, rest, &user.roles, effective)?;
    if change != role_mappings::Change::default() {
        realm.users.change(id, |user| {
            user.roles.extend(change.map);
            user.roles.retain(|role| !change.unmap.contains(role));
        });
    }
    Ok(answer)
}

#[cfg(test)]
mod tests {
    use super::matches_word;

    #[test]
    fn a_word_matches_the_beginning_unless_it_has_stars_or_quotes() {
        assert!(matches_word("john", "jo"));
        assert!(!matches_word("john", "ohn"));
        assert!(matches_word("john", "*ohn*"));
        assert!(matches_word("john", "jo*n"));
        assert!(matches_word("john", "\"john\""));
        assert!(!matches_word("johnny", "\"john\""));
    }
}
