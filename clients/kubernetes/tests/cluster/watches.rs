use std::{collections::BTreeMap, sync::Mutex, time::Duration};

use evenkeel_kubernetes_client::{ClusterOptions, KubernetesError, ObjectName, k8s_openapi::api::core::v1::ConfigMap};
use evenkeel_transport::{Deadline, Kind};
use serde_json::{Value, json};
use wiremock::{
    MockServer, ResponseTemplate,
    matchers::{query_param, query_param_is_missing},
};

use super::{TOKEN, answer, call, cluster, cluster_with, status};

const MAPS: &str = "/api/v1/namespaces/n/configmaps";

fn name() -> ObjectName {
    ObjectName::in_namespace("n", "demo")
}

fn map(version: &str, value: &str) -> Value {
    json!({"metadata": {"name": "demo", "namespace": "n", "resourceVersion": version}, "data": {"a": value}})
}

fn list(version: &str, items: &[Value]) -> ResponseTemplate {
    answer(200, &json!({"kind": "ConfigMapList", "metadata": {"resourceVersion": version}, "items": items}))
}

fn events(events: &[Value]) -> ResponseTemplate {
    let lines: String = events.iter().map(|event| format!("{event}\n")).collect();
    ResponseTemplate::new(200).set_body_raw(lines, "application/json")
}

fn listing() -> wiremock::MockBuilder {
    call("GET", MAPS).and(query_param_is_missing("watch")).and(query_param("fieldSelector", "metadata.name=demo"))
}

fn watching(version: &str) -> wiremock::MockBuilder {
    call("GET", MAPS)
        .and(query_param("watch", "true"))
        .and(query_param("fieldSelector", "metadata.name=demo"))
        .and(query_param("resourceVersion", version))
}

/// What was seen, in order, until the value is `done`.
async fn seen(server: &MockServer) -> Result<Vec<String>, KubernetesError> {
    let seen = Mutex::new(Vec::new());
    let decide = |map: Option<&ConfigMap>| {
        let value = map.map_or("missing", |map| map.data.as_ref().unwrap()["a"].as_str());
        seen.lock().unwrap().push(value.to_owned());
        (value == "done").then_some(())
    };
    cluster(server).await.until(&name(), decide).await?;
    Ok(seen.into_inner().unwrap())
}

#[tokio::test]
async fn what_is_there_already_needs_no_watch() {
    let server = MockServer::start().await;
    listing().respond_with(list("5", &[map("3", "done")])).expect(1).mount(&server).await;
    assert_eq!(seen(&server).await.unwrap(), ["done"]);
}

#[tokio::test]
async fn a_missing_object_is_watched_until_it_is_as_it_should_be() {
    let server = MockServer::start().await;
    listing().respond_with(list("5", &[])).expect(1).mount(&server).await;
    let changes = [
        json!({"type": "ADDED", "object": map("6", "new")}),
        json!({"type": "DELETED", "object": map("7", "new")}),
        json!({"type": "BOOKMARK", "object": {"metadata": {"resourceVersion": "8"}}}),
        json!({"type": "ADDED", "object": map("9", "done")}),
    ];
    watching("5").respond_with(events(&changes)).expect(1).mount(&server).await;
    assert_eq!(seen(&server).await.unwrap(), ["missing", "new", "missing", "done"]);
}

#[tokio::test]
async fn a_watch_that_ends_goes_on_where_it_was() {
    let server = MockServer::start().await;
    listing().respond_with(list("5", &[])).expect(1).mount(&server).await;
    let bookmark = json!({"type": "BOOKMARK", "object": {"metadata": {"resourceVersion": "8"}}});
    watching("5").respond_with(events(&[bookmark])).expect(1).mount(&server).await;
    watching("8")
        .respond_with(events(&[json!({"type": "ADDED", "object": map("9", "done")})]))
        .expect(1)
        .mount(&server)
        .await;
    assert_eq!(seen(&server).await.unwrap(), ["missing", "done"]);
}

#[tokio::test]
async fn an_object_of_that_name_in_another_namespace_is_not_what_was_waited_for() {
    let elsewhere =
        json!({"metadata": {"name": "demo", "namespace": "m", "resourceVersion": "9"}, "data": {"a": "done"}});
    for (listed, events_of_watch) in
        [(vec![elsewhere.clone()], vec![]), (vec![], vec![json!({"type": "ADDED", "object": elsewhere})])]
    {
        let server = MockServer::start().await;
        listing().respond_with(list("5", &listed)).mount(&server).await;
        watching("5").respond_with(events(&events_of_watch)).mount(&server).await;
        let error = seen(&server).await.unwrap_err();
        assert_eq!(error.api().map(|error| error.kind()), Some(Kind::OtherObject), "{error:?}");
    }
}

/// The server says it inside of a 200 (server-behaviour, secrets-list).
#[tokio::test]
async fn a_watch_that_is_too_old_reads_again() {
    let server = MockServer::start().await;
    listing().respond_with(list("5", &[])).up_to_n_times(1).expect(1).mount(&server).await;
    let expired =
        json!({"type": "ERROR", "object": {"kind": "Status", "message": "too old", "reason": "Expired", "code": 410}});
    watching("5").respond_with(events(&[expired])).expect(1).mount(&server).await;
    listing().respond_with(list("90", &[map("80", "done")])).expect(1).mount(&server).await;
    assert_eq!(seen(&server).await.unwrap(), ["missing", "done"]);
}

#[tokio::test]
async fn a_forbidden_watch_is_told_at_once() {
    let server = MockServer::start().await;
    listing().respond_with(list("5", &[])).expect(1).mount(&server).await;
    watching("5").respond_with(status(403, "Forbidden", "configmaps", &json!([]))).expect(1).mount(&server).await;
    let error = seen(&server).await.unwrap_err();
    assert_eq!(error.to_string(), "ConfigMap `n/demo` may not be used: the right to `watch` `configmaps` is missing");
}

/// Inside of a success, where no status of an answer says that it is one.
#[tokio::test]
async fn what_a_watch_says_when_it_fails_is_masked_like_any_answer() {
    let server = MockServer::start().await;
    listing().respond_with(list("5", &[])).mount(&server).await;
    let causes =
        json!([{"reason": "FieldValueForbidden", "field": format!("data.{TOKEN}"), "message": "it is immutable"}]);
    for (code, details) in [(403, json!({})), (422, json!({"causes": causes}))] {
        let said = json!({"kind": "Status", "code": code, "message": format!("no, {TOKEN}"), "details": details});
        let _said = watching("5")
            .respond_with(events(&[json!({"type": "ERROR", "object": said})]))
            .mount_as_scoped(&server)
            .await;
        let error = seen(&server).await.unwrap_err();
        let told = format!("{error} {error:?}");
        assert!(told.contains("(secret)") && !told.contains(TOKEN), "{told}");
    }
}

#[tokio::test]
async fn waiting_ends_with_the_deadline() {
    let server = MockServer::start().await;
    listing().respond_with(list("5", &[])).mount(&server).await;
    watching("5").respond_with(events(&[]).set_delay(Duration::from_secs(60))).mount(&server).await;
    let deadline = Some(Deadline::after(Duration::from_millis(200)));
    let cluster = cluster_with(&server, ClusterOptions { deadline, ..ClusterOptions::default() }).await;
    let error = cluster.until(&name(), |_: Option<&ConfigMap>| None::<()>).await.unwrap_err();
    assert_eq!(error.api().unwrap().kind(), Kind::Deadline);
}

/// An account whose rights end at the object's name would be told that it has none.
#[tokio::test]
async fn after_a_watch_that_fails_nothing_but_the_object_is_asked_for() {
    let server = MockServer::start().await;
    listing().respond_with(list("5", &[])).expect(2..).mount(&server).await;
    watching("5").respond_with(ResponseTemplate::new(503)).up_to_n_times(1).expect(1).mount(&server).await;
    let done = json!({"type": "ADDED", "object": map("9", "done")});
    watching("5").respond_with(events(&[done])).expect(1).mount(&server).await;
    assert_eq!(seen(&server).await.unwrap(), ["missing", "done"]);
}

#[tokio::test]
async fn objects_with_certain_labels_are_watched_together() {
    let server = MockServer::start().await;
    let selected = || call("GET", MAPS).and(query_param("labelSelector", "app=web,tier=db"));
    let object = |name: &str| json!({"metadata": {"name": name, "namespace": "n", "resourceVersion": "6"}});
    let there = list("5", &[object("a"), object("b")]);
    selected().and(query_param_is_missing("watch")).respond_with(there).expect(1).mount(&server).await;
    let changes = [
        json!({"type": "DELETED", "object": object("a")}),
        json!({"type": "ADDED", "object": object("c")}),
        json!({"type": "MODIFIED", "object": object("c")}),
    ];
    selected().and(query_param("watch", "true")).respond_with(events(&changes)).expect(1).mount(&server).await;
    let seen = Mutex::new(Vec::new());
    let decide = |maps: &BTreeMap<String, ConfigMap>| {
        seen.lock().unwrap().push(maps.keys().cloned().collect::<Vec<_>>().concat());
        (seen.lock().unwrap().len() == 4).then_some(())
    };
    cluster(&server).await.until_labelled("n", "app=web,tier=db", decide).await.unwrap();
    assert_eq!(seen.into_inner().unwrap(), ["ab", "b", "bc", "bc"]);
}

#[tokio::test]
async fn an_object_of_another_namespace_is_none_of_those_that_are_watched() {
    let server = MockServer::start().await;
    let other = json!({"metadata": {"name": "a", "namespace": "other"}});
    call("GET", MAPS).respond_with(list("5", &[other])).mount(&server).await;
    let decide = |_: &BTreeMap<String, ConfigMap>| Some(());
    let error = cluster(&server).await.until_labelled("n", "app=web", decide).await.unwrap_err();
    assert!(error.to_string().contains("another object"), "{error}");
}
