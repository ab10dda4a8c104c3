//! Who is told about events in a project.

use std::collections::BTreeMap;

use evenkeel_core::{object::ObjectId, values::RequestUrl};
use evenkeel_engine::export::document::Node;
use evenkeel_harbor_client::types::{WebhookPolicy, WebhookTargetObject};
use evenkeel_transport::Secret;
use secrecy::SecretString;

use super::compose::{Composing, list, text};
use crate::{desired::confidential_part, names::WEBHOOK};

pub(super) fn webhooks(composing: &mut Composing<'_>, name: &str) -> Option<Node> {
    // In an order of their own: that of the server is the order in which they were made.
    let mut policies: Vec<&WebhookPolicy> = composing.observed.webhooks.get(name)?.iter().collect();
    policies.sort_by_key(|policy| policy.name.clone());
    let mut nodes = BTreeMap::new();
    for policy in policies {
        let webhook = policy.name.as_deref().unwrap_or_default();
        let is_kept = composing.decisions.has(&ObjectId::within(WEBHOOK, name, webhook));
        if !is_kept || !composing.can_name("webhook", webhook, name) {
            continue;
        }
        match declarable_target(policy) {
            Some((target, address)) => {
                nodes.insert(webhook, self::webhook(composing, name, policy, target, address));
            }
            None => {
                composing.remark(format!("webhook `{webhook}` of project `{name}`, whose target values do not take"))
            }
        }
    }
    list(nodes.into_values().collect())
}

/// The one target of a webhook with its address, if values can say all that it needs.
fn declarable_target(policy: &WebhookPolicy) -> Option<(&WebhookTargetObject, &Secret)> {
    let targets: &[WebhookTargetObject] = policy.targets.as_deref().unwrap_or_default();
    let [target] = targets else { return None };
    let address = target.address.as_ref()?;
    let is_known = matches!(target.type_.as_deref(), Some("http" | "slack"))
        && matches!(target.payload_format.as_deref(), None | Some("" | "Default" | "CloudEvents"));
    let has_events = policy.event_types.as_ref().is_some_and(|events| !events.is_empty());
    let is_address = is_confidential(target, address) || RequestUrl::parse(address.expose()).is_ok();
    (is_known && is_address && has_events && policy.name.is_some()).then_some((target, address))
}

fn is_confidential(target: &WebhookTargetObject, address: &Secret) -> bool {
    let text = address.expose();
    let is_http = text.starts_with("https://") || text.starts_with("http://");
    is_http
        && !text.contains(|character: char| character.is_whitespace() || character.is_control())
        && confidential_part(target.type_.as_deref(), text).is_some()
}

fn webhook(
    composing: &mut Composing<'_>,
    project: &str,
    policy: &WebhookPolicy,
    target: &WebhookTargetObject,
    address: &Secret,
) -> Node {
    let name = policy.name.clone().unwrap_or_default();
    let mut variable = |field: &str, secret: &Secret| {
        let value = SecretString::from(secret.expose().to_owned());
        composing.secrets.variable("webhook", &format!("{project}/{name}"), field, Some(value))
    };
    let shown = if is_confidential(target, address) {
        variable("address", address)
    } else {
        Node::Text(address.expose().to_owned())
    };
    let header = target.auth_header.as_ref().filter(|header| !header.is_empty());
    let header = header.map(|header| variable("auth_header", header));
    let mut events = policy.event_types.clone().unwrap_or_default();
    events.sort();
    Node::map([
        ("name", Some(Node::Text(name))),
        ("description", text(policy.description.as_ref())),
        ("enabled", policy.enabled.map(Node::Bool)),
        ("events", Some(Node::texts(events))),
        ("address", Some(shown)),
        ("target", text(target.type_.as_ref()).filter(|kind| *kind != Node::Text("http".to_owned()))),
        ("authHeader", header),
        ("skipCertVerify", target.skip_cert_verify.filter(|skips| *skips).map(Node::Bool)),
        ("format", text(target.payload_format.as_ref())),
    ])
}
