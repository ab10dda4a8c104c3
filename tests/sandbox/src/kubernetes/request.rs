//! A request as the handlers see it: what it is about, its options, who asks.

use bytes::Bytes;
use http::{HeaderMap, Method};
use percent_encoding::percent_decode_str;

use super::selectors::selected_name;

/// One request.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) method: Method,
    /// As it was sent.
    pub(crate) path: String,
    pub(crate) query: Query,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// What it is about, unless it is a path of another sort.
    pub(crate) target: Option<Target>,
}

/// What a request for objects is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) group: String,
    pub(crate) version: String,
    /// Empty: the cluster, or all namespaces.
    pub(crate) namespace: String,
    pub(crate) plural: String,
    /// Empty: the collection.
    pub(crate) name: String,
    pub(crate) subresource: String,
}

impl Request {
    /// What a real API server makes of `.`, `..` and empty segments of a path, no contract has recorded. Here empty ones are left
    /// out and dots are names like others, which is a guess: that no such path is sent is what the tests of the clients hold, and
    /// not this.
    pub(crate) fn new(method: Method, path: &str, query: &str, headers: HeaderMap, body: Bytes) -> Self {
        let segments: Vec<String> = path
            .split('/')
            .filter(|segment| !segment.is_empty())
            .map(|segment| percent_decode_str(segment).decode_utf8_lossy().into_owned())
            .collect();
        let target = Target::read(&segments);
        Self { method, path: path.to_owned(), query: Query::new(query), headers, body, target }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The bearer token.
    pub(crate) fn bearer(&self) -> Option<&str> {
        let (scheme, token) = self.header("authorization")?.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
    }

    /// The content type without its parameters.
    pub(crate) fn content_type(&self) -> &str {
        let whole = self.header("content-type").unwrap_or_default();
        whole.split(';').next().unwrap_or(whole).trim()
    }

    pub(crate) fn is_watch(&self) -> bool {
        self.query.flag("watch") && self.target.as_ref().is_some_and(|target| target.name.is_empty())
    }

    pub(crate) fn is_dry_run(&self) -> bool {
        self.query.all("dryRun").any(|value| value == "All")
    }

    /// The verb that roles speak of.
    pub(crate) fn verb(&self) -> &'static str {
        let named = self.target.as_ref().is_some_and(|target| !target.name.is_empty());
        match (self.method.as_str(), &self.target) {
            ("GET" | "HEAD", Some(_)) if self.is_watch() => "watch",
            ("GET" | "HEAD", Some(_)) if !named => "list",
            ("GET" | "HEAD", _) => "get",
            ("POST", _) => "create",
            ("PUT", _) => "update",
            ("PATCH", _) => "patch",
            ("DELETE", Some(_)) if !named => "deletecollection",
            ("DELETE", _) => "delete",
            _ => "",
        }
    }

    /// The name that roles may allow: also one that a list or a watch is confined to.
    pub(crate) fn name_for_roles(&self) -> &str {
        match &self.target {
            Some(target) if !target.name.is_empty() => &target.name,
            Some(_) => selected_name(self.query.get("fieldSelector").unwrap_or_default()).unwrap_or_default(),
            None => "",
        }
    }
}

impl Target {
    fn read(segments: &[String]) -> Option<Self> {
        let (group, version, rest) = match segments {
            [api, version, rest @ ..] if api == "api" => ("", version, rest),
            [apis, group, version, rest @ ..] if apis == "apis" => (group.as_str(), version, rest),
            _ => return None,
        };
        let (namespace, rest) = match rest {
            // what follows a namespace's name is a resource in it, but for parts of the namespace itself
            [namespaces, namespace, part, ..]
                if namespaces == "namespaces" && ["status", "finalize"].contains(&part.as_str()) =>
            {
                (namespace.as_str(), rest)
            }
            [namespaces, namespace, rest @ ..] if namespaces == "namespaces" && !rest.is_empty() => {
                (namespace.as_str(), rest)
            }
            [namespaces, namespace] if namespaces == "namespaces" => (namespace.as_str(), rest),
            _ => ("", rest),
        };
        let plural = rest.first()?;
        let part = |index: usize| rest.get(index).cloned().unwrap_or_default();
        Some(Self {
            group: group.to_owned(),
            version: version.clone(),
            namespace: namespace.to_owned(),
            plural: plural.clone(),
            name: part(1),
            subresource: part(2),
        })
    }

    /// The namespace of the objects that are meant; a namespace is in none itself.
    pub(crate) fn object_namespace(&self) -> &str {
        if self.group.is_empty() && self.plural == "namespaces" { "" } else { &self.namespace }
    }
}

/// Query parameters, in order.
#[derive(Debug, Default)]
pub(crate) struct Query(Vec<(String, String)>);

impl Query {
    fn new(text: &str) -> Self {
        let pairs = text.split('&').filter(|part| !part.is_empty()).map(|part| {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            (decoded(name), decoded(value))
        });
        Self(pairs.collect())
    }

    /// The first value of a parameter, when it is not empty.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }

    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Whether a parameter is true, in any of its spellings.
    pub(crate) fn flag(&self, name: &str) -> bool {
        self.all(name).next().is_some_and(|value| !["0", "f", "F", "false", "FALSE", "False"].contains(&value))
    }
}

fn decoded(text: &str) -> String {
    percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(method: Method, uri: &str) -> Request {
        let (path, query) = uri.split_once('?').unwrap_or((uri, ""));
        Request::new(method, path, query, HeaderMap::new(), Bytes::new())
    }

    #[test]
    fn paths_say_what_a_request_is_about() {
        let request = read(Method::GET, "/api/v1/namespaces/a/secrets/b");
        let target = request.target.as_ref().unwrap();
        assert_eq!((target.namespace.as_str(), target.plural.as_str(), target.name.as_str()), ("a", "secrets", "b"));
        assert_eq!(request.verb(), "get");
        let request = read(Method::GET, "/api/v1/namespaces/a");
        let target = request.target.as_ref().unwrap();
        assert_eq!((target.namespace.as_str(), target.plural.as_str(), target.name.as_str()), ("a", "namespaces", "a"));
        assert_eq!(target.object_namespace(), "");
        let request = read(Method::PATCH, "/apis/batch/v1/namespaces/a/jobs/b/status");
        assert_eq!(request.target.as_ref().unwrap().subresource, "status");
        assert!(read(Method::GET, "/apis/batch/v1").target.is_none());
        assert!(read(Method::GET, "/version").target.is_none());
    }

    #[test]
    fn a_list_of_one_name_counts_as_that_name_for_roles() {
        let request = read(Method::GET, "/api/v1/namespaces/a/secrets?fieldSelector=metadata.name%3Ddemo&watch=true");
        assert_eq!((request.verb(), request.name_for_roles()), ("watch", "demo"));
        let request = read(Method::DELETE, "/api/v1/namespaces/a/secrets");
        assert_eq!((request.verb(), request.name_for_roles()), ("deletecollection", ""));
    }
}
