//! Ours is this very object: what others have put into it keeps it, and what the account may not see is not taken for gone (law 5).

use std::collections::BTreeSet;

use evenkeel_core::object::ObjectId;
use evenkeel_engine::{exit_code::ExitCode, run::Finished};
use reqwest::Method;
use serde_json::{Value, json};

use super::Keycloak;
use crate::{
    bench::{Bench, told},
    prune::{about_to_go, deleted, expect_others_keep, left_behind, made_by_others, prune},
    subject::Subject,
};

/// What has no id of its own.
const RELATIONS: [&str; 13] = [
    "client-default-scope",
    "client-optional-scope",
    "client-role-composite",
    "composite",
    "default-client-scope",
    "default-role",
    "federated-identity",
    "group-role",
    "membership",
    "optional-client-scope",
    "scope-mapping",
    "service-account-role",
    "user-role",
];

fn object(text: &str) -> ObjectId {
    text.parse().unwrap()
}

/// What a run says about an object that stays.
fn said_of(finished: &Finished, name: &str) -> String {
    let notes = finished.report.notes.iter().filter(|note| note.object == object(name));
    notes.map(|note| note.message.as_str()).collect::<Vec<_>>().join("\n")
}

/// The run leaves the object and says that this is in the way.
fn expect_in_the_way(finished: &Finished, name: &str, in_the_way: &str) {
    assert_eq!(finished.exit_code, ExitCode::Converged, "{}", told(finished));
    assert!(!deleted(finished).contains(&object(name)), "{name} was deleted");
    let said = said_of(finished, name);
    assert!(said.contains("it would take along") && said.contains(in_the_way), "{name}: {said}");
}

impl Keycloak {
    async fn add_mapper(&self, owner: &str) {
        let mapper = json!({"name": "theirs", "protocol": "openid-connect", "protocolMapper": "oidc-full-name-mapper",
                            "config": {"id.token.claim": "true"}});
        self.send(Method::POST, &format!("{owner}/protocol-mappers/models"), mapper).await;
    }
}

#[tokio::test]
async fn keycloak_group_with_a_member_of_others_stays_until_the_member_has_left() {
    let bench = left_behind::<Keycloak>().await;
    let external = {
        let group = bench.subject.id("/groups", "name", "auditors").await;
        bench.subject.id(&format!("/groups/{group}/children"), "name", "external").await
    };
    let mallory = json!({"username": "mallory", "email": "Mallory@example.com", "enabled": true});
    bench.subject.send(Method::POST, "/users", mallory).await;
    let place = format!("/users/{}/groups/{external}", bench.subject.user("mallory").await);
    bench.subject.send(Method::PUT, &place, Value::Null).await;
    let finished = prune(&bench, true).await;
    for group in ["group/auditors", "group/auditors/external"] {
        expect_in_the_way(&finished, group, "`membership/auditors\\/external/mallory@example.com`, which is not ours");
    }
    bench.subject.send(Method::DELETE, &place, Value::Null).await;
    let both = BTreeSet::from([object("group/auditors"), object("group/auditors/external")]);
    assert_eq!(deleted(&prune(&bench, true).await), both);
}

#[tokio::test]
async fn keycloak_group_with_a_group_of_others_stays_with_it() {
    let bench = left_behind::<Keycloak>().await;
    let group = bench.subject.id("/groups", "name", "auditors").await;
    let external = bench.subject.id(&format!("/groups/{group}/children"), "name", "external").await;
    // Of a name that no path of ours can have.
    bench.subject.send(Method::POST, &format!("/groups/{external}/children"), json!({"name": "a/b"})).await;
    let finished = prune(&bench, true).await;
    for group in ["group/auditors", "group/auditors/external"] {
        expect_in_the_way(&finished, group, "`group/auditors/external/a\\/b`, which is not ours");
    }
}

#[tokio::test]
async fn keycloak_group_goes_with_the_members_that_the_values_put_there() {
    let bench = Bench::<Keycloak>::converged().await;
    let urls = bench.subject.urls();
    let grace = "users:\n  - {email: grace@example.com, teams: [beta]}\n  - {email: eve@example.com, teams: [beta]}\n";
    bench.declare(&[Keycloak::values(&urls), vec![("90-more.yaml", grace.to_owned())]].concat());
    bench.converge().await;
    let only_grace = "users: [{email: grace@example.com}]\nteams: {beta: null}\n";
    bench.declare(&[Keycloak::values(&urls), vec![("90-more.yaml", only_grace.to_owned())]].concat());
    // Eve stays, for want of the second word, and is ours.
    let finished = prune(&bench, false).await;
    assert!(deleted(&finished).contains(&object("group/team-beta")), "{}", told(&finished));
    assert!(bench.subject.user("eve@example.com").await.len() > 1);
}

#[tokio::test]
async fn keycloak_client_with_a_role_or_mapper_of_others_stays() {
    for role in [true, false] {
        let bench = left_behind::<Keycloak>().await;
        let client = format!("/clients/{}", bench.subject.id("/clients", "clientId", "audit").await);
        let in_the_way = if role {
            bench.subject.send(Method::POST, &format!("{client}/roles"), json!({"name": "theirs"})).await;
            "`client-role/audit/theirs`, which is not ours"
        } else {
            bench.subject.add_mapper(&client).await;
            "`protocol-mapper/client/audit/theirs`, which is not ours"
        };
        expect_in_the_way(&prune(&bench, true).await, "client/audit", in_the_way);
    }
}

#[tokio::test]
async fn keycloak_scope_and_provider_with_a_mapper_of_others_stay() {
    let bench = left_behind::<Keycloak>().await;
    let scope = format!("/client-scopes/{}", bench.subject.id("/client-scopes", "name", "audit").await);
    bench.subject.add_mapper(&scope).await;
    let mapper = json!({"name": "theirs", "identityProviderAlias": "partner", "config": {},
                        "identityProviderMapper": "hardcoded-user-session-attribute-idp-mapper"});
    bench.subject.send(Method::POST, "/identity-provider/instances/partner/mappers", mapper).await;
    let finished = prune(&bench, true).await;
    expect_in_the_way(&finished, "client-scope/audit", "`protocol-mapper/client-scope/audit/theirs`");
    expect_in_the_way(&finished, "identity-provider/partner", "`identity-provider-mapper/partner/theirs`");
}

/// A mapper of ours that others have made anew is theirs, and so in the way.
#[tokio::test]
async fn keycloak_mapper_made_anew_by_others_keeps_the_scope_that_it_is_in() {
    let bench = left_behind::<Keycloak>().await;
    let scope = format!("/client-scopes/{}", bench.subject.id("/client-scopes", "name", "audit").await);
    let list = format!("{scope}/protocol-mappers/models");
    let mut mapper = bench.subject.get(&list).await[0].take();
    let id = mapper.as_object_mut().unwrap().remove("id").unwrap();
    bench.subject.send(Method::DELETE, &format!("{list}/{}", id.as_str().unwrap()), Value::Null).await;
    bench.subject.send(Method::POST, &list, mapper).await;
    let finished = prune(&bench, true).await;
    expect_in_the_way(&finished, "client-scope/audit", "`protocol-mapper/client-scope/audit/level`");
    assert!(said_of(&finished, "protocol-mapper/client-scope/audit/level").contains("not ours any more"));
}

#[tokio::test]
async fn keycloak_all_that_a_delete_takes_along_counts() {
    let bench = Bench::<Keycloak>::converged().await;
    bench.declare(
        &[Keycloak::values(&bench.subject.urls()), vec![("90-more.yaml", "keycloak: {clients: []}\n".to_owned())]]
            .concat(),
    );
    // The client, its role, its mapper.
    let few = bench.apply_with(|options| (options.prune, options.max_deletes) = (true, 2)).await;
    assert_eq!(few.exit_code, ExitCode::Configuration, "{}", told(&few));
    assert_eq!(deleted(&few), BTreeSet::new());
    assert!(told(&few).contains("3 deletes are more"), "{}", told(&few));
    let enough = bench.apply_with(|options| (options.prune, options.max_deletes) = (true, 3)).await;
    assert!(deleted(&enough).contains(&object("client/audit")), "{}", told(&enough));
}

#[tokio::test]
async fn keycloak_more_removals_than_allowed_take_nothing_away() {
    let bench = Bench::<Keycloak>::converged().await;
    let less = "users: [{email: ada@example.com, teams: []}, {email: grace@example.com}]
keycloak: {roles: [{name: auditor, composites: {realm: []}}]}\n";
    bench.declare(&[Keycloak::values(&bench.subject.urls()), vec![("90-more.yaml", less.to_owned())]].concat());
    let before = bench.subject.snapshot();
    let few = bench.apply_with(|options| options.max_removals = 1).await;
    assert_eq!(few.exit_code, ExitCode::Configuration, "{}", told(&few));
    assert!(told(&few).contains("--max-removals 1"), "{}", told(&few));
    let (before, after) = (before["keycloak"]["otomi"].clone(), bench.subject.snapshot()["keycloak"]["otomi"].take());
    for place in ["/roles/auditor/composites", "/users/ada@example.com/groups"] {
        assert!(before.pointer(place).is_some(), "{place}");
        assert_eq!(before.pointer(place), after.pointer(place), "{place}");
    }
    bench.converge().await;
    assert_ne!(bench.subject.snapshot()["keycloak"]["otomi"]["users"], before["users"]);
}

#[tokio::test]
async fn keycloak_membership_that_was_taken_away_is_forgotten() {
    let bench = Bench::<Keycloak>::converged().await;
    let membership = object("membership/team-beta/grace@example.com");
    for (teams, is_ours) in [("[beta]", true), ("[]", false)] {
        let grace = format!("users: [{{email: grace@example.com, teams: {teams}}}]\n");
        bench.declare(&[Keycloak::values(&bench.subject.urls()), vec![("90-more.yaml", grace)]].concat());
        bench.converge().await;
        assert_eq!(bench.ours().contains(&membership), is_ours, "{teams}");
    }
}

#[tokio::test]
async fn keycloak_mapper_that_was_made_anew_for_its_protocol_stays_ours() {
    let bench = Bench::<Keycloak>::converged().await;
    let layer = |mappers: &str| {
        let scope = format!("keycloak: {{clientScopes: [{{name: audit, protocolMappers: [{mappers}]}}]}}\n");
        bench.declare(&[Keycloak::values(&bench.subject.urls()), vec![("90-more.yaml", scope)]].concat());
    };
    layer("{name: level, protocol: saml, protocolMapper: saml-user-attribute-mapper, config: {user.attribute: level}}");
    let finished = bench.converge().await;
    let name = object("protocol-mapper/client-scope/audit/level");
    assert!(crate::bench::planned(&finished).contains(&name), "{}", told(&finished));
    assert_eq!(said_of(&finished, "protocol-mapper/client-scope/audit/level"), "", "we made it anew, and nobody else");
    layer("");
    assert_eq!(deleted(&prune(&bench, false).await), BTreeSet::from([name]));
}

#[tokio::test]
async fn keycloak_realm_that_others_made_anew_is_not_ours_nor_is_what_is_in_it() {
    let mut bench = left_behind::<Keycloak>().await;
    let going = about_to_go(&mut bench).await;
    let ours = bench.ours();
    bench.subject.remove(&object("realm/otomi")).await;
    made_by_others(&bench).await;
    expect_others_keep(&bench, &going).await;
    let has_id = |object: &&ObjectId| !RELATIONS.contains(&object.kind().as_str());
    assert!(ours.iter().any(|object| has_id(&object)));
    let left = bench.ours();
    let left: Vec<&ObjectId> = left.iter().filter(has_id).collect();
    assert!(left.is_empty(), "nothing in it was made by us: {left:?}");
}

/// Declares nothing but the realm, so that only what is ours is looked for.
const NOTHING: &str = "users: []
teams: {alpha: null, beta: null}
keycloak: {implied: {administrators: false, client: false, openidScope: false, userProfile: false, nicknames: false}}
";

impl Bench<Keycloak> {
    /// Logs in as somebody who has these rights only.
    async fn with_rights(&mut self, rights: &[&str]) {
        let password = json!([{"type": "password", "value": "limited-1234", "temporary": false}]);
        let user = json!({"username": "limited", "enabled": true, "email": "limited@example.com", "emailVerified": true,
                          "firstName": "L", "lastName": "L", "credentials": password});
        self.subject.send(Method::POST, "/users", user).await;
        let user = self.subject.user("limited").await;
        self.subject.change(&format!("/users/{user}"), |user| user["requiredActions"] = json!([])).await;
        let management = self.subject.id("/clients", "clientId", "realm-management").await;
        for right in rights {
            let role = self.subject.get(&format!("/clients/{management}/roles/{right}")).await;
            let list = format!("/users/{user}/role-mappings/clients/{management}");
            self.subject.send(Method::POST, &list, json!([role])).await;
        }
        self.change_secret("KEYCLOAK_ADMIN_PASSWORD", "limited-1234");
    }
}

/// Lists of what the account may not see are empty, with status 200 (server-behaviour 2.1).
#[tokio::test]
async fn keycloak_what_the_account_may_not_see_is_not_forgotten() {
    let limited = "keycloak: {loginTheme: null, admin: {realm: otomi, username: limited}}\n";
    for rights in
        [&["view-realm", "query-users", "query-groups", "query-clients"][..], &["view-users"], &["view-clients"]]
    {
        for less in ["{}\n", NOTHING] {
            let mut bench = left_behind::<Keycloak>().await;
            bench.with_rights(rights).await;
            let layers = vec![("95-less.yaml", less.to_owned()), ("96-limited.yaml", limited.to_owned())];
            bench.declare(&[Keycloak::fewer_values(&bench.subject.urls()), layers].concat());
            let (ours, before) = (bench.ours(), bench.subject.snapshot());
            let finished = prune(&bench, false).await;
            // Of what it sees, some goes; nothing is forgotten without that.
            let kept: BTreeSet<ObjectId> = ours.difference(&deleted(&finished)).cloned().collect();
            assert_eq!(bench.ours(), kept, "{rights:?}: {}", told(&finished));
            assert_eq!(finished.exit_code, ExitCode::NotAuthorised, "{rights:?}: {}", told(&finished));
            let of_users = rights.contains(&"view-users") || told(&finished).contains("lacks `view-users`");
            assert!(of_users, "that Grace cannot be judged is told: {}", told(&finished));
            assert!(finished.report.requests.reads > 5, "the account has looked: {}", told(&finished));
            if deleted(&finished).is_empty() {
                assert_eq!(bench.subject.snapshot(), before);
            }
        }
    }
}
