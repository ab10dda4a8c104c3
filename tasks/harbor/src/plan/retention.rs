//! Which images of a project are kept.
//!
//! Of `keepLast` one rule is ours, known by what it selects. A declared list is the whole list: what was written last is remembered
//! as a digest, so that rules are known for ours as long as nobody changed them.

use evenkeel_core::{
    diff::{Difference, Rule, Rules},
    memory::{HiddenSecret, Recall, Secrets},
    object::ObjectId,
    plan::{Action, Dependencies, Origin},
    values::model::RetentionTemplate,
};
use evenkeel_harbor_client::types::{
    Project, RetentionPolicy, RetentionPolicyScope, RetentionRule, RetentionRuleTrigger, RetentionSelector,
};
use serde::Serialize;
use serde_json::{Value, json};

use super::{Operation, PlanBuilder};
use crate::{
    desired::{
        DesiredProject, DesiredRetention, DesiredRetentionRule, EVERYTHING, Pattern, REPOSITORIES, TAGS, WantedRules,
        counts_untagged,
    },
    names::{self, RETENTION},
    observe::{Observed, retention_id},
};

const RULES: Rules = Rules(&[(LIST, Rule::Set)]);
/// Under which name the rules that were written last are remembered.
const LIST: &str = "rules";

const TEMPLATE: &str = "latestPushedK";
/// The template of the rule that the server gives to each cache.
pub(crate) const TEMPLATE_OF_CACHE: &str = "nDaysSinceLastPull";
/// Daily at midnight, in six fields.
const DAILY: &str = "0 0 0 * * *";

/// What is compared of a retention policy.
#[derive(Serialize)]
struct Kept {
    #[serde(skip_serializing_if = "Option::is_none")]
    keep_last: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    schedule: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    untagged: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rules: Option<Vec<Value>>,
}

impl Kept {
    fn wanted(wanted: &DesiredRetention) -> Self {
        let schedule = wanted.schedule.clone();
        match &wanted.rules {
            WantedRules::Last(count) => {
                Self { keep_last: Some((*count).into()), schedule, untagged: Some(true), rules: None }
            }
            WantedRules::All(rules) => {
                let rules = rules.iter().map(|rule| view(&server_rule(rule))).collect();
                Self { keep_last: None, schedule, untagged: None, rules: Some(rules) }
            }
        }
    }

    fn there(policy: &RetentionPolicy) -> Self {
        let ours = || policy.rules.iter().flatten().find(|rule| is_ours(rule));
        Self {
            keep_last: ours().and_then(keep_last),
            schedule: schedule(policy),
            untagged: Some(ours().is_none_or(keeps_untagged)),
            rules: Some(policy.rules.iter().flatten().map(view).collect()),
        }
    }
}

/// A policy is made once; later its number stands in the project's metadata, and a second one would be refused as a bad
/// request (server-behaviour 6). Beside `keepLast` rules of other people stay.
pub(super) fn plan(
    plan: &mut PlanBuilder<'_>,
    declared: &DesiredProject,
    there: Option<&Project>,
    observed: &Observed,
) {
    let Some(wanted) = &declared.retention else { return };
    let id = there.and_then(retention_id);
    let policy = observed.retentions.get(&declared.name);
    let object = ObjectId::new(RETENTION, declared.name.as_str());
    let is_list = matches!(wanted.value.rules, WantedRules::All(_));
    if !is_list && policy.is_some_and(|policy| policy.rules.iter().flatten().any(is_of_cache)) {
        let message =
            "harbor's own rule of caches stays beside `keepLast`: what was pulled in the last days is kept too";
        plan.note(object.clone(), message);
    }
    let dependencies = Dependencies::after([names::project(&declared.name)]).exclusive_in(object.clone());
    let operation = Operation::SetRetention(declared.name.clone(), id, wanted.value.clone());
    if id.is_some() && policy.is_none() {
        // A policy that could not be read is looked at again by the change itself, which then says why.
        plan.push(object, Action::Update, Difference::default(), Origin::of(wanted), dependencies, operation);
        return;
    }
    let compared = Kept::wanted(&wanted.value);
    let found = plan.difference(&object, &compared, policy.map(Kept::there).as_ref(), RULES);
    let Some((action, difference)) = found else { return };
    let mut difference = difference.caused_by(&wanted.field_causes);
    let written = compared.rules;
    difference
        .secrets
        .extend(written.as_deref().map(|rules| HiddenSecret { path: LIST.into(), value: text(rules).into() }));
    let is_wanted = |rule: &RetentionRule| written.as_ref().is_none_or(|rules| rules.contains(&view(rule)));
    // Images that only a rule kept that goes are gone the next time that the policy runs.
    let loses_a_rule = policy.is_some_and(|policy| !policy.rules.iter().flatten().all(is_wanted));
    plan.push(object, action, difference, Origin::of(wanted), dependencies, operation).removes_relation(loses_a_rule);
}

/// The rules of a policy that are ours: the one of `keepLast`, and all of them where they are what was written last.
pub(super) fn ours(project: &str, policy: &RetentionPolicy, secrets: &Secrets) -> Vec<Value> {
    let rules: Vec<Value> = policy.rules.iter().flatten().map(view).collect();
    let object = ObjectId::new(RETENTION, project);
    if !rules.is_empty() && secrets.recall(&object, LIST, &text(&rules).into()) == Recall::Same {
        return rules;
    }
    policy.rules.iter().flatten().filter(|rule| is_ours(rule)).map(view).collect()
}

/// Whether a policy has rules and none of them is ours: there is nothing to take away then.
pub(super) fn is_of_others(project: &str, policy: &RetentionPolicy, secrets: &Secrets) -> bool {
    policy.rules.iter().flatten().next().is_some() && ours(project, policy, secrets).is_empty()
}

/// Rules as one text, whatever their order.
fn text(rules: &[Value]) -> String {
    let mut rules: Vec<String> = rules.iter().map(Value::to_string).collect();
    rules.sort();
    rules.join("\n")
}

/// A rule as values say it, for comparing and showing; one that they cannot say as it is there.
pub(crate) fn view(rule: &RetentionRule) -> Value {
    let Some(seen) = seen(rule) else { return serde_json::to_value(rule).unwrap_or_default() };
    let mut view = json!({ "template": seen.template });
    if let Some(count) = seen.count {
        view["count"] = count.into();
    }
    if !seen.tags.is_everything() {
        view["tags"] = seen.tags.to_string().into();
    }
    if !seen.repositories.is_everything() {
        view["repositories"] = seen.repositories.to_string().into();
    }
    if seen.untagged != counts_untagged(&seen.tags) {
        view["untagged"] = seen.untagged.into();
    }
    if seen.disabled {
        view["disabled"] = true.into();
    }
    view
}

/// A rule as values can declare it.
pub(crate) fn seen(rule: &RetentionRule) -> Option<DesiredRetentionRule> {
    let template = RetentionTemplate::ALL.into_iter().find(|known| rule.template.as_deref() == Some(known.as_str()))?;
    let count = rule.params.iter().flatten().find(|(name, _)| *name == template.as_str());
    let count = count.map(|(_, count)| count.as_u64().and_then(|count| u32::try_from(count).ok()));
    let count = match (template.is_counted(), count) {
        (true, Some(Some(count))) if count > 0 => Some(count),
        (false, None) => None,
        _ => return None,
    };
    let [tags] = rule.tag_selectors.as_deref()? else { return None };
    let [repositories] = rule.scope_selectors.as_ref()?.get("repository")?.as_slice() else { return None };
    let tags = Pattern::seen(TAGS, tags.decoration.as_deref(), tags.pattern.as_deref())?;
    Some(DesiredRetentionRule {
        template: template.as_str(),
        count,
        untagged: untagged(rule).unwrap_or_else(|| counts_untagged(&tags)),
        tags,
        repositories: Pattern::seen(REPOSITORIES, repositories.decoration.as_deref(), repositories.pattern.as_deref())?,
        disabled: rule.disabled == Some(true),
    })
}

/// Whether a rule is the one that `keepLast` stands for: so many images of every repository, whatever their tags.
#[must_use]
pub fn is_ours(rule: &RetentionRule) -> bool {
    let selects = |selectors: &[RetentionSelector]| {
        matches!(selectors, [one] if one.pattern.as_deref() == Some(EVERYTHING)
            && matches!(one.decoration.as_deref(), Some("matches" | "repoMatches")))
    };
    let repositories = rule.scope_selectors.as_ref().and_then(|scopes| scopes.get("repository"));
    rule.template.as_deref() == Some(TEMPLATE)
        && rule.tag_selectors.as_deref().is_some_and(selects)
        && repositories.is_some_and(|selectors| selects(selectors))
}

/// What a rule says of images without a tag, where it says something.
fn untagged(rule: &RetentionRule) -> Option<bool> {
    let extras = rule.tag_selectors.iter().flatten().find_map(|selector| selector.extras.as_deref());
    let extras = extras.and_then(|extras| serde_json::from_str::<Value>(extras).ok());
    extras?.get("untagged")?.as_bool()
}

/// Whether our rule counts images without a tag: it does unless it says that it does not.
fn keeps_untagged(rule: &RetentionRule) -> bool {
    untagged(rule) != Some(false)
}

/// Whether Harbor made the rule together with a cache.
fn is_of_cache(rule: &RetentionRule) -> bool {
    rule.template.as_deref() == Some(TEMPLATE_OF_CACHE) && rule.disabled != Some(true)
}

/// How many images a rule keeps. One that is off keeps nothing.
pub(crate) fn keep_last(rule: &RetentionRule) -> Option<i64> {
    if rule.disabled == Some(true) {
        return None;
    }
    rule.params.as_ref()?.get(TEMPLATE)?.as_i64()
}

/// When a policy removes images.
pub(crate) fn schedule(policy: &RetentionPolicy) -> Option<String> {
    Some(policy.trigger.as_ref()?.settings.as_ref()?.get("cron")?.as_str()?.to_owned())
}

/// The policy as it is wanted: a new one for project `number`, or what is there with our rules put in their place.
#[must_use]
pub fn retention_policy(wanted: &DesiredRetention, number: i64, there: Option<RetentionPolicy>) -> RetentionPolicy {
    let mut policy = there.unwrap_or_else(|| RetentionPolicy {
        algorithm: Some("or".to_owned()),
        scope: Some(RetentionPolicyScope { level: Some("project".to_owned()), ref_: Some(number) }),
        rules: Some(Vec::new()),
        trigger: Some(RetentionRuleTrigger {
            kind: Some("Schedule".to_owned()),
            settings: Some([("cron".to_owned(), json!(DAILY))].into_iter().collect()),
            ..RetentionRuleTrigger::default()
        }),
        ..RetentionPolicy::default()
    });
    let rules = policy.rules.get_or_insert_default();
    match &wanted.rules {
        WantedRules::Last(count) => set_last(rules, *count),
        // All at once: with some of the rules only, what the others keep would go.
        WantedRules::All(wanted) => {
            let there = std::mem::take(rules);
            let as_it_is =
                |rule: RetentionRule| there.iter().find(|there| view(there) == view(&rule)).cloned().unwrap_or(rule);
            rules.extend(wanted.iter().map(server_rule).map(as_it_is));
        }
    }
    if let Some(schedule) = &wanted.schedule {
        let trigger = policy.trigger.get_or_insert_default();
        trigger.kind.get_or_insert_with(|| "Schedule".to_owned());
        trigger.settings.get_or_insert_default().insert("cron".to_owned(), json!(schedule));
    }
    policy
}

fn set_last(rules: &mut Vec<RetentionRule>, count: u32) {
    match rules.iter_mut().find(|rule| is_ours(rule)) {
        Some(rule) => {
            let counts_all = keeps_untagged(rule);
            rule.disabled = Some(false);
            for selector in rule.tag_selectors.iter_mut().flatten().filter(|_| !counts_all) {
                selector.extras = Some(extras(true));
            }
            rule.params.get_or_insert_default().insert(TEMPLATE.to_owned(), json!(count));
        }
        None => rules.push(server_rule(&DesiredRetentionRule {
            template: TEMPLATE,
            count: Some(count),
            tags: Pattern::everything(),
            repositories: Pattern::everything(),
            untagged: true,
            disabled: false,
        })),
    }
}

/// A policy without these rules, and how many others are left in it.
pub(crate) fn rest_of_policy(mut policy: RetentionPolicy, ours: &[Value]) -> (RetentionPolicy, usize) {
    let rules = policy.rules.get_or_insert_default();
    rules.retain(|rule| !ours.contains(&view(rule)));
    let count = rules.len();
    (policy, count)
}

/// What a selector of tags says of images without one.
fn extras(untagged: bool) -> String {
    json!({ "untagged": untagged }).to_string()
}

fn server_rule(wanted: &DesiredRetentionRule) -> RetentionRule {
    let selector = |decoration: &str, pattern: &Pattern, extras: Option<String>| RetentionSelector {
        kind: Some("doublestar".to_owned()),
        decoration: Some(decoration.to_owned()),
        pattern: Some(pattern.text().to_owned()),
        extras,
    };
    let tags = selector(wanted.tags.decoration(TAGS), &wanted.tags, Some(extras(wanted.untagged)));
    let repositories = selector(wanted.repositories.decoration(REPOSITORIES), &wanted.repositories, None);
    RetentionRule {
        action: Some("retain".to_owned()),
        template: Some(wanted.template.to_owned()),
        disabled: Some(wanted.disabled),
        params: Some(wanted.count.map(|count| (wanted.template.to_owned(), json!(count))).into_iter().collect()),
        tag_selectors: Some(vec![tags]),
        scope_selectors: Some([("repository".to_owned(), vec![repositories])].into_iter().collect()),
        ..RetentionRule::default()
    }
}
