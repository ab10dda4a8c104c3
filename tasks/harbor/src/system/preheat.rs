//! Instances of preheat providers.
//!
//! The server never shows the credentials. A change replaces everything but them, wants the number in its body, and cannot bring
//! another vendor.

use std::collections::BTreeMap;

use evenkeel_core::{
    diff::{Rule, Rules},
    memory::Sight,
    object::{Kind, ObjectId},
    overlay,
    reading::Reading,
    values::{
        HttpUrl, ObjectName, ValuePath,
        model::{Harbor as Values, PreheatAuth, PreheatInstance, PreheatVendor},
    },
};
use evenkeel_engine::{
    export::{Composer, document::Node},
    plain::{DeclaredObject, Parent, PlainKind, Refusal},
};
use evenkeel_harbor_client::{paging, types::Instance as Representation};
use evenkeel_transport::{ResultExt, Secret};
use serde::Serialize;

use super::{Found, Place, SystemKind, path, section};
use crate::{Error, Harbor, answers::deleted, desired::Declared, error::WithContext, names::PREHEAT_INSTANCE};

#[derive(Debug)]
pub(super) struct Instances;

#[derive(Clone, Debug, Default, Serialize)]
pub(super) struct Instance {
    name: String,
    vendor: String,
    endpoint: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    auth: Option<Auth>,
    #[serde(skip_serializing_if = "Option::is_none")]
    enabled: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    default: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    insecure: Option<bool>,
    #[serde(skip)]
    id: Option<i64>,
    #[serde(skip)]
    made: Option<i64>,
}

/// How to log in. Of one that is there: what its mode has is hidden, and what it does not have is empty.
#[derive(Clone, Debug, Default, Serialize)]
struct Auth {
    mode: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    username: Option<Secret>,
    #[serde(skip_serializing_if = "Option::is_none")]
    password: Option<Secret>,
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<Secret>,
}

const NONE: &str = "NONE";
const BASIC: &str = "BASIC";
const OAUTH: &str = "OAUTH";

impl Auth {
    fn shown(mode: Option<String>) -> Self {
        let mode = mode.filter(|mode| !mode.is_empty()).unwrap_or_else(|| NONE.to_owned());
        let empty_unless = |other: &str| (mode != other).then(|| Secret::from(""));
        let (login, token) = (empty_unless(BASIC), empty_unless(OAUTH));
        Self { mode, username: login.clone(), password: login, token }
    }

    fn declared(reading: &Reading<'_>, auth: &PreheatAuth, path: &ValuePath) -> Self {
        if auth.basic.is_some() && auth.token.is_some() {
            reading.report(reading.problem(path, "a preheat instance has one login: `basic` or `token`"));
        }
        if let Some(login) = &auth.basic {
            let password = reading.secret(&login.password, &path.clone().key("basic").key("password"));
            return Self {
                mode: BASIC.to_owned(),
                username: Some(Secret::from(login.username.as_str())),
                password: Some(Secret::from(password)),
                token: None,
            };
        }
        let token = auth.token.as_ref().map(|token| reading.secret(token, &path.clone().key("token")));
        let mode = if token.is_some() { OAUTH } else { NONE };
        Self { mode: mode.to_owned(), token: token.map(Secret::from), ..Self::default() }
    }

    fn info(&self) -> BTreeMap<String, Secret> {
        let info = [("username", &self.username), ("password", &self.password), ("token", &self.token)];
        info.into_iter().filter_map(|(name, secret)| Some((name.to_owned(), secret.clone()?))).collect()
    }
}

impl Instance {
    fn of(there: Representation) -> Self {
        Self {
            name: there.name.unwrap_or_default(),
            vendor: there.vendor.unwrap_or_default(),
            endpoint: there.endpoint.unwrap_or_default(),
            description: there.description,
            auth: Some(Auth::shown(there.auth_mode)),
            enabled: Some(there.enabled.unwrap_or_default()),
            default: Some(there.default.unwrap_or_default()),
            insecure: Some(there.insecure.unwrap_or_default()),
            id: there.id,
            made: there.setup_timestamp,
        }
    }

    /// The request, with credentials where they are to be written.
    fn request(&self, writes_auth: bool) -> Representation {
        let info = self.auth.as_ref().map(Auth::info).filter(|info| writes_auth && !info.is_empty());
        Representation {
            id: self.id,
            name: Some(self.name.clone()),
            vendor: Some(self.vendor.clone()),
            endpoint: Some(self.endpoint.clone()),
            description: self.description.clone(),
            auth_mode: self.auth.as_ref().map(|auth| auth.mode.clone()),
            auth_info: info,
            enabled: self.enabled,
            default: self.default,
            insecure: self.insecure,
            setup_timestamp: self.made,
        }
    }
}

impl PlainKind<Harbor> for Instances {
    type Object = Instance;
    const KIND: Kind = PREHEAT_INSTANCE;
    const RULES: Rules =
        Rules(&[("auth.username", Rule::Hidden), ("auth.password", Rule::Hidden), ("auth.token", Rule::Hidden)]);

    fn name(instance: &Instance) -> Option<String> {
        Some(instance.name.clone())
    }

    fn sight(there: &Instance, _: &Parent) -> Sight {
        Sight::of(there.id.zip(there.made).map(|(id, made)| format!("{id} of {made}")))
    }

    fn refusal(wanted: &Instance, there: Option<&Instance>) -> Option<Refusal> {
        let there = there.filter(|there| there.vendor != wanted.vendor)?;
        Some(Refusal {
            message: format!(
                "preheat instance `{}` is one of {}, and never becomes one of {}",
                wanted.name, there.vendor, wanted.vendor
            ),
            hint: "declare it under another name, or delete the one that is there".to_owned(),
        })
    }

    async fn list(server: &Harbor, _: &Parent) -> Result<Vec<Instance>, Error> {
        let answer = paging::preheat_instances(server.administrator()).await;
        let list = answer.context("list", "preheat instances of", "harbor")?;
        Ok(list.into_iter().map(Instance::of).collect())
    }

    async fn create(server: &Harbor, _: &ObjectId, wanted: &Instance) -> Result<(), Error> {
        let mut body = wanted.request(true);
        body.auth_mode.get_or_insert_with(|| NONE.to_owned());
        body.enabled.get_or_insert(true);
        let answer = server.administrator().preheat_instance_create().body(body).send().await.api();
        answer.context("create", "preheat instance", &wanted.name)
    }

    async fn update(
        server: &Harbor,
        _: &ObjectId,
        there: &Instance,
        wanted: &Instance,
        writes: &[String],
    ) -> Result<(), Error> {
        // Without credentials in a change those that are there stay.
        let body = overlay::whole(&there.request(false), &wanted.request(!writes.is_empty()))?;
        let name = there.name.as_str();
        let answer =
            server.administrator().preheat_instance_update().preheat_instance_name(name).body(body).send().await.api();
        answer.context("update", "preheat instance", name)
    }

    /// By its name, which is all that the server's address takes: it was this very one a moment ago.
    async fn delete(server: &Harbor, _: &ObjectId, there: &Instance) -> Result<(), Error> {
        let now = Self::list(server, &Parent::NONE).await?;
        if !now.iter().any(|now| (&now.name, now.id, now.made) == (&there.name, there.id, there.made)) {
            return Ok(());
        }
        let name = there.name.as_str();
        let answer = server.administrator().preheat_instance_delete().preheat_instance_name(name).send().await.api();
        deleted(answer, "preheat instance", name)
    }
}

impl SystemKind for Instances {
    fn declared(&self, reading: &Reading<'_>, values: &Values) -> Vec<DeclaredObject<Harbor>> {
        let Some(declared) = section(values).and_then(|system| system.preheat.as_ref()) else { return Vec::new() };
        let path = path(reading, "preheat");
        reading.each_once("preheat instance", declared.iter().map(|instance| instance.name.as_str()), &path);
        if declared.iter().filter(|instance| instance.default == Some(true)).count() > 1 {
            reading.report(reading.problem(&path, "only one preheat instance can be the default"));
        }
        let mut wanted = Vec::new();
        for (index, declared) in declared.iter().enumerate() {
            let path = path.clone().index(index);
            let instance = DeclaredObject::new(
                &Instances,
                Declared::new(self::declared(reading, declared, &path), reading.cause(&path)),
            );
            wanted.push(instance.caused(|field| reading.cause(&path.clone().key(field))));
        }
        wanted
    }

    fn place(&self) -> Place {
        Place::System("preheat")
    }

    fn exported(&self, found: &Found<'_>, composer: &mut Composer<'_>) -> Option<Node> {
        let mut nodes = Vec::new();
        for there in found.objects.objects::<Instance>(PREHEAT_INSTANCE.as_str()) {
            if !composer.may_declare(&ObjectId::new(PREHEAT_INSTANCE, there.name.as_str())) {
                continue;
            }
            match node(composer, there) {
                Some(node) => nodes.push(node),
                None => composer
                    .remark(format!("preheat instance `{}`, whose login or address values do not take", there.name)),
            }
        }
        Node::list(nodes)
    }
}

fn declared(reading: &Reading<'_>, declared: &PreheatInstance, path: &ValuePath) -> Instance {
    let vendor = match declared.vendor {
        PreheatVendor::Dragonfly => "dragonfly",
        PreheatVendor::Kraken => "kraken",
    };
    let auth = declared.auth.as_ref().map(|auth| Auth::declared(reading, auth, &path.clone().key("auth")));
    Instance {
        name: declared.name.to_string(),
        vendor: vendor.to_owned(),
        endpoint: declared.endpoint.to_string(),
        description: declared.description.clone(),
        auth,
        enabled: declared.enabled,
        default: declared.default,
        insecure: declared.insecure,
        ..Instance::default()
    }
}

fn node(composer: &mut Composer<'_>, there: &Instance) -> Option<Node> {
    ObjectName::parse(&there.name).ok()?;
    HttpUrl::parse(&there.endpoint).ok()?;
    let is_known = ["dragonfly", "kraken"].contains(&there.vendor.as_str());
    let auth = match there.auth.as_ref()?.mode.as_str() {
        NONE => None,
        BASIC => {
            // The name is hidden too.
            composer.remark(format!("the login of preheat instance `{}`, whose user name harbor hides", there.name));
            None
        }
        OAUTH => {
            let token = composer.secrets.variable("preheat", &there.name, "token", None);
            Some(Node::map([("token", Some(token))]))
        }
        _ => return None,
    };
    is_known.then(|| {
        Node::map([
            ("name", Some(Node::Text(there.name.clone()))),
            ("vendor", Some(Node::Text(there.vendor.clone()))),
            ("endpoint", Some(Node::Text(there.endpoint.clone()))),
            ("description", Node::text(there.description.as_ref())),
            ("auth", auth),
            ("enabled", there.enabled.map(Node::Bool)),
            ("default", there.default.filter(|default| *default).map(Node::Bool)),
            ("insecure", there.insecure.filter(|insecure| *insecure).map(Node::Bool)),
        ])
    })
}
