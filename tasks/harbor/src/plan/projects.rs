//! Projects with their settings, quota, scanner, and their objects of plain kinds.

use evenkeel_core::{
    diff::{FieldChange, Rules},
    object::ObjectId,
    plan::{Action, Dependencies, Origin, Unjudged, WhyUnjudged},
};
use evenkeel_harbor_client::types::{Project, ProjectReq};

use super::{Operation, PlanBuilder, allowlists, objects, retention};
use crate::{
    desired::{Desired, DesiredProject},
    names::{self, PROJECT_SCANNER, QUOTA, REGISTRY},
    observe::Observed,
};

const RULES: Rules = Rules(&[]);

pub(super) fn plan(plan: &mut PlanBuilder<'_>, desired: &Desired, observed: &Observed) {
    for declared in &desired.projects {
        let there = observed.projects.get(&declared.name);
        plan_project(plan, declared, there, observed);
        plan_quota(plan, declared, there, observed);
        allowlists::plan(plan, declared, there);
        plan_scanner(plan, desired, declared, observed);
        retention::plan(plan, declared, there, observed);
        objects::plan(plan, &declared.objects, desired, observed);
    }
}

/// Settings go along with a new project, so that it is never public for a moment; the quota too.
fn plan_project(plan: &mut PlanBuilder<'_>, declared: &DesiredProject, there: Option<&Project>, observed: &Observed) {
    let object = names::project(&declared.name);
    let metadata = there.map(|project| project.metadata.clone().unwrap_or_default());
    let mut settings = declared.metadata.clone();
    if let Some(there) = there {
        tell_other_registry(plan, declared, there, observed);
        if there.registry_id.is_none_or(|number| number == 0) {
            // The server ignores them where nothing is cached (which is told above).
            settings.value.proxy_speed_kb = None;
            settings.value.max_upstream_conn = None;
        }
    }
    let registry = declared.registry.as_ref().map(|registry| ObjectId::new(REGISTRY, registry.as_str()));
    let dependencies = Dependencies::after(registry).exclusive_in(object.clone());
    plan.compare(object, &settings, metadata.as_ref(), RULES, dependencies, |action, metadata| {
        let request = ProjectReq { metadata: Some(*metadata), ..ProjectReq::default() };
        if action == Action::Create {
            let project_name = Some(declared.name.clone());
            let storage_limit = declared.quota.as_ref().map(|quota| quota.value);
            let request = ProjectReq { project_name, storage_limit, ..request };
            Operation::CreateProject(Box::new(request), declared.registry.clone())
        } else {
            Operation::UpdateProject(declared.name.clone(), Box::new(request))
        }
    });
}

/// A scanner that the values declare too may be made in the same run. One that is neither there nor declared is told.
fn plan_scanner(plan: &mut PlanBuilder<'_>, desired: &Desired, declared: &DesiredProject, observed: &Observed) {
    let Some(wanted) = &declared.scanner else { return };
    let there = observed.scanners.of_projects.get(&declared.name);
    if there == Some(&wanted.value) {
        return;
    }
    let object = ObjectId::new(PROJECT_SCANNER, declared.name.as_str());
    let scanner = ObjectId::new(names::SCANNER, wanted.value.as_str());
    if !observed.scanners.known.contains(&wanted.value) && !desired.system.iter().any(|one| one.object == scanner) {
        plan.leave_unjudged(Unjudged {
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
    let change = FieldChange::new("scanner", there.cloned().map(Into::into), Some(wanted.value.as_str().into()));
    let operation = Operation::SetScanner(declared.name.clone(), wanted.value.clone());
    let dependencies = Dependencies::after([names::project(&declared.name), scanner]);
    plan.push(object, Action::Update, change, Origin::of(wanted), dependencies, operation);
}

/// What a project is a cache of is said when it is made, and never changes.
fn tell_other_registry(plan: &mut PlanBuilder<'_>, declared: &DesiredProject, there: &Project, observed: &Observed) {
    let Some(wanted) = &declared.registry else { return };
    let number = there.registry_id.filter(|number| *number != 0);
    let mut registries = observed.registries();
    let current = registries.find(|(_, registry)| number.is_some() && registry.id == number).map(|(name, _)| name);
    if current == Some(wanted.as_str()) {
        return;
    }
    let is_now = match (current, number) {
        (Some(current), _) => format!("is a cache of registry `{current}`"),
        (None, Some(_)) => "is a cache of another registry".to_owned(),
        (None, None) => "is no cache".to_owned(),
    };
    let name = &declared.name;
    plan.leave_unjudged(Unjudged {
        objects: vec![names::project(name)],
        why: WhyUnjudged::Fixed,
        message: format!("project `{name}` {is_now}, and never becomes one of `{wanted}`"),
        hint: "declare what it is, or another project, which is made as a cache".to_owned(),
    });
}

/// A change of the project ignores its quota (server-behaviour 3).
fn plan_quota(plan: &mut PlanBuilder<'_>, declared: &DesiredProject, there: Option<&Project>, observed: &Observed) {
    let Some(wanted) = &declared.quota else { return };
    let object = ObjectId::new(QUOTA, declared.name.as_str());
    if there.is_none() {
        let change = FieldChange::new("storage", None, Some(wanted.value.into()));
        let dependencies = Dependencies::after([names::project(&declared.name)]);
        plan.push(object, Action::Update, change, Origin::of(wanted), dependencies, Operation::QuotaOfNewProject);
        return;
    }
    let Some(quota) = observed.quotas.get(&declared.name) else {
        return plan.note(object, "the server keeps no quota for this project, so that it cannot be limited");
    };
    if quota.storage != wanted.value {
        let change = FieldChange::new("storage", Some(quota.storage.into()), Some(wanted.value.into()));
        let operation = Operation::UpdateQuota(quota.id, wanted.value);
        plan.push(object, Action::Update, change, Origin::of(wanted), Dependencies::default(), operation);
    }
}
