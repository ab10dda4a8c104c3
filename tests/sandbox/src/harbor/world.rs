//! The whole server: its state, and the way from a request to an answer.

use http::header::{self, HeaderName};
use http::{Method, Response, StatusCode};
use serde_json::json;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::answer::{Answer, Content, Reply};
use super::audit_log::AuditLog;
use super::configuration::Configuration;
use super::csrf::Csrf;
use super::immutable_rules::ImmutableRule;
use super::labels::Label;
use super::login::Login;
use super::members::Member;
use super::options::{HarborOptions, Reachable};
use super::outages::{HarborPart, Outages};
use super::preheat::Instance;
use super::projects::Project;
use super::quotas::Quota;
use super::registries::Registry;
use super::replications::Replication;
use super::request::Request;
use super::retentions::Retention;
use super::robots::Robot;
use super::scanners::Scanner;
use super::schedules::Schedules;
use super::table::Table;
use super::user_groups::UserGroup;
use super::users::User;
use super::versions::Version;
use super::vulnerabilities::Allowlist;
use super::webhooks::Webhook;
use crate::clock::Clock;
use crate::host::{self, Asked};
use crate::random::uuid;
use crate::request_log::Kind;
use crate::server::{Call, Held, Outgoing};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The server's state.
#[derive(Debug)]
pub(crate) struct World {
    /// `http://127.0.0.1:<port>`.
    pub(crate) base: String,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) reachable: Vec<Reachable>,
    pub(crate) version: Version,
    pub(crate) outages: Outages,
    /// Until when user names are locked after a wrong password.
    pub(crate) locks: BTreeMap<String, i64>,
    pub(crate) csrf: Csrf,
    pub(crate) configuration: Configuration,
    pub(crate) users: Table<User>,
    pub(crate) groups: Table<UserGroup>,
    pub(crate) projects: Table<Project>,
    /// Numbers of projects by name.
    pub(crate) project_names: HashMap<String, i64>,
    pub(crate) members: Table<Member>,
    pub(crate) robots: Table<Robot>,
    /// Numbers of robots by stored name, which has no prefix.
    pub(crate) robot_names: HashMap<String, i64>,
    pub(crate) quotas: Table<Quota>,
    pub(crate) retentions: Table<Retention>,
    pub(crate) immutable_rules: Table<ImmutableRule>,
    pub(crate) webhooks: Table<Webhook>,
    pub(crate) labels: Table<Label>,
    pub(crate) registries: Table<Registry>,
    pub(crate) replications: Table<Replication>,
    pub(crate) repositories: i64,
    pub(crate) allowlist: Allowlist,
    pub(crate) schedules: Schedules,
    /// Addresses of scanners that the server can reach.
    pub(crate) adapters: Vec<String>,
    pub(crate) scanners: Table<Scanner>,
    pub(crate) preheat: Table<Instance>,
    /// Distinguished names of groups that LDAP knows.
    pub(crate) ldap_groups: Vec<String>,
    pub(crate) audit_log: AuditLog,
}

impl World {
    /// A server that knows nothing but its administrator and the public project `library`.
    pub(crate) fn new(base: &str, options: &HarborOptions) -> Self {
        let mut world = Self {
            base: base.to_owned(),
            clock: options.clock(),
            reachable: options.reachable().to_vec(),
            version: options.version(),
            outages: Outages::default(),
            locks: BTreeMap::new(),
            csrf: Csrf::default(),
            configuration: Configuration::new(options.overwrite()),
            users: Table::default(),
            groups: Table::default(),
            projects: Table::default(),
            project_names: HashMap::new(),
            members: Table::default(),
            robots: Table::default(),
            robot_names: HashMap::new(),
            quotas: Table::default(),
            retentions: Table::default(),
            immutable_rules: Table::default(),
            webhooks: Table::default(),
            labels: Table::default(),
            registries: Table::default(),
            replications: Table::default(),
            repositories: 0,
            allowlist: Allowlist::default(),
            schedules: Schedules::default(),
            adapters: options.adapters().to_vec(),
            scanners: Table::default(),
            preheat: Table::default(),
            ldap_groups: options.ldap_groups().to_vec(),
            audit_log: AuditLog::default(),
        };
        options.scanners().iter().for_each(|name| world.register_scanner(name));
        let admin = world.first_user(options.admin_password());
        world.store_project("library", admin, BTreeMap::from([("public".to_owned(), "true".to_owned())]), None, -1);
        world
    }

    /// Milliseconds since 1970.
    pub(crate) fn now(&self) -> i64 {
        self.clock.now()
    }

    fn handle(&mut self, call: Call) -> Response<bytes::Bytes> {
        let mut request = Request::new(call);
        // ping looks at no credentials
        let ping = request.segments == ["api", "v2.0", "ping"];
        let login = if ping { Login::nobody() } else { self.log_in(&request) };
        request.who = login.who;
        let reply = self.check_mode(&request).and_then(|()| self.csrf.check(&request));
        let reply = reply.and_then(|()| self.route(&request));
        let answer = reply.unwrap_or_else(|failure| failure);
        let mut response = self.dressed(&request, answer).response();
        response.extensions_mut().insert(Asked { caller: login.caller, cost: login.cost });
        if let Some(until) = login.held {
            response.extensions_mut().insert(Held { clock: Arc::clone(&self.clock), until });
        }
        response
    }

    /// In read-only mode nothing changes but the configuration, with which the mode ends; nothing else is looked at first
    /// (contract read-only).
    fn check_mode(&self, request: &Request) -> Result<(), Answer> {
        let ends_it = request.segments == ["api", "v2.0", "configurations"];
        if self.configuration.is_read_only() && request.writes() && !ends_it {
            let message = "The system is in read only mode. Any modification is prohibited.";
            return Err(Answer::failure(StatusCode::FORBIDDEN, "DENIED", message));
        }
        Ok(())
    }

    /// Adds what every answer has: an id, a session for who brings none, and a CSRF token for who does.
    fn dressed(&mut self, request: &Request, answer: Answer) -> Answer {
        let answer = answer.with(REQUEST_ID, request.header("x-request-id").map_or_else(uuid, str::to_owned));
        if request.cookie("sid").is_some() {
            return self.csrf.tokens(request, self.now(), answer);
        }
        answer.with(header::SET_COOKIE, format!("sid={}; Path=/; HttpOnly", uuid().replace('-', "")))
    }

    fn route(&mut self, request: &Request) -> Reply {
        let segments: Vec<&str> = request.segments.iter().map(String::as_str).collect();
        match segments.as_slice() {
            ["api", "v2.0", rest @ ..] => self.api(request, rest),
            ["api", "version"] if request.method == Method::GET => {
                let version = Content::Other("text/plain; charset=utf-8", json!({ "version": "v2.0" }).to_string());
                Ok(Answer::new(StatusCode::OK, version))
            }
            ["service", "token"] if request.method == Method::GET => self.token(request),
            ["v2", rest @ ..] => self.registry(request, rest),
            _ => Err(Answer::new(
                StatusCode::NOT_FOUND,
                Content::Other("text/html; charset=utf-8", "<html><body><h1>404</h1></body></html>".to_owned()),
            )),
        }
    }

    fn api(&mut self, request: &Request, segments: &[&str]) -> Reply {
        super::routes::check(request, segments)?;
        if segments != ["ping"] {
            request.check_accept()?;
        }
        // every write opens a transaction before anything else is looked at
        if self.outages.is_away(HarborPart::Database) && request.writes() {
            return Err(Answer::unhandled());
        }
        match segments {
            ["projects", rest @ ..] => self.answer_projects(request, rest),
            ["robots", rest @ ..] => self.answer_robots(request, rest),
            ["quotas", rest @ ..] => self.answer_quotas(request, rest),
            ["retentions", rest @ ..] => self.answer_retentions(request, rest),
            ["configurations"] => self.answer_configuration(request),
            ["usergroups", rest @ ..] => self.answer_user_groups(request, rest),
            ["users", rest @ ..] => self.answer_users(request, rest),
            ["labels", rest @ ..] => self.answer_labels(request, rest),
            ["registries", rest @ ..] => self.answer_registries(request, rest),
            ["replication", rest @ ..] => self.answer_replication(request, rest),
            ["scanners", rest @ ..] => self.answer_scanners(request, rest),
            ["p2p", "preheat", "instances", rest @ ..] => self.answer_preheat(request, rest),
            ["system", "CVEAllowlist"] => self.answer_allowlist(request),
            ["system", rest @ ..] => self.answer_system(request, rest),
            ["auditlog-exts" | "audit-logs", ..] => self.answer_audit_log(request, segments),
            _ => self.answer_information(request, segments),
        }
    }
}

impl host::World for World {
    fn kind(method: &Method, path: &str) -> Kind {
        match *method {
            Method::GET if path == "/service/token" => Kind::Token,
            Method::GET | Method::HEAD | Method::OPTIONS => Kind::Read,
            _ => Kind::Write,
        }
    }

    fn answer(&mut self, call: Call) -> Response<Outgoing> {
        self.handle(call).map(Outgoing::from)
    }
}
