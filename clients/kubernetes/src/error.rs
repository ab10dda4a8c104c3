//! What the API server's failures mean.

mod quoted;
mod status;

use std::fmt;

use evenkeel_transport::{ApiError, Kind};

use crate::ObjectRef;
pub(crate) use status::Status;

/// A call that the API server refused or did not answer: what it was about, and the wire's error.
#[derive(Clone, PartialEq, Eq)]
pub struct Refusal {
    /// What the call was about.
    pub object: ObjectRef,
    /// What was asked, in the words of RBAC rules: `get`, `list`, `create`, `patch`…; of what is forbidden, the right that is missing.
    pub verb: &'static str,
    /// The resource in the words of RBAC rules, such as `secrets`.
    pub resource: &'static str,
    /// Status and the server's own short words, cut and cleaned. No body, no secret.
    pub error: ApiError,
}

impl fmt::Debug for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}: {}", self.verb, self.object, self.error)
    }
}

/// A field that somebody else manages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldConflict {
    /// The field's path, such as `.data.password`.
    pub field: String,
    /// Who manages it, such as `kubectl-edit`.
    pub manager: String,
}

impl fmt::Display for FieldConflict {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "`{}` by `{}`", self.field, self.manager)
    }
}

fn list<T: fmt::Display>(items: &[T]) -> String {
    items.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// A failed call to the Kubernetes API, by what can be done about it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KubernetesError {
    /// Neither a kubeconfig nor a pod's service account is there.
    #[error("no Kubernetes cluster is configured: there is neither a kubeconfig nor a pod's service account")]
    NotConfigured,
    /// What is there cannot be used.
    #[error("the Kubernetes cluster cannot be addressed: {reason}")]
    Configuration {
        /// What is wrong, without any of its content.
        reason: String,
    },
    /// There is no such object (404).
    #[error("{} does not exist", .0.object)]
    NotFound(Box<Refusal>),
    /// There is no such namespace (404 about `namespaces`). Without rights there it is [`Forbidden`](Self::Forbidden).
    #[error("namespace `{namespace}` does not exist")]
    NamespaceMissing {
        /// The namespace.
        namespace: String,
    },
    /// The namespace is being deleted: changes still work, nothing new can be made (403 with cause `NamespaceTerminating`).
    #[error("namespace `{namespace}` is being deleted")]
    NamespaceTerminating {
        /// The namespace.
        namespace: String,
    },
    /// The login is refused (401), or there is nothing to log in with.
    #[error("the Kubernetes API server refuses the login ({0})")]
    Unauthorized(ApiError),
    /// A right is missing (403).
    #[error("{} may not be used: the right to `{}` `{}` is missing", .0.object, .0.verb, .0.resource)]
    Forbidden(Box<Refusal>),
    /// The object is there already (409 `AlreadyExists`).
    #[error("{} exists already", .0.object)]
    AlreadyExists(Box<Refusal>),
    /// The object has changed since it was read (409 `Conflict`): read it again.
    #[error("{} has changed since it was read", .0.object)]
    Stale(Box<Refusal>),
    /// Server-side apply would take fields from others (409 `Conflict` with causes `FieldManagerConflict`).
    #[error("{} has fields that somebody else manages: {}", refusal.object, list(conflicts))]
    FieldManagerConflict {
        /// The call.
        refusal: Box<Refusal>,
        /// The fields, and who manages each.
        conflicts: Vec<FieldConflict>,
    },
    /// A field of it can never change (422): the type of a Secret, everything in an immutable one.
    #[error("{} cannot be changed: {} is immutable", refusal.object, list(fields))]
    Immutable {
        /// The call.
        refusal: Box<Refusal>,
        /// The fields.
        fields: Vec<String>,
    },
    /// It is larger than the API takes: 1 MiB for a Secret's data, 3 MiB for a request.
    #[error("{} is larger than Kubernetes takes", .0.object)]
    TooLarge(Box<Refusal>),
    /// A list's or watch's place in history is gone (410 `Expired`): start over.
    #[error("{} has to be read from its start again", .0.object)]
    Expired(Box<Refusal>),
    /// What was sent is refused (other 4xx).
    #[error("{} is refused by the Kubernetes API server ({})", .0.object, .0.error)]
    Invalid(Box<Refusal>),
    /// No answer to work with: no connection, none in time, 429, 5xx. Another try may succeed.
    #[error("the Kubernetes API server is not available for {} ({})", .0.object, .0.error)]
    Unavailable(Box<Refusal>),
    /// The answer is not what the API describes.
    #[error("the Kubernetes API server's answer about {} cannot be read ({})", .0.object, .0.error)]
    Undecodable(Box<Refusal>),
    /// A name that no address can carry. Nothing was sent, and nothing ever will be.
    #[error("the Kubernetes API server cannot be asked for {} ({})", .0.object, .0.error)]
    Unaddressable(Box<Refusal>),
    /// Something else than a Kubernetes API server answers, or the request could not be made.
    #[error("the Kubernetes API server cannot be worked with ({})", .0.error)]
    Unexpected(Box<Refusal>),
}

impl KubernetesError {
    /// Whether only this call failed: another one may work. Not so where nobody answers, the server is overloaded, or the login is
    /// refused. A 500 that stays is about what was asked for, such as one Secret that cannot be decrypted.
    #[must_use]
    pub fn is_of_one_call(&self) -> bool {
        match self {
            Self::NotConfigured | Self::Configuration { .. } | Self::Unauthorized(_) => false,
            Self::Unavailable(refusal) => refusal.error.status() == Some(http::StatusCode::INTERNAL_SERVER_ERROR),
            _ => true,
        }
    }

    /// The wire's error, where there is one.
    #[must_use]
    pub fn api(&self) -> Option<&ApiError> {
        match self {
            Self::NotConfigured
            | Self::Configuration { .. }
            | Self::NamespaceMissing { .. }
            | Self::NamespaceTerminating { .. } => None,
            Self::Unauthorized(error) => Some(error),
            Self::NotFound(refusal)
            | Self::Forbidden(refusal)
            | Self::AlreadyExists(refusal)
            | Self::Stale(refusal)
            | Self::FieldManagerConflict { refusal, .. }
            | Self::Immutable { refusal, .. }
            | Self::TooLarge(refusal)
            | Self::Expired(refusal)
            | Self::Invalid(refusal)
            | Self::Unavailable(refusal)
            | Self::Undecodable(refusal)
            | Self::Unaddressable(refusal)
            | Self::Unexpected(refusal) => Some(&refusal.error),
        }
    }

    /// Whether the server may have done what was asked although the call failed: read again before writing again.
    #[must_use]
    pub fn outcome_unknown(&self) -> bool {
        self.api().is_some_and(ApiError::outcome_unknown)
    }

    /// What to do about it, where that can be said.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::NotConfigured => {
                "name a kubeconfig with `--kubeconfig` or `KUBECONFIG`, or run in a pod with a service account"
                    .to_owned()
            }
            Self::Configuration { .. } => "check the kubeconfig, and `--context`".to_owned(),
            Self::NamespaceMissing { namespace } => format!("create namespace `{namespace}`"),
            Self::NamespaceTerminating { .. } => "wait until it is gone, then create it again".to_owned(),
            Self::Unauthorized(_) => "check the kubeconfig's user or the pod's service account".to_owned(),
            Self::Forbidden(refusal) => {
                let Refusal { object, verb, resource, .. } = refusal.as_ref();
                match &object.namespace {
                    Some(namespace) => format!(
                        "allow `{verb}` on `{resource}` in namespace `{namespace}`, and check that the namespace exists: docs/kubernetes.md has the rules"
                    ),
                    None => {
                        format!("allow `{verb}` on `{resource}` in the whole cluster: docs/kubernetes.md has the rules")
                    }
                }
            }
            Self::FieldManagerConflict { .. } => "let one of the two manage these fields".to_owned(),
            Self::Immutable { .. } => "delete the object: it is made again".to_owned(),
            other => return other.api().and_then(ApiError::hint).map(str::to_owned),
        })
    }

    /// What a failure without an answer means.
    pub(crate) fn of_failure(refusal: Box<Refusal>) -> Self {
        match refusal.error.kind() {
            Kind::Unauthorized => Self::Unauthorized(refusal.error),
            Kind::Decode => Self::Undecodable(refusal),
            Kind::Tls | Kind::Connection | Kind::Timeout | Kind::Deadline => Self::Unavailable(refusal),
            _ => Self::Unexpected(refusal),
        }
    }

    /// What a failure with an answer means. The status alone does not tell: 409 has three meanings, 403 and 404 two
    /// (server-behaviour 9).
    pub(crate) fn of_status(status: &Status, refusal: Box<Refusal>) -> Self {
        let code = refusal.error.status().map_or(0, |status| status.as_u16());
        match (code, status.reason.as_str()) {
            (401, _) => Self::Unauthorized(refusal.error),
            // Whoever brings no login at all is somebody with a name, and without rights (server-behaviour 9).
            (403, _) if status.message.contains("\"system:anonymous\"") => Self::Unauthorized(refusal.error),
            (403, _) => match &refusal.object.namespace {
                Some(namespace) if status.has_cause("NamespaceTerminating") => {
                    Self::NamespaceTerminating { namespace: namespace.clone() }
                }
                // An apply of what is not there needs `create` beside `patch` (server-behaviour 9).
                _ => Self::Forbidden(Box::new(Refusal {
                    verb: status.missing_verb().unwrap_or(refusal.verb),
                    ..*refusal
                })),
            },
            (404, _) => match &refusal.object.namespace {
                Some(namespace) if status.details.kind == "namespaces" => {
                    Self::NamespaceMissing { namespace: namespace.clone() }
                }
                _ => Self::NotFound(refusal),
            },
            (409, "AlreadyExists") => Self::AlreadyExists(refusal),
            (409, _) if status.has_cause("FieldManagerConflict") => {
                Self::FieldManagerConflict { refusal, conflicts: status.field_conflicts() }
            }
            (409, _) => Self::Stale(refusal),
            (410, _) => Self::Expired(refusal),
            (413, _) => Self::TooLarge(refusal),
            (422, _) => Self::of_causes(status, refusal),
            (429 | 500..=599, _) => Self::Unavailable(refusal),
            (400..=499, _) => Self::Invalid(refusal),
            _ => Self::Unexpected(refusal),
        }
    }

    fn of_causes(status: &Status, refusal: Box<Refusal>) -> Self {
        let fields = status.immutable_fields();
        if fields.iter().any(|field| field == "`metadata.uid`") {
            // Another object of that name: an apply says so with 422 (server-behaviour 9).
            Self::Stale(refusal)
        } else if !fields.is_empty() {
            Self::Immutable { refusal, fields }
        } else if status.has_cause("FieldValueTooLong") {
            Self::TooLarge(refusal)
        } else {
            Self::Invalid(refusal)
        }
    }

    pub(crate) fn wrong_configuration(reason: impl Into<String>) -> Self {
        Self::Configuration { reason: reason.into() }
    }
}
