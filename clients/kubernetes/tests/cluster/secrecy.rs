use std::{
    collections::BTreeMap,
    io,
    sync::{Arc, Mutex},
};

use evenkeel_kubernetes_client::{
    ClusterOptions, Listing, ObjectName,
    k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta,
    secret::{DesiredSecret, Expected, OPAQUE, OthersValues, SecretBytes, SecretObject, SecretUpdate},
};
use evenkeel_transport::{Mask, Secret};
use serde_json::json;
use tracing_subscriber::fmt::MakeWriter;
use wiremock::{Mock, MockServer, Request, ResponseTemplate, matchers::any};

use super::{cluster, cluster_with};

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Self;
    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// kube writes whole answers into its log where it cannot read them; here nothing of it is reached.
#[tokio::test]
async fn a_server_that_quotes_the_request_gives_nothing_away_at_any_level() {
    let lines = Lines::default();
    let subscriber =
        tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(lines.clone()).with_ansi(false);
    // for the whole process: a subscriber of one thread misses lines whose first caller was another thread
    tracing::subscriber::set_global_default(subscriber.finish()).unwrap();

    for status in [200, 302, 400, 401, 403, 404, 409, 422, 500] {
        for quote in [as_status as fn(ResponseTemplate, String) -> ResponseTemplate, as_secret, as_text] {
            let server = MockServer::start().await;
            let answer = move |request: &Request| {
                let body = String::from_utf8_lossy(&request.body);
                quote(ResponseTemplate::new(status), format!("{body} {:?} canary", request.headers))
            };
            Mock::given(any()).respond_with(answer).mount(&server).await;
            let cluster = cluster(&server).await;
            let name = ObjectName::in_namespace("n", "demo");
            let desired = DesiredSecret {
                name: name.clone(),
                secret_type: OPAQUE.to_owned(),
                labels: BTreeMap::new(),
                annotations: BTreeMap::new(),
                data: BTreeMap::from([("a".to_owned(), SecretBytes::from(&Secret::from("canary")))]),
            };
            let applied = cluster.apply_secret(&desired, Expected::Anything, OthersValues::Keep).await;
            let read = cluster.find::<SecretObject>(&name).await;
            let listed = cluster.list::<SecretObject>(&Listing::everywhere()).await;
            let told = [applied.as_ref().err(), read.as_ref().err(), listed.as_ref().err()]
                .map(|error| error.map(ToString::to_string));
            let shown = format!("{applied:?} {read:?} {listed:?} {told:?} {cluster:?}");
            assert!(!shown.contains(super::TOKEN) && !shown.contains("Y2FuYXJ5"), "{status}: {shown}");
            // A read said nothing in confidence: what the server adds to it of its own is the server's.
            let shown = format!("{applied:?} {:?}", told[0]);
            assert!(!shown.contains("canary"), "{status}: {shown}");
        }
    }
    let lines = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    assert!(lines.contains("evenkeel::http"), "the log has lines to look at: {lines}");
    for canary in ["canary", "Y2FuYXJ5"] {
        let line = lines.lines().find(|line| line.contains(canary));
        assert_eq!(line, None);
    }
}

/// A password that went to another server, and the account's own token without the word before it.
#[tokio::test]
async fn a_server_that_quotes_what_the_run_knows_gives_nothing_away() {
    let server = MockServer::start().await;
    let words = format!("no: {} and admin:canary-Pass.1", super::TOKEN);
    Mock::given(any()).respond_with(as_status(ResponseTemplate::new(422), words)).mount(&server).await;
    let mask = Mask::default();
    mask.learn("canary-Pass.1");
    let cluster = cluster_with(&server, ClusterOptions { mask, ..ClusterOptions::default() }).await;
    let error = cluster.find::<SecretObject>(&ObjectName::in_namespace("n", "demo")).await.unwrap_err().to_string();
    assert!(error.contains("no: (secret) and admin:(secret)"), "{error}");
}

/// A merge patch that the API server refuses is quoted as a whole: with what others have put into the Secret (metadata-only).
#[tokio::test]
async fn a_refused_patch_that_quotes_what_is_stored_gives_nothing_away() {
    let server = MockServer::start().await;
    let quoted =
        r#"{\"apiVersion\":\"v1\",\"data\":{\"theirs\":\"b2YtT3RoZXJz\"},\"stringData\":{\"a\":\"of-Others\"}}"#;
    let message = format!("patch: Invalid value: \"{quoted}\": no kind is registered");
    let details = json!({"causes": [{"reason": "FieldValueInvalid", "message": message, "field": "patch"}]});
    let status = json!({"kind": "Status", "message": format!(" \"\" is invalid: {message}"), "reason": "Invalid", "details": details});
    Mock::given(any()).respond_with(ResponseTemplate::new(422).set_body_json(status)).mount(&server).await;
    let seen = ObjectMeta {
        namespace: Some("n".to_owned()),
        name: Some("demo".to_owned()),
        uid: Some("1".to_owned()),
        resource_version: Some("1".to_owned()),
        ..ObjectMeta::default()
    };
    let update = SecretUpdate { labels: BTreeMap::from([("a".to_owned(), "b".to_owned())]), ..SecretUpdate::default() };
    let error = cluster(&server).await.update_secret(&seen, &update).await.unwrap_err();
    let shown = format!("{error} {error:?}");
    assert!(!shown.contains("b2YtT3RoZXJz") && !shown.contains("of-Others"), "{shown}");
    assert!(shown.contains("patch: Invalid value: (not shown): no kind is registered"), "{shown}");
}

fn as_status(answer: ResponseTemplate, quoted: String) -> ResponseTemplate {
    answer.set_body_json(json!({"kind": "Status", "message": quoted, "reason": quoted, "metadata": {}}))
}

/// A real answer, and more of it than the API describes.
fn as_secret(answer: ResponseTemplate, quoted: String) -> ResponseTemplate {
    answer
        .set_body_json(json!({"metadata": {"annotations": {"a": quoted}}, "data": {"a": "Y2FuYXJ5"}, "other": quoted}))
}

fn as_text(answer: ResponseTemplate, quoted: String) -> ResponseTemplate {
    answer.set_body_string(quoted)
}
