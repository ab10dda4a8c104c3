//! Which images of a project are kept.

use evenkeel_core::object::ObjectId;
use evenkeel_engine::export::document::Node;
use evenkeel_harbor_client::types::{Project, RetentionPolicy, RetentionRule};

use super::{composing::Composing, patterns::pattern};
use crate::{
    desired::counts_untagged,
    names::RETENTION,
    observe::retention_id,
    plan::{TEMPLATE_OF_CACHE, is_ours, keep_last, schedule, seen_rule},
    schedule::is_readable,
};

/// For how many days a cache keeps what was pulled, unless somebody says otherwise.
const DAYS_OF_CACHE: u32 = 7;

/// The rules of a policy with its schedule: one of `keepLast` in the short form, and all others as a list.
pub(super) fn retention(composing: &mut Composing<'_>, name: &str, project: &Project) -> Option<Node> {
    retention_id(project)?;
    let Some(policy) = composing.observed.retentions.get(name) else {
        composing.composer.remark(format!("the retention policy of project `{name}`, which could not be read"));
        return None;
    };
    let rules: Vec<&RetentionRule> = policy.rules.iter().flatten().collect();
    if rules.is_empty() || (project.registry_id.is_some_and(|id| id != 0) && comes_with_a_cache(&rules)) {
        return None;
    }
    let mut entries = match rules.as_slice() {
        [rule] if is_ours(rule) && short(rule).is_some() => vec![("keepLast", short(rule))],
        rules => {
            let nodes: Option<Vec<Node>> = rules.iter().map(|rule| node(rule)).collect();
            let Some(nodes) = nodes else {
                composing
                    .composer
                    .remark(format!("the rules of retention of project `{name}`, one of which values cannot say"));
                return None;
            };
            vec![("rules", Some(Node::List(nodes)))]
        }
    };
    entries.push(("schedule", declared_schedule(composing, name, policy)));
    composing.composer.may_declare(&ObjectId::new(RETENTION, name)).then(|| Node::map(entries))
}

/// The number of a rule that `keepLast` can say.
fn short(rule: &RetentionRule) -> Option<Node> {
    let kept = keep_last(rule).filter(|kept| *kept > 0 && u32::try_from(*kept).is_ok())?;
    let counts_all = seen_rule(rule).is_some_and(|seen| seen.untagged);
    counts_all.then(|| Node::Number(kept.into()))
}

/// Whether a policy is the one that every cache has from its beginning.
fn comes_with_a_cache(rules: &[&RetentionRule]) -> bool {
    let [rule] = rules else { return false };
    seen_rule(rule).is_some_and(|seen| {
        seen.template == TEMPLATE_OF_CACHE
            && seen.count == Some(DAYS_OF_CACHE)
            && seen.tags.is_everything()
            && seen.repositories.is_everything()
            && !seen.disabled
    })
}

fn node(rule: &RetentionRule) -> Option<Node> {
    let seen = seen_rule(rule)?;
    let (tags, repositories) = (
        pattern(&seen.tags, "tags", "excludeTags"),
        pattern(&seen.repositories, "repositories", "excludeRepositories"),
    );
    let untagged = (seen.untagged != counts_untagged(&seen.tags)).then_some(Node::Bool(seen.untagged));
    Some(Node::map([
        ("template", Some(Node::Text(seen.template.to_owned()))),
        ("count", seen.count.map(|count| Node::Number(count.into()))),
        tags,
        repositories,
        ("untagged", untagged),
        ("disabled", seen.disabled.then_some(Node::Bool(true))),
    ]))
}

fn declared_schedule(composing: &mut Composing<'_>, name: &str, policy: &RetentionPolicy) -> Option<Node> {
    let there = schedule(policy)?;
    if there.is_empty() || is_readable(&there) {
        return Some(Node::Text(there));
    }
    composing.composer.remark(format!("the schedule of retention of project `{name}`"));
    None
}
