//! The barrier as a process: command line in, exit code out.

use clap::{ArgMatches, FromArgMatches};
use evenkeel_core::{
    report::Failure,
    values::{SecretValue, Values},
};
use evenkeel_engine::{
    Runtime,
    command_line::OutputFormat,
    exit_code::ExitCode,
    off_runtime, output, parse, read_values,
    secrets::{Reach, SecretResolver},
};
use evenkeel_kubernetes_client::Connection;
use evenkeel_transport::mask::looks_secret;
use secrecy::SecretString;
use tokio::time::{Instant, sleep_until};

use crate::{
    Condition, Error, NAME,
    barrier::{Board, Gate, Outcome, Rules, wait},
    command,
    command_line::WaitFor,
    condition::{ClientAccount, Expectations, declared::secret_header, of_barrier},
    display,
    handover::hand_over,
    pace::Pace,
    probe::{Manner, Probe, SharedCluster},
    summary::Summary,
};

/// Where the client's secret is when no file is named.
const CLIENT_SECRET: &str = "EVENKEEL_CLIENT_SECRET";

/// The whole of the program's `main`.
#[must_use]
pub fn main() -> std::process::ExitCode {
    let name = format!("evenkeel-{NAME}");
    let command = command().display_name(&name).bin_name(&name).version(env!("CARGO_PKG_VERSION"));
    parse(command, std::env::args_os()).map_or_else(|code| code, |matches| run_matches(&matches)).into()
}

/// Waits as [`command`] was asked to, tells how it went, and hands over to the command behind `--`.
#[must_use]
pub fn run_matches(matches: &ArgMatches) -> ExitCode {
    let line = match WaitFor::from_arg_matches(matches) {
        Ok(line) => line,
        Err(error) => {
            // Whoever does not read it needs no message about that either.
            let _ = output::print_usage(&error);
            return ExitCode::Usage;
        }
    };
    let runtime = Runtime::start(line.log_format);
    // The time to wait begins before values and secrets are read: they may be in pipes.
    let begin = Instant::now();
    let format = line.log_format;
    let overdue = move || {
        output::print_failure(&late(), format);
        ExitCode::Unavailable
    };
    let (failure, code) = match runtime.run(line.waiting.timeout, overdue, run(&line, &runtime, begin)) {
        Ok(Ok((outcome, summary))) => return tell(&line, outcome, &summary),
        Ok(Err(Unprepared::Told(code))) => return code,
        Ok(Err(Unprepared::Because(error))) => (error.failure(), error.exit_code()),
        Ok(Err(Unprepared::Late)) => (late(), ExitCode::Unavailable),
        Ok(Err(Unprepared::Stopped)) => {
            let hint = Some("run it again".to_owned());
            (Failure { message: "stopped before the first question".to_owned(), hint }, ExitCode::SomeFailed)
        }
        Err(failure) => (failure, ExitCode::Unexpected),
    };
    output::print_failure(&failure, format);
    code
}

fn late() -> Failure {
    Failure {
        message: "the time to wait has passed, and something that the barrier needs does not return".to_owned(),
        hint: Some("look for a values file, a secret file or a login command that hangs".to_owned()),
    }
}

/// Why waiting has not begun.
enum Unprepared {
    /// That has been told.
    Told(ExitCode),
    /// The time is up.
    Late,
    /// A signal came.
    Stopped,
    /// Something is wrong.
    Because(Error),
}

impl<E: Into<Error>> From<E> for Unprepared {
    fn from(error: E) -> Self {
        Self::Because(error.into())
    }
}

/// Waits, from reading the values on.
async fn run(line: &WaitFor, runtime: &Runtime, begin: Instant) -> Result<(Outcome, Summary), Unprepared> {
    let preparing = line.clone();
    let gates = tokio::select! {
        biased;
        () = runtime.stop.asked() => return Err(Unprepared::Stopped),
        // Values and secrets may be in pipes to which nobody writes.
        gates = off_runtime(move || prepare(preparing)) => gates?,
        () = sleep_until(begin + line.waiting.timeout) => return Err(Unprepared::Late),
    };
    Ok(hold(line, gates, runtime, begin).await)
}

async fn hold(line: &WaitFor, gates: Vec<Gate<Probe>>, runtime: &Runtime, begin: Instant) -> (Outcome, Summary) {
    let waiting = &line.waiting;
    let rules = Rules {
        pace: Pace { interval: waiting.interval, longest: waiting.backoff },
        any: waiting.any,
        deadline: begin + waiting.timeout,
    };
    let board = Board::new(gates.iter().map(|gate| gate.name.clone()));
    let outcome = tokio::select! {
        outcome = wait(gates, &rules, &board, &runtime.stop) => outcome,
        () = display::show(&board, &runtime.progress) => Outcome::Stopped,
    };
    (outcome, Summary::new(outcome, &board.rows(), begin))
}

/// Tells how it went. Standard output belongs to the command that comes, if there is one.
fn tell(line: &WaitFor, outcome: Outcome, summary: &Summary) -> ExitCode {
    let has_command = !line.command.is_empty();
    let printed = match line.output {
        OutputFormat::Json if !has_command || outcome != Outcome::Open => output::print_json(summary),
        OutputFormat::Text if !has_command => output::print_text(&summary.text()),
        _ if outcome == Outcome::Open => {
            tracing::info!("the barrier is open after {} ms", summary.duration_milliseconds);
            Ok(())
        }
        _ => Ok(()),
    };
    if let Some(failure) = summary.failure(outcome) {
        output::print_failure(&failure, line.log_format);
        return outcome.exit_code();
    }
    if let Err(failure) = printed {
        output::print_failure(&failure, line.log_format);
        return ExitCode::Configuration;
    }
    match hand_over(&line.command) {
        Some(failure) => {
            output::print_failure(&failure, line.log_format);
            ExitCode::Configuration
        }
        None => outcome.exit_code(),
    }
}

/// Everything before the first question.
fn prepare(mut line: WaitFor) -> Result<Vec<Gate<Probe>>, Unprepared> {
    let conditions = conditions(&mut line)?;
    if conditions.is_empty() {
        return Err(Error::NoConditions.into());
    }
    let connection = Connection::Inferred {
        kubeconfig: line.kubernetes.kubeconfig.clone(),
        context: line.kubernetes.context.clone(),
    };
    let manner = Manner { limit: line.waiting.probe_timeout, mask: output::mask().clone() };
    let cluster = SharedCluster::new(connection, &manner);
    let gate = |condition: Condition| {
        Ok(Gate {
            name: condition.to_string(),
            probe: Probe::new(&condition.target, &manner, &cluster)?,
            confirmations: condition.confirmations,
            invert: condition.invert,
        })
    };
    conditions.into_iter().map(gate).collect()
}

/// The conditions of the command line, then those of the barriers.
fn conditions(line: &mut WaitFor) -> Result<Vec<Condition>, Unprepared> {
    // What the command line names is the word of whoever starts this process.
    let expectations = expectations(line, &SecretResolver::of_process(Reach::default()))?;
    let mut conditions = Vec::new();
    for target in &line.targets {
        conditions.push(expectations.condition(target).map_err(Error::from)?);
    }
    if line.barrier.is_empty() {
        return Ok(conditions);
    }
    line.values.complete_from_environment();
    let values: Values = read_values(&line.values, line.log_format).map_err(Unprepared::Told)?;
    let secrets = SecretResolver::of_process(line.reach.reach());
    for name in &line.barrier {
        conditions.extend(of_barrier(&values, name, &secrets, line.waiting.confirmations)?);
    }
    Ok(conditions)
}

fn expectations(line: &WaitFor, secrets: &SecretResolver) -> Result<Expectations, Error> {
    let http = &line.http;
    let mut headers = http.headers()?;
    for (name, variable) in http.header_variables()? {
        let secret = secrets.resolve(&SecretValue::FromEnv(variable))?;
        headers.push((name.clone(), secret_header(name.as_str(), secret)?));
    }
    let confidential = headers.iter().filter(|(name, _)| looks_secret(name.as_str()));
    confidential.filter_map(|(_, text)| text.to_str().ok()).for_each(|text| secrets.mask().learn_credential(text));
    Ok(Expectations {
        method: http.method.into(),
        headers,
        status: http.status.clone(),
        answer_headers: http.answer_header.clone(),
        json: http.expected_json(),
        host: http.host.as_deref().map(crate::condition::declared::host).transpose()?,
        ca_bundle: http.ca_file.as_ref().map(|path| file(path, secrets)).transpose()?,
        client: client(line, secrets)?,
        any_object: line.kubernetes.any_object,
        retry_failed_jobs: line.kubernetes.retry_failed_jobs,
        confirmations: line.waiting.confirmations,
        invert: line.waiting.invert,
    })
}

fn client(line: &WaitFor, secrets: &SecretResolver) -> Result<Option<ClientAccount>, Error> {
    let Some(client_id) = line.keycloak.client_id.clone() else { return Ok(None) };
    let client_secret = match &line.keycloak.client_secret_file {
        Some(path) => file(path, secrets)?,
        None => secrets.resolve(&SecretValue::FromEnv(CLIENT_SECRET.to_owned()))?,
    };
    Ok(Some(ClientAccount { client_id, client_secret }))
}

fn file(path: &std::path::Path, secrets: &SecretResolver) -> Result<SecretString, Error> {
    Ok(secrets.resolve(&SecretValue::FromFile(path.display().to_string()))?)
}
