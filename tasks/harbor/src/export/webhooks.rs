//! Who is told about events in a project.

use evenkeel_core::values::RequestUrl;
use evenkeel_engine::export::document::Node;
use evenkeel_harbor_client::types::{WebhookPolicy, WebhookTargetObject};
use evenkeel_transport::Secret;
use secrecy::SecretString;

use super::composing::Composing;
use crate::{desired::confidential_part, names::WEBHOOK, project::Webhook};

pub(super) fn webhooks(composing: &mut Composing<'_>, name: &str) -> Option<Node> {
    let mut nodes = Vec::new();
    for (object, Webhook { policy, .. }) in composing.observed.objects.objects_in(WEBHOOK.as_str(), name) {
        let webhook = object.name();
        if !composing.composer.may_declare(object) || !composing.can_name("webhook", webhook, name) {
            continue;
        }
        match declarable_target(policy) {
            Some((target, address)) => {
                nodes.push(self::webhook(composing, name, policy, target, address));
            }
            None => composing
                .composer
                .remark(format!("webhook `{webhook}` of project `{name}`, whose target values do not take")),
        }
    }
    Node::list(nodes)
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
        composing.composer.secrets.variable("webhook", &format!("{project}/{name}"), field, Some(value))
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
        ("description", Node::text(policy.description.as_ref())),
        ("enabled", policy.enabled.map(Node::Bool)),
        ("events", Some(Node::texts(events))),
        ("address", Some(shown)),
        ("target", Node::text(target.type_.as_ref()).filter(|kind| *kind != Node::Text("http".to_owned()))),
        ("authHeader", header),
        ("skipCertVerify", target.skip_cert_verify.filter(|skips| *skips).map(Node::Bool)),
        ("format", Node::text(target.payload_format.as_ref())),
    ])
}
