//! HTTP/1.1 on loopback, on connections that a fault can cut.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, Uri, header};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use std::fmt;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::sync::oneshot;
use tokio::task::JoinSet;

use crate::clock::Clock;
use crate::faults::{Effect, Page};
use crate::request_log::Kind;

/// Largest body that is read.
const BODY_LIMIT: usize = 64 << 20;

/// One application behind HTTP.
pub(crate) trait Application: Send + Sync + 'static {
    /// What a request is about.
    fn kind(&self, method: &Method, path: &str) -> Kind;
    /// Notes the request in the log and tells which fault strikes it.
    fn open(&self, method: &Method, uri: &Uri, kind: Kind) -> (u64, Option<Effect>);
    /// Answers the request and notes that it was handled.
    fn answer(&self, seq: u64, request: Call) -> Response<Outgoing>;
    /// Lets the request's token die.
    fn kill_token(&self, headers: &HeaderMap);
    /// Notes which status went out.
    fn close(&self, seq: u64, status: Option<StatusCode>);
}

/// The body of an answer on its way out.
pub(crate) struct Outgoing {
    content: Content,
    /// Let go of when the body has left.
    held: Option<Box<dyn Send + Sync>>,
}

enum Content {
    Whole(Bytes),
    /// Lines that are sent as they come, until the application has no more.
    Lines(UnboundedReceiver<String>),
}

impl Outgoing {
    pub(crate) fn whole(body: Bytes) -> Self {
        Self { content: Content::Whole(body), held: None }
    }

    pub(crate) fn lines(lines: UnboundedReceiver<String>) -> Self {
        Self { content: Content::Lines(lines), held: None }
    }

    /// Keeps something until the body has left, or the client.
    pub(crate) fn holding(mut self, held: impl Send + Sync + 'static) -> Self {
        self.held = Some(Box::new(held));
        self
    }
}

impl From<Bytes> for Outgoing {
    fn from(body: Bytes) -> Self {
        Self::whole(body)
    }
}

/// A request with its whole body.
pub(crate) struct Call {
    pub(crate) method: Method,
    pub(crate) uri: Uri,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// An answer with this extension goes out once the clock has reached the moment.
#[derive(Debug, Clone)]
pub(crate) struct Held {
    pub(crate) clock: Arc<dyn Clock>,
    /// Milliseconds since 1970.
    pub(crate) until: i64,
}

/// Serves until told to stop.
pub(crate) async fn serve(listener: TcpListener, application: Arc<dyn Application>, mut stop: oneshot::Receiver<()>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            _ = &mut stop => break,
            Some(_) = connections.join_next() => {}
            accepted = listener.accept() => {
                if let Ok((stream, _)) = accepted {
                    connections.spawn(connection(stream, Arc::clone(&application)));
                }
            }
        }
    }
}

async fn connection(stream: TcpStream, application: Arc<dyn Application>) {
    let _ = stream.set_nodelay(true);
    let reset = Arc::new(AtomicBool::new(false));
    let wire = Wire { stream, reset: Arc::clone(&reset) };
    let service = service_fn(move |request| respond(request, Arc::clone(&application), Arc::clone(&reset)));
    // a cut connection ends in an error here, which is what was asked for
    let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(wire), service).await;
}

async fn respond(
    request: Request<Incoming>,
    application: Arc<dyn Application>,
    reset: Arc<AtomicBool>,
) -> Result<Response<Out>, Cut> {
    let (parts, body) = request.into_parts();
    let kind = application.kind(&parts.method, parts.uri.path());
    let body = Limited::new(body, BODY_LIMIT).collect().await.map_err(|_| Cut)?.to_bytes();
    let (seq, effect) = application.open(&parts.method, &parts.uri, kind);
    match &effect {
        Some(Effect::CutBefore) => return Err(Cut),
        Some(Effect::Reset) => {
            reset.store(true, Ordering::SeqCst);
            return Err(Cut);
        }
        Some(Effect::Status { code, page, retry_after }) => {
            let response = failure(*code, *page, *retry_after);
            application.close(seq, Some(response.status()));
            return Ok(response.map(Out::from));
        }
        Some(Effect::DeadToken) => application.kill_token(&parts.headers),
        _ => {}
    }
    let call = Call { method: parts.method, uri: parts.uri, headers: parts.headers, body };
    let mut response = application.answer(seq, call);
    if let Some(held) = response.extensions_mut().remove::<Held>() {
        held.clock.reach(held.until).await;
    }
    spoil(effect, response, seq, application.as_ref()).await
}

/// What a fault does to an answer that is ready.
async fn spoil(
    effect: Option<Effect>,
    response: Response<Outgoing>,
    seq: u64,
    application: &dyn Application,
) -> Result<Response<Out>, Cut> {
    let response = match effect {
        Some(Effect::CutAfter) => return Err(Cut),
        Some(Effect::StatusAfter { code }) => failure(code, Page::Html, None).map(Out::from),
        Some(Effect::Hold(gate)) => {
            gate.pass().await;
            response.map(Out::from)
        }
        Some(Effect::Delay(time)) => {
            tokio::time::sleep(time).await;
            response.map(Out::from)
        }
        Some(Effect::TruncatedJson) => response.map(Out::truncated),
        Some(Effect::CutInBody) => response.map(Out::broken),
        _ => response.map(Out::from),
    };
    application.close(seq, Some(response.status()));
    Ok(response)
}

fn failure(code: u16, page: Page, retry_after: Option<u64>) -> Response<Bytes> {
    let (kind, text) = match page {
        Page::Empty => (None, ""),
        Page::Html => {
            (Some("text/html"), "<html><head><title>Gateway</title></head><body><h1>Gateway</h1></body></html>")
        }
        Page::Json => (Some("application/json"), r#"{"message":"upstream is not there"}"#),
    };
    let mut response = Response::new(Bytes::from_static(text.as_bytes()));
    *response.status_mut() = StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    if let Some(kind) = kind {
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    }
    if let Some(seconds) = retry_after {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

/// The connection is to be closed without an answer.
#[derive(Debug)]
struct Cut;

impl fmt::Display for Cut {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the connection was cut")
    }
}

impl std::error::Error for Cut {}

/// A body that is whole, comes line by line, or breaks off in its middle.
enum Out {
    Whole(Full<Bytes>),
    /// Sent in parts, so that what is held is held until the client has read nearly all.
    Held {
        rest: Bytes,
        _held: Box<dyn Send + Sync>,
    },
    Lines(UnboundedReceiver<String>),
    /// What is still to come before the break, whether it was given time to leave, and the length that was promised; a body
    /// that comes line by line promises none.
    Broken {
        half: Option<Bytes>,
        left: bool,
        promised: Option<u64>,
    },
}

/// How much of a body is sent at once where something is held.
const PART: usize = 64 << 10;

impl From<Bytes> for Out {
    fn from(body: Bytes) -> Self {
        Self::Whole(Full::new(body))
    }
}

impl From<Outgoing> for Out {
    fn from(outgoing: Outgoing) -> Self {
        match (outgoing.content, outgoing.held) {
            (Content::Whole(rest), Some(held)) => Self::Held { rest, _held: held },
            (Content::Whole(body), None) => body.into(),
            (Content::Lines(lines), _) => Self::Lines(lines),
        }
    }
}

impl Out {
    /// Half of the body, as if that were all. Of one that comes line by line, nothing.
    fn truncated(outgoing: Outgoing) -> Self {
        match outgoing.content {
            Content::Whole(body) => body.slice(..body.len() / 2).into(),
            Content::Lines(_) => Bytes::new().into(),
        }
    }

    fn broken(outgoing: Outgoing) -> Self {
        match outgoing.content {
            Content::Whole(body) => {
                let promised = u64::try_from(body.len()).unwrap_or(u64::MAX);
                Self::Broken { half: Some(body.slice(..body.len() / 2)), left: false, promised: Some(promised) }
            }
            Content::Lines(mut lines) => {
                let line = lines.try_recv().unwrap_or_default();
                Self::Broken { half: Some(Bytes::from(line)), left: false, promised: None }
            }
        }
    }
}

impl Body for Out {
    type Data = Bytes;
    type Error = Cut;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        match &mut *self {
            Self::Whole(body) => Pin::new(body).poll_frame(context).map_err(|never| match never {}),
            Self::Held { rest, .. } if rest.is_empty() => Poll::Ready(None),
            Self::Held { rest, .. } => {
                let part = rest.split_to(rest.len().min(PART));
                Poll::Ready(Some(Ok(Frame::data(part))))
            }
            Self::Lines(lines) => {
                lines.poll_recv(context).map(|line| line.map(|line| Ok(Frame::data(Bytes::from(line)))))
            }
            Self::Broken { half, left, .. } => match half.take() {
                Some(data) => Poll::Ready(Some(Ok(Frame::data(data)))),
                // one pause, in which the connection sends what it has: an error would throw it away
                None if !*left => {
                    *left = true;
                    context.waker().wake_by_ref();
                    Poll::Pending
                }
                None => Poll::Ready(Some(Err(Cut))),
            },
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Whole(body) => body.is_end_stream(),
            Self::Held { rest, .. } => rest.is_empty(),
            Self::Lines(_) | Self::Broken { .. } => false,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(body) => body.size_hint(),
            Self::Held { rest, .. } => SizeHint::with_exact(u64::try_from(rest.len()).unwrap_or(u64::MAX)),
            Self::Broken { promised: Some(promised), .. } => SizeHint::with_exact(*promised),
            Self::Lines(_) | Self::Broken { .. } => SizeHint::default(),
        }
    }
}

/// A connection that can end with a reset instead of a farewell.
struct Wire {
    stream: TcpStream,
    reset: Arc<AtomicBool>,
}

impl Drop for Wire {
    fn drop(&mut self) {
        if self.reset.load(Ordering::SeqCst) {
            // without a linger time, closing sends RST
            let _ = self.stream.set_zero_linger();
        }
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Wire {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, data: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, data)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.reset.load(Ordering::SeqCst) {
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
