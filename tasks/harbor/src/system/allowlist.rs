//! The vulnerabilities that are allowed in all projects that have no list of their own.

use std::{collections::BTreeSet, sync::Arc};

use evenkeel_core::{
    diff::{Rule, Rules},
    object::Kind,
    values::{Problems, model::Harbor as Values},
};
use evenkeel_engine::export::document::Node;
use evenkeel_harbor_client::{
    Client,
    types::{CveAllowlist as Request, CveAllowlistItem},
};
use evenkeel_transport::ResultExt;
use jiff::Timestamp;
use serde::Serialize;

use super::{Place, SystemKind, path, section};
use crate::{
    Error, Harbor,
    desired::reading::Reading,
    error::Doing,
    export::Composing,
    names::SYSTEM,
    plain::{Only, Singleton, Wanted},
};

#[derive(Debug)]
pub(super) struct CveAllowlist;

pub(super) static ALLOWLIST: Only<CveAllowlist> = Only(CveAllowlist);

const NAME: &str = "cve-allowlist";

/// The word for a list without an end.
const NEVER: &str = "never";

#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Allowed {
    #[serde(skip_serializing_if = "Option::is_none")]
    items: Option<Vec<String>>,
    /// A moment in UTC, or [`NEVER`].
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<String>,
}

impl Singleton<Harbor> for CveAllowlist {
    type Object = Allowed;
    const KIND: Kind = SYSTEM;
    const NAME: &'static str = NAME;
    const RULES: Rules = Rules(&[("items", Rule::Set)]);

    async fn read(server: &Harbor) -> Result<Allowed, Error> {
        let read = |client: Arc<Client>| async move { client.cve_allowlist_get().send().await.api() };
        let there = server.access().as_administrator(read).await.doing("read", "system", NAME)?;
        let items = there.items.into_iter().flatten().filter_map(|item| item.cve_id).collect();
        let moment = there.expires_at.and_then(|seconds| Timestamp::from_second(seconds).ok());
        let expires_at = moment.map_or_else(|| NEVER.to_owned(), |moment| moment.to_string());
        Ok(Allowed { items: Some(items), expires_at: Some(expires_at) })
    }

    /// A change replaces both the list and its end.
    async fn write(server: &Harbor, there: &Allowed, wanted: &Allowed) -> Result<(), Error> {
        let items = wanted.items.as_ref().or(there.items.as_ref()).cloned().unwrap_or_default();
        let expires_at = wanted.expires_at.as_ref().or(there.expires_at.as_ref());
        let moment = expires_at.and_then(|moment| moment.parse::<Timestamp>().ok());
        let body = Request {
            items: Some(items.into_iter().map(|id| CveAllowlistItem { cve_id: Some(id) }).collect()),
            expires_at: moment.map(Timestamp::as_second),
        };
        let write = |client: Arc<Client>| {
            let body = body.clone();
            async move { client.cve_allowlist_update().body(body).send().await.api() }
        };
        server.access().as_administrator(write).await.doing("update", "system", NAME)
    }
}

impl SystemKind for Only<CveAllowlist> {
    fn declared(&self, reading: &Reading<'_>, values: &Values) -> Result<Vec<Wanted<Harbor>>, Problems> {
        let Some(declared) = section(values).and_then(|system| system.cve_allowlist.as_ref()) else {
            return Ok(Vec::new());
        };
        let path = path(reading, "cveAllowlist");
        let mut seen = BTreeSet::new();
        let twice = declared.items.iter().flatten().find(|id| !seen.insert(id.as_str()));
        if let Some(id) = twice {
            return Err(reading.problem(&path.key("items"), &format!("`{id}` is declared twice")).into());
        }
        let expires_at = match declared.expires_at.as_deref() {
            None => None,
            Some(NEVER) => Some(NEVER.to_owned()),
            Some(moment) => {
                let parsed =
                    moment.parse::<Timestamp>().ok().and_then(|moment| Timestamp::from_second(moment.as_second()).ok());
                let problem = || reading.problem(&path.clone().key("expiresAt"), "this is no moment");
                let problem = || problem().with_hint("write it as `2027-01-31T00:00:00Z`, or `never`");
                Some(parsed.ok_or_else(problem)?.to_string())
            }
        };
        let allowed = Allowed { items: declared.items.clone(), expires_at };
        let wanted = Wanted::new(&ALLOWLIST, allowed, reading.cause(&path));
        Ok(vec![wanted.caused(|field| reading.cause(&path.clone().key(field)))])
    }

    fn place(&self) -> Place {
        Place::System("cveAllowlist")
    }

    fn exported(&self, composing: &mut Composing<'_>) -> Option<Node> {
        let there: &Allowed = composing.observed.system.objects(NAME).next()?;
        let items = there.items.clone().unwrap_or_default();
        let expires_at = there.expires_at.clone().filter(|moment| moment != NEVER);
        let is_set = (!items.is_empty() || expires_at.is_some()) && composing.has_system(NAME);
        is_set.then(|| Node::map([("items", Some(Node::texts(items))), ("expiresAt", expires_at.map(Node::Text))]))
    }
}
