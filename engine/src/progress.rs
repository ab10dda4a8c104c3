//! How far a run is, for people who watch it on a terminal. Nobody else sees anything of it.

use std::{
    borrow::Cow,
    io::{self, IsTerminal, Write},
    time::Duration,
};

use evenkeel_core::text::{escape, visible};
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use tracing_subscriber::fmt::MakeWriter;

use crate::{environment::environment_variable, mask::mask, terminal::is_colourful};

/// The bars of a run. Clones draw to the same place.
#[derive(Clone, Debug)]
pub struct Progress(MultiProgress);

impl Default for Progress {
    fn default() -> Self {
        Self::hidden()
    }
}

impl Progress {
    /// Draws nothing.
    #[must_use]
    pub fn hidden() -> Self {
        Self(MultiProgress::with_draw_target(ProgressDrawTarget::hidden()))
    }

    /// Draws to standard error if that is a terminal, and if nobody has said (`CI`, `TERM=dumb`) that
    /// no one looks.
    #[must_use]
    pub fn on_terminal() -> Self {
        let dumb = environment_variable("TERM").is_some_and(|terminal| terminal == "dumb");
        if io::stderr().is_terminal() && !dumb && environment_variable("CI").is_none() {
            Self(MultiProgress::with_draw_target(ProgressDrawTarget::stderr()))
        } else {
            Self::hidden()
        }
    }

    /// Whether anybody sees what is drawn.
    #[must_use]
    pub fn is_drawn(&self) -> bool {
        !self.0.is_hidden()
    }

    /// A line of its own, which vanishes with what is returned.
    #[must_use]
    pub fn line(&self) -> Line {
        let bar = self.0.add(ProgressBar::new_spinner());
        if let Ok(style) = ProgressStyle::with_template("{wide_msg}") {
            bar.set_style(style);
        }
        Line(bar)
    }

    /// A step of unknown length.
    pub(crate) fn waiting(&self, message: &'static str) -> Step {
        let bar = self.0.add(ProgressBar::new_spinner().with_message(message));
        if !bar.is_hidden() {
            bar.enable_steady_tick(Duration::from_millis(120));
        }
        Step(bar)
    }

    /// A step of `length` parts.
    pub(crate) fn counting(&self, message: &'static str, length: usize) -> Step {
        let bar = self.0.add(ProgressBar::new(length as u64).with_message(message));
        if let Ok(style) = ProgressStyle::with_template("{msg} [{bar:30}] {pos}/{len} ({eta} left)") {
            bar.set_style(style.progress_chars("=> "));
        }
        Step(bar)
    }
}

/// One line whose text changes.
#[derive(Debug)]
pub struct Line(ProgressBar);

impl Line {
    /// Shows this text from now on.
    pub fn say(&self, text: String) {
        self.0.set_message(visible(&mask().leaving(&text)).into_owned());
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

/// One step; it vanishes from the terminal when it is dropped.
#[derive(Debug)]
pub(crate) struct Step(ProgressBar);

impl Step {
    /// One part more is done.
    pub(crate) fn advance(&self) {
        self.0.inc(1);
    }
}

impl Drop for Step {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

/// Writes log lines to standard error, above the bars and without secrets.
impl<'a> MakeWriter<'a> for Progress {
    type Writer = Above<'a>;

    fn make_writer(&'a self) -> Above<'a> {
        Above(self)
    }
}

/// Standard error above the bars.
#[derive(Debug)]
pub struct Above<'a>(&'a Progress);

/// One call writes one line of the log. The subscriber escapes the control characters of what it logs, but neither those that end a line nor
/// those that turn text around.
impl Write for Above<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let line = shown(&masked_line(&String::from_utf8_lossy(bytes)));
        self.0.0.suspend(|| io::stderr().write_all(line.as_bytes()))?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}

/// The line without secrets; one of JSON stays JSON.
fn masked_line(line: &str) -> String {
    match (mask().leaving(line), serde_json::from_str(line)) {
        (Cow::Owned(_), Ok(event)) => format!("{}\n", mask().leaving_json(event)),
        (masked, _) => masked.into_owned(),
    }
}

/// A line of the log as it is shown. Its colours are those of the subscriber.
fn shown(line: &str) -> String {
    let has_colours = is_colourful(&io::stderr());
    let (line, end) = line.strip_suffix('\n').map_or((line, ""), |line| (line, "\n"));
    let mut shown = String::with_capacity(line.len() + 1);
    for character in line.chars() {
        match escape(character) {
            Some(escape) if !(has_colours && character == '\u{1b}') => shown.push_str(&escape),
            _ => shown.push(character),
        }
    }
    shown + end
}
