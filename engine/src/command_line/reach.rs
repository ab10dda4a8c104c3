//! What values may reach, as the command line says it.

use std::path::PathBuf;

use clap::Args;

use crate::{environment::any_variable, secrets::Reach};

/// From where the secrets may come that values refer to. Without an option, from everywhere.
#[derive(Clone, Debug, Default, PartialEq, Eq, Args)]
#[command(next_help_heading = "Secrets")]
pub struct ReachOptions {
    /// `fromFile` in values only for files in this folder; repeat it
    /// [env: EVENKEEL_SECRETS_FROM_FILES, separated by `:`]
    #[arg(long, value_name = "DIR")]
    pub secrets_from_files: Vec<PathBuf>,
    /// `fromSecret` in values, and sources of copies, only in this namespace; `*` stands for anything; repeat it
    /// [env: EVENKEEL_SECRETS_FROM_NAMESPACES, separated by `,`]
    #[arg(long, value_name = "NAMESPACE")]
    pub secrets_from_namespaces: Vec<String>,
    /// `fromEnv` in values only for variables that fit; `*` stands for anything; repeat it
    /// [env: EVENKEEL_SECRETS_FROM_ENV, separated by `,`]
    #[arg(long, value_name = "PATTERN")]
    pub secrets_from_env: Vec<String>,
}

impl ReachOptions {
    /// What these options allow, or the environment where they say nothing. A variable that is empty allows nothing: whoever
    /// sets it means a limit.
    #[must_use]
    pub fn reach(&self) -> Reach {
        Reach {
            files: given(&self.secrets_from_files).or_else(|| {
                let folders = any_variable("EVENKEEL_SECRETS_FROM_FILES")?;
                Some(std::env::split_paths(&folders).filter(|folder| !folder.as_os_str().is_empty()).collect())
            }),
            namespaces: given(&self.secrets_from_namespaces).or_else(|| list("EVENKEEL_SECRETS_FROM_NAMESPACES")),
            variables: given(&self.secrets_from_env).or_else(|| list("EVENKEEL_SECRETS_FROM_ENV")),
        }
    }
}

fn given<T: Clone>(option: &[T]) -> Option<Vec<T>> {
    (!option.is_empty()).then(|| option.to_vec())
}

fn list(name: &str) -> Option<Vec<String>> {
    let text = any_variable(name)?.to_string_lossy().into_owned();
    Some(text.split(',').map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect())
}
