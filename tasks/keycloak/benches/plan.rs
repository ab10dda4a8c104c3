//! Desired state and plan for 1,000 teams and 20,000 users: `cargo bench -p evenkeel-keycloak --bench plan`.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a benchmark that cannot go on has nothing to measure")]

use std::{fmt::Write as _, hint::black_box};

use criterion::{Criterion, criterion_group, criterion_main};
use evenkeel_core::{
    memory::Memory,
    values::{Document, Schema, Source, Values},
};
use evenkeel_engine::{secrets::SecretResolver, task::Task};
use evenkeel_keycloak::{
    Keycloak,
    desired::{Desired, DesiredUser},
    observe::{Observed, ObservedUser},
};

const TEAMS: usize = 1_000;
const USERS: usize = 20_000;

fn values() -> (Values, Document) {
    let mut text = "platform: {name: bench, domain: example.com}\nkeycloak: {admin: {username: admin, password: {fromEnv: PASSWORD}}}\nteams:\n".to_owned();
    for team in 0..TEAMS {
        writeln!(text, "  t{team}: {{displayName: Team {team}}}").unwrap();
    }
    text.push_str("users:\n");
    for user in 0..USERS {
        let team = user % TEAMS;
        writeln!(text, "  - {{email: user{user}@example.com, firstName: U, lastName: L{user}, teams: [t{team}]}}")
            .unwrap();
    }
    let loaded = Values::load(vec![Source::file("values.yaml", text)], &[], &Schema::new());
    loaded.unwrap_or_else(|problems| panic!("{}", problems.render(false)))
}

fn there(user: &DesiredUser) -> ObservedUser {
    let (account, groups) = (user.account.clone(), user.member_of().cloned().collect());
    ObservedUser { id: user.name.clone(), account, groups, ties: None }
}

fn plan(criterion: &mut Criterion) {
    let (values, document) = values();
    let secrets = SecretResolver::with_environment([("PASSWORD", "password".into())]);
    let make = || -> Desired {
        Keycloak::desired(black_box(&values), &document, &secrets)
            .unwrap_or_else(|problems| panic!("{}", problems.render(false)))
    };
    let desired = make();
    let nothing = Observed::default();
    let users = desired.users.iter().map(|user| (user.name.clone(), there(user))).collect();
    let with_users = Observed { users, ..Observed::default() };
    let memory = Memory::default();

    let mut group = criterion.benchmark_group("plan");
    group.sample_size(10);
    group.bench_function("desired", |bencher| bencher.iter(make));
    group.bench_function("everything is to be made", |bencher| {
        bencher.iter(|| Keycloak::plan(&desired, black_box(&nothing), &memory).unwrap());
    });
    group.bench_function("20,000 users are as declared", |bencher| {
        bencher.iter(|| Keycloak::plan(&desired, black_box(&with_users), &memory).unwrap());
    });
    group.finish();
}

criterion_group!(benches, plan);
criterion_main!(benches);
