//! When old entries of the audit log are removed.
//!
//! The server wants both parameters in every change, also in the one that removes the schedule, and checks no name of an event
//! (contract `purge-schedule`): one that it does not know would never be removed, without a word.

use std::collections::BTreeSet;

use evenkeel_core::{
    diff::{Rule, Rules},
    object::Kind,
    reading::Reading,
    values::model::Harbor as Values,
};
use evenkeel_engine::{
    export::{Composer, document::Node},
    plain::{DeclaredObject, Only, Singleton},
};
use evenkeel_harbor_client::unless_empty;
use evenkeel_transport::ResultExt;
use serde::Serialize;
use serde_json::Value;

use super::{
    Found, Place, SystemKind, may_declare, path,
    schedule::{self, There},
    section,
};
use crate::{Error, Harbor, desired::Declared, error::WithContext, names::SYSTEM};

#[derive(Debug)]
pub(super) struct Purge;

pub(super) static PURGE: Only<Purge> = Only(Purge);

const NAME: &str = "audit-log-purge";

/// The word for all events that are about no artifact, which is no event itself.
const ALL_OTHERS: &str = "other";

#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Purging {
    schedule: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    retention_hours: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    event_types: Option<Vec<String>>,
    #[serde(skip)]
    there: There,
}

impl Singleton<Harbor> for Purge {
    type Object = Purging;
    const KIND: Kind = SYSTEM;
    const NAME: &'static str = NAME;
    const RULES: Rules = Rules(&[("eventTypes", Rule::Set)]);

    async fn read(server: &Harbor) -> Result<Purging, Error> {
        let answer = unless_empty(server.administrator().purge_schedule_get().send().await);
        let answer = answer.context("read", "system", NAME)?.unwrap_or_default();
        let there = There::of(answer.schedule.as_ref(), answer.job_parameters.as_deref());
        let events = there.parameters.get("include_event_types").and_then(Value::as_str);
        let event_types = events.map(|events| {
            events.split(',').map(str::trim).filter(|event| !event.is_empty()).map(str::to_owned).collect()
        });
        let retention_hours = there.number("audit_retention_hour");
        Ok(Purging { schedule: there.cron.clone(), retention_hours, event_types, there })
    }

    async fn write(server: &Harbor, there: &Purging, wanted: &Purging) -> Result<(), Error> {
        check_events(server, wanted.event_types.as_deref().unwrap_or_default()).await?;
        let events = wanted.event_types.as_ref().map(|events| events.join(","));
        let parameters = [
            ("audit_retention_hour", wanted.retention_hours.map(Value::from)),
            ("include_event_types", events.map(Value::from)),
        ];
        let body = there.there.with(&wanted.schedule, parameters);
        let answer = server.administrator().purge_schedule_update().body(body).send().await.api();
        answer.context("update", "system", NAME)
    }
}

/// Refuses events that the server does not log. A server that has no list of them is believed.
async fn check_events(server: &Harbor, events: &[String]) -> Result<(), Error> {
    if events.is_empty() {
        return Ok(());
    }
    let answer = server.administrator().audit_event_list().send().await.optional();
    let Some(known) = answer.context("list", "events of", "the audit log")? else { return Ok(()) };
    let known = known.into_iter().filter_map(|event| event.event_type);
    let known: BTreeSet<String> = known.chain([ALL_OTHERS.to_owned()]).collect();
    let unknown: Vec<&str> = events.iter().map(String::as_str).filter(|event| !known.contains(*event)).collect();
    if unknown.is_empty() {
        return Ok(());
    }
    let known = known.into_iter().collect::<Vec<_>>().join("`, `");
    Err(Error::UnknownEvents { events: unknown.join("`, `"), known })
}

impl SystemKind for Only<Purge> {
    fn declared(&self, reading: &Reading<'_>, values: &Values) -> Vec<DeclaredObject<Harbor>> {
        let Some(declared) = section(values).and_then(|system| system.audit_purge.as_ref()) else {
            return Vec::new();
        };
        let path = path(reading, "auditPurge");
        let others =
            [("retentionHours", declared.retention_hours.is_some()), ("eventTypes", declared.event_types.is_some())];
        let schedule = schedule::declared(reading, &declared.schedule, &path, &others);
        if let Some((missing, _)) = others.iter().find(|(_, is_declared)| !schedule.is_empty() && !is_declared) {
            let problem = reading.problem(&path, &format!("the schedule of the purge wants `{missing}` beside it"));
            reading
                .report(problem.with_hint("harbor takes no schedule without both `retentionHours` and `eventTypes`"));
        }
        let purging = Purging {
            schedule,
            retention_hours: declared.retention_hours.map(i64::from),
            event_types: declared.event_types.clone(),
            there: There::default(),
        };
        let wanted = DeclaredObject::new(&PURGE, Declared::new(purging, reading.cause(&path)));
        vec![wanted.caused(|field| reading.cause(&path.clone().key(field)))]
    }

    fn place(&self) -> Place {
        Place::System("auditPurge")
    }

    fn exported(&self, found: &Found<'_>, composer: &mut Composer<'_>) -> Option<Node> {
        let there: &Purging = found.objects.objects(NAME).next()?;
        if there.schedule.is_empty() || !may_declare(composer, NAME) {
            return None;
        }
        let hours = there.retention_hours.filter(|hours| (1..=240_000).contains(hours));
        let events = there.event_types.clone().filter(|events| !events.is_empty());
        let (Some(hours), Some(events)) = (hours, events) else {
            composer.remark("the purge of the audit log, whose hours or events values do not take".to_owned());
            return None;
        };
        Some(Node::map([
            ("schedule", Some(Node::Text(there.schedule.clone()))),
            ("retentionHours", Some(Node::Number(hours.into()))),
            ("eventTypes", Some(Node::texts(events))),
        ]))
    }
}
