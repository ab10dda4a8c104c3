use serde_json::json;

use super::*;

const RULES: Rules = Rules(&[
    ("redirectUris", Rule::Set),
    ("scopes", Rule::Contains),
    ("mappers", Rule::Named("name")),
    ("mappers.config.secret", Rule::Masked("**********")),
    ("smtp.password", Rule::Masked("**********")),
    ("email", Rule::Folded),
    ("whole", Rule::Whole),
    ("password", Rule::AtCreation),
    ("labels.*", Rule::Set),
    ("token", Rule::Hidden),
]);

fn difference(declared: serde_json::Value, observed: serde_json::Value) -> Difference {
    Difference::between(&Field::of(&declared).unwrap(), Some(&Field::of(&observed).unwrap()), RULES)
}

fn paths(difference: &Difference) -> Vec<&str> {
    difference.changes.iter().map(|change| change.path.as_ref()).collect()
}

#[test]
fn a_key_that_is_not_declared_is_not_compared_at_any_depth() {
    let found = difference(json!({"a": {"b": 1}}), json!({"a": {"b": 1, "c": 2}, "d": 3}));
    assert!(found.is_empty(), "{found:?}");
}

#[test]
fn an_empty_list_is_declared_and_empty() {
    assert_eq!(
        paths(&difference(json!({"redirectUris": []}), json!({"redirectUris": ["https://a"]}))),
        ["redirectUris"]
    );
    assert!(difference(json!({"redirectUris": []}), json!({})).is_empty());
}

#[test]
fn a_set_comes_back_in_any_order() {
    assert!(difference(json!({"redirectUris": ["a", "b"]}), json!({"redirectUris": ["b", "a"]})).is_empty());
    assert_eq!(
        paths(&difference(json!({"redirectUris": ["a"]}), json!({"redirectUris": ["b", "a"]}))),
        ["redirectUris"]
    );
}

#[test]
fn a_list_without_a_rule_keeps_its_order() {
    assert_eq!(paths(&difference(json!({"list": ["a", "b"]}), json!({"list": ["b", "a"]}))), ["list"]);
}

#[test]
fn a_containing_list_tolerates_foreign_elements() {
    assert!(difference(json!({"scopes": ["openid"]}), json!({"scopes": ["roles", "openid"]})).is_empty());
    assert_eq!(paths(&difference(json!({"scopes": ["openid", "x"]}), json!({"scopes": ["openid"]}))), ["scopes"]);
}

#[test]
fn elements_with_a_name_are_compared_with_their_namesakes() {
    let found = difference(
        json!({"mappers": [{"name": "email", "config": {"claim": "email"}}, {"name": "sub"}]}),
        json!({"mappers": [{"name": "foreign"}, {"name": "email", "config": {"claim": "mail", "x": "y"}}]}),
    );
    assert_eq!(paths(&found), ["mappers[email].config.claim", "mappers[sub].name"]);
}

#[test]
fn a_masked_value_is_unknown_and_not_different() {
    let found = difference(
        json!({"smtp": {"password": "new", "host": "a"}}),
        json!({"smtp": {"password": "**********", "host": "a"}}),
    );
    assert!(found.is_empty());
    assert_eq!(found.forgotten, ["smtp.password"]);
    let nested = difference(
        json!({"mappers": [{"name": "a", "config": {"secret": "s"}}]}),
        json!({"mappers": [{"name": "a", "config": {"secret": "**********"}}]}),
    );
    assert_eq!(nested.forgotten, ["mappers[a].config.secret"]);
}

#[test]
fn a_masked_value_that_is_missing_differs_without_being_shown() {
    let found = difference(json!({"smtp": {"password": "canary"}}), json!({"smtp": {}}));
    assert_eq!(paths(&found), ["smtp.password"]);
    assert!(found.changes[0].secret);
    assert!(!format!("{found:?}").contains("canary"));
}

#[test]
fn capitals_in_an_email_are_no_difference() {
    assert!(difference(json!({"email": "Ada@Example.com"}), json!({"email": "ada@example.com"})).is_empty());
}

#[test]
fn a_whole_map_refuses_foreign_keys() {
    assert_eq!(paths(&difference(json!({"whole": {"a": 1}}), json!({"whole": {"a": 1, "b": 2}}))), ["whole"]);
}

#[test]
fn a_field_for_creation_only_counts_when_the_object_is_not_there() {
    assert!(difference(json!({"password": "x"}), json!({"password": "y"})).is_empty());
    let created = Difference::between(&Field::of(&json!({"password": "x"})).unwrap(), None, RULES);
    assert_eq!(paths(&created), ["password"]);
}

#[test]
fn nothing_said_in_different_words_is_no_difference() {
    for observed in [json!({}), json!({"text": null}), json!({"text": ""})] {
        assert!(difference(json!({"text": ""}), observed).is_empty());
    }
    assert_eq!(paths(&difference(json!({"text": ""}), json!({"text": "a"}))), ["text"]);
}

#[test]
fn false_is_not_nothing() {
    assert_eq!(paths(&difference(json!({"enabled": false}), json!({}))), ["enabled"]);
}

#[test]
fn a_rule_for_any_key_reaches_every_key() {
    assert!(difference(json!({"labels": {"a.b": ["x", "y"]}}), json!({"labels": {"a.b": ["y", "x"]}})).is_empty());
}

#[test]
fn an_object_that_is_not_there_differs_in_every_declared_field_that_is_not_empty() {
    let found = Difference::between(
        &Field::of(&json!({"name": "a", "config": {"b": "c"}, "tags": []})).unwrap(),
        None,
        Rules::default(),
    );
    assert_eq!(paths(&found), ["config.b", "name"]);
}

#[test]
fn elements_of_an_ordered_list_are_compared_on_declared_fields_only() {
    let found = difference(json!({"list": [{"a": 1}]}), json!({"list": [{"a": 1, "b": 2}]}));
    assert!(found.is_empty(), "{found:?}");
}

mod hidden_secrets {
    use crate::{
        memory::{DigestKey, Written, WrittenFields},
        object::Kind,
    };

    use super::*;

    const MASKED: &str = "**********";

    fn object() -> ObjectId {
        ObjectId::new(Kind::new("realm"), "otomi")
    }

    /// What is remembered after `value` was written to `path`.
    fn written(path: &str, value: &str) -> Secrets {
        let key = DigestKey::new(&[1; 32]);
        let digest = Written::Digest(key.digest(&object(), path, &value.into()));
        Secrets::new(Some(key), BTreeMap::from([(object(), WrittenFields::from([(path.into(), digest)]))]))
    }

    fn recalling(secrets: &Secrets, declared: serde_json::Value, observed: serde_json::Value) -> Difference {
        let (declared, observed) = (Field::of(&declared).unwrap(), Field::of(&observed).unwrap());
        Difference::recalling(&declared, Some(&observed), RULES, Recollection { secrets, object: &object() })
    }

    #[test]
    fn a_mask_over_what_was_written_last_is_no_difference() {
        let secrets = written("smtp.password", "canary");
        let found = recalling(&secrets, json!({"smtp": {"password": "canary"}}), json!({"smtp": {"password": MASKED}}));
        assert!(found.is_empty() && found.forgotten.is_empty(), "{found:?}");
    }

    #[test]
    fn a_mask_over_something_else_is_a_difference_that_shows_no_value() {
        let secrets = written("smtp.password", "old canary");
        let found = recalling(&secrets, json!({"smtp": {"password": "canary"}}), json!({"smtp": {"password": MASKED}}));
        assert_eq!(paths(&found), ["smtp.password"]);
        assert!(found.changes[0].secret && found.changes[0].before.is_none() && found.changes[0].after.is_none());
        assert_eq!(found.secrets[0].path, "smtp.password");
        assert!(!format!("{found:?}").contains("canary"));
    }

    #[test]
    fn a_mask_of_which_nothing_is_remembered_is_left_alone_and_told() {
        let found = recalling(
            &Secrets::default(),
            json!({"smtp": {"password": "canary"}}),
            json!({"smtp": {"password": MASKED}}),
        );
        assert!(found.is_empty() && found.secrets.is_empty());
        insta::assert_snapshot!(found.notes(&object()).next().unwrap().message);
    }

    #[test]
    fn a_value_that_is_never_shown_is_compared_with_what_was_written() {
        assert!(recalling(&written("token", "one"), json!({"token": "one"}), json!({})).is_empty());
        assert_eq!(paths(&recalling(&written("token", "two"), json!({"token": "one"}), json!({}))), ["token"]);
        assert_eq!(recalling(&Secrets::default(), json!({"token": "one"}), json!({})).forgotten, ["token"]);
    }

    #[test]
    fn a_value_that_is_never_shown_is_written_where_the_answer_says_that_there_is_none() {
        assert_eq!(paths(&recalling(&Secrets::default(), json!({"token": "one"}), json!({"token": ""}))), ["token"]);
    }

    #[test]
    fn a_secret_that_should_not_be_there_differs_from_a_mask() {
        let found =
            recalling(&Secrets::default(), json!({"smtp": {"password": ""}}), json!({"smtp": {"password": MASKED}}));
        assert_eq!(paths(&found), ["smtp.password"]);
    }

    #[test]
    fn every_hidden_secret_of_a_new_object_is_written_and_remembered() {
        let declared = Field::of(&json!({"token": "one", "smtp": {"password": "two"}, "email": "a"})).unwrap();
        let found = Difference::between(&declared, None, RULES);
        let mut written: Vec<&str> = found.secrets.iter().map(|secret| secret.path.as_str()).collect();
        written.sort_unstable();
        assert_eq!(written, ["smtp.password", "token"]);
    }
}

mod properties {
    use proptest::prelude::*;

    use super::*;

    fn json_value() -> impl Strategy<Value = serde_json::Value> {
        let leaf = prop_oneof![
            any::<bool>().prop_map(Into::into),
            any::<i32>().prop_map(Into::into),
            "[a-z]{0,4}".prop_map(Into::into)
        ];
        leaf.prop_recursive(4, 40, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Into::into),
                prop::collection::btree_map("[a-z]{1,3}", inner, 0..5)
                    .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
            ]
        })
    }

    /// `base` with more keys in every map, as a server adds its own.
    fn with_foreign_keys(base: &serde_json::Value) -> serde_json::Value {
        match base {
            serde_json::Value::Object(map) => {
                let mut more: serde_json::Map<_, _> =
                    map.iter().map(|(key, value)| (key.clone(), with_foreign_keys(value))).collect();
                more.insert("foreign-key".into(), "added by the server".into());
                more.into()
            }
            other => other.clone(),
        }
    }

    proptest! {
        #[test]
        fn anything_agrees_with_itself(value in json_value()) {
            let field = Field::of(&value).unwrap();
            prop_assert!(Difference::between(&field, Some(&field), Rules::default()).is_empty());
        }

        #[test]
        fn what_a_server_adds_is_never_a_difference(value in json_value()) {
            let declared = Field::of(&value).unwrap();
            let observed = Field::of(&with_foreign_keys(&value)).unwrap();
            prop_assert!(Difference::between(&declared, Some(&observed), Rules::default()).is_empty());
        }
    }
}
