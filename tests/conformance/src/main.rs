//! Runs the suite against a server and prints its table. Exit code 0: everything passed; 1: something did not; 64: usage.

use std::io::Write;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use evenkeel_conformance::contracts;
use evenkeel_conformance::keycloak::Baseline;
use evenkeel_conformance::live;
use evenkeel_conformance::scenario::{ContractScenario, Row, Scenario, Target, run_all};
use evenkeel_conformance::table;
use secrecy::SecretString;

/// Holds a Keycloak to what is recorded of it. The server must be one that nobody uses: realms are made and deleted.
#[derive(Parser)]
#[command(version, about)]
struct Arguments {
    #[command(subcommand)]
    suite: Suite,
}

#[derive(Subcommand)]
enum Suite {
    /// Runs the Keycloak task: converge, second run, drift, short-lived tokens.
    Live {
        #[command(flatten)]
        server: Server,
    },
    /// Everything, in one table.
    All {
        #[command(flatten)]
        server: Server,
    },
    /// Replays the contract files.
    Contracts {
        #[command(flatten)]
        server: Server,
        /// Only this file, such as `tokens`; may be given more than once.
        #[arg(long, value_name = "FILE")]
        only: Vec<String>,
    },
}

#[derive(Args)]
struct Server {
    /// The server's base URL.
    #[arg(long, env = "EVENKEEL_KEYCLOAK_URL")]
    url: String,
    /// The administrator's name.
    #[arg(long, env = "EVENKEEL_KEYCLOAK_ADMIN", default_value = "admin")]
    admin: String,
    /// The environment variable that holds the administrator's password.
    #[arg(long, value_name = "NAME", default_value = "EVENKEEL_KEYCLOAK_PASSWORD")]
    password_env: String,
}

impl Server {
    #[expect(
        clippy::disallowed_methods,
        reason = "configuration: a password comes by environment, never as an argument"
    )]
    fn target(self) -> Result<Target, String> {
        let password = std::env::var(&self.password_env)
            .map_err(|_| format!("the environment variable `{}` has no password in it", self.password_env))?;
        Ok(Target {
            url: self.url.trim_end_matches('/').to_owned(),
            administrator: self.admin,
            password: SecretString::from(password),
        })
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            let usage = error.use_stderr();
            let _ = error.print();
            return ExitCode::from(if usage { 64 } else { 0 });
        }
    };
    match run(arguments.suite).await {
        Ok(rows) if !rows.is_empty() && rows.iter().all(Row::passed) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(reason) => {
            let _ = writeln!(std::io::stderr(), "error: {reason}");
            ExitCode::FAILURE
        }
    }
}

async fn run(suite: Suite) -> Result<Vec<Row>, String> {
    let (server, scenarios) = match suite {
        Suite::Contracts { server, only } => (server, contract_scenarios(&only)?),
        Suite::Live { server } => (server, live::scenarios()),
        Suite::All { server } => (server, contract_scenarios(&[])?.into_iter().chain(live::scenarios()).collect()),
    };
    let target = server.target()?;
    let baseline = Baseline::take(&target).await.map_err(|error| error.to_string())?;
    let rows = run_all(&scenarios, &target, &baseline, |row| {
        let _ = writeln!(std::io::stderr(), "{} done", row.name);
    })
    .await;
    table::write(&mut std::io::stdout().lock(), &rows).map_err(|error| error.to_string())?;
    Ok(rows)
}

fn contract_scenarios(only: &[String]) -> Result<Vec<Box<dyn Scenario>>, String> {
    let all = contracts::keycloak().map_err(|error| error.to_string())?;
    let chosen = if only.is_empty() {
        all
    } else {
        only.iter()
            .map(|name| contracts::named(&all, name).cloned().ok_or_else(|| format!("there is no contract `{name}`")))
            .collect::<Result<_, _>>()?
    };
    Ok(chosen.into_iter().map(|contract| Box::new(ContractScenario(contract)) as Box<dyn Scenario>).collect())
}
