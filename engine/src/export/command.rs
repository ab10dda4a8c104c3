//! The command `export` of a task.

use std::{
    num::NonZeroUsize,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use clap::{ArgMatches, Args, Command, FromArgMatches};
use evenkeel_core::{report::Failure, text::visible_lines};

use super::{Export, Exported, FinishedExport, export, folder, text};
use crate::{
    command_line::{ClusterOptions, DEFAULT_CONCURRENCY, LogFormat, ReachOptions, ValuesOptions, duration},
    exit_code::ExitCode,
    output,
    process::{begin, watched},
    run::Surroundings,
    secrets::SecretResolver,
    stop::Stop,
};

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

pub(super) fn command<T: Export>() -> Command {
    let command = T::Options::augment_args(ExportOptions::augment_args(Command::new("export")));
    // The options' own words describe the types.
    command.about("Write values from what is there, and change nothing").long_about(None)
}

/// Does what the command line says, and waits until it is done.
pub(super) fn run_matches<T: Export>(matches: &ArgMatches) -> ExitCode {
    let parsed = ExportOptions::from_arg_matches(matches)
        .and_then(|options| Ok((options, T::Options::from_arg_matches(matches)?)));
    let (mut options, own) = match parsed {
        Ok(parsed) => parsed,
        Err(error) => {
            let hint = Some("`--help` shows what there is".to_owned());
            output::print_failure(&Failure { message: error.to_string(), hint }, LogFormat::Text);
            return ExitCode::Usage;
        }
    };
    options.values.complete_from_environment();
    let progress = begin(options.log_format);
    let surroundings = Surroundings {
        secrets: Arc::new(SecretResolver::of_process(options.reach.reach())),
        stop: Stop::new(),
        progress,
        ..Surroundings::default()
    };
    let format = options.log_format;
    let work = export::<T>(&options, &own, &surroundings);
    let finished = watched(&surroundings.stop, options.timeout, move || overdue(format), work);
    finished.map_or_else(|_| broken(format), |finished| write(&finished, &options))
}

fn overdue(format: LogFormat) -> ExitCode {
    let message = "the export had to end, and something that it waits for does not return".to_owned();
    let hint = Some("look for a file system or a login command that hangs, and run it again".to_owned());
    output::print_failure(&Failure { message, hint }, format);
    ExitCode::Unavailable
}

fn broken(format: LogFormat) -> ExitCode {
    let message = "the export ended in the middle of its work".to_owned();
    let hint = Some("this is a mistake in evenkeel: please report it, with the log".to_owned());
    output::print_failure(&Failure { message, hint }, format);
    ExitCode::Unexpected
}

/// Writes the files, or the one document. What people should know goes to standard output, unless the document does.
fn write(finished: &FinishedExport, options: &ExportOptions) -> ExitCode {
    output::print_ending(&finished.failures, finished.problems.as_ref(), options.log_format);
    let Some(exported) = &finished.exported else { return finished.exit_code };
    let written = if options.out == Path::new("-") {
        print_document(exported)
    } else {
        folder::write(&options.out, exported, options.with_secrets).and_then(|paths| {
            let paths: String = paths.iter().map(|path| format!("wrote {}\n", path.display())).collect();
            output::print_text(&format!("{paths}{}", text::summary(exported)))
        })
    };
    match written {
        Ok(()) => finished.exit_code,
        Err(failure) => {
            output::print_failure(&failure, options.log_format);
            ExitCode::Configuration
        }
    }
}

fn print_document(exported: &Exported) -> Result<(), Failure> {
    let document = text::document(exported)
        .map_err(|error| Failure { message: format!("the values have no form in YAML: {error}"), hint: None })?;
    output::print_values(&document)?;
    output::to_stderr(&visible_lines(&text::summary(exported)));
    Ok(())
}
