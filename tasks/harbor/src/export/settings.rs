//! The settings that every project has: metadata, allowed vulnerabilities, scanner, quota, immutable tags, labels.

use std::collections::BTreeMap;

use evenkeel_core::{
    object::ObjectId,
    values::{AddressableName, StorageQuota},
};
use evenkeel_engine::export::document::Node;
use evenkeel_harbor_client::types::{Project, ProjectMetadata};

use super::{
    composing::Composing,
    patterns::{named, pattern},
    retention::retention,
    webhooks::webhooks,
};
use crate::{
    allowlist::Allowlist,
    names::{IMMUTABLE_RULE, LABEL, PROJECT_SCANNER, QUOTA},
    project::ImmutableRule,
    system::label_node,
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
        composing.composer.remark(format!("`enable_content_trust` of project `{name}`"));
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
    let there = Allowlist::observed(project.cve_allowlist.as_ref());
    if there.is_empty() {
        return None;
    }
    let metadata = project.metadata.as_ref();
    let reuses = metadata.and_then(|metadata| metadata.reuse_sys_cve_allowlist.as_deref()) == Some("true");
    let node = there.exported().filter(|_| !reuses);
    if node.is_none() {
        composing.composer.remark(format!("the vulnerabilities that project `{name}` allows"));
    }
    node
}

/// What scans a project, where that is not what scans every one.
fn scanner(composing: &mut Composing<'_>, name: &str) -> Option<Node> {
    let scanners = &composing.observed.scanners;
    let there = scanners.of_projects.get(name).filter(|there| scanners.usual.as_ref() != Some(there))?;
    if AddressableName::parse(there).is_err() {
        let remark = format!("the scanner of project `{name}`, whose name values do not take");
        composing.composer.remark(remark);
        return None;
    }
    composing.composer.may_declare(&ObjectId::new(PROJECT_SCANNER, name)).then(|| Node::Text(there.clone()))
}

/// What is limited, or would be limited if nothing were said.
fn quota(composing: &mut Composing<'_>, name: &str) -> Option<Node> {
    let quota = composing.observed.quotas.get(name)?;
    let usual = composing.observed.configuration.values.get("storage_per_project").and_then(serde_json::Value::as_i64);
    let is_unlimited = quota.storage == -1 && usual.unwrap_or(-1) == -1;
    if is_unlimited || !composing.composer.may_declare(&ObjectId::new(QUOTA, name)) {
        return None;
    }
    let amount = amount(quota.storage);
    if StorageQuota::parse(&amount).is_err() {
        composing.composer.remark(format!("the quota of project `{name}`"));
        return None;
    }
    Some(Node::Text(amount))
}

/// An amount of storage as values have it.
fn amount(bytes: i64) -> String {
    let unit = UNITS.iter().find(|(_, factor)| bytes > 0 && bytes % factor == 0);
    unit.map_or_else(|| bytes.to_string(), |(unit, factor)| format!("{}{unit}", bytes / factor))
}

fn immutable_tags(composing: &mut Composing<'_>, name: &str) -> Option<Node> {
    let mut nodes = BTreeMap::new();
    for (object, rule) in composing.observed.objects.objects_in::<ImmutableRule>(IMMUTABLE_RULE.as_str(), name) {
        let Some((repositories, tags)) = &rule.selection else {
            composing.composer.remark(format!("a rule of immutable tags of project `{name}`"));
            continue;
        };
        if !composing.composer.may_declare(object) {
            continue;
        }
        let node = Node::map([
            named(tags, "tags", "excludeTags"),
            pattern(repositories, "repositories", "excludeRepositories"),
            ("disabled", (rule.disabled == Some(true)).then_some(Node::Bool(true))),
        ]);
        nodes.insert((repositories, tags), node);
    }
    Node::list(nodes.into_values().collect())
}

fn labels(composing: &mut Composing<'_>, project: &str) -> Option<Node> {
    let mut nodes = Vec::new();
    for (object, label) in composing.observed.objects.objects_in(LABEL.as_str(), project) {
        if composing.composer.may_declare(object) && composing.can_name("label", object.name(), project) {
            nodes.push(label_node(label));
        }
    }
    Node::list(nodes)
}
