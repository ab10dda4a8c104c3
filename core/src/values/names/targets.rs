//! What a barrier can ask: hosts, ports, realms, objects of a cluster.

use super::{Cow, Deserialize, Deserializer, InvalidName, JsonSchema, Schema, SchemaGenerator, de, fmt, json_schema};
use super::{LabelKey, LabelValue, is_dns_label, is_dots, is_http_url, normalised};

checked_text! {
    /// Name or IPv4 address of a host.
    HostName,
    pattern: r"^[a-zA-Z0-9._][-a-zA-Z0-9._]*$",
    max: 253,
    expected: "a host name, such as `keycloak.example.com`",
    check: is_host,
}

checked_text! {
    /// A port of a host: `HOST:PORT`, an IPv6 address in brackets.
    HostAndPort,
    pattern: r"^([a-zA-Z0-9._][-a-zA-Z0-9._]*|\[[0-9a-fA-F:.]+\]):([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])$",
    max: 261,
    expected: "a host and a port, such as `db.example.com:5432`",
    check: |text| text.rsplit_once(':').is_some_and(|(host, port)| (is_host(host) || is_bracketed(host)) && is_port(port)),
}

checked_text! {
    /// Public address of a realm, whose last two segments are `realms/NAME`.
    RealmUrl,
    pattern: r"^https?://[^\s/?#@\x00-\x1f\x7f]+(/[^\s?#\x00-\x1f\x7f]*)?/realms/(?!(\.|%2[eE]){1,2}/*$)[^\s/?#\\;\x00-\x1f\x7f]+/*$",
    max: 2048,
    expected: "the address of a realm, such as `https://keycloak.example.com/realms/otomi`",
    check: is_realm,
}

checked_text! {
    /// An object of a cluster for which "ready" has a meaning: `KIND/NAMESPACE/NAME`, or `KIND/NAME` for what has no namespace. All
    /// objects of a kind that have certain labels: `KIND/NAMESPACE?LABEL=VALUE,LABEL=VALUE`.
    KubernetesTarget,
    pattern: r"^(((job|deployment|statefulset|daemonset|pod|pvc|persistentvolumeclaim|service|secret)/[a-z0-9]([-a-z0-9]*[a-z0-9])?|namespace|crd|customresourcedefinition)/[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*|(job|deployment|statefulset|daemonset|pod|pvc|persistentvolumeclaim)/[a-z0-9]([-a-z0-9]*[a-z0-9])?\?([a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?=([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?(,([a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?=([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?)*)$",
    max: 1024,
    expected: "`KIND/NAMESPACE/NAME` or `KIND/NAMESPACE?LABEL=VALUE` with KIND one of `job`, `deployment`, `statefulset`, `daemonset`, `pod` and `pvc`, `service/NAMESPACE/NAME`, `secret/NAMESPACE/NAME`, or `namespace/NAME`, `crd/NAME`",
    check: is_kubernetes_target,
}

checked_text! {
    /// A place in a JSON document (RFC 6901): each step begins with a slash.
    JsonPointer,
    pattern: r"^/[^\x00-\x1f\x7f]*$",
    max: 1024,
    expected: "a JSON Pointer, such as `/status`",
    check: |text| text.starts_with('/') && !text.chars().any(char::is_control),
}

checked_text! {
    /// Name of an HTTP header (a token of RFC 9110).
    HeaderName,
    pattern: r"^[-!#$%&'*+.^_`|~0-9A-Za-z]+$",
    max: 255,
    expected: "a header's name, such as `Accept`",
    check: |text| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-!#$%&'*+.^_`|~".contains(&byte)),
}

impl HostAndPort {
    /// The host, an IPv6 address without its brackets, and the port.
    #[must_use]
    pub fn split(&self) -> (&str, u16) {
        let (host, port) = self.0.rsplit_once(':').unwrap_or((&self.0, ""));
        (host.trim_matches(['[', ']']), port.parse().unwrap_or_default())
    }
}

fn is_host(text: &str) -> bool {
    !text.is_empty()
        && !text.starts_with('-')
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_'))
}

fn is_bracketed(text: &str) -> bool {
    let address = text.strip_prefix('[').and_then(|text| text.strip_suffix(']'));
    address.is_some_and(|address| {
        !address.is_empty() && address.bytes().all(|byte| byte.is_ascii_hexdigit() || matches!(byte, b':' | b'.'))
    })
}

fn is_port(text: &str) -> bool {
    !text.starts_with(['0', '+']) && text.parse::<u16>().is_ok()
}

fn is_realm(text: &str) -> bool {
    is_http_url(text, false)
        && text.trim_end_matches('/').rsplit_once('/').is_some_and(|(above, realm)| {
            let rest = above.strip_suffix("/realms").and_then(|base| base.split_once("://"));
            !realm.is_empty()
                && !has_dots_only(realm)
                && !realm.contains(['\\', ';'])
                && rest.is_some_and(|(_, host)| !host.is_empty())
        })
}

/// Whether a segment means what is above, also in the spellings that addresses have for a dot.
fn has_dots_only(segment: &str) -> bool {
    is_dots(&segment.replace("%2e", ".").replace("%2E", "."))
}

fn is_kubernetes_target(text: &str) -> bool {
    let Some((kind, rest)) = text.split_once('/') else { return false };
    let is_named =
        || rest.split_once('/').is_some_and(|(namespace, name)| is_dns_label(namespace) && is_subdomain(name));
    match kind {
        "job" | "deployment" | "statefulset" | "daemonset" | "pod" | "pvc" | "persistentvolumeclaim" => {
            match rest.split_once('?') {
                Some((namespace, labels)) => is_dns_label(namespace) && labels.split(',').all(is_label),
                None => is_named(),
            }
        }
        "service" | "secret" => is_named(),
        "namespace" | "crd" | "customresourcedefinition" => is_subdomain(rest),
        _ => false,
    }
}

fn is_label(text: &str) -> bool {
    text.split_once('=').is_some_and(|(key, value)| LabelKey::parse(key).is_ok() && LabelValue::parse(value).is_ok())
}

/// As the API server checks most names: unlike a domain's, a part may have more than 63 characters.
fn is_subdomain(text: &str) -> bool {
    text.split('.').all(is_dns_label)
}

#[cfg(test)]
mod tests {
    use super::*;

    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(512))]

        #[test]
        fn schema_and_check_agree_on_objects(
            text in r"(pod|job|service|namespace|crd)(/[aA.]{1,3}){0,2}(\?([aA./]{1,4}=?[aA.=]{0,3},?){0,2})?",
        ) {
            let schema = schemars::SchemaGenerator::default().into_root_schema_for::<KubernetesTarget>();
            let instance = serde_json::Value::from(text.as_str());
            let (schema, check) =
                (jsonschema::is_valid(schema.as_value(), &instance), KubernetesTarget::parse(&text).is_ok());
            prop_assert_eq!(schema, check, "{:?}", text);
        }
    }

    #[test]
    fn hosts_and_ports_are_told_apart() {
        let split = |text: &str| HostAndPort::parse(text).map(|port| (port.split().0.to_owned(), port.split().1)).ok();
        assert_eq!(split("db.example.com:5432"), Some(("db.example.com".to_owned(), 5432)));
        assert_eq!(split("[::1]:80"), Some(("::1".to_owned(), 80)));
        for text in
            ["db", "db:0", "db:65536", "db:+1", "db:080", "::1:80", "[::1:80", "a b:80", ":80", "-a:80", "[]:80"]
        {
            assert_eq!(split(text), None, "{text}");
        }
    }

    #[test]
    fn a_realm_is_the_last_part_of_its_address() {
        let schema = schemars::SchemaGenerator::default().into_root_schema_for::<RealmUrl>();
        let in_schema = |text: &str| jsonschema::is_valid(schema.as_value(), &text.into());
        for text in ["https://k.example/realms/otomi", "http://k:8080/auth/realms/otomi/", "https://k/realms/realms/x"]
        {
            assert!(RealmUrl::parse(text).is_ok() && in_schema(text), "{text}");
        }
        for text in [
            "https://k.example",
            "https://k.example/realms/",
            "https://k/realms/..",
            "https://k/realms/./",
            "https://k/realms/%2e%2E",
            "https://k/realms/.%2e/",
            "https://k/realms/%2e",
            "https://k/realms/a\\b",
            "https://k/realms/a;b",
            "https://realms/x",
            "https://k/realms/a/b",
        ] {
            assert!(RealmUrl::parse(text).is_err() && !in_schema(text), "{text}");
        }
    }

    #[test]
    fn an_object_of_a_cluster_has_a_namespace_where_its_kind_has() {
        for text in ["job/a/b", "secret/a/b.c", "namespace/team-alpha", "crd/gateways.networking.istio.io"] {
            assert!(KubernetesTarget::parse(text).is_ok(), "{text}");
        }
        for text in ["pod/a?b=c", "pvc/a?app.kubernetes.io/name=c,d=", "service/a/b", "statefulset/a/b.c"] {
            assert!(KubernetesTarget::parse(text).is_ok(), "{text}");
        }
        for text in
            ["pod/a?", "pod/a?b", "pod/a?b=c,", "pod/a/b?c=d", "secret/a?b=c", "pod?b=c", "pod/a?b=c=d", "pod/a?b/=c"]
        {
            assert!(KubernetesTarget::parse(text).is_err(), "{text}");
        }
        for text in ["job/a", "jobs/a/b", "job/a/b/c", "job/a.b/c", "namespace/a/b", "job/A/b", "crd/a..b", "job//b"] {
            assert!(KubernetesTarget::parse(text).is_err(), "{text}");
        }
    }
}
