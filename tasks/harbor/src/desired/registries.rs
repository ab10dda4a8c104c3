//! What is copied from and to other registries.

use evenkeel_core::{
    reading::Reading,
    values::{
        ValuePath,
        model::{
            Harbor, HarborReplication, ReplicationFilter as DeclaredFilter, ReplicationFilterKind, ReplicationTrigger,
        },
    },
};
use evenkeel_harbor_client::types::{
    ReplicationFilter, ReplicationPolicy, ReplicationTrigger as Trigger, ReplicationTriggerSettings,
};

use super::Declared;
use crate::schedule;

/// A replication policy. Its registries are known by name here; the server wants their numbers.
#[derive(Clone, Debug)]
pub struct DesiredReplication {
    /// Its name.
    pub name: String,
    /// The policy, without its registries; `name` is set.
    pub policy: Declared<ReplicationPolicy>,
    /// The registry that is copied from; `None` is this server.
    pub source: Option<String>,
    /// The registry that is copied to; `None` is this server.
    pub destination: Option<String>,
}

pub(super) fn replications(reading: &Reading<'_>, harbor: &Harbor) -> Vec<DesiredReplication> {
    let list = reading.path(&["replications"]);
    let declared = || harbor.replications.iter().flatten();
    reading.each_once("replication", declared().map(|replication| replication.name.as_str()), &list);
    let replication = |(index, declared)| replication(reading, declared, &list.clone().index(index));
    declared().enumerate().map(replication).collect()
}

fn replication(reading: &Reading<'_>, declared: &HarborReplication, path: &ValuePath) -> DesiredReplication {
    if declared.source.is_some() == declared.destination.is_some() {
        let problem = reading.problem(path, "a replication copies from this harbor or to it");
        reading.report(problem.with_hint("write exactly one of `source` and `destination`"));
    }
    check_trigger(reading, declared, path);
    for (index, filter) in declared.filters.iter().flatten().enumerate() {
        check_filter(reading, filter, &path.clone().key("filters").index(index));
    }
    DesiredReplication {
        name: declared.name.to_string(),
        policy: Declared::new(policy(declared), reading.cause(path)),
        source: declared.source.as_ref().map(ToString::to_string),
        destination: declared.destination.as_ref().map(ToString::to_string),
    }
}

/// What the server refuses without a word about it, or takes although it never happens.
fn check_trigger(reading: &Reading<'_>, declared: &HarborReplication, path: &ValuePath) {
    if let Some(schedule) = &declared.schedule {
        schedule::check(reading, schedule, &path.clone().key("schedule"));
    }
    if (declared.trigger == Some(ReplicationTrigger::Scheduled)) != declared.schedule.is_some() {
        let problem = reading.problem(path, "trigger `scheduled` and a schedule belong together");
        reading.report(problem.with_hint("write both `trigger: scheduled` and `schedule`, or none of them"));
    }
    if declared.trigger != Some(ReplicationTrigger::EventBased) {
        return;
    }
    if declared.source.is_some() {
        let problem = reading.problem(path, "trigger `event_based` never comes for what is copied from elsewhere");
        let hint = "events are pushes and deletes in this harbor: copy them to a `destination`, or declare a schedule";
        reading.report(problem.with_hint(hint));
    }
    if declared.single_active == Some(true) {
        let problem = reading.problem(path, "trigger `event_based` and `singleActive` contradict each other");
        reading.report(problem.with_hint("leave one of the two out"));
    }
}

fn check_filter(reading: &Reading<'_>, filter: &DeclaredFilter, path: &ValuePath) {
    let is_label = filter.kind == ReplicationFilterKind::Label;
    if filter.labels.is_some() != is_label || filter.value.is_some() == is_label {
        let problem = reading.problem(path, "a filter has `labels` for type `label`, and `value` for every other");
        reading.report(problem.with_hint("such as `{type: label, labels: [released]}` or `{type: tag, value: 'v*'}`"));
    }
    if filter.exclude && !matches!(filter.kind, ReplicationFilterKind::Tag | ReplicationFilterKind::Label) {
        let problem = reading.problem(&path.clone().key("exclude"), "only tags and labels can be left out");
        reading.report(problem.with_hint("name what is copied instead"));
    }
    let resource = filter.value.as_deref().filter(|_| filter.kind == ReplicationFilterKind::Resource);
    if resource.is_some_and(|resource| !["image", "artifact"].contains(&resource)) {
        let problem = reading.problem(&path.clone().key("value"), "harbor knows no such kind of resource");
        reading.report(problem.with_hint("write `image` or `artifact`"));
    }
}

fn policy(declared: &HarborReplication) -> ReplicationPolicy {
    let trigger = declared.trigger.map(|trigger| Trigger {
        type_: Some(
            match trigger {
                ReplicationTrigger::Manual => "manual",
                ReplicationTrigger::Scheduled => "scheduled",
                ReplicationTrigger::EventBased => "event_based",
            }
            .to_owned(),
        ),
        trigger_settings: declared.schedule.clone().map(|cron| ReplicationTriggerSettings { cron: Some(cron) }),
    });
    let filters = declared.filters.as_ref().map(|filters| {
        let filter = |filter: &DeclaredFilter| ReplicationFilter {
            type_: Some(
                match filter.kind {
                    ReplicationFilterKind::Name => "name",
                    ReplicationFilterKind::Tag => "tag",
                    ReplicationFilterKind::Resource => "resource",
                    ReplicationFilterKind::Label => "label",
                }
                .to_owned(),
            ),
            value: filter.labels.clone().map(Into::into).or_else(|| filter.value.clone().map(Into::into)),
            decoration: filter.exclude.then(|| "excludes".to_owned()),
        };
        filters.iter().map(filter).collect()
    });
    ReplicationPolicy {
        name: Some(declared.name.to_string()),
        description: declared.description.clone(),
        dest_namespace: declared.destination_namespace.clone(),
        dest_namespace_replace_count: declared.namespace_replace_count,
        filters,
        trigger,
        replicate_deletion: declared.replicate_deletion,
        override_: declared.overwrite,
        enabled: declared.enabled,
        // Below zero is as unlimited as zero, which is what the server keeps.
        speed: declared.speed.map(|speed| speed.max(0)),
        copy_by_chunk: declared.copy_by_chunk,
        single_active_replication: declared.single_active,
        ..ReplicationPolicy::default()
    }
}
