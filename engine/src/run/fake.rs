//! A task in memory, for the tests of the run loop: an application of named objects with one text
//! each, that does what a script says. An object may have a token, which the application never shows.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fmt,
    sync::{Arc, Mutex, MutexGuard},
};

use evenkeel_core::{
    diff::FieldChange,
    memory::{HiddenSecret, Memory, Ownership, Recall, Sight},
    object::{Kind, ObjectId},
    plan::{Action, Cause, Change, ChangeDocument, Note, Plan, PlanError},
    values::{Document, Problems, SecretValue, Values},
};

use evenkeel_transport::{
    Call, Outcome, RequestLog,
    reqwest::{Method, StatusCode},
};
use secrecy::{ExposeSecret, SecretString};

use crate::{
    failure::{Class, Classified},
    secrets::SecretResolver,
    stop::Stop,
    target::TargetId,
    task::{Applied, Context, Task},
};

pub(super) static ROLE: Kind = Kind::new("role");

/// The field that is never shown.
const TOKEN: &str = "token";

pub(super) fn role(name: &str) -> ObjectId {
    ObjectId::new(ROLE.clone(), name)
}

/// What one apply does.
#[derive(Clone, Debug)]
pub(super) enum Script {
    /// Fails with this class; nothing happens.
    Fail(Class),
    /// Fails with this class before anything is sent.
    NeverSent(Class),
    /// Happens, and the answer is lost.
    LoseAnswer,
    /// Is accepted, and nothing happens.
    Ignore,
    /// Happens, and the application writes the text in its own form.
    OwnForm,
    /// Somebody else makes the object first.
    Overtaken,
    /// Asks the run to stop, then happens.
    Stop(Stop),
    /// Never ends.
    Hang,
    /// Breaks down.
    Panic,
}

/// The application, shared between the test and the task.
#[derive(Default)]
pub(super) struct Application {
    pub objects: BTreeMap<String, String>,
    pub desired: BTreeMap<String, Wanted>,
    /// The tokens that were set.
    pub tokens: BTreeMap<String, String>,
    /// What the next applies of an object do; once used up, they just work.
    pub scripts: HashMap<String, Vec<Script>>,
    /// What observing does, once.
    pub observing: Vec<Class>,
    pub connecting: Option<Class>,
    pub data: BTreeSet<String>,
    /// The number of each object that the task made; one that a test made has none.
    pub ids: BTreeMap<String, u64>,
    /// How many more readings do not show an object that is there.
    pub unseen: BTreeMap<String, u32>,
    /// What lives in an object.
    pub inside: BTreeMap<String, Vec<String>>,
    /// Objects whose updates take a relation away.
    pub relations: BTreeSet<String>,
    made: u64,
    /// The objects in the order in which their applies began.
    pub begun: Vec<String>,
    pub under_way: BTreeSet<String>,
    pub most_under_way: usize,
    pub exclusive_clash: bool,
    pub reads: u64,
    pub inventory_at_create: Vec<(String, String)>,
    pub inventory: Option<std::path::PathBuf>,
}

impl Application {
    /// The objects as a reading shows them.
    fn shown(&mut self) -> BTreeMap<String, String> {
        let mut shown = self.objects.clone();
        for (name, readings) in self.unseen.iter_mut().filter(|(_, readings)| **readings > 0) {
            *readings -= u32::from(shown.remove(name).is_some());
        }
        shown
    }
}

#[derive(Clone, Debug, Default)]
pub(super) struct Wanted {
    pub text: String,
    pub waits_for: Vec<String>,
    pub exclusive: Option<String>,
    pub team: Option<String>,
    pub token: Option<String>,
    /// Whether what waits for its update can do nothing without it.
    pub needed: bool,
}

pub(super) type Shared = Arc<Mutex<Application>>;

thread_local! {
    /// The application of the test that runs in this thread: tasks are types, not values.
    static APPLICATION: std::cell::RefCell<Shared> = std::cell::RefCell::default();
}

/// Makes an application for this test.
pub(super) fn application(change: impl FnOnce(&mut Application)) -> Shared {
    let shared = Shared::default();
    change(&mut shared.lock().unwrap());
    APPLICATION.with(|application| *application.borrow_mut() = Arc::clone(&shared));
    shared
}

pub(super) struct Fake {
    shared: Shared,
    /// One request for each reading and each change.
    log: RequestLog,
}

impl Fake {
    fn application(&self) -> MutexGuard<'_, Application> {
        self.shared.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn log(&self, method: Method) {
        let call = Call { operation: "fake", template: None, method, attempt: 1, login: false, query: false };
        self.log.start(call).finish(Outcome::Status(StatusCode::OK), 0);
    }
}

#[derive(Debug)]
pub(super) struct Fault {
    class: Class,
    subject: String,
    never_sent: bool,
}

impl Fault {
    fn of(class: Class, subject: &str) -> Self {
        Self { class, subject: subject.to_owned(), never_sent: false }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} answers {:?}", self.subject, self.class)
    }
}

impl std::error::Error for Fault {}

impl Classified for Fault {
    fn class(&self) -> Class {
        self.class
    }

    fn changed_nothing(&self) -> bool {
        self.never_sent || self.class.changed_nothing()
    }

    fn hint(&self) -> Option<String> {
        Some("ask the test".to_owned())
    }
}

impl Task for Fake {
    const NAME: &'static str = "fake";
    const ABOUT: &'static str = "Keep a map equal to a map";
    type Desired = BTreeMap<String, Wanted>;
    type Observed = BTreeMap<String, String>;
    type Operation = String;
    type Error = Fault;
    type RunOptions = ();

    fn definitions() -> Vec<(&'static str, serde_json::Value)> {
        Vec::new()
    }

    fn required_secrets(values: &Values) -> Vec<SecretValue> {
        values.users.iter().filter_map(|user| user.initial_password.clone()).collect()
    }

    fn desired(_: &Values, _: &Document, _: &SecretResolver) -> Result<Self::Desired, Problems> {
        Ok(APPLICATION.with(|application| application.borrow().lock().unwrap().desired.clone()))
    }

    async fn connect(_: &Self::Desired, (): &(), context: &Context) -> Result<Self, Fault> {
        let fake =
            Self { shared: APPLICATION.with(|application| Arc::clone(&application.borrow())), log: RequestLog::new(0) };
        context.sessions.count(&fake.log);
        let fault = fake.application().connecting;
        fault.map_or(Ok(fake), |class| Err(Fault::of(class, "the login")))
    }

    fn target_id(_: &Self::Desired) -> TargetId {
        TargetId::new(Self::NAME, ["map"])
    }

    fn target(_: &TargetId) -> String {
        "a map".to_owned()
    }

    fn unversioned_key(_: &TargetId) -> Option<String> {
        Some("a map".to_owned())
    }

    async fn observe(&self, _: &Self::Desired, _: &Ownership) -> Result<Self::Observed, Fault> {
        self.log(Method::GET);
        let mut application = self.application();
        application.reads += 1;
        match application.observing.pop() {
            Some(class) => Err(Fault::of(class, "the list")),
            None => Ok(application.shown()),
        }
    }

    fn plan(desired: &Self::Desired, observed: &Self::Observed, memory: &Memory) -> Result<Plan<String>, PlanError> {
        let shared = APPLICATION.with(|application| Arc::clone(&application.borrow()));
        let (data, inside, relations) = {
            let application = shared.lock().unwrap();
            (application.data.clone(), application.inside.clone(), application.relations.clone())
        };
        let wanted = desired.iter().filter_map(|(name, wanted)| {
            let there = observed.get(name);
            let action = if there.is_some() { Action::Update } else { Action::Create };
            let tokens = written_token(name, there, wanted, memory);
            let differs = there != Some(&wanted.text) || !tokens.is_empty();
            let removes_relation = relations.contains(name);
            let change = || change(name, action, there, Some(wanted));
            differs.then(|| Change { secrets: tokens, removes_relation, ..change() })
        });
        let deletes = memory
            .ownership
            .of_kind(&ROLE)
            .filter(|object| observed.contains_key(object.name()) && !desired.contains_key(object.name()));
        let deletes = deletes.map(|object| Change {
            removes_data: data.contains(object.name()),
            takes_along: inside.get(object.name()).into_iter().flatten().map(|name| role(name)).collect(),
            ..change(object.name(), Action::Delete, observed.get(object.name()), None)
        });
        Plan::new(wanted.chain(deletes).collect(), Vec::new())
    }

    fn declared(desired: &Self::Desired, _: &Self::Observed) -> BTreeSet<ObjectId> {
        desired.keys().map(|name| role(name)).collect()
    }

    fn sight(_: &Self::Desired, observed: &Self::Observed, object: &ObjectId) -> Sight {
        let id = APPLICATION.with(|application| application.borrow().lock().unwrap().ids.get(object.name()).copied());
        Sight::among(observed.get(object.name()), |_| Some(id.unwrap_or_default().to_string()))
    }

    async fn apply(&self, _: &Self::Desired, change: &Change<String>) -> Result<Applied, Fault> {
        let name = change.object.name();
        self.begin(change);
        tokio::task::yield_now().await;
        let script = self.application().scripts.get_mut(name).and_then(Vec::pop);
        let result = self.act(change, script.as_ref()).await;
        self.application().under_way.remove(name);
        result
    }
}

impl Fake {
    fn begin(&self, change: &Change<String>) {
        self.log(Method::POST);
        let mut application = self.application();
        let name = change.object.name().to_owned();
        if change.action == Action::Create
            && let Some(path) = application.inventory.clone()
        {
            let text = std::fs::read_to_string(path).unwrap_or_default();
            application.inventory_at_create.push((name.clone(), text));
        }
        let key = |name: &String, application: &Application| {
            application.desired.get(name).and_then(|wanted| wanted.exclusive.clone())
        };
        let own = key(&name, &application);
        let clash = own.is_some() && application.under_way.iter().any(|other| key(other, &application) == own);
        application.exclusive_clash |= clash;
        application.begun.push(name.clone());
        application.under_way.insert(name);
        application.most_under_way = application.most_under_way.max(application.under_way.len());
    }

    #[expect(clippy::disallowed_methods, reason = "the application keeps the token in clear")]
    async fn act(&self, change: &Change<String>, script: Option<&Script>) -> Result<Applied, Fault> {
        let name = change.object.name();
        let fault = |class| Err(Fault::of(class, name));
        match script {
            Some(Script::Fail(class)) => return fault(*class),
            Some(Script::NeverSent(class)) => return Err(Fault { never_sent: true, ..Fault::of(*class, name) }),
            Some(Script::Ignore) => return Ok(Applied::default()),
            Some(Script::Hang) => std::future::pending().await,
            Some(Script::Panic) => panic!("{name} breaks down"),
            Some(Script::Overtaken) => {
                self.application().objects.insert(name.to_owned(), "by somebody else".to_owned());
                return fault(Class::Conflict);
            }
            Some(Script::Stop(stop)) => stop.ask(),
            Some(Script::LoseAnswer | Script::OwnForm) | None => {}
        }
        if change.action == Action::Create && self.application().objects.contains_key(name) {
            return fault(Class::Conflict);
        }
        for HiddenSecret { value, .. } in &change.secrets {
            self.application().tokens.insert(name.to_owned(), value.expose_secret().to_owned());
        }
        let mut application = self.application();
        match change.action {
            Action::Delete => application.objects.remove(name),
            _ if matches!(script, Some(Script::OwnForm)) => {
                application.objects.insert(name.to_owned(), "its own form".to_owned())
            }
            _ => application.objects.insert(name.to_owned(), change.operation.clone()),
        };
        if change.action == Action::Create {
            application.made += 1;
            let id = application.made;
            application.ids.insert(name.to_owned(), id);
        }
        drop(application);
        match script {
            Some(Script::LoseAnswer) => fault(Class::Unavailable),
            _ => Ok(Applied { notes: self.notes(name) }),
        }
    }

    fn notes(&self, name: &str) -> Vec<Note> {
        let talks = name.starts_with("talkative");
        talks.then(|| Note { object: role(name), message: "has something to say".to_owned() }).into_iter().collect()
    }
}

/// The declared token, if it has to be written.
fn written_token(name: &str, there: Option<&String>, wanted: &Wanted, memory: &Memory) -> Vec<HiddenSecret> {
    let Some(token) = &wanted.token else { return Vec::new() };
    let value = SecretString::from(token.as_str());
    let has_to_be = there.is_none() || memory.secrets.recall(&role(name), TOKEN, &value) == Recall::Different;
    has_to_be.then(|| HiddenSecret { path: TOKEN.into(), value }).into_iter().collect()
}

fn change(name: &str, action: Action, before: Option<&String>, wanted: Option<&Wanted>) -> Change<String> {
    let after = wanted.map(|wanted| wanted.text.clone());
    let field = FieldChange {
        path: "text".into(),
        before: before.map(|text| Box::new(text.as_str().into())),
        after: after.as_deref().map(Into::into),
        secret: false,
        cause: None,
    };
    let document = ChangeDocument {
        object: role(name),
        action,
        fields: if action == Action::Delete { Vec::new() } else { vec![field] },
        cause: Cause { value: format!("roles.{name}"), file: None, line: None },
        waits_for: wanted.iter().flat_map(|wanted| &wanted.waits_for).map(|name| role(name)).collect(),
    };
    Change {
        document: document.into(),
        exclusive: wanted
            .and_then(|wanted| wanted.exclusive.as_deref())
            .map(|name| ObjectId::new(Kind::new("key"), name)),
        team: wanted.and_then(|wanted| wanted.team.as_deref()).map(Into::into),
        removes_data: false,
        takes_along: Vec::new(),
        removes_relation: false,
        is_needed: wanted.is_some_and(|wanted| wanted.needed),
        secrets: Vec::new(),
        operation: after.unwrap_or_default(),
    }
}
