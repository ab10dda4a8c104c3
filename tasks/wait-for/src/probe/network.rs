//! Ports and names.

use std::{io, time::Duration};

use tokio::{
    net::{TcpStream, lookup_host},
    time::timeout,
};

use crate::{barrier::Verdict, condition::HostAndPort};

/// A port that has to take connections.
#[derive(Debug)]
pub struct TcpProbe {
    address: HostAndPort,
    limit: Duration,
}

impl TcpProbe {
    pub(super) fn new(address: &HostAndPort, limit: Duration) -> Self {
        Self { address: address.clone(), limit }
    }

    pub(super) async fn ask(&self) -> Verdict {
        let HostAndPort { host, port } = &self.address;
        match timeout(self.limit, TcpStream::connect((host.as_str(), *port))).await {
            Ok(Ok(_)) => Verdict::Ready,
            Ok(Err(error)) => Verdict::NotYet(format!("cannot connect: {}", words(&error))),
            Err(_) => Verdict::NotYet("does not answer in time".to_owned()),
        }
    }
}

/// A name that has to resolve to an address.
#[derive(Debug)]
pub struct DnsProbe {
    name: String,
    limit: Duration,
}

impl DnsProbe {
    pub(super) fn new(name: &str, limit: Duration) -> Self {
        Self { name: name.to_owned(), limit }
    }

    pub(super) async fn ask(&self) -> Verdict {
        match timeout(self.limit, lookup_host((self.name.as_str(), 0))).await {
            Ok(Ok(mut addresses)) => match addresses.next() {
                Some(_) => Verdict::Ready,
                None => Verdict::NotYet("has no address".to_owned()),
            },
            Ok(Err(error)) => Verdict::NotYet(format!("does not resolve: {}", words(&error))),
            Err(_) => Verdict::NotYet("does not resolve in time".to_owned()),
        }
    }
}

/// What the system says, without its number: that differs between systems.
fn words(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::Other => error.to_string(),
        kind => kind.to_string(),
    }
}
