//! The whole server: its state, and the way from a request to an answer.

use http::{Method, Response, StatusCode};
use serde_json::json;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use super::accounts::{Account, Person, Sort};
use super::answer::{Answer, Content, Reply};
use super::applications::Application;
use super::branch_protections::BranchProtection;
use super::deploy_keys::DeployKey;
use super::hooks::Hook;
use super::labels::Label;
use super::login::Identity;
use super::options::{GiteaOptions, GiteaVersion};
use super::repositories::Repository;
use super::request::Request;
use super::secrets::ActionSecret;
use super::teams::Team;
use super::tokens::AccessToken;
use super::{information, routes};
use crate::clock::Clock;
use crate::harbor::table::Table;
use crate::host::{self, Asked};
use crate::request_log::{Caller, Kind};
use crate::server::{Call, Outgoing};

/// What something belongs to: a repository or an organisation, by number, or the server itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Owner {
    Repository(i64),
    Organisation(i64),
    Server,
}

/// The server's state.
#[derive(Debug)]
pub(crate) struct World {
    /// `http://127.0.0.1:<port>`.
    pub(crate) base: String,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) version: GiteaVersion,
    pub(crate) accounts: Table<Account>,
    /// Numbers of accounts by folded name.
    pub(crate) account_names: HashMap<String, i64>,
    /// Numbers of accounts by folded names that they had before.
    pub(crate) account_redirects: BTreeMap<String, i64>,
    pub(crate) tokens: Table<AccessToken>,
    pub(crate) applications: Table<Application>,
    pub(crate) teams: Table<Team>,
    pub(crate) repositories: Table<Repository>,
    /// Numbers of repositories by owner and folded name.
    pub(crate) repository_names: HashMap<(i64, String), i64>,
    /// The same for names that they had before.
    pub(crate) repository_redirects: BTreeMap<(i64, String), i64>,
    pub(crate) hooks: Table<Hook>,
    pub(crate) branch_protections: Table<BranchProtection>,
    pub(crate) deploy_keys: Table<DeployKey>,
    pub(crate) labels: Table<Label>,
    pub(crate) secrets: Table<ActionSecret>,
}

impl World {
    /// A server that knows nothing but its administrator, with an access token.
    pub(crate) fn new(base: &str, options: &GiteaOptions) -> Self {
        let mut world = Self {
            base: base.to_owned(),
            clock: options.clock(),
            version: options.version(),
            accounts: Table::default(),
            account_names: HashMap::new(),
            account_redirects: BTreeMap::new(),
            tokens: Table::default(),
            applications: Table::default(),
            teams: Table::default(),
            repositories: Table::default(),
            repository_names: HashMap::new(),
            repository_redirects: BTreeMap::new(),
            hooks: Table::default(),
            branch_protections: Table::default(),
            deploy_keys: Table::default(),
            labels: Table::default(),
            secrets: Table::default(),
        };
        let name = options.administrator();
        let administrator = Person { is_admin: true, ..Person::new(options.password().clone()) };
        let (email, now) = (format!("{name}@example.test"), world.now());
        let user = world.store_account(|id| Account::new(id, name, &email, now, Sort::Person(administrator)));
        let value = options.token().clone();
        let scopes = vec!["all".to_owned()];
        world.tokens.insert(|id| AccessToken { id, user, name: "first".to_owned(), value, scopes });
        world
    }

    /// Milliseconds since 1970.
    pub(crate) fn now(&self) -> i64 {
        self.clock.now()
    }

    fn handle(&mut self, call: Call) -> Response<bytes::Bytes> {
        let mut request = Request::new(call);
        let login = routes::check(&request).and_then(|()| self.log_in(&request));
        let caller = self.caller(&request, &login);
        let reply = login.and_then(|who| {
            request.who = who;
            self.route(&request)
        });
        let mut answer = reply.unwrap_or_else(|failure| failure);
        if self.version == GiteaVersion::Forgejo7 && request.query.contains_key("token") {
            let message = "token and access_token API authentication is deprecated and will be removed in gitea 1.23. Please use \
                           AuthorizationHeaderToken instead. Existing queries will continue to work but without authorization.";
            answer = answer.with(http::header::WARNING, message);
        }
        let mut response = answer.response(&self.base);
        response.extensions_mut().insert(Asked { caller, cost: Duration::ZERO });
        response
    }

    /// Who asked, for the log.
    fn caller(&self, request: &Request, login: &Result<Identity, Answer>) -> Caller {
        match login {
            Ok(who) => match who.user().and_then(|id| self.accounts.get(id)) {
                Some(account) => Caller::User(account.name.clone()),
                None => Caller::Nobody,
            },
            Err(_) => Caller::Refused(request.basic().map(|(name, _)| name).unwrap_or_default()),
        }
    }

    fn route(&mut self, request: &Request) -> Reply {
        let segments: Vec<&str> = request.segments.iter().map(String::as_str).collect();
        match segments.as_slice() {
            ["api", "v1", "user", rest @ ..] => self.answer_current_user(request, rest),
            ["api", "v1", "users", rest @ ..] => self.answer_users(request, rest),
            ["api", "v1", "admin", rest @ ..] => self.answer_admin(request, rest),
            ["api", "v1", "orgs", rest @ ..] => self.answer_organisations(request, rest),
            ["api", "v1", "teams", id, rest @ ..] => self.answer_teams(request, id, rest),
            ["api", "v1", "repos", "search"] => self.search_repositories(request),
            ["api", "v1", "repos", owner, name, rest @ ..] => self.answer_repositories(request, owner, name, rest),
            _ => information::answer(self, &segments),
        }
    }

    /// What is asked for by an administrator only.
    fn answer_admin(&mut self, request: &Request, rest: &[&str]) -> Reply {
        self.need_administrator(&request.who)?;
        match rest {
            ["users", rest @ ..] => self.answer_admin_users(request, rest),
            ["orgs"] => self.list_organisations(request),
            ["hooks", rest @ ..] => self.answer_hooks(request, Owner::Server, rest),
            ["cron"] => information::cron(self, request),
            _ => Err(Answer::nowhere()),
        }
    }

    /// What is asked of the user who asks.
    fn answer_current_user(&mut self, request: &Request, rest: &[&str]) -> Reply {
        let user = self.need_user(&request.who)?;
        match rest {
            [] => {
                let account = self.accounts.get(user).ok_or_else(Answer::absent)?;
                Ok(Answer::found(self.user_view(&request.who, account)))
            }
            ["emails"] => self.list_emails(user),
            ["orgs"] => self.list_organisations_of(request, user),
            ["repos"] => self.answer_own_repositories(request, user),
            ["applications", "oauth2", rest @ ..] => self.answer_applications(request, user, rest),
            _ => Err(Answer::nowhere()),
        }
    }
}

impl host::World for World {
    fn kind(method: &Method, _path: &str) -> Kind {
        match *method {
            Method::GET | Method::HEAD | Method::OPTIONS => Kind::Read,
            _ => Kind::Write,
        }
    }

    fn answer(&mut self, call: Call) -> Response<Outgoing> {
        self.handle(call).map(Outgoing::from)
    }

    /// Deletes the access token of the request, so that it is refused.
    fn kill_token(&mut self, headers: &http::HeaderMap) {
        let said = headers.get("authorization").and_then(|value| value.to_str().ok()).unwrap_or_default();
        let token = said.split_once(' ').map_or(said, |(_, token)| token).to_owned();
        self.tokens.retain(|known| !super::login::same(&known.value, &token));
    }
}

/// 200 with `{"status": …}` outside of the API.
pub(crate) fn plain_json(body: &serde_json::Value) -> Answer {
    Answer::new(StatusCode::OK, Content::Other("application/json", json!(body).to_string()))
}
