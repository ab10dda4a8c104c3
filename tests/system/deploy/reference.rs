//! The table of the chart's values in `deploy/jobs/README.md`.

use std::fmt::Write;

use serde_json::Value;

use super::{
    is_generated, place, text,
    values::{defaults, schema},
};

const PAGE: &str = "jobs/README.md";
const BEGIN: &str = "<!-- generated from `tests/system/deploy/values.rs`: `EVENKEEL_UPDATE=1 cargo test -p evenkeel` writes it anew -->\n";
const END: &str = "<!-- end of what is generated -->\n";

#[test]
fn the_table_of_the_charts_values_is_up_to_date() {
    let page = text(PAGE);
    let (before, rest) = page.split_once(BEGIN).unwrap();
    let (_, after) = rest.split_once(END).unwrap();
    is_generated(PAGE, &format!("{before}{BEGIN}{}{END}{after}", table()));
}

/// The pages of `docs` and the first page are looked at by `readme.rs`.
#[test]
fn every_file_that_the_charts_page_links_to_is_there() {
    let page = text(PAGE);
    let links: Vec<_> = page.split("](").skip(1).filter_map(|rest| rest.split([')', '#']).next()).collect();
    assert!(links.len() > 5, "{links:?}");
    for link in links {
        assert!(place("jobs").join(link).exists(), "deploy/{PAGE} links to `{link}`");
    }
}

fn table() -> String {
    let mut table = "\n| value | what stands there | default | meaning |\n|---|---|---|---|\n".to_owned();
    let (schema, defaults) = (schema(), defaults());
    for (name, schema) in properties(&schema) {
        match name.as_str() {
            "global" => {}
            "tasks" => tasks(&mut table, schema, &defaults["tasks"]),
            name => row(&mut table, name, schema, &defaults[name]),
        }
    }
    table.push('\n');
    table
}

fn properties(schema: &Value) -> impl Iterator<Item = (&String, &Value)> {
    schema["properties"].as_object().into_iter().flatten()
}

/// What every task has, once; then what only some have.
fn tasks(table: &mut String, schema: &Value, defaults: &Value) {
    let common = &schema["properties"]["keycloak"];
    for (name, schema) in properties(common) {
        row(table, &format!("tasks.<name>.{name}"), schema, &defaults["keycloak"][name]);
    }
    for (task, schema) in properties(schema) {
        for (name, schema) in properties(schema).filter(|(name, _)| common["properties"].get(name).is_none()) {
            row(table, &format!("tasks.{task}.{name}"), schema, &defaults[task][name]);
        }
        let options = properties(&schema["properties"]["options"]);
        for (name, schema) in
            options.filter(|(name, _)| common.pointer(&format!("/properties/options/properties/{name}")).is_none())
        {
            row(table, &format!("tasks.{task}.options.{name}"), schema, &Value::Null);
        }
    }
}

fn row(table: &mut String, path: &str, schema: &Value, defaults: &Value) {
    let description = schema["description"].as_str().unwrap_or_default().replace('\n', " ").replace('|', "\\|");
    let own = path.ends_with(".drift");
    let inner: Vec<_> = properties(schema).filter(|_| !own).collect();
    let default = match defaults {
        Value::Null => String::new(),
        Value::String(text) if text.is_empty() => String::new(),
        _ if !inner.is_empty() => String::new(),
        default => format!("`{default}`"),
    };
    if !description.is_empty() {
        writeln!(table, "| `{path}` | {} | {default} | {description} |", kind(schema)).unwrap();
    }
    for (name, schema) in inner {
        row(table, &format!("{path}.{name}"), schema, &defaults[name]);
    }
    for (name, schema) in properties(&schema["items"]) {
        row(table, &format!("{path}[].{name}"), schema, &Value::Null);
    }
    for (name, schema) in properties(&schema["additionalProperties"]) {
        row(table, &format!("{path}.<name>.{name}"), schema, &Value::Null);
    }
}

fn kind(schema: &Value) -> String {
    if let Some(choices) = schema["enum"].as_array() {
        let choices = choices.iter().filter_map(Value::as_str).filter(|choice| !choice.is_empty());
        return choices.map(|choice| format!("`{choice}`")).collect::<Vec<_>>().join(", ");
    }
    let kind = match schema["type"].as_str() {
        Some("boolean") => "true or false",
        Some("integer") => "number",
        Some("string") => "text",
        Some("array") if schema["items"]["type"] == "string" => "list of texts",
        Some("array") if schema["items"]["type"] == "integer" => "list of numbers",
        Some("array") => "list of maps",
        Some("object") => "map",
        other => panic!("no word for {other:?} in {schema}"),
    };
    kind.to_owned()
}
