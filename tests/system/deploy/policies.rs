//! The policies: one source for conftest and for Gatekeeper, and fixtures for each.

use std::{collections::BTreeMap, fmt::Write};

use serde_json::{Value, json};

use super::{
    files, is_generated,
    objects::{objects, problems},
    text, yaml,
};

/// What all policies use; no policy of its own.
const SHARED: &str = "workload";
const PODS: &str = "{apiGroups: [\"\"], kinds: [Pod]}\n      - {apiGroups: [batch], kinds: [Job, CronJob]}\n      - {apiGroups: [apps], kinds: [Deployment, StatefulSet, DaemonSet, ReplicaSet]}";
const RIGHTS: &str =
    "{apiGroups: [rbac.authorization.k8s.io], kinds: [Role, RoleBinding, ClusterRole, ClusterRoleBinding]}";

fn policies() -> Vec<String> {
    files("policies/rego", ".rego").into_iter().filter(|name| name != SHARED).collect()
}

/// The objects that Gatekeeper shows to a policy.
fn matched(policy: &str) -> String {
    match policy {
        "jobs" => "{apiGroups: [batch], kinds: [Job, CronJob]}".to_owned(),
        "rbac" => RIGHTS.to_owned(),
        "secret_text" => format!("{PODS}\n      - {{apiGroups: [\"\"], kinds: [ConfigMap]}}"),
        "hooks" => format!(
            "{PODS}\n      - {RIGHTS}\n      - {{apiGroups: [\"\"], kinds: [ConfigMap, Secret, ServiceAccount]}}\n      - {{apiGroups: [networking.k8s.io], kinds: [NetworkPolicy]}}"
        ),
        _ => PODS.to_owned(),
    }
}

/// The kind of a policy's Constraint: `EvenkeelNonRoot`.
fn kind(policy: &str) -> String {
    let words = policy.split('_').map(|word| word[..1].to_uppercase() + &word[1..]);
    format!("Evenkeel{}", words.collect::<String>())
}

fn indented(text: &str, spaces: usize) -> String {
    let line = |line: &str| if line.is_empty() { "\n".to_owned() } else { format!("{:spaces$}{line}\n", "") };
    text.lines().map(line).collect()
}

const GENERATED: &str = "# Generated from deploy/policies/rego: `EVENKEEL_UPDATE=1 cargo test -p evenkeel --test system deploy` writes it anew.\n";

fn template(policy: &str, parameters: &Value) -> String {
    let kind = kind(policy);
    let package = kind.to_lowercase();
    let mut text = format!(
        "{GENERATED}apiVersion: templates.gatekeeper.sh/v1\nkind: ConstraintTemplate\nmetadata:\n  name: {package}\nspec:\n  crd:\n    spec:\n      names:\n        kind: {kind}\n      validation:\n        openAPIV3Schema:\n          type: object\n"
    );
    if let Some(parameters) = parameters.as_object() {
        text.push_str("          properties:\n");
        for name in parameters.keys() {
            writeln!(text, "            {name}: {{type: array, items: {{type: string}}}}").unwrap();
        }
    }
    let entry = format!(
        "package {package}\n\nimport data.lib.evenkeel.{policy}\n\nviolation contains {{\"msg\": message}} if some message in {policy}.problems(input.review.object, object.get(input, \"parameters\", {{}}))\n"
    );
    write!(
        text,
        "  targets:\n    - target: admission.k8s.gatekeeper.sh\n      code:\n        - engine: Rego\n          source:\n            version: v1\n            rego: |\n{}            libs:\n",
        indented(&entry, 14)
    )
    .unwrap();
    for library in [SHARED, policy] {
        let source = super::text(&format!("policies/rego/{library}.rego"));
        write!(text, "              - |\n{}", indented(&source, 16)).unwrap();
    }
    text
}

/// A warning at first: what is in a cluster already was there before the policy.
fn constraint(policy: &str, parameters: &Value) -> String {
    let mut text = format!(
        "{GENERATED}apiVersion: constraints.gatekeeper.sh/v1beta1\nkind: {}\nmetadata:\n  name: evenkeel-{}\nspec:\n  enforcementAction: warn\n  match:\n    excludedNamespaces: [kube-system, gatekeeper-system]\n    kinds:\n      - {}\n",
        kind(policy),
        policy.replace('_', "-"),
        matched(policy)
    );
    if !parameters.is_null() {
        writeln!(text, "  parameters: {parameters}").unwrap();
    }
    text
}

fn expected(fixture: &str) -> Vec<&str> {
    fixture.lines().filter_map(|line| line.strip_prefix("# expected: ")).collect()
}

/// A text as a regular expression that fits nothing else.
fn literally(text: &str) -> String {
    let special = |character: char| "\\.+*?()|[]{}^$".contains(character);
    let escaped = text.chars().flat_map(|character| special(character).then_some('\\').into_iter().chain([character]));
    format!("^{}$", escaped.collect::<String>())
}

/// The same fixtures for gator, each with the number of its messages and every message.
fn suite(policies: &[String]) -> String {
    let mut suite = format!("{GENERATED}apiVersion: test.gatekeeper.sh/v1alpha1\nkind: Suite\ntests:\n");
    for policy in policies {
        let file = policy.replace('_', "-");
        write!(
            suite,
            "  - name: {file}\n    template: {file}.template.yaml\n    constraint: {file}.constraint.yaml\n    cases:\n"
        )
        .unwrap();
        for fixture in files(&format!("policies/fixtures/{policy}"), ".yaml") {
            let path = format!("fixtures/{policy}/{fixture}.yaml");
            let text = text(&format!("policies/{path}"));
            let expected = expected(&text);
            write!(
                suite,
                "      - name: {fixture}\n        object: ../{path}\n        assertions:\n          - violations: {}\n",
                expected.len()
            )
            .unwrap();
            for message in expected {
                writeln!(suite, "          - {}", json!({"violations": 1, "message": literally(message)})).unwrap();
            }
        }
    }
    suite
}

#[test]
fn what_gatekeeper_upholds_is_made_of_the_same_policies() {
    let parameters = yaml(&text("policies/parameters.yaml"));
    let policies = policies();
    let mut made: BTreeMap<String, String> = BTreeMap::from([("suite.yaml".to_owned(), suite(&policies))]);
    for policy in &policies {
        let file = policy.replace('_', "-");
        let parameters = &parameters["parameters"][policy];
        made.insert(format!("{file}.template.yaml"), template(policy, parameters));
        made.insert(format!("{file}.constraint.yaml"), constraint(policy, parameters));
    }
    for (name, text) in &made {
        is_generated(&format!("policies/gatekeeper/{name}"), text);
    }
    let there: Vec<_> = files("policies/gatekeeper", "");
    assert_eq!(there, made.into_keys().collect::<Vec<_>>(), "what no policy makes any more has to go");
}

#[test]
fn every_policy_is_asked_by_conftest_and_has_fixtures_that_pass_and_that_fail() {
    let main = text("policies/main.rego");
    let policies = policies();
    assert!(policies.len() >= 10, "{policies:?}");
    assert_eq!(files("policies/fixtures", ""), policies);
    for policy in policies {
        let asked = format!("{policy}.problems(input, parameters(\"{policy}\"))");
        assert!(main.contains(&asked), "main.rego does not ask `{policy}`");
        let mut seen = [0, 0];
        for name in files(&format!("policies/fixtures/{policy}"), ".yaml") {
            let fixture = text(&format!("policies/fixtures/{policy}/{name}.yaml"));
            let fails = name.starts_with("fail");
            assert!(fails || name.starts_with("pass"), "{policy}/{name}");
            assert_eq!(!expected(&fixture).is_empty(), fails, "{policy}/{name}");
            seen[usize::from(fails)] += 1;
            let objects = objects(&fixture);
            assert_eq!(objects.len(), 1, "{policy}/{name}");
            assert_eq!(problems(&objects[0]), Vec::<String>::new(), "{policy}/{name}");
        }
        assert!(seen.iter().all(|count| *count > 0), "{policy}: {seen:?}");
    }
}
