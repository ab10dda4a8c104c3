//! One request, through all its attempts.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use evenkeel_transport::{AnswerBody, ApiError, Deadline, Kind, Outcome};
use http::{HeaderMap, StatusCode};
use http_body_util::BodyExt;
use kube::client::Body;
use tokio::{
    sync::SemaphorePermit,
    time::{sleep, timeout},
};

use crate::{
    Cluster, KubernetesError,
    call::{Call, Verb},
    error::Status,
    failure::{Cause, Failure},
};

/// The most bytes of an error's body that are read.
const ERROR_BODY_BYTES: usize = 64 * 1024;

/// A buffered answer.
struct Reply {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

/// One request, through all its attempts.
pub(crate) struct Sending<'a> {
    cluster: &'a Cluster,
    call: &'a Call,
    sent: u32,
    /// Whether an attempt so far may have been done by the server without our knowing.
    in_doubt: bool,
}

impl<'a> Sending<'a> {
    pub(crate) const fn new(cluster: &'a Cluster, call: &'a Call) -> Self {
        Self { cluster, call, sent: 0, in_doubt: false }
    }

    /// Attempts until there is an answer to keep, or nothing more to try. Returns the body of a success.
    pub(crate) async fn run(mut self) -> Result<Bytes, KubernetesError> {
        let mut delays = self.cluster.options().retry.delays();
        loop {
            let result = match self.attempt().await? {
                Ok(reply) if reply.status.is_success() => return Ok(reply.body),
                other => other,
            };
            let asked =
                result.as_ref().map_or(Duration::ZERO, |reply| self.cluster.options().retry.asked_for(&reply.headers));
            let pause = if self.worth_another(&result) { delays.next().map(|delay| delay + asked) } else { None };
            match pause {
                Some(pause) if self.deadline().is_none_or(|deadline| pause < deadline.remaining()) => {
                    sleep(pause).await
                }
                _ => return Err(self.conclude(result)),
            }
        }
    }

    async fn attempt(&mut self) -> Result<Result<Reply, Failure>, KubernetesError> {
        let _place = self.place().await?;
        let limit = self.time_limit()?;
        self.sent += 1;
        let pending = self.cluster.log().start(evenkeel_transport::Call {
            operation: self.call.verb.operation(),
            template: Some(self.call.resource),
            method: self.call.method(),
            attempt: self.sent,
            login: false,
            query: self.call.verb == Verb::Review,
        });
        let request = self.call.request()?;
        let result = timeout(limit, exchange(self.cluster, request))
            .await
            .unwrap_or_else(|_| Err(Failure::new(Cause::Timeout, "no answer in time")));
        match &result {
            Ok(reply) => pending.finish(Outcome::Status(reply.status), reply.body.len()),
            Err(failure) => pending.finish(Outcome::Failed(failure.kind()), 0),
        }
        self.in_doubt |= match &result {
            Ok(reply) => matches!(reply.status.as_u16(), 500 | 502 | 504),
            Err(failure) => failure.leaves_doubt(),
        };
        Ok(result)
    }

    fn worth_another(&self, result: &Result<Reply, Failure>) -> bool {
        match result {
            // The server says that it did nothing.
            Ok(reply) if matches!(reply.status.as_u16(), 429 | 503) => true,
            Ok(reply) => self.call.verb.may_repeat() && matches!(reply.status.as_u16(), 500 | 502 | 504),
            Err(failure) => match failure.cause {
                Cause::Connect => true,
                Cause::Timeout | Cause::Reset => self.call.verb.may_repeat(),
                Cause::Tls(_) | Cause::Login | Cause::TooLarge => false,
            },
        }
    }

    fn conclude(&self, result: Result<Reply, Failure>) -> KubernetesError {
        let in_doubt = self.in_doubt;
        let doubtful = |error: ApiError| if in_doubt { error.with_outcome_unknown() } else { error };
        match result {
            Ok(reply) => {
                let hide = |text: &str| self.cluster.masked(&self.call.secrets, text);
                let status = Status::of(&reply.headers, &reply.body, hide);
                let status = if self.call.resource == "secrets" { status.without_values() } else { status };
                let error = doubtful(ApiError::from_status(reply.status, &status.message));
                self.call.refused(&status, error)
            }
            Err(failure) if failure.cause == Cause::Timeout && self.time_is_up() => {
                let error = ApiError::new(Kind::Deadline, "the run's time is up, and the server has not answered yet");
                self.call.failed(error.with_outcome_unknown())
            }
            Err(failure) => self.call.failed(doubtful(failure.into_error())),
        }
    }

    /// A place among the requests under way.
    async fn place(&self) -> Result<SemaphorePermit<'a>, KubernetesError> {
        let places = self.cluster.places().acquire();
        let place = match self.deadline() {
            Some(deadline) => timeout(deadline.remaining(), places).await.map_err(|_| self.too_late())?,
            None => places.await,
        };
        place.map_err(|_| self.too_late())
    }

    /// How long the next attempt may take.
    fn time_limit(&self) -> Result<Duration, KubernetesError> {
        let limit = self.cluster.options().request_timeout;
        let remaining = self.deadline().map_or(limit, Deadline::remaining);
        if remaining.is_zero() { Err(self.too_late()) } else { Ok(limit.min(remaining)) }
    }

    fn too_late(&self) -> KubernetesError {
        let error = ApiError::new(Kind::Deadline, "the run's time is up; the request was not sent");
        self.call.failed(error)
    }

    fn time_is_up(&self) -> bool {
        self.deadline().is_some_and(|deadline| deadline.remaining().is_zero())
    }

    fn deadline(&self) -> Option<Deadline> {
        self.cluster.deadline()
    }
}

async fn exchange(cluster: &Cluster, request: http::Request<Body>) -> Result<Reply, Failure> {
    let response = cluster.kube().send(request).await.map_err(|error| Failure::of(&error))?;
    let (parts, body) = response.into_parts();
    let body = if parts.status.is_success() { whole(body, cluster).await? } else { beginning(body).await };
    Ok(Reply { status: parts.status, headers: parts.headers, body })
}

/// The body, whole.
async fn whole(mut body: Body, cluster: &Cluster) -> Result<Bytes, Failure> {
    let mut read = AnswerBody::new(cluster.options().max_response_bytes);
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|error| Failure::of(&error))?.into_data() else { continue };
        read.push(&data)?;
    }
    Ok(read.finish(Some(cluster.received()))?)
}

/// As much of an error's body as is worth reading. The status is what matters: a body that breaks off does not hide it.
pub(crate) async fn beginning(mut body: Body) -> Bytes {
    let mut read = BytesMut::new();
    while let Some(Ok(frame)) = body.frame().await {
        let Ok(data) = frame.into_data() else { continue };
        let room = ERROR_BODY_BYTES - read.len();
        read.extend_from_slice(&data[..data.len().min(room)]);
        if read.len() == ERROR_BODY_BYTES {
            break;
        }
    }
    read.freeze()
}
