//! The settings that every project has: metadata, allowed vulnerabilities, scanner, quota, immutable tags, labels.

use std::collections::{BTreeMap, BTreeSet};

use evenkeel_core::{
    object::ObjectId,
    values::{AddressableName, StorageQuota},
};
use evenkeel_engine::export::document::Node;
use evenkeel_harbor_client::types::{Label, Project, ProjectMetadata};

use super::{
    compose::{Composing, list, text},
    retention::retention,
    webhooks::webhooks,
};
use crate::{
    desired::{AllowlistEnd, Pattern},
    names::{IMMUTABLE_RULE, LABEL, PROJECT_SCANNER, QUOTA},
    plan::selected,
};

const SEVERITIES: [&str; 5] = ["none", "low", "medium", "high", "critical"];
const UNITS: [(&str, i64); 4] = [("Ti", 1 << 40), ("Gi", 1 << 30), ("Mi", 1 << 20), ("Ki", 1 << 10)];

/// The settings of a project.
pub(super) fn of(composing: &mut Composing<'_>, name: &str, project: &Project) -> BTreeMap<String, Node> {
    let mut entries = metadata(composing, name, &project.metadata.clone().unwrap_or_default());
    let lists = [
        ("cveAllowlist", allowlist(composing, name, project)),
        ("scanner", scanner(composing, name)),
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
    if there.enable_content_trust.as_deref().is_some_and(|value| !value.is_empty() && value != "false") {
        composing.remark(format!("`enable_content_trust` of project `{name}`"));
    }
    entries
}

/// How a cache fetches.
pub(super) fn cache(project: &Project) -> Option<Node> {
    let there = project.metadata.as_ref()?;
    let number = |text: &Option<String>| {
        let number = text.as_deref()?.parse::<i32>().ok().filter(|number| *number >= -1)?;
        Some(Node::Number(number.into()))
    };
    let serves = there.proxy_cache_local_on_not_found.as_deref().and_then(|text| text.parse().ok());
    let node = Node::map([
        ("speedKb", number(&there.proxy_speed_kb)),
        ("maxConnections", number(&there.max_upstream_conn)),
        ("serveRemoved", serves.map(Node::Bool)),
    ]);
    (!node.is_empty()).then_some(node)
}

/// What a project allows by itself. A list that counts for nothing beside that of the system is told.
fn allowlist(composing: &mut Composing<'_>, name: &str, project: &Project) -> Option<Node> {
    let there = project.cve_allowlist.as_ref()?;
    let items: BTreeSet<&String> = there.items.iter().flatten().filter_map(|item| item.cve_id.as_ref()).collect();
    if items.is_empty() {
        return None;
    }
    let metadata = project.metadata.as_ref();
    let reuses = metadata.and_then(|metadata| metadata.reuse_sys_cve_allowlist.as_deref()) == Some("true");
    if reuses || items.iter().any(|item| item.is_empty() || item.contains(char::is_whitespace)) {
        composing.remark(format!("the vulnerabilities that project `{name}` allows"));
        return None;
    }
    Some(Node::map([
        ("items", Some(Node::texts(items.into_iter().cloned()))),
        ("expiresAt", Some(Node::Text(AllowlistEnd::seen(there.expires_at).to_string()))),
    ]))
}

/// What scans a project, where that is not what scans every one.
fn scanner(composing: &mut Composing<'_>, name: &str) -> Option<Node> {
    let scanners = &composing.observed.scanners;
    let there = scanners.of_projects.get(name).filter(|there| scanners.usual.as_ref() != Some(there))?;
    if AddressableName::parse(there).is_err() {
        let remark = format!("the scanner of project `{name}`, whose name values do not take");
        composing.remark(remark);
        return None;
    }
    composing.decisions.has(&ObjectId::new(PROJECT_SCANNER, name)).then(|| Node::Text(there.clone()))
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

/// Whether the values take a schedule: it has six fields (server-behaviour 6).
pub(super) fn is_schedule(text: &str) -> bool {
    text.split_whitespace().count() == 6
}

fn immutable_tags(composing: &mut Composing<'_>, name: &str) -> Option<Node> {
    // In an order of their own: that of the server is the order in which they were made.
    let mut nodes = BTreeMap::new();
    let mut seen = BTreeSet::new();
    for rule in composing.observed.immutable_rules.get(name)? {
        let Some((repositories, tags)) = selected(rule).filter(|selected| seen.insert(selected.clone())) else {
            composing.remark(format!("a rule of immutable tags of project `{name}`"));
            continue;
        };
        if !composing.decisions.has(&ObjectId::within(IMMUTABLE_RULE, name, &format!("{repositories}:{tags}"))) {
            continue;
        }
        let node = Node::map([
            named(&tags, "tags", "excludeTags"),
            pattern(&repositories, "repositories", "excludeRepositories"),
            ("disabled", (rule.disabled == Some(true)).then_some(Node::Bool(true))),
        ]);
        nodes.insert((repositories, tags), node);
    }
    list(nodes.into_values().collect())
}

/// A pattern under the key that says how it selects, unless it is everything.
pub(super) fn pattern(
    pattern: &Pattern,
    matches: &'static str,
    excludes: &'static str,
) -> (&'static str, Option<Node>) {
    let (key, node) = named(pattern, matches, excludes);
    (key, node.filter(|_| !pattern.is_everything()))
}

fn named(pattern: &Pattern, matches: &'static str, excludes: &'static str) -> (&'static str, Option<Node>) {
    let key = if matches!(pattern, Pattern::Matches(_)) { matches } else { excludes };
    (key, Some(Node::Text(pattern.text().to_owned())))
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
