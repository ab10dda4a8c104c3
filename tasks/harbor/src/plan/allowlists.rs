//! The vulnerabilities that projects allow.

use evenkeel_core::{
    diff::{Rule, Rules},
    object::ObjectId,
    plan::Action,
};
use evenkeel_harbor_client::types::{CveAllowlist, CveAllowlistItem, Project};
use serde::Serialize;

use super::{Draft, Operation, Owner, Place};
use crate::{
    desired::{AllowlistEnd, Declared, DesiredAllowlist, DesiredProject},
    names::{self, ALLOWLIST},
};

const RULES: Rules = Rules(&[("items", Rule::Set)]);

/// A list as it is compared.
#[derive(Serialize)]
struct View {
    items: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<String>,
}

impl View {
    fn wanted(wanted: &DesiredAllowlist) -> Self {
        Self { items: wanted.items.iter().cloned().collect(), expires_at: wanted.end.map(|end| end.to_string()) }
    }

    fn there(list: Option<&CveAllowlist>) -> Self {
        let items = list.and_then(|list| list.items.as_ref()).into_iter().flatten();
        let end = AllowlistEnd::seen(list.and_then(|list| list.expires_at));
        Self { items: items.filter_map(|item| item.cve_id.clone()).collect(), expires_at: Some(end.to_string()) }
    }
}

/// The server ignores the list in a create, so that it is a change of its own. A new project has an empty one.
pub(super) fn plan(draft: &mut Draft<'_>, declared: &DesiredProject, there: Option<&Project>) {
    let Some(wanted) = &declared.allowlist else { return };
    let list = there.and_then(|there| there.cve_allowlist.as_ref());
    let object = ObjectId::new(ALLOWLIST, declared.name.as_str());
    let compared = Declared::new(View::wanted(wanted), wanted.cause.clone()).of_team(declared.metadata.team.clone());
    let difference = draft.difference(&object, &compared, Some(&View::there(list)), RULES);
    if difference.is_empty() {
        return;
    }
    let operation = Operation::SetAllowlist(declared.name.clone(), Box::new(whole(wanted, list)));
    let place = Place::after([names::project(&declared.name)]);
    draft.push(object, Action::Update, difference, &Owner::of(&compared), place, operation);
}

/// The list as the server takes it: as a whole, so that an end that nobody declares goes back as it is.
fn whole(wanted: &DesiredAllowlist, there: Option<&CveAllowlist>) -> CveAllowlist {
    let item = |name: &String| CveAllowlistItem { cve_id: Some(name.clone()) };
    let kept = || there.and_then(|there| there.expires_at);
    CveAllowlist {
        items: Some(wanted.items.iter().map(item).collect()),
        expires_at: wanted.end.map_or_else(kept, AllowlistEnd::seconds),
    }
}
