//! A request before it is sent.

use bytes::Bytes;
use evenkeel_transport::{ApiError, Kind, Secret, Unaddressable, check_segment, encoded};
use http::{Method, Request, header};
use kube::client::Body;
use serde::Serialize;

use crate::{
    ObjectName, ObjectRef, Resource,
    error::{KubernetesError, Refusal, Status},
};

/// What is asked of the server, in the words of RBAC rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verb {
    Get,
    List,
    Watch,
    Create,
    /// A create that stores nothing: a review.
    Review,
    Update,
    Patch,
    Delete,
}

impl Verb {
    fn method(self) -> Method {
        match self {
            Self::Get | Self::List | Self::Watch => Method::GET,
            Self::Create | Self::Review => Method::POST,
            Self::Update => Method::PUT,
            Self::Patch => Method::PATCH,
            Self::Delete => Method::DELETE,
        }
    }

    /// The operation's name in the request log.
    pub(crate) const fn operation(self) -> &'static str {
        match self {
            Self::Get => "get",
            Self::List => "list",
            Self::Watch => "watch",
            Self::Create | Self::Review => "create",
            Self::Update => "update",
            Self::Patch => "patch",
            Self::Delete => "delete",
        }
    }

    /// Whether doing it twice leaves the same state as doing it once.
    ///
    /// A patch counts: ours are server-side applies and guarded by a `resourceVersion`, so that the second is refused or
    /// changes nothing.
    pub(crate) const fn may_repeat(self) -> bool {
        !matches!(self, Self::Create)
    }
}

/// A request before it is sent; it can be sent several times.
pub(crate) struct Call {
    pub(crate) verb: Verb,
    /// The resource in the words of RBAC rules, such as `secrets`.
    pub(crate) resource: &'static str,
    pub(crate) about: ObjectRef,
    /// What an answer must not repeat.
    pub(crate) secrets: Vec<Secret>,
    /// The one object that is read.
    one: Option<ObjectName>,
    /// Names that its address has to carry.
    names: Vec<String>,
    path: String,
    query: String,
    accept: &'static str,
    content: Option<(&'static str, Bytes)>,
}

impl Call {
    /// A call about one object.
    pub(crate) fn one<R: Resource>(verb: Verb, name: &ObjectName) -> Self {
        let mut call = Self::of::<R>(verb, name.namespace.as_deref(), ObjectRef::one::<R>(name));
        call.one = Some(name.clone()).filter(|_| verb == Verb::Get);
        if verb != Verb::Create {
            call.path.push('/');
            call.path.push_str(&encoded(&name.name));
            call.names.push(name.name.clone());
        }
        call
    }

    /// A call about many objects of a namespace, or of all.
    pub(crate) fn many<R: Resource>(verb: Verb, namespace: Option<&str>) -> Self {
        Self::of::<R>(verb, namespace, ObjectRef::many::<R>(namespace))
    }

    fn of<R: Resource>(verb: Verb, namespace: Option<&str>, about: ObjectRef) -> Self {
        let mut path = match R::GROUP {
            "" => format!("/api/{}", R::VERSION),
            group => format!("/apis/{group}/{}", R::VERSION),
        };
        if let Some(namespace) = namespace {
            path.push_str("/namespaces/");
            path.push_str(&encoded(namespace));
        }
        path.push('/');
        path.push_str(R::URL_PATH_SEGMENT);
        Self {
            verb,
            resource: R::URL_PATH_SEGMENT,
            about,
            secrets: Vec::new(),
            one: None,
            names: namespace.map(str::to_owned).into_iter().collect(),
            path,
            query: String::new(),
            accept: "application/json",
            content: None,
        }
    }

    /// With this parameter in the query.
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.query.push(if self.query.is_empty() { '?' } else { '&' });
        self.query.push_str(&encoded(name));
        self.query.push('=');
        self.query.push_str(&encoded(value));
        self
    }

    pub(crate) fn accepting(mut self, accept: &'static str) -> Self {
        self.accept = accept;
        self
    }

    /// With this body.
    ///
    /// # Errors
    /// When the body has no JSON form, which is a mistake.
    pub(crate) fn sending<B: Serialize>(
        mut self,
        content_type: &'static str,
        body: &B,
    ) -> Result<Self, KubernetesError> {
        let body = serde_json::to_vec(body).map_err(|_| self.unsendable())?;
        self.content = Some((content_type, body.into()));
        Ok(self)
    }

    /// With these secrets inside its body.
    pub(crate) fn hiding(mut self, secrets: Vec<Secret>) -> Self {
        self.secrets = secrets;
        self
    }

    pub(crate) fn method(&self) -> Method {
        self.verb.method()
    }

    /// The one object that is read, and that the answer has to be about.
    pub(crate) const fn one_object(&self) -> Option<&ObjectName> {
        self.one.as_ref()
    }

    /// The request. One whose address would be that of something else is none: without a name it would mean them all.
    ///
    /// # Errors
    /// When a name cannot be a part of an address.
    pub(crate) fn request(&self) -> Result<Request<Body>, KubernetesError> {
        for name in &self.names {
            check_segment(name).map_err(|why| self.unaddressable(why))?;
        }
        let mut request = Request::builder()
            .method(self.method())
            .uri(format!("{}{}", self.path, self.query))
            .header(header::ACCEPT, self.accept)
            .header(header::USER_AGENT, concat!("evenkeel/", env!("CARGO_PKG_VERSION")));
        let body = match &self.content {
            Some((content_type, body)) => {
                request = request.header(header::CONTENT_TYPE, *content_type);
                Body::from(body.clone())
            }
            None => Body::empty(),
        };
        request.body(body).map_err(|_| self.unsendable())
    }
}

/// What is said of a call that went wrong.
impl Call {
    fn refusal(&self, error: ApiError) -> Box<Refusal> {
        let Self { verb, resource, about, .. } = self;
        Box::new(Refusal { object: about.clone(), verb: verb.operation(), resource, error })
    }

    /// What a failure without an answer means.
    pub(crate) fn failed(&self, error: ApiError) -> KubernetesError {
        KubernetesError::of_failure(self.refusal(error))
    }

    /// What a failure with an answer means.
    pub(crate) fn refused(&self, status: &Status, error: ApiError) -> KubernetesError {
        KubernetesError::of_status(status, self.refusal(error))
    }

    /// The answer is not what the API describes.
    pub(crate) fn undecodable(&self, what: impl AsRef<str>) -> KubernetesError {
        KubernetesError::Undecodable(self.refusal(ApiError::new(Kind::Decode, what)))
    }

    /// The answer is about something else.
    pub(crate) fn about_another(&self) -> KubernetesError {
        KubernetesError::Undecodable(self.refusal(ApiError::new(Kind::OtherObject, "it is about another object")))
    }

    /// It cannot be sent, which is a mistake of ours.
    fn unsendable(&self) -> KubernetesError {
        KubernetesError::Unexpected(self.refusal(ApiError::new(Kind::Request, "the request cannot be made")))
    }

    /// It has no address of its own.
    fn unaddressable(&self, why: Unaddressable) -> KubernetesError {
        let message = format!("no address can carry its name or namespace: {why}");
        KubernetesError::Unaddressable(self.refusal(ApiError::new(Kind::Unaddressable, message)))
    }
}

#[cfg(test)]
mod tests {
    use k8s_openapi::api::core::v1::{Namespace, Secret};
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_request_is_about_what_was_named_or_is_not_made(
            namespace in r"[a-z0-9./\\;%?# ]{0,4}|\PC{0,3}|[\x00-\x1f]",
            name in r"[a-z0-9./\\;%?# ]{0,4}|\PC{0,3}|[\x00-\x1f]",
        ) {
            let object = ObjectName::in_namespace(namespace.as_str(), name.as_str());
            for verb in [Verb::Get, Verb::Update, Verb::Patch, Verb::Delete] {
                let request = Call::one::<Secret>(verb, &object).request();
                let can_be_carried = [&namespace, &name].into_iter().all(|name| check_segment(name).is_ok());
                prop_assert_eq!(request.is_ok(), can_be_carried);
                let Ok(request) = request else { continue };
                let url = as_served(request.uri());
                prop_assert_eq!(url, ["api", "v1", "namespaces", &namespace, "secrets", &name]);
            }
        }
    }

    /// What a server that resolves dots and cuts at semicolons makes of an address.
    fn as_served(uri: &http::Uri) -> Vec<String> {
        let mut kept: Vec<String> = Vec::new();
        for segment in uri.path().trim_start_matches('/').split('/') {
            let segment = segment.split(';').next().unwrap_or(segment);
            match percent_encoding::percent_decode_str(segment).decode_utf8_lossy().as_ref() {
                "." => {}
                ".." => drop(kept.pop()),
                segment => kept.push(segment.to_owned()),
            }
        }
        kept
    }

    #[test]
    fn an_object_without_a_name_is_not_all_of_its_kind() {
        for name in ["", ".", ".."] {
            assert!(Call::one::<Namespace>(Verb::Get, &ObjectName::of_cluster(name)).request().is_err(), "{name:?}");
        }
    }
}
