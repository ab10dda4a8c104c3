//! Who is told about events in a project.

use evenkeel_core::{
    diff::{Rule, Rules},
    memory::Sight,
    object::{Kind, ObjectId},
    overlay,
};
use evenkeel_engine::plain::{Parent, PlainKind};
use evenkeel_harbor_client::{
    paging,
    types::{WebhookPolicy, WebhookTargetObject},
};
use evenkeel_transport::{ResultExt, Secret};
use serde::{Serialize, Serializer};

use super::labels::project_of;
use crate::{
    Error, Harbor, answers::deleted, desired::confidential_part, error::WithContext, names::WEBHOOK,
    numbers::numbered_within,
};

const POLICY: &str = "webhook policy of project";

#[derive(Debug)]
pub(crate) struct Webhooks;

/// A webhook policy. Of a declared one `name`, `targets` and `event_types` are set.
#[derive(Clone, Debug)]
pub(crate) struct Webhook {
    pub(crate) policy: WebhookPolicy,
    /// Whether its address may not be shown, whatever it looks like.
    pub(crate) is_confidential: bool,
}

impl Webhook {
    /// A policy that is there. A false `skip_cert_verify` is left out of answers (server-behaviour 6).
    fn of(mut policy: WebhookPolicy) -> Self {
        for target in policy.targets.iter_mut().flatten() {
            target.skip_cert_verify.get_or_insert(false);
        }
        Self { policy, is_confidential: false }
    }
}

/// As it is compared: its address can be shown, unless it says something in confidence.
impl Serialize for Webhook {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let WebhookPolicy { name, description, enabled, event_types, targets, .. } = &self.policy;
        let targets = targets.as_ref().map(|targets| targets.iter().map(|target| self.shown(target)).collect());
        View { name, description, enabled, event_types, targets }.serialize(serializer)
    }
}

impl Webhook {
    fn shown<'a>(&self, target: &'a WebhookTargetObject) -> Target<'a> {
        let address =
            target.address.as_ref().map(|address| match confidential_part(target.type_.as_deref(), address.expose()) {
                None if !self.is_confidential => Address::Shown(address.expose()),
                _ => Address::Hidden(address),
            });
        Target {
            kind: &target.type_,
            address,
            auth_header: &target.auth_header,
            skip_cert_verify: &target.skip_cert_verify,
            payload_format: &target.payload_format,
        }
    }
}

#[derive(Serialize)]
struct View<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: &'a Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: &'a Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    enabled: &'a Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    event_types: &'a Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    targets: Option<Vec<Target<'a>>>,
}

#[derive(Serialize)]
struct Target<'a> {
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    kind: &'a Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<Address<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    auth_header: &'a Option<Secret>,
    #[serde(skip_serializing_if = "Option::is_none")]
    skip_cert_verify: &'a Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    payload_format: &'a Option<String>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Address<'a> {
    Shown(&'a str),
    Hidden(&'a Secret),
}

impl PlainKind<Harbor> for Webhooks {
    type Object = Webhook;
    const KIND: Kind = WEBHOOK;
    const RULES: Rules = Rules(&[("event_types", Rule::Set)]);

    fn name(webhook: &Webhook) -> Option<String> {
        webhook.policy.name.clone()
    }

    /// A policy loses the moment of its creation with the first change (server-behaviour 6).
    fn sight(there: &Webhook, project: &Parent) -> Sight {
        numbered_within(there.policy.id, project.sight())
    }

    async fn list(server: &Harbor, project: &Parent) -> Result<Vec<Webhook>, Error> {
        let project = project.name();
        let list = paging::webhooks(server.client(), project).await;
        let list = list.context("list", "webhook policies of project", project)?;
        Ok(list.into_iter().map(Webhook::of).collect())
    }

    async fn create(server: &Harbor, object: &ObjectId, wanted: &Webhook) -> Result<(), Error> {
        let (project, mut policy) = (project_of(object), wanted.policy.clone());
        policy.enabled.get_or_insert(true);
        let webhook = server.client().webhook_create().project_name_or_id(project).x_is_resource_name(true);
        webhook.body(policy).send().await.api().context("create", POLICY, project)
    }

    /// A change replaces the policy: what nobody declares goes back as it is, as long as it is about the same target.
    async fn update(
        server: &Harbor,
        object: &ObjectId,
        there: &Webhook,
        wanted: &Webhook,
        _: &[String],
    ) -> Result<(), Error> {
        let (project, id) = (project_of(object), there.policy.id.unwrap_or_default());
        let policy = with_targets(overlay::whole(&there.policy, &wanted.policy)?, &there.policy);
        let webhook = server.client().webhook_update().project_name_or_id(project).x_is_resource_name(true);
        webhook.webhook_policy_id(id).body(policy).send().await.api().context("update", POLICY, project)
    }

    async fn delete(server: &Harbor, object: &ObjectId, there: &Webhook) -> Result<(), Error> {
        let (project, id) = (project_of(object), there.policy.id.unwrap_or_default());
        let webhook = server.administrator().webhook_delete().project_name_or_id(project).x_is_resource_name(true);
        deleted(webhook.webhook_policy_id(id).send().await.api(), POLICY, project)
    }
}

/// The policy with what nobody declares of its targets: that belongs to the target that it was given for.
fn with_targets(mut policy: WebhookPolicy, there: &WebhookPolicy) -> WebhookPolicy {
    let old = there.targets.iter().flatten().next().cloned().unwrap_or_default();
    for target in policy.targets.iter_mut().flatten() {
        // A header that nobody declares belongs to the address that it was given for.
        let is_same = target.address == old.address;
        target.auth_header = target.auth_header.take().or_else(|| old.auth_header.clone().filter(|_| is_same));
        target.skip_cert_verify = target.skip_cert_verify.or(old.skip_cert_verify);
        // Another kind of target has other forms, or none.
        let form = || old.payload_format.clone().filter(|_| target.type_ == old.type_);
        target.payload_format = target.payload_format.take().or_else(form);
    }
    policy
}
