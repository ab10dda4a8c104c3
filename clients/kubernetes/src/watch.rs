//! Waiting for one object.

use std::time::Duration;

use bytes::{Buf, BytesMut};
use evenkeel_transport::{ApiError, Kind, Outcome};
use http_body_util::BodyExt;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ListMeta;
use kube::client::Body;
use serde::Deserialize;
use serde_json::Value;
use tokio::time::{Instant, sleep, timeout};

use crate::{
    Cluster, KubernetesError, ObjectName, Resource,
    call::{Call, Verb},
    error::Status,
    failure::Failure,
    sending,
};

/// How long the server lets one watch last: it ends well before proxies cut silent connections.
const WATCH_SECONDS: u64 = 240;
/// How much longer than that a watch may last here before it counts as broken.
const GRACE: Duration = Duration::from_secs(15);
/// The least time between the starts of two watches.
const SHORTEST_WATCH: Duration = Duration::from_secs(1);
/// The longest line of a watch: an object is at most 3 MiB.
const LONGEST_LINE: usize = 8 * 1024 * 1024;

/// How a watch ended.
enum Ended<T> {
    /// It has been seen what was waited for.
    Decided(T),
    /// It ended as watches do: another one goes on from where it was.
    Over,
    /// Its place in history is gone: the object has to be read again.
    Expired,
}

#[derive(Deserialize)]
struct Found<R> {
    #[serde(default)]
    metadata: ListMeta,
    #[serde(default = "Vec::new")]
    items: Vec<R>,
}

#[derive(Deserialize)]
struct WatchEvent {
    #[serde(rename = "type")]
    kind: String,
    object: Value,
}

impl Cluster {
    /// Waits until `decide` has an answer. It is asked for what is there now (`None` when the object is missing), and again
    /// after every change, until it gives one.
    ///
    /// A watch that ends is followed by another; one whose place in history is gone (410), by a new reading. A server
    /// that does not answer is asked again as for every request, and then it is an error. Without a deadline it waits for ever.
    ///
    /// Needs `list` and `watch` on the resource; both may be limited to the object's name (`resourceNames`).
    ///
    /// # Errors
    /// [`Unavailable`](KubernetesError::Unavailable) also when the deadline passes; [`Forbidden`](KubernetesError::Forbidden);
    /// or any other failure.
    pub async fn until<R: Resource, T>(
        &self,
        name: &ObjectName,
        mut decide: impl FnMut(Option<&R>) -> Option<T> + Send,
    ) -> Result<T, KubernetesError> {
        loop {
            let mut version = {
                let call = one_of_list::<R>(Verb::List, name);
                let found: Found<R> = self.answer(&call).await?;
                let is_asked_for = |object: &R| object.metadata().name.as_deref() == Some(&*name.name);
                if !found.items.iter().all(is_asked_for) {
                    return Err(KubernetesError::about_another(&call));
                }
                if let Some(decision) = decide(found.items.first()) {
                    return Ok(decision);
                }
                found.metadata.resource_version.unwrap_or_default()
            };
            loop {
                let begin = Instant::now();
                match self.watch(name, &mut version, &mut decide).await? {
                    Ended::Decided(decision) => return Ok(decision),
                    Ended::Expired => break,
                    Ended::Over => self.pause(SHORTEST_WATCH.saturating_sub(begin.elapsed())).await,
                }
            }
        }
    }

    async fn pause(&self, pause: Duration) {
        sleep(self.deadline().map_or(pause, |deadline| pause.min(deadline.remaining()))).await;
    }

    /// One watch, from `version` on.
    async fn watch<R: Resource, T>(
        &self,
        name: &ObjectName,
        version: &mut String,
        decide: &mut (impl FnMut(Option<&R>) -> Option<T> + Send),
    ) -> Result<Ended<T>, KubernetesError> {
        let call = one_of_list::<R>(Verb::Watch, name)
            .with("watch", "true")
            .with("allowWatchBookmarks", "true")
            .with("timeoutSeconds", &WATCH_SECONDS.to_string())
            .with("resourceVersion", version);
        let longest = Duration::from_secs(WATCH_SECONDS) + GRACE;
        let limit = self.deadline().map_or(longest, |deadline| deadline.remaining().min(longest));
        match timeout(limit, self.follow(&call, version, decide)).await {
            Ok(ended) => ended,
            Err(_) if limit < longest => {
                Err(KubernetesError::of_failure(&call, ApiError::new(Kind::Deadline, "the time to wait is up")))
            }
            // A connection that is dead without saying so.
            Err(_) => Ok(Ended::Over),
        }
    }

    async fn follow<R: Resource, T>(
        &self,
        call: &Call,
        version: &mut String,
        decide: &mut (impl FnMut(Option<&R>) -> Option<T> + Send),
    ) -> Result<Ended<T>, KubernetesError> {
        let Some(mut body) = self.open(call).await? else { return Ok(Ended::Over) };
        let mut buffer = BytesMut::new();
        while let Some(frame) = body.frame().await {
            // A connection that breaks is a watch that ends.
            let Ok(frame) = frame else { return Ok(Ended::Over) };
            let Ok(data) = frame.into_data() else { continue };
            buffer.extend_from_slice(&data);
            while let Some(end) = buffer.iter().position(|byte| *byte == b'\n') {
                let line = buffer.split_to(end);
                buffer.advance(1);
                if let Some(ended) = self.read_event(call, &line, version, decide)? {
                    return Ok(ended);
                }
            }
            if buffer.len() > LONGEST_LINE {
                return Err(KubernetesError::undecodable(call, "an event of a watch is longer than any object"));
            }
        }
        Ok(Ended::Over)
    }

    /// Opens a watch; `None` when the server cannot be reached now: the next reading, which is repeated as every request is,
    /// shows whether it stays so.
    async fn open(&self, call: &Call) -> Result<Option<Body>, KubernetesError> {
        let pending = self.log().start(evenkeel_transport::Call {
            operation: call.verb.operation(),
            template: Some(call.resource),
            method: call.method(),
            attempt: 1,
            login: false,
            query: false,
        });
        let response = match self.kube().send(call.request()?).await {
            Ok(response) => response,
            Err(error) => {
                pending.finish(Outcome::Failed(Failure::of(&error).kind()), 0);
                return self.reread(call).await;
            }
        };
        let (parts, body) = response.into_parts();
        pending.finish(Outcome::Status(parts.status), 0);
        if parts.status.is_success() {
            return Ok(Some(body));
        }
        let status = Status::of(&parts.headers, &sending::beginning(body).await, |text| self.masked(&[], text));
        let error = ApiError::from_status(parts.status, &status.message);
        match KubernetesError::of_status(call, &status, error) {
            KubernetesError::Unavailable(_) => self.reread(call).await,
            error => Err(error),
        }
    }

    /// Whether the server can be worked with at all.
    async fn reread(&self, call: &Call) -> Result<Option<Body>, KubernetesError> {
        self.send(&call.as_list()).await.map(|_| None)
    }

    /// What one line of a watch says; `None` when there is more to wait for.
    fn read_event<R: Resource, T>(
        &self,
        call: &Call,
        line: &[u8],
        version: &mut String,
        decide: &mut impl FnMut(Option<&R>) -> Option<T>,
    ) -> Result<Option<Ended<T>>, KubernetesError> {
        if line.iter().all(u8::is_ascii_whitespace) {
            return Ok(None);
        }
        let unreadable = |_| KubernetesError::undecodable(call, "an event of a watch is not what the API describes");
        // Lists and answers are weighed where they come in; a watch has no end to weigh.
        evenkeel_transport::weigh(line).map_err(|reason| KubernetesError::undecodable(call, reason.to_string()))?;
        let event: WatchEvent = serde_json::from_slice(line).map_err(unreadable)?;
        if event.kind == "ERROR" {
            let status = Status::of_document(event.object, |text| self.masked(&[], text)).map_err(unreadable)?;
            return match http::StatusCode::from_u16(status.code) {
                // 410 inside of a 200 (server-behaviour, secrets-list).
                Ok(http::StatusCode::GONE) => Ok(Some(Ended::Expired)),
                Ok(code) if code.is_client_error() => {
                    Err(KubernetesError::of_status(call, &status, ApiError::from_status(code, &status.message)))
                }
                // Whatever else: a new reading is right.
                _ => Ok(Some(Ended::Expired)),
            };
        }
        if let Some(seen) = event.object.pointer("/metadata/resourceVersion").and_then(Value::as_str) {
            seen.clone_into(version);
        }
        let is_about_object = matches!(event.kind.as_str(), "ADDED" | "MODIFIED" | "DELETED");
        let named = event.object.pointer("/metadata/name").and_then(Value::as_str);
        if is_about_object && named != call.about.name.as_deref() {
            return Err(KubernetesError::about_another(call));
        }
        let decision = match event.kind.as_str() {
            "ADDED" | "MODIFIED" => decide(Some(&serde_json::from_value(event.object).map_err(unreadable)?)),
            "DELETED" => decide(None),
            _ => None,
        };
        Ok(decision.map(Ended::Decided))
    }
}

fn one_of_list<R: Resource>(verb: Verb, name: &ObjectName) -> Call {
    let mut call = Call::many::<R>(verb, name.namespace.as_deref());
    call.about = crate::ObjectRef::one::<R>(name);
    call.with("fieldSelector", &format!("metadata.name={}", name.name))
}
