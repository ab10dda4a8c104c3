//! The vulnerabilities that projects allow.

use evenkeel_core::{object::ObjectId, plan::Dependencies};
use evenkeel_harbor_client::types::Project;

use super::{Operation, PlanBuilder};
use crate::{
    allowlist::Allowlist,
    desired::DesiredProject,
    names::{self, ALLOWLIST},
};

/// The server ignores the list in a create, so that it is a change of its own. A new project has an empty one.
pub(super) fn plan(plan: &mut PlanBuilder<'_>, declared: &DesiredProject, there: Option<&Project>) {
    let Some(wanted) = &declared.allowlist else { return };
    let there = Allowlist::observed(there.and_then(|there| there.cve_allowlist.as_ref()));
    let object = ObjectId::new(ALLOWLIST, declared.name.as_str());
    let dependencies = Dependencies::after([names::project(&declared.name)]);
    plan.compare_view(object, wanted, Some(&there), Allowlist::RULES, dependencies, |_| {
        Operation::SetAllowlist(declared.name.clone(), Box::new(wanted.value.over(&there)))
    });
}
