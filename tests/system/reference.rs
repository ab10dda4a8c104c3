//! `docs/values.md`, which `evenkeel reference` prints.

use std::{fs, path::Path};

use assert_cmd::Command;
use serde_json::Value;

fn printed() -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_evenkeel")).arg("reference").output().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap()
}

#[test]
#[expect(clippy::disallowed_methods, reason = "EVENKEEL_UPDATE asks the test to write the file")]
fn the_reference_in_the_repository_is_up_to_date() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/values.md");
    let printed = printed();
    if std::env::var_os("EVENKEEL_UPDATE").is_some() {
        fs::write(&file, &printed).unwrap();
    }
    let there = fs::read_to_string(&file).unwrap_or_default();
    assert!(there == printed, "docs/values.md is out of date: run the tests with EVENKEEL_UPDATE=1");
}

#[test]
fn every_link_of_the_reference_has_its_heading() {
    let text = printed();
    let anchor = |heading: &str| {
        heading
            .chars()
            .filter(|c| c.is_alphanumeric() || "- _".contains(*c))
            .collect::<String>()
            .to_lowercase()
            .replace(' ', "-")
    };
    let anchors: Vec<String> =
        text.lines().filter_map(|line| line.strip_prefix("## ").or(line.strip_prefix("### "))).map(anchor).collect();
    let links: Vec<&str> = text.split("](#").skip(1).filter_map(|rest| rest.split(')').next()).collect();
    assert!(links.contains(&"realmrepresentation") && links.contains(&"secrets"), "{links:?}");
    for link in links {
        assert!(anchors.iter().any(|anchor| anchor == link), "`#{link}` leads nowhere");
    }
}

#[test]
fn every_top_level_key_has_a_section() {
    let text = printed();
    let schema: Value = serde_json::from_str(&crate::schema::printed("values")).unwrap();
    for name in schema["properties"].as_object().unwrap().keys() {
        assert!(text.contains(&format!("\n## `{name}`\n")), "{name}");
    }
}

#[test]
fn built_in_defaults_are_shown_with_their_keys() {
    let text = printed();
    assert!(text.contains("| `teamPrefix` | text | `team-` |"), "of a section");
    assert!(text.contains("| `bruteForceProtected` | `true` |"), "of a representation");
    assert!(text.contains("| `url` | text | `https://keycloak.<platform.domain>` |"), "in words");
}
