//! A proxy between a task and its stand-ins: it sees what is on the wire, and can answer like a bad server.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::Ipv4Addr,
    sync::{Arc, LazyLock, Mutex, MutexGuard},
};

use http_body_util::{BodyExt, Full};
use hyper::{
    HeaderMap, Method, Request, Response, StatusCode,
    body::{Bytes, Incoming},
    header::{self, HeaderName},
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use tokio::{net::TcpListener, task::JoinHandle};

use crate::{
    spellings::{Canary, Spelling},
    subject::MARK,
};

/// How the proxy answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Manner {
    /// As the stand-in does.
    Honest,
    /// These requests are answered with this status and a page that quotes the whole request, credentials and all.
    Echo(Which, u16),
    /// These requests are answered with this status and a page that quotes, in every spelling, which of these secrets (with their names) any
    /// request so far has held, and every credential.
    Recall(Which, u16, &'static [(&'static str, &'static str)]),
    /// Answers to these requests end in the middle.
    Truncate(Which),
}

/// Which requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Which {
    /// Those without a credential in their head: logins, for an application that has such.
    Logins,
    /// Those that read.
    Reads,
    /// Those that write.
    Writes,
    /// Those that write a secret of the values.
    SecretWrites,
}

impl Which {
    fn fits(self, seen: &Seen) -> bool {
        let writes = seen.credential.is_some() && seen.method != Method::GET;
        match self {
            Self::Logins => seen.credential.is_none(),
            Self::Reads => seen.credential.is_some() && seen.method == Method::GET,
            Self::Writes => writes,
            Self::SecretWrites => writes && seen.marked().is_some(),
        }
    }
}

/// A request that went by.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) body: Bytes,
    /// What followed the scheme in `Authorization`.
    pub(crate) credential: Option<String>,
    /// The answer's body; empty until there is one.
    pub(crate) answer: Bytes,
    /// The stand-in closed the connection without an answer.
    pub(crate) cut: bool,
}

/// How much of a body is quoted on each side of a secret.
const AROUND: usize = 60;

impl Seen {
    /// The part of the body in which a secret of the values stands.
    fn marked(&self) -> Option<String> {
        let mark = self.body.windows(MARK.len()).position(|piece| piece == MARK.as_bytes())?;
        let around = mark.saturating_sub(AROUND)..self.body.len().min(mark + AROUND);
        Some(String::from_utf8_lossy(&self.body[around]).into_owned())
    }

    /// Whether both ask for the very same.
    pub(crate) fn is_like(&self, other: &Self) -> bool {
        (&self.method, &self.path, &self.body) == (&other.method, &other.path, &other.body)
    }
}

/// See the module's words.
pub(crate) struct Proxy {
    urls: Vec<String>,
    shared: Arc<Shared>,
    tasks: Vec<JoinHandle<()>>,
}

struct Shared {
    state: Mutex<State>,
}

struct State {
    manner: Manner,
    seen: Vec<Seen>,
    /// Requests with a credential that are under way, by their server.
    under_way: BTreeMap<Arc<str>, usize>,
    most_at_once: usize,
    /// The numbers of writes that are under way.
    writing: Vec<usize>,
    most_writes_at_once: usize,
    met: Vec<[Wrote; 2]>,
}

/// What a write asked for, without its body.
pub(crate) type Wrote = (Method, String);

impl Proxy {
    /// A proxy before servers at `targets`, honest at first.
    pub(crate) async fn before(targets: &[String]) -> Self {
        let manner = Manner::Honest;
        let state = State {
            manner,
            seen: Vec::new(),
            under_way: BTreeMap::new(),
            most_at_once: 0,
            writing: Vec::new(),
            most_writes_at_once: 0,
            met: Vec::new(),
        };
        let shared = Arc::new(Shared { state: Mutex::new(state) });
        let (mut urls, mut tasks) = (Vec::new(), Vec::new());
        for target in targets {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
            urls.push(format!("http://{}", listener.local_addr().unwrap()));
            tasks.push(tokio::spawn(serve(listener, Arc::from(target.as_str()), Arc::clone(&shared))));
        }
        Self { urls, shared, tasks }
    }

    /// Where it listens, in the order of its targets.
    pub(crate) fn urls(&self) -> &[String] {
        &self.urls
    }

    /// Answers in another manner from now on.
    pub(crate) fn behave(&self, manner: Manner) {
        self.shared.state().manner = manner;
    }

    /// What went by, in the order in which it came.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.shared.state().seen.clone()
    }

    /// The most requests with a credential that were under way to one server at one time.
    pub(crate) fn most_at_once(&self) -> usize {
        self.shared.state().most_at_once
    }
}

impl Proxy {
    /// The most writes that were under way at one time, to all servers together.
    pub(crate) fn most_writes_at_once(&self) -> usize {
        self.shared.state().most_writes_at_once
    }

    /// Pairs of writes that were under way at the same time.
    pub(crate) fn met(&self) -> Vec<[Wrote; 2]> {
        self.shared.state().met.clone()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// Notes a request; gives its number and the manner of its answer.
    fn open(&self, target: &Arc<str>, seen: Seen) -> (usize, Manner) {
        let mut state = self.state();
        if seen.credential.is_some() {
            let under_way = state.under_way.entry(Arc::clone(target)).or_default();
            *under_way += 1;
            let now = *under_way;
            state.most_at_once = state.most_at_once.max(now);
        }
        let number = state.seen.len();
        if Which::Writes.fits(&seen) {
            let wrote = |seen: &Seen| (seen.method.clone(), seen.path.clone());
            let pairs: Vec<_> = state.writing.iter().map(|other| [wrote(&state.seen[*other]), wrote(&seen)]).collect();
            state.met.extend(pairs);
            state.writing.push(number);
            state.most_writes_at_once = state.most_writes_at_once.max(state.writing.len());
        }
        state.seen.push(seen);
        (number, state.manner)
    }

    /// Which of these secrets the servers have been sent, and every credential with its password.
    fn known(&self, secrets: &[(&str, &str)]) -> Vec<String> {
        let state = self.state();
        let sent = |canary: &Canary| {
            let credentials = state.seen.iter().filter_map(|seen| seen.credential.as_deref()).map(str::as_bytes);
            state.seen.iter().map(|seen| &*seen.body).chain(credentials).any(|bytes| canary.found_in(bytes).is_some())
        };
        let of_values = secrets.iter().filter(|(name, text)| sent(&Canary::new(name, text)));
        let credentials: BTreeSet<&str> = state.seen.iter().filter_map(|seen| seen.credential.as_deref()).collect();
        of_values.map(|(_, text)| *text).chain(credentials).map(str::to_owned).collect()
    }

    fn close(&self, target: &Arc<str>, number: usize, answer: Option<&Response<Bytes>>) {
        let mut state = self.state();
        state.writing.retain(|writing| *writing != number);
        let seen = &mut state.seen[number];
        match answer {
            Some(answer) => seen.answer = answer.body().clone(),
            None => seen.cut = true,
        }
        if seen.credential.is_some() {
            *state.under_way.entry(Arc::clone(target)).or_default() -= 1;
        }
    }
}

async fn serve(listener: TcpListener, target: Arc<str>, shared: Arc<Shared>) {
    while let Ok((stream, _)) = listener.accept().await {
        let (target, shared) = (Arc::clone(&target), Arc::clone(&shared));
        tokio::spawn(async move {
            let service = service_fn(move |request| respond(request, Arc::clone(&target), Arc::clone(&shared)));
            // a cut connection ends in an error here, which is what was asked for
            let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

async fn respond(
    request: Request<Incoming>,
    target: Arc<str>,
    shared: Arc<Shared>,
) -> Result<Response<Full<Bytes>>, &'static str> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.map_err(|_| "the request broke off")?.to_bytes();
    let authorization = head.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let credential = authorization.map(|value| value.rsplit(' ').next().unwrap_or(value).to_owned());
    let path = head.uri.to_string();
    let seen =
        Seen { method: head.method.clone(), path, body: body.clone(), credential, answer: Bytes::new(), cut: false };
    let (number, manner) = shared.open(&target, seen.clone());
    let answer = match manner {
        Manner::Echo(which, status) if which.fits(&seen) => Some(echo(&seen, status)),
        Manner::Recall(which, status, secrets) if which.fits(&seen) => {
            Some(recall(&shared.known(secrets), number, status))
        }
        Manner::Truncate(which) if which.fits(&seen) => {
            forward(&target, &seen, &head.headers).await.map(|answer| answer.map(|body| body.slice(..body.len() / 2)))
        }
        _ => forward(&target, &seen, &head.headers).await,
    };
    shared.close(&target, number, answer.as_ref());
    answer.map(|answer| answer.map(Full::new)).ok_or("cut")
}

/// An answer that quotes secrets of requests before, each in every spelling. Clients shorten long messages, so that each time another secret and
/// another spelling come first; what is masked is short, and all of it has room.
fn recall(known: &[String], number: usize, status: u16) -> Response<Bytes> {
    let (before, first) = known.split_at(number % known.len().max(1));
    let (spelt_before, spelt_first) = Spelling::ALL.split_at(number % Spelling::ALL.len());
    let spell = |secret: &String| {
        let spelt: Vec<String> =
            spelt_first.iter().chain(spelt_before).map(|spelling| spelling.write(secret)).collect();
        spelt.join(" | ")
    };
    let words: Vec<String> = first.iter().chain(before).map(spell).collect();
    failure(status, &format!("no: {}", words.join(" | ")))
}

/// A failure in the words of every application.
fn failure(status: u16, words: &str) -> Response<Bytes> {
    let page = serde_json::json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": status,
                                  "errorMessage": words, "message": words, "errors": [{"code": "", "message": words}]});
    let mut answer = Response::new(Bytes::from(page.to_string()));
    *answer.status_mut() = StatusCode::from_u16(status).unwrap();
    answer.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static("application/json"));
    answer
}

/// An answer that quotes the request in the words of every application, as a badly configured one does. Clients shorten long
/// messages, so the confidential part comes first; which field they show is their business, so every other status has another.
fn echo(seen: &Seen, status: u16) -> Response<Bytes> {
    // without a secret in it, the beginning is enough: the credential comes behind it
    let body = seen.marked().unwrap_or_else(|| String::from_utf8_lossy(&seen.body).chars().take(AROUND).collect());
    let head = format!("Authorization: Bearer {}", seen.credential.as_deref().unwrap_or_default());
    let page = match status % 2 {
        0 => {
            let words = format!("{body} {head}");
            serde_json::json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": status,
                               "errorMessage": words, "message": words, "errors": [{"code": "", "message": words}]})
        }
        _ => serde_json::json!({"error": format!("{head} {body}"), "error_description": body,
                                "errors": [{"code": "", "message": format!("{head} {body}")}]}),
    };
    let mut answer = Response::new(Bytes::from(page.to_string()));
    *answer.status_mut() = StatusCode::from_u16(status).unwrap();
    answer.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static("application/json"));
    answer
}

#[expect(clippy::disallowed_methods, reason = "forwards what the transport under test has sent")]
async fn forward(target: &str, seen: &Seen, headers: &HeaderMap) -> Option<Response<Bytes>> {
    // Every test has a runtime of its own, so that no connection may be kept for another.
    static CLIENT: LazyLock<reqwest::Client> = LazyLock::new(|| {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder().no_proxy().pool_max_idle_per_host(0).retry(reqwest::retry::never());
        client.build().unwrap()
    });
    let mut headers = headers.clone();
    headers.remove(header::HOST);
    let request =
        CLIENT.request(seen.method.clone(), format!("{target}{}", seen.path)).headers(headers).body(seen.body.clone());
    let answer = request.send().await.ok()?;
    let (status, headers) = (answer.status(), answer.headers().clone());
    let mut forwarded = Response::new(answer.bytes().await.ok()?);
    *forwarded.status_mut() = status;
    let total = HeaderName::from_static("x-total-count");
    for name in [header::CONTENT_TYPE, header::LOCATION, header::RETRY_AFTER, total] {
        if let Some(value) = headers.get(&name) {
            forwarded.headers_mut().insert(name, value.clone());
        }
    }
    Some(forwarded)
}
