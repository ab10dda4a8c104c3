//! The registry's own API below `/v2/`, and the tokens for it (server-behaviour 5).

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use http::header;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::answer::{Answer, Content, Reply};
use super::identity::Identity;
use super::outages::HarborPart;
use super::request::Request;
use super::time::written;
use super::world::World;
use crate::random::{random_word, uuid};

const SERVICE: &str = "harbor-registry";
const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";

impl World {
    /// Everything below `/v2/`.
    pub(crate) fn registry(&self, request: &Request, segments: &[&str]) -> Reply {
        if segments.iter().all(|segment| segment.is_empty()) {
            if request.who == Identity::Nobody {
                return Err(self.challenged(request, None, "unauthorized"));
            }
            self.need_registry()?;
            return Ok(Answer::new(StatusCode::OK, Content::CharsetJson(json!({}))));
        }
        let (name, reference, action) = match segments {
            [name @ .., "manifests", reference] if !request.writes() => (name, *reference, "pull"),
            [name @ .., "blobs", "uploads"] if request.method == Method::POST => (name, "", "push"),
            _ => return Err(Answer::not_found("page not found")),
        };
        let [project, repository @ ..] = name else { return Err(Answer::not_found("page not found")) };
        let full = name.join("/");
        let Some(project) = self.project_named(project) else {
            let message = format!("project {project} not found: project {project} not found");
            let failure = Answer::failure(StatusCode::UNAUTHORIZED, "UNAUTHORIZED", message);
            return Err(failure.with(header::WWW_AUTHENTICATE, ""));
        };
        if !self.may_in(request.who, project, "repository", action) {
            let message = format!("unauthorized to access repository: {full}, action: {action}");
            return Err(self.challenged(request, Some(&format!("repository:{full}:{action}")), &message));
        }
        self.need_registry()?;
        if action == "push" {
            let upload = format!("{}/v2/{full}/blobs/uploads/{}?_state={}", self.base, uuid(), random_word(43));
            return Ok(Answer::new(StatusCode::ACCEPTED, Content::Empty).with(header::LOCATION, upload));
        }
        let artifact = project.repositories.get(&repository.join("/")).and_then(|found| found.artifact(reference));
        let artifact = artifact.ok_or_else(|| Answer::not_found(format!("repository {full} not found")))?;
        let manifest = json!({ "schemaVersion": 2, "mediaType": MANIFEST, "layers": [] });
        let answer = Answer::new(StatusCode::OK, Content::Other(MANIFEST, manifest.to_string()));
        let digest = header::HeaderName::from_static("docker-content-digest");
        Ok(answer.with(digest, artifact.digest.clone()).with(header::ETAG, format!("\"{}\"", artifact.digest)))
    }

    /// 502 with an empty body while the registry is away.
    fn need_registry(&self) -> Result<(), Answer> {
        if self.outages.is_away(HarborPart::Registry) {
            return Err(Answer::new(StatusCode::BAD_GATEWAY, Content::Empty));
        }
        Ok(())
    }

    /// 401 with a challenge: who sent credentials is asked for better ones, all others for a token.
    fn challenged(&self, request: &Request, scope: Option<&str>, message: &str) -> Answer {
        let sent = request.header("authorization").is_some();
        let message = match (sent, scope) {
            (false, Some(_)) => "authorize header needed to send HEAD to repository",
            _ => message,
        };
        let failure = Answer::failure(StatusCode::UNAUTHORIZED, "UNAUTHORIZED", format!("{message}: {message}"));
        if sent {
            return failure.with(header::WWW_AUTHENTICATE, "Basic realm=\"harbor\"");
        }
        let mut challenge = format!("Bearer realm=\"{}/service/token\",service=\"{SERVICE}\"", self.base);
        if let Some(scope) = scope {
            challenge = format!("{challenge},scope=\"{scope}\"");
        }
        failure.with(header::WWW_AUTHENTICATE, challenge)
    }

    /// `GET /service/token`: with a scope everybody gets a token, be it one without rights.
    pub(crate) fn token(&self, request: &Request) -> Reply {
        let service = request.query.get("service").unwrap_or_default();
        if !matches!(service, SERVICE | "harbor-notary") {
            let text = Content::Other("text/plain; charset=utf-8", format!("Unable to handle service: {service}"));
            return Err(Answer::new(StatusCode::BAD_REQUEST, text));
        }
        let scope = request.query.get("scope");
        if scope.is_none() && request.who == Identity::Nobody {
            return Err(Answer::new(StatusCode::UNAUTHORIZED, Content::Empty));
        }
        let access = scope.map(|scope| scope.split(' ').filter_map(|scope| self.granted(request.who, scope)).collect());
        let lifetime = self.configuration.number("token_expiration") * 60;
        let now = self.now();
        let claims = json!({
            "access": access.map_or(Value::Null, Value::Array),
            "aud": service,
            "exp": now / 1000 + lifetime,
            "iat": now / 1000,
            "iss": "harbor-token-issuer",
            "jti": random_word(16),
            "sub": self.name_of(request.who),
        });
        let part = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
        let token = format!("{}.{}.{}", part(&json!({ "alg": "RS256", "typ": "JWT" })), part(&claims), random_word(86));
        Ok(Answer::new(
            StatusCode::OK,
            Content::CharsetJson(json!({
                "token": token,
                "access_token": "",
                "expires_in": lifetime,
                "issued_at": written(now),
            })),
        ))
    }

    /// What of a scope `repository:name:actions` the caller may.
    fn granted(&self, who: Identity, scope: &str) -> Option<Value> {
        let (kind, rest) = scope.split_once(':')?;
        let (name, actions) = rest.rsplit_once(':')?;
        let project = name.split('/').next().and_then(|project| self.project_named(project));
        let may = |action: &&str| project.is_some_and(|project| self.may_in(who, project, "repository", action));
        let actions: Vec<&str> = actions.split(',').filter(may).collect();
        Some(json!({ "type": kind, "name": name, "actions": actions }))
    }
}
