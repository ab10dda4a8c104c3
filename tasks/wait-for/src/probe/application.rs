//! Applications that tell their own health.
//!
//! Harbor's health end point answers 200 whatever it says, so its words count (server-behaviour-harbor-kubernetes 7). Gitea's
//! looks at its database and cache. Drone's looks at nothing (drone-behaviour 4): it says that Drone itself answers.

use evenkeel_transport::{
    nothing::null_is_empty,
    reqwest::{Method, Url},
};
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
    questions: Vec<Question>,
}

/// A page, and what its answer means.
#[derive(Debug)]
struct Question {
    url: Url,
    judge: fn(&Answer) -> Verdict,
}

impl ApplicationProbe {
    /// What health says of the database is up to ten seconds old (contract `health-outage`): so something is asked for that is
    /// in it. Everybody may list the public projects.
    pub(super) fn harbor(service: &Service, manner: &Manner) -> Result<Self, Error> {
        let health = ask(service, "/api/v2.0/health", harbor);
        let mut projects = ask(service, "/api/v2.0/projects", harbor_projects);
        projects.url.set_query(Some("page_size=1"));
        Self::new(service, vec![health, projects], manner)
    }

    pub(super) fn gitea(service: &Service, manner: &Manner) -> Result<Self, Error> {
        Self::new(service, vec![ask(service, "/api/healthz", gitea)], manner)
    }

    pub(super) fn drone(service: &Service, manner: &Manner) -> Result<Self, Error> {
        Self::new(service, vec![ask(service, "/healthz", drone)], manner)
    }

    fn new(service: &Service, questions: Vec<Question>, manner: &Manner) -> Result<Self, Error> {
        Ok(Self { asker: Asker::of(service, manner)?, questions })
    }

    /// Ready once every question is answered so.
    pub(super) async fn ask(&self) -> Verdict {
        for Question { url, judge } in &self.questions {
            let verdict = match self.asker.send(self.asker.request(Method::GET, url.clone())).await {
                Ok(answer) => judge(&answer),
                Err(verdict) => verdict,
            };
            if verdict != Verdict::Ready {
                return verdict;
            }
        }
        Verdict::Ready
    }
}

fn ask(service: &Service, path: &str, judge: fn(&Answer) -> Verdict) -> Question {
    Question { url: below(&service.url, path), judge }
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
    #[serde(default, deserialize_with = "null_is_empty")]
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
    let Some(health) = health.filter(|_| answer.status == 200) else { return answer.not_of("Harbor") };
    let ill = health.components.iter().filter(|component| component.status != "healthy");
    let ill: Vec<String> = ill.map(|component| format!("`{}`", component.name)).collect();
    match (ill.is_empty(), health.status.as_str()) {
        (true, "healthy") => Verdict::Ready,
        (true, _) => Verdict::NotYet("is not healthy".to_owned()),
        (false, _) => Verdict::NotYet(format!("is not healthy: {}", ill.join(", "))),
    }
}

/// A list of them, also an empty one, comes from the database.
fn harbor_projects(answer: &Answer) -> Verdict {
    match answer.status {
        200 if answer.json().is_some_and(|projects| projects.is_array() || projects.is_null()) => Verdict::Ready,
        500..=599 => Verdict::NotYet(format!(
            "says that it is healthy, and cannot list projects: answers {}. Its database is away, or was a moment ago",
            answer.status
        )),
        _ => answer.not_of("Harbor"),
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
        Ok(_) if matches!(answer.status, 200 | 503) => Verdict::NotYet("is not healthy".to_owned()),
        _ => answer.not_of("Gitea"),
    }
}

fn drone(answer: &Answer) -> Verdict {
    match answer.status {
        200 if answer.body.trim_ascii() == b"OK" => Verdict::Ready,
        _ => answer.not_of("Drone"),
    }
}
