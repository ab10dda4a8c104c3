//! A server is put back to what it was between two scenarios: otherwise all that come later fail.

use evenkeel_conformance::{harbor::Baseline, scenario::Target};
use evenkeel_sandbox::{Harbor, HarborOptions};
use serde_json::{Value, json};

const PASSWORD: &str = "correct horse battery staple";

/// A scenario's own request. Returns the body.
#[expect(clippy::disallowed_methods, reason = "somebody else's client")]
async fn send(
    server: &Harbor,
    method: reqwest::Method,
    path: &str,
    body: Option<Value>,
) -> Result<Value, reqwest::Error> {
    let url = format!("{}/api/v2.0{path}", server.url());
    let _ = rustls::crypto::ring::default_provider().install_default();
    let request = reqwest::Client::builder().no_proxy().build()?.request(method, url);
    let request = request.header("accept", "application/json").basic_auth("admin", Some(PASSWORD));
    let request = match &body {
        Some(body) => request.json(body),
        None => request,
    };
    let answer = request.send().await?.error_for_status()?.bytes().await?;
    Ok(serde_json::from_slice(&answer).unwrap_or_default())
}

#[tokio::test]
async fn schedules_and_an_allow_list_of_others_are_put_back_and_nothing_else_is_written()
-> Result<(), Box<dyn std::error::Error>> {
    let server = Harbor::start(&HarborOptions::new(PASSWORD))?;
    let kept = json!({"items": [{"cve_id": "CVE-2020-0001"}], "expires_at": null});
    let (put, get) = (reqwest::Method::PUT, reqwest::Method::GET);
    send(&server, put.clone(), "/system/CVEAllowlist", Some(kept)).await?;
    let baseline = Baseline::take(&Target::new(server.url(), "admin", PASSWORD.into())).await?;
    assert_eq!(baseline.known_as(), Some(server.url()));

    let before = server.writes();
    baseline.restore().await?;
    assert_eq!(server.writes(), before, "nothing differed");

    let daily = json!({"type": "Daily", "cron": "0 0 0 * * *"});
    let parameters = json!({"audit_retention_hour": 24, "dry_run": false, "include_event_types": "create_artifact"});
    for (job, parameters) in [("gc", json!({})), ("purgeaudit", parameters)] {
        let schedule = json!({"schedule": daily, "parameters": parameters});
        send(&server, reqwest::Method::POST, &format!("/system/{job}/schedule"), Some(schedule)).await?;
    }
    send(&server, put, "/system/CVEAllowlist", Some(json!({"items": [], "expires_at": null}))).await?;
    baseline.restore().await?;
    for job in ["gc", "purgeaudit"] {
        let there = send(&server, get.clone(), &format!("/system/{job}/schedule"), None).await?;
        assert!(there["schedule"].is_null() || there["schedule"]["type"] == "None", "{job}: {there}");
    }
    let there = send(&server, get, "/system/CVEAllowlist", None).await?;
    assert_eq!(there["items"][0]["cve_id"], "CVE-2020-0001");
    Ok(())
}
