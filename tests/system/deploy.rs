//! `deploy`: the chart, what it renders to, and the policies.
//!
//! None of this needs a program beside cargo: what the chart renders is kept in `deploy/jobs/ci/rendered`, and looked at there. Where helm is
//! found, the chart is rendered again and compared; `.ci/deploy` does so always, and asks the policies.

mod objects;
mod played;
mod policies;
mod reference;
mod rendered;
mod values;

use std::{
    fs,
    path::{Path, PathBuf},
};

/// A file or folder below `deploy`.
fn place(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy").join(path)
}

fn text(path: &str) -> String {
    fs::read_to_string(place(path)).unwrap_or_else(|error| panic!("deploy/{path}: {error}"))
}

/// The files of a folder that end so, by their names without the ending.
fn files(folder: &str, ending: &str) -> Vec<String> {
    let entries = fs::read_dir(place(folder)).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = names.filter_map(|name| name.strip_suffix(ending).map(str::to_owned)).collect();
    names.sort();
    names
}

/// Holds a generated file against what makes it, or writes it where `EVENKEEL_UPDATE` asks for that.
fn is_generated(path: &str, made: &str) {
    if is_updating() {
        fs::create_dir_all(place(path).parent().unwrap()).unwrap();
        fs::write(place(path), made).unwrap();
    }
    let there = fs::read_to_string(place(path)).unwrap_or_default();
    assert!(there == made, "deploy/{path} is out of date: run the tests with EVENKEEL_UPDATE=1");
}

#[expect(clippy::disallowed_methods, reason = "EVENKEEL_UPDATE asks the tests to write the files")]
fn is_updating() -> bool {
    std::env::var_os("EVENKEEL_UPDATE").is_some()
}

/// A YAML document as JSON.
fn yaml(text: &str) -> serde_json::Value {
    serde_saphyr::from_str_with_options(text, serde_saphyr::options! { strict_booleans: true }).unwrap()
}
