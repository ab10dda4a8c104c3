//! Kubernetes objects as people write them: `KIND/NAMESPACE/NAME`, or `KIND/NAME` for what has no namespace.

use std::{fmt, str::FromStr};

use evenkeel_core::values::KubernetesTarget;

use super::MalformedTarget;

/// The kinds for which "ready" has a meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Complete.
    Job,
    /// Its newest template rolled out, and available.
    Deployment,
    /// Ready.
    Pod,
    /// There, with the key if one is named.
    Secret,
    /// Active.
    Namespace,
    /// Established.
    CustomResourceDefinition,
}

impl Kind {
    fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "job" => Self::Job,
            "deployment" => Self::Deployment,
            "pod" => Self::Pod,
            "secret" => Self::Secret,
            "namespace" => Self::Namespace,
            "crd" | "customresourcedefinition" => Self::CustomResourceDefinition,
            _ => return None,
        })
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Job => "job",
            Self::Deployment => "deployment",
            Self::Pod => "pod",
            Self::Secret => "secret",
            Self::Namespace => "namespace",
            Self::CustomResourceDefinition => "crd",
        }
    }

    const fn is_namespaced(self) -> bool {
        !matches!(self, Self::Namespace | Self::CustomResourceDefinition)
    }
}

/// One object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KubernetesObject {
    /// Its kind.
    pub kind: Kind,
    /// Its namespace; empty for what has none.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// The key that a Secret must have.
    pub key: Option<String>,
    /// Whether a failed Job is waited for further.
    pub retry_failed_job: bool,
}

impl fmt::Display for KubernetesObject {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, namespace, name, key, .. } = self;
        write!(formatter, "{}/", kind.name())?;
        if kind.is_namespaced() {
            write!(formatter, "{namespace}/")?;
        }
        formatter.write_str(name)?;
        key.iter().try_for_each(|key| write!(formatter, ":{key}"))
    }
}

const FORM: &str = "`kubernetes:KIND/NAMESPACE/NAME` with KIND one of job, deployment, pod and secret (`:KEY` may follow), \
                    or `kubernetes:namespace/NAME`, `kubernetes:crd/NAME`";

impl FromStr for KubernetesObject {
    type Err = MalformedTarget;

    fn from_str(text: &str) -> Result<Self, MalformedTarget> {
        parse(text).ok_or_else(|| MalformedTarget { target: format!("kubernetes:{text}"), expected: FORM })
    }
}

fn parse(text: &str) -> Option<KubernetesObject> {
    let (object, key) = match text.split_once(':') {
        Some((object, key)) if object.starts_with("secret/") && !key.is_empty() => (object, Some(key.to_owned())),
        Some(_) => return None,
        None => (text, None),
    };
    let object = KubernetesTarget::parse(object).ok()?;
    let (kind, rest) = object.as_str().split_once('/')?;
    let kind = Kind::parse(kind)?;
    let (namespace, name) = if kind.is_namespaced() { rest.split_once('/')? } else { ("", rest) };
    Some(KubernetesObject {
        kind,
        namespace: namespace.to_owned(),
        name: name.to_owned(),
        key,
        retry_failed_job: false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_reads_back_from_its_written_form() {
        for text in [
            "job/maintenance/keycloak",
            "deployment/harbor/harbor-core",
            "pod/harbor/harbor-core-0",
            "secret/harbor/harbor-core",
            "secret/harbor/harbor-core:HARBOR_ADMIN_PASSWORD",
            "namespace/team-alpha",
            "crd/gateways.networking.istio.io",
        ] {
            assert_eq!(text.parse::<KubernetesObject>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_names_no_object_is_malformed() {
        for text in [
            "",
            "job",
            "job/a",
            "job/a/b/c",
            "jobs/a/b",
            "job//b",
            "job/a/",
            "job/a/b:key",
            "secret/a/b:",
            "namespace/a/b",
            "job/A/b",
            "job/a/-b",
            "crd/a..b",
            "job/a/b?x",
        ] {
            assert!(text.parse::<KubernetesObject>().is_err(), "{text}");
        }
    }
}
