//! Runs the steps of a contract in order.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use reqwest::Client;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use super::answer::{self, Rules};
use super::contract::{Contract, Exchange};
use super::report::{Replay, StepReport};
use super::send::{self, Answer};
use super::variables::Variables;

/// When the token of a contract's first step is renewed. It lives 60 s, which a large file on a slow machine outlives
/// without any fault of the server; no contract is about this token's age.
const RENEW_AFTER: Duration = Duration::from_secs(40);

/// Why a contract was not replayed to its end.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// No HTTP client could be made.
    #[error("no HTTP client could be made: {0}")]
    Client(reqwest::Error),
    /// A request got no answer.
    #[error("there was no answer: {0}")]
    NoAnswer(reqwest::Error),
    /// The file asks the replayer for a value that it was not given.
    #[error("contract `{file}` needs a value for `{name}`")]
    NotGiven {
        /// The contract file.
        file: String,
        /// The variable.
        name: String,
    },
    /// The file contradicts itself.
    #[error("contract `{file}` is broken: {reason}")]
    Broken {
        /// The contract file.
        file: String,
        /// What is wrong with it.
        reason: String,
    },
}

impl Contract {
    pub(crate) fn broken(&self, reason: String) -> ReplayError {
        ReplayError::Broken { file: self.file.clone(), reason }
    }
}

/// How the seconds pass that a step waits.
pub enum Waiting {
    /// They pass: for real servers.
    Sleep,
    /// A server with a clock of its own is told to move on: for the sandbox.
    Advance(Box<dyn Fn(Duration) + Send + Sync>),
}

/// Keys that answers may lack, by contract file, since nothing that we read or compare depends on them.
pub type LeftOut = BTreeMap<String, BTreeSet<String>>;

/// Replays contracts against one server.
pub struct Replayer {
    client: Client,
    base: String,
    given: BTreeMap<String, SecretString>,
    waiting: Waiting,
    may_be_left_out: LeftOut,
}

impl Replayer {
    /// A replayer for the server at `base`, such as `http://127.0.0.1:8080`. It sleeps where a contract waits, and lets no
    /// key be left out.
    ///
    /// # Errors
    /// [`ReplayError::Client`].
    pub fn new(base: &str) -> Result<Self, ReplayError> {
        Ok(Self {
            client: send::client()?,
            base: base.trim_end_matches('/').to_owned(),
            given: BTreeMap::new(),
            waiting: Waiting::Sleep,
            may_be_left_out: LeftOut::new(),
        })
    }

    /// Brings a value for a variable that contracts are given: `admin_user`, `admin_password`, or a token. It stands in
    /// for a recorded value of the same name.
    #[must_use]
    pub fn given(mut self, name: &str, value: SecretString) -> Self {
        self.given.insert(name.to_owned(), value);
        self
    }

    /// Says how the seconds pass that a step waits.
    #[must_use]
    pub fn waiting(mut self, waiting: Waiting) -> Self {
        self.waiting = waiting;
        self
    }

    /// Lets answers lack these keys; a replay lists each that was lacking.
    #[must_use]
    pub fn may_leave_out(mut self, keys: LeftOut) -> Self {
        self.may_be_left_out = keys;
        self
    }

    /// Replays one contract. The server must know nothing but its administrator.
    ///
    /// # Errors
    /// The file is broken or needs a value that was not given. A server that does not answer is a disagreement.
    pub async fn replay(&self, contract: &Contract) -> Result<Replay, ReplayError> {
        let mut session = Session::start(self, contract)?;
        for (index, exchange) in contract.exchanges.iter().enumerate() {
            session.renew_token().await;
            match session.step(exchange).await {
                Err(ReplayError::NoAnswer(error)) => {
                    session.give_up(exchange, index, &error);
                    break;
                }
                other => other?,
            }
        }
        Ok(session.replay)
    }
}

/// One contract on its way.
struct Session<'a> {
    replayer: &'a Replayer,
    contract: &'a Contract,
    variables: Variables,
    secrets: Vec<String>,
    may_be_left_out: BTreeSet<String>,
    replay: Replay,
    logged_in: Instant,
}

impl<'a> Session<'a> {
    fn start(replayer: &'a Replayer, contract: &'a Contract) -> Result<Self, ReplayError> {
        let mut session = Self {
            replayer,
            contract,
            variables: Variables::default(),
            secrets: Vec::new(),
            may_be_left_out: replayer.may_be_left_out.get(&contract.file).cloned().unwrap_or_default(),
            replay: Replay { file: contract.file.clone(), steps: contract.exchanges.len(), ..Replay::default() },
            logged_in: Instant::now(),
        };
        session.variables.set("base", Value::from(replayer.base.as_str()));
        for (name, recorded) in &contract.given {
            session.set_given(name, recorded)?;
        }
        Ok(session)
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "the replayer logs in itself: a contract sends the administrator's password as recorded"
    )]
    fn set_given(&mut self, name: &str, recorded: &Value) -> Result<(), ReplayError> {
        let own = self.replayer.given.get(name);
        if recorded.is_null() {
            let secret =
                own.ok_or_else(|| ReplayError::NotGiven { file: self.contract.file.clone(), name: name.to_owned() })?;
            self.secrets.push(secret.expose_secret().to_owned());
        }
        let value = own.map_or(recorded.clone(), |own| Value::from(own.expose_secret()));
        self.variables.set(name, value);
        Ok(())
    }

    async fn step(&mut self, exchange: &Exchange) -> Result<(), ReplayError> {
        self.wait(exchange.request.wait).await;
        let answer = match exchange.request.repeat {
            None => self.send(exchange).await?,
            Some(times) => self.send_repeatedly(exchange, times).await?,
        };
        self.check(exchange, &answer);
        Ok(())
    }

    async fn wait(&self, seconds: Option<f64>) {
        let Some(wait) = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()) else {
            return;
        };
        match &self.replayer.waiting {
            Waiting::Sleep => tokio::time::sleep(wait).await,
            Waiting::Advance(advance) => advance(wait),
        }
    }

    async fn send(&self, exchange: &Exchange) -> Result<Answer, ReplayError> {
        let Replayer { client, base, .. } = self.replayer;
        let request = &exchange.request;
        send::send(client, self.contract, request, base, &self.variables).await
    }

    /// Sends the request with `{i}` from 1 to `times`; all answers must have the recorded status, the last is returned.
    async fn send_repeatedly(&mut self, exchange: &Exchange, times: usize) -> Result<Answer, ReplayError> {
        let width = times.to_string().len();
        for round in 1..times {
            self.variables.set("i", Value::from(format!("{round:0width$}")));
            let answer = self.send(exchange).await?;
            if answer.status != exchange.response.status {
                self.report(exchange).add(
                    &format!("status of round {round}"),
                    &exchange.response.status.to_string(),
                    &answer.status.to_string(),
                );
            }
        }
        self.variables.set("i", Value::from(times.to_string()));
        self.send(exchange).await
    }

    /// Saves first: a body may hold what is saved from it.
    fn check(&mut self, exchange: &Exchange, answer: &Answer) {
        let mut report = StepReport {
            file: &self.contract.file,
            step: &exchange.name,
            secrets: &self.secrets,
            found: &mut self.replay.disagreements,
        };
        answer::save(exchange, answer, &mut self.variables, &mut report);
        let rules = Rules {
            variables: &self.variables,
            unordered: &self.contract.unordered,
            may_be_left_out: &self.may_be_left_out,
        };
        for (key, times) in answer::check(exchange, answer, &rules, &mut report) {
            *self.replay.left_out.entry(key).or_default() += times;
        }
    }

    /// Logs in again, unrecorded, where the first step did so too long ago.
    async fn renew_token(&mut self) {
        let Some(login) = self.contract.exchanges.first() else {
            return;
        };
        let token = login.save.get_key_value("token");
        if let (Some((name, pointer)), true) = (token, self.logged_in.elapsed() > RENEW_AFTER)
            && let Ok(answer) = self.send(login).await
            && let Some(body) = answer.json()
            && let Some(fresh) = super::pointer::find(&body, pointer)
        {
            self.variables.set(name, fresh.clone());
            self.logged_in = Instant::now();
        }
    }

    fn give_up(&mut self, exchange: &Exchange, index: usize, error: &reqwest::Error) {
        let unsent = self.contract.exchanges.len() - index - 1;
        self.report(exchange).add(
            "answer",
            "an answer",
            &format!("{error}; the {unsent} steps behind it were not sent"),
        );
    }

    fn report<'b>(&'b mut self, exchange: &'b Exchange) -> StepReport<'b> {
        StepReport {
            file: &self.contract.file,
            step: &exchange.name,
            secrets: &self.secrets,
            found: &mut self.replay.disagreements,
        }
    }
}
