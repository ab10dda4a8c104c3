//! Waiting for one object, or for those that have certain labels.

use std::{collections::BTreeMap, time::Duration};

use bytes::{Buf, BytesMut};
use evenkeel_transport::{ApiError, Kind, Outcome};
use http_body_util::BodyExt;
use kube::client::Body;
use serde::Deserialize;
use serde_json::Value;
use tokio::time::{Instant, sleep, timeout};

use crate::{
    Cluster, KubernetesError, ObjectName, Resource,
    call::{Call, Verb},
    error::Status,
    failure::Failure,
    list::Page,
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

/// How many objects are kept in mind at most: more than any selection has.
const MOST_OBJECTS: usize = 10_000;

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
struct WatchEvent {
    #[serde(rename = "type")]
    kind: String,
    object: Value,
}

/// What is watched: one object, or those of a namespace that have certain labels.
#[derive(Clone, Copy, Debug)]
enum Scope<'a> {
    One(&'a ObjectName),
    Labelled { namespace: &'a str, labels: &'a str },
}

impl Scope<'_> {
    fn call<R: Resource>(self, verb: Verb) -> Call {
        match self {
            Self::One(name) => {
                let mut call = Call::many::<R>(verb, name.namespace.as_deref());
                call.about = crate::ObjectRef::one::<R>(name);
                call.with("fieldSelector", &format!("metadata.name={}", name.name))
            }
            Self::Labelled { namespace, labels } => {
                Call::many::<R>(verb, Some(namespace)).with("labelSelector", labels)
            }
        }
    }

    /// Whether an object is one of those that were asked for.
    fn has(self, namespace: Option<&str>, name: Option<&str>) -> bool {
        match self {
            Self::One(wanted) => name == Some(&*wanted.name) && namespace == wanted.namespace.as_deref(),
            Self::Labelled { namespace: wanted, .. } => namespace == Some(wanted),
        }
    }
}

/// What is there, by name, and since when.
struct Seen<R> {
    objects: BTreeMap<String, R>,
    version: String,
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
        self.until_scope(Scope::One(name), |objects: &BTreeMap<String, R>| decide(objects.values().next())).await
    }

    /// As [`until`](Self::until), for the objects of a namespace that a label selector selects, by their names.
    ///
    /// Needs `list` and `watch` on the resource in the namespace.
    ///
    /// # Errors
    /// As [`until`](Self::until).
    pub async fn until_labelled<R: Resource, T>(
        &self,
        namespace: &str,
        labels: &str,
        decide: impl FnMut(&BTreeMap<String, R>) -> Option<T> + Send,
    ) -> Result<T, KubernetesError> {
        self.until_scope(Scope::Labelled { namespace, labels }, decide).await
    }

    async fn until_scope<R: Resource, T>(
        &self,
        scope: Scope<'_>,
        mut decide: impl FnMut(&BTreeMap<String, R>) -> Option<T> + Send,
    ) -> Result<T, KubernetesError> {
        loop {
            let mut seen = self.now::<R>(scope).await?;
            if let Some(decision) = decide(&seen.objects) {
                return Ok(decision);
            }
            loop {
                let begin = Instant::now();
                match self.watch(scope, &mut seen, &mut decide).await? {
                    Ended::Decided(decision) => return Ok(decision),
                    Ended::Expired => break,
                    Ended::Over => self.pause(SHORTEST_WATCH.saturating_sub(begin.elapsed())).await,
                }
            }
        }
    }

    async fn now<R: Resource>(&self, scope: Scope<'_>) -> Result<Seen<R>, KubernetesError> {
        let call = scope.call::<R>(Verb::List);
        let found = Page::<R>::read(&call, &self.send(&call).await?)?;
        let mut objects = BTreeMap::new();
        for object in found.items {
            let ObjectName { namespace, name } = ObjectName::of(object.metadata());
            if !scope.has(namespace.as_deref(), Some(&name)) {
                return Err(call.about_another());
            }
            objects.insert(name, object);
        }
        Ok(Seen { objects, version: found.metadata.resource_version.unwrap_or_default() })
    }

    async fn pause(&self, pause: Duration) {
        sleep(self.deadline().map_or(pause, |deadline| pause.min(deadline.remaining()))).await;
    }

    /// One watch, from where it was seen last.
    async fn watch<R: Resource, T>(
        &self,
        scope: Scope<'_>,
        seen: &mut Seen<R>,
        decide: &mut (impl FnMut(&BTreeMap<String, R>) -> Option<T> + Send),
    ) -> Result<Ended<T>, KubernetesError> {
        let call = scope
            .call::<R>(Verb::Watch)
            .with("watch", "true")
            .with("allowWatchBookmarks", "true")
            .with("timeoutSeconds", &WATCH_SECONDS.to_string())
            .with("resourceVersion", &seen.version);
        let longest = Duration::from_secs(WATCH_SECONDS) + GRACE;
        let limit = self.deadline().map_or(longest, |deadline| deadline.remaining().min(longest));
        match timeout(limit, self.follow(&call, scope, seen, decide)).await {
            Ok(ended) => ended,
            Err(_) if limit < longest => Err(call.failed(ApiError::new(Kind::Deadline, "the time to wait is up"))),
            // A connection that is dead without saying so.
            Err(_) => Ok(Ended::Over),
        }
    }

    async fn follow<R: Resource, T>(
        &self,
        call: &Call,
        scope: Scope<'_>,
        seen: &mut Seen<R>,
        decide: &mut (impl FnMut(&BTreeMap<String, R>) -> Option<T> + Send),
    ) -> Result<Ended<T>, KubernetesError> {
        let Some(mut body) = self.open::<R>(call, scope).await? else { return Ok(Ended::Over) };
        let mut buffer = BytesMut::new();
        while let Some(frame) = body.frame().await {
            // A connection that breaks is a watch that ends.
            let Ok(frame) = frame else { return Ok(Ended::Over) };
            let Ok(data) = frame.into_data() else { continue };
            buffer.extend_from_slice(&data);
            while let Some(end) = buffer.iter().position(|byte| *byte == b'\n') {
                let line = buffer.split_to(end);
                buffer.advance(1);
                if let Some(ended) = self.read_event(call, scope, &line, seen, decide)? {
                    return Ok(ended);
                }
            }
            if buffer.len() > LONGEST_LINE {
                return Err(call.undecodable("an event of a watch is longer than any object"));
            }
        }
        Ok(Ended::Over)
    }

    /// Opens a watch; `None` when the server cannot be reached now: the next reading, which is repeated as every request is,
    /// shows whether it stays so.
    async fn open<R: Resource>(&self, call: &Call, scope: Scope<'_>) -> Result<Option<Body>, KubernetesError> {
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
                return self.reread::<R>(scope).await;
            }
        };
        let (parts, body) = response.into_parts();
        pending.finish(Outcome::Status(parts.status), 0);
        if parts.status.is_success() {
            return Ok(Some(body));
        }
        let status = Status::of(&parts.headers, &sending::beginning(body).await, |text| self.masked(&[], text));
        let error = ApiError::from_status(parts.status, &status.message);
        match call.refused(&status, error) {
            KubernetesError::Unavailable(_) => self.reread::<R>(scope).await,
            error => Err(error),
        }
    }

    /// Whether the server can be worked with at all: asked for nothing else than before, since rights may reach no further.
    async fn reread<R: Resource>(&self, scope: Scope<'_>) -> Result<Option<Body>, KubernetesError> {
        self.send(&scope.call::<R>(Verb::List).with("limit", "1")).await.map(|_| None)
    }

    /// What one line of a watch says; `None` when there is more to wait for.
    fn read_event<R: Resource, T>(
        &self,
        call: &Call,
        scope: Scope<'_>,
        line: &[u8],
        seen: &mut Seen<R>,
        decide: &mut impl FnMut(&BTreeMap<String, R>) -> Option<T>,
    ) -> Result<Option<Ended<T>>, KubernetesError> {
        if line.iter().all(u8::is_ascii_whitespace) {
            return Ok(None);
        }
        let unreadable = |_| call.undecodable("an event of a watch is not what the API describes");
        // Lists and answers are weighed where they come in; a watch has no end to weigh.
        evenkeel_transport::weigh(line).map_err(|reason| call.undecodable(reason.to_string()))?;
        let event: WatchEvent = serde_json::from_slice(line).map_err(unreadable)?;
        if event.kind == "ERROR" {
            let status = Status::of_document(event.object, |text| self.masked(&[], text)).map_err(unreadable)?;
            return match http::StatusCode::from_u16(status.code) {
                // 410 inside of a 200 (server-behaviour, secrets-list).
                Ok(http::StatusCode::GONE) => Ok(Some(Ended::Expired)),
                Ok(code) if code.is_client_error() => {
                    Err(call.refused(&status, ApiError::from_status(code, &status.message)))
                }
                // Whatever else: a new reading is right.
                _ => Ok(Some(Ended::Expired)),
            };
        }
        let text = |pointer: &str| event.object.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
        if let Some(version) = text("/metadata/resourceVersion") {
            seen.version = version;
        }
        if !matches!(event.kind.as_str(), "ADDED" | "MODIFIED" | "DELETED") {
            return Ok(None);
        }
        let (namespace, name) = (text("/metadata/namespace"), text("/metadata/name"));
        if !scope.has(namespace.as_deref(), name.as_deref()) {
            return Err(call.about_another());
        }
        let name = name.unwrap_or_default();
        if event.kind == "DELETED" {
            seen.objects.remove(&name);
        } else if seen.objects.len() >= MOST_OBJECTS {
            return Err(call.undecodable(format!("it is about more than {MOST_OBJECTS} objects")));
        } else {
            seen.objects.insert(name, serde_json::from_value(event.object).map_err(unreadable)?);
        }
        Ok(decide(&seen.objects).map(Ended::Decided))
    }
}
