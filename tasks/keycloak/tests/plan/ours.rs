//! Which very object is ours, what is seen of it, and what deleting it would take along.

use std::collections::{BTreeMap, BTreeSet};

use evenkeel_core::{
    memory::{Claim, Identity, Memory, Ownership, Sight},
    object::ObjectId,
    plan::{Action, Plan},
};
use evenkeel_engine::task::Task;
use evenkeel_keycloak::{
    Keycloak,
    desired::Desired,
    names::{self, MapperOwner},
    observe::{InsideGroup, Member, Observed, ObservedClientRoles, ObservedProvider, ObservedUser},
    plan::{Operation, Removal},
    rights::Part,
};
use evenkeel_keycloak_client::types::{
    ClientRepresentation, ClientScopeRepresentation, GroupRepresentation, IdentityProviderMapperRepresentation,
    IdentityProviderRepresentation, ProtocolMapperRepresentation, RoleRepresentation,
};

use super::{converged, desired_with, text};

fn object(text: &str) -> ObjectId {
    text.parse().unwrap()
}

/// Objects of ours, each with the id that the inventory knows.
fn owned(known: &[(&str, &str)]) -> Memory {
    let claims = known.iter().map(|(name, id)| (object(name), Claim::This(Identity::new(*id))));
    claims.collect::<Ownership>().into()
}

fn mapper(id: &str, name: &str, kind: &str) -> ProtocolMapperRepresentation {
    ProtocolMapperRepresentation {
        id: Some(id.into()),
        name: Some(name.into()),
        protocol: Some("openid-connect".into()),
        protocol_mapper: Some(kind.into()),
        ..Default::default()
    }
}

fn role(id: &str) -> RoleRepresentation {
    RoleRepresentation { id: Some(id.into()), ..Default::default() }
}

/// A realm as declared, with a client, a scope, a provider, a role, a group and a user that nobody declares.
fn with_more(desired: &Desired) -> Observed {
    let mut observed = converged(desired);
    observed.realm.as_mut().unwrap().id = Some("realm".into());
    let mappers = vec![
        mapper("m1", "ours", "oidc-audience-mapper"),
        mapper("m2", "Client ID", "oidc-usersessionmodel-note-mapper"),
        mapper("m3", "theirs", "oidc-audience-mapper"),
    ];
    let client = ClientRepresentation {
        id: Some("c".into()),
        service_accounts_enabled: Some(true),
        protocol_mappers: Some(mappers),
        ..Default::default()
    };
    observed.clients.insert("app".into(), client);
    let roles = BTreeMap::from([("reader".into(), role("r1")), ("uma_protection".into(), role("r2"))]);
    observed.client_roles.insert("app".into(), ObservedClientRoles { roles, ..Default::default() });
    let scope = ClientScopeRepresentation {
        id: Some("s".into()),
        protocol_mappers: Some(vec![mapper("m4", "level", "oidc-audience-mapper")]),
        ..Default::default()
    };
    observed.client_scopes.insert("audit".into(), scope);
    let staff = IdentityProviderMapperRepresentation { id: Some("m5".into()), ..Default::default() };
    let provider = IdentityProviderRepresentation { internal_id: Some("p".into()), ..Default::default() };
    let found = ObservedProvider {
        provider: Some(provider),
        mappers: BTreeMap::from([("staff".into(), staff)]),
        ..Default::default()
    };
    observed.providers.insert("google".into(), found);
    observed.roles.insert("auditor".into(), role("r3"));
    let group = |id: &str| GroupRepresentation { id: Some(id.into()), ..Default::default() };
    observed.groups.extend([("staff".into(), group("g1")), ("staff/sub".into(), group("g2"))]);
    observed.former_users.insert("eve@example.com".into(), ObservedUser { id: "u1".into(), ..Default::default() });
    observed
}

fn plan(desired: &Desired, observed: &Observed, memory: &Memory) -> Plan<Operation> {
    Keycloak::plan(desired, observed, memory).unwrap()
}

fn takes_along(plan: &Plan<Operation>, name: &str) -> Vec<String> {
    let change = plan.changes().iter().find(|change| change.object == object(name));
    let change = change.unwrap_or_else(|| panic!("{name} is not planned: {}", text(plan)));
    assert_eq!(change.action, Action::Delete);
    let mut along: Vec<String> = change.takes_along.iter().map(ToString::to_string).collect();
    along.sort();
    along
}

#[test]
fn every_kind_of_object_is_known_by_its_id() {
    let desired = desired_with("{}");
    let observed = with_more(&desired);
    for (name, id) in [
        ("realm/otomi", "realm"),
        ("client/app", "c"),
        ("client-role/app/reader", "r1"),
        ("protocol-mapper/client/app/theirs", "m3"),
        ("client-scope/audit", "s"),
        ("protocol-mapper/client-scope/audit/level", "m4"),
        ("identity-provider/google", "p"),
        ("identity-provider-mapper/google/staff", "m5"),
        ("role/auditor", "r3"),
        ("group/staff", "g1"),
        ("group/staff/sub", "g2"),
        ("user/eve@example.com", "u1"),
    ] {
        let seen = Keycloak::sight(&desired, &observed, &object(name));
        assert_eq!(seen, Sight::This(Identity::new(id)), "{name}");
    }
}

#[test]
fn what_was_looked_for_and_is_not_there_is_absent() {
    let desired = desired_with("{}");
    let mut observed = with_more(&desired);
    observed.absent_clients.insert("gone".into());
    observed.providers.insert("gone".into(), ObservedProvider::default());
    for name in [
        "client/gone",
        "client-role/gone/reader",
        "client-role/app/gone",
        "protocol-mapper/client/gone/x",
        "protocol-mapper/client/app/gone",
        "client-scope/gone",
        "protocol-mapper/client-scope/gone/x",
        "identity-provider/gone",
        "identity-provider-mapper/gone/x",
        "identity-provider-mapper/google/gone",
        "role/gone",
        "group/gone",
        "group/staff/gone",
        "user/gone@example.com",
    ] {
        assert_eq!(Keycloak::sight(&desired, &observed, &object(name)), Sight::Absent, "{name}");
    }
}

#[test]
fn what_nobody_looked_for_or_could_mean_several_is_unknown_and_not_absent() {
    let desired = desired_with("{}");
    let mut observed = with_more(&desired);
    let twin = mapper("m6", "ours", "oidc-audience-mapper");
    observed.clients.get_mut("app").unwrap().protocol_mappers.as_mut().unwrap().push(twin);
    let (sight, unknown) = (|object: &ObjectId| Keycloak::sight(&desired, &observed, object), Sight::Unknown);
    for name in ["client/not-asked", "client-role/otomi/x", "identity-provider/not-asked", "group-role/a/b", "realm/x"]
    {
        assert_eq!(sight(&object(name)), unknown, "{name}");
    }
    for joined in
        [(names::GROUP, "staff/sub"), (names::PROTOCOL_MAPPER, "client/app/ours"), (names::CLIENT_ROLE, "a/b")]
    {
        assert_eq!(sight(&ObjectId::new(joined.0.clone(), joined.1)), unknown, "{joined:?}");
    }
    assert_eq!(sight(&object("protocol-mapper/client/app/ours")), Sight::There, "two have this name");
}

#[test]
fn what_the_account_may_not_see_is_never_absent() {
    let desired = desired_with("{}");
    let mut observed = Observed { realm: Some(Default::default()), ..Default::default() };
    observed.absent_clients.insert("otomi".into());
    observed.providers.insert("google".into(), ObservedProvider::default());
    observed.withheld = BTreeSet::from([
        Part::Realm,
        Part::ClientScopes,
        Part::Roles,
        Part::Groups,
        Part::Clients,
        Part::IdentityProviders,
        Part::Users,
    ]);
    let mut objects = desired.objects();
    objects.extend(
        [
            "user/eve@example.com",
            "client-role/otomi/x",
            "protocol-mapper/client/otomi/x",
            "identity-provider/google",
            "identity-provider-mapper/google/x",
            "membership/team-alpha/eve@example.com",
        ]
        .map(object),
    );
    for object in objects {
        assert_eq!(Keycloak::sight(&desired, &observed, &object), Sight::Unknown, "{object}");
    }
}

#[test]
fn a_realm_that_is_away_makes_nothing_forget_what_lives_in_it() {
    let desired = desired_with("{}");
    let realm = object("realm/otomi");
    for object in desired.objects() {
        let seen = Keycloak::sight(&desired, &Observed::default(), &object);
        assert_eq!(seen, if object == realm { Sight::Absent } else { Sight::Unknown }, "{object}");
    }
}

#[test]
fn a_membership_of_a_declared_user_is_seen_where_the_group_was_read() {
    let desired = desired_with("users: [{email: ada@example.com, teams: [alpha]}]");
    let mut observed = converged(&desired);
    let seen = |observed: &Observed, name: &str| Keycloak::sight(&desired, observed, &object(name));
    assert_eq!(seen(&observed, "membership/team-alpha/ada@example.com"), Sight::Unknown);
    observed.read_memberships = ["team-alpha".into(), "team-beta".into()].into();
    assert_eq!(seen(&observed, "membership/team-alpha/ada@example.com"), Sight::There);
    assert_eq!(seen(&observed, "membership/team-beta/ada@example.com"), Sight::Absent);
    assert_eq!(seen(&observed, "membership/team-beta/eve@example.com"), Sight::Unknown, "nobody asked about her");
}

#[test]
fn a_client_takes_its_roles_and_mappers_along_but_for_those_that_came_with_it() {
    let desired = desired_with("{}");
    let plan = plan(&desired, &with_more(&desired), &owned(&[("client/app", "c")]));
    assert_eq!(
        takes_along(&plan, "client/app"),
        ["client-role/app/reader", "protocol-mapper/client/app/ours", "protocol-mapper/client/app/theirs"]
    );
}

#[test]
fn a_scope_and_a_provider_take_their_mappers_along_and_a_role_nothing() {
    let desired = desired_with("{}");
    let memory = owned(&[("client-scope/audit", "s"), ("identity-provider/google", "p"), ("role/auditor", "r3")]);
    let plan = plan(&desired, &with_more(&desired), &memory);
    assert_eq!(takes_along(&plan, "client-scope/audit"), ["protocol-mapper/client-scope/audit/level"]);
    assert_eq!(takes_along(&plan, "identity-provider/google"), ["identity-provider-mapper/google/staff"]);
    assert_eq!(takes_along(&plan, "role/auditor"), [""; 0]);
}

#[test]
fn a_group_takes_all_groups_below_and_the_members_along_that_others_put_there() {
    let desired = desired_with("users: [{email: ada@example.com}]");
    let mut observed = with_more(&desired);
    let member = |id: &str, name: &str| Member { id: id.into(), name: name.into() };
    let of_staff = vec![
        member("id of ada@example.com", "ada@example.com"),
        member("u1", "eve@example.com"),
        member("u2", "mallory@example.com"),
        member("u3", "put-by-us@example.com"),
        member("u4", "service-account-otomi"),
    ];
    let below = ObjectId::below(names::GROUP, ["staff"], "a/b");
    let groups = vec![object("group/staff/sub"), below.clone()];
    observed.inside_groups.insert(object("group/staff"), InsideGroup { groups, members: of_staff });
    let of_sub = vec![member("u2", "mallory@example.com")];
    observed.inside_groups.insert(object("group/staff/sub"), InsideGroup { groups: Vec::new(), members: of_sub });
    let mut memory = owned(&[("group/staff", "g1"), ("group/staff/sub", "g2"), ("user/eve@example.com", "u1")]);
    memory.ownership.insert(object("membership/staff/put-by-us@example.com"), Claim::ByName);
    let plan = plan(&desired, &observed, &memory);
    let of_sub = "membership/staff\\/sub/mallory@example.com".to_owned();
    assert_eq!(
        takes_along(&plan, "group/staff"),
        [below.to_string(), "group/staff/sub".into(), "membership/staff/mallory@example.com".into(), of_sub.clone()]
    );
    assert_eq!(takes_along(&plan, "group/staff/sub"), [of_sub]);
    let position = |name: &str| plan.changes().iter().position(|change| change.object == object(name));
    assert!(position("group/staff/sub") < position("group/staff"), "{}", text(&plan));
}

#[test]
fn of_two_mappers_of_one_name_the_one_that_is_ours_is_removed() {
    let desired = desired_with("{}");
    let mut observed = converged(&desired);
    let scope = observed.client_scopes.get_mut("openid").unwrap();
    let mappers = [mapper("m1", "x", "oidc-audience-mapper"), mapper("m2", "x", "oidc-audience-mapper")];
    scope.protocol_mappers.as_mut().unwrap().extend(mappers);
    let name = "protocol-mapper/client-scope/openid/x";
    let plan_of = plan(&desired, &observed, &owned(&[(name, "m2")]));
    let [change] = plan_of.changes() else { panic!("{}", text(&plan_of)) };
    let owner = MapperOwner::ClientScope("openid".into());
    let Operation::Delete(removal) = &change.operation else { panic!("{}", text(&plan_of)) };
    assert_eq!(*removal, Removal::Mapper(owner, "m2".into()));
    assert!(plan(&desired, &observed, &owned(&[(name, "m3")])).is_empty(), "neither of them is ours");
}

#[test]
fn of_two_mappers_of_one_declared_name_ours_is_kept() {
    let desired = desired_with("{}");
    let mut observed = converged(&desired);
    let mappers = observed.client_scopes.get_mut("openid").unwrap().protocol_mappers.as_mut().unwrap();
    mappers[0].id = Some("m1".into());
    let (name, twin) = (mappers[0].name.clone().unwrap(), mappers[0].clone());
    mappers.push(ProtocolMapperRepresentation { id: Some("m2".into()), ..twin });
    for (ours, other) in [("m1", "m2"), ("m2", "m1")] {
        let mut memory = super::all_ours(&desired);
        let object = MapperOwner::ClientScope("openid".into()).mapper(&name);
        memory.ownership.insert(object, Claim::This(Identity::new(ours)));
        let plan = plan(&desired, &observed, &memory);
        let [change] = plan.changes() else { panic!("{}", text(&plan)) };
        let Operation::SettleMapper(_, kept, gone, _) = &change.operation else { panic!("{}", text(&plan)) };
        assert_eq!((kept.as_str(), gone.as_slice()), (ours, &[other.to_owned()][..]));
    }
}

#[test]
fn whatever_is_taken_away_from_a_list_counts_as_a_removal() {
    let desired = desired_with(
        "users: [{email: ada@example.com, teams: [alpha]}]\nkeycloak: {roles: [{name: a, composites: {realm: []}}]}",
    );
    let mut observed = converged(&desired);
    observed.composites.insert("a".into(), vec![evenkeel_keycloak::relation::RoleName::of_realm("team-alpha")]);
    observed.users.get_mut("ada@example.com").unwrap().groups = vec!["team-beta".into()];
    let plan = plan(&desired, &observed, &super::all_ours(&desired));
    let removals = plan.changes().iter().map(|change| (change.object.to_string(), change.removes_relation));
    let removals: BTreeMap<String, bool> = removals.collect();
    assert_eq!(
        removals,
        BTreeMap::from([
            ("composite/a/team-alpha".to_owned(), true),
            ("membership/team-alpha/ada@example.com".to_owned(), false),
            ("membership/team-beta/ada@example.com".to_owned(), true),
        ])
    );
}

#[test]
fn a_mapper_that_changes_its_protocol_is_another_one_afterwards() {
    let desired = desired_with("{}");
    let mut observed = converged(&desired);
    let mappers = observed.client_scopes.get_mut("openid").unwrap().protocol_mappers.as_mut().unwrap();
    (mappers[0].protocol, mappers[0].id) = (Some("saml".into()), Some("m1".into()));
    let plan = plan(&desired, &observed, &super::all_ours(&desired));
    let [change] = plan.changes() else { panic!("{}", text(&plan)) };
    assert!(Keycloak::makes_anew(&change.operation), "{}", text(&plan));
}
