use std::collections::BTreeMap;

use serde::Deserialize;

use super::*;
use crate::{
    declared::Declared,
    diff::{Rule, Rules},
    memory::Claim,
    object::Kind,
    plan::WhyUnjudged,
};

/// A representation; the operation of a change is the one that it would send.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, Deserialize)]
struct Role {
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    enabled: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    password: Option<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    attributes: BTreeMap<String, String>,
}

type Sent = Option<Role>;

const RULES: Rules = Rules(&[("password", Rule::Hidden)]);

fn object(name: &str) -> ObjectId {
    ObjectId::new(Kind::new("role"), name)
}

fn cause(value: &str) -> Cause {
    Cause { value: value.to_owned(), file: None, line: None }
}

fn described(description: &str) -> Role {
    Role { description: Some(description.to_owned()), ..Role::default() }
}

fn declared(role: Role) -> Declared<Role> {
    Declared::new(role, cause("roles"))
}

/// Compares a declared role called `a` with what is there.
fn compare<'b>(
    builder: &'b mut PlanBuilder<'_, Sent>,
    declared: &Declared<Role>,
    there: Option<&Role>,
) -> AddedChange<'b, Sent> {
    builder.compare(object("a"), declared, there, RULES, Dependencies::default(), |_, role| Some(*role))
}

/// Adds a change that is about nothing else.
fn push<'b>(builder: &'b mut PlanBuilder<'_, Sent>, name: &str, dependencies: Dependencies) -> AddedChange<'b, Sent> {
    let cause = cause("roles");
    let field = FieldChange::new("description", None, Some("new".into()));
    builder.push(object(name), Action::Update, field, Origin { cause: &cause, team: None }, dependencies, None)
}

fn paths(change: &Change<Sent>) -> Vec<&str> {
    change.fields.iter().map(|field| &*field.path).collect()
}

fn only_ours(name: &str) -> Memory {
    let mut ownership = Ownership::default();
    ownership.insert(object(name), Claim::ByName);
    ownership.into()
}

mod what_is_managed {
    use super::*;

    /// A role of which somebody wrote the description and one attribute, and nobody the rest.
    fn half_built_in() -> Declared<Role> {
        let attributes = [("owner", "team"), ("color", "blue")];
        let attributes = attributes.map(|(key, value)| (key.to_owned(), value.to_owned())).into();
        let role = Role { enabled: Some(true), attributes, ..described("wanted") };
        let built_in = ["enabled", "attributes.color"].map(str::to_owned).into();
        Declared { built_in, ..declared(role) }
    }

    #[test]
    fn what_nobody_wrote_is_left_alone_in_an_object_that_is_not_ours_and_told() {
        let memory = Memory::default();
        let mut builder = PlanBuilder::new(&memory);
        compare(&mut builder, &half_built_in(), Some(&described("there")));
        builder.note_left_alone(object("target"), "declare it");
        let plan = builder.finish().unwrap();
        assert_eq!(paths(&plan.changes()[0]), ["attributes.owner", "description"]);
        let sent = plan.changes()[0].operation.as_ref().unwrap();
        assert_eq!((sent.enabled, sent.attributes.get("color")), (None, None), "{sent:?}");
        assert_eq!(
            plan.notes()[0].message,
            "one object that was there is not ours and keeps what nobody declared: `role/a` (`attributes.color`, `enabled`); \
             declare it"
        );
    }

    #[test]
    fn a_new_object_and_one_of_ours_get_what_is_built_in_too() {
        for (memory, there) in [(Memory::default(), None), (only_ours("a"), Some(described("wanted")))] {
            let mut builder = PlanBuilder::new(&memory);
            compare(&mut builder, &half_built_in(), there.as_ref());
            builder.note_left_alone(object("target"), "declare it");
            let plan = builder.finish().unwrap();
            assert_eq!(plan.changes()[0].operation.as_ref(), Some(&half_built_in().value), "{there:?}");
            assert_eq!(plan.notes(), []);
        }
    }

    #[test]
    fn an_object_that_differs_in_built_in_fields_only_is_no_change() {
        let memory = Memory::default();
        let mut builder = PlanBuilder::new(&memory);
        let there = Role { attributes: [("owner".to_owned(), "team".to_owned())].into(), ..described("wanted") };
        compare(&mut builder, &half_built_in(), Some(&there));
        assert!(builder.changes().is_empty());
    }
}

#[test]
fn an_object_that_is_as_declared_is_no_change() {
    let memory = Memory::default();
    let mut builder = PlanBuilder::new(&memory);
    compare(&mut builder, &declared(described("same")), Some(&Role { enabled: Some(true), ..described("same") }));
    assert!(builder.finish().unwrap().is_empty());
}

#[test]
fn a_change_names_what_asks_for_it_and_for_each_of_its_fields() {
    let memory = Memory::default();
    let mut builder = PlanBuilder::new(&memory);
    let field_causes = [("attributes".to_owned(), cause("roles.attributes"))].into();
    let attributes = [("owner".to_owned(), "team".to_owned())].into();
    let role = Role { attributes, ..described("wanted") };
    let declared = Declared { field_causes, ..declared(role) }.of_team(Some("alpha".into()));
    compare(&mut builder, &declared, Some(&Role::default()));
    let change = &builder.changes()[0];
    assert_eq!((change.cause.value.as_str(), change.team.as_deref()), ("roles", Some("alpha")));
    let causes: Vec<_> = change.fields.iter().map(|field| field.cause.as_ref().map(|cause| &*cause.value)).collect();
    assert_eq!(causes, [Some("roles.attributes"), None]);
}

#[test]
fn a_view_is_compared_in_place_of_what_it_is_a_view_of() {
    #[derive(serde::Serialize)]
    struct View {
        count: u8,
    }
    let memory = Memory::default();
    let mut builder: PlanBuilder<'_, Action> = PlanBuilder::new(&memory);
    let declared = Declared::new(View { count: 2 }, cause("roles"));
    for (name, there, dependencies) in [("a", Some(View { count: 1 }), [object("b")]), ("b", None, [object("c")])] {
        let dependencies = Dependencies::after(dependencies);
        builder.compare_view(object(name), &declared, there.as_ref(), RULES, dependencies, |action| action);
    }
    builder.compare_view(object("c"), &declared, Some(&View { count: 2 }), RULES, Dependencies::default(), |it| it);
    let operations: Vec<_> = builder.changes().iter().map(|change| change.operation).collect();
    assert_eq!(operations, [Action::Update, Action::Create]);
}

#[test]
fn a_mark_is_one_of_the_change_that_was_just_added_and_of_no_other() {
    let memory = Memory::default();
    let mut builder = PlanBuilder::new(&memory);
    push(&mut builder, "first", Dependencies::default());
    push(&mut builder, "marked", Dependencies::default()).is_needed(true).removes_relation(true);
    push(&mut builder, "deleted", Dependencies::default()).removes_data(true).takes_along(vec![object("inside")]);
    // Nothing differs, so that nothing is added, and no other change gets the mark in its place.
    compare(&mut builder, &declared(described("same")), Some(&described("same"))).is_needed(true).removes_data(true);
    push(&mut builder, "last", Dependencies::default()).is_needed(false);
    let marked = |is: fn(&Change<Sent>) -> bool| -> Vec<&str> {
        builder.changes().iter().filter(|change| is(change)).map(|change| change.object.name()).collect()
    };
    assert_eq!(marked(|change| change.is_needed), ["marked"]);
    assert_eq!(marked(|change| change.removes_relation), ["marked"]);
    assert_eq!(marked(|change| change.removes_data), ["deleted"]);
    assert_eq!(marked(|change| !change.takes_along.is_empty()), ["deleted"]);
}

#[test]
fn a_switch_that_is_off_and_not_shown_is_no_difference_where_an_application_hides_those() {
    let memory = Memory::default();
    let off = declared(Role { enabled: Some(false), ..Role::default() });
    for (hides, there, differs) in [
        (false, Some(Role::default()), true),
        (true, Some(Role::default()), false),
        (true, Some(Role { enabled: Some(true), ..Role::default() }), true),
        (true, None, true),
    ] {
        let mut builder = PlanBuilder::new(&memory);
        if hides {
            builder = builder.hiding_switches();
        }
        compare(&mut builder, &off, there.as_ref());
        assert_eq!(!builder.changes().is_empty(), differs, "{hides} {there:?}");
    }
}

#[test]
fn a_hidden_secret_is_written_with_a_new_object_and_told_of_one_that_nobody_remembers() {
    let memory = Memory::default();
    let mut builder = PlanBuilder::new(&memory);
    let secret = declared(Role { password: Some("canary".to_owned()), ..Role::default() });
    compare(&mut builder, &secret, None);
    assert!(builder.changes()[0].writes_secret("password"));
    let mut builder = PlanBuilder::new(&memory);
    compare(&mut builder, &secret, Some(&Role::default()));
    let plan = builder.finish().unwrap();
    assert!(plan.is_empty());
    assert!(plan.notes()[0].message.starts_with("`password` is hidden"), "{:?}", plan.notes());
}

#[test]
fn a_relation_is_made_without_fields_and_taken_away_by_an_update_that_counts_as_a_removal() {
    let memory = Memory::default();
    let mut builder: PlanBuilder<'_, Sent> = PlanBuilder::new(&memory);
    let cause = cause("users");
    let origin = Origin { cause: &cause, team: None };
    builder.add_relation(object("joins"), origin, Dependencies::after([object("group")]), None);
    builder.remove_relation(
        object("leaves"),
        "member",
        origin,
        Dependencies::default().exclusive_in(object("x")),
        None,
    );
    let [joins, leaves] = builder.changes() else { panic!("{:?}", builder.changes()) };
    assert_eq!((joins.action, joins.fields.len(), joins.removes_relation), (Action::Create, 0, false));
    assert_eq!(*joins.waits_for, [object("group")]);
    assert_eq!((leaves.action, leaves.removes_relation), (Action::Update, true));
    assert_eq!(leaves.fields, [FieldChange::new("member", Some(true.into()), Some(false.into()))]);
    assert_eq!(leaves.exclusive, Some(object("x")));
}

#[test]
fn a_delete_is_in_the_name_of_no_value() {
    let memory = Memory::default();
    let mut builder: PlanBuilder<'_, Sent> = PlanBuilder::new(&memory);
    let field = FieldChange::new("enabled", Some(true.into()), Some(false.into()));
    builder.delete(object("a"), Dependencies::default(), None).showing([field.clone()]);
    let change = &builder.changes()[0];
    assert_eq!((change.action, &change.cause, &change.fields), (Action::Delete, &Cause::undeclared(), &vec![field]));
}

#[test]
fn changes_that_have_the_same_in_common_hold_it_once() {
    let memory = Memory::default();
    let mut builder: PlanBuilder<'_, Sent> = PlanBuilder::new(&memory);
    for name in ["a", "b"] {
        let declared = declared(described("wanted"));
        let dependencies = Dependencies::after([object("realm")]);
        builder.compare(object(name), &declared, Some(&Role::default()), RULES, dependencies, |_, _| None);
    }
    let [one, two] = builder.changes() else { panic!("{:?}", builder.changes()) };
    assert!(Arc::ptr_eq(&one.waits_for, &two.waits_for));
    assert!(std::ptr::eq(one.fields[0].path.as_str(), two.fields[0].path.as_str()));
}

#[test]
fn what_is_not_ours_is_told_by_its_name() {
    let memory = Memory::default();
    let mut builder: PlanBuilder<'_, Sent> = PlanBuilder::new(&memory);
    builder.refuse(&object("differs"));
    builder.note_foreign(&object("equal"));
    let plan = builder.finish().unwrap();
    assert_eq!(
        plan.warnings()[0].message,
        "is there and not ours, so that it stays as it is; `apply --adopt --only role/differs` makes it ours"
    );
    assert_eq!(
        plan.notes()[0].message,
        "holds what it should, and is not ours: `apply --adopt --only role/equal` makes it ours, for `--prune` too"
    );
}

#[test]
fn what_is_in_the_way_of_several_objects_is_said_in_one_line() {
    let unjudged = |name: &str| Unjudged {
        objects: vec![object(name)],
        why: WhyUnjudged::Away,
        message: "the cluster does not answer".to_owned(),
        hint: "run it again".to_owned(),
    };
    let memory = Memory::default();
    let mut builder: PlanBuilder<'_, Sent> = PlanBuilder::new(&memory);
    builder.leave_unjudged(unjudged("a"));
    builder.leave_unjudged(unjudged("a"));
    builder.join_unjudged(unjudged("b"));
    let plan = builder.finish().unwrap();
    let objects: Vec<_> = plan.unjudged().iter().map(|unjudged| unjudged.objects.clone()).collect();
    assert_eq!(objects, [[object("a"), object("b")]]);
}
