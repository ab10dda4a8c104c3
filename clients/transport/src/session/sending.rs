//! One request, through all its attempts.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::{Method, StatusCode};
use reqwest::{Request, Response};
use tokio::{
    sync::SemaphorePermit,
    time::{sleep, timeout_at},
};

use super::{Session, Shared, reach::server};
use crate::{
    AnswerBody, ApiError, Deadline, Kind, OperationPath, Outcome, Secret,
    echo::Echo,
    envelope::Reply,
    failure::{self, Cause, Failure},
    request_log::Call,
    retry::Pauses,
    scope::Scope,
};

/// The most bytes of an error's body that are read.
const ERROR_BODY_BYTES: usize = 64 * 1024;

/// How one attempt ended, and with which renewable token it was made.
struct Attempted {
    result: Result<Reply, Failure>,
    echo: Echo,
    token: Option<Secret>,
}

/// One request, through all its attempts.
pub(super) struct Sending<'a> {
    session: &'a Session,
    method: Method,
    /// What the next attempt sends; `None` once a body that cannot be copied is gone.
    request: Option<Request>,
    operation: &'static str,
    /// What it is about, where a generated client made it.
    path: Option<&'a OperationPath>,
    scope: Scope,
    pauses: Pauses,
    sent: u32,
    /// Whether an attempt so far may have been done by the server without our knowing.
    in_doubt: bool,
}

impl<'a> Sending<'a> {
    pub(super) fn new(session: &'a Session, request: Request, operation: &'static str) -> Self {
        Self {
            session,
            method: request.method().clone(),
            request: Some(request),
            operation,
            path: None,
            scope: Scope::current(),
            pauses: session.shared.options.retry.pauses(),
            sent: 0,
            in_doubt: false,
        }
    }

    /// A request of a generated client.
    pub(super) fn of(session: &'a Session, request: Request, path: &'a OperationPath) -> Self {
        Self { path: Some(path), ..Self::new(session, request, path.operation().id) }
    }

    /// Attempts until there is an answer to keep, or nothing more to try.
    pub(super) async fn run(mut self) -> Result<Response, ApiError> {
        let result = self.attempts().await;
        result.map_err(|error| if self.in_doubt { error.with_outcome_unknown() } else { error })
    }

    async fn attempts(&mut self) -> Result<Response, ApiError> {
        let mut stale: Option<Secret> = None;
        let server = self.reached()?;
        loop {
            let attempted = self.attempt(stale.as_ref()).await?;
            self.in_doubt |= leaves_doubt(&attempted.result);
            if stale.is_none() && self.token_was_refused(&attempted) {
                stale = attempted.token;
                continue;
            }
            match self.pause(&attempted.result) {
                Some(pause) => sleep(pause).await,
                None => {
                    self.session.shared.reach.note(&server, &attempted.result);
                    return self.conclude(attempted);
                }
            }
        }
    }

    /// The request's server, unless another request of the session has just used all its attempts without a connection to it.
    fn reached(&self) -> Result<String, ApiError> {
        let Session { shared, .. } = self.session;
        let Some(request) = &self.request else { return Ok(String::new()) };
        let lost = shared.reach.lost(request, shared.options.retry.max_delay);
        // Whoever repeats nothing has a pace of their own.
        match lost.filter(|_| shared.options.retry.times > 0) {
            Some(failure) => Err(failure.into_error()),
            None => Ok(server(request.url())),
        }
    }

    /// Whether the server refused a token that can be renewed. It has done nothing then, whatever the method.
    fn token_was_refused(&self, attempted: &Attempted) -> bool {
        self.request.is_some()
            && attempted.token.is_some()
            && matches!(&attempted.result, Ok(reply) if reply.status == StatusCode::UNAUTHORIZED)
    }

    /// How long to wait before the next attempt; `None` when there is none, or when the run ends before it.
    fn pause(&mut self, result: &Result<Reply, Failure>) -> Option<Duration> {
        self.request.as_ref()?;
        let pause = self.pauses.next(result, &self.method, self.scope.repeatable)?;
        let in_time = self.deadline().is_none_or(|deadline| pause < deadline.remaining());
        in_time.then_some(pause)
    }

    fn conclude(&self, attempted: Attempted) -> Result<Response, ApiError> {
        match attempted.result {
            Ok(mut reply) => {
                if let Some(path) = self.path.filter(|_| reply.status.is_success()) {
                    reply.body = path.body(reply.body);
                    path.check_answer(&reply.body)?;
                }
                Ok(reply.into_response(&attempted.echo, self.method.is_safe()))
            }
            Err(failure) if failure.cause == Cause::Timeout && self.time_is_up() => {
                Err(ApiError::new(Kind::Deadline, "the run's time is up, and the server has not answered yet")
                    .with_outcome_unknown())
            }
            Err(failure) => Err(failure.into_error()),
        }
    }

    async fn attempt(&mut self, stale: Option<&Secret>) -> Result<Attempted, ApiError> {
        let _place = self.place().await?;
        let session = self.session;
        let Some(mut request) = self.request.take() else {
            return Err(ApiError::new(Kind::Request, "the request's body cannot be sent twice"));
        };
        self.request = request.try_clone();
        let authorized = self.in_time(session.auth.authorize(session.http(), request, stale)).await?;
        let token;
        (request, token) = authorized?;
        *request.timeout_mut() = Some(self.time_limit()?);
        if let Some(token) = &token {
            session.mask().learn(token.expose());
        }
        let echo = Echo::of(&request, session.mask());
        if self.scope.login {
            echo.remember();
        }
        let result = self.transmit(request).await;
        if let (true, Ok(reply)) = (self.scope.login, &result) {
            session.mask().learn_fields(&reply.body);
        }
        Ok(Attempted { result, echo, token })
    }

    /// Sends, reads and records.
    async fn transmit(&mut self, request: Request) -> Result<Reply, Failure> {
        self.sent += 1;
        let operation = self.operation;
        let pending = self.session.log().start(Call {
            operation,
            template: self.path.map(|path| path.operation().path),
            method: self.method.clone(),
            attempt: self.sent,
            login: self.scope.login,
            query: false,
        });
        let result = self.exchange(request).await;
        match &result {
            Ok(reply) => pending.finish(Outcome::Status(reply.status), reply.body.len()),
            Err(failure) => pending.finish(Outcome::Failed(failure.class()), 0),
        }
        result
    }

    async fn exchange(&self, request: Request) -> Result<Reply, Failure> {
        let response = self.session.http().execute(request).await.map_err(|error| failure::classify(&error))?;
        let (status, headers) = (response.status(), response.headers().clone());
        let reply = Reply { status, headers, body: Bytes::new() };
        let body =
            if reply.failed() { error_body(response).await } else { body(response, &self.session.shared).await? };
        Ok(Reply { body, ..reply })
    }

    /// A place among the requests under way. A login takes none: the request that waits for it holds one already.
    async fn place(&self) -> Result<Option<SemaphorePermit<'a>>, ApiError> {
        if self.scope.login {
            return Ok(None);
        }
        let place = self.in_time(self.session.shared.places.acquire()).await?;
        place.map(Some).map_err(|_| ApiError::new(Kind::Request, "the session is closed"))
    }

    /// How long the next attempt may take.
    fn time_limit(&self) -> Result<Duration, ApiError> {
        let limit = self.session.shared.options.request_timeout;
        let remaining = self.deadline().map_or(limit, Deadline::remaining);
        if remaining.is_zero() { Err(too_late()) } else { Ok(limit.min(remaining)) }
    }

    /// What `future` gives, unless the run ends before.
    async fn in_time<F: Future>(&self, future: F) -> Result<F::Output, ApiError> {
        match self.deadline() {
            Some(deadline) => timeout_at(deadline.instant(), future).await.map_err(|_| too_late()),
            None => Ok(future.await),
        }
    }

    fn time_is_up(&self) -> bool {
        self.deadline().is_some_and(|deadline| deadline.remaining().is_zero())
    }

    fn deadline(&self) -> Option<Deadline> {
        self.session.deadline
    }
}

/// Whether the server may have done what was asked although this attempt failed.
fn leaves_doubt(result: &Result<Reply, Failure>) -> bool {
    match result {
        Ok(reply) => matches!(reply.status, StatusCode::BAD_GATEWAY | StatusCode::GATEWAY_TIMEOUT),
        Err(failure) => matches!(failure.cause, Cause::Timeout | Cause::Reset | Cause::TooLarge),
    }
}

fn too_late() -> ApiError {
    ApiError::new(Kind::Deadline, "the run's time is up; the request was not sent")
}

/// The body, whole.
async fn body(mut response: Response, shared: &Shared) -> Result<Bytes, Failure> {
    let mut body = AnswerBody::new(shared.options.max_response_bytes);
    while let Some(piece) = response.chunk().await.map_err(|error| failure::classify(&error))? {
        body.push(&piece)?;
    }
    Ok(body.finish(shared.options.bounded.then_some(&shared.received))?)
}

/// As much of an error's body as is worth reading. The status is what matters: a body that breaks off does not hide it.
async fn error_body(mut response: Response) -> Bytes {
    let mut body = BytesMut::new();
    while let Ok(Some(chunk)) = response.chunk().await {
        let room = ERROR_BODY_BYTES - body.len();
        body.extend_from_slice(&chunk[..chunk.len().min(room)]);
        if body.len() == ERROR_BODY_BYTES {
            break;
        }
    }
    body.freeze()
}
