//! Traps of Keycloak's admin API (server-behaviour 2), each under the name of what would go wrong. `docs/keycloak-traps.md` has the
//! table of statements and tests.

mod creates;
mod kept;
mod lists;
mod races;
mod refusals;
mod reports;
mod secrets;
mod updates;

use evenkeel_sandbox::Logged;
use reqwest::Method;
use serde_json::{Value, json};

use super::Keycloak;
use crate::{
    bench::{Bench, planned},
    subject::Subject,
};

impl Bench<Keycloak> {
    /// Declares the subject's values with one more layer.
    fn with_layer(&self, layer: &str) {
        let more = vec![("90-more.yaml", layer.to_owned())];
        self.declare(&[Keycloak::values(&self.subject.urls()), more].concat());
    }

    /// What is planned, as text.
    async fn names_planned(&self) -> Vec<String> {
        planned(&self.plan().await).iter().map(ToString::to_string).collect()
    }

    /// What the server has of realm `otomi`, also where it shows a mask.
    fn stored(&self) -> Value {
        self.subject.server.snapshot()["otomi"].clone()
    }

    /// The requests that were refused.
    fn refused(&self) -> Vec<Logged> {
        let refused = |request: &Logged| request.status.is_some_and(|status| status >= 400);
        self.subject.requests().into_iter().filter(refused).collect()
    }
}

impl Keycloak {
    /// The address of an element of a list of realm `otomi`, behind the realm's name.
    async fn place(&self, list: &str, key: &str, name: &str) -> String {
        format!("{list}/{}", self.id(list, key, name).await)
    }

    /// Somebody makes a group at the top.
    async fn make_group(&self, name: &str) -> String {
        self.send(Method::POST, "/groups", json!({ "name": name })).await;
        self.id("/groups?max=1000", "name", name).await
    }
}
