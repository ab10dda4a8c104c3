//! When all images are scanned. Without a default scanner the server answers nothing but that there is none.

use evenkeel_core::{
    object::{Kind, ObjectId},
    reading::Reading,
    values::model::Harbor as Values,
};
use evenkeel_engine::{
    export::{Composer, document::Node},
    plain::{DeclaredObject, Only, Refusal, Singleton},
};
use evenkeel_harbor_client::{HarborError, unless_empty};
use evenkeel_transport::ResultExt;
use serde::Serialize;

use super::{
    Found, Place, SystemKind, declared_scanners, may_declare, path, scanners,
    schedule::{self, There},
    section,
};
use crate::{Error, Harbor, desired::Declared, error::WithContext, names::SYSTEM};

#[derive(Debug)]
pub(super) struct ScanAll;

pub(super) static SCAN_ALL: Only<ScanAll> = Only(ScanAll);

const NAME: &str = "scan-all";

#[derive(Clone, Debug, Default, Serialize)]
pub(super) struct Scanning {
    schedule: String,
    /// Whether there is a default scanner, or, in what is declared, whether there will be one.
    #[serde(skip)]
    has_scanner: bool,
    #[serde(skip)]
    there: There,
}

impl Singleton<Harbor> for ScanAll {
    type Object = Scanning;
    const KIND: Kind = SYSTEM;
    const NAME: &'static str = NAME;

    fn refusal(wanted: &Scanning, there: &Scanning) -> Option<Refusal> {
        (!wanted.has_scanner && !there.has_scanner).then(|| Refusal {
            message: "harbor has no default scanner, so that no scan can be scheduled".to_owned(),
            hint: "declare one in `harbor.system.scanners`, or leave `scanAll` out".to_owned(),
        })
    }

    async fn read(server: &Harbor) -> Result<Scanning, Error> {
        let answer = unless_empty(server.administrator().scan_schedule_get().send().await);
        let answer = match answer.map_err(HarborError::from) {
            Err(HarborError::Precondition(_)) => return Ok(Scanning::default()),
            answer => answer.context("read", "system", NAME)?.unwrap_or_default(),
        };
        let there = There::of(answer.schedule.as_ref(), None);
        Ok(Scanning { schedule: there.cron.clone(), has_scanner: true, there })
    }

    async fn write(server: &Harbor, there: &Scanning, wanted: &Scanning) -> Result<(), Error> {
        let body = there.there.with(&wanted.schedule, []);
        let answer = server.administrator().scan_schedule_update().body(body).send().await.api();
        answer.context("update", "system", NAME)
    }
}

impl SystemKind for Only<ScanAll> {
    fn declared(&self, reading: &Reading<'_>, values: &Values) -> Vec<DeclaredObject<Harbor>> {
        let Some(declared) = section(values).and_then(|system| system.scan_all.as_ref()) else {
            return Vec::new();
        };
        let path = path(reading, "scanAll");
        let schedule = schedule::declared(reading, &declared.schedule, &path, &[]);
        let scanners: Vec<ObjectId> = declared_scanners(values).collect();
        // Without a schedule, having no scanner is no difference.
        let scanning = Scanning { schedule, has_scanner: !scanners.is_empty(), there: There::default() };
        let wanted = DeclaredObject::new(&SCAN_ALL, Declared::new(scanning, reading.cause(&path)));
        let wanted = wanted.after(scanners).after([scanners::default_scanner()]);
        vec![wanted.caused(|field| reading.cause(&path.clone().key(field)))]
    }

    fn place(&self) -> Place {
        Place::System("scanAll")
    }

    fn exported(&self, found: &Found<'_>, composer: &mut Composer<'_>) -> Option<Node> {
        let there: &Scanning = found.objects.objects(NAME).next()?;
        let is_set = !there.schedule.is_empty() && may_declare(composer, NAME);
        is_set.then(|| Node::map([("schedule", Some(Node::Text(there.schedule.clone())))]))
    }
}
