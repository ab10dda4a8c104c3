//! What a server answers while a part of it is away (server-behaviour 1.1 and 7).

use serde_json::{Value, json};
use std::collections::BTreeMap;

use super::answer::{Answer, Reply};
use super::world::World;

/// How often health is looked at; what `/health` says is as old as that.
const CHECKED_EVERY: i64 = 10_000;

/// A part of a Harbor that can go away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum HarborPart {
    /// PostgreSQL: nobody can be logged in, so that the right password gets a 401; writes and lists get a 500.
    Database,
    /// The registry: `/v2/` gets a 502, the API goes on.
    Registry,
    /// Redis: everything goes on, though the real server takes its time.
    Cache,
}

impl HarborPart {
    fn component(self) -> &'static str {
        match self {
            Self::Database => "database",
            Self::Registry => "registry",
            Self::Cache => "redis",
        }
    }

    fn error(self) -> &'static str {
        match self {
            Self::Database => {
                "failed to run SQL \"SELECT 1\": failed to connect to `user=postgres database=registry`: \
                 127.0.0.1:5432 (127.0.0.1): dial error: dial tcp 127.0.0.1:5432: connect: connection refused"
            }
            Self::Registry => {
                "failed to check health: Get \"http://127.0.0.1:5000/\": dial tcp 127.0.0.1:5000: connect: connection refused"
            }
            Self::Cache => "failed to check health: dial tcp 127.0.0.1:6379: connect: connection refused",
        }
    }
}

/// Which parts are away.
#[derive(Debug, Default)]
pub(crate) struct Outages(BTreeMap<HarborPart, State>);

/// How a part is.
#[derive(Debug)]
struct State {
    away: bool,
    since: i64,
    /// What the last look before that has found.
    seemed_away: bool,
}

impl Outages {
    /// Lets a part go away or come back.
    pub(crate) fn set(&mut self, part: HarborPart, away: bool, now: i64) {
        if self.is_away(part) != away {
            let seemed_away = self.seems_away(part, now);
            self.0.insert(part, State { away, since: now, seemed_away });
        }
    }

    pub(crate) fn is_away(&self, part: HarborPart) -> bool {
        self.0.get(&part).is_some_and(|state| state.away)
    }

    /// Whether the last look at the part found it away.
    fn seems_away(&self, part: HarborPart, now: i64) -> bool {
        self.0.get(&part).is_some_and(|state| {
            let looked = now / CHECKED_EVERY > state.since / CHECKED_EVERY;
            if looked { state.away } else { state.seemed_away }
        })
    }
}

impl World {
    /// `GET /health`: always 200.
    pub(crate) fn health(&self) -> Reply {
        let now = self.now();
        let mut healthy = true;
        let mut components = Vec::new();
        for name in ["core", "database", "jobservice", "portal", "redis", "registry", "registryctl"] {
            let part = [HarborPart::Database, HarborPart::Registry, HarborPart::Cache]
                .into_iter()
                .find(|part| part.component() == name);
            let away = part.filter(|part| self.outages.seems_away(*part, now));
            healthy &= away.is_none();
            components.push(match away {
                None => json!({ "name": name, "status": "healthy" }),
                Some(part) => json!({ "name": name, "status": "unhealthy", "error": part.error() }),
            });
        }
        components.sort_by_key(|component: &Value| component["status"] == "healthy");
        let status = if healthy { "healthy" } else { "unhealthy" };
        Ok(Answer::found(json!({ "components": components, "status": status })))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn health_is_as_old_as_the_last_look_at_it() {
        let mut outages = Outages::default();
        outages.set(HarborPart::Database, true, 12_000);
        assert!(outages.is_away(HarborPart::Database));
        assert!(!outages.seems_away(HarborPart::Database, 19_999));
        assert!(outages.seems_away(HarborPart::Database, 20_000));
        outages.set(HarborPart::Database, false, 25_000);
        assert!(outages.seems_away(HarborPart::Database, 29_999));
        assert!(!outages.seems_away(HarborPart::Database, 30_000));
        // away and back between two looks
        outages.set(HarborPart::Database, true, 31_000);
        outages.set(HarborPart::Database, false, 32_000);
        assert!(!outages.seems_away(HarborPart::Database, 33_000));
    }
}
