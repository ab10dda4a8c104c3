use serde_json::json;

use super::*;

fn keys(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

fn variables() -> Variables {
    let mut variables = Variables::default();
    variables.set("app", json!("ab-1"));
    variables
}

/// The differences as `pointer: expected / got`.
fn differences(recorded: Value, got: Value) -> Vec<String> {
    differences_of(recorded, got, None, false, &[]).0
}

fn differences_of(
    recorded: Value,
    got: Value,
    keep: Option<&[&str]>,
    body_unordered: bool,
    left_out: &[&str],
) -> (Vec<String>, BTreeMap<String, usize>) {
    let (variables, unordered, left_out) = (variables(), keys(&["groups", "mappings"]), keys(left_out));
    let mut comparison = Comparison::new(&variables, &unordered, &left_out);
    let keep: Option<Keep> = keep.map(|keep| serde_json::from_value(json!(keep)).expect("keys"));
    comparison.bodies(&recorded, &got, keep.as_ref(), body_unordered);
    let told = comparison
        .differences
        .into_iter()
        .map(|found| format!("{}: {} / {}", found.pointer, found.expected, found.got))
        .collect();
    (told, comparison.left_out)
}

#[test]
fn equal_bodies_agree() {
    let body = json!({"a": [1, {"b": null}], "c": true, "id": "{{string}}", "app": "{{app}}"});
    let got = json!({"app": "ab-1", "id": "x", "c": true, "a": [1, {"b": null}]});
    assert_eq!(differences(body, got), Vec::<String>::new());
}

#[test]
fn a_missing_key_is_found() {
    assert_eq!(differences(json!({"a": {"b": 1}}), json!({"a": {}})), ["/a/b: 1 / no such key"]);
}

#[test]
fn an_extra_key_is_found() {
    assert_eq!(differences(json!({"a": {}}), json!({"a": {"b": 1}})), ["/a/b: no such key / 1"]);
}

#[test]
fn a_wrong_type_is_found() {
    assert_eq!(differences(json!({"a": true}), json!({"a": "true"})), ["/a: true / \"true\""]);
    assert_eq!(differences(json!({"a": "{{string}}"}), json!({"a": 1})), ["/a: \"{{string}}\" / 1"]);
    assert_eq!(differences(json!([]), json!({})), [": [] / {}"]);
    assert_eq!(differences(json!({"a": null}), json!({"a": ""})), ["/a: null / \"\""]);
}

#[test]
fn a_wrong_literal_is_found() {
    assert_eq!(differences(json!({"a": ["x"]}), json!({"a": ["y"]})), ["/a/0: \"x\" / \"y\""]);
    assert_eq!(differences(json!({"a": 300}), json!({"a": 299})), ["/a: 300 / 299"]);
}

#[test]
fn a_variable_that_was_never_saved_is_told() {
    assert_eq!(differences(json!("{{nobody}}"), json!("x")), [": \"{{nobody}}\" (never saved: nobody) / \"x\""]);
}

#[test]
fn the_order_of_a_list_counts() {
    assert_eq!(
        differences(json!({"a": ["x", "y"]}), json!({"a": ["y", "x"]})),
        ["/a/0: \"x\" / \"y\"", "/a/1: \"y\" / \"x\""]
    );
}

#[test]
fn extra_and_missing_rows_are_found() {
    assert_eq!(differences(json!(["x"]), json!(["x", "y"])), ["/1: no such element / \"y\""]);
    assert_eq!(differences(json!(["x", "y"]), json!(["x"])), ["/1: \"y\" / no such element"]);
}

#[test]
fn lists_under_an_unordered_key_compare_as_sets_at_any_depth() {
    let recorded = json!({"b": [{"groups": ["x", "y"]}]});
    assert_eq!(differences(recorded.clone(), json!({"b": [{"groups": ["y", "x"]}]})), Vec::<String>::new());
    assert_eq!(
        differences(recorded.clone(), json!({"b": [{"groups": ["y", "y"]}]})),
        ["/b/0/groups: \"x\" / no such element", "/b/0/groups/1: no such element / \"y\""]
    );
    assert_eq!(
        differences(recorded, json!({"b": [{"groups": ["y", "x", "z"]}]})),
        ["/b/0/groups/2: no such element / \"z\""]
    );
}

#[test]
fn a_body_may_be_a_set() {
    let (told, _) = differences_of(json!([{"id": 1}, {"id": 2}]), json!([{"id": 2}, {"id": 1}]), None, true, &[]);
    assert_eq!(told, Vec::<String>::new());
}

#[test]
fn placeholders_in_a_set_do_not_take_what_a_literal_needs() {
    let recorded = json!({"groups": ["{{string}}", "x"]});
    assert_eq!(differences(recorded, json!({"groups": ["x", "y"]})), Vec::<String>::new());
}

#[test]
fn a_changed_element_of_a_set_is_told_inside() {
    let recorded = json!({"mappings": [{"name": "a", "id": "{{string}}", "on": true}, {"name": "b", "on": true}]});
    let got = json!({"mappings": [{"name": "b", "on": false}, {"name": "a", "id": "1", "on": true}]});
    assert_eq!(differences(recorded, got), ["/mappings/0/on: true / false"]);
}

#[test]
fn only_kept_keys_of_an_answer_count() {
    let (told, _) = differences_of(
        json!([{"name": "a", "on": true}]),
        json!([{"name": "a", "on": false, "other": {}}]),
        Some(&["name", "on", "gone"]),
        false,
        &[],
    );
    assert_eq!(told, ["/0/on: true / false"]);
    let (told, _) =
        differences_of(json!({"name": "a"}), json!({"name": "a", "gone": 1}), Some(&["name", "gone"]), false, &[]);
    assert_eq!(told, ["/gone: no such key / 1"]);
}

#[test]
fn a_key_left_out_by_permission_is_counted_by_name() {
    let recorded = json!({"access": {}, "groups": [{"access": {}, "id": 1}], "b": 1});
    let got = json!({"groups": [{"id": 1}]});
    let (told, left_out) = differences_of(recorded, got, None, false, &["access"]);
    assert_eq!(told, ["/b: 1 / no such key"]);
    assert_eq!(left_out, BTreeMap::from([("access".to_owned(), 2)]));
}

#[test]
fn a_key_that_may_be_left_out_must_be_right_where_it_is() {
    let (told, left_out) =
        differences_of(json!({"access": {"view": true}}), json!({"access": {"view": false}}), None, false, &["access"]);
    assert_eq!(told, ["/access/view: true / false"]);
    assert!(left_out.is_empty());
}

#[test]
fn a_lifetime_may_be_a_second_less_and_no_more() {
    let recorded = json!({"expires_in": 60});
    assert!(differences(recorded.clone(), json!({"expires_in": 59})).is_empty());
    assert_eq!(differences(recorded.clone(), json!({"expires_in": 58})), ["/expires_in: 60 / 58"]);
    assert_eq!(differences(recorded, json!({"expires_in": 61})), ["/expires_in: 60 / 61"]);
}

#[test]
fn the_words_of_a_scope_come_in_any_order() {
    let recorded = json!({"scope": "email profile"});
    assert!(differences(recorded.clone(), json!({"scope": "profile email"})).is_empty());
    assert_eq!(differences(recorded, json!({"scope": "profile"})), ["/scope: \"email profile\" / \"profile\""]);
}

#[test]
fn dropped_keys_are_dropped_at_any_depth() {
    let body = json!({"a": {"managedFields": 1, "b": [{"managedFields": 2, "c": 3}]}, "managedFields": 4});
    assert_eq!(without(&body, &keys(&["managedFields"])), json!({"a": {"b": [{"c": 3}]}}));
}
