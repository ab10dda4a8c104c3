//! Servers that are no Keycloak: one TCP port of loopback each, on a thread of its own until it is dropped.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::JoinHandle,
};

use rustls::{
    ServerConfig, ServerConnection, StreamOwned,
    crypto::ring,
    pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
};

/// A port that answers each connection in one way.
pub(crate) struct Listener {
    scheme: &'static str,
    address: SocketAddr,
    stopped: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Listener {
    fn start(scheme: &'static str, mut answer: impl FnMut(TcpStream) + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let stopped = Arc::new(AtomicBool::new(false));
        let stop = Arc::clone(&stopped);
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming() {
                if stop.load(Ordering::SeqCst) {
                    return;
                }
                answer(stream.unwrap());
            }
        });
        Self { scheme, address, stopped, thread: Some(thread) }
    }

    pub(crate) fn url(&self) -> String {
        format!("{}://{}", self.scheme, self.address)
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::SeqCst);
        // wakes the thread, which then sees the flag
        let _ = TcpStream::connect(self.address);
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

/// A port that nobody listens at, and that nobody else gets: a connection's own end holds it.
pub(crate) struct Closed {
    held: TcpStream,
    _other_end: TcpListener,
}

impl Closed {
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.held.local_addr().unwrap())
    }
}

pub(crate) fn closed() -> Closed {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    Closed { held: TcpStream::connect(listener.local_addr().unwrap()).unwrap(), _other_end: listener }
}

/// Takes connections and keeps them open without a word.
pub(crate) fn silent() -> Listener {
    let mut open = Vec::new();
    Listener::start("http", move |stream| open.push(stream))
}

/// A web server with a page for people at every path.
pub(crate) fn welcome_page() -> Listener {
    Listener::start("http", |stream| serve(stream, "<html><body>Welcome to nginx!</body></html>"))
}

/// A server with a certificate that it has signed itself.
pub(crate) fn tls() -> Listener {
    let certified = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(certified.signing_key.serialize_der()));
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certified.cert.der().clone()], key)
        .unwrap();
    let config = Arc::new(config);
    Listener::start("https", move |stream| {
        let connection = ServerConnection::new(Arc::clone(&config)).unwrap();
        serve(StreamOwned::new(connection, stream), "{}");
    })
}

/// Reads something of a request and answers 200. Whoever leaves before that is none of our business.
fn serve(mut stream: impl Read + Write, page: &str) {
    let _ = stream.read(&mut [0; 8192]);
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        page.len()
    );
    let _ = stream.write_all(format!("{head}{page}").as_bytes()).and_then(|()| stream.flush());
}
