//! Scanners, and which one is the default.
//!
//! The server contacts a scanner before it takes it, and makes the first one the default. It never shows a credential; one that is
//! left out of a change stays while the scanner has a login.

use std::collections::BTreeMap;

use evenkeel_core::{
    diff::{Rule, Rules},
    memory::Sight,
    object::{Kind, ObjectId},
    overlay,
    reading::Reading,
    values::{
        AddressableName, HttpUrl, ValuePath,
        model::{Harbor as Values, HarborScanner, ScannerAuth},
    },
};
use evenkeel_engine::{
    export::{Composer, document::Node},
    plain::{DeclaredObject, Only, Parent, PlainKind, Refusal, Singleton},
};
use evenkeel_harbor_client::{
    paging,
    types::{IsDefault, ScannerRegistration, ScannerRegistrationReq},
};
use evenkeel_transport::{ResultExt, Secret};
use serde::Serialize;

use super::{Found, Place, SystemKind, declared_scanners, may_declare, path, section};
use crate::{
    Error, Harbor,
    answers::deleted,
    desired::Declared,
    error::WithContext,
    names::{SCANNER, SYSTEM},
};

#[derive(Debug)]
pub(super) struct Scanners;

#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Scanner {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    /// In the server's words; empty for no login.
    #[serde(skip_serializing_if = "Option::is_none")]
    auth: Option<String>,
    /// Of one that is there: absent where it is hidden, empty where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    credential: Option<Secret>,
    #[serde(skip_serializing_if = "Option::is_none")]
    skip_cert_verify: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    use_internal_address: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    disabled: Option<bool>,
    #[serde(skip)]
    id: Option<String>,
    #[serde(skip)]
    is_default: bool,
}

const CREDENTIAL: &str = "credential";

/// The name of the scanner that Harbor was installed with: the server takes no other of it, and no change of it.
const BUILT_IN: &str = "Trivy";

impl Scanner {
    fn of(there: ScannerRegistration) -> Self {
        let auth = there.auth.unwrap_or_default();
        let shown = there.access_credential.filter(|credential| !credential.is_empty());
        let credential = if auth.is_empty() { Some(Secret::from("")) } else { shown };
        Self {
            name: there.name.unwrap_or_default(),
            url: there.url,
            description: there.description,
            auth: Some(auth),
            credential,
            skip_cert_verify: Some(there.skip_cert_verify.unwrap_or_default()),
            use_internal_address: Some(there.use_internal_addr.unwrap_or_default()),
            disabled: Some(there.disabled.unwrap_or_default()),
            id: there.uuid,
            is_default: there.is_default.unwrap_or_default(),
        }
    }

    fn request(&self) -> ScannerRegistrationReq {
        ScannerRegistrationReq {
            name: Some(self.name.clone()),
            url: self.url.clone(),
            description: self.description.clone(),
            auth: self.auth.clone(),
            access_credential: self.credential.clone().filter(|credential| !credential.is_empty()),
            skip_cert_verify: self.skip_cert_verify,
            use_internal_addr: self.use_internal_address,
            disabled: self.disabled,
        }
    }
}

async fn scanners(server: &Harbor) -> Result<Vec<Scanner>, Error> {
    let answer = paging::scanners(server.administrator()).await;
    let list = answer.context("list", "scanners of", "harbor")?;
    Ok(list.into_iter().map(Scanner::of).collect())
}

impl PlainKind<Harbor> for Scanners {
    type Object = Scanner;
    const KIND: Kind = SCANNER;
    const RULES: Rules = Rules(&[(CREDENTIAL, Rule::Hidden)]);

    fn name(scanner: &Scanner) -> Option<String> {
        Some(scanner.name.clone())
    }

    fn sight(there: &Scanner, _: &Parent) -> Sight {
        Sight::of(there.id.as_deref())
    }

    async fn list(server: &Harbor, _: &Parent) -> Result<Vec<Scanner>, Error> {
        scanners(server).await
    }

    async fn create(server: &Harbor, _: &ObjectId, wanted: &Scanner) -> Result<(), Error> {
        let body = wanted.request();
        let answer = server.administrator().scanner_create().body(body).send().await.api();
        answer.context("create", "scanner", &wanted.name)
    }

    /// A change replaces the scanner. A hidden secret that is not known to differ stays.
    async fn update(
        server: &Harbor,
        _: &ObjectId,
        there: &Scanner,
        wanted: &Scanner,
        writes: &[String],
    ) -> Result<(), Error> {
        let mut declared = wanted.request();
        declared.access_credential.take_if(|_| !writes.iter().any(|path| path == CREDENTIAL));
        let body = overlay::whole(&there.request(), &declared)?;
        let id = there.id.as_deref().unwrap_or_default();
        let answer = server.administrator().scanner_update().registration_id(id).body(body).send().await.api();
        answer.context("update", "scanner", &wanted.name)
    }

    async fn delete(server: &Harbor, _: &ObjectId, there: &Scanner) -> Result<(), Error> {
        let id = there.id.as_deref().unwrap_or_default();
        let answer = server.administrator().scanner_delete().registration_id(id).send().await.api();
        deleted(answer, "scanner", &there.name)
    }
}

impl SystemKind for Scanners {
    fn declared(&self, reading: &Reading<'_>, values: &Values) -> Vec<DeclaredObject<Harbor>> {
        let Some(declared) = section(values).and_then(|system| system.scanners.as_ref()) else {
            return Vec::new();
        };
        let path = path(reading, "scanners");
        reading.each_once("scanner", declared.iter().map(|scanner| scanner.name.as_str()), &path);
        let mut wanted = Vec::new();
        for (index, declared) in declared.iter().enumerate() {
            let path = path.clone().index(index);
            let scanner = self::declared(reading, declared, &path);
            let scanner = DeclaredObject::new(&Scanners, Declared::new(scanner, reading.cause(&path)));
            wanted.push(scanner.caused(|field| reading.cause(&path.clone().key(field))));
        }
        wanted
    }

    fn place(&self) -> Place {
        Place::System("scanners")
    }

    fn exported(&self, found: &Found<'_>, composer: &mut Composer<'_>) -> Option<Node> {
        let mut nodes = Vec::new();
        for there in found.objects.objects::<Scanner>(SCANNER.as_str()) {
            let is_kept = composer.may_declare(&ObjectId::new(SCANNER, there.name.as_str()));
            if there.name == BUILT_IN || !is_kept {
                continue;
            }
            match node(composer, there) {
                Some(node) => nodes.push(node),
                None => composer
                    .remark(format!("scanner {:?}, whose name, address or login values do not take", there.name)),
            }
        }
        Node::list(nodes)
    }
}

/// A declared scanner, where its login and its credential belong together.
fn declared(reading: &Reading<'_>, declared: &HarborScanner, path: &ValuePath) -> Scanner {
    if declared.name.as_str() == BUILT_IN {
        let problem =
            reading.problem(path, "scanner `Trivy` is the one that harbor was installed with, and never changes");
        reading.report(problem.with_hint("leave it out; `harbor.system.defaultScanner` can name it"));
    }
    let logs_in = declared.auth.is_some_and(|auth| auth != ScannerAuth::None);
    if logs_in != declared.credential.is_some() {
        let problem = reading.problem(path, "the login of a scanner and its credential belong together");
        reading.report(problem.with_hint("write both `auth` and `credential`, or `auth: none`, or none of them"));
    }
    let credential = declared.credential.as_ref();
    let credential = credential.map(|secret| Secret::from(reading.secret(secret, &path.clone().key(CREDENTIAL))));
    Scanner {
        name: declared.name.to_string(),
        // As the server keeps it.
        url: Some(declared.url.to_string().trim_end_matches('/').to_owned()),
        description: declared.description.clone(),
        auth: declared.auth.map(|auth| word(auth).to_owned()),
        credential,
        skip_cert_verify: declared.skip_cert_verify,
        use_internal_address: declared.use_internal_address,
        disabled: declared.disabled,
        ..Scanner::default()
    }
}

const fn word(auth: ScannerAuth) -> &'static str {
    match auth {
        ScannerAuth::None => "",
        ScannerAuth::Basic => "Basic",
        ScannerAuth::Bearer => "Bearer",
        ScannerAuth::ApiKey => "X-ScannerAdapter-API-Key",
    }
}

fn node(composer: &mut Composer<'_>, there: &Scanner) -> Option<Node> {
    let auth = match there.auth.as_deref().unwrap_or_default() {
        "" => "none",
        "Basic" => "basic",
        "Bearer" => "bearer",
        "X-ScannerAdapter-API-Key" => "apiKey",
        _ => return None,
    };
    AddressableName::parse(&there.name).ok()?;
    HttpUrl::parse(there.url.as_deref()?).ok()?;
    let credential = (auth != "none").then(|| composer.secrets.variable("scanner", &there.name, CREDENTIAL, None));
    let is_true = |flag: Option<bool>| flag.filter(|flag| *flag).map(Node::Bool);
    Some(Node::map([
        ("name", Some(Node::Text(there.name.clone()))),
        ("url", Node::text(there.url.as_ref())),
        ("description", Node::text(there.description.as_ref())),
        ("auth", Some(Node::Text(auth.to_owned()))),
        ("credential", credential),
        ("skipCertVerify", is_true(there.skip_cert_verify)),
        ("useInternalAddress", is_true(there.use_internal_address)),
        ("disabled", is_true(there.disabled)),
    ]))
}

#[derive(Debug)]
pub(super) struct DefaultScanner;

pub(super) static DEFAULT_SCANNER: Only<DefaultScanner> = Only(DefaultScanner);

const NAME: &str = "default-scanner";

/// Which scanner is the default, as an object.
pub(super) fn default_scanner() -> ObjectId {
    ObjectId::new(SYSTEM, NAME)
}

#[derive(Clone, Debug, Default, Serialize)]
pub(super) struct Choice {
    #[serde(skip_serializing_if = "Option::is_none")]
    scanner: Option<String>,
    /// Ids of those that can be the default, by their names.
    #[serde(skip)]
    ids: BTreeMap<String, String>,
    /// Whether the values declare that scanner.
    #[serde(skip)]
    is_declared: bool,
}

impl Singleton<Harbor> for DefaultScanner {
    type Object = Choice;
    const KIND: Kind = SYSTEM;
    const NAME: &'static str = NAME;

    fn refusal(wanted: &Choice, there: &Choice) -> Option<Refusal> {
        let name = wanted.scanner.as_ref()?;
        (!wanted.is_declared && !there.ids.contains_key(name)).then(|| Refusal {
            message: format!("there is no scanner `{name}` that is on, so that it cannot be the default"),
            hint: "declare it in `harbor.system.scanners`, or name one that is there".to_owned(),
        })
    }

    async fn read(server: &Harbor) -> Result<Choice, Error> {
        let there = scanners(server).await?;
        let scanner = there.iter().find(|scanner| scanner.is_default).map(|scanner| scanner.name.clone());
        let on = there.into_iter().filter(|scanner| scanner.disabled != Some(true));
        let ids = on.filter_map(|scanner| Some((scanner.name, scanner.id?))).collect();
        Ok(Choice { scanner, ids, is_declared: false })
    }

    async fn write(server: &Harbor, there: &Choice, wanted: &Choice) -> Result<(), Error> {
        let name = wanted.scanner.as_deref().unwrap_or_default();
        let missing = || Error::Missing { kind: "scanner", name: name.to_owned() };
        let id = there.ids.get(name).ok_or_else(missing)?;
        let answer = server
            .administrator()
            .scanner_set_default()
            .registration_id(id)
            .body(IsDefault { is_default: Some(true) })
            .send()
            .await
            .api();
        answer.context("update", "system", NAME)
    }
}

impl SystemKind for Only<DefaultScanner> {
    fn declared(&self, reading: &Reading<'_>, values: &Values) -> Vec<DeclaredObject<Harbor>> {
        let Some(system) = section(values) else { return Vec::new() };
        let Some(name) = &system.default_scanner else { return Vec::new() };
        let path = path(reading, "defaultScanner");
        let declared = system.scanners.iter().flatten().find(|scanner| scanner.name == *name);
        if declared.is_some_and(|scanner| scanner.disabled == Some(true)) {
            let problem = reading.problem(&path, &format!("scanner `{name}` is off, so that it cannot be the default"));
            reading.report(problem.with_hint("name another one, or leave its `disabled` out"));
        }
        let default = Choice { scanner: Some(name.to_string()), ids: BTreeMap::new(), is_declared: declared.is_some() };
        let wanted = DeclaredObject::new(&DEFAULT_SCANNER, Declared::new(default, reading.cause(&path)));
        // Scans with another scanner than the declared one are no use.
        vec![wanted.after(declared_scanners(values)).needed()]
    }

    fn place(&self) -> Place {
        Place::System("defaultScanner")
    }

    fn exported(&self, found: &Found<'_>, composer: &mut Composer<'_>) -> Option<Node> {
        let there: &Choice = found.objects.objects(NAME).next()?;
        let name = there.scanner.as_ref().filter(|name| AddressableName::parse(name).is_ok())?;
        may_declare(composer, NAME).then(|| Node::Text(name.clone()))
    }
}
