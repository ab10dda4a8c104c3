//! The reference of the values, `docs/values.md`: their JSON Schema and built-in defaults as Markdown.

mod kind;
mod page;

use serde_json::Value;

use crate::{
    schema::{self, Document},
    tasks::TASKS,
};
use page::Page;

/// Layer zero of the values. It is data of core's, read here for the column of defaults.
const DEFAULTS: &str = include_str!("../core/src/values/defaults.yaml");

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

/// The page.
pub(crate) fn text() -> String {
    // Both are our own documents, and the tests parse them.
    let schema: Value = serde_json::from_str(&schema::text(Document::Values)).unwrap_or_default();
    let defaults: Value = serde_saphyr::from_str(DEFAULTS).unwrap_or_default();
    let mut page = Page::new(&schema, &defaults, INTRODUCTION);
    let Some(sections) = schema["properties"].as_object() else { return page.finish() };
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
    let shared = ["platform", "teams", "users", "kubernetes"].contains(&section);
    let task = match section {
        "copies" => "copy-certs",
        "barriers" => "wait-for",
        application => application,
    };
    let has_task = TASKS.iter().any(|known| known.name == task);
    (!shared && !has_task)
        .then_some("*No task of this version reads this section: it is checked, and nothing follows from it yet.*")
}
