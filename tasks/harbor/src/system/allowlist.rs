//! The vulnerabilities that are allowed in all projects that have no list of their own.

use evenkeel_core::{diff::Rules, object::Kind, reading::Reading, values::model::Harbor as Values};
use evenkeel_engine::{
    export::{Composer, document::Node},
    plain::{DeclaredObject, Only, Singleton},
};
use evenkeel_transport::ResultExt;

use super::{Found, Place, SystemKind, may_declare, path, section};
use crate::{Error, Harbor, allowlist::Allowlist, desired::Declared, error::WithContext, names::SYSTEM};

#[derive(Debug)]
pub(super) struct CveAllowlist;

pub(super) static ALLOWLIST: Only<CveAllowlist> = Only(CveAllowlist);

const NAME: &str = "cve-allowlist";

impl Singleton<Harbor> for CveAllowlist {
    type Object = Allowlist;
    const KIND: Kind = SYSTEM;
    const NAME: &'static str = NAME;
    const RULES: Rules = Allowlist::RULES;

    async fn read(server: &Harbor) -> Result<Allowlist, Error> {
        let answer = server.administrator().cve_allowlist_get().send().await.api();
        Ok(Allowlist::observed(Some(&answer.context("read", "system", NAME)?)))
    }

    /// A change replaces both the list and its end.
    async fn write(server: &Harbor, there: &Allowlist, wanted: &Allowlist) -> Result<(), Error> {
        let answer = server.administrator().cve_allowlist_update().body(wanted.over(there)).send().await.api();
        answer.context("update", "system", NAME)
    }
}

impl SystemKind for Only<CveAllowlist> {
    fn declared(&self, reading: &Reading<'_>, values: &Values) -> Vec<DeclaredObject<Harbor>> {
        let Some(declared) = section(values).and_then(|system| system.cve_allowlist.as_ref()) else {
            return Vec::new();
        };
        let path = path(reading, "cveAllowlist");
        let allowlist = Declared::new(Allowlist::declared(reading, declared, &path), reading.cause(&path));
        vec![DeclaredObject::new(&ALLOWLIST, allowlist).caused(|field| reading.cause(&path.clone().key(field)))]
    }

    fn place(&self) -> Place {
        Place::System("cveAllowlist")
    }

    fn exported(&self, found: &Found<'_>, composer: &mut Composer<'_>) -> Option<Node> {
        let there: &Allowlist = found.objects.objects(NAME).next()?;
        // Where nobody says when it ends, it does not.
        let expires_at = there.expires_at.clone().filter(|_| there.ends());
        let shown = Allowlist { expires_at, ..there.clone() };
        if (shown.is_empty() && shown.expires_at.is_none()) || !may_declare(composer, NAME) {
            return None;
        }
        let node = shown.exported();
        if node.is_none() {
            composer.remark("the vulnerabilities that are allowed everywhere, whose ids values do not take".to_owned());
        }
        node
    }
}
