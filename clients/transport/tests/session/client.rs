//! A client as the generator writes it, small enough to be written by hand.

use std::{future::Future, time::Duration};

use evenkeel_transport::{
    ApiError, ErrorBody, Operation, ResultExt, Retry, Session, SessionOptions,
    progenitor_client::{Error, ResponseValue},
    reqwest::{self, Method},
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;

/// An error body with one typed field, so that decoding it can fail.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Problem {
    #[serde(default)]
    message: Option<String>,
    #[serde(default, rename = "errorMessage")]
    error_message: Option<String>,
}

impl ErrorBody for Problem {
    fn message(&self) -> String {
        self.error_message.clone().or_else(|| self.message.clone()).unwrap_or_default()
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Client {
    base: String,
    http: reqwest::Client,
    session: Session,
}

/// The operations of the API, as the generator describes them.
static THING: Operation = Operation { id: "thing_call", method: "GET", path: "/thing", answers: &[], nothing: "" };
static LIST: Operation = Operation { id: "thing_list", method: "GET", path: "/things", answers: &[], nothing: "[]" };
static NAMED: Operation =
    Operation { id: "named_call", method: "GET", path: "/things/{name}", answers: &[("name", "name")], nothing: "" };

impl Client {
    pub(crate) fn new(base: &str, session: Session) -> Self {
        Self { base: base.to_owned(), http: session.http().clone(), session }
    }

    pub(crate) fn session(&self) -> &Session {
        &self.session
    }

    /// A call of `/thing`, with this query.
    pub(crate) async fn call<T: DeserializeOwned>(
        &self,
        method: Method,
        query: &str,
        body: Option<&Value>,
    ) -> Result<ResponseValue<T>, Error<Problem>> {
        self.operate(method, &THING, Vec::new(), query, body).await
    }

    /// A call of `/things`.
    pub(crate) async fn list(&self) -> Result<Vec<Value>, ApiError> {
        self.operate(Method::GET, &LIST, Vec::new(), "", None).await.api()
    }

    /// A call of `/things/{name}`.
    pub(crate) async fn named(&self, method: Method, name: &str) -> Result<ResponseValue<Value>, Error<Problem>> {
        self.operate(method, &NAMED, vec![name.to_owned()], "?q=canary", None).await
    }

    /// What the generator writes for one operation.
    async fn operate<T: DeserializeOwned>(
        &self,
        method: Method,
        operation: &'static Operation,
        names: Vec<String>,
        query: &str,
        body: Option<&Value>,
    ) -> Result<ResponseValue<T>, Error<Problem>> {
        let operation_path = operation.with(names);
        let mut builder = self.http.request(method, format!("{}{query}", operation_path.url(&self.base)));
        if let Some(body) = body {
            builder = builder.json(body);
        }
        let request = builder.build().map_err(|error| Error::InvalidRequest(error.to_string()))?;
        let result = self.session.exec(&self.base, request, &operation_path).await;
        let response = result.map_err(Error::CommunicationError)?;
        match response.status().as_u16() {
            200 | 201 => ResponseValue::from_response(response).await,
            400..=499 => Err(Error::ErrorResponse(ResponseValue::from_response(response).await?)),
            500..=599 => Err(Error::ErrorResponse(ResponseValue::from_response(response).await?)),
            _ => Err(Error::UnexpectedResponse(response)),
        }
    }

    pub(crate) async fn get(&self) -> Result<Value, ApiError> {
        self.call(Method::GET, "", None).await.api()
    }

    pub(crate) async fn method(&self, method: Method) -> Result<Value, ApiError> {
        self.call(method, "", None).await.api()
    }
}

/// Options whose pauses cost a test nothing.
pub(crate) fn options() -> SessionOptions {
    SessionOptions {
        retry: Retry {
            times: 2,
            min_delay: Duration::from_millis(1),
            max_delay: Duration::from_millis(2),
            max_retry_after: Duration::from_millis(1),
        },
        proxy: evenkeel_transport::ProxyUse::Direct,
        ..SessionOptions::default()
    }
}

pub(crate) fn session() -> Session {
    Session::new(options()).unwrap()
}

/// Fails a test that would hang instead of one that is slow.
pub(crate) async fn bounded<F: Future>(future: F) -> F::Output {
    tokio::time::timeout(Duration::from_secs(60), future).await.expect("the test hangs")
}
