//! What all stand-ins have in common: a thread that serves, a log, faults, and state behind a lock.

use http::{HeaderMap, Method, Response, StatusCode, Uri};
use std::future;
use std::net::{Ipv4Addr, TcpListener};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::sync::{Notify, oneshot};

use crate::clock::Clock;
use crate::faults::{Effect, Faults};
use crate::request_log::{Caller, Kind, RequestLog};
use crate::server::{self, Application, Call, Outgoing};

/// Why the sandbox did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// No port on loopback, no thread, or no runtime.
    #[error("the sandbox cannot listen on loopback")]
    Listen(#[from] std::io::Error),
    /// The administrator cannot be logged in, so that there is no token.
    #[error("the sandbox's administrator was removed or disabled")]
    NoAdministrator,
}

/// One application's state, and how it answers.
pub(crate) trait World: Send + 'static {
    /// What a request is about.
    fn kind(method: &Method, path: &str) -> Kind;

    /// Answers a request. Extensions of the answer tell more: [`Asked`] for the log, [`crate::server::Held`] for the wire.
    fn answer(&mut self, call: Call) -> Response<Outgoing>;

    /// Lets the token die that the headers hold.
    fn kill_token(&mut self, _headers: &HeaderMap) {}

    /// The clock, and the next time (milliseconds since 1970) at which something happens though nobody asks.
    fn next_due(&self) -> Option<(Arc<dyn Clock>, i64)> {
        None
    }

    /// Does what is due by now.
    fn pass_time(&mut self) {}
}

/// Who asked, and what it cost the server to find out; goes from an answer's extensions into the log.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) caller: Caller,
    pub(crate) cost: Duration,
}

/// A stand-in that runs on a thread of its own until it is dropped.
pub(crate) struct Host<W> {
    shared: Arc<Shared<W>>,
    url: String,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl<W: World> Host<W> {
    /// Starts serving on a free port of loopback; the world is made once the URL is known.
    pub(crate) fn start(name: &str, world: impl FnOnce(&str) -> W) -> Result<Self, StartError> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        listener.set_nonblocking(true)?;
        let url = format!("http://{}", listener.local_addr()?);
        let shared = Arc::new(Shared::new(world(&url)));
        let (stop, stopped) = oneshot::channel();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let application = Arc::clone(&shared);
        let thread = std::thread::Builder::new().name(name.to_owned()).spawn(move || {
            runtime.block_on(async {
                if let Ok(listener) = tokio::net::TcpListener::from_std(listener) {
                    tokio::select! {
                        () = server::serve(listener, Arc::clone(&application) as _, stopped) => {}
                        () = application.keep_time() => {}
                    }
                }
            });
        })?;
        Ok(Self { shared, url, stop: Some(stop), thread: Some(thread) })
    }
}

impl<W> Host<W> {
    /// `http://127.0.0.1:<port>`, without a slash at the end.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    pub(crate) fn world(&self) -> MutexGuard<'_, W> {
        self.shared.world()
    }

    /// Says that something may be due at another time than before.
    pub(crate) fn has_changed(&self) {
        self.shared.changed.notify_one();
    }

    pub(crate) fn log(&self) -> MutexGuard<'_, RequestLog> {
        self.shared.log()
    }

    pub(crate) fn faults(&self) -> MutexGuard<'_, Faults> {
        self.shared.faults()
    }

    /// A look at the state from elsewhere, for as long as the stand-in runs.
    pub(crate) fn look(&self) -> Look<W> {
        Look(Arc::downgrade(&self.shared))
    }

    /// Has this called after each request that was handled, before its answer leaves. There is one at most: false when
    /// another is called already.
    pub(crate) fn after_each(&self, call: impl Fn() + Send + Sync + 'static) -> bool {
        self.shared.after_each.set(Box::new(call)).is_ok()
    }
}

/// A look at a stand-in's state that does not keep it alive.
pub(crate) struct Look<W>(Weak<Shared<W>>);

impl<W> Look<W> {
    /// What this makes of the state; `None` once the stand-in has stopped.
    pub(crate) fn at<R>(&self, read: impl FnOnce(&W) -> R) -> Option<R> {
        Some(read(&self.0.upgrade()?.world()))
    }
}

impl<W> Drop for Host<W> {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// What the server's thread and the handle share.
struct Shared<W> {
    world: Mutex<W>,
    log: Mutex<RequestLog>,
    faults: Mutex<Faults>,
    changed: Notify,
    after_each: OnceLock<Box<dyn Fn() + Send + Sync>>,
}

impl<W> Shared<W> {
    fn new(world: W) -> Self {
        Self {
            world: Mutex::new(world),
            log: Mutex::default(),
            faults: Mutex::default(),
            changed: Notify::new(),
            after_each: OnceLock::new(),
        }
    }

    fn world(&self) -> MutexGuard<'_, W> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn log(&self) -> MutexGuard<'_, RequestLog> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn faults(&self) -> MutexGuard<'_, Faults> {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<W: World> Shared<W> {
    /// Lets things happen when their time has come. Never ends.
    async fn keep_time(&self) {
        loop {
            let due = {
                let mut world = self.world();
                world.pass_time();
                world.next_due()
            };
            let come = async {
                match due {
                    Some((clock, moment)) => clock.reach(moment).await,
                    None => future::pending().await,
                }
            };
            tokio::select! {
                () = come => {}
                () = self.changed.notified() => {}
            }
        }
    }
}

impl<W: World> Application for Shared<W> {
    fn kind(&self, method: &Method, path: &str) -> Kind {
        W::kind(method, path)
    }

    fn open(&self, method: &Method, uri: &Uri, kind: Kind) -> (u64, Option<Effect>) {
        let seq = self.log().open(method, uri.path(), uri.query(), kind);
        let effect = self.faults().strike(method, uri.path(), kind);
        if effect.is_some() {
            self.log().update(seq, |entry| entry.faulted = true);
        }
        (seq, effect)
    }

    fn answer(&self, seq: u64, call: Call) -> Response<Outgoing> {
        let mut response = self.world().answer(call);
        if let Some(call) = self.after_each.get() {
            call();
        }
        self.changed.notify_one();
        let asked = response.extensions_mut().remove::<Asked>();
        self.log().update(seq, |entry| {
            entry.handled = true;
            entry.status = Some(response.status().as_u16());
            if let Some(asked) = asked {
                entry.caller = Some(asked.caller);
                entry.cost = asked.cost;
            }
        });
        response
    }

    fn kill_token(&self, headers: &HeaderMap) {
        self.world().kill_token(headers);
    }

    fn close(&self, seq: u64, status: Option<StatusCode>) {
        self.log().update(seq, |entry| entry.status = status.map(|status| status.as_u16()));
    }
}
