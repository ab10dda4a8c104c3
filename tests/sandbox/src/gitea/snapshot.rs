//! All state as one sorted value, so that a test can compare what was there before and after.

use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value, json};

use super::accounts::Account;
use super::repositories::Repository;
use super::world::{Owner, World};

/// Every object by name, numbers included. Secrets are left out.
pub(crate) fn of(world: &World) -> Value {
    let accounts =
        |organisations: bool| world.accounts.all().filter(move |account| account.is_organisation() == organisations);
    let repository = |repository: &Repository| (path(world, repository), of_repository(world, repository));
    json!({
        "users": accounts(false).map(|account| (account.name.clone(), of_user(world, account))).collect::<Map<_, _>>(),
        "organisations":
            accounts(true).map(|account| (account.name.clone(), of_organisation(world, account))).collect::<Map<_, _>>(),
        "repositories": world.repositories.all().map(repository).collect::<Map<_, _>>(),
    })
}

/// What no answer shows: secrets by the objects that hold them.
pub(crate) fn hidden(world: &World) -> Value {
    let hooks = world.hooks.all().map(|hook| (hook.id.to_string(), exposed(&hook.secret)));
    let applications = world.applications.all().map(|found| (found.client_id.clone(), exposed(&found.secret)));
    let secrets = world.secrets.all().map(|secret| {
        let place = match secret.owner {
            Owner::Repository(id) => world.repositories.get(id).map(|found| path(world, found)).unwrap_or_default(),
            Owner::Organisation(id) => name(world, id),
            Owner::Server => String::new(),
        };
        (format!("{place}/{}", secret.name), exposed(&secret.value))
    });
    json!({
        "hooks": hooks.collect::<Map<_, _>>(),
        "applications": applications.collect::<Map<_, _>>(),
        "secrets": secrets.collect::<Map<_, _>>(),
    })
}

#[expect(clippy::disallowed_methods, reason = "tests compare what no answer shows")]
fn exposed(secret: &SecretString) -> Value {
    json!(secret.expose_secret())
}

fn name(world: &World, account: i64) -> String {
    world.accounts.get(account).map(|account| account.name.clone()).unwrap_or_default()
}

fn path(world: &World, repository: &Repository) -> String {
    format!("{}/{}", name(world, repository.owner), repository.name)
}

fn of_user(world: &World, account: &Account) -> Value {
    let applications = world.applications.all().filter(|found| found.user == account.id).map(|found| {
        json!({
            "id": found.id, "name": found.name, "clientId": found.client_id, "confidential": found.confidential,
            "redirectUris": found.redirect_uris,
        })
    });
    let tokens = world.tokens.all().filter(|token| token.user == account.id);
    let person = account.person();
    json!({
        "id": account.id, "email": account.email, "fullName": account.full_name, "visibility": account.visibility,
        "loginName": person.map(|person| person.login_name.as_str()),
        "isAdmin": person.map(|person| person.is_admin), "active": person.map(|person| person.active),
        "prohibitLogin": person.map(|person| person.prohibit_login),
        "restricted": person.map(|person| person.restricted),
        "mustChangePassword": person.map(|person| person.must_change_password),
        "applications": applications.collect::<Vec<_>>(),
        "tokens": tokens.map(|token| (token.name.clone(), json!(token.scopes))).collect::<Map<_, _>>(),
    })
}

fn of_organisation(world: &World, account: &Account) -> Value {
    let owner = Owner::Organisation(account.id);
    let teams = world.teams_of(account.id).map(|team| {
        let repositories = team.repositories.iter().filter_map(|id| world.repositories.get(*id));
        let mut view = team.view();
        view["members"] = team.members.iter().map(|id| name(world, *id)).collect();
        view["repositories"] = repositories.map(|repository| repository.name.clone()).collect();
        (team.name.clone(), view)
    });
    let mut view = world.organisation_view(account);
    view["teams"] = Value::Object(teams.collect());
    view["hooks"] = hooks(world, owner);
    view["labels"] = labels(world, owner);
    view["secrets"] = secrets(world, owner);
    view
}

fn of_repository(world: &World, repository: &Repository) -> Value {
    let owner = Owner::Repository(repository.id);
    let keys = world.deploy_keys.all().filter(|key| key.repository == repository.id);
    let rules = world.branch_protections.all().filter(|rule| rule.repository == repository.id);
    let collaborators = repository.collaborators.iter().map(|(id, access)| (name(world, *id), json!(access.word())));
    json!({
        "id": repository.id, "description": repository.description, "website": repository.website,
        "private": repository.private, "template": repository.template, "archived": repository.archived.is_some(),
        "defaultBranch": repository.default_branch, "branches": repository.branches, "topics": repository.topics,
        "settings": repository.settings, "collaborators": collaborators.collect::<Map<_, _>>(),
        "deployKeys": keys.map(|key| (key.title.clone(), json!([key.id, key.fingerprint, key.read_only]))).collect::<Map<_, _>>(),
        "branchProtections": rules.map(|rule| (rule.name.clone(), json!(rule.settings))).collect::<Map<_, _>>(),
        "hooks": hooks(world, owner), "labels": labels(world, owner), "secrets": secrets(world, owner),
    })
}

fn hooks(world: &World, owner: Owner) -> Value {
    let own = world.hooks.all().filter(|hook| hook.owner == owner);
    own.map(|hook| {
        json!({
            "id": hook.id, "type": hook.kind, "url": hook.url, "contentType": hook.content_type, "events": hook.events,
            "branchFilter": hook.branch_filter, "active": hook.active,
        })
    })
    .collect()
}

fn labels(world: &World, owner: Owner) -> Value {
    let own = world.labels.all().filter(|label| label.owner == owner);
    own.map(|label| json!([label.id, label.name, label.color, label.description, label.exclusive, label.archived]))
        .collect()
}

fn secrets(world: &World, owner: Owner) -> Value {
    world.secrets.all().filter(|secret| secret.owner == owner).map(|secret| secret.name.clone()).collect()
}
