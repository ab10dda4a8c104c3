//! What this server can do: asked only where something is to be written that it may not know.

use std::{collections::BTreeSet, fmt};

use evenkeel_core::object::ObjectId;
use evenkeel_engine::plain::ObservedObject;
use evenkeel_harbor_client::types::{ProjectMetadata, Registry, WebhookPolicy, WebhookTargetObject};
use evenkeel_transport::ResultExt;

use super::Observed;
use crate::{
    Error, Harbor,
    desired::Desired,
    error::WithContext,
    names::{self, REGISTRY, REPLICATION},
    project::Webhook,
};

/// What is known of the server's abilities; `None` where nobody had to ask.
#[derive(Clone, Debug, Default)]
pub struct Support {
    /// Its version.
    pub version: Option<Version>,
    /// The kinds of registries that it speaks to.
    pub adapters: Option<BTreeSet<String>>,
    /// What webhooks may have.
    pub webhooks: Option<WebhookSupport>,
}

/// A version of Harbor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version(u32, u32, u32);

impl Version {
    /// Reads `v2.15.2-0123abcd`. What is no version may be a build of anybody, of which nothing is known.
    fn parse(text: &str) -> Option<Self> {
        let numbers = text.trim_start_matches('v').split(['-', '+']).next()?;
        let mut numbers = numbers.split('.').map(str::parse);
        Some(Self(numbers.next()?.ok()?, numbers.next()?.ok()?, numbers.next()?.ok()?))
    }
}

impl fmt::Display for Version {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}.{}.{}", self.0, self.1, self.2)
    }
}

/// Events, targets and forms of webhooks.
#[derive(Clone, Debug, Default)]
pub struct WebhookSupport {
    events: Vec<String>,
    targets: Vec<String>,
    /// The forms of messages to `http`.
    formats: Vec<String>,
}

impl WebhookSupport {
    /// What of a policy the server would refuse, in words, and what it knows in its place.
    pub(crate) fn refuses(&self, policy: &WebhookPolicy) -> Option<(String, &[String])> {
        let unknown = |known: &Vec<String>, word: &&String| !known.is_empty() && !known.contains(word);
        if let Some(event) = policy.event_types.iter().flatten().find(|event| unknown(&self.events, event)) {
            return Some((format!("event `{event}`"), &self.events));
        }
        let mut targets = policy.targets.iter().flatten();
        targets.find_map(|target| {
            let kind = target.type_.as_ref().filter(|kind| unknown(&self.targets, kind));
            let format = target.payload_format.as_ref().filter(|format| unknown(&self.formats, format));
            match (kind, format) {
                (Some(kind), _) => Some((format!("target `{kind}`"), self.targets.as_slice())),
                (None, Some(format)) => Some((format!("form `{format}`"), self.formats.as_slice())),
                (None, None) => None,
            }
        })
    }
}

/// A declared field that came with a version after the oldest one that is in use.
pub(crate) struct Young {
    pub(crate) object: ObjectId,
    pub(crate) field: &'static str,
    pub(crate) since: Version,
    /// Whether the server shows it, so that it is known to keep it.
    is_shown: bool,
}

/// Where a setting stands among those of a project.
pub(crate) type Place = fn(&mut ProjectMetadata) -> &mut Option<String>;

/// Settings of projects with the version that they came with, by the documents of its API.
pub(crate) const YOUNG_METADATA: [(&str, Version, Place); 4] = [
    ("auto_sbom_generation", Version(2, 11, 0), |metadata| &mut metadata.auto_sbom_generation),
    ("proxy_speed_kb", Version(2, 12, 0), |metadata| &mut metadata.proxy_speed_kb),
    ("max_upstream_conn", Version(2, 14, 1), |metadata| &mut metadata.max_upstream_conn),
    ("proxy_cache_local_on_not_found", Version(2, 15, 1), |metadata| &mut metadata.proxy_cache_local_on_not_found),
];

/// The declared fields that an older server does not keep.
pub(crate) fn young_fields(desired: &Desired, observed: &Observed) -> Vec<Young> {
    let mut fields = Vec::new();
    let mut add =
        |object: ObjectId, field, since, is_shown: bool| fields.push(Young { object, field, since, is_shown });
    for project in &desired.projects {
        let mut wanted = project.metadata.value.clone();
        let there = observed.projects.get(&project.name).and_then(|there| there.metadata.clone());
        let mut there = there.unwrap_or_default();
        for (field, since, place) in YOUNG_METADATA {
            if place(&mut wanted).is_some() {
                add(names::project(&project.name), field, since, place(&mut there).is_some());
            }
        }
    }
    for declared in &desired.system {
        let Some(registry) = declared.value::<Registry>() else { continue };
        let there = declared.there(&observed.objects).and_then(ObservedObject::value::<Registry>);
        if registry.ca_certificate.as_ref().is_some_and(|text| !text.is_empty()) {
            let is_shown = there.is_some_and(|there| there.ca_certificate.is_some());
            add(declared.object.clone(), "ca_certificate", Version(2, 15, 0), is_shown);
        }
    }
    for policy in &desired.replications {
        let there = observed.replications.get(&policy.name);
        // What is not kept is as if it were false.
        let declared = policy.policy.value.single_active_replication == Some(true);
        let is_shown = there.is_some_and(|there| there.single_active_replication.is_some());
        if declared {
            let object = ObjectId::new(REPLICATION, policy.name.as_str());
            add(object, "single_active_replication", Version(2, 14, 0), is_shown);
        }
    }
    fields
}

impl Harbor {
    /// Asks what the server can do, as far as the plan needs it: an unchanged server is asked nothing.
    pub(super) async fn read_support(&self, desired: &Desired, observed: &Observed) -> Result<Support, Error> {
        let mut support = Support::default();
        if young_fields(desired, observed).iter().any(|field| !field.is_shown) {
            support.version = self.read_version().await?;
        }
        let mut registries = desired.system.iter().filter(|declared| *declared.object.kind() == REGISTRY);
        if registries.any(|declared| declared.there(&observed.objects).is_none()) {
            let list = self.administrator().adapter_list().send().await.api();
            support.adapters = Some(list.context("list", "kinds of registries of", "harbor")?.into_iter().collect());
        }
        if has_new_events(desired, observed) {
            support.webhooks = self.read_webhook_support(observed).await?;
        }
        Ok(support)
    }

    async fn read_version(&self) -> Result<Option<Version>, Error> {
        let answer = self.administrator().system_information_get().send().await.api();
        let read = answer.context("read", "version of", "harbor")?;
        Ok(read.harbor_version.as_deref().and_then(Version::parse))
    }

    /// The same for every project, so that any one is asked.
    async fn read_webhook_support(&self, observed: &Observed) -> Result<Option<WebhookSupport>, Error> {
        let Some(project) = observed.projects.keys().next() else { return Ok(None) };
        let answer = self
            .administrator()
            .webhook_event_list()
            .project_name_or_id(project)
            .x_is_resource_name(true)
            .send()
            .await
            .api();
        let read = answer.context("read", "events of webhooks of project", project)?;
        let formats = read.payload_formats.unwrap_or_default().into_iter();
        let of_http = formats.filter(|formats| formats.notify_type.as_deref() == Some("http"));
        Ok(Some(WebhookSupport {
            events: read.event_type.unwrap_or_default(),
            targets: read.notify_type.unwrap_or_default(),
            formats: of_http.flat_map(|formats| formats.formats.unwrap_or_default()).collect(),
        }))
    }
}

/// Whether a declared webhook wants something that it does not have yet.
fn has_new_events(desired: &Desired, observed: &Observed) -> bool {
    desired.projects.iter().flat_map(|project| &project.objects).any(|declared| {
        let Some(wanted) = declared.value::<Webhook>() else { return false };
        let there = declared.there(&observed.objects).and_then(ObservedObject::value::<Webhook>);
        there.is_none_or(|there| is_more(&wanted.policy, &there.policy))
    })
}

fn is_more(wanted: &WebhookPolicy, there: &WebhookPolicy) -> bool {
    let has = |event: &String| there.event_types.iter().flatten().any(|known| known == event);
    let target = there.targets.iter().flatten().next();
    let differs = |wanted: Option<&String>, there: Option<&String>| wanted.is_some() && wanted != there;
    let is_other = |wanted: &WebhookTargetObject| {
        differs(wanted.type_.as_ref(), target.and_then(|target| target.type_.as_ref()))
            || differs(wanted.payload_format.as_ref(), target.and_then(|target| target.payload_format.as_ref()))
    };
    !wanted.event_types.iter().flatten().all(has) || wanted.targets.iter().flatten().any(is_other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_build_of_anybody_has_no_version_that_means_something() {
        assert_eq!(Version::parse("v2.15.2-0123abcd"), Some(Version(2, 15, 2)));
        assert_eq!(Version::parse("2.9.0"), Some(Version(2, 9, 0)));
        for text in ["dev", "", "v2.15", "main-0123abcd"] {
            assert_eq!(Version::parse(text), None, "{text}");
        }
        assert!(Version(2, 9, 4) < Version(2, 11, 0));
    }
}
