//! Labels for the images of all projects.

use std::sync::Arc;

use evenkeel_core::{
    memory::Sight,
    object::{Kind, ObjectId},
    values::{AddressableName, Problems, model::Harbor as Values},
};
use evenkeel_engine::export::document::Node;
use evenkeel_harbor_client::{Client, paging, types::Label};
use evenkeel_transport::ResultExt;

use super::{Place, SystemKind, check_names, path, section};
use crate::{
    Error, Harbor,
    desired::reading::Reading,
    error::Doing,
    export::{Composing, label, list},
    names::SYSTEM_LABEL,
    observe::numbered,
    plain::{PlainKind, Wanted},
};

#[derive(Debug)]
pub(super) struct Labels;

impl PlainKind<Harbor> for Labels {
    type Object = Label;
    const KIND: Kind = SYSTEM_LABEL;

    fn name(label: &Label) -> Option<String> {
        label.name.clone()
    }

    fn sight(there: &Label) -> Sight {
        numbered(there.id, there.creation_time.as_deref())
    }

    async fn list(server: &Harbor) -> Result<Vec<Label>, Error> {
        let list = |client: Arc<Client>| async move { paging::system_labels(&client).await };
        server.access().as_administrator(list).await.doing("list", "labels of", "harbor")
    }

    async fn create(server: &Harbor, wanted: &Label) -> Result<(), Error> {
        let body = Label { scope: Some("g".to_owned()), ..wanted.clone() };
        let create = |client: Arc<Client>| {
            let body = body.clone();
            async move { client.label_create().body(body).send().await.api() }
        };
        server.access().as_administrator(create).await.doing("create", "label", name(wanted))
    }

    /// A change clears what it leaves out.
    async fn update(server: &Harbor, there: &Label, wanted: &Label, _: &[String]) -> Result<(), Error> {
        let body = Label {
            description: wanted.description.clone().or_else(|| there.description.clone()),
            color: wanted.color.clone().or_else(|| there.color.clone()),
            creation_time: None,
            ..there.clone()
        };
        let id = there.id.unwrap_or_default();
        let update = |client: Arc<Client>| {
            let body = body.clone();
            async move { client.label_update().label_id(id).body(body).send().await.api() }
        };
        server.access().as_administrator(update).await.doing("update", "label", name(wanted))
    }

    async fn delete(server: &Harbor, there: &Label) -> Result<(), Error> {
        let id = there.id.unwrap_or_default();
        let delete = |client: Arc<Client>| async move { client.label_delete().label_id(id).send().await.api() };
        server.remove(delete, "label", name(there)).await
    }
}

fn name(label: &Label) -> &str {
    label.name.as_deref().unwrap_or_default()
}

impl SystemKind for Labels {
    fn declared(&self, reading: &Reading<'_>, values: &Values) -> Result<Vec<Wanted<Harbor>>, Problems> {
        let Some(declared) = section(values).and_then(|system| system.labels.as_ref()) else { return Ok(Vec::new()) };
        let path = path(reading, "labels");
        check_names(reading, "label", declared.iter().map(|label| label.name.as_str()), &path)?;
        let wanted = declared.iter().enumerate().map(|(index, declared)| {
            let path = path.clone().index(index);
            let label = Label {
                name: Some(declared.name.to_string()),
                description: declared.description.clone(),
                color: declared.color.clone(),
                ..Label::default()
            };
            Wanted::new(&Labels, label, reading.cause(&path)).caused(|field| reading.cause(&path.clone().key(field)))
        });
        Ok(wanted.collect())
    }

    fn place(&self) -> Place {
        Place::System("labels")
    }

    fn exported(&self, composing: &mut Composing<'_>) -> Option<Node> {
        let mut nodes = Vec::new();
        for there in composing.observed.system.objects::<Label>(SYSTEM_LABEL.as_str()) {
            let name = name(there);
            if !composing.decisions.has(&ObjectId::new(SYSTEM_LABEL, name)) {
                continue;
            }
            match AddressableName::parse(name) {
                Ok(_) => nodes.push(label(there)),
                Err(_) => composing.remark(format!("label {name:?}, whose name values do not take")),
            }
        }
        list(nodes)
    }
}
