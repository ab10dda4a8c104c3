//! `examples/platform`, of which the demonstration carries a copy.

use std::{collections::BTreeSet, fs, path::Path};

/// Where the demonstration names the files that it carries and the variables that it sets.
const DEMONSTRATION: &str = include_str!("../../src/demo/example.rs");

/// The example files by name.
fn files() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/platform");
    let read =
        |entry: fs::DirEntry| (entry.file_name().into_string().unwrap(), fs::read_to_string(entry.path()).unwrap());
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| read(entry.unwrap())).collect();
    files.sort();
    files
}

#[test]
fn the_demonstration_carries_every_example_file() {
    let carried: Vec<_> = DEMONSTRATION
        .split("include_str!(\"../../examples/platform/")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .collect();
    let there = files();
    assert_eq!(carried, there.iter().map(|(name, _)| name).collect::<Vec<_>>());
}

#[test]
fn the_demonstration_knows_every_variable_of_the_examples() {
    let files = files();
    let named: BTreeSet<_> = files
        .iter()
        .flat_map(|(_, text)| text.split("fromEnv: ").skip(1))
        .filter_map(|rest| rest.split('}').next())
        .collect();
    assert!(named.len() > 3, "{named:?}");
    for name in named {
        assert!(DEMONSTRATION.contains(&format!("\"{name}\"")), "the demonstration sets no `{name}`");
    }
}
