//! Kubernetes objects as people write them: `KIND/NAMESPACE/NAME`, or `KIND/NAME` for what has no namespace, or
//! `KIND/NAMESPACE?LABEL=VALUE` for all that have these labels.

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
    /// Its newest template rolled out, and available.
    StatefulSet,
    /// Its newest template rolled out to each node, and available.
    DaemonSet,
    /// Ready.
    Pod,
    /// Bound.
    PersistentVolumeClaim,
    /// With an endpoint that is ready.
    Service,
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
            "statefulset" => Self::StatefulSet,
            "daemonset" => Self::DaemonSet,
            "pod" => Self::Pod,
            "pvc" | "persistentvolumeclaim" => Self::PersistentVolumeClaim,
            "service" => Self::Service,
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
            Self::StatefulSet => "statefulset",
            Self::DaemonSet => "daemonset",
            Self::Pod => "pod",
            Self::PersistentVolumeClaim => "pvc",
            Self::Service => "service",
            Self::Secret => "secret",
            Self::Namespace => "namespace",
            Self::CustomResourceDefinition => "crd",
        }
    }

    const fn is_namespaced(self) -> bool {
        !matches!(self, Self::Namespace | Self::CustomResourceDefinition)
    }
}

/// Which objects of a kind and namespace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Which {
    /// The one of this name.
    Named(String),
    /// Those that have labels.
    Labelled {
        /// The labels, as `LABEL=VALUE,LABEL=VALUE`.
        labels: String,
        /// Whether one that is ready is enough; otherwise all of them have to be, and there has to be one.
        any: bool,
    },
}

/// One object, or those that have certain labels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KubernetesObject {
    /// Its kind.
    pub kind: Kind,
    /// Its namespace; empty for what has none.
    pub namespace: String,
    /// Which of them.
    pub which: Which,
    /// The key that a Secret must have.
    pub key: Option<String>,
    /// Whether a failed Job is waited for further.
    pub retry_failed_job: bool,
}

impl fmt::Display for KubernetesObject {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, namespace, which, key, .. } = self;
        write!(formatter, "{}/", kind.name())?;
        match which {
            Which::Named(name) if kind.is_namespaced() => write!(formatter, "{namespace}/{name}")?,
            Which::Named(name) => formatter.write_str(name)?,
            Which::Labelled { labels, any: false } => write!(formatter, "{namespace}?{labels}")?,
            Which::Labelled { labels, any: true } => write!(formatter, "{namespace}?{labels} (any)")?,
        }
        key.iter().try_for_each(|key| write!(formatter, ":{key}"))
    }
}

const FORM: &str = "`kubernetes:KIND/NAMESPACE/NAME` or `kubernetes:KIND/NAMESPACE?LABEL=VALUE` with KIND one of job, deployment, \
                    statefulset, daemonset, pod and pvc, or `kubernetes:service/NAMESPACE/NAME`, `kubernetes:secret/NAMESPACE/NAME` \
                    (`:KEY` may follow), `kubernetes:namespace/NAME`, `kubernetes:crd/NAME`";

impl KubernetesObject {
    /// The same, content with one object that is ready where labels select them.
    #[must_use]
    pub fn with_any(self, any: bool) -> Self {
        let which = match self.which {
            Which::Labelled { labels, .. } => Which::Labelled { labels, any },
            named @ Which::Named(_) => named,
        };
        Self { which, ..self }
    }
}

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
    let (namespace, which) = match (rest.split_once('?'), rest.split_once('/')) {
        _ if !kind.is_namespaced() => ("", Which::Named(rest.to_owned())),
        (Some((namespace, labels)), _) => (namespace, Which::Labelled { labels: labels.to_owned(), any: false }),
        (None, Some((namespace, name))) => (namespace, Which::Named(name.to_owned())),
        (None, None) => return None,
    };
    Some(KubernetesObject { kind, namespace: namespace.to_owned(), which, key, retry_failed_job: false })
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
            "statefulset/harbor/harbor-database",
            "daemonset/kube-system/node-agent",
            "pvc/harbor/database-data",
            "service/harbor/harbor-core",
            "pod/harbor?app.kubernetes.io/name=harbor,component=core",
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
            "secret/a?b=c",
            "pod/a?b",
            "pod/a?b=c:d",
        ] {
            assert!(text.parse::<KubernetesObject>().is_err(), "{text}");
        }
    }
}
