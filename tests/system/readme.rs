//! What README and `docs/` show and link to is there.
use std::{fs, path::Path};

use assert_cmd::Command;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

fn page(path: &str) -> String {
    fs::read_to_string(Path::new(ROOT).join(path)).unwrap()
}

/// The sandbox's port changes from run to run.
fn without_port(text: &str) -> String {
    let mut pieces = text.split("http://127.0.0.1:");
    let first = pieces.next().unwrap().to_owned();
    pieces.fold(first, |text, piece| {
        text + "http://127.0.0.1:(port)" + piece.trim_start_matches(|character: char| character.is_ascii_digit())
    })
}

#[test]
#[expect(clippy::disallowed_methods, reason = "EVENKEEL_UPDATE asks the test to write the page")]
fn the_plan_in_the_readme_is_the_one_that_the_demo_shows() {
    let output = Command::new(env!("CARGO_BIN_EXE_evenkeel")).arg("demo").env("NO_COLOR", "1").output().unwrap();
    let told = String::from_utf8(output.stdout).unwrap();
    let (_, plan) = told.split_once("and nothing else\n").unwrap();
    let (plan, _) = plan.split_once("\n── ").unwrap();
    let readme = page("README.md");
    let (before, rest) = readme.split_once("```text\n").unwrap();
    let (shown, after) = rest.split_once("```").unwrap();
    if std::env::var_os("EVENKEEL_UPDATE").is_some() && without_port(shown) != without_port(plan) {
        fs::write(Path::new(ROOT).join("README.md"), format!("{before}```text\n{plan}```{after}")).unwrap();
        return;
    }
    assert_eq!(without_port(shown), without_port(plan), "run the tests with EVENKEEL_UPDATE=1");
}

#[test]
fn every_file_that_a_page_links_to_is_there() {
    let pages = fs::read_dir(Path::new(ROOT).join("docs")).unwrap();
    let pages = pages.map(|entry| format!("docs/{}", entry.unwrap().file_name().into_string().unwrap()));
    let mut links = 0;
    for name in pages.chain(["README.md".to_owned()]) {
        let folder = Path::new(ROOT).join(&name).parent().unwrap().to_owned();
        for link in page(&name).split("](").skip(1).filter_map(|rest| rest.split([')', '#']).next()) {
            if !link.is_empty() && !link.contains("://") {
                assert!(folder.join(link).exists(), "{name} links to `{link}`");
                links += 1;
            }
        }
    }
    assert!(links > 0);
}

#[test]
fn the_values_in_the_readme_are_valid() {
    let readme = page("README.md");
    let (_, rest) = readme.split_once("```yaml\n").unwrap();
    let (values, _) = rest.split_once("```").unwrap();
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("values.yaml"), values).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_evenkeel"));
    command.env_clear().current_dir(folder.path()).args(["validate", "--values", "values.yaml"]).assert().code(0);
}
