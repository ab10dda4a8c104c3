//! `evenkeel demo`: the main job, on a Keycloak and a Harbor with a cluster that are embedded in this program.
//!
//! Everything is real but the servers: the example values, the tasks, HTTP. The sandboxes answer as Keycloak 26.7, Harbor 2.15 and
//! Kubernetes 1.36 do, as far as the contracts in `tests/contracts` show it.

mod example;
mod meddle;
mod servers;

use evenkeel_core::{
    plan::Style,
    report::{Failure, Report, Status},
};
use evenkeel_engine::{
    command_line::{LogFormat, Options, OwnOptions, TaskCommand, ValuesOptions},
    exit_code::ExitCode,
    output,
    run::{Finished, Surroundings, run},
    task::Task,
};
use evenkeel_harbor::Harbor;
use evenkeel_keycloak::Keycloak;

use example::Example;
use servers::Servers;

/// Why the demonstration could not go on.
#[derive(Debug, thiserror::Error)]
enum DemoError {
    #[error("the example values cannot be written to a temporary folder: {0}")]
    Folder(#[from] std::io::Error),
    #[error("an embedded server cannot be started: {0}")]
    Sandbox(#[from] evenkeel_sandbox::StartError),
    #[error("the embedded servers cannot be changed by hand: {0}")]
    Meddle(#[from] meddle::MeddleError),
    #[error("the published secrets cannot be tried: {0}")]
    Pull(#[from] servers::PullError),
    #[error("{}", .0.message)]
    Output(Failure),
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
    let servers = Servers::start(&example)?;
    let stage = Stage {
        surroundings: example.surroundings(servers.connection()),
        values: example.values(servers.keycloak.url(), servers.harbor.url()),
    };

    title("A Keycloak and a Harbor that nobody has set up, a cluster, and the values of `examples/platform`")?;
    for finished in stage.apply("the first run").await? {
        say(&summarised(&finished.report))?;
    }

    title("A node pulls images with what is in the namespaces now")?;
    log_in(&servers, "the first login").await?;

    title("The same again: nothing to do, nothing written")?;
    servers.reset_logs();
    for finished in stage.apply("the second run").await? {
        say(&finished.report.text(output::style()))?;
    }
    if servers.writes() > 0 {
        return Err(DemoError::Step { step: "the second run", code: ExitCode::Unexpected });
    }

    title("Somebody changes things by hand")?;
    for deed in meddle::meddle(&servers, &example).await? {
        say(&format!("  {deed}\n"))?;
    }

    title("The plan shows the drift, and nothing else")?;
    let plans = stage.plan("the plan").await?.map(|finished| finished.plan);
    let plans = plans.map(|plan| plan.map(|plan| plan.text(output::style())).unwrap_or_default());
    say(&plans.join("\n"))?;

    title("The next run corrects it")?;
    for finished in stage.apply("the correction").await? {
        say(&finished.report.text(output::style()))?;
    }

    title("And every team pulls again")?;
    log_in(&servers, "the last login").await?;

    title("What now")?;
    say("  evenkeel keycloak plan --values examples/platform    see docs and README for your own Keycloak and Harbor\n")
}

/// The runs of the demonstration, each the same as on the command line.
struct Stage {
    surroundings: Surroundings,
    values: ValuesOptions,
}

impl Stage {
    async fn apply(&self, step: &'static str) -> Result<[Finished; 2], DemoError> {
        let keycloak = TaskCommand::Apply { adopt: false, options: self.options() };
        let harbor = TaskCommand::Apply { adopt: false, options: self.options() };
        self.run(step, &keycloak, &harbor).await
    }

    async fn plan(&self, step: &'static str) -> Result<[Finished; 2], DemoError> {
        let keycloak = TaskCommand::Plan { detailed_exitcode: false, options: self.options() };
        let harbor = TaskCommand::Plan { detailed_exitcode: false, options: self.options() };
        self.run(step, &keycloak, &harbor).await
    }

    /// Keycloak first, because people log in to Harbor by it.
    async fn run(
        &self,
        step: &'static str,
        keycloak: &TaskCommand<<Keycloak as Task>::RunOptions>,
        harbor: &TaskCommand<<Harbor as Task>::RunOptions>,
    ) -> Result<[Finished; 2], DemoError> {
        Ok([self.run_one::<Keycloak>(step, keycloak).await?, self.run_one::<Harbor>(step, harbor).await?])
    }

    async fn run_one<T: Task>(
        &self,
        step: &'static str,
        command: &TaskCommand<T::RunOptions>,
    ) -> Result<Finished, DemoError> {
        let finished = Box::pin(run::<T>(command, &self.surroundings)).await;
        if finished.exit_code == ExitCode::Converged {
            return Ok(finished);
        }
        say(&finished.report.text(Style::Plain))?;
        Err(DemoError::Step { step, code: finished.exit_code })
    }

    fn options<O: OwnOptions>(&self) -> Options<O> {
        Options { values: self.values.clone(), ..Options::default() }
    }
}

async fn log_in(servers: &Servers, step: &'static str) -> Result<(), DemoError> {
    for (secret, robot, works) in servers.pull_logins().await? {
        if !works {
            return Err(DemoError::Step { step, code: ExitCode::Unexpected });
        }
        say(&format!("  {secret} logs in as {robot}\n"))?;
    }
    Ok(())
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

fn title(text: &str) -> Result<(), DemoError> {
    say(&format!("\n── {text}\n"))
}

fn say(text: &str) -> Result<(), DemoError> {
    output::print(text).map_err(DemoError::Output)
}
