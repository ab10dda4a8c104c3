//! Who is told about events in projects.

use evenkeel_core::{
    diff::{Rule, Rules},
    plan::Action,
};
use evenkeel_harbor_client::types::{WebhookPolicy, WebhookTargetObject};
use evenkeel_transport::Secret;
use serde::Serialize;

use super::{Draft, Operation, Place};
use crate::{
    desired::{Declared, DesiredProject, confidential_part},
    names,
    observe::Observed,
};

const RULES: Rules = Rules(&[("event_types", Rule::Set)]);

/// A policy as it is compared: its address can be shown, unless it says something in confidence.
#[derive(Serialize)]
struct View {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    enabled: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    event_types: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    targets: Option<Vec<Target>>,
}

#[derive(Serialize)]
struct Target {
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    kind: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<Address>,
    #[serde(skip_serializing_if = "Option::is_none")]
    auth_header: Option<Secret>,
    #[serde(skip_serializing_if = "Option::is_none")]
    skip_cert_verify: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    payload_format: Option<String>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Address {
    Shown(String),
    Hidden(Secret),
}

impl View {
    fn of(policy: &WebhookPolicy, is_confidential: bool) -> Self {
        let target = |target: &WebhookTargetObject| Target {
            kind: target.type_.clone(),
            address: target.address.clone().map(|address| {
                match confidential_part(target.type_.as_deref(), address.expose()) {
                    None if !is_confidential => Address::Shown(address.expose().to_owned()),
                    _ => Address::Hidden(address),
                }
            }),
            auth_header: target.auth_header.clone(),
            skip_cert_verify: target.skip_cert_verify,
            payload_format: target.payload_format.clone(),
        };
        Self {
            name: policy.name.clone(),
            description: policy.description.clone(),
            enabled: policy.enabled,
            event_types: policy.event_types.clone(),
            targets: policy.targets.as_ref().map(|targets| targets.iter().map(target).collect()),
        }
    }

    /// A false `skip_cert_verify` is left out of answers (server-behaviour 6).
    fn shown_whole(policy: &WebhookPolicy) -> Self {
        let mut view = Self::of(policy, false);
        for target in view.targets.iter_mut().flatten() {
            target.skip_cert_verify.get_or_insert(false);
        }
        view
    }
}

pub(super) fn plan(draft: &mut Draft<'_>, project: &DesiredProject, observed: &Observed) {
    let none = Vec::new();
    let there = observed.webhooks.get(&project.name).unwrap_or(&none);
    for declared in project.webhooks.iter().flatten() {
        let found = there.iter().find(|policy| policy.name == declared.policy.value.name);
        let place = Place::after([names::project(&project.name)]);
        let id = found.and_then(|policy| policy.id).unwrap_or_default();
        let compared = Declared {
            value: View::of(&declared.policy.value, declared.is_confidential),
            cause: declared.policy.cause.clone(),
            field_causes: declared.policy.field_causes.clone(),
            team: declared.policy.team.clone(),
        };
        let seen = found.map(View::shown_whole);
        draft.compare(declared.object.clone(), &compared, seen.as_ref(), RULES, place, |action| {
            let body = Box::new(declared.policy.value.clone());
            match action {
                Action::Create => Operation::CreateWebhook(project.name.clone(), body),
                _ => Operation::UpdateWebhook(project.name.clone(), id, body),
            }
        });
    }
}
