//! What a run leaves behind: data on standard output, errors on standard error, the report file and
//! the termination message of a pod. Everything that leaves goes through the process's mask.

mod json;
mod place;

use std::{
    borrow::Cow,
    io::{self, Write},
    path::{Path, PathBuf},
};

use evenkeel_core::{
    plan::Style,
    report::{Failure, Mode, Report},
    text::{visible, visible_lines},
    values::Problems,
};
use serde::Serialize;

pub use crate::mask::mask;
use crate::{
    command_line::{LogFormat, OutputFormat, OutputOptions},
    environment::environment_variable,
    exit_code::ExitCode,
    run::Finished,
    storage::reason,
    terminal::is_colourful,
};

/// Where Kubernetes takes a container's last words from, unless the pod says otherwise.
const TERMINATION_LOG: &str = "/dev/termination-log";

/// Writes everything. Returns the exit code of the process: what cannot be written is a failure too. What nobody may be waiting to read comes
/// first.
pub(crate) fn write(finished: &Finished, options: &OutputOptions) -> ExitCode {
    write_termination_message(&finished.report);
    let report = options.report.as_deref().map_or(Ok(()), |path| write_report(path, &finished.report));
    print_ending(&finished.failures, finished.problems.as_ref(), options.log_format);
    let printed = print_result(finished, options.format);
    let failures: Vec<Failure> = [report, printed].into_iter().filter_map(Result::err).collect();
    print_ending(&failures, None, options.log_format);
    told(finished.exit_code, failures.is_empty())
}

/// What a run ends with once it was told, or could not be. A failure of the run weighs more than where it is written down; a run that
/// went well and of which nobody heard did not.
const fn told(code: ExitCode, is_written: bool) -> ExitCode {
    match code {
        ExitCode::Converged | ExitCode::Differences if !is_written => ExitCode::Configuration,
        code => code,
    }
}

/// Prints what ended a run. In a JSON log that is events like all others.
pub(crate) fn print_ending(failures: &[Failure], problems: Option<&Problems>, format: LogFormat) {
    if let Some(problems) = problems {
        match format {
            LogFormat::Text => to_stderr(&problems.render(is_colourful(&io::stderr()))),
            LogFormat::Json => {
                for problem in problems {
                    let place = problem.location().map(ToString::to_string);
                    tracing::error!(place, hint = problem.hint(), "{}", problem.message());
                }
            }
        }
    }
    for failure in failures {
        print_failure(failure, format);
    }
}

/// Prints an error with its hint on standard error.
pub fn print_failure(failure: &Failure, format: LogFormat) {
    match format {
        LogFormat::Text => {
            let hint = failure.hint.iter().map(|hint| format!("hint: {}\n", visible(hint))).collect::<String>();
            to_stderr(&format!("error: {}\n{hint}", visible(&failure.message)));
        }
        LogFormat::Json => tracing::error!(hint = failure.hint, "{}", failure.message),
    }
}

/// Prints help, the version, or what is wrong with a command line.
///
/// # Errors
///
/// When standard output cannot be written.
pub fn print_usage(error: &clap::Error) -> io::Result<()> {
    let text = error.render();
    if error.use_stderr() {
        to_stderr(&if is_colourful(&io::stderr()) { text.ansi().to_string() } else { text.to_string() });
    } else {
        error.print()?;
    }
    Ok(())
}

/// Says that a command line which has the right form cannot be followed all the same.
pub(crate) fn misused(message: String) -> ExitCode {
    let hint = Some("`--help` shows what there is".to_owned());
    print_failure(&Failure { message, hint }, LogFormat::Text);
    ExitCode::Usage
}

/// How text on standard output is dressed.
#[must_use]
pub fn style() -> Style {
    if is_colourful(&io::stdout()) { Style::Colour } else { Style::Plain }
}

/// Prints the plan, the report or the state of the check.
fn print_result(finished: &Finished, format: OutputFormat) -> Result<(), Failure> {
    let report = &finished.report;
    let plan = finished.plan.as_ref();
    let style = style();
    match (report.mode, format) {
        (Mode::Plan, OutputFormat::Text) => print(&plan.map(|plan| plan.text(style)).unwrap_or_default()),
        (Mode::Plan, OutputFormat::Json) => print(&plan.map(json).unwrap_or_default()),
        (Mode::Apply | Mode::Check, OutputFormat::Json) => print(&json(report)),
        // A run that did not come to its plan has nothing but its error to tell.
        (Mode::Apply | Mode::Check, OutputFormat::Text) if plan.is_none() => Ok(()),
        (Mode::Apply, OutputFormat::Text) => print(&without_failure(report).text(style)),
        (Mode::Check, OutputFormat::Text) => print(&check(finished, style)),
    }
}

/// What a check found: how much would change, and what there is to know.
fn check(finished: &Finished, style: Style) -> String {
    let counts =
        finished.plan.as_ref().map(|plan| format!("{}: {}, {}\n", plan.task, visible(&plan.target), plan.counts()));
    let report = Report { changes: Vec::new(), ..without_failure(&finished.report) };
    format!("{}{}", counts.unwrap_or_default(), report.text(style))
}

/// The report without the failure of the whole run, which is on standard error already.
fn without_failure(report: &Report) -> Report {
    Report { failure: None, ..report.clone() }
}

/// The JSON form, without secrets.
fn json(value: &impl Serialize) -> String {
    // Reports and plans are texts, numbers and maps with text keys: they always have a JSON form.
    let text = serde_json::to_string_pretty(value).unwrap_or_default();
    let mut text = json::masked(&text, mask());
    text.push('\n');
    // A terminal may show it, and it means the same.
    match visible_lines(&text) {
        Cow::Borrowed(_) => text,
        Cow::Owned(visible) => visible,
    }
}

fn write_report(path: &Path, report: &Report) -> Result<(), Failure> {
    place::write(path, json(report)).map_err(|error| Failure {
        message: format!("report `{}` cannot be written: {}", path.display(), reason(&error)),
        hint: Some("name a file in a folder that can be written with `--report`".to_owned()),
    })
}

/// Leaves the summary where Kubernetes looks for it.
fn write_termination_message(report: &Report) {
    let in_a_pod = environment_variable("KUBERNETES_SERVICE_HOST").map(|_| PathBuf::from(TERMINATION_LOG));
    let Some(path) = environment_variable("EVENKEEL_TERMINATION_LOG").map(PathBuf::from).or(in_a_pod) else { return };
    // Kubernetes has made the file; where it is not there, nobody reads it.
    let message = mask().leaving(&report.termination_message()).into_owned();
    if let Err(error) = place::overwrite(&path, message) {
        tracing::debug!("no termination message: `{}` cannot be written: {}", path.display(), reason(&error));
    }
}

/// Prints data as it is, without secrets. Whoever reads it may stop reading: then there is nobody left to tell, and that is no failure. A full
/// disk is.
///
/// # Errors
///
/// When standard output cannot be written.
pub fn print(text: &str) -> Result<(), Failure> {
    print_values(&mask().leaving(text))
}

/// Prints values that were read from an application and are to be applied again: a word that was changed in them would change
/// the application. They hold no secret but those that somebody has written into a name or a description.
///
/// # Errors
///
/// As [`print()`].
pub(crate) fn print_values(text: &str) -> Result<(), Failure> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Failure {
            message: format!("standard output cannot be written: {}", reason(&error)),
            hint: Some("look at what it leads to: a full disk, most likely".to_owned()),
        }),
        _ => Ok(()),
    }
}

/// Prints text for people: what could not be seen is shown escaped.
///
/// # Errors
///
/// As [`print()`].
pub fn print_text(text: &str) -> Result<(), Failure> {
    print(&visible_lines(text))
}

/// Prints data as JSON.
///
/// # Errors
///
/// As [`print()`].
pub fn print_json(value: &impl Serialize) -> Result<(), Failure> {
    print(&json(value))
}

/// The exit code of a command that prints and does nothing else.
#[must_use]
pub fn printed(result: Result<(), Failure>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::Converged,
        Err(failure) => {
            print_failure(&failure, LogFormat::Text);
            ExitCode::Configuration
        }
    }
}

pub(crate) fn to_stderr(text: &str) {
    let _ = io::stderr().lock().write_all(mask().leaving(text).as_bytes());
}
