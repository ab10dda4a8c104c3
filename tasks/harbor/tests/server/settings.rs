//! Allowed vulnerabilities, scanners, caches, and what an older server does not know.

use evenkeel_engine::exit_code::ExitCode;
use evenkeel_sandbox::HarborOptions;
use reqwest::Method;
use serde_json::json;

use crate::stage::{PASSWORD, Stage, told};

const ALLOWED: &str = "
harbor:
  teamDefaults: {cveAllowlist: {items: [CVE-2024-3094, CVE-2020-0001], expiresAt: '2027-01-31T00:00:00Z'}}
teams: {alpha: {}}
";

#[tokio::test]
async fn vulnerabilities_that_a_project_allows_are_the_whole_list_and_end_as_declared() {
    let stage = Stage::new(ALLOWED);
    stage.converge().await;
    let list = || async { stage.get("/projects/team-alpha").await["cve_allowlist"].clone() };
    let end = 1_801_353_600;
    assert_eq!(list().await["expires_at"], end);
    assert_eq!(list().await["items"], json!([{"cve_id": "CVE-2020-0001"}, {"cve_id": "CVE-2024-3094"}]));
    let theirs = json!({"cve_allowlist": {"items": [{"cve_id": "CVE-1999-0001"}]}});
    stage.meddle(Method::PUT, "/projects/team-alpha", Some(theirs)).await;
    let plan = stage.plan().await.plan.unwrap();
    let fields: Vec<&str> = plan.changes[0].fields.iter().map(|field| field.path.as_ref()).collect();
    assert_eq!(fields, ["expiresAt", "items"]);
    stage.converge().await;
    assert_eq!(list().await["expires_at"], end);
    stage.declare(&ALLOWED.replace("'2027-01-31T00:00:00Z'", "never").replace("CVE-2020-0001", "CVE-2020-0002"));
    stage.converge().await;
    assert!(list().await.get("expires_at").is_none());
}

#[tokio::test]
async fn an_end_of_a_list_that_nobody_declares_stays() {
    let stage = Stage::new(&ALLOWED.replace(", expiresAt: '2027-01-31T00:00:00Z'", ""));
    stage.converge().await;
    let theirs = json!({"cve_allowlist": {"items": [], "expires_at": 2_000_000_000}});
    stage.meddle(Method::PUT, "/projects/team-alpha", Some(theirs)).await;
    stage.converge().await;
    let list = stage.get("/projects/team-alpha").await["cve_allowlist"].clone();
    assert_eq!((&list["expires_at"], list["items"].as_array().unwrap().len()), (&json!(2_000_000_000), 2));
}

const SCANNED: &str = "harbor: {projects: [{name: shared, scanner: Their Scanner}, {name: other}]}\n";

#[tokio::test]
async fn a_project_gets_the_scanner_of_that_name() {
    let options = HarborOptions::new(PASSWORD).with_scanner("Trivy").with_scanner("Their Scanner");
    let stage = Stage::with(&options, SCANNED);
    stage.converge().await;
    assert_eq!(stage.get("/projects/shared/scanner").await["name"], "Their Scanner");
    stage.declare(&SCANNED.replace("Their Scanner", "Trivy"));
    stage.converge().await;
    assert_eq!(stage.get("/projects/shared/scanner").await["name"], "Trivy");
}

/// The server takes any identifier, and then has none.
#[tokio::test]
async fn a_scanner_that_is_not_there_is_told_and_nothing_is_chosen() {
    let stage = Stage::with(&HarborOptions::new(PASSWORD).with_scanner("Trivy"), SCANNED);
    let message = "project `shared` names scanner `Their Scanner`, which is neither declared nor there";
    for finished in [stage.plan().await, stage.check().await, stage.apply().await] {
        assert_eq!(finished.exit_code, ExitCode::Configuration, "{}", told(&finished));
        assert!(told(&finished).contains(message), "{}", told(&finished));
    }
}

const CACHE: &str = "
harbor:
  registries: [{name: upstream, type: docker-registry, url: 'https://registry.example.com'}]
  projects: [{name: cache, registry: upstream, cache: {speedKb: 2048, maxConnections: 10, serveRemoved: true}}]
";

fn reaching() -> HarborOptions {
    HarborOptions::new(PASSWORD).with_registry("https://registry.example.com")
}

#[tokio::test]
async fn how_a_cache_fetches_is_kept() {
    let stage = Stage::with(&reaching(), CACHE);
    stage.converge().await;
    let spoiled = json!({"metadata": {"proxy_speed_kb": "-1", "max_upstream_conn": "3"}});
    stage.meddle(Method::PUT, "/projects/cache", Some(spoiled)).await;
    stage.converge().await;
    let metadata = stage.get("/projects/cache").await["metadata"].clone();
    let keys = ["proxy_speed_kb", "max_upstream_conn", "proxy_cache_local_on_not_found"];
    assert_eq!(keys.map(|key| metadata[key].clone()), [json!("2048"), json!("10"), json!("true")]);
    stage.declare("harbor: {projects: [{name: cache, cache: {speedKb: 1}}]}\n");
    let finished = stage.plan().await;
    assert_eq!(finished.exit_code, ExitCode::InvalidValues, "{}", told(&finished));
}

/// The server ignores them there, so that they were written again and again.
#[tokio::test]
async fn settings_of_a_cache_are_not_written_to_a_project_that_is_none() {
    let stage = Stage::with(&reaching(), "harbor: {projects: [{name: cache}]}\n");
    stage.converge().await;
    stage.declare(&CACHE.replace(", serveRemoved: true", ""));
    stage.apply().await;
    stage.sandbox.reset_log();
    let finished = stage.apply().await;
    assert_eq!(finished.exit_code, ExitCode::Configuration, "{}", told(&finished));
    assert_eq!(stage.sandbox.writes(), 0, "{}", told(&finished));
}

const YOUNG: &str = "
harbor:
  registries:
    - {name: upstream, type: docker-registry, url: 'https://registry.example.com', caCertificate: certificate}
  projects:
    - {name: cache, autoSbom: true, registry: upstream, cache: {speedKb: 2048, maxConnections: 10, serveRemoved: true}}
  replications:
    - {name: mirror, source: upstream, singleActive: true}
";

#[tokio::test]
async fn what_an_older_harbor_does_not_keep_is_told_and_never_written() {
    for (version, unknown) in [
        (
            (2, 11, 2),
            vec![
                "proxy_speed_kb",
                "max_upstream_conn",
                "proxy_cache_local_on_not_found",
                "ca_certificate",
                "single_active_replication",
            ],
        ),
        ((2, 14, 0), vec!["max_upstream_conn", "proxy_cache_local_on_not_found", "ca_certificate"]),
        ((2, 15, 0), vec!["proxy_cache_local_on_not_found"]),
    ] {
        let stage = Stage::with(&reaching().with_version(version.0, version.1, version.2), YOUNG);
        let first = stage.apply().await;
        assert_eq!(first.exit_code, ExitCode::Configuration, "{}", told(&first));
        stage.sandbox.reset_log();
        for finished in [stage.plan().await, stage.check().await, stage.apply().await] {
            assert_eq!(finished.exit_code, ExitCode::Configuration, "{}", told(&finished));
            for field in &unknown {
                let message = format!("harbor {}.{}.{} does not keep `{field}`", version.0, version.1, version.2);
                assert!(told(&finished).contains(&message), "{message}: {}", told(&finished));
            }
        }
        assert_eq!(stage.sandbox.writes(), 0, "{version:?}");
    }
    let stage = Stage::with(&reaching(), YOUNG);
    stage.converge().await;
    assert!(stage.sandbox.requests().iter().all(|request| !request.path.ends_with("/systeminfo")));
}

#[tokio::test]
async fn rules_of_immutable_tags_that_exclude_are_told_from_those_that_match() {
    let rule = "{tags: 'v*', repositories: 'apps/**'}";
    let stage = Stage::new(&format!("harbor: {{projects: [{{name: shared, immutableTags: [{rule}]}}]}}\n"));
    stage.converge().await;
    let both = format!("{rule}, {{excludeTags: 'v*', excludeRepositories: 'apps/**'}}");
    stage.declare(&format!("harbor: {{projects: [{{name: shared, immutableTags: [{both}]}}]}}\n"));
    let made = stage.converge().await;
    let changed: Vec<String> = made.report.changes.iter().map(|change| change.change.object.to_string()).collect();
    assert_eq!(changed, [r"immutable-tag-rule/shared/except apps\/**:except v*"]);
    let rules = stage.get("/projects/shared/immutabletagrules").await;
    assert_eq!(rules[1]["tag_selectors"][0]["decoration"], "excludes");
    assert_eq!(rules[1]["scope_selectors"]["repository"][0]["decoration"], "repoExcludes");
    for wrong in ["{repositories: a}", "{tags: a, excludeTags: b}", "{tags: 'a b'}"] {
        stage.declare(&format!("harbor: {{projects: [{{name: shared, immutableTags: [{wrong}]}}]}}\n"));
        let finished = stage.plan().await;
        assert_eq!(finished.exit_code, ExitCode::InvalidValues, "{wrong}: {}", told(&finished));
    }
}

#[tokio::test]
async fn a_list_of_allowed_vulnerabilities_that_means_nothing_is_refused() {
    for (settings, words) in [
        ("systemAllowlist: true, cveAllowlist: {items: [CVE-2020-0001]}", "no effect beside `systemAllowlist: true`"),
        ("cveAllowlist: {items: [CVE-2020-0001, CVE-2020-0001]}", "declared twice"),
        ("cveAllowlist: {items: ['']}", "items"),
        ("cveAllowlist: {items: [], expiresAt: tomorrow}", "a moment such as `2027-01-31T00:00:00Z`, or `never`"),
    ] {
        let stage = Stage::new(&format!("harbor: {{projects: [{{name: shared, {settings}}}]}}\n"));
        let finished = stage.plan().await;
        assert_eq!(finished.exit_code, ExitCode::InvalidValues, "{settings}: {}", told(&finished));
        let problems = finished.problems.unwrap().render(false);
        assert!(problems.contains(words), "{settings}: {problems}");
    }
}
