//! Labels for the images of all projects.

use evenkeel_core::{
    memory::Sight,
    object::{Kind, ObjectId},
    overlay,
    reading::Reading,
    values::{AddressableName, model::Harbor as Values},
};
use evenkeel_engine::{
    export::{Composer, document::Node},
    plain::{DeclaredObject, Parent, PlainKind},
};
use evenkeel_harbor_client::{paging, types::Label};
use evenkeel_transport::ResultExt;

use super::{Found, Place, SystemKind, path, section};
use crate::{
    Error, Harbor, answers::deleted, desired::Declared, error::WithContext, names::SYSTEM_LABEL, numbers::numbered,
};

#[derive(Debug)]
pub(super) struct Labels;

impl PlainKind<Harbor> for Labels {
    type Object = Label;
    const KIND: Kind = SYSTEM_LABEL;

    fn name(label: &Label) -> Option<String> {
        label.name.clone()
    }

    fn sight(there: &Label, _: &Parent) -> Sight {
        numbered(there.id, there.creation_time.as_deref())
    }

    async fn list(server: &Harbor, _: &Parent) -> Result<Vec<Label>, Error> {
        let answer = paging::system_labels(server.administrator()).await;
        answer.context("list", "labels of", "harbor")
    }

    async fn create(server: &Harbor, _: &ObjectId, wanted: &Label) -> Result<(), Error> {
        let body = Label { scope: Some("g".to_owned()), ..wanted.clone() };
        let answer = server.administrator().label_create().body(body).send().await.api();
        answer.context("create", "label", name(wanted))
    }

    /// A change clears what it leaves out.
    async fn update(server: &Harbor, _: &ObjectId, there: &Label, wanted: &Label, _: &[String]) -> Result<(), Error> {
        let body = Label { creation_time: None, ..overlay::whole(there, wanted)? };
        let id = there.id.unwrap_or_default();
        let answer = server.administrator().label_update().label_id(id).body(body).send().await.api();
        answer.context("update", "label", name(wanted))
    }

    async fn delete(server: &Harbor, _: &ObjectId, there: &Label) -> Result<(), Error> {
        let id = there.id.unwrap_or_default();
        let answer = server.administrator().label_delete().label_id(id).send().await.api();
        deleted(answer, "label", name(there))
    }
}

fn name(label: &Label) -> &str {
    label.name.as_deref().unwrap_or_default()
}

impl SystemKind for Labels {
    fn declared(&self, reading: &Reading<'_>, values: &Values) -> Vec<DeclaredObject<Harbor>> {
        let Some(declared) = section(values).and_then(|system| system.labels.as_ref()) else { return Vec::new() };
        let path = path(reading, "labels");
        reading.each_once("label", declared.iter().map(|label| label.name.as_str()), &path);
        let wanted = declared.iter().enumerate().map(|(index, declared)| {
            let path = path.clone().index(index);
            let label = Label {
                name: Some(declared.name.to_string()),
                description: declared.description.clone(),
                color: declared.color.clone(),
                ..Label::default()
            };
            DeclaredObject::new(&Labels, Declared::new(label, reading.cause(&path)))
                .caused(|field| reading.cause(&path.clone().key(field)))
        });
        wanted.collect()
    }

    fn place(&self) -> Place {
        Place::System("labels")
    }

    fn exported(&self, found: &Found<'_>, composer: &mut Composer<'_>) -> Option<Node> {
        let mut nodes = Vec::new();
        for there in found.objects.objects::<Label>(SYSTEM_LABEL.as_str()) {
            let name = name(there);
            if !composer.may_declare(&ObjectId::new(SYSTEM_LABEL, name)) {
                continue;
            }
            match AddressableName::parse(name) {
                Ok(_) => nodes.push(label_node(there)),
                Err(_) => composer.remark(format!("label {name:?}, whose name values do not take")),
            }
        }
        Node::list(nodes)
    }
}

/// A label as a value, of the system or of a project.
pub(crate) fn label_node(label: &Label) -> Node {
    let is_colour = |text: &&String| {
        text.strip_prefix('#')
            .is_some_and(|digits| digits.len() == 6 && digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
    };
    Node::map([
        ("name", Node::text(label.name.as_ref())),
        ("description", Node::text(label.description.as_ref())),
        ("color", Node::text(label.color.as_ref().filter(is_colour))),
    ])
}
