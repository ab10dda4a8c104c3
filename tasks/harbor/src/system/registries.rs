//! Other registries: projects are caches of them, and replications copy from and to them.

use evenkeel_core::{
    diff::{Rule, Rules},
    memory::Sight,
    object::{Kind, ObjectId},
    reading::Reading,
    values::{
        HttpUrl, ObjectName, ValuePath,
        model::{Harbor as Values, HarborRegistry, RegistryCredentialKind},
    },
};
use evenkeel_engine::{
    export::{Composer, document::Node},
    plain::{DeclaredObject, Parent, PlainKind},
};
use evenkeel_harbor_client::{
    paging,
    types::{Registry, RegistryCredential, RegistryUpdate},
};
use evenkeel_transport::ResultExt;

use super::{Found, Place, SystemKind};
use crate::{
    Error, Harbor,
    answers::{created, deleted},
    desired::{Declared, adapters, lengths, takes_a_role},
    directory::Named,
    error::WithContext,
    names::REGISTRY,
    numbers::numbered,
};

/// What Harbor shows in place of a registry's secret (server-behaviour 6).
const MASK: &str = "*****";
const SECRET: &str = "credential.access_secret";

/// Of a declared registry `name`, `type` and `url` are set.
#[derive(Debug)]
pub(super) struct Registries;

impl PlainKind<Harbor> for Registries {
    type Object = Registry;
    const KIND: Kind = REGISTRY;
    const RULES: Rules = Rules(&[
        (SECRET, Rule::Masked(MASK)),
        // A change cannot bring another kind.
        ("type", Rule::AtCreation),
    ]);
    /// What a change leaves out stays.
    const READS_BEFORE_UPDATE: bool = false;

    fn name(registry: &Registry) -> Option<String> {
        registry.name.clone()
    }

    fn sight(there: &Registry, _: &Parent) -> Sight {
        numbered(there.id, there.creation_time.as_deref())
    }

    /// The server shows nothing of a credential that names nobody.
    fn as_shown(declared: &Registry, _: &Registry) -> Option<Registry> {
        let names_nobody =
            |credential: &&RegistryCredential| credential.access_key.as_ref().is_none_or(String::is_empty);
        let credential = declared.credential.as_ref().filter(names_nobody)?;
        let credential = RegistryCredential { type_: None, ..credential.clone() };
        Some(Registry { credential: Some(credential), ..declared.clone() })
    }

    /// What is false is left out of answers, and an older server may have kept a slash at the end of the address.
    async fn list(server: &Harbor, _: &Parent) -> Result<Vec<Registry>, Error> {
        let list = paging::registries(server.client()).await;
        let mut registries = list.context("list", "registries of", "harbor")?;
        for registry in &mut registries {
            if let (Some(name), Some(id)) = (registry.name.clone(), registry.id) {
                server.directory.insert(Named::Registry(name), id);
            }
            registry.insecure.get_or_insert(false);
            registry.url = registry.url.take().map(|url| url.trim_end_matches('/').to_owned());
        }
        Ok(registries)
    }

    async fn create(server: &Harbor, object: &ObjectId, wanted: &Registry) -> Result<(), Error> {
        let mut registry = wanted.clone();
        if takes_a_role(registry.type_.as_deref()) {
            // Without one, the server fails instead of taking the role of its machine.
            let nobody = RegistryCredential { type_: Some("basic".to_owned()), ..RegistryCredential::default() };
            registry.credential.get_or_insert(nobody);
        }
        let name = object.name();
        let answer = created(server.administrator().registry_create().body(registry).send().await);
        if let Some(id) = answer.context("create", "registry", name)? {
            server.directory.insert(Named::Registry(name.to_owned()), id);
        }
        Ok(())
    }

    /// Only declared fields are sent, and a secret only where it is known to differ.
    async fn update(
        server: &Harbor,
        object: &ObjectId,
        there: &Registry,
        wanted: &Registry,
        secrets: &[String],
    ) -> Result<(), Error> {
        let credential = wanted.credential.clone().unwrap_or_default();
        let body = RegistryUpdate {
            name: None,
            description: wanted.description.clone(),
            url: wanted.url.clone(),
            credential_type: credential.type_,
            access_key: credential.access_key,
            access_secret: credential.access_secret.filter(|_| secrets.iter().any(|path| path == SECRET)),
            insecure: wanted.insecure,
            ca_certificate: wanted.ca_certificate.clone(),
        };
        let id = there.id.unwrap_or_default();
        let answer = server.administrator().registry_update().id(id).body(body).send().await.api();
        answer.context("update", "registry", object.name())
    }

    async fn delete(server: &Harbor, object: &ObjectId, there: &Registry) -> Result<(), Error> {
        let id = there.id.unwrap_or_default();
        let answer = server.administrator().registry_delete().id(id).send().await.api();
        deleted(answer, "registry", &object.path())
    }
}

impl SystemKind for Registries {
    fn declared(&self, reading: &Reading<'_>, values: &Values) -> Vec<DeclaredObject<Harbor>> {
        let declared = values.registries.as_deref().unwrap_or_default();
        let path = reading.path(&["registries"]);
        reading.each_once("registry", declared.iter().map(|registry| registry.name.as_str()), &path);
        let registry = |(index, declared)| {
            let path = path.clone().index(index);
            let registry = Declared::new(self::declared(reading, declared, &path), reading.cause(&path));
            DeclaredObject::new(&Registries, registry)
        };
        declared.iter().enumerate().map(registry).collect()
    }

    fn place(&self) -> Place {
        Place::Harbor("registries")
    }

    /// With their passwords as references.
    fn exported(&self, found: &Found<'_>, composer: &mut Composer<'_>) -> Option<Node> {
        let mut nodes = Vec::new();
        for (object, registry) in found.objects.objects_in::<Registry>(REGISTRY.as_str(), "") {
            let name = object.name();
            if !composer.may_declare(object) {
                continue;
            }
            if !can_be_declared(name, registry) {
                composer.remark(format!("registry `{name}`, whose name or address values do not take"));
                continue;
            }
            let credential = registry.credential.as_ref().and_then(|there| credential(composer, name, there));
            nodes.push(Node::map([
                ("name", Some(Node::Text(name.to_owned()))),
                ("type", Node::text(registry.type_.as_ref())),
                ("url", Node::text(registry.url.as_ref())),
                ("description", Node::text(registry.description.as_ref())),
                ("credential", credential),
                ("insecure", registry.insecure.filter(|insecure| *insecure).map(Node::Bool)),
                ("caCertificate", Node::text(registry.ca_certificate.as_ref())),
            ]));
        }
        Node::list(nodes)
    }
}

fn declared(reading: &Reading<'_>, declared: &HarborRegistry, path: &ValuePath) -> Registry {
    let name = declared.name.as_str();
    lengths::check(reading, path, [(lengths::Column::Registry, name)]);
    adapters::check(reading, declared, path);
    let secret_path = path.clone().key("credential").key("accessSecret");
    let credential = declared.credential.as_ref().map(|credential| RegistryCredential {
        type_: Some(credential.kind.unwrap_or(RegistryCredentialKind::Basic).as_str().to_owned()),
        access_key: credential.access_key.clone(),
        access_secret: credential.access_secret.as_ref().map(|secret| reading.secret(secret, &secret_path).into()),
    });
    Registry {
        name: Some(name.to_owned()),
        type_: Some(declared.kind.clone()),
        // As the server keeps it.
        url: Some(declared.url.to_string().trim_end_matches('/').to_owned()),
        description: declared.description.clone(),
        credential,
        insecure: declared.insecure,
        ca_certificate: declared.ca_certificate.clone(),
        ..Registry::default()
    }
}

fn can_be_declared(name: &str, registry: &Registry) -> bool {
    ObjectName::parse(name).is_ok()
        && registry.type_.is_some()
        && registry.url.as_deref().is_some_and(|url| HttpUrl::parse(url).is_ok())
}

fn credential(composer: &mut Composer<'_>, registry: &str, there: &RegistryCredential) -> Option<Node> {
    let name = Node::text(there.access_key.as_ref())?;
    let has_secret = there.access_secret.as_ref().is_some_and(|secret| !secret.is_empty());
    let secret = has_secret.then(|| composer.secrets.variable("registry", registry, "access_secret", None));
    let kind = Node::text(there.type_.as_ref()).filter(|kind| *kind != Node::Text("basic".to_owned()));
    Some(Node::map([("type", kind), ("accessKey", Some(name)), ("accessSecret", secret)]))
}
