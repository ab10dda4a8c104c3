//! Labels for the images of one project.

use evenkeel_core::{
    memory::Sight,
    object::{Kind, ObjectId},
    overlay,
};
use evenkeel_engine::plain::{Parent, PlainKind};
use evenkeel_harbor_client::{paging, types::Label};
use evenkeel_transport::ResultExt;

use crate::{Error, Harbor, answers::deleted, error::WithContext, names::LABEL, numbers::numbered};

#[derive(Debug)]
pub(crate) struct Labels;

impl PlainKind<Harbor> for Labels {
    type Object = Label;
    const KIND: Kind = LABEL;
    const READS_BEFORE_UPDATE: bool = false;

    fn name(label: &Label) -> Option<String> {
        label.name.clone()
    }

    fn sight(there: &Label, _: &Parent) -> Sight {
        numbered(there.id, there.creation_time.as_deref())
    }

    async fn list(server: &Harbor, project: &Parent) -> Result<Vec<Label>, Error> {
        let number = i32::try_from(server.project_id(project.name()).await?).unwrap_or_default();
        let list = paging::project_labels(server.client(), number).await;
        list.context("list", "labels of project", project.name())
    }

    async fn create(server: &Harbor, object: &ObjectId, wanted: &Label) -> Result<(), Error> {
        let project = project_of(object);
        let project_id = Some(server.project_id(project).await?);
        let body = Label { scope: Some("p".to_owned()), project_id, ..wanted.clone() };
        let created = server.client().label_create().body(body).send().await.api();
        created.context("create", "label of project", project)
    }

    /// A change clears what it leaves out (server-behaviour 6).
    async fn update(
        server: &Harbor,
        object: &ObjectId,
        there: &Label,
        wanted: &Label,
        _: &[String],
    ) -> Result<(), Error> {
        let body = Label { creation_time: None, ..overlay::whole(there, wanted)? };
        let id = there.id.unwrap_or_default();
        let updated = server.client().label_update().label_id(id).body(body).send().await.api();
        updated.context("update", "label", object.name())
    }

    async fn delete(server: &Harbor, object: &ObjectId, there: &Label) -> Result<(), Error> {
        let id = there.id.unwrap_or_default();
        let answer = server.administrator().label_delete().label_id(id).send().await.api();
        deleted(answer, "label", &object.path())
    }
}

/// The project that an object lives in.
pub(super) fn project_of(object: &ObjectId) -> &str {
    object.parents().next().unwrap_or_default()
}
