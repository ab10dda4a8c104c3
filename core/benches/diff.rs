//! The comparison of 20,000 objects: `cargo bench -p evenkeel-core --bench diff`.

#![expect(clippy::unwrap_used, reason = "a benchmark that cannot go on has nothing to measure")]

use std::{collections::BTreeMap, hint::black_box};

use criterion::{Criterion, criterion_group, criterion_main};
use evenkeel_core::{
    diff::{Difference, Rule, Rules},
    field::Field,
};
use serde::Serialize;

const OBJECTS: usize = 20_000;
const RULES: Rules = Rules(&[("email", Rule::Folded), ("groups", Rule::Set)]);

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct User {
    email: String,
    first_name: &'static str,
    last_name: String,
    enabled: bool,
    groups: Vec<String>,
    attributes: BTreeMap<&'static str, Vec<String>>,
}

fn user(number: usize) -> User {
    User {
        email: format!("user{number}@example.com"),
        first_name: "U",
        last_name: format!("L{number}"),
        enabled: true,
        groups: vec![format!("team-{}", number % 1_000)],
        attributes: BTreeMap::from([("nickname", vec![format!("user{number}")])]),
    }
}

fn diff(criterion: &mut Criterion) {
    let users: Vec<User> = (0..OBJECTS).map(user).collect();
    let compared = |differs: bool| {
        let found = users.iter().map(|declared| {
            let mut observed = Field::of(black_box(declared)).unwrap();
            if let (true, Field::Map(fields)) = (differs, &mut observed) {
                fields.insert("lastName".into(), Field::Text("by hand".into()));
            }
            Difference::between(&Field::of(declared).unwrap(), Some(&observed), RULES).changes.len()
        });
        found.sum::<usize>()
    };
    let mut group = criterion.benchmark_group("diff");
    group.sample_size(10);
    group.bench_function("20,000 objects that are as declared", |bencher| bencher.iter(|| compared(false)));
    group.bench_function("20,000 objects with a field that differs", |bencher| bencher.iter(|| compared(true)));
    group.finish();
}

criterion_group!(benches, diff);
criterion_main!(benches);
