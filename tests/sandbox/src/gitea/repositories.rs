//! Repositories: where they are found, made and taken away.

use http::Method;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

use super::access::Access;
use super::answer::{Answer, Reply};
use super::body::{Form, Kind, Model};
use super::login::Identity;
use super::names::{self, folded};
use super::paging::{self, Pages};
use super::request::Request;
use super::world::{Owner, World};

const REPOSITORY: Model = &[
    ("name", Kind::Text),
    ("description", Kind::Text),
    ("private", Kind::Flag),
    ("template", Kind::Flag),
    ("auto_init", Kind::Flag),
    ("default_branch", Kind::Text),
];

/// The longest name.
const LONGEST: usize = 100;

/// The branch that the server names where nobody does.
const DEFAULT_BRANCH: &str = "main";

/// One repository.
#[derive(Debug)]
pub(crate) struct Repository {
    pub(crate) id: i64,
    pub(crate) owner: i64,
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) website: String,
    pub(crate) private: bool,
    pub(crate) template: bool,
    pub(crate) archived: Option<i64>,
    pub(crate) default_branch: String,
    pub(crate) branches: BTreeSet<String>,
    pub(crate) topics: BTreeSet<String>,
    pub(crate) collaborators: BTreeMap<i64, Access>,
    /// What it has, and how it merges.
    pub(crate) settings: Map<String, Value>,
    pub(crate) created: i64,
    pub(crate) updated: i64,
}

impl World {
    pub(crate) fn repository_named(&self, owner: i64, name: &str) -> Option<&Repository> {
        self.repositories.get(*self.repository_names.get(&(owner, folded(name)))?)
    }

    /// The repositories of an owner that the caller sees, oldest first. The total counts all.
    pub(crate) fn list_repositories(&self, request: &Request, owner: i64) -> Answer {
        let all = || self.repositories.all().filter(|repository| repository.owner == owner);
        let seen = all().filter(|repository| self.access(&request.who, repository) > Access::None);
        let rows = seen.map(|repository| self.repository_view(&request.who, repository)).collect();
        let page = paging::cut(request, Pages::LINKED, rows);
        paging::counted(request, &self.base, Pages::LINKED, Answer::found(Value::Array(page)), all().count())
    }

    pub(crate) fn search_repositories(&self, request: &Request) -> Reply {
        let part = folded(request.parameter("q").unwrap_or_default());
        let found = self.repositories.all().filter(|repository| folded(&repository.name).contains(&part));
        let seen = found.filter(|repository| self.access(&request.who, repository) > Access::None);
        let rows = seen.map(|repository| self.repository_view(&request.who, repository)).collect();
        Ok(paging::search(request, &self.base, Pages::LINKED, rows))
    }

    pub(crate) fn answer_own_repositories(&mut self, request: &Request, user: i64) -> Reply {
        match request.method {
            Method::GET => Ok(self.list_repositories(request, user)),
            _ => self.create_repository(request, user),
        }
    }

    pub(crate) fn create_repository(&mut self, request: &Request, owner: i64) -> Reply {
        let form = Form::read(request, REPOSITORY)?;
        form.require("name", "Name")?;
        form.check_plain_name("name", "Name")?;
        if form.text("name").len() > LONGEST {
            return Err(Answer::invalid("[Name]: MaxSize"));
        }
        if !self.may_create(&request.who, owner) {
            return Err(Answer::forbidden("Given user is not allowed to create repository in organization."));
        }
        names::check_repository(form.text("name"))?;
        if self.repository_named(owner, form.text("name")).is_some() {
            let message = "The repository with the same name already exists.";
            return Err(Answer::refused(http::StatusCode::CONFLICT, message));
        }
        let id = self.store_repository(owner, &form);
        let repository = self.repositories.get(id).ok_or_else(Answer::absent)?;
        Ok(Answer::created(self.repository_view(&request.who, repository)))
    }

    fn may_create(&self, who: &Identity, owner: i64) -> bool {
        let Some(user) = who.user() else { return false };
        let by_team = || self.teams_of(owner).any(|team| team.can_create_org_repo && team.members.contains(&user));
        user == owner || self.is_administrator(who) || by_team()
    }

    fn store_repository(&mut self, owner: i64, form: &Form) -> i64 {
        let name = form.text("name");
        let default_branch = form.given("default_branch").filter(|name| !name.is_empty()).unwrap_or(DEFAULT_BRANCH);
        let first = form.flag("auto_init").unwrap_or_default().then(|| default_branch.to_owned());
        let now = self.now();
        let id = self.repositories.insert(|id| Repository {
            id,
            owner,
            name: name.to_owned(),
            description: form.text("description").to_owned(),
            website: String::new(),
            private: form.flag("private").unwrap_or_default(),
            template: form.flag("template").unwrap_or_default(),
            archived: None,
            default_branch: default_branch.to_owned(),
            branches: first.into_iter().collect(),
            topics: BTreeSet::new(),
            collaborators: BTreeMap::new(),
            settings: settings(),
            created: now,
            updated: now,
        });
        self.repository_names.insert((owner, folded(name)), id);
        self.repository_redirects.remove(&(owner, folded(name)));
        let including =
            self.teams.all_mut().filter(|team| team.organisation == owner && team.includes_all_repositories);
        including.for_each(|team| {
            team.repositories.insert(id);
        });
        id
    }

    /// What is asked of one repository.
    pub(crate) fn answer_repositories(&mut self, request: &Request, owner: &str, name: &str, rest: &[&str]) -> Reply {
        self.check_moved(owner, name, rest)?;
        let who = &request.who;
        match (rest, &request.method) {
            ([], &Method::GET) => {
                let repository = self.need_repository(who, owner, name)?;
                Ok(Answer::found(self.repository_view(who, repository)))
            }
            ([], &Method::PATCH) => {
                let id = self.need_administered(who, owner, name)?;
                self.change_repository(request, id)
            }
            ([], _) => {
                let id = self.need_administered(who, owner, name)?;
                self.remove_repository(id);
                Ok(Answer::done())
            }
            (["teams"], _) => Ok(self.list_teams_of_repository(self.need_repository(who, owner, name)?)),
            (["branches", rest @ ..], _) => {
                self.answer_branches(request, self.need_repository(who, owner, name)?, rest)
            }
            (["topics"], &Method::GET) => {
                let repository = self.need_repository(who, owner, name)?;
                Ok(self.list_topics(request, repository))
            }
            ([part @ ("labels" | "collaborators"), rest @ ..], &Method::GET) => {
                let id = self.need_repository(who, owner, name)?.id;
                self.answer_repository_part(request, id, part, rest)
            }
            ([part, rest @ ..], _) => {
                let id = self.need_administered(who, owner, name)?;
                self.answer_repository_part(request, id, part, rest)
            }
        }
    }

    /// What only who administrates the repository may change, and as a rule see.
    fn answer_repository_part(&mut self, request: &Request, id: i64, part: &str, rest: &[&str]) -> Reply {
        let owner = Owner::Repository(id);
        match (part, rest) {
            ("topics", rest) => self.change_topics(request, id, rest),
            ("collaborators", rest) => self.answer_collaborators(request, id, rest),
            ("hooks", rest) => self.answer_hooks(request, owner, rest),
            ("keys", rest) => self.answer_deploy_keys(request, id, rest),
            ("labels", rest) => self.answer_labels(request, owner, rest),
            ("branch_protections", rest) => self.answer_branch_protections(request, id, rest),
            ("actions", ["secrets", rest @ ..]) => self.answer_secrets(request, owner, rest),
            _ => Err(Answer::nowhere()),
        }
    }

    /// 307 for a name that a repository had before.
    fn check_moved(&self, owner: &str, name: &str, rest: &[&str]) -> Result<(), Answer> {
        let account = self.account_named(owner);
        let id = account.and_then(|account| self.repository_redirects.get(&(account.id, folded(name))));
        let Some(repository) = id.and_then(|id| self.repositories.get(*id)) else { return Ok(()) };
        let below: String = rest.iter().map(|segment| format!("/{segment}")).collect();
        Err(Answer::moved(&format!("/api/v1/repos/{owner}/{}{below}", repository.name)))
    }

    fn answer_branches(&self, request: &Request, repository: &Repository, rest: &[&str]) -> Reply {
        let view = |name: &String| {
            let rule = self.branch_protections.all().find(|rule| rule.covers(repository.id, name));
            json!({
                "name": name, "protected": rule.is_some(), "enable_status_check": false, "status_check_contexts": [],
                "required_approvals": 0, "user_can_push": true, "user_can_merge": true,
                "effective_branch_protection_name": rule.map_or("", |rule| rule.name.as_str()),
            })
        };
        match rest {
            [] => {
                let rows: Vec<Value> = repository.branches.iter().map(view).collect();
                let total = rows.len();
                // a repository without branches has no list of them
                let body = if rows.is_empty() { Value::Null } else { json!(paging::cut(request, Pages::LINKED, rows)) };
                Ok(paging::counted(request, &self.base, Pages::LINKED, Answer::found(body), total))
            }
            [name] => {
                let branch = repository.branches.iter().find(|branch| branch == name).ok_or_else(Answer::absent)?;
                Ok(Answer::found(view(branch)))
            }
            _ => Err(Answer::nowhere()),
        }
    }

    /// Takes a repository away with all that is in it.
    pub(crate) fn remove_repository(&mut self, id: i64) {
        if let Some(repository) = self.repositories.remove(id) {
            self.repository_names.remove(&(repository.owner, folded(&repository.name)));
        }
        let owner = Owner::Repository(id);
        self.repository_redirects.retain(|_, repository| *repository != id);
        self.hooks.retain(|hook| hook.owner != owner);
        self.labels.retain(|label| label.owner != owner);
        self.secrets.retain(|secret| secret.owner != owner);
        self.deploy_keys.retain(|key| key.repository != id);
        self.branch_protections.retain(|rule| rule.repository != id);
        self.teams.all_mut().for_each(|team| {
            team.repositories.remove(&id);
        });
    }
}

/// How a repository is at first.
fn settings() -> Map<String, Value> {
    let settings = json!({
        "has_issues": true, "has_wiki": true, "wiki_branch": "main", "has_pull_requests": true, "has_projects": true,
        "has_releases": true, "has_packages": true, "has_actions": true,
        "ignore_whitespace_conflicts": false, "allow_merge_commits": true, "allow_rebase": true,
        "allow_rebase_explicit": true, "allow_squash_merge": true, "allow_fast_forward_only_merge": true,
        "allow_rebase_update": true, "default_delete_branch_after_merge": false, "default_merge_style": "merge",
        "default_allow_maintainer_edit": false,
        "internal_tracker": {
            "enable_time_tracker": true, "allow_only_contributors_to_track_time": true, "enable_issue_dependencies": true,
        },
    });
    if let Value::Object(settings) = settings { settings } else { Map::new() }
}
