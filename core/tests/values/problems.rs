//! Values that are wrong: every message as people see it.

#![expect(clippy::expect_used, reason = "a helper of tests wants wrong values")]

use evenkeel_core::values::{Problems, Schema, Source, ValuePath, Values};
use serde_json::json;

const BASE: &str = "platform: {name: demo, domain: example.com}\n";

fn problems(sources: &[(&str, &str)], sets: &[&str]) -> Problems {
    let mut all = vec![Source::file("00-base.yaml", BASE.to_owned())];
    all.extend(sources.iter().map(|(name, text)| Source::file(name, (*text).to_owned())));
    let sets: Vec<String> = sets.iter().map(|&set| set.to_owned()).collect();
    Values::load(all, &sets, &Schema::new()).expect_err("the values are wrong")
}

fn rendered(sources: &[(&str, &str)], sets: &[&str]) -> String {
    problems(sources, sets).render(false)
}

macro_rules! assert_rendered {
    ($text:expr) => {
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path("../fixtures/values/snapshots");
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        settings.bind(|| insta::assert_snapshot!($text));
    };
}

#[test]
fn problems_of_all_layers_are_told_at_once() {
    let text = rendered(
        &[
            (
                "values/10-teams.yaml",
                "teamz: {}\nteams:\n  Alpha: {}\n  beta: {displayName: [1]}\nusers:\n  - firstName: Ada\n    teams: beta\n",
            ),
            ("values/20-keycloak.yaml", "keycloak:\n  url: keycloak.example.com\n  admin: {username: admin}\n"),
        ],
        &["platform.domain=Example.com"],
    );
    assert_rendered!(text);
}

#[test]
fn an_unknown_key_names_the_one_that_was_meant() {
    assert_rendered!(rendered(
        &[("a.yaml", "users:\n  - email: a@example.com\n    fristName: Ada\n    zzz: 1\n")],
        &[]
    ));
}

/// People copy what a server shows, and half of it is not theirs to set.
#[test]
fn a_key_that_an_application_derives_is_told_as_that_and_not_as_unknown() {
    let realm = json!({
        "type": "object", "additionalProperties": false, "properties": {"displayName": {"type": "string"}},
        "x-derived": ["otpSupportedApplications"],
    });
    let schema = Schema::new().with_definition("RealmRepresentation", realm);
    let text = "keycloak:\n  url: http://k\n  admin: {username: a, password: {fromEnv: A}}\n  realm: {otpSupportedApplications: [FreeOTP], zzz: 1}\n";
    let sources = [("00-base.yaml", BASE), ("a.yaml", text)].map(|(name, text)| Source::file(name, text.to_owned()));
    let problems = Values::load(sources.into(), &[], &schema).expect_err("the values are wrong").render(false);
    let told = "`otpSupportedApplications` in `keycloak.realm` cannot be declared: the application derives it";
    assert!(problems.contains(told) && problems.contains("hint: leave it out"), "{problems}");
    assert!(problems.contains("unknown key `zzz`") && !problems.contains("unknown key `otp"), "{problems}");
}

/// `true` is a flag, and hiding it hid what somebody had written wrongly.
#[test]
fn a_flag_behind_an_unknown_key_is_no_secret() {
    let text = rendered(
        &[("a.yaml", "users:\n  - {email: a@example.com, zzz: true, yyy: hunter2, xxx: [false, abc]}\n")],
        &[],
    );
    assert!(text.contains("zzz: true, yyy: (secret), xxx: [false, (secret)]"), "{text}");
}

#[test]
fn names_that_no_address_can_carry_are_refused_with_their_place_wherever_values_name_an_object() {
    let login = "admin: {username: a, password: {fromEnv: A}}";
    for section in [
        "harbor:\n  projects: [{name: a, labels: [{name: \"..\"}]}]",
        "harbor:\n  projects: [{name: a, webhooks: [{name: \".\", events: [A], address: \"https://a\"}]}]",
        "harbor:\n  projects: [{name: a, members: [{group: \"a\\tb\", role: guest}]}]",
        "harbor:\n  teamDefaults: {labels: [{name: \"\"}]}",
        "keycloak:\n  defaultGroups: [/staff/../interns]",
        "keycloak:\n  defaultRoles: {realmRoles: [\"..\"]}",
        "keycloak:\n  defaultRoles: {clientRoles: {\"..\": [a]}}",
        "keycloak:\n  identityProvider: {alias: \"..\", issuer: \"https://a\", clientId: a, clientSecret: {fromEnv: A}}",
    ] {
        let rendered = rendered(&[("a.yaml", &format!("{section}\n  {login}\n"))], &[]);
        assert!(rendered.contains("a.yaml:2"), "{section}: {rendered}");
        assert!(rendered.contains("without control characters"), "{section}: {rendered}");
    }
}

#[test]
fn a_wrong_type_says_what_is_expected_and_what_is_there() {
    let text = "users:\n  - email: 3\n    teamAdmin: yes\n    teams: {}\nharbor:\n  admin: {password: [a]}\n  teamDefaults: {retention: {keepLast: 0}, storageQuota: lots}\n";
    assert_rendered!(rendered(&[("a.yaml", text)], &[]));
}

#[test]
fn what_yaml_takes_for_another_type_says_how_to_write_it() {
    let text = "keycloak:\n  url: https://keycloak.example.com\n  admin: {username: a, password: {fromEnv: A}}\nusers:\n  - {email: a@example.com, firstName: 7, enabled: yes, attributes: {level: 1, team: alpha}}\n  - {email: b@example.com, lastName: true, enabled: 'true', teams: alpha}\n  - {email: c@example.com, enabled: maybe}\nharbor:\n  teamDefaults: {retention: {keepLast: '3'}}\n";
    assert_rendered!(rendered(&[("a.yaml", text)], &[]));
}

#[test]
fn every_duplicate_key_is_told() {
    let text = "teams:\n  alpha: {}\n  beta: {}\n  alpha: {displayName: again}\nteams: {}\n";
    assert_rendered!(rendered(&[("a.yaml", text)], &[]));
}

#[test]
fn a_plain_secret_in_the_wrong_place_is_refused_without_an_echo() {
    let text = "keycloak:\n  admin: {username: admin, password: canary-1}\n  realm: {smtpServer: {password: 'canary-2', from: a@b}}\n  client:\n    secret: |\n      canary-3\nusers:\n  - {email: a@example.com, initialPassword: canary-4, wrong: canary-5}\n  - email: b@example.com\n    initialPasword: canary-6\n    initialPassword: 12345\n";
    let text = rendered(&[("a.yaml", text)], &["keycloak.client.secret=canary-7"]);
    assert!(!text.contains("canary") && !text.contains("12345"), "{text}");
    assert_rendered!(text);
}

#[test]
fn values_of_a_secrets_file_are_never_shown() {
    let text = "users:\n  - email: canary-1\n    teams: [canary-2]\n    teamAdmin: canary-3\n    nope: canary-4\n    initialPassword: [canary-5]\nplatform: {domain: 'canary-6 x', names: {realm: canary/7}}\n";
    let text = rendered(&[("conf/secrets.users.yaml", text)], &[]);
    assert!(!text.contains("canary"), "{text}");
    assert_rendered!(text);
}

#[test]
fn broken_syntax_shows_no_secret() {
    let plain = "keycloak:\n  admin: {username: admin, password: canary-1\nharbor: 3\n";
    let folded = "harbor:\n  admin:\n    password: >\n      canary-2\n     canary-3: [\n";
    let secrets = "keycloak:\n  client:\n    secret: \"canary-4\n";
    let text = rendered(&[("a.yaml", plain), ("b.yaml", folded), ("secrets.a.yaml", secrets)], &[]);
    assert!(!text.contains("canary"), "{text}");
    assert_rendered!(text);
}

#[test]
fn a_bomb_is_refused() {
    let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..9 {
        let alias = format!("*a{}, ", level - 1).repeat(10);
        bomb.push_str(&format!("a{level}: &a{level} [{}]\n", alias.trim_end_matches(", ")));
    }
    assert_rendered!(rendered(&[("bomb.yaml", &bomb)], &[]));
}

#[test]
fn set_has_its_own_messages() {
    assert_rendered!(rendered(
        &[],
        &[
            "team.alpha={}",
            "nonsense",
            "users[0].email=a@example.com",
            "platform.domain=[",
            "a..b=1",
            "platform.name=Demo"
        ]
    ));
}

#[test]
fn documents_that_are_no_layer_are_refused() {
    assert_rendered!(rendered(
        &[
            ("several.yaml", "teams: {}\n---\nteams: {}\n"),
            ("list.yaml", "- a\n- b\n"),
            ("tab.yaml", "teams:\n\talpha: {}\n"),
            ("alias.yaml", "teams: *nowhere\n"),
            ("tag.yaml", "teams: !custom {}\n"),
            ("key.yaml", "? [a, b]\n: 1\n"),
            ("empty.yaml", "teams:\n  beta:\n"),
            ("number.yaml", "kubernetes: {createNamespaces: .nan}\n"),
        ],
        &[]
    ));
}

#[test]
fn a_file_over_8_mib_is_refused() {
    let text = format!("# {}\n", "x".repeat(8 * 1024 * 1024));
    let problems = problems(&[("big.yaml", &text)], &[]);
    assert_eq!(problems.iter().map(|problem| problem.message()).collect::<Vec<_>>(), ["the file is larger than 8 MiB"]);
}

#[test]
fn objects_that_do_not_fit_each_other_are_told() {
    let text = "teams:\n  alpha: {}\n  admin: {}\n  a: {}\n  a-b: {}\nusers:\n  - {email: a@example.com, teams: [alhpa]}\n  - {email: A@Example.com, teams: [nowhere]}\nkeycloak:\n  admin: {username: a, clientId: b, clientSecret: {fromEnv: C}}\ngitea:\n  admin: {}\n  teamRepositories: [b-c, c]\nplatform: {names: {viewer: team-alpha, teamAdmin: platform-admin}}\n";
    assert_rendered!(rendered(&[("a.yaml", text)], &[]));
}

#[test]
fn users_who_have_no_name_or_that_of_another_are_told() {
    let text = "keycloak:\n  url: https://keycloak.example.com\n  admin: {username: a, password: {fromEnv: A}}\nusers:\n  - {firstName: Nobody}\n  - {username: Ada, email: ada@example.com}\n  - {username: ada}\n  - {username: countess, email: ADA@example.com}\n  - {email: grace@example.com}\n  - {username: Grace@example.com}\n";
    assert_rendered!(rendered(&[("a.yaml", text)], &[]));
    let shared = format!("{text}  - {{username: lovelace, email: ada@example.com}}\n")
        .replace("keycloak:\n", "keycloak:\n  realm: {duplicateEmailsAllowed: true, loginWithEmailAllowed: false}\n");
    let told = rendered(&[("a.yaml", &shared)], &[]);
    assert!(
        !told.contains("has the email of") && told.contains("`users[5]` has the user name of `users[4]`"),
        "{told}"
    );
}

#[test]
fn a_declared_keycloak_needs_an_account_and_an_address() {
    let problems = Values::load(
        vec![Source::file("a.yaml", "platform: {name: demo}\nkeycloak: {}\n".to_owned())],
        &[],
        &Schema::new(),
    )
    .expect_err("no account");
    assert_rendered!(problems.render(false));
}

#[test]
fn an_empty_set_of_values_says_what_is_missing() {
    let problems = Values::load(Vec::new(), &[], &Schema::new()).expect_err("no name");
    assert_rendered!(problems.render(false));
}

#[test]
fn references_that_are_not_whole_are_told() {
    let text = "harbor:\n  admin: {password: {fromEnvv: A}}\ndrone:\n  token: {fromEnv: A, fromFile: b}\ngitea:\n  admin: {token: {fromSecret: {namespace: a, name: b}}}\nkeycloak:\n  admin: {username: a, password: {fromEnv: 3}}\n  realm: {smtpServer: {password: {fromFile: [x]}}}\n";
    assert_rendered!(rendered(&[("a.yaml", text)], &[]));
}

#[test]
fn colour_adds_nothing_but_escapes() {
    let problems = problems(&[("a.yaml", "teamz: {}\n")], &[]);
    let coloured = problems.render(true);
    assert!(coloured.contains("\u{1b}[1;31merror\u{1b}[0m"));
    let mut plain = String::new();
    let mut rest = coloured.as_str();
    while let Some((before, after)) = rest.split_once("\u{1b}[") {
        plain.push_str(before);
        rest = after.split_once('m').map_or("", |(_, text)| text);
    }
    plain.push_str(rest);
    assert_eq!(plain, problems.render(false));
}

#[test]
fn tasks_add_problems_with_a_place() {
    let (_, document) =
        Values::load(vec![Source::file("a.yaml", BASE.to_owned())], &[], &Schema::new()).expect("right values");
    let path = ValuePath::root().key("platform").key("domain");
    let problem = document.problem(&path, "`platform.domain` is taken").with_hint("take another");
    assert_rendered!(Problems::from(problem).render(false));
}

#[test]
fn a_file_of_nothing_but_mistakes_is_told_in_short() {
    let many: String = (0..100_000).map(|key| format!("k{key}: x, ")).collect();
    let text = format!(
        "users: [{{email: a@example.com, teams: [{}]}}]\nteams: {{alpha: {{{many}}}}}\n",
        "alhpa, ".repeat(50_000)
    );
    let problems = problems(&[("a.yaml", &text)], &[]);
    assert_eq!(problems.len(), 150_000);
    let rendered = problems.render(false);
    assert!(rendered.len() < 100_000 && rendered.contains("and 149900 more problems"), "{}", rendered.len());
}

#[test]
fn two_people_of_one_nickname_are_refused_by_name() {
    let people = "users:\n  - {email: ada@example.com}\n  - {email: a+da@example.com}\n";
    let text = rendered(&[("people.yaml", people)], &[]);
    let expected =
        "`users[1]` (`a+da@example.com`) has the nickname of `users[0]` (`ada@example.com`), `ada-example-com`";
    assert!(text.contains(expected) && text.contains("people.yaml:3"), "{text}");
    let declared =
        "users:\n  - {email: ada@example.com}\n  - {email: b@example.com, attributes: {nickname: [Ada-Example-Com]}}\n";
    assert!(rendered(&[("people.yaml", declared)], &[]).contains("has the nickname of `users[0]`"));
    let secret = rendered(&[("secrets.people.yaml", people)], &[]);
    assert!(secret.contains("`users[1]` has the nickname of `users[0]`") && !secret.contains("ada"), "{secret}");
}

#[test]
fn copies_in_many_namespaces_have_names_that_the_values_choose() {
    let rule = |from: &str, to: &str| format!("copies: [{{from: {{{from}}}, to: {{{to}}}}}]\n");
    let named = "namespaces: harbor, names: pull";
    let fits = |from: &str, to: &str| {
        let sources = vec![Source::file("00-base.yaml", BASE.to_owned()), Source::file("a.yaml", rule(from, to))];
        Values::load(sources, &[], &Schema::new()).is_ok()
    };
    let many = "namespaces: [team-*, argocd], labels: {a: b}, annotations: {example.com/c: d}";
    assert!(fits(named, many));
    assert!(fits("namespaces: [harbor], names: [a, b], selector: {matchLabels: {a: b}}", many));
    for (from, to, message) in [
        ("namespaces: team-*, names: pull", many, "need one namespace and the names of their sources"),
        ("namespaces: [a, b], names: pull", many, "need one namespace and the names of their sources"),
        ("namespaces: harbor", many, "need one namespace and the names of their sources"),
        ("namespaces: harbor, names: [pull, 'p*']", many, "need one namespace and the names of their sources"),
        (named, "namespaces: '*', name: '{namespace}-a'", "`copies[0].to.name` does not go with `namespaces`"),
        (named, "namespaces: a, namespace: b", "`copies[0].to.namespaces` does not go with `namespace`"),
        (named, "name: '{namespace}'", "missing key `copies[0].to.namespace`"),
        (named, "namespace: a", "missing key `copies[0].to.name`"),
        (
            named,
            "namespace: a, name: '{namespace}', namespaceSelector: {}",
            "`copies[0].to.namespaceSelector` does not go with `namespace`",
        ),
        (named, "namespaces: harbor", "`copies[0]` copies from namespace `harbor` into itself"),
        (named, "namespaces: a, labels: {evenkeel.dev/task: b}", "`evenkeel.dev/task` cannot be declared"),
        (
            named,
            "namespaces: a, annotations: {kubectl.kubernetes.io/last-applied-configuration: b}",
            "`kubectl.kubernetes.io/last-applied-configuration` cannot be declared",
        ),
    ] {
        let text = rendered(&[("a.yaml", &rule(from, to))], &[]);
        assert!(text.contains(message) && text.contains("a.yaml:1"), "{to}: {text}");
    }
}
