//! Targets as they are written on the command line: `SCHEME:REST`.

use std::net::Ipv6Addr;

use evenkeel_core::values::{self, HostName, HttpUrl, RealmUrl, RequestUrl};
use evenkeel_transport::reqwest::Url;

use super::{HostAndPort, KubernetesObject, MalformedTarget};

/// A target's text, split by what it asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Written {
    Http(Url),
    Tcp(HostAndPort),
    Dns(String),
    Keycloak(Url),
    Harbor(Url),
    Gitea(Url),
    Drone(Url),
    Kubernetes(KubernetesObject),
}

/// There is no client here that proves more of a database, cache or store than that it takes connections.
const STORE: &str = "`tcp://HOST:PORT`, which is all there is for databases, caches and stores: whether they work is best asked by what \
                     uses them, as `keycloak:`, `harbor:` and `gitea:` do";

const FORMS: &str = "`http(s)://…`, `tcp://HOST:PORT`, `dns:NAME`, `keycloak:URL`, `harbor:URL`, `gitea:URL`, `drone:URL`, \
                     `kubernetes:KIND/NAMESPACE/NAME` or `kubernetes:KIND/NAMESPACE?LABEL=VALUE`";

impl Written {
    pub(crate) fn parse(text: &str) -> Result<Self, MalformedTarget> {
        let unknown = || MalformedTarget { target: text.to_owned(), expected: FORMS };
        let (scheme, rest) = text.split_once(':').ok_or_else(unknown)?;
        let written = match scheme {
            "http" | "https" => request_url(text).map(Self::Http),
            "tcp" => host_and_port(rest.strip_prefix("//").unwrap_or(rest)).map(Self::Tcp),
            "dns" => host_name(rest).map(Self::Dns),
            "keycloak" => realm_url(rest).map(Self::Keycloak),
            "harbor" => service_url(rest).map(Self::Harbor),
            "gitea" => service_url(rest).map(Self::Gitea),
            "drone" => service_url(rest).map(Self::Drone),
            "kubernetes" => rest.parse().map(Self::Kubernetes),
            "postgres" | "postgresql" | "mysql" | "redis" | "rediss" | "valkey" | "s3" | "amqp" | "mongodb" => {
                Err(MalformedTarget { target: text.to_owned(), expected: STORE })
            }
            _ => Err(unknown()),
        };
        // People look for what they wrote, not for its part.
        written.map_err(|malformed| MalformedTarget { target: text.to_owned(), ..malformed })
    }
}

pub(crate) fn request_url(text: &str) -> Result<Url, MalformedTarget> {
    let malformed = || MalformedTarget { target: text.to_owned(), expected: RequestUrl::EXPECTED };
    RequestUrl::parse(text).ok().and_then(|url| Url::parse(url.as_str()).ok()).ok_or_else(malformed)
}

pub(crate) fn service_url(text: &str) -> Result<Url, MalformedTarget> {
    let malformed = || MalformedTarget { target: text.to_owned(), expected: HttpUrl::EXPECTED };
    HttpUrl::parse(text).ok().and_then(|url| Url::parse(url.as_str()).ok()).ok_or_else(malformed)
}

/// The public address of a realm.
pub(crate) fn realm_url(text: &str) -> Result<Url, MalformedTarget> {
    let malformed = || MalformedTarget { target: text.to_owned(), expected: RealmUrl::EXPECTED };
    RealmUrl::parse(text).ok().and_then(|url| Url::parse(url.as_str()).ok()).ok_or_else(malformed)
}

pub(crate) fn host_and_port(text: &str) -> Result<HostAndPort, MalformedTarget> {
    let malformed = || MalformedTarget { target: text.to_owned(), expected: values::HostAndPort::EXPECTED };
    let written = values::HostAndPort::parse(text).map_err(|_| malformed())?;
    let (host, port) = written.split();
    let host = match text.starts_with('[') {
        true => host.parse::<Ipv6Addr>().map_err(|_| malformed())?.to_string(),
        false => host.to_owned(),
    };
    Ok(HostAndPort { host, port })
}

/// A name or an IPv4 address.
pub(crate) fn host_name(text: &str) -> Result<String, MalformedTarget> {
    let malformed = |_| MalformedTarget { target: text.to_owned(), expected: HostName::EXPECTED };
    HostName::parse(text).map(|name| name.to_string()).map_err(malformed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::condition::shown;

    #[test]
    fn every_form_of_a_target_is_understood() {
        let url = |text: &str| Url::parse(text).unwrap();
        let port = |host: &str, port| Written::Tcp(HostAndPort { host: host.to_owned(), port });
        let realm = "https://k.example/auth/realms/otomi";
        for (text, written) in [
            ("http://a.example/x?y=1", Written::Http(url("http://a.example/x?y=1"))),
            ("https://10.0.0.1:8443/", Written::Http(url("https://10.0.0.1:8443/"))),
            ("tcp://db.example:5432", port("db.example", 5432)),
            ("tcp:db:1", port("db", 1)),
            ("tcp://[::1]:80", port("::1", 80)),
            ("dns:a.example", Written::Dns("a.example".to_owned())),
            (&format!("keycloak:{realm}"), Written::Keycloak(url(realm))),
            ("harbor:https://h.example", Written::Harbor(url("https://h.example"))),
            ("gitea:http://g:3000/git", Written::Gitea(url("http://g:3000/git"))),
            ("drone:http://d", Written::Drone(url("http://d"))),
            ("kubernetes:job/a/b", Written::Kubernetes("job/a/b".parse().unwrap())),
        ] {
            assert_eq!(Written::parse(text), Ok(written), "{text}");
        }
    }

    #[test]
    fn what_no_client_here_can_prove_ready_is_sent_to_its_port() {
        for text in ["postgres://me:canary@db:5432/a", "redis://cache:6379", "s3://bucket/a"] {
            let said = Written::parse(text).unwrap_err().to_string();
            assert!(said.contains("expected `tcp://HOST:PORT`") && !said.contains("canary"), "{said}");
        }
    }

    #[test]
    fn no_target_shows_credentials_whether_it_is_one_or_not() {
        for (target, seen) in [
            ("http://user:pw@host/x", "http://(secret)@host/x"),
            ("tcp://user:pw@host:80", "tcp://(secret)@host:80"),
            ("keycloak:https://user:p/w@host/realms/a", "keycloak:https://(secret)@host/realms/a"),
            ("user:pw@host:80", "(secret)@host:80"),
            ("https://host/ready?token=abc&a=b", "https://host/ready?token=(secret)&a=b"),
        ] {
            match Written::parse(target) {
                Ok(_) => assert_eq!(shown(target), seen),
                Err(malformed) => assert!(malformed.to_string().starts_with(&format!("`{seen}` names")), "{malformed}"),
            }
        }
    }

    #[test]
    fn what_is_no_target_is_told_with_its_whole_text() {
        for text in [
            "",
            "a",
            "a.example:80",
            "ftp://a",
            "http://",
            "http:///x",
            "https://a.example:99999/",
            "http://me@a.example",
            "tcp://a",
            "tcp://a:0",
            "tcp://a:65536",
            "tcp://::1:80",
            "tcp://[::1:80",
            "tcp://a b:80",
            "dns:",
            "dns:a/b",
            "keycloak:https://k.example",
            "keycloak:https://k.example/realms/",
            "harbor:h.example",
            "kubernetes:job/b",
        ] {
            assert_eq!(Written::parse(text).unwrap_err().target, text);
        }
    }
}
