//! Sends one recorded request.

use std::time::Duration;

use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderName};
use reqwest::{Certificate, Client, Method, RequestBuilder, Response};
use serde_json::Value;

use super::contract::{Contract, Credential, Request, Watch};
use super::error::ReplayError;
use super::variables::Variables;

/// How long one answer may take; a real server that warms up needs seconds, never a minute.
const DEADLINE: Duration = Duration::from_secs(60);

/// Applications whose recordings asked for JSON in every request that does not say otherwise.
const ASKED_FOR_JSON: [&str; 2] = ["harbor", "kubernetes"];

/// An answer whose body is still to be read.
#[derive(Debug)]
pub(crate) struct Begun(Response);

impl Begun {
    /// Reads the body. Of an answer that comes line by line, the lines become a list.
    pub(crate) async fn read(self, request: &Request) -> Result<Answer, ReplayError> {
        let Self(response) = self;
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        let body = match &request.watch {
            Some(watch) if status == 200 => read_lines(response, watch).await?,
            _ => response.bytes().await.map_err(ReplayError::NoAnswer)?.to_vec(),
        };
        Ok(Answer { status, headers, body, took: Duration::ZERO })
    }
}

/// Reads lines until one is as it should be, the time is up, or the server ends them.
async fn read_lines(mut response: Response, watch: &Watch) -> Result<Vec<u8>, ReplayError> {
    let seconds = Duration::try_from_secs_f64(watch.seconds).unwrap_or_default();
    let mut lines: Vec<Value> = Vec::new();
    let mut rest = Vec::new();
    let reading = async {
        while let Some(chunk) = response.chunk().await.map_err(ReplayError::NoAnswer)? {
            rest.extend_from_slice(&chunk);
            while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = rest.drain(..=end).collect();
                let line = serde_json::from_slice(&line).unwrap_or_else(|_| String::from_utf8_lossy(&line).into());
                lines.push(line);
                if watch.until.as_ref().is_some_and(|until| lines.last().is_some_and(|line| until.is_met_by(line))) {
                    return Ok(());
                }
            }
        }
        Ok(())
    };
    // a watch that goes on is no failure: what came is what counts
    if let Ok(ended) = tokio::time::timeout(seconds, reading).await {
        ended?;
    }
    Ok(Value::Array(lines).to_string().into_bytes())
}

/// An answer as it came.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: http::HeaderMap,
    pub(crate) body: Vec<u8>,
    /// How long it took, by the server's clock.
    pub(crate) took: Duration,
}

/// A client that does nothing by itself: no redirects followed, no proxy, no cookies, no decompression.
#[expect(
    clippy::disallowed_methods,
    reason = "the suite is a second witness of what goes over the wire, so it does not use the transport under test"
)]
///
/// Trusts the certificates in `ca`, in PEM, besides those that everybody trusts.
pub(crate) fn client(ca: Option<&str>) -> Result<Client, ReplayError> {
    // Fails only where another part of the process has installed a provider before, which serves as well.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let certificates = ca.map_or(Ok(Vec::new()), |ca| Certificate::from_pem_bundle(ca.as_bytes()));
    let certificates = certificates.map_err(ReplayError::Client)?;
    let builder = Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().timeout(DEADLINE);
    let builder = if certificates.is_empty() { builder } else { builder.tls_certs_merge(certificates) };
    builder.build().map_err(ReplayError::Client)
}

/// Sends the request with its variables filled in, up to the body of its answer.
pub(crate) async fn begin(
    client: &Client,
    contract: &Contract,
    request: &Request,
    base: &str,
    variables: &Variables,
) -> Result<Begun, ReplayError> {
    let method: Method =
        request.method.parse().map_err(|_| contract.broken(format!("`{}` is no HTTP method", request.method)))?;
    let url = format!("{base}{}", variables.fill(&request.path));
    let builder = client.request(method, url);
    let builder = authorize(builder, contract, &request.auth, variables)?;
    let mut builder = with_body(builder, contract, request, variables)?;
    let says = |header: &HeaderName| request.headers.keys().any(|name| name.eq_ignore_ascii_case(header.as_str()));
    if ASKED_FOR_JSON.contains(&contract.application.as_str()) && !says(&ACCEPT) {
        builder = builder.header(ACCEPT, "application/json");
    }
    if request.json.is_some() && !says(&CONTENT_TYPE) {
        builder = builder.header(CONTENT_TYPE, "application/json");
    }
    for (name, value) in &request.headers {
        builder = builder.header(name, variables.fill(value));
    }
    builder.send().await.map(Begun).map_err(ReplayError::NoAnswer)
}

fn authorize(
    builder: RequestBuilder,
    contract: &Contract,
    name: &str,
    variables: &Variables,
) -> Result<RequestBuilder, ReplayError> {
    if name == "none" {
        return Ok(builder);
    }
    match contract.auth.get(name) {
        Some(Credential::Basic { basic: (user, password) }) => {
            Ok(builder.basic_auth(variables.fill(user), Some(variables.fill(password))))
        }
        Some(Credential::Bearer { bearer, scheme }) => {
            Ok(builder.header(AUTHORIZATION, format!("{scheme} {}", variables.fill(bearer))))
        }
        None => Err(contract.broken(format!("there is no credential `{name}`"))),
    }
}

fn with_body(
    builder: RequestBuilder,
    contract: &Contract,
    request: &Request,
    variables: &Variables,
) -> Result<RequestBuilder, ReplayError> {
    match (&request.json, &request.form, &request.raw) {
        (None, None, None) => Ok(builder),
        (Some(json), None, None) => {
            let body = variables.fill_json(json).to_bytes().map_err(|error| contract.broken(error.to_string()))?;
            Ok(builder.body(body))
        }
        (None, Some(form), None) => {
            let filled: Vec<(String, String)> =
                form.iter().map(|(name, value)| (variables.fill(name), variables.fill(value))).collect();
            Ok(builder.form(&filled))
        }
        (None, None, Some(raw)) => Ok(builder.body(variables.fill(raw))),
        _ => Err(contract.broken("a request has more than one body".to_owned())),
    }
}
