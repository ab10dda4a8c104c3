//! Values of 1,000 teams and 20,000 users: `cargo bench -p evenkeel-core --bench values`.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a benchmark that cannot go on has nothing to measure")]

use std::{fmt::Write as _, hint::black_box};

use criterion::{Criterion, criterion_group, criterion_main};
use evenkeel_core::values::{Schema, Source, Values};

const TEAMS: usize = 1_000;
const USERS: usize = 20_000;

fn platform() -> String {
    let mut text = "platform: {name: bench, domain: example.com}\nteams:\n".to_owned();
    for team in 0..TEAMS {
        writeln!(text, "  t{team}: {{displayName: Team {team}}}").unwrap();
    }
    text
}

fn users() -> String {
    let mut text = "users:\n".to_owned();
    for user in 0..USERS {
        let team = user % TEAMS;
        writeln!(text, "  - {{email: user{user}@example.com, firstName: U, lastName: L{user}, teams: [t{team}]}}")
            .unwrap();
    }
    text
}

/// A layer that says something of every team again.
fn overrides() -> String {
    let mut text = "teams:\n".to_owned();
    for team in 0..TEAMS {
        writeln!(text, "  t{team}: {{gitea: {{permission: write}}}}").unwrap();
    }
    text
}

fn load(texts: &[&str], schema: &Schema) -> Values {
    let source = |(index, text): (usize, &&str)| Source::file(&format!("{index}.yaml"), (*text).to_owned());
    let sources = texts.iter().enumerate().map(source).collect();
    match Values::load(sources, &[], schema) {
        Ok((values, _)) => values,
        Err(problems) => panic!("{}", problems.render(false)),
    }
}

fn layers(criterion: &mut Criterion) {
    let (platform, users, overrides) = (platform(), users(), overrides());
    let schema = Schema::new();
    let mut group = criterion.benchmark_group("layers");
    group.sample_size(10);
    group.bench_function("1,000 teams", |bencher| bencher.iter(|| load(black_box(&[&platform]), &schema)));
    group.bench_function("1,000 teams in two layers", |bencher| {
        bencher.iter(|| load(black_box(&[&platform, &overrides]), &schema));
    });
    group.bench_function("1,000 teams and 20,000 users", |bencher| {
        bencher.iter(|| load(black_box(&[&platform, &users]), &schema));
    });
    group.finish();
}

criterion_group!(benches, layers);
criterion_main!(benches);
