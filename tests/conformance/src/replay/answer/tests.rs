use super::*;
use serde_json::json;

fn exchange(response: Value) -> Exchange {
    let request = json!({"method": "GET", "path": "/", "auth": "none"});
    serde_json::from_value(json!({"name": "read", "request": request, "response": response})).expect("an exchange")
}

fn answer(status: u16, headers: &[(&'static str, &'static str)], body: &str) -> Answer {
    Answer {
        status,
        headers: headers
            .iter()
            .map(|&(name, value)| (http::HeaderName::from_static(name), http::HeaderValue::from_static(value)))
            .collect(),
        body: body.as_bytes().to_vec(),
        took: Duration::ZERO,
    }
}

/// The places of the disagreements between the recorded response and the answer.
fn places(response: Value, answer: &Answer) -> Vec<String> {
    let mut variables = Variables::default();
    variables.set("base", json!("http://127.0.0.1:1"));
    let none = BTreeSet::new();
    let rules = Rules { variables: &variables, unordered: &none, dropped: &none, may_be_left_out: &none };
    let mut found = Vec::new();
    let mut report = StepReport { file: "x.json", step: "read", secrets: &[], found: &mut found };
    check(&exchange(response), answer, &rules, &mut report);
    found.into_iter().map(|found| found.place).collect()
}

const JSON: (&str, &str) = ("content-type", "application/json");

#[test]
fn an_answer_as_recorded_agrees() {
    let recorded = json!({
        "status": 201,
        "headers": {"content-type": "application/json", "location": "{{base}}/a/{{string}}"},
        "body": {"a": 1}
    });
    let answer = answer(201, &[JSON, ("location", "http://127.0.0.1:1/a/b"), ("date", "today")], r#"{"a": 1}"#);
    assert_eq!(places(recorded, &answer), Vec::<String>::new());
}

#[test]
fn another_status_is_found() {
    assert_eq!(places(json!({"status": 204}), &answer(200, &[], "")), ["status"]);
}

#[test]
fn another_header_value_is_found() {
    let recorded = json!({"status": 200, "headers": {"content-type": "application/json;charset=UTF-8"}, "body": {}});
    assert_eq!(places(recorded, &answer(200, &[JSON], "{}")), ["header content-type"]);
}

#[test]
fn a_missing_header_is_found() {
    let recorded = json!({"status": 201, "headers": {"location": "{{base}}/a"}});
    assert_eq!(places(recorded, &answer(201, &[], "")), ["header location"]);
}

#[test]
fn a_header_of_the_contract_that_was_not_recorded_is_found() {
    let recorded = json!({"status": 201, "headers": {}});
    assert_eq!(places(recorded, &answer(201, &[("location", "/a")], "")), ["header location"]);
}

#[test]
fn a_body_where_there_was_none_is_found() {
    assert_eq!(places(json!({"status": 204}), &answer(204, &[], "{}")), ["body"]);
}

#[test]
fn a_body_that_is_no_json_is_found() {
    let recorded = json!({"status": 200, "headers": {"content-type": "application/json"}, "body": {}});
    assert_eq!(places(recorded, &answer(200, &[JSON], "{")), ["body"]);
}

#[test]
fn a_body_null_is_not_an_empty_body() {
    let recorded = json!({"status": 200, "headers": {"content-type": "application/json"}, "body": null});
    assert_eq!(places(recorded.clone(), &answer(200, &[JSON], "")), ["body"]);
    assert_eq!(places(recorded, &answer(200, &[JSON], "null")), Vec::<String>::new());
}

#[test]
fn a_page_for_people_is_not_part_of_the_contract() {
    let recorded = json!({"status": 406, "headers": {"content-type": "text/html"}});
    let page = answer(406, &[("content-type", "text/html")], "<html>");
    assert_eq!(places(recorded, &page), Vec::<String>::new());
}

#[test]
fn text_compares_with_placeholders() {
    let recorded = json!({"status": 200, "headers": {"content-type": "text/plain"}, "body": "at {{base}}/a"});
    let text = |body| answer(200, &[("content-type", "text/plain")], body);
    assert_eq!(places(recorded.clone(), &text("at http://127.0.0.1:1/a")), Vec::<String>::new());
    assert_eq!(places(recorded, &text("at http://127.0.0.1:2/a")), ["body"]);
}

#[test]
fn another_count_is_found() {
    let counted =
        |count: Value| json!({"status": 200, "headers": {"content-type": "application/json"}, "count": count});
    let body = |text| answer(200, &[JSON], text);
    assert_eq!(places(counted(json!(2)), &body("[1]")), ["count"]);
    assert_eq!(places(counted(json!(0)), &body("null")), ["count"]);
    assert_eq!(places(counted(json!(2)), &body(r#"{"a": 1, "b": 2}"#)), Vec::<String>::new());
    assert_eq!(places(counted(json!(null)), &body("null")), Vec::<String>::new());
    assert_eq!(places(counted(json!(null)), &body("[]")), ["count"]);
}

#[test]
fn a_count_may_stand_deeper() {
    let mut recorded = json!({"status": 200, "headers": {"content-type": "application/json"}, "count": 1});
    recorded["count_at"] = json!("/data");
    assert_eq!(places(recorded.clone(), &answer(200, &[JSON], r#"{"data": [1]}"#)), Vec::<String>::new());
    assert_eq!(places(recorded, &answer(200, &[JSON], r#"{"data": []}"#)), ["count"]);
}

#[test]
fn a_body_that_was_recorded_as_text_is_text_also_in_json() {
    let recorded = |kind| json!({"status": 200, "headers": {"content-type": kind}, "body": "Pong", "body_is": "text"});
    let plain = answer(200, &[("content-type", "text/plain")], "Pong");
    assert_eq!(places(recorded("text/plain"), &plain), Vec::<String>::new());
    assert_eq!(places(recorded("application/json"), &answer(200, &[JSON], "\"Pong\"\n")), Vec::<String>::new());
    assert_eq!(places(recorded("application/json"), &answer(200, &[JSON], "\"Ping\"")), ["body"]);
}

#[test]
fn a_body_that_was_not_kept_may_be_anything() {
    let recorded = json!({"status": 200, "headers": {"content-type": "application/json"}, "keep_body": false});
    assert_eq!(places(recorded, &answer(200, &[JSON], "[1]")), Vec::<String>::new());
}

#[test]
fn the_body_of_a_failure_is_compared_whole() {
    let headers = json!({"content-type": "application/json"});
    let recorded = json!({"status": 400, "headers": headers, "keep": ["b"], "body": {"a": 1}});
    assert_eq!(places(recorded, &answer(400, &[JSON], r#"{"a": 1}"#)), Vec::<String>::new());
}

#[test]
fn an_answer_that_comes_too_early_is_found() {
    assert_eq!(places(json!({"status": 200, "takes": 1.4}), &answer(200, &[], "")), ["time"]);
    let late = Answer { took: Duration::from_millis(1500), ..answer(200, &[], "") };
    assert_eq!(places(json!({"status": 200, "takes": 1.4}), &late), Vec::<String>::new());
}

#[test]
fn a_text_that_was_cut_inside_of_a_placeholder_still_stands_for_its_kind() {
    let headers = json!({"content-type": "application/json"});
    let recorded = json!({"status": 200, "headers": headers, "shorten": 9, "body": {"a": "uid {{str{{string}}"}});
    assert_eq!(places(recorded.clone(), &answer(200, &[JSON], r#"{"a": "uid ab-1 and more"}"#)), Vec::<String>::new());
    assert_eq!(places(recorded, &answer(200, &[JSON], r#"{"a": "id ab-1 and more"}"#)), ["body /a"]);
}

#[test]
fn json_under_another_content_type_is_compared_as_it_was_recorded() {
    let recorded = json!({"status": 200, "headers": {"content-type": "text/plain"}, "body": {"version": "v2.0"}});
    let text = |body| answer(200, &[("content-type", "text/plain")], body);
    assert_eq!(places(recorded.clone(), &text(r#"{"version": "v2.0"}"#)), Vec::<String>::new());
    assert_eq!(places(recorded, &text("v2.0")), ["body"]);
}
