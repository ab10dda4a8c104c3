//! The settings that every project has: metadata, quota, retention, immutable tags, webhooks, labels.

use std::collections::{BTreeMap, BTreeSet};

use evenkeel_core::{
    field::Field,
    object::ObjectId,
    values::{HttpUrl, StorageQuota},
};
use evenkeel_engine::export::document::Node;
use evenkeel_harbor_client::types::{Label, Project, ProjectMetadata, WebhookPolicy, WebhookTargetObject};
use secrecy::SecretString;

use super::compose::{Composing, list, text};
use crate::{
    names::{IMMUTABLE_RULE, LABEL, QUOTA, RETENTION, WEBHOOK},
    observe::retention_id,
    plan::{is_ours, keep_last, schedule, selected},
};

const SEVERITIES: [&str; 5] = ["none", "low", "medium", "high", "critical"];
const UNITS: [(&str, i64); 4] = [("Ti", 1 << 40), ("Gi", 1 << 30), ("Mi", 1 << 20), ("Ki", 1 << 10)];

/// The settings of a project.
pub(super) fn of(composing: &mut Composing<'_>, name: &str, project: &Project) -> BTreeMap<String, Node> {
    let mut entries = metadata(composing, name, &project.metadata.clone().unwrap_or_default());
    remark_allow_list(composing, name, project);
    let lists = [
        ("storageQuota", quota(composing, name)),
        ("retention", retention(composing, name, project)),
        ("immutableTags", immutable_tags(composing, name)),
        ("webhooks", webhooks(composing, name)),
        ("labels", labels(composing, name)),
    ];
    entries.extend(lists.into_iter().filter_map(|(key, node)| Some((key.to_owned(), node?))));
    entries
}

fn metadata(composing: &mut Composing<'_>, name: &str, there: &ProjectMetadata) -> BTreeMap<String, Node> {
    let flags = [
        ("public", &there.public),
        ("autoScan", &there.auto_scan),
        ("autoSbom", &there.auto_sbom_generation),
        ("preventVulnerable", &there.prevent_vul),
        ("requireSignature", &there.enable_content_trust_cosign),
        ("systemAllowlist", &there.reuse_sys_cve_allowlist),
    ];
    let flag = |text: &Option<String>| text.as_deref()?.parse().ok().map(Node::Bool);
    let mut entries: BTreeMap<String, Node> =
        flags.into_iter().filter_map(|(key, text)| Some((key.to_owned(), flag(text)?))).collect();
    let severity = there.severity.as_deref().filter(|word| SEVERITIES.contains(word));
    entries.extend(severity.map(|word| ("severity".to_owned(), Node::Text(word.to_owned()))));
    let others = [
        ("enable_content_trust", &there.enable_content_trust, "false"),
        ("proxy_speed_kb", &there.proxy_speed_kb, "-1"),
        ("max_upstream_conn", &there.max_upstream_conn, "-1"),
        ("proxy_cache_local_on_not_found", &there.proxy_cache_local_on_not_found, "false"),
    ];
    for (key, value, usual) in others {
        if value.as_deref().is_some_and(|value| !value.is_empty() && value != usual) {
            composing.remark(format!("`{key}` of project `{name}`"));
        }
    }
    entries
}

fn remark_allow_list(composing: &mut Composing<'_>, name: &str, project: &Project) {
    let Ok(fields) = Field::of(project) else { return };
    let items = fields.get("cve_allowlist").and_then(|list| list.get("items"));
    if matches!(items, Some(Field::List(items)) if !items.is_empty()) {
        composing.remark(format!("the vulnerabilities that project `{name}` allows"));
    }
}

/// What is limited, or would be limited if nothing were said.
fn quota(composing: &mut Composing<'_>, name: &str) -> Option<Node> {
    let quota = composing.observed.quotas.get(name)?;
    let usual = composing.observed.configuration.values.get("storage_per_project").and_then(serde_json::Value::as_i64);
    let is_unlimited = quota.storage == -1 && usual.unwrap_or(-1) == -1;
    if is_unlimited || !composing.decisions.has(&ObjectId::new(QUOTA, name)) {
        return None;
    }
    let amount = amount(quota.storage);
    if StorageQuota::parse(&amount).is_err() {
        composing.remark(format!("the quota of project `{name}`"));
        return None;
    }
    Some(Node::Text(amount))
}

/// An amount of storage as values have it.
fn amount(bytes: i64) -> String {
    let unit = UNITS.iter().find(|(_, factor)| bytes > 0 && bytes % factor == 0);
    unit.map_or_else(|| bytes.to_string(), |(unit, factor)| format!("{}{unit}", bytes / factor))
}

/// The one rule that values know, with the schedule of the policy.
fn retention(composing: &mut Composing<'_>, name: &str, project: &Project) -> Option<Node> {
    retention_id(project)?;
    let Some(policy) = composing.observed.retentions.get(name) else {
        composing.remark(format!("the retention policy of project `{name}`, which could not be read"));
        return None;
    };
    let rules: Vec<_> = policy.rules.iter().flatten().collect();
    let others = rules.iter().filter(|rule| !is_ours(rule)).count();
    if others > 0 {
        composing.remark(format!("rules of retention of project `{name}` beside `keepLast` ({others})"));
    }
    let ours = rules.into_iter().find(|rule| is_ours(rule))?;
    let Some(kept) = keep_last(ours).filter(|kept| *kept > 0 && u32::try_from(*kept).is_ok()) else {
        composing.remark(format!("a rule of retention of project `{name}` that is off"));
        return None;
    };
    let there = schedule(policy);
    let declared = there.clone().filter(|schedule| schedule.is_empty() || is_schedule(schedule));
    if there.is_some() && declared.is_none() {
        composing.remark(format!("the schedule of retention of project `{name}`"));
    }
    let node = Node::map([("keepLast", Some(Node::Number(kept.into()))), ("schedule", declared.map(Node::Text))]);
    composing.decisions.has(&ObjectId::new(RETENTION, name)).then_some(node)
}

/// Whether the values take a schedule: it has six fields (server-behaviour 6).
pub(super) fn is_schedule(text: &str) -> bool {
    text.split_whitespace().count() == 6
}

fn immutable_tags(composing: &mut Composing<'_>, name: &str) -> Option<Node> {
    let mut nodes = Vec::new();
    let mut seen = BTreeSet::new();
    for rule in composing.observed.immutable_rules.get(name)? {
        let Some((repositories, tags)) = selected(rule).filter(|selected| seen.insert(*selected)) else {
            composing.remark(format!("a rule of immutable tags of project `{name}`"));
            continue;
        };
        if !composing.decisions.has(&ObjectId::within(IMMUTABLE_RULE, name, &format!("{repositories}:{tags}"))) {
            continue;
        }
        nodes.push(Node::map([
            ("tags", Some(Node::Text(tags.to_owned()))),
            ("repositories", (repositories != "**").then(|| Node::Text(repositories.to_owned()))),
            ("disabled", (rule.disabled == Some(true)).then_some(Node::Bool(true))),
        ]));
    }
    list(nodes)
}

fn webhooks(composing: &mut Composing<'_>, name: &str) -> Option<Node> {
    let mut nodes = Vec::new();
    for policy in composing.observed.webhooks.get(name)? {
        let webhook = policy.name.as_deref().unwrap_or_default();
        let is_kept = composing.decisions.has(&ObjectId::within(WEBHOOK, name, webhook));
        if !is_kept || !composing.can_name("webhook", webhook, name) {
            continue;
        }
        match declarable_target(policy) {
            Some(target) => nodes.push(self::webhook(composing, name, policy, target)),
            None => {
                composing.remark(format!("webhook `{webhook}` of project `{name}`, whose target values do not take"))
            }
        }
    }
    list(nodes)
}

/// The one target of a webhook, if values can say all that it needs.
fn declarable_target(policy: &WebhookPolicy) -> Option<&WebhookTargetObject> {
    let targets: &[WebhookTargetObject] = policy.targets.as_deref().unwrap_or_default();
    let [target] = targets else { return None };
    let is_known = matches!(target.type_.as_deref(), Some("http" | "slack"))
        && matches!(target.payload_format.as_deref(), None | Some("" | "Default" | "CloudEvents"))
        && target.address.as_deref().is_some_and(|address| HttpUrl::parse(address).is_ok());
    let has_events = policy.event_types.as_ref().is_some_and(|events| !events.is_empty());
    (is_known && has_events && policy.name.is_some()).then_some(target)
}

fn webhook(composing: &mut Composing<'_>, project: &str, policy: &WebhookPolicy, target: &WebhookTargetObject) -> Node {
    let name = policy.name.clone().unwrap_or_default();
    let header = target.auth_header.as_ref().filter(|header| !header.is_empty());
    let header = header.map(|header| {
        let value = SecretString::from(header.expose().to_owned());
        composing.secrets.variable("webhook", &format!("{project}/{name}"), "auth_header", Some(value))
    });
    let mut events = policy.event_types.clone().unwrap_or_default();
    events.sort();
    Node::map([
        ("name", Some(Node::Text(name))),
        ("description", text(policy.description.as_ref())),
        ("enabled", policy.enabled.map(Node::Bool)),
        ("events", Some(Node::texts(events))),
        ("address", text(target.address.as_ref())),
        ("target", text(target.type_.as_ref()).filter(|kind| *kind != Node::Text("http".to_owned()))),
        ("authHeader", header),
        ("skipCertVerify", target.skip_cert_verify.filter(|skips| *skips).map(Node::Bool)),
        ("format", text(target.payload_format.as_ref())),
    ])
}

fn labels(composing: &mut Composing<'_>, project: &str) -> Option<Node> {
    let mut nodes = Vec::new();
    for label in composing.observed.labels.get(project)? {
        let name = label.name.clone().unwrap_or_default();
        let is_kept = composing.decisions.has(&ObjectId::within(LABEL, project, &name));
        if is_kept && composing.can_name("label", &name, project) {
            nodes.push(self::label(label));
        }
    }
    list(nodes)
}

pub(crate) fn label(label: &Label) -> Node {
    let is_colour = |text: &&String| {
        text.strip_prefix('#')
            .is_some_and(|digits| digits.len() == 6 && digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
    };
    Node::map([
        ("name", text(label.name.as_ref())),
        ("description", text(label.description.as_ref())),
        ("color", text(label.color.as_ref().filter(is_colour))),
    ])
}
