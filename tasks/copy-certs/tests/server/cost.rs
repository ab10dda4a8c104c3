//! What an unchanged run asks for.

use crate::stage::{RULES, Stage};

#[tokio::test]
async fn an_unchanged_run_asks_once_for_each_selector_and_each_namespace_of_copies() {
    let stage = Stage::new(RULES);
    for team in ["team-alpha", "team-beta"] {
        for number in 0..3 {
            stage.put_config(team, &format!("pull-{number}"), "first").await;
        }
    }
    stage.converge().await;
    stage.server.reset_log();
    stage.apply().await;
    let reads: Vec<String> = stage.reads();
    let of = |path: &str| reads.iter().filter(|read| read.split('?').next() == Some(path)).count();
    assert_eq!(of("/api/v1/secrets"), 2, "one for each selector: {reads:#?}");
    assert_eq!(of("/api/v1/namespaces/istio-system/secrets"), 1, "{reads:#?}");
    assert_eq!(of("/api/v1/namespaces/argocd/secrets"), 1, "{reads:#?}");
    assert_eq!(reads.len(), 4, "and nothing else: {reads:#?}");
    assert_eq!(stage.server.writes(), 0);
}

#[tokio::test]
async fn a_thousand_secrets_come_in_pages() {
    let stage = Stage::new(RULES);
    for number in 0..1100 {
        let object = serde_json::json!({
            "metadata": {}, "type": "kubernetes.io/dockerconfigjson", "data": {".dockerconfigjson": "e30="},
        });
        stage.server.insert("secrets", "team-alpha", &format!("pull-{number:04}"), object);
    }
    stage.converge().await;
    stage.server.reset_log();
    stage.apply().await;
    let reads = stage.reads();
    assert!(reads.iter().all(|read| read.contains("limit=")), "{reads:#?}");
    assert!(reads.iter().any(|read| read.contains("continue=")), "{reads:#?}");
    assert!(reads.len() <= 8, "{reads:#?}");
}
