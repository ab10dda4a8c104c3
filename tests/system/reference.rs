//! `docs/values.md`, the reference of the values: their JSON Schema and built-in defaults as Markdown.

mod kind;
mod page;

use std::{fs, path::Path};

use assert_cmd::Command;
use serde_json::Value;

use page::Page;

/// Layer zero of the values. It is data of core's, read here for the column of defaults.
const DEFAULTS: &str = include_str!("../../core/src/values/defaults.yaml");

/// The sections in the order in which people meet them; others follow.
const ORDER: [&str; 4] = ["platform", "teams", "users", "keycloak"];

const INTRODUCTION: &str = "\
# Values

<!-- generated from the types in `core/src/values/model`: `EVENKEEL_UPDATE=1 cargo test -p evenkeel` writes it anew -->

`--values PATH` names a file or a folder and can be repeated. The `*.yaml` of a folder are read in the order of their \
names, `secrets.*.yaml` last. Later layers win: maps merge, lists and scalars replace, `null` removes what an earlier \
layer or a built-in default has set. `--set a.b=c` comes last. `evenkeel validate` tells all that a run would \
refuse before its first request, and reads no secret and connects to nothing for that; `schema/values.schema.json` lets an editor do \
most of the same.

**What is absent is not managed.** An empty list is managed, and empty.

## Secrets

A secret is a reference; it may stand as plain text only in a file whose name starts with `secrets.`.

| reference | where the secret is |
|---|---|
| `{fromEnv: NAME}` | the environment variable `NAME` |
| `{fromFile: PATH}` | the file `PATH`, without one line break at its end |
| `{fromSecret: {namespace: …, name: …, key: …}}` | a key of a Kubernetes Secret, in the cluster that `--kubeconfig` and `--context` say |

A reference can also stand for any text inside a representation, such as `keycloak.realm.smtpServer.password`.
";

/// The page as the values are now.
fn written() -> String {
    let schema: Value = serde_json::from_str(&crate::schema::printed("values")).unwrap();
    let defaults: Value = serde_saphyr::from_str(DEFAULTS).unwrap();
    let mut page = Page::new(&schema, &defaults, INTRODUCTION);
    let sections = schema["properties"].as_object().unwrap();
    let position = |name: &str| ORDER.iter().position(|known| *known == name).unwrap_or(ORDER.len());
    let mut names: Vec<&str> = sections.keys().map(String::as_str).collect();
    names.sort_by_key(|name| position(name));
    for name in names {
        page.section(name, &sections[name], note(name));
    }
    page.finish()
}

/// What to know about a section before its keys.
fn note(section: &str) -> Option<&'static str> {
    let is_shared = ["platform", "teams", "users", "kubernetes"].contains(&section);
    let task = match section {
        "copies" => "copy-certs",
        "barriers" => "wait-for",
        application => application,
    };
    (!is_shared && !is_a_task(task))
        .then_some("*No task of this version reads this section: it is checked, and nothing follows from it yet.*")
}

fn is_a_task(name: &str) -> bool {
    Command::new(env!("CARGO_BIN_EXE_evenkeel")).args([name, "--help"]).output().unwrap().status.success()
}

#[test]
#[expect(clippy::disallowed_methods, reason = "EVENKEEL_UPDATE asks the test to write the file")]
fn the_reference_in_the_repository_is_up_to_date() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/values.md");
    let written = written();
    if std::env::var_os("EVENKEEL_UPDATE").is_some() {
        fs::write(&file, &written).unwrap();
    }
    let there = fs::read_to_string(&file).unwrap_or_default();
    assert!(there == written, "docs/values.md is out of date: run the tests with EVENKEEL_UPDATE=1");
}

#[test]
fn every_link_of_the_reference_has_its_heading() {
    let text = written();
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
    let text = written();
    let schema: Value = serde_json::from_str(&crate::schema::printed("values")).unwrap();
    for name in schema["properties"].as_object().unwrap().keys() {
        assert!(text.contains(&format!("\n## `{name}`\n")), "{name}");
    }
}

#[test]
fn built_in_defaults_are_shown_with_their_keys() {
    let text = written();
    assert!(text.contains("| `teamPrefix` | text | `team-` |"), "of a section");
    assert!(text.contains("| `bruteForceProtected` | `true` |"), "of a representation");
    assert!(text.contains("| `url` | text | `https://keycloak.<platform.domain>` |"), "in words");
}
