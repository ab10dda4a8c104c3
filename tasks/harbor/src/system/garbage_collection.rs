//! When storage that nothing uses is freed.

use evenkeel_core::{object::Kind, reading::Reading, values::model::Harbor as Values};
use evenkeel_engine::{
    export::{Composer, document::Node},
    plain::{DeclaredObject, Only, Refusal, Singleton},
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
pub(super) struct GarbageCollection;

pub(super) static GARBAGE_COLLECTION: Only<GarbageCollection> = Only(GarbageCollection);

const NAME: &str = "garbage-collection";

const WORKERS: &str = "workers";

#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Collection {
    schedule: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    delete_untagged: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    workers: Option<i64>,
    #[serde(skip)]
    there: There,
}

impl Singleton<Harbor> for GarbageCollection {
    type Object = Collection;
    const KIND: Kind = SYSTEM;
    const NAME: &'static str = NAME;

    /// An older server has no such parameter, and would be told of it in every run.
    fn refusal(wanted: &Collection, there: &Collection) -> Option<Refusal> {
        let parameters = &there.there.parameters;
        (wanted.workers.is_some() && !parameters.is_empty() && !parameters.contains_key(WORKERS)).then(|| Refusal {
            message: "this harbor keeps no number of workers for garbage collection".to_owned(),
            hint: "leave `workers` out of `harbor.system.garbageCollection`".to_owned(),
        })
    }

    async fn read(server: &Harbor) -> Result<Collection, Error> {
        let answer = unless_empty(server.administrator().gc_schedule_get().send().await);
        let answer = answer.context("read", "system", NAME)?.unwrap_or_default();
        let there = There::of(answer.schedule.as_ref(), answer.job_parameters.as_deref());
        let delete_untagged = there.parameters.get("delete_untagged").and_then(Value::as_bool);
        // None is what the server itself writes as 0, and does not take.
        let workers = there.number(WORKERS).filter(|workers| *workers > 0);
        Ok(Collection { schedule: there.cron.clone(), delete_untagged, workers, there })
    }

    async fn write(server: &Harbor, there: &Collection, wanted: &Collection) -> Result<(), Error> {
        let mut before = there.there.clone();
        before.parameters.retain(|name, value| name != WORKERS || *value != 0);
        let parameters =
            [("delete_untagged", wanted.delete_untagged.map(Value::from)), (WORKERS, wanted.workers.map(Value::from))];
        let body = before.with(&wanted.schedule, parameters);
        let answer = server.administrator().gc_schedule_update().body(body).send().await.api();
        answer.context("update", "system", NAME)
    }
}

impl SystemKind for Only<GarbageCollection> {
    fn declared(&self, reading: &Reading<'_>, values: &Values) -> Vec<DeclaredObject<Harbor>> {
        let Some(declared) = section(values).and_then(|system| system.garbage_collection.as_ref()) else {
            return Vec::new();
        };
        let path = path(reading, "garbageCollection");
        let others = [("deleteUntagged", declared.delete_untagged.is_some()), ("workers", declared.workers.is_some())];
        let collection = Collection {
            schedule: schedule::declared(reading, &declared.schedule, &path, &others),
            delete_untagged: declared.delete_untagged,
            workers: declared.workers.map(i64::from),
            there: There::default(),
        };
        let wanted = DeclaredObject::new(&GARBAGE_COLLECTION, Declared::new(collection, reading.cause(&path)));
        vec![wanted.caused(|field| reading.cause(&path.clone().key(field)))]
    }

    fn place(&self) -> Place {
        Place::System("garbageCollection")
    }

    fn exported(&self, found: &Found<'_>, composer: &mut Composer<'_>) -> Option<Node> {
        let there: &Collection = found.objects.objects(NAME).next()?;
        let is_set = !there.schedule.is_empty() && may_declare(composer, NAME);
        is_set.then(|| {
            Node::map([
                ("schedule", Some(Node::Text(there.schedule.clone()))),
                ("deleteUntagged", there.delete_untagged.map(Node::Bool)),
                ("workers", there.workers.map(|workers| Node::Number(workers.into()))),
            ])
        })
    }
}

#[cfg(test)]
mod tests {
    use evenkeel_harbor_client::types::ScheduleObj;

    use super::*;

    fn there(parameters: &str) -> Collection {
        let schedule = ScheduleObj { cron: Some("0 0 2 * * *".to_owned()), type_: Some("Custom".to_owned()) };
        Collection { there: There::of(Some(&schedule), Some(parameters)), ..Collection::default() }
    }

    #[test]
    fn workers_that_an_older_server_does_not_keep_are_told_and_not_written_for_ever() {
        let wanted = Collection { workers: Some(2), ..Collection::default() };
        let refused = |there: &Collection| GarbageCollection::refusal(&wanted, there).is_some();
        assert!(refused(&there(r#"{"delete_untagged":false}"#)));
        assert!(!refused(&there(r#"{"delete_untagged":false,"workers":0}"#)));
        assert!(!refused(&Collection::default()), "nobody knows yet");
    }

    #[test]
    fn parameters_of_others_and_the_word_of_the_same_schedule_go_back_as_they_are() {
        let there = there(r#"{"delete_tag":true,"workers":3}"#).there;
        let request = there.with("0 0 2 * * *", [("workers", Some(Value::from(2)))]);
        let expected = serde_json::json!({"delete_tag": true, "workers": 2});
        assert_eq!(request.parameters.map(Value::Object), Some(expected));
        let word = |cron: &str| there.with(cron, []).schedule.and_then(|schedule| schedule.type_);
        assert_eq!(word("0 0 3 * * *").as_deref(), Some("Custom"));
        assert_eq!(word("").as_deref(), Some("None"));
    }
}
