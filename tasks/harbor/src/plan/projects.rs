//! Projects with their settings, quota, scanner, immutable tag rules and labels.

use evenkeel_core::{
    diff::Rules,
    object::ObjectId,
    plan::{Action, Unjudged, WhyUnjudged},
};
use evenkeel_harbor_client::types::{ImmutableRule, ImmutableSelector, Label, Project, ProjectReq};

use super::{Draft, Operation, Owner, Place, allowlists, field, retention, webhooks};
use crate::{
    desired::{Desired, DesiredImmutableRule, DesiredProject, Pattern, REPOSITORIES, TAGS},
    names::{self, PROJECT_SCANNER, QUOTA, REGISTRY},
    observe::Observed,
};

const RULES: Rules = Rules(&[]);

pub(super) fn plan(draft: &mut Draft<'_>, desired: &Desired, observed: &Observed) {
    for declared in &desired.projects {
        let there = observed.projects.get(&declared.name);
        plan_project(draft, declared, there, observed);
        plan_quota(draft, declared, there, observed);
        allowlists::plan(draft, declared, there);
        plan_scanner(draft, desired, declared, observed);
        retention::plan(draft, declared, there, observed);
        plan_immutable_rules(draft, declared, observed);
        webhooks::plan(draft, declared, observed);
        plan_labels(draft, declared, observed);
    }
}

/// Settings go along with a new project, so that it is never public for a moment; the quota too.
fn plan_project(draft: &mut Draft<'_>, declared: &DesiredProject, there: Option<&Project>, observed: &Observed) {
    let object = names::project(&declared.name);
    let metadata = there.map(|project| project.metadata.clone().unwrap_or_default());
    let mut managed = declared.metadata.clone();
    if let Some(metadata) = metadata.as_ref().filter(|_| declared.is_private_by_default && !draft.is_ours(&object)) {
        let differs = metadata.public != managed.value.public;
        draft.left_alone.add(&object, differs.then_some("public"));
        managed.value.public = None;
    }
    if let Some(there) = there {
        tell_other_registry(draft, declared, there, observed);
        if there.registry_id.is_none_or(|number| number == 0) {
            // The server ignores them where nothing is cached (which is told above).
            managed.value.proxy_speed_kb = None;
            managed.value.max_upstream_conn = None;
        }
    }
    let registry = declared.registry.as_ref().map(|registry| ObjectId::new(REGISTRY, registry.as_str()));
    let request = ProjectReq {
        project_name: Some(declared.name.clone()),
        metadata: Some(managed.value.clone()),
        storage_limit: declared.quota.as_ref().map(|quota| quota.value),
        registry_id: None,
        cve_allowlist: None,
    };
    let place = Place::after(registry).alone_in(object.clone());
    draft.compare(object, &managed, metadata.as_ref(), RULES, place, |action| match action {
        Action::Create => Operation::CreateProject(Box::new(request), declared.registry.clone()),
        _ => {
            let update = ProjectReq { metadata: request.metadata, ..ProjectReq::default() };
            Operation::UpdateProject(declared.name.clone(), Box::new(update))
        }
    });
}

/// A scanner that the values declare too may be made in the same run. One that is neither there nor declared is told.
fn plan_scanner(draft: &mut Draft<'_>, desired: &Desired, declared: &DesiredProject, observed: &Observed) {
    let Some(wanted) = &declared.scanner else { return };
    let there = observed.scanners.of_projects.get(&declared.name);
    if there == Some(&wanted.value) {
        return;
    }
    let object = ObjectId::new(PROJECT_SCANNER, declared.name.as_str());
    let scanner = ObjectId::new(names::SCANNER, wanted.value.as_str());
    if !observed.scanners.known.contains(&wanted.value) && !desired.system.iter().any(|one| one.object == scanner) {
        draft.unjudged.push(Unjudged {
            objects: vec![object],
            why: WhyUnjudged::Fixed,
            message: format!(
                "project `{}` names scanner `{}`, which is neither declared nor there",
                declared.name, wanted.value
            ),
            hint: "declare it under `harbor.system.scanners`".to_owned(),
        });
        return;
    }
    let change = field("scanner", there.cloned().map(Into::into), Some(wanted.value.as_str().into()));
    let operation = Operation::SetScanner(declared.name.clone(), wanted.value.clone());
    let place = Place::after([names::project(&declared.name), scanner]);
    draft.push_field(object, Action::Update, change, &Owner::of(wanted), place, operation);
}

/// What a project is a cache of is said when it is made, and never changes.
fn tell_other_registry(draft: &mut Draft<'_>, declared: &DesiredProject, there: &Project, observed: &Observed) {
    let Some(wanted) = &declared.registry else { return };
    let number = there.registry_id.filter(|number| *number != 0);
    let mut registries = observed.registries.iter();
    let current = registries.find(|(_, registry)| number.is_some() && registry.id == number).map(|(name, _)| name);
    if current == Some(wanted) {
        return;
    }
    let is_now = match (current, number) {
        (Some(current), _) => format!("is a cache of registry `{current}`"),
        (None, Some(_)) => "is a cache of another registry".to_owned(),
        (None, None) => "is no cache".to_owned(),
    };
    let name = &declared.name;
    draft.unjudged.push(Unjudged {
        objects: vec![names::project(name)],
        why: WhyUnjudged::Fixed,
        message: format!("project `{name}` {is_now}, and never becomes one of `{wanted}`"),
        hint: "declare what it is, or another project, which is made as a cache".to_owned(),
    });
}

/// A change of the project ignores its quota (server-behaviour 3).
fn plan_quota(draft: &mut Draft<'_>, declared: &DesiredProject, there: Option<&Project>, observed: &Observed) {
    let Some(wanted) = &declared.quota else { return };
    let object = ObjectId::new(QUOTA, declared.name.as_str());
    if there.is_none() {
        let change = field("storage", None, Some(wanted.value.into()));
        let place = Place::after([names::project(&declared.name)]);
        return draft.push_field(
            object,
            Action::Update,
            change,
            &Owner::of(wanted),
            place,
            Operation::QuotaOfNewProject,
        );
    }
    let Some(quota) = observed.quotas.get(&declared.name) else {
        return draft.note(object, "the server keeps no quota for this project, so that it cannot be limited");
    };
    if quota.storage != wanted.value {
        let change = field("storage", Some(quota.storage.into()), Some(wanted.value.into()));
        let operation = Operation::UpdateQuota(quota.id, wanted.value);
        draft.push_field(object, Action::Update, change, &Owner::of(wanted), Place::default(), operation);
    }
}

/// A rule has no name: it is known by what it selects.
fn plan_immutable_rules(draft: &mut Draft<'_>, project: &DesiredProject, observed: &Observed) {
    let none = Vec::new();
    let there = observed.immutable_rules.get(&project.name).unwrap_or(&none);
    for declared in project.immutable_rules.iter().flatten() {
        let found = there.iter().filter(|rule| selects(rule, declared)).min_by_key(|rule| rule.id);
        let disabled = found.and_then(|rule| rule.disabled).unwrap_or_default();
        let wanted = declared.disabled.unwrap_or(disabled);
        if found.is_some() && disabled == wanted {
            continue;
        }
        let owner = Owner { cause: &declared.cause, team: project.metadata.team.as_ref() };
        let place = Place::after([names::project(&project.name)]);
        let body = Box::new(immutable_rule(declared, wanted, found));
        let (action, change, operation) = match found {
            Some(_) => (
                Action::Update,
                field("disabled", Some(disabled.into()), Some(wanted.into())),
                Operation::UpdateImmutableRule(project.name.clone(), body),
            ),
            None => (
                Action::Create,
                field("tags", None, Some(declared.tags.to_string().into())),
                Operation::CreateImmutableRule(project.name.clone(), body),
            ),
        };
        draft.push_field(declared.object.clone(), action, change, &owner, place, operation);
    }
}

/// Which repositories and which tags a rule selects, where it says so with one pattern each.
pub(crate) fn selected(rule: &ImmutableRule) -> Option<(Pattern, Pattern)> {
    let ([repositories], [tags]) =
        (rule.scope_selectors.as_ref()?.get("repository")?.as_slice(), rule.tag_selectors.as_deref()?)
    else {
        return None;
    };
    Some((
        Pattern::seen(REPOSITORIES, repositories.decoration.as_deref(), repositories.pattern.as_deref())?,
        Pattern::seen(TAGS, tags.decoration.as_deref(), tags.pattern.as_deref())?,
    ))
}

fn selects(rule: &ImmutableRule, declared: &DesiredImmutableRule) -> bool {
    selected(rule).is_some_and(|(repositories, tags)| repositories == declared.repositories && tags == declared.tags)
}

fn immutable_rule(declared: &DesiredImmutableRule, disabled: bool, there: Option<&ImmutableRule>) -> ImmutableRule {
    let selector = |decoration: &str, pattern: &Pattern| ImmutableSelector {
        kind: Some("doublestar".to_owned()),
        decoration: Some(decoration.to_owned()),
        pattern: Some(pattern.text().to_owned()),
        extras: None,
    };
    let repositories = selector(declared.repositories.decoration(REPOSITORIES), &declared.repositories);
    ImmutableRule {
        // A change has to repeat the number (server-behaviour 6).
        id: there.and_then(|rule| rule.id),
        disabled: Some(disabled),
        action: Some("immutable".to_owned()),
        template: Some("immutable_template".to_owned()),
        tag_selectors: Some(vec![selector(declared.tags.decoration(TAGS), &declared.tags)]),
        scope_selectors: Some([("repository".to_owned(), vec![repositories])].into_iter().collect()),
        ..ImmutableRule::default()
    }
}

fn plan_labels(draft: &mut Draft<'_>, project: &DesiredProject, observed: &Observed) {
    let none: Vec<Label> = Vec::new();
    let there = observed.labels.get(&project.name).unwrap_or(&none);
    for declared in project.labels.iter().flatten() {
        let found = there.iter().find(|label| label.name == declared.label.value.name);
        let place = Place::after([names::project(&project.name)]);
        draft.compare(declared.object.clone(), &declared.label, found, RULES, place, |_| {
            let body = Box::new(declared.label.value.clone());
            match found {
                None => Operation::CreateLabel(project.name.clone(), body),
                Some(there) => Operation::UpdateLabel(Box::new(there.clone()), body),
            }
        });
    }
}
