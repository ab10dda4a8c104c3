//! The tables of traps in `docs` name a test for each: that test exists, and no test of a trap is missing from its table.
use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// A page, and the folder whose tests it has to name; empty for none.
const PAGES: &[(&str, &str)] = &[
    ("docs/keycloak-traps.md", "tests/laws/keycloak/traps"),
    ("docs/harbor-traps.md", ""),
    ("docs/kubernetes-traps.md", ""),
    ("docs/laws.md", ""),
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every source file of the project below a folder.
fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() && name != "target" && !name.starts_with('.') {
            sources(&path, found);
        } else if name.ends_with(".rs") {
            found.push(path);
        }
    }
}

/// The names of the functions in a folder that are tests, or laws of which tests are made.
fn tests_in(folder: &Path) -> BTreeSet<String> {
    let mut files = Vec::new();
    sources(folder, &mut files);
    let mut names = BTreeSet::new();
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        let mut is_test = false;
        for line in text.lines().map(str::trim) {
            if let Some((_, rest)) = line.split_once("fn ") {
                let name = rest.split(['(', '<']).next().unwrap_or_default();
                if is_test || line.contains("<S: ") {
                    names.insert(name.to_owned());
                }
                is_test = false;
            } else if line.starts_with("#[test]") || line.starts_with("#[tokio::test") {
                is_test = true;
            }
        }
    }
    names
}

/// What stands between backticks in the last column of the page's tables and has the form of a test's name.
fn named(page: &str) -> BTreeSet<String> {
    let rows = page.lines().filter(|line| line.starts_with('|'));
    let cells = rows.filter_map(|row| row.trim_end_matches('|').rsplit('|').next());
    let words = cells.flat_map(|cell| cell.split('`').skip(1).step_by(2));
    let is_name =
        |word: &&str| word.contains('_') && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    words.filter(is_name).map(str::to_owned).collect()
}

#[test]
fn every_test_that_a_table_of_traps_names_exists() {
    let there = tests_in(root());
    for (page, _) in PAGES {
        let named = named(&fs::read_to_string(root().join(page)).unwrap());
        assert!(named.len() > 20, "{page} names {} tests", named.len());
        let missing: Vec<_> = named.difference(&there).collect();
        assert!(missing.is_empty(), "{page} names tests that do not exist: {missing:#?}");
    }
}

#[test]
fn every_test_of_a_trap_is_in_its_table() {
    for (page, folder) in PAGES.iter().filter(|(_, folder)| !folder.is_empty()) {
        let named = named(&fs::read_to_string(root().join(page)).unwrap());
        let missing: Vec<_> = tests_in(&root().join(folder)).into_iter().filter(|name| !named.contains(name)).collect();
        assert!(missing.is_empty(), "{page} does not name {missing:#?}");
    }
}

#[test]
fn every_row_of_a_table_of_traps_has_an_answer() {
    for (page, _) in PAGES {
        let text = fs::read_to_string(root().join(page)).unwrap();
        for row in text.lines().filter(|line| line.starts_with('|') && !line.starts_with("|---")) {
            let cells: Vec<_> = row.trim_matches('|').split('|').map(str::trim).collect();
            assert!(cells.len() == 2 && cells.iter().all(|cell| !cell.is_empty()), "{page}: {row}");
        }
    }
}
