//! The chart's values: what there is, what it means, and what helm refuses. `values.schema.json` is made of these types.

mod pod;
mod task;

use std::collections::BTreeMap;

use schemars::{JsonSchema, generate::SchemaSettings};
use serde::Deserialize;
use serde_json::Value;

use self::{
    pod::{Certificates, Deadlines, Image, Log, Network, Placement, Resources},
    task::{Drift, Tasks},
};
use super::{files, is_generated, text, yaml};

/// Everything that the chart can be told.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Values {
    /// How the tasks run at a deployment. `helm`: Jobs that are hooks after install, upgrade and rollback. `argocd`: ordinary Jobs in sync
    /// waves. `plain`: ordinary Jobs, for Flux and for charts that wait for pods which need what these Jobs make.
    mode: Mode,
    /// The `platform.name` of the layers; the inventory is called after it. Required.
    #[schemars(regex(pattern = "^([a-z0-9]([-a-z0-9]*[a-z0-9])?)?$"), length(max = 63))]
    platform: String,
    /// The ids of the teams in whose namespaces tasks have rights. Quoted, where YAML would read them as something else: `"no"`, `"0123"`.
    #[schemars(inner(regex(pattern = "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$")))]
    teams: Vec<String>,
    /// What stands before a team's id in the name of its namespace: `platform.names.teamPrefix` of the layers.
    #[schemars(regex(pattern = "^[a-z0-9][-a-z0-9]*$"), length(max = 11))]
    team_prefix: String,
    /// Where tasks remember what they have made.
    inventory: Inventory,
    /// Layers of evenkeel's values, by name: texts, best passed by `--set-file layers.10-platform=10-platform.yaml`. They reach the pods byte
    /// for byte, in the order of their names and after those of `layersFrom`. At most 512 KiB together.
    #[schemars(extend("propertyNames" = {"pattern": "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"}))]
    layers: BTreeMap<String, String>,
    /// Layers that are in the cluster already, in their order: the `*.yaml` of each.
    layers_from: Vec<LayersFrom>,
    /// Any text. Another one makes the Jobs of the modes `argocd` and `plain` run again, such as after a change of `layersFrom`.
    revision: String,
    /// The image, whose entry point is `evenkeel`.
    image: Image,
    /// Secrets with which nodes pull the image.
    image_pull_secrets: Vec<String>,
    /// The tasks.
    tasks: Tasks,
    /// Jobs at a deployment.
    jobs: Jobs,
    /// Runs against drift, of all tasks; a task's own `drift` comes first.
    drift: Drift,
    /// What has to be ready before a task runs.
    barrier: Barrier,
    /// How long things may take, each within the next.
    deadlines: Deadlines,
    /// Certificates of authorities that every client trusts, on top of the system's.
    ca: Certificates,
    /// More variables for every container, such as those of a proxy. No secrets: those are in `tasks.<name>.secrets`.
    #[schemars(extend("propertyNames" = {"pattern": "^[A-Za-z_][A-Za-z0-9_]*$"}))]
    env: BTreeMap<String, String>,
    /// The log.
    log: Log,
    /// The form of the report on standard output.
    output: Form,
    /// Rights.
    rbac: Rights,
    /// Service accounts, one for each task.
    service_accounts: ServiceAccounts,
    /// Where pods may connect to.
    network_policy: Network,
    /// What a run needs and may take.
    resources: Resources,
    /// What a barrier needs and may take.
    barrier_resources: Resources,
    /// Where pods run, and what they carry.
    pod: Placement,
    /// Whether meshes put their sidecars into the pods. One that does not end by itself keeps a Job running.
    mesh_sidecars: bool,
    /// The name of everything, in place of one made of the release's.
    #[schemars(regex(pattern = "^([a-z0-9]([-a-z0-9]*[a-z0-9])?)?$"))]
    fullname_override: String,
    /// What Helm puts into the values of every chart below another one. Not used.
    global: BTreeMap<String, Value>,
}

#[derive(Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Mode {
    #[default]
    Helm,
    Argocd,
    Plain,
}

#[derive(Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Form {
    #[default]
    Text,
    Json,
}

#[derive(Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
struct Inventory {
    /// Its namespace, `kubernetes.inventory.namespace` of the layers; the release's unless it is said. It should hold nothing else.
    namespace: String,
    /// Whether the inventory is larger than 768 KiB (some 10,000 objects). It has parts then whose names are not known before, so that tasks
    /// need rights on all Secrets of its namespace.
    large: bool,
}

#[derive(Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
struct LayersFrom {
    /// A ConfigMap.
    config_map: String,
    /// A Secret, such as one with a `secrets.yaml`.
    secret: String,
    /// Any other volume: its source, as a pod has it.
    volume: BTreeMap<String, Value>,
}

#[derive(Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
struct Jobs {
    /// Whether tasks run at a deployment.
    enabled: bool,
    /// How often another pod tries what failed. What needs a change first is not tried again.
    backoff_limit: u16,
}

#[derive(Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
struct Barrier {
    /// How many successes in a row count as ready.
    #[schemars(range(min = 1))]
    confirmations: u16,
}

#[derive(Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
struct Rights {
    /// Whether Roles and their bindings are made.
    create: bool,
    /// ClusterRoles in place of Roles in the namespaces of teams, sources and targets: fewer requests, no list of teams, and rights on Secrets
    /// everywhere. Needed where `kubernetes.createNamespaces` is true, and for `namespaceSelector` in `copies`.
    cluster_wide: bool,
}

#[derive(Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
struct ServiceAccounts {
    /// Whether they are made, but for tasks that name one of their own.
    create: bool,
    /// Annotations of those that are made.
    annotations: BTreeMap<String, String>,
}

/// The schema, without references, so that helm's messages name the values.
pub(super) fn schema() -> Value {
    let settings = SchemaSettings::draft07().with(|settings| settings.inline_subschemas = true);
    serde_json::to_value(settings.into_generator().into_root_schema_for::<Values>()).unwrap()
}

/// The values that hold where nobody says otherwise.
pub(super) fn defaults() -> Value {
    yaml(&text("jobs/values.yaml"))
}

#[test]
fn the_schema_of_the_charts_values_is_up_to_date() {
    is_generated("jobs/values.schema.json", &format!("{}\n", serde_json::to_string_pretty(&schema()).unwrap()));
}

#[test]
fn every_default_of_the_chart_is_one_of_its_values_and_every_value_has_a_default() {
    let _: Values = serde_json::from_value(defaults()).unwrap();
    let mut missing = Vec::new();
    without_default(&schema(), &defaults(), "", &mut missing);
    assert!(missing.is_empty(), "values.yaml says nothing of {missing:?}");
}

/// The keys of the schema that the defaults leave out. What a task may override, options and what is seldom limited have none.
fn without_default(schema: &Value, defaults: &Value, path: &str, missing: &mut Vec<String>) {
    for (name, schema) in schema["properties"].as_object().into_iter().flatten() {
        let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        let is_optional = path == "global"
            || [".drift", ".options", ".ephemeral-storage"].iter().any(|ending| path.ends_with(ending));
        match &defaults[name] {
            _ if is_optional => {}
            Value::Null => missing.push(path),
            defaults => without_default(schema, defaults, &path, missing),
        }
    }
}

#[test]
fn the_schema_of_the_chart_takes_its_installations_and_refuses_what_is_misspelt() {
    let validator = jsonschema::validator_for(&schema()).unwrap();
    let check = |values: &Value| validator.iter_errors(values).map(|error| error.to_string()).collect::<Vec<_>>();
    assert_eq!(check(&defaults()), Vec::<String>::new());
    let installations = files("jobs/ci", ".yaml");
    assert!(installations.len() >= 5, "{installations:?}");
    for name in installations {
        assert_eq!(check(&yaml(&text(&format!("jobs/ci/{name}.yaml")))), Vec::<String>::new(), "{name}");
    }
    let page = std::fs::read_to_string(super::place("../docs/deploy.md")).unwrap();
    let example = page.split("```yaml\n").nth(1).unwrap().split("```").next().unwrap();
    let example = example.replace("sha256:…", &format!("sha256:{}", "1".repeat(64)));
    assert_eq!(check(&yaml(&example)), Vec::<String>::new(), "the example of docs/deploy.md");
    for wrong in [
        "teamz: []",
        "teams: [no, 0123]",
        "teams: [1]",
        "mode: flux",
        "layers: {platform: {teams: {}}}",
        "layers: {secrets.yaml: ''}",
        "tasks: {gitea: {enabled: true}}",
        "tasks: {keycloak: {targets: [a]}}",
        "tasks: {keycloak: {options: {requireValid: true}}}",
        "tasks: {keycloak: {options: {prune: null}}}",
        "tasks: {keycloak: {drift: {mode: export}}}",
        "tasks: {keycloak: {secrets: {env: {A: plain}}}}",
        "image: {digest: 'sha256:1'}",
        "drift: {startingDeadlineSeconds: 5}",
        "barrier: {confirmations: 0}",
        "env: {A: 1}",
    ] {
        let values = serde_saphyr::from_str(wrong).unwrap();
        assert!(!check(&values).is_empty(), "{wrong}");
    }
}
