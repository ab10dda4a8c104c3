//! `evenkeel demo`: the main job, on a Keycloak that is embedded in this program.
//!
//! Everything is real but the server: the example values, the task, HTTP. The sandbox answers as
//! Keycloak 26.7 does, as far as the contracts in `tests/contracts` show it.

mod example;
mod meddle;

use std::sync::Arc;

use evenkeel_core::{
    plan::Style,
    report::{Failure, Report, Status},
};
use evenkeel_engine::{
    command_line::{LogFormat, Options, TaskCommand, ValuesOptions},
    exit_code::ExitCode,
    output,
    run::{Finished, Surroundings, run},
    secrets::SecretResolver,
};
use evenkeel_keycloak::Keycloak;
use evenkeel_sandbox::Keycloak as Sandbox;

use example::Example;

/// Why the demonstration could not go on.
#[derive(Debug, thiserror::Error)]
enum DemoError {
    #[error("the example values cannot be written to a temporary folder: {0}")]
    Folder(#[from] std::io::Error),
    #[error("the embedded keycloak cannot be started: {0}")]
    Sandbox(#[from] evenkeel_sandbox::StartError),
    #[error("the embedded keycloak cannot be changed by hand: {0}")]
    Meddle(#[from] meddle::MeddleError),
    #[error("{step} did not end as it should")]
    Step { step: &'static str, code: ExitCode },
}

/// Converge, run again, meddle, show the drift, correct it.
pub(crate) fn demo() -> ExitCode {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    match runtime.map_err(DemoError::Folder).and_then(|runtime| runtime.block_on(show())) {
        Ok(()) => ExitCode::Converged,
        Err(error) => {
            let code = if let DemoError::Step { code, .. } = error { code } else { ExitCode::Unexpected };
            output::print_failure(&Failure { message: error.to_string(), hint: None }, LogFormat::Text);
            code
        }
    }
}

async fn show() -> Result<(), DemoError> {
    let example = Example::new()?;
    let sandbox = Sandbox::start(&evenkeel_sandbox::Options::new("admin", example.admin_password()))?;
    let stage = Stage {
        surroundings: example.surroundings(),
        command_values: example.values(sandbox.url()),
        example: &example,
    };

    title("A keycloak that nobody has set up, and the values of `examples/platform`");
    let first = stage.apply("the first run").await?;
    say(&summarised(&first.report));

    title("The same again: nothing to do, nothing written");
    sandbox.reset_log();
    let second = stage.apply("the second run").await?;
    say(&second.report.text(output::style()));
    if sandbox.writes() > 0 {
        return Err(DemoError::Step { step: "the second run", code: ExitCode::Unexpected });
    }

    title("Somebody changes things by hand");
    for deed in meddle::meddle(&sandbox, &example).await? {
        say(&format!("  {deed}\n"));
    }

    title("The plan shows the drift, and nothing else");
    let plan = stage.plan("the plan").await?;
    say(&plan.plan.map(|plan| plan.text(output::style())).unwrap_or_default());

    title("The next run corrects it");
    let corrected = stage.apply("the correction").await?;
    say(&corrected.report.text(output::style()));

    title("What now");
    say("  evenkeel keycloak plan --values examples/platform    see docs and README for your own Keycloak\n");
    Ok(())
}

/// The runs of the demonstration, each the same as on the command line.
struct Stage<'a> {
    surroundings: Surroundings,
    command_values: ValuesOptions,
    example: &'a Example,
}

impl Stage<'_> {
    async fn apply(&self, step: &'static str) -> Result<Finished, DemoError> {
        self.run(step, TaskCommand::Apply { adopt: false, options: self.options() }).await
    }

    async fn plan(&self, step: &'static str) -> Result<Finished, DemoError> {
        self.run(step, TaskCommand::Plan { detailed_exitcode: false, options: self.options() }).await
    }

    async fn run(&self, step: &'static str, command: TaskCommand) -> Result<Finished, DemoError> {
        let finished = run::<Keycloak>(&command, &self.surroundings).await;
        if finished.exit_code == ExitCode::Converged {
            return Ok(finished);
        }
        say(&finished.report.text(Style::Plain));
        Err(DemoError::Step { step, code: finished.exit_code })
    }

    fn options(&self) -> Options {
        Options { values: self.command_values.clone(), inventory: Some(self.example.inventory()), ..Options::default() }
    }
}

/// What a first run made, by kind: the whole list is long.
fn summarised(report: &Report) -> String {
    let mut kinds: Vec<(&str, usize)> = Vec::new();
    for change in report.changes.iter().filter(|change| change.status == Status::Applied) {
        let kind = change.change.object.kind().as_str();
        match kinds.iter_mut().find(|(known, _)| *known == kind) {
            Some((_, count)) => *count += 1,
            None => kinds.push((kind, 1)),
        }
    }
    let lines: String = kinds.iter().map(|(kind, count)| format!("  {count:>3}  {kind}\n")).collect();
    format!("{lines}{}\n", report.summary())
}

fn title(text: &str) {
    say(&format!("\n── {text}\n"));
}

fn say(text: &str) {
    output::print(text);
}

/// The resolver of the demonstration: its secrets are made for this run and die with it.
fn resolver(secrets: Vec<(&'static str, secrecy::SecretString)>) -> Arc<SecretResolver> {
    Arc::new(SecretResolver::with_environment(secrets))
}
