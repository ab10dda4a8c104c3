//! `openapi-specs/gitea.yaml` says nothing that the documents of Gitea and Forgejo do not.
//!
//! The documents under `tests/system/spec/gitea/` are those of Gitea 1.26.0 and Forgejo 7.0.8, of which what concerns paths of ours is kept: whole
//! path items and all that they refer to, without the texts for people.

use std::sync::LazyLock;

use serde_json::{Value, json};

use super::check::{Outside, Upstream, problems};
use super::swagger;

/// Their documents have failures under several names; ours also holds what the transport makes of other answers. What configures a webhook is a
/// map there, of which ours gives the names.
const OUTSIDE: Outside = Outside { paths: &[], schemas: &["Failure", "CreateHookOptionConfig"], bodies: &[] };

/// What came after Gitea 1.22.
const OUTSIDE_FORGEJO: Outside = Outside {
    paths: &[
        "/repos/{owner}/{repo}/tag_protections",
        "/repos/{owner}/{repo}/tag_protections/{id}",
        "/repos/{owner}/{repo}/actions/secrets",
        "/repos/{owner}/{repo}/actions/variables",
        "/repos/{owner}/{repo}/actions/variables/{variablename}",
        "/orgs/{org}/actions/variables",
        "/orgs/{org}/actions/variables/{variablename}",
    ],
    schemas: &[
        "Failure",
        "CreateHookOptionConfig",
        "TagProtection",
        "CreateTagProtectionOption",
        "EditTagProtectionOption",
        "ActionVariable",
        "CreateVariableOption",
        "UpdateVariableOption",
    ],
    bodies: &[],
};

static OURS: LazyLock<Value> = LazyLock::new(|| {
    let options = serde_saphyr::options! { strict_booleans: true };
    serde_saphyr::from_str_with_options(include_str!("../../../openapi-specs/gitea.yaml"), options).unwrap()
});

static GITEA: LazyLock<Upstream> = LazyLock::new(|| upstream("1.26", include_str!("gitea/gitea-1.26.0.swagger.json")));

static FORGEJO: LazyLock<Upstream> =
    LazyLock::new(|| upstream("forgejo-7.0", include_str!("gitea/forgejo-7.0.8.swagger.json")));

fn upstream(version: &'static str, text: &str) -> Upstream {
    let document: Value = serde_json::from_str(text).unwrap();
    assert_eq!(document["basePath"], "/api/v1", "paths begin below the base path of the document");
    Upstream { version, document: swagger::lifted(&document) }
}

const NOTHING: Vec<String> = Vec::new();

#[test]
fn everything_is_in_the_document_of_gitea() {
    assert_eq!(problems(&OURS, &GITEA, &OUTSIDE), NOTHING);
}

#[test]
fn everything_is_in_the_document_of_forgejo_but_what_came_later() {
    assert_eq!(problems(&OURS, &FORGEJO, &OUTSIDE_FORGEJO), NOTHING);
}

/// The problems of our document at Gitea after `change`.
fn after(change: impl FnOnce(&mut Value)) -> Vec<String> {
    let mut document = OURS.clone();
    change(&mut document);
    problems(&document, &GITEA, &OUTSIDE)
}

#[test]
fn a_response_that_operations_share_is_compared() {
    let found = after(|document| {
        let teams = &mut document["paths"]["/orgs/{org}/teams"]["get"]["responses"]["200"];
        teams["content"]["application/json"]["schema"]["items"] = json!({"$ref": "#/components/schemas/User"});
    });
    assert_eq!(
        found,
        [
            "1.26: GET /orgs/{org}/teams: answer 200 application/json is list of schema User, upstream list of schema Team"
        ]
    );
}

#[test]
fn a_schema_that_stands_for_a_map_has_values_of_its_kind() {
    let found = after(|document| {
        document["components"]["schemas"]["CreateHookOptionConfig"]["properties"]["secret"] =
            json!({"type": "integer"});
    });
    let wrong = "is schema CreateHookOptionConfig, upstream map of string";
    assert_eq!(found, [format!("1.26: CreateHookOption.config: {wrong}")]);
}

#[test]
fn a_field_that_older_servers_lack_is_named_where_nothing_says_so() {
    let mut document = OURS.clone();
    document["components"]["schemas"]["User"]["properties"]["source_id"]["x-absent-in"] = json!([]);
    let found = problems(&document, &FORGEJO, &OUTSIDE_FORGEJO);
    assert_eq!(found, ["forgejo-7.0: User.source_id: no such property upstream"]);
}
