//! Projects with quota, retention, immutable tag rules, webhooks and labels.

use evenkeel_core::{
    diff::{Difference, Rule, Rules},
    object::ObjectId,
    plan::{Action, Unjudged, WhyUnjudged},
};
use evenkeel_harbor_client::types::{
    ImmutableRule, ImmutableSelector, Label, Project, ProjectReq, RetentionPolicy, RetentionPolicyScope, RetentionRule,
    RetentionRuleTrigger, RetentionSelector, WebhookPolicy,
};
use serde::Serialize;
use serde_json::json;

use super::{Draft, Operation, Owner, Place, field};
use crate::{
    desired::{Desired, DesiredImmutableRule, DesiredProject, DesiredRetention},
    names::{self, QUOTA, REGISTRY, RETENTION},
    observe::{Observed, retention_id},
};

const RULES: Rules = Rules(&[]);
const WEBHOOK_RULES: Rules = Rules(&[("event_types", Rule::Set)]);

pub(super) fn plan(draft: &mut Draft<'_>, desired: &Desired, observed: &Observed) {
    for declared in &desired.projects {
        let there = observed.projects.get(&declared.name);
        plan_project(draft, declared, there, observed);
        plan_quota(draft, declared, there, observed);
        plan_retention(draft, declared, there, observed);
        plan_immutable_rules(draft, declared, observed);
        plan_webhooks(draft, declared, observed);
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
    }
    let registry = declared.registry.as_ref().map(|registry| ObjectId::new(REGISTRY, registry.as_str()));
    let request = ProjectReq {
        project_name: Some(declared.name.clone()),
        metadata: Some(managed.value.clone()),
        storage_limit: declared.quota.as_ref().map(|quota| quota.value),
        registry_id: None,
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

/// What is compared of a retention policy.
#[derive(Serialize)]
struct Kept {
    #[serde(skip_serializing_if = "Option::is_none")]
    keep_last: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    schedule: Option<String>,
    untagged: bool,
}

/// A policy is made once; later its number stands in the project's metadata, and a second one would be refused as a bad
/// request (server-behaviour 6). Rules of other people stay.
fn plan_retention(draft: &mut Draft<'_>, declared: &DesiredProject, there: Option<&Project>, observed: &Observed) {
    let Some(wanted) = &declared.retention else { return };
    let id = there.and_then(retention_id);
    let policy = observed.retentions.get(&declared.name);
    let kept = policy.map(|policy| Kept {
        keep_last: policy.rules.iter().flatten().find(|rule| is_ours(rule)).and_then(keep_last),
        schedule: schedule(policy),
        untagged: policy.rules.iter().flatten().find(|rule| is_ours(rule)).is_none_or(keeps_untagged),
    });
    if policy.is_some_and(|policy| policy.rules.iter().flatten().any(is_of_cache)) {
        let message =
            "harbor's own rule of caches stays beside `keepLast`: what was pulled in the last days is kept too";
        draft.note(ObjectId::new(RETENTION, declared.name.as_str()), message);
    }
    let value = Kept {
        keep_last: Some(wanted.value.keep_last.into()),
        schedule: wanted.value.schedule.clone(),
        untagged: true,
    };
    let compared = crate::desired::Declared {
        value,
        cause: wanted.cause.clone(),
        field_causes: Default::default(),
        team: wanted.team.clone(),
    };
    // A policy that could not be read is looked at again by the change itself, which then says why.
    let unread = id.is_some() && policy.is_none();
    let object = ObjectId::new(RETENTION, declared.name.as_str());
    let place = Place::after([names::project(&declared.name)]).alone_in(object.clone());
    let operation = Operation::SetRetention(declared.name.clone(), id, wanted.value.clone());
    if unread {
        return draft.push(object, Action::Update, Difference::default(), &Owner::of(wanted), place, operation);
    }
    draft.compare(object, &compared, kept.as_ref(), RULES, place, |_| operation);
}

/// What a selector of tags says so that images without one count too.
const UNTAGGED: &str = r#"{"untagged":true}"#;
const TEMPLATE: &str = "latestPushedK";
const EVERYTHING: &str = "**";
/// Daily at midnight, in six fields.
const DAILY: &str = "0 0 0 * * *";

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

/// Whether a rule counts images without a tag: it does unless it says that it does not.
fn keeps_untagged(rule: &RetentionRule) -> bool {
    let extras = rule.tag_selectors.iter().flatten().find_map(|selector| selector.extras.as_deref());
    let extras = extras.and_then(|extras| serde_json::from_str::<serde_json::Value>(extras).ok());
    extras.is_none_or(|extras| extras["untagged"] != false)
}

/// Whether Harbor made the rule together with a cache.
fn is_of_cache(rule: &RetentionRule) -> bool {
    rule.template.as_deref() == Some("nDaysSinceLastPull") && rule.disabled != Some(true)
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

/// The policy with our rule in it: a new one for project `number`, or what is there with our rule put in its place.
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
    match rules.iter_mut().find(|rule| is_ours(rule)) {
        Some(rule) => {
            let counts_all = keeps_untagged(rule);
            rule.disabled = Some(false);
            for selector in rule.tag_selectors.iter_mut().flatten().filter(|_| !counts_all) {
                selector.extras = Some(UNTAGGED.to_owned());
            }
            rule.params.get_or_insert_default().insert(TEMPLATE.to_owned(), json!(wanted.keep_last));
        }
        None => rules.push(rule(wanted.keep_last)),
    }
    if let Some(schedule) = &wanted.schedule {
        let trigger = policy.trigger.get_or_insert_default();
        trigger.kind.get_or_insert_with(|| "Schedule".to_owned());
        trigger.settings.get_or_insert_default().insert("cron".to_owned(), json!(schedule));
    }
    policy
}

/// A policy without our rule, and how many rules of others are left in it.
pub(crate) fn rest_of_policy(mut policy: RetentionPolicy) -> (RetentionPolicy, usize) {
    let rules = policy.rules.get_or_insert_default();
    rules.retain(|rule| !is_ours(rule));
    let count = rules.len();
    (policy, count)
}

fn rule(keep_last: u32) -> RetentionRule {
    let selector = |decoration: &str, extras: Option<&str>| RetentionSelector {
        kind: Some("doublestar".to_owned()),
        decoration: Some(decoration.to_owned()),
        pattern: Some(EVERYTHING.to_owned()),
        extras: extras.map(str::to_owned),
    };
    RetentionRule {
        action: Some("retain".to_owned()),
        template: Some(TEMPLATE.to_owned()),
        disabled: Some(false),
        params: Some([(TEMPLATE.to_owned(), json!(keep_last))].into_iter().collect()),
        tag_selectors: Some(vec![selector("matches", Some(UNTAGGED))]),
        scope_selectors: Some([("repository".to_owned(), vec![selector("repoMatches", None)])].into_iter().collect()),
        ..RetentionRule::default()
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
                field("tags", None, Some(declared.tags.as_str().into())),
                Operation::CreateImmutableRule(project.name.clone(), body),
            ),
        };
        draft.push_field(declared.object.clone(), action, change, &owner, place, operation);
    }
}

/// The patterns of repositories and of tags that a rule selects, where it has one of each.
pub(crate) fn selected(rule: &ImmutableRule) -> Option<(&str, &str)> {
    let tags = rule.tag_selectors.as_deref()?;
    let repositories = rule.scope_selectors.as_ref()?.get("repository")?.as_slice();
    match (repositories, tags) {
        ([repositories], [tags])
            if repositories.decoration.as_deref() == Some("repoMatches")
                && tags.decoration.as_deref() == Some("matches") =>
        {
            Some((repositories.pattern.as_deref()?, tags.pattern.as_deref()?))
        }
        _ => None,
    }
}

fn selects(rule: &ImmutableRule, declared: &DesiredImmutableRule) -> bool {
    selected(rule) == Some((declared.repositories.as_str(), declared.tags.as_str()))
}

fn immutable_rule(declared: &DesiredImmutableRule, disabled: bool, there: Option<&ImmutableRule>) -> ImmutableRule {
    let selector = |decoration: &str, pattern: &str| ImmutableSelector {
        kind: Some("doublestar".to_owned()),
        decoration: Some(decoration.to_owned()),
        pattern: Some(pattern.to_owned()),
        extras: None,
    };
    ImmutableRule {
        // A change has to repeat the number (server-behaviour 6).
        id: there.and_then(|rule| rule.id),
        disabled: Some(disabled),
        action: Some("immutable".to_owned()),
        template: Some("immutable_template".to_owned()),
        tag_selectors: Some(vec![selector("matches", &declared.tags)]),
        scope_selectors: Some(
            [("repository".to_owned(), vec![selector("repoMatches", &declared.repositories)])].into_iter().collect(),
        ),
        ..ImmutableRule::default()
    }
}

fn plan_webhooks(draft: &mut Draft<'_>, project: &DesiredProject, observed: &Observed) {
    let none = Vec::new();
    let there = observed.webhooks.get(&project.name).unwrap_or(&none);
    for declared in project.webhooks.iter().flatten() {
        let found = there.iter().find(|policy| policy.name == declared.policy.value.name).map(shown_whole);
        let place = Place::after([names::project(&project.name)]);
        let id = found.as_ref().and_then(|policy| policy.id).unwrap_or_default();
        draft.compare(declared.object.clone(), &declared.policy, found.as_ref(), WEBHOOK_RULES, place, |action| {
            let body = Box::new(declared.policy.value.clone());
            match action {
                Action::Create => Operation::CreateWebhook(project.name.clone(), body),
                _ => Operation::UpdateWebhook(project.name.clone(), id, body),
            }
        });
    }
}

/// A false `skip_cert_verify` is left out of answers (server-behaviour 6).
fn shown_whole(policy: &WebhookPolicy) -> WebhookPolicy {
    let mut policy = policy.clone();
    for target in policy.targets.iter_mut().flatten() {
        target.skip_cert_verify.get_or_insert(false);
    }
    policy
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
