//! Addresses: status, and what stands in a JSON answer.

use evenkeel_core::values::model::HttpMethod;
use evenkeel_transport::{
    ApiError, Detour, Kind, Retry, Session, SessionOptions,
    reqwest::{
        Method, RequestBuilder, Url,
        header::{HOST, HeaderMap},
    },
};
use secrecy::SecretString;
use serde_json::Value;

use super::Manner;
use crate::{
    Error,
    barrier::{End, Verdict},
    condition::{HttpTarget, Service, shown},
};

/// The operation's name in a request log.
const OPERATION: &str = "wait-for";

/// More of an answer is not read: what readiness is told with is short.
const LONGEST_ANSWER: usize = 1024 * 1024;

/// An address that has to answer as expected.
#[derive(Debug)]
pub struct HttpProbe {
    asker: Asker,
    url: Url,
    target: HttpTarget,
}

impl HttpProbe {
    pub(super) fn new(target: &HttpTarget, manner: &Manner) -> Result<Self, Error> {
        let mut url = target.url.clone();
        let mut detour = None;
        if let (Some(host), Some(to)) = (&target.host, url.host_str().map(str::to_owned)) {
            // The brackets of an IPv6 address belong to the URL and not to the address.
            let to = to.trim_matches(['[', ']']).to_owned();
            detour = Some(Detour { host: host.to_lowercase(), to });
            url.set_host(Some(host)).map_err(|_| Error::Session {
                condition: shown(target.url.as_str()),
                reason: format!("`{host}` cannot stand in an address"),
            })?;
        }
        let asker = Asker::new(&target.url, target.ca_bundle.as_ref(), detour, manner)?;
        Ok(Self { asker, url, target: target.clone() })
    }

    pub(super) async fn ask(&self) -> Verdict {
        let method = match self.target.method {
            HttpMethod::Get => Method::GET,
            HttpMethod::Head => Method::HEAD,
            HttpMethod::Options => Method::OPTIONS,
            HttpMethod::Post => Method::POST,
        };
        let mut request = self.asker.request(method, self.url.clone());
        // A gateway compares the name alone: the port of another way to it is not part of it.
        let names_host = self.target.headers.iter().any(|(name, _)| *name == HOST);
        if let Some(host) = self.target.host.as_ref().filter(|_| !names_host) {
            request = request.header(HOST, host);
        }
        for (name, value) in &self.target.headers {
            request = request.header(name.clone(), value.clone());
        }
        match self.asker.send(request).await {
            Ok(answer) if self.target.status.contains(&answer.status) => self.judge(&answer),
            Ok(answer) => answer.unexpected(),
            Err(verdict) => verdict,
        }
    }

    /// Whether everything stands in the answer that has to.
    fn judge(&self, answer: &Answer) -> Verdict {
        for (name, wanted) in &self.target.answer_headers {
            if !answer.headers.get_all(name).iter().any(|value| value.as_bytes() == wanted.as_bytes()) {
                return Verdict::NotYet(format!("header `{name}` of the answer is not `{wanted}`"));
            }
        }
        if self.target.json.is_empty() {
            return Verdict::Ready;
        }
        let Some(body) = answer.json() else {
            return Verdict::NotYet(format!("answers {} without JSON", answer.status));
        };
        for (pointer, wanted) in &self.target.json {
            match body.pointer(pointer) {
                Some(value) if wanted.is(value) => {}
                Some(_) => return Verdict::NotYet(format!("`{pointer}` of the answer is not {wanted}")),
                None => return Verdict::NotYet(format!("the answer has no `{pointer}`")),
            }
        }
        Verdict::Ready
    }
}

/// Sends one request at a time, without any repeat: the barrier has a pace of its own.
#[derive(Debug)]
pub(super) struct Asker(Session);

impl Asker {
    pub(super) fn new(
        url: &Url,
        ca_bundle: Option<&SecretString>,
        detour: Option<Detour>,
        manner: &Manner,
    ) -> Result<Self, Error> {
        let session = Session::new(SessionOptions {
            detour,
            connect_timeout: manner.limit,
            request_timeout: manner.limit,
            mask: manner.mask.clone(),
            retry: Retry { times: 0, ..Retry::default() },
            max_response_bytes: LONGEST_ANSWER,
            bounded: false,
            log_capacity: 1,
            ..SessionOptions::for_servers([url.as_str()], ca_bundle)
        });
        session.map(Self).map_err(|error| Error::Session { condition: shown(url.as_str()), reason: error.to_string() })
    }

    /// For an application at this address.
    pub(super) fn of(service: &Service, manner: &Manner) -> Result<Self, Error> {
        Self::new(&service.url, service.ca_bundle.as_ref(), None, manner)
    }

    pub(super) fn request(&self, method: Method, url: Url) -> RequestBuilder {
        self.0.http().request(method, url)
    }

    /// The answer, whatever its status; what it means that there is none.
    pub(super) async fn send(&self, request: RequestBuilder) -> Result<Answer, Verdict> {
        let request = request.build().map_err(|_| unsendable("the request cannot be made"))?;
        let response = self.0.send(request, OPERATION).await.map_err(|error| verdict_of(&error))?;
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        let body = response.bytes().await.map(|bytes| bytes.to_vec());
        Ok(Answer { status, headers, body: body.map_err(|_| Verdict::NotYet("the answer breaks off".to_owned()))? })
    }
}

fn verdict_of(error: &ApiError) -> Verdict {
    match error.kind() {
        Kind::Request => unsendable(error.to_string()),
        _ => Verdict::NotYet(error.to_string()),
    }
}

fn unsendable(why: impl Into<String>) -> Verdict {
    Verdict::Refused(End::new(why, "correct the target, and what its request says"))
}

/// A whole answer.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
}

impl Answer {
    pub(super) fn json(&self) -> Option<Value> {
        serde_json::from_slice(&self.body).ok()
    }

    /// What a status means that was not expected.
    pub(super) fn unexpected(&self) -> Verdict {
        let what = format!("answers {}", self.status);
        let hint = "correct the target or its credentials; an HTTP status that is fine goes into `--status`";
        if self.is_refused() { Verdict::Refused(End::new(what, hint)) } else { Verdict::NotYet(what) }
    }

    /// What an answer means that this application does not give: it comes from something else, often a gateway in front of it.
    pub(super) fn not_of(&self, application: &str) -> Verdict {
        match self.status {
            200 => Verdict::NotYet(format!("what answers is not {application}")),
            500..=599 => self.unexpected(),
            status if self.is_refused() => Verdict::Refused(End::new(
                format!("answers {status}, as {application} does not"),
                "something in front of it asks for a login: give the application's own address",
            )),
            status => Verdict::NotYet(format!("answers {status}, as {application} does not")),
        }
    }

    /// Whether a login is missing or not enough, which does not change by waiting.
    const fn is_refused(&self) -> bool {
        matches!(self.status, 401 | 403)
    }
}
