//! Runs the steps of a contract in order.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::pin::pin;
use std::time::{Duration, Instant};

use futures::future::join_all;
use reqwest::Client;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use tokio::sync::Notify;

use super::answer::{self, Rules};
use super::contract::{Contract, Event, Exchange, Step, Until};
use super::error::ReplayError;
use super::pointer;
use super::report::{Replay, StepReport};
use super::send::{self, Answer};
use super::variables::Variables;

mod race;
mod time;

pub use time::{PlayedClock, Waiting};

/// When the token of a contract's first step is renewed. It lives 60 s, which a large file on a slow machine outlives
/// without any fault of the server; no contract is about this token's age.
const RENEW_AFTER: Duration = Duration::from_secs(40);

/// Keys that answers may lack, by contract file, since nothing that we read or compare depends on them.
pub type LeftOut = BTreeMap<String, BTreeSet<String>>;

/// Makes something happen to the server: `database down`. A reason when it cannot.
pub type Happening = Box<dyn Fn(&str) -> Result<(), String> + Send + Sync>;

/// Replays contracts against one server.
pub struct Replayer {
    client: Client,
    base: String,
    given: BTreeMap<String, SecretString>,
    waiting: Waiting,
    happening: Happening,
    may_be_left_out: LeftOut,
    /// What the server calls itself.
    known_as: Option<String>,
}

impl Replayer {
    /// A replayer for the server at `base`, such as `http://127.0.0.1:8080`. It sleeps where a contract waits, and lets no
    /// key be left out.
    ///
    /// # Errors
    /// [`ReplayError::Client`].
    pub fn new(base: &str) -> Result<Self, ReplayError> {
        Ok(Self {
            client: send::client(None)?,
            base: base.trim_end_matches('/').to_owned(),
            given: BTreeMap::new(),
            waiting: Waiting::Sleep,
            happening: Box::new(|_| Err("nobody here has a hand on the server".to_owned())),
            may_be_left_out: LeftOut::new(),
            known_as: None,
        })
    }

    /// Trusts these certificates, in PEM, besides those that everybody trusts.
    ///
    /// # Errors
    /// [`ReplayError::Client`]: these are no certificates.
    pub fn trusting(mut self, ca: &str) -> Result<Self, ReplayError> {
        self.client = send::client(Some(ca))?;
        Ok(self)
    }

    /// Brings a value for a variable that contracts are given: `admin_user`, `admin_password`, or a token. It stands in
    /// for a recorded value of the same name.
    #[must_use]
    pub fn given(mut self, name: &str, value: SecretString) -> Self {
        self.given.insert(name.to_owned(), value);
        self
    }

    /// Says by which address the server calls itself in its answers, where that is not the one at which it is asked.
    #[must_use]
    pub fn known_as(mut self, url: &str) -> Self {
        self.known_as = Some(url.trim_end_matches('/').to_owned());
        self
    }

    /// Says how the seconds pass that a step waits.
    #[must_use]
    pub fn waiting(mut self, waiting: Waiting) -> Self {
        self.waiting = waiting;
        self
    }

    /// Says who makes things happen to the server. Without that, a contract that needs it cannot be replayed.
    #[must_use]
    pub fn happening(mut self, happening: Happening) -> Self {
        self.happening = happening;
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
    /// The file is broken, needs a value that was not given, or something that nobody makes happen. A server that does not answer is a disagreement.
    pub async fn replay(&self, contract: &Contract) -> Result<Replay, ReplayError> {
        let mut session = Session::start(self, contract)?;
        for (index, step) in contract.steps.iter().enumerate() {
            session.renew_token().await;
            let exchange = match step {
                Step::Event(event) => {
                    session.happen(event)?;
                    continue;
                }
                Step::Exchange(exchange) => exchange,
            };
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
            replay: Replay { file: contract.file.clone(), steps: contract.steps.len(), ..Replay::default() },
            logged_in: Instant::now(),
        };
        let base = replayer.known_as.as_ref().unwrap_or(&replayer.base);
        session.variables.set("base", Value::from(base.as_str()));
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

    fn happen(&self, event: &Event) -> Result<(), ReplayError> {
        (self.replayer.happening)(&event.happens).map_err(|reason| ReplayError::NotHappened {
            file: self.contract.file.clone(),
            event: event.happens.clone(),
            reason,
        })
    }

    async fn step(&mut self, exchange: &Exchange) -> Result<(), ReplayError> {
        let request = &exchange.request;
        self.wait(request.wait).await;
        for (name, (text, times)) in &request.fill {
            self.variables.set(name, Value::from(text.repeat(*times)));
        }
        let answer = match (&exchange.during, &request.until, request.parallel, request.repeat) {
            (Some(background), ..) => self.send_during(background, exchange).await?,
            (_, Some(until), ..) => self.send_until(exchange, until).await?,
            (.., Some(times), _) => match self.send_at_once(exchange, times).await? {
                Some(answer) => answer,
                None => return Ok(()),
            },
            (.., Some(times)) => self.send_repeatedly(exchange, times).await?,
            _ => self.send(exchange).await?,
        };
        self.check(exchange, &answer);
        Ok(())
    }

    async fn wait(&self, seconds: Option<f64>) {
        if let Some(wait) = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()) {
            self.replayer.waiting.pass(wait).await;
        }
    }

    async fn send(&self, exchange: &Exchange) -> Result<Answer, ReplayError> {
        let (answer, took) = self.replayer.waiting.answer(self.request(exchange)).await;
        Ok(Answer { took, ..answer? })
    }

    async fn request(&self, exchange: &Exchange) -> Result<Answer, ReplayError> {
        self.request_slowly(exchange, self.wait(exchange.request.slow)).await
    }

    /// Sends the request, and waits before it reads the answer.
    async fn request_slowly(&self, exchange: &Exchange, slow: impl Future<Output = ()>) -> Result<Answer, ReplayError> {
        let Replayer { client, base, .. } = self.replayer;
        let begun = send::begin(client, self.contract, &exchange.request, base, &self.variables).await?;
        slow.await;
        begun.read(&exchange.request).await
    }

    /// Sends the request while another one is under way, which must come to its end later.
    async fn send_during(&mut self, background: &Exchange, exchange: &Exchange) -> Result<Answer, ReplayError> {
        let (answer, other, early) = {
            let answered = Notify::new();
            let reading = self.replayer.waiting.slowly(background.request.slow, answered.notified());
            let mut slow = pin!(self.request_slowly(background, reading));
            let mut finished = None;
            tokio::select! {
                done = &mut slow => finished = Some(done?),
                () = self.replayer.waiting.head_start() => {}
            }
            let mut answer = None;
            let mut early = finished.is_some();
            if !early {
                let mut sent = pin!(self.request(exchange));
                tokio::select! {
                    done = &mut slow => {
                        finished = Some(done?);
                        answer = Some(sent.as_mut().await?);
                    }
                    done = &mut sent => answer = Some(done?),
                }
                // A watch may end with what this request does, and its client hears of that first.
                early = finished.is_some() && background.request.watch.is_none();
            }
            answered.notify_one();
            let answer = match answer {
                Some(answer) => answer,
                None => self.request(exchange).await?,
            };
            let other = match finished {
                Some(other) => other,
                None => self.replayer.waiting.answer(slow).await.0?,
            };
            (answer, other, early)
        };
        if early {
            self.report(exchange).add("during", &format!("`{}` still under way", background.name), "its answer");
        }
        self.check(background, &other);
        Ok(answer)
    }

    /// Sends the request again until its answer is as it should be, or the time is up. The last answer is returned.
    async fn send_until(&self, exchange: &Exchange, until: &Until) -> Result<Answer, ReplayError> {
        let every = Duration::try_from_secs_f64(until.every).unwrap_or_default();
        let mut left = Duration::try_from_secs_f64(until.seconds).unwrap_or_default();
        loop {
            let answer = self.send(exchange).await?;
            if until.is_met(&answer) || left.is_zero() {
                return Ok(answer);
            }
            self.replayer.waiting.pass_between(every).await;
            left = left.saturating_sub(every.max(Duration::from_millis(1)));
        }
    }

    /// Sends the request that many times at once. One answer of the recorded status is returned; none where the race has gone another way
    /// that is as good.
    async fn send_at_once(&mut self, exchange: &Exchange, times: usize) -> Result<Option<Answer>, ReplayError> {
        let sent = join_all((0..times).map(|_| self.send(exchange))).await;
        let mut answers = sent.into_iter().collect::<Result<Vec<_>, _>>()?;
        answers.sort_by_key(|answer| answer.status);
        let statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
        let recorded = exchange.response.statuses.as_ref();
        if let Some(recorded) = recorded.filter(|recorded| !race::agrees(recorded, &statuses)) {
            self.report(exchange).add("statuses", &format!("{recorded:?}"), &format!("{statuses:?}"));
        }
        match answers.iter().rposition(|answer| answer.status == exchange.response.status) {
            Some(position) => Ok(Some(answers.swap_remove(position))),
            None if recorded.is_some() => Ok(None),
            None => Ok(answers.pop()),
        }
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
            dropped: &self.contract.drop,
            may_be_left_out: &self.may_be_left_out,
        };
        for (key, times) in answer::check(exchange, answer, &rules, &mut report) {
            *self.replay.left_out.entry(key).or_default() += times;
        }
    }

    /// Logs in again, unrecorded, where the first step did so too long ago.
    async fn renew_token(&mut self) {
        let Some(Step::Exchange(login)) = self.contract.steps.first() else {
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
        let unsent = self.contract.steps.len() - index - 1;
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

impl Until {
    fn is_met(&self, answer: &Answer) -> bool {
        self.is_met_by(&answer.json().unwrap_or_default()) && self.status.is_none_or(|status| status == answer.status)
    }

    /// Whether a body, or a line of one, is as it should be.
    pub(crate) fn is_met_by(&self, body: &Value) -> bool {
        let found = self.pointer.as_deref().and_then(|pointer| pointer::find(body, pointer));
        match (&self.pointer, &self.is) {
            (None, _) => true,
            (Some(_), Some(is)) => found == Some(is),
            (Some(_), None) => found.is_some() == self.has,
        }
    }
}
