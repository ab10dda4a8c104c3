//! What depends on what: files on files, rooms on rooms, and the program on what it is built with.

mod rooms;
mod sources;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
};

use rooms::{cargo, members, table};
use sources::{Graph, Module, graph, texts_of};

/// Crates that have circles, and why they may. Nothing of the product is among them for good.
const MAY_HAVE_CIRCLES: [(&str, &str); 2] = [
    // Each stand-in is one server: its kinds act on one world, and the world's rules on its kinds.
    ("tests/sandbox", "a stand-in is a program of its own, whose kinds and world know each other"),
    // To be untied.
    (
        "clients/transport",
        "a session of two identities sends as each of them, and what they say decides how it goes on: issue 19",
    ),
];

/// The circles of a graph: modules of which each names the next, in the end the first.
fn circles(graph: &Graph) -> Vec<BTreeSet<&Module>> {
    let reached: BTreeMap<&Module, BTreeSet<&Module>> =
        graph.keys().map(|module| (module, reachable(graph, module))).collect();
    let circle = |module: &Module| -> BTreeSet<&Module> {
        reached[module].iter().copied().filter(|other| reached[*other].contains(module)).collect()
    };
    let circles: BTreeSet<BTreeSet<&Module>> = graph.keys().map(circle).filter(|circle| !circle.is_empty()).collect();
    circles.into_iter().collect()
}

fn reachable<'g>(graph: &'g Graph, from: &Module) -> BTreeSet<&'g Module> {
    let mut reached = BTreeSet::new();
    let mut ahead: Vec<&Module> = graph[from].iter().collect();
    while let Some(module) = ahead.pop() {
        if reached.insert(module) {
            ahead.extend(&graph[module]);
        }
    }
    reached
}

/// Circles for people: who names whom.
fn shown(graph: &Graph) -> String {
    let mut text = String::new();
    for circle in circles(graph) {
        writeln!(text, "  a circle of {} files:", circle.len()).unwrap();
        for module in &circle {
            let named = graph[*module].iter().filter(|named| circle.contains(named));
            let named: Vec<String> = named.map(|named| named.join("/")).collect();
            writeln!(text, "    {} names {}", module.join("/"), named.join(", ")).unwrap();
        }
    }
    text
}

#[test]
fn no_crate_has_files_that_depend_on_each_other_in_a_circle() {
    let mut wrong = String::new();
    for member in members() {
        let circles = shown(&graph(&texts_of(&member.sources())));
        let is_excepted = MAY_HAVE_CIRCLES.iter().any(|(room, _)| *room == member.room);
        if is_excepted && circles.is_empty() {
            writeln!(wrong, "`{}` has no circle any more: take it out of the list of those that may", member.room)
                .unwrap();
        } else if !is_excepted && !circles.is_empty() {
            write!(wrong, "`{}` has circles: put what both need below both\n{circles}", member.room).unwrap();
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn every_room_knows_only_what_the_design_lets_it_know() {
    let table = table();
    for member in members() {
        let allowed =
            table.get(&member.room).unwrap_or_else(|| panic!("`{}` is no row of docs/design.md", member.room));
        for (known, is_for_tests) in &member.knows {
            let is_of_tests = *is_for_tests && known.starts_with("tests/");
            assert!(
                allowed.allows(known) || is_of_tests,
                "`{}` depends on `{known}`, and docs/design.md says no",
                member.room
            );
        }
    }
}

#[test]
fn no_task_depends_on_another() {
    let is_task = |room: &str| room.starts_with("tasks/");
    let members = members();
    assert!(members.iter().filter(|member| is_task(&member.room)).count() > 3);
    for member in members.iter().filter(|member| is_task(&member.room)) {
        let other = member.knows.iter().find(|(known, _)| is_task(known));
        assert_eq!(other, None, "of `{}`", member.room);
    }
}

/// What the program is built of, each as name, version, place and features.
fn program_is_built_of(features: &[&str]) -> Vec<String> {
    let tree = ["tree", "--package", "evenkeel", "--edges", "normal", "--prefix", "none", "--format", "{p} [{f}]"];
    cargo(&[&tree, features].concat()).lines().map(str::to_owned).collect()
}

#[test]
fn the_program_without_the_demonstration_has_no_stand_in_and_no_server() {
    let is_of_tests = |line: &&String| {
        let (package, features) = line.split_once(" [").unwrap();
        let name = package.split(' ').next().unwrap();
        let serves = ["hyper", "hyper-util"].contains(&name) && features.split([',', ']']).any(|one| one == "server");
        package.contains("/tests/") || serves || ["axum", "rcgen", "wiremock"].contains(&name)
    };
    let production = program_is_built_of(&["--no-default-features"]);
    assert!(production.iter().any(|line| line.starts_with("evenkeel-keycloak ")));
    assert_eq!(production.iter().filter(is_of_tests).collect::<Vec<_>>(), Vec::<&String>::new());
    let demonstration = program_is_built_of(&[]);
    assert!(demonstration.iter().filter(is_of_tests).count() > 1, "the look is not blind");
}

#[test]
fn nothing_but_the_demonstration_and_the_tests_holds_data_of_tests_or_examples() {
    for member in members().iter().filter(|member| !member.room.starts_with("tests/")) {
        let texts = texts_of(&member.sources());
        let is_demonstration =
            |module: &Module| member.room == "src" && module.first().is_some_and(|name| name == "demo");
        for (module, text) in texts.iter().filter(|(module, _)| !is_demonstration(module)) {
            let included = text.lines().filter(|line| line.contains("include_str!") || line.contains("include_bytes!"));
            let held =
                included.into_iter().find(|line| ["tests/", "examples/"].iter().any(|folder| line.contains(folder)));
            assert_eq!(held, None, "in `{}`, {}", member.room, module.join("/"));
        }
    }
}

/// A crate of these files.
fn crate_of<const N: usize>(files: [(&str, &str); N]) -> Graph {
    let module = |path: &str| path.split('/').filter(|name| !name.is_empty()).map(str::to_owned).collect();
    graph(&files.into_iter().map(|(path, text)| (module(path), text.to_owned())).collect())
}

#[test]
fn a_circle_is_found_in_imports_in_expressions_and_behind_a_re_export() {
    let two = ["  a circle of 2 files:", "    one names two", "    two names one", ""].join("\n");
    let imports = [("one", "use crate::{two::Two};"), ("two", "fn f() { vec![super::one::f()]; }")];
    assert_eq!(shown(&crate_of(imports)), two);
    let hidden = [
        ("", "mod one; mod two; pub use one::{deep::{One as First}};"),
        ("one", "mod deep { use crate::two; pub struct One; }"),
        ("two", "fn f(first: &crate::First) {}"),
    ];
    assert_eq!(shown(&crate_of(hidden)), two);
}

#[test]
fn what_names_nothing_of_another_file_is_no_part_of_a_circle() {
    let files = [
        ("", "mod one; mod two; pub use two::Two;"),
        (
            "one",
            "mod below; use below::Below; pub use std::fmt; #[cfg(test)] mod checks; /// `crate::two::Two`\nstruct One;",
        ),
        ("one/below", "pub(in crate::two) struct Below; fn f() -> &'static str { \"super::f()\" }"),
        ("one/checks", "use crate::{two, one};"),
        ("two", "use crate::one::{self, fmt}; pub(super) struct Two; #[cfg(test)] mod tests { use crate::Two; }"),
    ];
    let graph = crate_of(files);
    assert_eq!(shown(&graph), "");
    assert_eq!(graph.len(), 3, "without the root, and without what is compiled for tests only");
}
