use super::*;
use crate::{diff::FieldChange, object::Kind};

fn object(name: &str) -> ObjectId {
    ObjectId::new(Kind::new("role"), name)
}

fn change(name: &str, waits_for: &[&str]) -> Change<()> {
    let document = ChangeDocument {
        object: object(name),
        action: Action::Create,
        fields: vec![FieldChange {
            path: "name".into(),
            before: None,
            after: Some(name.into()),
            secret: false,
            cause: None,
        }],
        cause: Cause { value: format!("teams.{name}"), file: Some("teams.yaml".into()), line: Some(3) },
        waits_for: waits_for.iter().map(|name| object(name)).collect(),
    };
    Change {
        document: document.into(),
        exclusive: None,
        team: None,
        removes_data: false,
        takes_along: Vec::new(),
        removes_relation: false,
        is_needed: false,
        secrets: Vec::new(),
        operation: (),
    }
}

fn names(plan: &Plan<()>) -> Vec<&str> {
    plan.changes().iter().map(|change| change.object.name()).collect()
}

#[test]
fn a_change_comes_after_what_it_waits_for_and_otherwise_keeps_its_place() {
    let plan = Plan::new(
        vec![change("a", &["c"]), change("b", &[]), change("c", &["d", "not planned"]), change("d", &[])],
        vec![],
    )
    .unwrap();
    assert_eq!(names(&plan), ["d", "c", "a", "b"]);
}

#[test]
fn changes_that_wait_for_each_other_are_no_plan() {
    let error = Plan::new(vec![change("a", &["b"]), change("b", &["a"])], vec![]).unwrap_err();
    assert!(matches!(error, PlanError::Ring(_)), "{error}");
    let error = Plan::new(vec![change("a", &["a"])], vec![]).unwrap_err();
    assert!(matches!(error, PlanError::Ring(_)), "{error}");
}

#[test]
fn an_object_is_planned_once() {
    let error = Plan::new(vec![change("a", &[]), change("a", &[])], vec![]).unwrap_err();
    assert_eq!(error, PlanError::Twice(object("a")));
}

#[test]
fn a_long_chain_is_ordered_without_a_deep_stack() {
    let mut changes: Vec<_> =
        (0..100_000).map(|number| change(&number.to_string(), &[&(number + 1).to_string()])).collect();
    changes.push(change("100000", &[]));
    let plan = Plan::new(changes, vec![]).unwrap();
    assert_eq!(plan.changes()[0].object.name(), "100000");
}

#[test]
fn a_narrowed_plan_keeps_what_its_changes_wait_for() {
    let plan =
        Plan::new(vec![change("a", &["b"]), change("b", &["c"]), change("c", &[]), change("d", &[])], vec![]).unwrap();
    assert_eq!(names(&plan.only(|change| change.object.name() == "a")), ["c", "b", "a"]);
}

#[test]
fn a_refused_change_becomes_a_note() {
    let plan = Plan::new(vec![change("a", &[]), change("b", &[])], vec![]).unwrap();
    let plan = plan.without(|change| (change.object.name() == "a").then(|| "kept".to_owned()));
    assert_eq!(names(&plan), ["b"]);
    assert_eq!(plan.notes(), [Note { object: object("a"), message: "kept".into() }]);
}

#[test]
fn the_text_of_a_plan() {
    let mut update = change("team-beta", &[]);
    let document = Arc::make_mut(&mut update.document);
    document.action = Action::Update;
    document.fields = vec![
        FieldChange {
            path: "description".into(),
            before: Some(Box::new("by hand".into())),
            after: Some("Team".into()),
            secret: false,
            cause: Some(Box::new(Cause {
                value: "teams.beta.displayName".into(),
                file: Some("teams.yaml".into()),
                line: Some(9),
            })),
        },
        FieldChange { path: "secret".into(), before: None, after: None, secret: true, cause: None },
        FieldChange {
            path: "long".into(),
            before: None,
            after: Some("x".repeat(500).into()),
            secret: false,
            cause: None,
        },
    ];
    let plan = Plan::new(
        vec![change("team-alpha", &[]), update],
        vec![Note { object: object("old"), message: "is not declared any more".into() }],
    )
    .unwrap();
    insta::assert_snapshot!(
        plan.document("keycloak", "realm `otomi` at https://keycloak.example.com").text(Style::Plain)
    );
}

#[test]
fn a_plan_without_changes_says_so() {
    let plan: Plan<()> = Plan::new(vec![], vec![]).unwrap();
    assert_eq!(plan.document("keycloak", "realm `otomi`").text(Style::Plain), "keycloak: realm `otomi`, no changes\n");
}
