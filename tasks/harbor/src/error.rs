//! What can go wrong, and what it means for the run.

use evenkeel_core::overlay::NotCombined;
use evenkeel_engine::{
    request_error::{Application, RequestError},
    secrets::SecretError,
    task::{Class, Classified},
    vault::VaultError,
};
use evenkeel_harbor_client::HarborError;
use evenkeel_kubernetes_client::KubernetesError;

/// Why a call of this task failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A request failed.
    #[error(transparent)]
    Request(RequestError<HarborApi>),
    /// A list lacks what another list has: it was answered to nobody, because the login was refused in that moment.
    #[error("the list of projects lacks `{project}`, which has a quota")]
    CutShort {
        /// A project that is missing.
        project: String,
    },
    /// The configuration comes from the server's environment and cannot be written.
    #[error("harbor's configuration cannot be changed: its server has CONFIG_OVERWRITE_JSON set")]
    ConfigurationFixed,
    /// Another prefix would rename robots that other people use.
    #[error("harbor's prefix of robots stays: another one would rename {}", not_ours(.robots))]
    PrefixShared {
        /// Their full names.
        robots: Vec<String>,
    },
    /// A robot of that name is there, and is not ours.
    #[error("robot `{robot}` is there and not ours, so that it gets no other secret")]
    ForeignRobot {
        /// The robot's full name.
        robot: String,
    },
    /// A registry is neither declared nor there.
    #[error("registry `{registry}` is neither declared nor there")]
    NoRegistry {
        /// Its name.
        registry: String,
    },
    /// Harbor is in read-only mode.
    #[error("cannot {action} {kind} `{name}`: harbor is in read-only mode")]
    ReadOnly {
        /// What was being done.
        action: &'static str,
        /// The object's kind.
        kind: &'static str,
        /// The object's name.
        name: String,
    },
    /// The login mode cannot be changed any more.
    #[error("harbor's login mode stays `{there}`: there are users besides `admin`")]
    AuthModeFrozen {
        /// The mode that it has.
        there: String,
    },
    /// Keys of the configuration are refused; all others were written.
    #[error("harbor refuses {keys} of the configuration: {source}")]
    KeysRefused {
        /// The keys, with backticks.
        keys: String,
        /// What it says about the first.
        source: HarborError,
    },
    /// A user can be a member only once Harbor knows the name.
    #[error("user `{user}` cannot be a member of project `{project}` yet: harbor does not know that name")]
    NoUser {
        /// The user.
        user: String,
        /// The project.
        project: String,
    },
    /// The password of a user who is to be made cannot be read.
    #[error("the password of user `{user}` cannot be read: {source}")]
    Password {
        /// The user.
        user: String,
        /// Why.
        source: SecretError,
    },
    /// Events that are to be purged from the audit log, and that no log of this server holds.
    #[error("harbor logs no event `{events}`, so that the purge of the audit log stays as it is")]
    UnknownEvents {
        /// The events.
        events: String,
        /// Those that it logs.
        known: String,
    },
    /// A scanner that a project is to have is not there.
    #[error("project `{project}` gets no scanner: there is none of the name `{scanner}`")]
    NoScanner {
        /// The scanner.
        scanner: String,
        /// The project.
        project: String,
    },
    /// The server has no means to speak to registries of a kind.
    #[error("harbor does not speak to registries of type `{kind}`")]
    NoAdapter {
        /// The kind.
        kind: String,
        /// The kinds that it speaks to.
        known: Vec<String>,
    },
    /// Something that must be there for a write has gone, or never was.
    #[error("{kind} `{name}` is not there")]
    Missing {
        /// The object's kind.
        kind: &'static str,
        /// The object's name.
        name: String,
    },
    /// A robot's new secret was set and does not work.
    #[error("the new secret of robot `{robot}` does not work, so that it is not published")]
    SecretRefused {
        /// The robot's full name.
        robot: String,
    },
    /// No random secret can be made.
    #[error("no secret can be made for robot `{robot}`: {reason}")]
    NoRandom {
        /// The robot.
        robot: String,
        /// What the system says.
        reason: String,
    },
    /// A secret that was made cannot be kept or read back.
    #[error("the secret of robot `{robot}` cannot be kept: {source}")]
    NotKept {
        /// The robot.
        robot: String,
        /// Why.
        source: VaultError,
    },
    /// A robot is gone, and the secret that was kept of it is not.
    #[error("robot `{robot}` is gone, but the secret that was kept of it is not: {source}")]
    NotForgotten {
        /// The robot.
        robot: String,
        /// Why.
        source: VaultError,
    },
    /// Somebody else has written a Secret while this run was about to set a robot's secret for it, or to remove it.
    #[error("Secret `{secret}` was written by somebody else at the same moment, so that nothing is changed for it")]
    Overtaken {
        /// `namespace/name`.
        secret: String,
    },
    /// There is no cluster to put secrets into.
    #[error("Secret `{secret}` waits: there is no Kubernetes cluster in this run")]
    NoCluster {
        /// `namespace/name`.
        secret: String,
    },
    /// The namespace of a Secret is missing.
    #[error("Secret `{secret}` waits: namespace `{namespace}` does not exist")]
    NamespaceMissing {
        /// `namespace/name`.
        secret: String,
        /// The namespace.
        namespace: String,
    },
    /// A Secret of that name is there, and is not ours.
    #[error("Secret `{secret}` is there and not ours, so that it stays as it is")]
    Foreign {
        /// `namespace/name`.
        secret: String,
    },
    /// What is there and what is declared do not fit into one representation.
    #[error(transparent)]
    Representation(#[from] NotCombined),
    /// A call to the cluster failed.
    #[error(transparent)]
    Cluster(#[from] KubernetesError),
}

impl Classified for Error {
    fn class(&self) -> Class {
        match self {
            Self::Request(failure) => failure.class(),
            // Somebody ends the mode: another try may find it ended.
            Self::CutShort { .. } | Self::ReadOnly { .. } => Class::Unavailable,
            Self::ConfigurationFixed
            | Self::AuthModeFrozen { .. }
            | Self::PrefixShared { .. }
            | Self::ForeignRobot { .. }
            | Self::NoRegistry { .. }
            | Self::KeysRefused { .. }
            | Self::UnknownEvents { .. }
            | Self::NoCluster { .. }
            | Self::NoScanner { .. }
            | Self::NoAdapter { .. }
            | Self::Foreign { .. } => Class::Prevented,
            Self::NoUser { .. } | Self::SecretRefused { .. } | Self::NamespaceMissing { .. } => Class::Refused,
            Self::Missing { .. } | Self::Overtaken { .. } => Class::Conflict,
            Self::NoRandom { .. } => Class::Configuration,
            Self::Representation(_) => Class::Unexpected,
            Self::NotKept { source, .. } | Self::NotForgotten { source, .. } => source.class(),
            Self::Password { source, .. } => source.class(),
            Self::Cluster(error) => error.class(),
        }
    }

    fn changed_nothing(&self) -> bool {
        match self {
            // Secrets are kept, and made, before anything is sent.
            Self::ReadOnly { .. } | Self::NotKept { .. } | Self::NoRandom { .. } | Self::Password { .. } => true,
            Self::NoScanner { .. } | Self::NoAdapter { .. } => true,
            Self::Request(failure) => failure.changed_nothing(),
            // All other keys were written.
            Self::KeysRefused { .. } => false,
            Self::Cluster(error) => error.changed_nothing(),
            _ => self.class().changed_nothing(),
        }
    }

    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Request(failure) => return failure.hint(),
            Self::CutShort { .. } => "run again: somebody's wrong password may have locked the login for a moment",
            Self::ConfigurationFixed => {
                "declare these keys in that variable, or take it away from the server's environment; leave them out of the values to manage the rest"
            }
            Self::AuthModeFrozen { .. } => {
                "delete the local users in harbor, which frees the mode, or leave `harbor.oidc` and `auth_mode` out of the values; every other key was written"
            }
            Self::PrefixShared { .. } => {
                "leave `platform.names.robotPrefix` out of the values, or set `harbor.renameForeignRobots: true` once everybody knows the new names"
            }
            Self::ForeignRobot { .. } => {
                "`apply --adopt --only robot/NAME`, without its prefix, makes it ours, for `--prune` too, and ends the secret that it has; or rename it"
            }
            Self::NoRegistry { .. } => "declare it under `harbor.registries`",
            Self::ReadOnly { .. } => "run again when an administrator of harbor has ended the mode",
            Self::UnknownEvents { known, .. } => return Some(format!("it logs `{known}`")),
            Self::Password { source, .. } => return Some(source.hint()),
            Self::KeysRefused { .. } => "change the declared value; every other key was written",
            Self::NoUser { .. } => {
                "with login through OpenID Connect an account exists from its first login on; run again afterwards"
            }
            Self::NoScanner { .. } => "register it in harbor under that name, or name another one",
            Self::NoAdapter { known, .. } => return Some(format!("it speaks to {}", known.join(", "))),
            Self::Missing { .. } => "run again: it was removed while this run was under way",
            Self::SecretRefused { .. } => {
                "run again; if it stays so, see whether something else sets the robot's secret too"
            }
            Self::NoRandom { .. } => "run it again on a system whose random numbers work",
            Self::Overtaken { .. } => "run again: only one run at a time should set secrets",
            Self::NotKept { source, .. } | Self::NotForgotten { source, .. } => return source.hint(),
            Self::NoCluster { .. } => {
                "name a cluster with `--kubeconfig` or `--context`, or leave `kubernetes` out of the values"
            }
            Self::NamespaceMissing { .. } => "create it, or set `kubernetes.createNamespaces: true`",
            Self::Foreign { .. } => {
                "`apply --adopt --only secret/NAMESPACE/NAME` makes it ours, for `--prune` too; or rename it"
            }
            Self::Representation(_) => return None,
            Self::Cluster(error) => return error.hint(),
        };
        Some(hint.to_owned())
    }
}

/// What Harbor means otherwise than others.
#[derive(Debug)]
pub struct HarborApi;

impl Application for HarborApi {
    const NAME: &'static str = "harbor";
    const ADDRESS: &'static str = "`harbor.url` (or `harbor.internalUrl`)";
    const ADDRESS_HINT: &'static str = "check `harbor.url` (or `harbor.internalUrl`), which ends before `/api`";
    const LOGIN_HINT: &'static str =
        "check `harbor.admin`: a user who administrates the whole system, and the password";
    const RIGHTS_HINT: &'static str = "the account in `harbor.admin` has to administrate the whole system";
    const LOG: &'static str = "the log of harbor's core";
    type Error = HarborError;

    fn class(failure: &RequestError<Self>) -> Option<Class> {
        match failure {
            // The registry that it is about may answer the next time.
            RequestError::Call { source, .. } if is_of_silent_registry(source) => Some(Class::Refused),
            _ => None,
        }
    }

    fn hint(failure: &RequestError<Self>) -> Option<&'static str> {
        match failure {
            RequestError::Call { source, .. } if is_of_silent_registry(source) => Some(
                "harbor contacts a registry before it keeps it: check its address and its credential, and that harbor's core reaches it",
            ),
            RequestError::Call {
                kind: "scanner", source: HarborError::Server(_) | HarborError::Invalid(_), ..
            } if !failure.is_read() => Some(
                "harbor contacts a scanner before it takes it: see that its address answers from there, and lets it in",
            ),
            _ => None,
        }
    }
}

/// In read-only mode nothing else is wrong with a request.
impl From<RequestError<HarborApi>> for Error {
    fn from(failure: RequestError<HarborApi>) -> Self {
        match failure {
            RequestError::Call { action, kind, name, source: HarborError::ReadOnly(_) } => {
                Self::ReadOnly { action, kind, name }
            }
            failure => Self::Request(failure),
        }
    }
}

/// Says what a request was for.
pub(crate) trait WithContext<T> {
    /// The error with the object and what was being done with it.
    fn context(self, action: &'static str, kind: &'static str, name: &str) -> Result<T, Error>;
}

impl<T, E: Into<HarborError>> WithContext<T> for Result<T, E> {
    fn context(self, action: &'static str, kind: &'static str, name: &str) -> Result<T, Error> {
        self.map_err(|error| RequestError::Call { action, kind, name: name.to_owned(), source: error.into() }.into())
    }
}

/// Whether Harbor refuses a registry because it got no answer from it, or was refused there (server-behaviour 6).
fn is_of_silent_registry(error: &HarborError) -> bool {
    matches!(error, HarborError::Invalid(error) if error.message().contains("registry is unhealthy"))
}

/// How many robots an error names.
const NAMED_ROBOTS: usize = 10;

fn not_ours(robots: &[String]) -> String {
    let named: Vec<String> = robots.iter().take(NAMED_ROBOTS).map(|robot| format!("`{robot}`")).collect();
    let more = match robots.len().saturating_sub(NAMED_ROBOTS) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    match robots.len() {
        1 => format!("one robot that is not ours: {}", named.join(", ")),
        count => format!("{count} robots that are not ours: {}{more}", named.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use evenkeel_transport::{ApiError, Kind};

    use super::*;

    fn call(source: HarborError) -> Error {
        Error::from(RequestError::Call { action: "create", kind: "project", name: "a".to_owned(), source })
    }

    /// What others make under that name later would be taken for ours, and `--prune` would delete it.
    #[test]
    fn what_was_never_sent_has_changed_nothing_whatever_kind_of_failure_it_was() {
        let robot = || "a".to_owned();
        let never_sent = [
            Error::ReadOnly { action: "create", kind: "project", name: robot() },
            Error::NotKept { robot: robot(), source: VaultError::NoPlace },
            Error::NoRandom { robot: robot(), reason: "none".to_owned() },
            call(HarborError::Unaddressable(ApiError::new(Kind::Unaddressable, "no"))),
            Error::Cluster(KubernetesError::NotConfigured),
        ];
        for error in never_sent {
            assert!(error.changed_nothing() && !error.class().changed_nothing(), "{error}");
        }
        let lost = call(HarborError::Unavailable(ApiError::new(Kind::Timeout, "late")));
        assert!(!lost.changed_nothing());
    }

    #[test]
    fn what_was_done_in_part_has_changed_something() {
        let source = HarborError::Invalid(ApiError::new(Kind::Invalid, "no"));
        let refused = Error::KeysRefused { keys: "`a`".to_owned(), source };
        assert_eq!((refused.class(), refused.changed_nothing()), (Class::Prevented, false));
    }
}
