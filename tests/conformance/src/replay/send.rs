//! Sends one recorded request.

use std::time::Duration;

use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderName};
use reqwest::{Client, Method, RequestBuilder};

use super::contract::{Contract, Credential, Request};
use super::run::ReplayError;
use super::variables::Variables;

/// How long one answer may take; a real server that warms up needs seconds, never a minute.
const DEADLINE: Duration = Duration::from_secs(60);

/// Applications whose recordings asked for JSON in every request that does not say otherwise.
const ASKED_FOR_JSON: [&str; 2] = ["harbor", "kubernetes"];

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
pub(crate) fn client() -> Result<Client, ReplayError> {
    // Fails only where another part of the process has installed a provider before, which serves as well.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .timeout(DEADLINE)
        .build()
        .map_err(ReplayError::Client)
}

/// Sends the request with its variables filled in.
pub(crate) async fn send(
    client: &Client,
    contract: &Contract,
    request: &Request,
    base: &str,
    variables: &Variables,
) -> Result<Answer, ReplayError> {
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
    let response = builder.send().await.map_err(ReplayError::NoAnswer)?;
    Ok(Answer {
        status: response.status().as_u16(),
        headers: response.headers().clone(),
        body: response.bytes().await.map_err(ReplayError::NoAnswer)?.to_vec(),
        took: Duration::ZERO,
    })
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
