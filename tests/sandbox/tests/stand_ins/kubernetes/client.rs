//! A client that sees what happens to its connections.

use evenkeel_sandbox::Kubernetes;
use serde_json::Value;
use std::io::{self, BufRead, BufReader, ErrorKind, Read, Write};
use std::net::TcpStream;

use super::TOKEN;

/// A connection of its own for every request.
pub(crate) struct Client<'a> {
    server: &'a Kubernetes,
    token: String,
}

/// An answer, or as much of it as came.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }
}

impl<'a> Client<'a> {
    pub(crate) fn new(server: &'a Kubernetes) -> Self {
        Self::with(server, TOKEN)
    }

    pub(crate) fn with(server: &'a Kubernetes, token: &str) -> Self {
        Self { server, token: token.to_owned() }
    }

    fn open(&self, method: &str, path: &str, kind: &str, body: &str) -> io::Result<TcpStream> {
        let host = self.server.url().strip_prefix("http://").unwrap();
        let mut stream = TcpStream::connect(host)?;
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nAuthorization: Bearer {}\r\n\
             User-Agent: tests/1\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\r\n{body}",
            self.token,
            body.len(),
        )?;
        Ok(stream)
    }

    /// Sends a request and reads until the connection ends.
    pub(crate) fn send(&self, method: &str, path: &str, kind: &str, body: Option<&Value>) -> io::Result<Answer> {
        let body = body.map(ToString::to_string).unwrap_or_default();
        let mut raw = Vec::new();
        self.open(method, path, kind, &body)?.read_to_end(&mut raw)?;
        let Some(end) = raw.windows(4).position(|window| window == b"\r\n\r\n") else {
            return Err(ErrorKind::UnexpectedEof.into());
        };
        let head = String::from_utf8(raw[..end].to_vec()).unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Ok(Answer { status, head, body: raw[end + 4..].to_vec() })
    }

    fn done(&self, method: &str, path: &str, kind: &str, body: Option<&Value>) -> Answer {
        self.send(method, path, kind, body).unwrap()
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        self.done("GET", path, "application/json", None)
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> Answer {
        self.done("POST", path, "application/json", Some(body))
    }

    pub(crate) fn put(&self, path: &str, body: &Value) -> Answer {
        self.done("PUT", path, "application/json", Some(body))
    }

    pub(crate) fn merge(&self, path: &str, body: &Value) -> Answer {
        self.done("PATCH", path, "application/merge-patch+json", Some(body))
    }

    pub(crate) fn apply(&self, path: &str, manager: &str, body: &Value) -> Answer {
        let path = format!("{path}?fieldManager={manager}");
        self.done("PATCH", &path, "application/apply-patch+yaml", Some(body))
    }

    pub(crate) fn delete(&self, path: &str) -> Answer {
        self.done("DELETE", path, "application/json", None)
    }

    /// Begins a watch; its lines are read one by one.
    pub(crate) fn watch(&self, path: &str) -> Watch {
        let separator = if path.contains('?') { '&' } else { '?' };
        let stream = self.open("GET", &format!("{path}{separator}watch=true"), "application/json", "").unwrap();
        let mut reader = BufReader::new(stream);
        let mut line = String::new();
        while line != "\r\n" {
            line.clear();
            assert!(reader.read_line(&mut line).unwrap() > 0, "the watch was not begun");
        }
        Watch { reader }
    }
}

/// A watch that goes on.
pub(crate) struct Watch {
    reader: BufReader<TcpStream>,
}

impl Watch {
    /// The next change; nothing when the server has ended the watch.
    pub(crate) fn next(&mut self) -> Option<Value> {
        let mut size = String::new();
        self.reader.read_line(&mut size).ok()?;
        let size = usize::from_str_radix(size.trim(), 16).ok()?;
        let mut chunk = vec![0; size + 2];
        self.reader.read_exact(&mut chunk).ok()?;
        (size > 0).then(|| serde_json::from_slice(&chunk[..size]).unwrap())
    }

    /// Type and name of the next change.
    pub(crate) fn news(&mut self) -> (String, String) {
        let change = self.next().expect("a change");
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        (text(&change["type"]), text(&change["object"]["metadata"]["name"]))
    }
}
