//! Other registries, and what is copied from and to them.

use std::collections::BTreeSet;

use evenkeel_core::values::{
    Problems,
    model::{Harbor, HarborReplication, ReplicationFilterKind, ReplicationTrigger},
};
use evenkeel_harbor_client::types::{
    Registry, RegistryCredential, ReplicationFilter, ReplicationPolicy, ReplicationTrigger as Trigger,
    ReplicationTriggerSettings,
};
use evenkeel_transport::Secret;

use super::{
    Declared,
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
        let credential = match &declared.credential {
            Some(credential) => {
                let secret_path = path.clone().key("credential").key("accessSecret");
                let secret = problems.take(reading.secret(&credential.access_secret, &secret_path));
                Some(RegistryCredential {
                    type_: Some(credential.kind.clone().unwrap_or_else(|| "basic".to_owned())),
                    access_key: Some(credential.access_key.clone()),
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
        replications.push(DesiredReplication {
            policy: Declared::new(policy(declared), reading.cause(&path)),
            source: declared.source.as_ref().map(ToString::to_string),
            destination: declared.destination.as_ref().map(ToString::to_string),
            name,
        });
    }
    problems.into_result(replications)
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
        let filter = |filter: &evenkeel_core::values::model::ReplicationFilter| ReplicationFilter {
            type_: Some(
                match filter.kind {
                    ReplicationFilterKind::Name => "name",
                    ReplicationFilterKind::Tag => "tag",
                    ReplicationFilterKind::Resource => "resource",
                }
                .to_owned(),
            ),
            value: Some(filter.value.clone().into()),
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
        ..ReplicationPolicy::default()
    }
}
