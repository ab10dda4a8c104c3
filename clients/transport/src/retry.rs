//! When a request is sent again, and when.

use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};
use http::{HeaderMap, Method, StatusCode, header};
use jiff::Timestamp;

use crate::{
    envelope::Reply,
    failure::{Cause, Failure},
};

/// How often and how soon a failed request is sent again.
///
/// | what happened | repeated |
/// |---|---|
/// | no connection was made | always: nothing was sent |
/// | 429, 503 | always: the server says that it did nothing |
/// | 502, 504, no answer in time, the connection broke | when the method may be repeated |
/// | a certificate was refused, any other status | never |
///
/// `GET`, `HEAD`, `OPTIONS`, `PUT` and `DELETE` may be repeated: done twice they leave the same state. So the answer to a repeated
/// `DELETE` can be 404 although the first attempt did delete, and that of a `PUT` can stem from its second run: take a 404 on
/// `DELETE` as success. `POST` and `PATCH` are repeated after such a failure only inside
/// [`repeatable`](crate::repeatable()); otherwise the caller reads again and decides.
///
/// A server to which no connection was made in all attempts of one request is given up for [`max_delay`](Self::max_delay): the other
/// requests of the session fail like that one, unsent.
///
/// A 401 is not counted here: it leads to one repeat with a new token, for every method, since a server that refuses
/// the token has done nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retry {
    /// How often a request is sent again at most.
    pub times: usize,
    /// The first pause; each further one is twice as long. To every pause a random part is added, at most as long as itself.
    pub min_delay: Duration,
    /// The longest pause, without its random part.
    pub max_delay: Duration,
    /// The longest pause that a server may ask for with `Retry-After`.
    pub max_retry_after: Duration,
}

impl Default for Retry {
    fn default() -> Self {
        Self {
            times: 4,
            min_delay: Duration::from_millis(200),
            max_delay: Duration::from_secs(5),
            max_retry_after: Duration::from_secs(30),
        }
    }
}

impl Retry {
    /// The pauses between the attempts of one request, each with its random part.
    pub fn delays(self) -> impl Iterator<Item = Duration> + Send + use<> {
        self.back_off()
    }

    /// What a server asks for with `Retry-After`, as far as it is obeyed. It comes on top of a delay.
    #[must_use]
    pub fn asked_for(self, headers: &HeaderMap) -> Duration {
        retry_after(headers, Timestamp::now()).unwrap_or_default().min(self.max_retry_after)
    }

    /// The pauses of one request.
    pub(crate) fn pauses(self) -> Pauses {
        Pauses { delays: self.back_off(), retry: self }
    }

    fn back_off(self) -> ExponentialBackoff {
        ExponentialBuilder::default()
            .with_min_delay(self.min_delay)
            .with_max_delay(self.max_delay)
            .with_max_times(self.times)
            .with_jitter()
            .build()
    }
}

/// The pauses that one request has left.
pub(crate) struct Pauses {
    delays: ExponentialBackoff,
    retry: Retry,
}

impl Pauses {
    /// How long to wait before the next attempt; `None` when there shall be none. What a server asks for comes on top
    /// of the back-off, so that many clients that were told the same second do not all return in it.
    pub(crate) fn next(
        &mut self,
        result: &Result<Reply, Failure>,
        method: &Method,
        declared: bool,
    ) -> Option<Duration> {
        if !worth_another(result, declared || may_repeat(method)) {
            return None;
        }
        let asked = result.as_ref().map(|reply| self.retry.asked_for(&reply.headers));
        Some(self.delays.next()? + asked.unwrap_or_default())
    }
}

/// Whether doing it twice leaves the same state as doing it once.
fn may_repeat(method: &Method) -> bool {
    method.is_idempotent()
}

fn worth_another(result: &Result<Reply, Failure>, may_repeat: bool) -> bool {
    match result {
        Ok(reply) => match reply.status {
            StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => true,
            StatusCode::BAD_GATEWAY | StatusCode::GATEWAY_TIMEOUT => may_repeat,
            _ => false,
        },
        Err(failure) => match failure.cause {
            Cause::Connect => true,
            Cause::Timeout | Cause::Reset => may_repeat,
            Cause::Tls(_) | Cause::TooLarge | Cause::Request => false,
        },
    }
}

/// The pause that a server asks for, in seconds or up to a date (RFC 9110, 10.2.3). A date that has passed is no pause.
fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let value = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = jiff::fmt::rfc2822::parse(value).ok()?.timestamp();
    Some(date.duration_since(now).try_into().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pause(value: &'static str) -> Option<Duration> {
        let now = "2026-03-01T10:00:00Z".parse().unwrap();
        let headers = HeaderMap::from_iter([(header::RETRY_AFTER, http::HeaderValue::from_static(value))]);
        retry_after(&headers, now)
    }

    #[test]
    fn a_pause_is_read_in_seconds_and_as_a_date() {
        assert_eq!(pause("120"), Some(Duration::from_secs(120)));
        assert_eq!(pause("Sun, 01 Mar 2026 10:00:07 GMT"), Some(Duration::from_secs(7)));
        assert_eq!(pause("Sun, 01 Mar 2026 09:00:00 GMT"), Some(Duration::ZERO));
        assert_eq!(pause("soon"), None);
        assert_eq!(pause("-1"), None);
    }

    #[test]
    fn pauses_grow_are_capped_and_end() {
        let retry = Retry {
            times: 3,
            min_delay: Duration::from_secs(1),
            max_delay: Duration::from_secs(2),
            max_retry_after: Duration::from_secs(10),
        };
        let refused = Err(Failure::new(Cause::Connect, "refused"));
        let mut pauses = retry.pauses();
        let mut next = || pauses.next(&refused, &Method::POST, false).map(|pause| pause.as_secs_f64());
        let (first, second, third) = (next().unwrap(), next().unwrap(), next().unwrap());
        assert!((1.0..=2.0).contains(&first), "{first}");
        assert!((2.0..=4.0).contains(&second), "{second}");
        assert!((2.0..=4.0).contains(&third), "{third}");
        assert_eq!(next(), None);

        let headers = HeaderMap::from_iter([(header::RETRY_AFTER, http::HeaderValue::from_static("86400"))]);
        let busy = Ok(Reply { status: StatusCode::TOO_MANY_REQUESTS, headers, body: bytes::Bytes::new() });
        let asked = retry.pauses().next(&busy, &Method::POST, false).unwrap().as_secs_f64();
        assert!((11.0..=12.0).contains(&asked), "the pause asked for is capped at 10 s: {asked}");
    }
}
