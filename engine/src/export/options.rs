//! What every export can be told.

use std::{num::NonZeroUsize, path::PathBuf, time::Duration};

use clap::Args;

use crate::command_line::{ClusterOptions, DEFAULT_CONCURRENCY, LogFormat, ReachOptions, ValuesOptions, duration};

/// What every export can be told.
#[derive(Clone, Debug, Args)]
pub struct ExportOptions {
    /// Where values for the login come from; the rest of them does not matter.
    #[command(flatten)]
    pub values: ValuesOptions,

    /// The folder to write, which must be empty or not there yet; `-` prints one document instead
    #[arg(long, value_name = "FOLDER", help_heading = "Export")]
    pub out: PathBuf,
    /// Replace the files of an earlier export
    #[arg(long, help_heading = "Export")]
    pub force: bool,
    /// Write the secrets that can be read to `secrets.env`, for the owner only
    #[arg(long, help_heading = "Export")]
    pub with_secrets: bool,

    /// How long it may take, such as `90s` or `1h 30m`
    #[arg(long, value_name = "DURATION", env = "EVENKEEL_TIMEOUT", default_value = "10m", value_parser = duration, help_heading = "Limits")]
    pub timeout: Duration,
    /// How many requests may be under way at the same time
    #[arg(long, value_name = "NUMBER", env = "EVENKEEL_CONCURRENCY", default_value_t = DEFAULT_CONCURRENCY, help_heading = "Limits")]
    pub concurrency: NonZeroUsize,
    /// Which Kubernetes cluster, where the login is in one.
    #[command(flatten)]
    pub cluster: ClusterOptions,
    /// From where the secrets of the login may come.
    #[command(flatten)]
    pub reach: ReachOptions,
    /// The form of the log on standard error; RUST_LOG says what is in it
    #[arg(long, value_enum, value_name = "FORM", env = "EVENKEEL_LOG_FORMAT", default_value_t = LogFormat::Text, help_heading = "Output")]
    pub log_format: LogFormat,
}
