//! Other registries, and what is copied from and to them.

use std::collections::BTreeSet;

use evenkeel_core::values::{
    Problems, ValuePath,
    model::{
        Harbor, HarborReplication, RegistryCredentialKind, ReplicationFilter as DeclaredFilter, ReplicationFilterKind,
        ReplicationTrigger,
    },
};
use evenkeel_harbor_client::types::{
    Registry, RegistryCredential, ReplicationFilter, ReplicationPolicy, ReplicationTrigger as Trigger,
    ReplicationTriggerSettings,
};
use evenkeel_transport::Secret;

use super::{
    Declared, adapters,
    lengths::{self, Column},
    projects::check_schedule,
    reading::Reading,
};

/// A registry; `name`, `type` and `url` are set.
#[derive(Clone, Debug)]
pub struct DesiredRegistry {
    /// Its name.
    pub name: String,
    /// The registry.
    pub registry: Declared<Registry>,
}

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

pub(super) fn desired(reading: &Reading<'_>, harbor: &Harbor) -> Result<Vec<DesiredRegistry>, Problems> {
    let mut problems = Problems::default();
    let mut names = BTreeSet::new();
    let mut registries = Vec::new();
    for (index, declared) in harbor.registries.iter().flatten().enumerate() {
        let path = reading.path(&["registries"]).index(index);
        let name = declared.name.to_string();
        problems.take(lengths::check(reading, &path, [(Column::Registry, name.as_str())]));
        if !names.insert(name.clone()) {
            problems.push(reading.problem(&path, &format!("registry `{name}` is declared twice")));
        }
        problems.extend(adapters::problem(reading, declared, &path));
        let credential = match &declared.credential {
            Some(credential) => {
                let secret_path = path.clone().key("credential").key("accessSecret");
                let secret = credential.access_secret.as_ref();
                let secret = secret.and_then(|secret| problems.take(reading.secret(secret, &secret_path)));
                Some(RegistryCredential {
                    type_: Some(credential.kind.unwrap_or(RegistryCredentialKind::Basic).as_str().to_owned()),
                    access_key: credential.access_key.clone(),
                    access_secret: secret.map(Secret::from),
                })
            }
            None => None,
        };
        let registry = Registry {
            name: Some(name.clone()),
            type_: Some(declared.kind.clone()),
            // As the server keeps it.
            url: Some(declared.url.to_string().trim_end_matches('/').to_owned()),
            description: declared.description.clone(),
            credential,
            insecure: declared.insecure,
            ca_certificate: declared.ca_certificate.clone(),
            ..Registry::default()
        };
        registries.push(DesiredRegistry { name, registry: Declared::new(registry, reading.cause(&path)) });
    }
    problems.into_result(registries)
}

pub(super) fn replications(reading: &Reading<'_>, harbor: &Harbor) -> Result<Vec<DesiredReplication>, Problems> {
    let mut problems = Problems::default();
    let mut names = BTreeSet::new();
    let mut replications = Vec::new();
    for (index, declared) in harbor.replications.iter().flatten().enumerate() {
        let path = reading.path(&["replications"]).index(index);
        let name = declared.name.to_string();
        if !names.insert(name.clone()) {
            problems.push(reading.problem(&path, &format!("replication `{name}` is declared twice")));
        }
        if declared.source.is_some() == declared.destination.is_some() {
            let problem = reading.problem(&path, "a replication copies from this harbor or to it");
            problems.push(problem.with_hint("write exactly one of `source` and `destination`"));
        }
        if let Some(schedule) = &declared.schedule {
            problems.take(check_schedule(reading, schedule, &path.clone().key("schedule")));
        }
        if (declared.trigger == Some(ReplicationTrigger::Scheduled)) != declared.schedule.is_some() {
            let problem = reading.problem(&path, "trigger `scheduled` and a schedule belong together");
            problems.push(problem.with_hint("write both `trigger: scheduled` and `schedule`, or none of them"));
        }
        problems.take(check_trigger(reading, declared, &path));
        for (index, filter) in declared.filters.iter().flatten().enumerate() {
            problems.take(check_filter(reading, filter, &path.clone().key("filters").index(index)));
        }
        replications.push(DesiredReplication {
            policy: Declared::new(policy(declared), reading.cause(&path)),
            source: declared.source.as_ref().map(ToString::to_string),
            destination: declared.destination.as_ref().map(ToString::to_string),
            name,
        });
    }
    problems.into_result(replications)
}

/// What the server refuses without a word about it, or takes although it never happens.
fn check_trigger(reading: &Reading<'_>, declared: &HarborReplication, path: &ValuePath) -> Result<(), Problems> {
    if declared.trigger != Some(ReplicationTrigger::EventBased) {
        return Ok(());
    }
    if declared.source.is_some() {
        let problem = reading.problem(path, "trigger `event_based` never comes for what is copied from elsewhere");
        let hint = "events are pushes and deletes in this harbor: copy them to a `destination`, or declare a schedule";
        return Err(problem.with_hint(hint).into());
    }
    if declared.single_active == Some(true) {
        let problem = reading.problem(path, "trigger `event_based` and `singleActive` contradict each other");
        return Err(problem.with_hint("leave one of the two out").into());
    }
    Ok(())
}

fn check_filter(reading: &Reading<'_>, filter: &DeclaredFilter, path: &ValuePath) -> Result<(), Problems> {
    let is_label = filter.kind == ReplicationFilterKind::Label;
    if filter.labels.is_some() != is_label || filter.value.is_some() == is_label {
        let problem = reading.problem(path, "a filter has `labels` for type `label`, and `value` for every other");
        return Err(problem
            .with_hint("such as `{type: label, labels: [released]}` or `{type: tag, value: 'v*'}`")
            .into());
    }
    if filter.exclude && !matches!(filter.kind, ReplicationFilterKind::Tag | ReplicationFilterKind::Label) {
        let problem = reading.problem(&path.clone().key("exclude"), "only tags and labels can be left out");
        return Err(problem.with_hint("name what is copied instead").into());
    }
    let resource = filter.value.as_deref().filter(|_| filter.kind == ReplicationFilterKind::Resource);
    if resource.is_some_and(|resource| !["image", "artifact"].contains(&resource)) {
        let problem = reading.problem(&path.clone().key("value"), "harbor knows no such kind of resource");
        return Err(problem.with_hint("write `image` or `artifact`").into());
    }
    Ok(())
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
