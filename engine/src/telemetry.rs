//! Logs on standard error, and what a panic may say.

use std::{io, panic};

use tracing_subscriber::{EnvFilter, fmt, layer::SubscriberExt, util::SubscriberInitExt};

use crate::{command_line::LogFormat, environment::environment_variable, progress::Progress, terminal::is_colourful};

/// What is logged when `RUST_LOG` says nothing. The client of Kubernetes logs each failed attempt as an error, also those that are made
/// up for; what matters of it is in our own messages.
const DEFAULT_FILTER: &str = "warn,evenkeel=info,kube_client=off";

/// Starts the log. A second call in a process changes nothing.
pub(crate) fn start(format: LogFormat, progress: &Progress) {
    let asked = environment_variable("RUST_LOG").map(|filter| filter.to_string_lossy().into_owned());
    let filter = asked.as_deref().map(EnvFilter::try_new);
    let misunderstood = matches!(filter, Some(Err(_)));
    let filter = filter.and_then(Result::ok).unwrap_or_else(|| EnvFilter::new(DEFAULT_FILTER));
    let lines = fmt::layer().with_writer(progress.clone()).with_ansi(is_colourful(&io::stderr()));
    let registry = tracing_subscriber::registry().with(filter);
    let started = match format {
        LogFormat::Text => registry.with(lines.with_target(false)).try_init(),
        LogFormat::Json => registry.with(lines.json().flatten_event(true)).try_init(),
    };
    if started.is_ok() && misunderstood {
        tracing::warn!("`RUST_LOG` cannot be understood, so it is ignored");
    }
}

/// Lets a panic say where it happened and nothing of what it was about: its message may quote data.
pub(crate) fn silence_panics() {
    panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(place, "a mistake in evenkeel: the run ended unexpectedly");
    }));
}

#[cfg(test)]
mod tests {
    use std::{panic::catch_unwind, process::Command};

    use super::*;

    /// The hook counts for a whole process, so that this needs one of its own.
    #[test]
    fn a_panic_says_where_it_was_and_no_secret_that_it_was_about() {
        for format in ["text", "json"] {
            let child = Command::new(std::env::current_exe().unwrap())
                .args(["--exact", "telemetry::tests::child_panics", "--ignored", "--nocapture"])
                .env("RUST_LOG", "trace")
                .env("RUST_BACKTRACE", "1")
                .env("CHILD_LOG_FORMAT", format)
                .output()
                .unwrap();
            let said = [child.stdout, child.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
            assert!(said.contains("a mistake in evenkeel"), "{said}");
            assert!(said.contains("telemetry.rs:"), "the place is told: {said}");
            assert!(!said.contains("Kanarie"), "{said}");
        }
    }

    #[test]
    #[ignore = "is the process of another test"]
    fn child_panics() {
        let json = environment_variable("CHILD_LOG_FORMAT").is_some_and(|format| format == "json");
        let format = if json { LogFormat::Json } else { LogFormat::Text };
        start(format, &Progress::default());
        silence_panics();
        assert!(catch_unwind(|| panic!("the password is Kanarie{}", "Panic")).is_err());
    }
}
