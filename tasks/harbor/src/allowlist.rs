//! Lists of vulnerabilities that are allowed: that of the whole system, and those of projects.

use std::collections::BTreeSet;

use evenkeel_core::{
    diff::{Rule, Rules},
    reading::Reading,
    values::{ValuePath, VulnerabilityId, model::CveAllowlist as Section},
};
use evenkeel_engine::export::document::Node;
use evenkeel_harbor_client::types::{CveAllowlist, CveAllowlistItem};
use jiff::Timestamp;
use serde::Serialize;

/// The word for a list without an end.
const NEVER: &str = "never";

/// A list as it is compared. What is absent is not managed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Allowlist {
    /// The ids of the vulnerabilities, each once. The server refuses the same one twice as a failure of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub items: Option<BTreeSet<String>>,
    /// When the list ends to hold: a moment in UTC, in whole seconds, or `never`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<String>,
}

impl Allowlist {
    /// How two lists are compared.
    pub(crate) const RULES: Rules = Rules(&[("items", Rule::Set)]);

    /// What is declared.
    pub(crate) fn declared(reading: &Reading<'_>, declared: &Section, path: &ValuePath) -> Self {
        Self {
            items: declared.items.as_ref().map(|ids| each_once(reading, ids, &path.clone().key("items"))),
            expires_at: declared.expires_at.as_deref().map(|text| end(reading, text, &path.clone().key("expiresAt"))),
        }
    }

    /// What the server has.
    pub(crate) fn observed(there: Option<&CveAllowlist>) -> Self {
        let items = there.and_then(|there| there.items.as_ref()).into_iter().flatten();
        let moment = there.and_then(|there| there.expires_at).and_then(|seconds| Timestamp::from_second(seconds).ok());
        Self {
            items: Some(items.filter_map(|item| item.cve_id.clone()).collect()),
            expires_at: Some(moment.map_or_else(|| NEVER.to_owned(), |moment| moment.to_string())),
        }
    }

    /// The list as the server takes it: as a whole, so that what nobody declares goes back as it is there.
    pub(crate) fn over(&self, there: &Self) -> CveAllowlist {
        let items = self.items.as_ref().or(there.items.as_ref()).into_iter().flatten();
        let expires_at = self.expires_at.as_deref().or(there.expires_at.as_deref());
        CveAllowlist {
            items: Some(items.map(|id| CveAllowlistItem { cve_id: Some(id.clone()) }).collect()),
            expires_at: expires_at.and_then(|moment| moment.parse().ok()).map(Timestamp::as_second),
        }
    }

    /// The list as values; `None` where values do not take one of its items.
    pub(crate) fn exported(&self) -> Option<Node> {
        let items = self.items.iter().flatten();
        let is_taken = items.clone().all(|id| VulnerabilityId::parse(id).is_ok());
        is_taken.then(|| {
            let expires_at = self.expires_at.clone().map(Node::Text);
            Node::map([("items", Some(Node::texts(items.cloned()))), ("expiresAt", expires_at)])
        })
    }

    /// Whether nothing is allowed.
    pub(crate) fn is_empty(&self) -> bool {
        self.items.iter().all(BTreeSet::is_empty)
    }

    /// Whether it has an end.
    pub(crate) fn ends(&self) -> bool {
        self.expires_at.as_deref().is_some_and(|moment| moment != NEVER)
    }
}

fn each_once(reading: &Reading<'_>, ids: &[VulnerabilityId], path: &ValuePath) -> BTreeSet<String> {
    let mut items = BTreeSet::new();
    for (index, id) in ids.iter().enumerate() {
        if !items.insert(id.to_string()) {
            let problem = reading.problem(&path.clone().index(index), &format!("`{id}` is declared twice"));
            reading.report(problem.with_hint("leave it out here"));
        }
    }
    items
}

/// A moment as it is compared. The schema takes whatever looks like one.
fn end(reading: &Reading<'_>, text: &str, path: &ValuePath) -> String {
    let moment: Option<Timestamp> = text.parse().ok();
    let in_seconds = moment.and_then(|moment| Timestamp::from_second(moment.as_second()).ok());
    if text != NEVER && in_seconds.is_none() {
        let problem = reading.problem(path, "this is no moment");
        reading.report(problem.with_hint("such as `2027-01-31T00:00:00Z`, or `never`"));
    }
    in_seconds.map_or_else(|| NEVER.to_owned(), |moment| moment.to_string())
}
