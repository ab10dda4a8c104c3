//! Applications that tell their own health.
//!
//! Harbor's health end point answers 200 whatever it says, so its words count (server-behaviour-harbor-kubernetes 7). Gitea's
//! looks at its database and cache. Drone's looks at nothing (drone-behaviour 4): it says that Drone itself answers.

use evenkeel_transport::reqwest::{Method, Url};
use serde::Deserialize;

use super::{
    Manner,
    http::{Answer, Asker},
};
use crate::{Error, barrier::Verdict, condition::Service};

/// An application that has to say that it is healthy.
#[derive(Debug)]
pub struct ApplicationProbe {
    asker: Asker,
    url: Url,
    judge: fn(&Answer) -> Verdict,
}

impl ApplicationProbe {
    pub(super) fn harbor(service: &Service, manner: &Manner) -> Result<Self, Error> {
        Self::new(service, "/api/v2.0/health", harbor, manner)
    }

    pub(super) fn gitea(service: &Service, manner: &Manner) -> Result<Self, Error> {
        Self::new(service, "/api/healthz", gitea, manner)
    }

    pub(super) fn drone(service: &Service, manner: &Manner) -> Result<Self, Error> {
        Self::new(service, "/healthz", drone, manner)
    }

    fn new(service: &Service, path: &str, judge: fn(&Answer) -> Verdict, manner: &Manner) -> Result<Self, Error> {
        let asker = Asker::of(service, manner)?;
        Ok(Self { asker, url: below(&service.url, path), judge })
    }

    pub(super) async fn ask(&self) -> Verdict {
        match self.asker.send(self.asker.request(Method::GET, self.url.clone())).await {
            Ok(answer) if matches!(answer.status, 401 | 403) => answer.unexpected(),
            Ok(answer) => (self.judge)(&answer),
            Err(verdict) => verdict,
        }
    }
}

/// The address with a path behind its own.
pub(super) fn below(url: &Url, path: &str) -> Url {
    let mut below = url.clone();
    below.set_path(&format!("{}{path}", url.path().trim_end_matches('/')));
    below
}

#[derive(Deserialize)]
struct HarborHealth {
    status: String,
    #[serde(default)]
    components: Vec<HarborComponent>,
}

#[derive(Deserialize)]
struct HarborComponent {
    #[serde(default)]
    name: String,
    #[serde(default)]
    status: String,
}

fn harbor(answer: &Answer) -> Verdict {
    let health: Option<HarborHealth> = serde_json::from_slice(&answer.body).ok();
    let Some(health) = health.filter(|_| answer.status == 200) else { return answer.unexpected() };
    let ill = health.components.iter().filter(|component| component.status != "healthy");
    let ill: Vec<String> = ill.map(|component| format!("`{}`", component.name)).collect();
    match (ill.is_empty(), health.status.as_str()) {
        (true, "healthy") => Verdict::Ready,
        (true, _) => Verdict::NotYet("is not healthy".to_owned()),
        (false, _) => Verdict::NotYet(format!("is not healthy: {}", ill.join(", "))),
    }
}

#[derive(Deserialize)]
struct GiteaHealth {
    status: String,
}

/// 503 with the same body when a check has failed.
fn gitea(answer: &Answer) -> Verdict {
    match serde_json::from_slice::<GiteaHealth>(&answer.body) {
        Ok(health) if answer.status == 200 && health.status == "pass" => Verdict::Ready,
        Ok(_) => Verdict::NotYet("is not healthy".to_owned()),
        Err(_) => not_from(answer, "Gitea"),
    }
}

fn drone(answer: &Answer) -> Verdict {
    match answer.status {
        200 if answer.body.trim_ascii() == b"OK" => Verdict::Ready,
        _ => not_from(answer, "Drone"),
    }
}

/// A page of somebody else, often of a gateway in front.
fn not_from(answer: &Answer, application: &str) -> Verdict {
    match answer.status {
        200 => Verdict::NotYet(format!("what answers is not {application}")),
        _ => answer.unexpected(),
    }
}
