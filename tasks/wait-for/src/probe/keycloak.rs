//! A realm that answers and, with a client's account, gives a token (server-behaviour 2.1).

use evenkeel_transport::{
    Secret, decoded,
    reqwest::{Method, Url},
};
use serde::Deserialize;

use super::{
    Manner,
    application::below,
    http::{Answer, Asker},
};
use crate::{
    Error,
    barrier::{End, Verdict},
    condition::{ClientAccount, KeycloakTarget},
};

/// A realm of Keycloak.
#[derive(Debug)]
pub struct KeycloakProbe {
    asker: Asker,
    url: Url,
    /// The realm's name, as its address has it.
    realm: Option<String>,
    client: Option<ClientAccount>,
}

/// What a realm's public page says of itself.
#[derive(Deserialize)]
struct PublicRealm {
    realm: String,
}

#[derive(Deserialize)]
struct Token {
    access_token: Secret,
}

/// Keycloak's own words: a gateway answers 404 as well.
fn is_no_such_realm(answer: &Answer) -> bool {
    answer.json().is_some_and(|body| body["error"] == "Realm does not exist")
}

impl KeycloakProbe {
    pub(super) fn new(target: &KeycloakTarget, manner: &Manner) -> Result<Self, Error> {
        let asker = Asker::of(&target.service, manner)?;
        let url = target.service.url.clone();
        let name = url.path().trim_end_matches('/').rsplit('/').next().and_then(decoded);
        Ok(Self { asker, url, realm: name, client: target.client.clone() })
    }

    pub(super) async fn ask(&self) -> Verdict {
        match (self.realm().await, &self.client) {
            (Verdict::Ready, Some(client)) => self.token(client).await,
            (verdict, _) => verdict,
        }
    }

    /// Whether the realm itself answers, and not a page of a gateway.
    async fn realm(&self) -> Verdict {
        let answer = match self.asker.send(self.asker.request(Method::GET, self.url.clone())).await {
            Ok(answer) => answer,
            Err(verdict) => return verdict,
        };
        match serde_json::from_slice::<PublicRealm>(&answer.body) {
            Ok(realm) if answer.status == 200 && Some(&realm.realm) == self.realm.as_ref() => Verdict::Ready,
            Ok(realm) if answer.status == 200 && !realm.realm.is_empty() => {
                Verdict::NotYet("what answers is another realm".to_owned())
            }
            _ if answer.status == 404 && is_no_such_realm(&answer) => {
                Verdict::NotYet("answers that the realm does not exist".to_owned())
            }
            _ => answer.not_of("Keycloak"),
        }
    }

    async fn token(&self, client: &ClientAccount) -> Verdict {
        let secret = Secret::from(client.client_secret.clone());
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", client.client_id.as_str()),
            ("client_secret", secret.expose()),
        ];
        let url = below(&self.url, "/protocol/openid-connect/token");
        let answer = match self.asker.send(self.asker.request(Method::POST, url).form(&form)).await {
            Ok(answer) => answer,
            Err(verdict) => return verdict,
        };
        let token: Option<Token> = serde_json::from_slice(&answer.body).ok();
        match (answer.status, token) {
            (200, Some(token)) if !token.access_token.expose().is_empty() => Verdict::Ready,
            (200, _) => Verdict::NotYet("answers without a token".to_owned()),
            (401 | 403, _) => Verdict::Refused(End::new(
                format!("client `{}` is refused a token: answers {}", client.client_id, answer.status),
                "check `--client-id` and the client's secret, that the client has a service account, and that the realm is enabled",
            )),
            _ => Verdict::NotYet(format!("gives no token to client `{}`: answers {}", client.client_id, answer.status)),
        }
    }
}
