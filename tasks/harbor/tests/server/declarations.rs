//! What values say, before any server is asked.

use evenkeel_core::values::{Problems, Schema, Source, Values};
use evenkeel_engine::{secrets::SecretResolver, task::Task};
use evenkeel_harbor::{Harbor, desired::Desired};

const PLATFORM: &str = "platform: {name: demo, domain: example.com}\n";
const ADMIN: &str = "harbor: {admin: {password: {fromEnv: PASSWORD}}}\n";

fn desired(more: &str, secrets: &SecretResolver) -> Result<Desired, Problems> {
    let definitions = Harbor::definitions().into_iter();
    let schema = definitions.fold(Schema::new(), |schema, (name, json)| schema.with_definition(name, json));
    let files = [("a.yaml", PLATFORM), ("b.yaml", ADMIN), ("c.yaml", more)];
    let sources = files.map(|(name, text)| Source::file(name, text.to_owned()));
    let (values, document) = Values::load(sources.to_vec(), &[], &schema).unwrap();
    Desired::from_values(&values, &document, secrets)
}

fn refused(more: &str, secrets: &SecretResolver) -> Vec<String> {
    let problem = |problem: &evenkeel_core::values::Problem| {
        let line = problem.location().and_then(|location| location.line).unwrap_or_default();
        format!("{line}: {}", problem.message())
    };
    desired(more, secrets).unwrap_err().iter().map(problem).collect()
}

const HOOK: &str =
    "harbor: {projects: [{name: a, webhooks: [{name: w, events: [PUSH_ARTIFACT], address: {fromEnv: HOOK}}]}]}\n";

/// `validate` took what stands for a secret for the address itself, and refused it.
#[test]
fn a_webhook_whose_address_is_a_reference_is_valid_before_the_address_is_known() {
    desired(HOOK, &SecretResolver::of_placeholders()).unwrap();
    let secrets = |hook: &str| SecretResolver::with_environment([("PASSWORD", "right".into()), ("HOOK", hook.into())]);
    desired(HOOK, &secrets("https://hooks.example.com")).unwrap();
    let told = refused(HOOK, &secrets("no address"));
    assert_eq!(told, ["1: what it refers to is no address that harbor would take"]);
}

#[test]
fn the_secret_of_a_robot_is_judged_only_where_it_is_known() {
    let robot = "harbor: {robots: [{name: a, secret: {fromEnv: ROBOT}, permissions: [{access: [{resource: project, action: list}]}]}]}\n";
    desired(robot, &SecretResolver::of_placeholders()).unwrap();
    let secrets = SecretResolver::with_environment([("PASSWORD", "right".into()), ("ROBOT", "short".into())]);
    assert_eq!(refused(robot, &secrets), ["1: harbor would refuse this secret of a robot"]);
}

/// One part of a project hid what was wrong with the others, and one kind what was wrong with the next of its objects.
#[test]
fn every_problem_of_the_section_is_told_at_once() {
    let told = refused(
        "harbor:
  registryHost: a/b
  oidc: {scope: email}
  configuration: {auth_mode: none, token_expiration: 0}
  projects:
    - name: a
      immutableTags: [{repositories: a}, {tags: ''}, {tags: a, excludeTags: b}]
      retention: {rules: [{template: always, count: 1}, {template: latestPushedK}]}
      cveAllowlist: {items: [CVE-1, CVE-1], expiresAt: '2030-13-01T00:00:00Z'}
      labels: [{name: l}, {name: l}]
      webhooks: [{name: w, events: [a], address: 'http://a.example.com', target: slack, format: Default}]
      members: [{role: guest}]
  robots:
    - {name: r, permissions: [{access: [{resource: project, action: list}, {resource: project, action: list, effect: deny}]}]}
    - {name: r, permissions: [{access: [{resource: project, action: list}, {resource: project, action: list, effect: deny}]}]}
  system:
    scanners: [{name: Trivy, url: 'http://a.example.com'}, {name: s, url: 'http://a.example.com', auth: basic}]
    labels: [{name: l}, {name: l}, {name: l}]
    scanAll: {schedule: daily}
  users: [{username: admin, email: a@example.com}]
kubernetes: {}
",
        &SecretResolver::of_placeholders(),
    );
    let lines: Vec<&str> = told.iter().filter_map(|problem| Some(problem.split_once(':')?.0)).collect();
    let expected = [
        "2", "3", "4", "4", "7", "7", "7", "8", "8", "9", "9", "10", "11", "12", "13", "14", "15", "17", "17", "18",
        "18", "19", "20", "20",
    ];
    let mut sorted = lines.clone();
    sorted.sort_by_key(|line| line.parse::<u32>().unwrap());
    assert_eq!(sorted, expected, "{told:#?}");
}
