//! Tokens: that of the administrator, and those of service accounts, which die with their account.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;

use super::access::User;
use super::invalid::strings;
use super::options::KubernetesOptions;
use super::request::Request;
use super::world::World;
use crate::random::{random_bytes, uuid};

/// All tokens.
#[derive(Debug)]
pub(crate) struct Tokens {
    administrator: SecretString,
    /// Whether the administrator's token is dead.
    dead: bool,
    administrator_uid: String,
    issued: BTreeMap<String, Issued>,
}

/// A token of a service account.
#[derive(Debug)]
struct Issued {
    namespace: String,
    name: String,
    uid: String,
    id: String,
    /// Milliseconds since 1970.
    expires: i64,
    /// Whether it is for this server: one for others alone is no login here.
    ours: bool,
}

/// For whom a token is where nobody else is named.
pub(crate) const SERVER: &str = "https://kubernetes.default.svc";

/// What a token is asked for.
pub(crate) struct Wanted<'a> {
    pub(crate) audiences: &'a Value,
    /// Milliseconds since 1970.
    pub(crate) now: i64,
    pub(crate) lifetime: Duration,
}

impl Tokens {
    pub(crate) fn new(options: &KubernetesOptions) -> Self {
        Self {
            administrator: options.admin_token().clone(),
            dead: false,
            administrator_uid: uuid(),
            issued: BTreeMap::new(),
        }
    }

    /// Who sends a request. No token is a user, too; a token that is none is nobody.
    #[expect(clippy::disallowed_methods, reason = "compares the token that came with the administrator's")]
    pub(crate) fn user(&self, world: &World, request: &Request) -> Option<User> {
        let Some(token) = request.bearer() else {
            return request.header("authorization").is_none().then(User::anonymous);
        };
        if token == self.administrator.expose_secret() && !self.dead {
            return Some(User::master("platform-admin", &self.administrator_uid));
        }
        let issued = self.issued.get(token).filter(|issued| issued.ours)?;
        let account = world.look("", "serviceaccounts", &issued.namespace, &issued.name)?;
        let alive = account.metadata("uid") == issued.uid && world.clock.now() < issued.expires;
        let credential = format!("JTI={}", issued.id);
        alive.then(|| User::service_account(&issued.namespace, &issued.name, &issued.uid, credential))
    }

    /// A new token of an account, in the form of a JWT.
    pub(crate) fn issue(&mut self, namespace: &str, name: &str, uid: &str, wanted: &Wanted<'_>) -> String {
        let Wanted { audiences, now, lifetime } = *wanted;
        let id = uuid();
        let expires = now + i64::try_from(lifetime.as_millis()).unwrap_or(i64::MAX / 2);
        let claims = json!({
            "aud": audiences,
            "exp": expires / 1000,
            "iat": now / 1000,
            "iss": SERVER,
            "jti": id,
            "kubernetes.io": {"namespace": namespace, "serviceaccount": {"name": name, "uid": uid}},
            "nbf": now / 1000,
            "sub": format!("system:serviceaccount:{namespace}:{name}"),
        });
        let header = json!({"alg": "RS256", "kid": "sandbox"});
        let encode = |text: String| URL_SAFE_NO_PAD.encode(text);
        let signature = URL_SAFE_NO_PAD.encode(random_bytes::<32>());
        let token = format!("{}.{}.{signature}", encode(header.to_string()), encode(claims.to_string()));
        let ours = strings(audiences).any(|audience| audience == SERVER);
        let issued =
            Issued { namespace: namespace.to_owned(), name: name.to_owned(), uid: uid.to_owned(), id, expires, ours };
        self.issued.insert(token.clone(), issued);
        token
    }

    /// Lets a token die.
    #[expect(clippy::disallowed_methods, reason = "compares the token that is to die with the administrator's")]
    pub(crate) fn kill(&mut self, token: &str) {
        self.issued.remove(token);
        self.dead |= token == self.administrator.expose_secret();
    }
}
