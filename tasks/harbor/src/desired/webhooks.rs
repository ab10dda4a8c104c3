//! Who is told about events in a project.

use evenkeel_core::{
    reading::Reading,
    values::{
        ValuePath, WebhookAddress,
        model::{HarborWebhook, WebhookFormat, WebhookTarget},
    },
};
use evenkeel_harbor_client::types::{WebhookPolicy, WebhookTargetObject};
use evenkeel_transport::Secret;
use secrecy::{ExposeSecret, SecretString};

/// The kind of target whose address is all that it takes to write there.
const SLACK: &str = "slack";

/// The declared policy, and whether its address may not be shown.
pub(super) fn policy(reading: &Reading<'_>, declared: &HarborWebhook, path: &ValuePath) -> (WebhookPolicy, bool) {
    let kind = match declared.target {
        Some(WebhookTarget::Slack) => SLACK,
        Some(WebhookTarget::Http) | None => "http",
    };
    if kind == SLACK && declared.format.is_some() {
        let problem = reading.problem(&path.clone().key("format"), "messages to slack have no other form");
        reading.report(problem.with_hint("leave `format` out"));
    }
    let (address, is_confidential) = address(reading, &declared.address, kind, &path.clone().key("address"));
    let header = declared.auth_header.as_ref();
    let header = header.map(|secret| reading.secret(secret, &path.clone().key("authHeader")));
    let target = WebhookTargetObject {
        type_: Some(kind.to_owned()),
        address: Some(address),
        auth_header: header.map(Secret::from),
        skip_cert_verify: declared.skip_cert_verify,
        payload_format: declared.format.map(|format| match format {
            WebhookFormat::Default => "Default".to_owned(),
            WebhookFormat::CloudEvents => "CloudEvents".to_owned(),
        }),
    };
    let policy = WebhookPolicy {
        name: Some(declared.name.to_string()),
        description: declared.description.clone(),
        enabled: declared.enabled,
        event_types: Some(declared.events.clone()),
        targets: Some(vec![target]),
        ..WebhookPolicy::default()
    };
    (policy, is_confidential)
}

/// The address, and whether it may not be shown.
fn address(reading: &Reading<'_>, declared: &WebhookAddress, kind: &str, path: &ValuePath) -> (Secret, bool) {
    match declared {
        WebhookAddress::Text(text) => {
            let confidential = confidential_part(Some(kind), text);
            if let Some(part) = confidential {
                reading.learn(part);
            }
            (Secret::from(text.as_str()), confidential.is_some())
        }
        WebhookAddress::Secret(secret) => {
            let misfit = || {
                let problem = reading.problem(path, "what it refers to is no address that harbor would take");
                problem.with_hint("it begins with `https://` or `http://`, and holds no blank")
            };
            (Secret::from(reading.fitting_secret(secret, path, is_address, misfit)), true)
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the characters are looked at and not kept")]
fn is_address(address: &SecretString) -> bool {
    let text = address.expose_secret();
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    rest.is_some_and(|rest| {
        !rest.is_empty() && !rest.contains(|character: char| character.is_whitespace() || character.is_control())
    })
}

/// What of an address nobody may see: who has it can write there, or log in. `None` where that is nothing.
pub(crate) fn confidential_part<'a>(kind: Option<&str>, address: &'a str) -> Option<&'a str> {
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    let part = match (authority.rsplit_once('@'), address.split_once(['?', '#'])) {
        (Some(_), _) => rest,
        _ if kind == Some(SLACK) => &rest[authority.len()..],
        (None, Some((_, query))) => query,
        (None, None) => "",
    };
    (!part.is_empty()).then_some(part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_address_says_in_confidence_is_known() {
        for (kind, address, part) in [
            ("http", "https://hooks.example.com/harbor", None),
            ("http", "https://hooks.example.com/harbor?code=1&x=2", Some("code=1&x=2")),
            ("http", "https://hooks.example.com?code=1", Some("code=1")),
            ("http", "https://me:word@hooks.example.com/a", Some("me:word@hooks.example.com/a")),
            ("http", "https://hooks.example.com/a@b", None),
            ("slack", "https://hooks.example.com/services/T/B/X", Some("/services/T/B/X")),
            ("slack", "https://hooks.example.com", None),
        ] {
            assert_eq!(confidential_part(Some(kind), address), part, "{kind} {address}");
        }
    }
}
