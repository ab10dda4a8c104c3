//! Why the barrier could not even be tried.

use evenkeel_core::report::Failure;
use evenkeel_engine::{exit_code::ExitCode, secrets::SecretError};

use crate::condition::MalformedTarget;

/// What is wrong with what people asked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// A target on the command line names nothing.
    #[error(transparent)]
    Target(#[from] MalformedTarget),
    /// What a header shall say cannot be sent.
    #[error("header `{name}` cannot be sent: what it says is not one line of text")]
    Header {
        /// The header's name.
        name: String,
    },
    /// An option is not written as it has to be. Its text may be a secret.
    #[error("`{option}` number {number} cannot be read")]
    Option {
        /// The option.
        option: &'static str,
        /// Its position among those of its name, counted from 1.
        number: usize,
        /// How it has to be written.
        form: &'static str,
    },
    /// There is nothing to wait for.
    #[error("there is nothing to wait for")]
    NoConditions,
    /// The values have no such barrier.
    #[error("the values have no barrier `{name}`")]
    NoBarrier {
        /// The name that was asked for.
        name: String,
        /// Those that there are.
        known: Vec<String>,
    },
    /// A condition of a barrier names nothing.
    #[error("barrier `{name}`: {source}")]
    Barrier {
        /// The barrier.
        name: String,
        /// What is wrong.
        source: MalformedTarget,
    },
    /// A secret is not there.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// The certificates that should be trusted cannot be used.
    #[error("`{condition}` cannot be asked: {reason}")]
    Session {
        /// The condition.
        condition: String,
        /// What is wrong.
        reason: String,
    },
}

impl Error {
    /// The exit code for it.
    #[must_use]
    pub const fn exit_code(&self) -> ExitCode {
        match self {
            Self::Target(_) | Self::Option { .. } | Self::NoConditions => ExitCode::Usage,
            Self::NoBarrier { .. } | Self::Barrier { .. } => ExitCode::InvalidValues,
            Self::Secret(_) | Self::Header { .. } | Self::Session { .. } => ExitCode::Configuration,
        }
    }

    /// What people are told.
    #[must_use]
    pub fn failure(&self) -> Failure {
        Failure { message: self.to_string(), hint: self.hint() }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Target(_) | Self::Barrier { .. } => None,
            Self::Option { form, .. } => Some((*form).to_owned()),
            Self::Header { .. } => Some("look at the variable or file that it is read from".to_owned()),
            Self::NoConditions => Some("name targets, or a barrier of the values with `--barrier`".to_owned()),
            Self::NoBarrier { known, .. } if known.is_empty() => Some("declare it under `barriers`".to_owned()),
            Self::NoBarrier { known, .. } => Some(format!("there are: `{}`", known.join("`, `"))),
            Self::Secret(error) => Some(error.hint()),
            Self::Session { .. } => Some("check the certificates that `--ca-file` or `caBundle` names".to_owned()),
        }
    }
}
