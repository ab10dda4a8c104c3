use std::{cell::RefCell, collections::BTreeMap};

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use super::*;
use crate::{
    declared::Declared,
    field::Field,
    values::{Representation, Schema, SecretValue, Source},
};

/// Knows one variable of the environment, or none where values alone are looked at.
#[derive(Default)]
struct Variables {
    known: Option<(&'static str, &'static str)>,
    learnt: RefCell<Vec<String>>,
}

impl SecretSource for Variables {
    fn resolve(&self, secret: &SecretValue) -> Result<SecretString, UnreadableSecret> {
        match (secret, self.known) {
            (SecretValue::Plain(text), _) => Ok(text.clone()),
            (_, None) => Ok("stands for it".into()),
            (SecretValue::FromEnv(name), Some((known, text))) if name == known => Ok(text.into()),
            _ => Err(UnreadableSecret { message: format!("{secret} is not set"), hint: "set it".to_owned() }),
        }
    }

    fn is_known(&self, secret: &SecretValue) -> bool {
        secret.is_plain() || self.known.is_some()
    }

    fn learn(&self, part: &str) {
        self.learnt.borrow_mut().push(part.to_owned());
    }
}

const VALUES: &str = "\
platform: {name: demo, domain: example.com}
teams: {alpha: {}}
keycloak:
  admin: {username: admin, password: {fromEnv: PASSWORD}}
  clients:
    - clientId: {fromEnv: ID}
      name: first
      secret: {fromEnv: PASSWORD}
      config: {token: {fromEnv: PASSWORD}}
      mappers: [a, b]
";

fn load() -> (Values, Document) {
    let source = Source::file("values.yaml", VALUES.to_owned());
    Values::load(vec![source], &[], &Schema::new()).unwrap()
}

fn client(values: &Values) -> &Representation {
    &values.keycloak.as_ref().unwrap().clients.as_ref().unwrap()[0]
}

fn password(values: &Values) -> &SecretValue {
    client(values).secret("/secret").unwrap()
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Client {
    client_id: Option<String>,
    name: Option<String>,
    secret: Option<SecretString>,
    config: Option<BTreeMap<String, String>>,
}

#[derive(Debug, Default, Deserialize, PartialEq, Eq)]
struct Beside {
    mappers: Option<Vec<String>>,
}

#[expect(clippy::disallowed_methods, reason = "the test looks at what it made up itself")]
fn text(secret: &SecretString) -> &str {
    secret.expose_secret()
}

fn told(problems: &Problems) -> Vec<(String, Option<u32>)> {
    let told = |problem: &Problem| (problem.message().to_owned(), problem.location().and_then(|place| place.line));
    problems.iter().map(told).collect()
}

#[test]
fn every_problem_is_told_with_its_line_and_once() {
    let (values, document) = load();
    let secrets = Variables { known: Some(("ID", "x")), ..Variables::default() };
    let reading = Reading::new(&values, &document, &secrets, "keycloak");
    let path = reading.path(&["clients"]).index(0);
    for _ in 0..2 {
        assert!(text(&reading.secret(password(&values), &path.clone().key("secret"))).is_empty());
    }
    reading.each_once("client", ["a", "b", "a"], &reading.path(&["clients"]));
    let problems = reading.finish(()).unwrap_err();
    let expected = [("environment variable `PASSWORD` is not set", 8), ("client `a` is declared twice", 5)];
    assert_eq!(told(&problems), expected.map(|(message, line)| (message.to_owned(), Some(line))));
}

#[test]
fn a_representation_becomes_its_type_with_its_secrets_and_the_place_of_each_field() {
    let (values, document) = load();
    let secrets = Variables { known: Some(("PASSWORD", "canary")), ..Variables::default() };
    let reading = Reading::new(&values, &document, &secrets, "keycloak");
    let path = reading.path(&["clients"]).index(0);
    let declared = client(&values).without(&["clientId"]);
    let (client, beside): (Declared<Client>, Beside) = reading.declared_beside(&declared, &path, &["mappers"]);
    assert_eq!(text(&client.value.secret.unwrap()), "canary");
    assert_eq!(client.value.config.unwrap()["token"], "canary");
    assert_eq!((client.value.name.as_deref(), client.value.client_id), (Some("first"), None));
    assert_eq!(client.field_causes["name"].to_string(), "keycloak.clients[0].name (values.yaml:7)");
    assert_eq!(beside, Beside { mappers: Some(vec!["a".to_owned(), "b".to_owned()]) });
    reading.finish(()).unwrap();
}

#[test]
fn fields_that_do_not_fit_are_told_without_what_they_hold() {
    let (values, document) = load();
    let secrets = Variables { known: Some(("PASSWORD", "canary")), ..Variables::default() };
    let reading = Reading::new(&values, &document, &secrets, "keycloak");
    let fields = BTreeMap::from([("config".to_owned(), Field::Secret("canary".into()))]);
    let client: Client = reading.fitting(Field::Map(fields), &reading.path(&["clients"]).index(0));
    assert!(client.config.is_none());
    let problems = reading.finish(()).unwrap_err();
    assert_eq!(told(&problems), [("the fields do not fit keycloak's representation".to_owned(), Some(6))]);
}

#[test]
fn a_secret_is_judged_only_where_it_is_known() {
    let (values, document) = load();
    for (known, is_judged) in [(None, false), (Some(("PASSWORD", "short")), true)] {
        let secrets = Variables { known, ..Variables::default() };
        let reading = Reading::new(&values, &document, &secrets, "keycloak");
        let path = reading.path(&["clients"]).index(0).key("secret");
        let misfit = || reading.problem(&path, "it is too short");
        let _ = reading.fitting_secret(password(&values), &path, |_| false, misfit);
        assert_eq!(reading.finish(()).is_err(), is_judged);
    }
}

#[test]
fn a_secret_that_is_not_known_is_unknown_to_rules_and_a_text_of_its_own_to_the_type() {
    let (values, document) = load();
    let secrets = Variables::default();
    let rules = |reading: &Reading<'_>, fields: &mut Field, path: &ValuePath| {
        assert!(matches!(fields.get("secret"), Some(Field::Unknown)));
        reading.report(reading.problem(path, "the rules were asked"));
    };
    let reading = Reading::new(&values, &document, &secrets, "keycloak").with_rules(rules);
    let path = reading.path(&["clients"]).index(0);
    let client: Client = reading.typed(&client(&values).without(&["mappers"]), &path);
    let (id, secret) = (client.client_id.unwrap(), client.secret.unwrap());
    assert!(!id.is_empty() && id != text(&secret));
    assert_eq!(told(&reading.finish(()).unwrap_err()), [("the rules were asked".to_owned(), Some(6))]);
}

#[test]
fn a_name_that_a_list_holds_twice_is_told_at_the_second_and_not_repeated() {
    let (values, document) = load();
    let secrets = Variables::default();
    let reading = Reading::new(&values, &document, &secrets, "keycloak");
    let list = reading.path(&["clients"]).index(0).key("mappers");
    reading.each_named_once(["canary", "b", "canary"].into_iter().enumerate(), &list);
    let problems = reading.finish(()).unwrap_err();
    assert_eq!(told(&problems), [("this name is in the list already".to_owned(), Some(10))]);
}

#[test]
fn the_mask_learns_the_confidential_part_of_a_declared_text() {
    let (values, document) = load();
    let secrets = Variables::default();
    Reading::new(&values, &document, &secrets, "keycloak").learn("token=1");
    assert_eq!(*secrets.learnt.borrow(), ["token=1"]);
}
