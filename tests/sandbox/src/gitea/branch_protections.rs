//! Branch protections: rules by name, neither paged nor counted.

use http::Method;
use serde_json::{Map, Value, json};

use super::access::Access;
use super::answer::{Answer, Reply};
use super::body::{Form, Kind, Model};
use super::names::folded;
use super::request::Request;
use super::time;
use super::world::World;

const RULE: Model = &[
    ("rule_name", Kind::Text),
    ("branch_name", Kind::Text),
    ("enable_push", Kind::Flag),
    ("enable_push_whitelist", Kind::Flag),
    ("push_whitelist_usernames", Kind::Texts),
    ("push_whitelist_teams", Kind::Texts),
    ("push_whitelist_deploy_keys", Kind::Flag),
    ("enable_merge_whitelist", Kind::Flag),
    ("merge_whitelist_usernames", Kind::Texts),
    ("merge_whitelist_teams", Kind::Texts),
    ("enable_status_check", Kind::Flag),
    ("status_check_contexts", Kind::Texts),
    ("required_approvals", Kind::Whole),
    ("enable_approvals_whitelist", Kind::Flag),
    ("approvals_whitelist_username", Kind::Texts),
    ("approvals_whitelist_teams", Kind::Texts),
    ("block_on_rejected_reviews", Kind::Flag),
    ("block_on_official_review_requests", Kind::Flag),
    ("block_on_outdated_branch", Kind::Flag),
    ("dismiss_stale_approvals", Kind::Flag),
    ("ignore_stale_approvals", Kind::Flag),
    ("require_signed_commits", Kind::Flag),
    ("protected_file_patterns", Kind::Text),
    ("unprotected_file_patterns", Kind::Text),
    ("apply_to_admins", Kind::Flag),
];

/// How many of the model's fields name the rule.
const NAMES: usize = 2;

const USERS: [&str; 3] = ["push_whitelist_usernames", "merge_whitelist_usernames", "approvals_whitelist_username"];
const TEAMS: [&str; 3] = ["push_whitelist_teams", "merge_whitelist_teams", "approvals_whitelist_teams"];

/// One rule.
#[derive(Debug)]
pub(crate) struct BranchProtection {
    pub(crate) repository: i64,
    pub(crate) name: String,
    pub(crate) settings: Map<String, Value>,
    pub(crate) created: i64,
    pub(crate) updated: i64,
}

impl BranchProtection {
    fn is_pattern(&self) -> bool {
        self.name.contains(['*', '?', '[', '{', '\\'])
    }

    /// Whether the rule is that of the branch alone, or a pattern that ends in a star and fits it.
    pub(crate) fn covers(&self, repository: i64, branch: &str) -> bool {
        let fits = self.name.strip_suffix('*').is_some_and(|start| branch.starts_with(start));
        self.repository == repository && (self.name == branch || fits)
    }

    fn view(&self) -> Value {
        let branch = if self.is_pattern() { "" } else { &self.name };
        let mut view = json!({
            "rule_name": self.name, "branch_name": branch, "created_at": time::written(self.created),
            "updated_at": time::written(self.updated),
        });
        if let Value::Object(view) = &mut view {
            view.extend(self.settings.clone());
        }
        view
    }
}

/// A rule without anything. There is no list of checks before there is one.
fn nothing() -> Map<String, Value> {
    let empty = |(name, kind): &(&str, Kind)| {
        let value = match kind {
            Kind::Texts if *name == "status_check_contexts" => Value::Null,
            Kind::Texts => json!([]),
            Kind::Whole => json!(0),
            Kind::Text => json!(""),
            _ => json!(false),
        };
        ((*name).to_owned(), value)
    };
    RULE.iter().skip(NAMES).map(empty).collect()
}

impl World {
    pub(crate) fn answer_branch_protections(&mut self, request: &Request, repository: i64, rest: &[&str]) -> Reply {
        let name = match (rest, &request.method) {
            ([], &Method::GET) => {
                let rules = self.branch_protections.all().filter(|rule| rule.repository == repository);
                return Ok(Answer::found(rules.map(BranchProtection::view).collect()));
            }
            ([], _) => return self.create_branch_protection(request, repository),
            ([name], _) => *name,
            _ => return Err(Answer::nowhere()),
        };
        let id = self.branch_protection_named(repository, name).ok_or_else(Answer::absent)?;
        match request.method {
            Method::GET => {}
            Method::PATCH => {
                let form = Form::read(request, RULE)?;
                let settings = self.settings_of(&form, repository)?;
                let now = self.now();
                let rule = self.branch_protections.get_mut(id).ok_or_else(Answer::absent)?;
                rule.settings.extend(settings);
                rule.updated = now;
            }
            _ => {
                self.branch_protections.remove(id);
                return Ok(Answer::done());
            }
        }
        let rule = self.branch_protections.get(id).ok_or_else(Answer::absent)?;
        Ok(Answer::found(rule.view()))
    }

    /// The number under which the rule is stored, which nobody sees.
    fn branch_protection_named(&self, repository: i64, name: &str) -> Option<i64> {
        let is_it = |rule: &BranchProtection| rule.repository == repository && rule.name == name;
        self.branch_protections.numbered().find(|(_, rule)| is_it(rule)).map(|(id, _)| id)
    }

    fn create_branch_protection(&mut self, request: &Request, repository: i64) -> Reply {
        let form = Form::read(request, RULE)?;
        let name = form.given("rule_name").filter(|name| !name.is_empty()).unwrap_or(form.text("branch_name"));
        if name.is_empty() {
            return Err(Answer::bad("both rule_name and branch_name are empty"));
        }
        if self.branch_protection_named(repository, name).is_some() {
            return Err(Answer::forbidden("Branch protection already exist"));
        }
        let mut settings = nothing();
        settings.extend(self.settings_of(&form, repository)?);
        let now = self.now();
        let rule = BranchProtection { repository, name: name.to_owned(), settings, created: now, updated: now };
        let view = rule.view();
        self.branch_protections.insert(|_| rule);
        Ok(Answer::created(view))
    }

    /// What was sent: users must exist, and those who may not write are dropped; so must teams.
    fn settings_of(&self, form: &Form, repository: i64) -> Result<Map<String, Value>, Answer> {
        let mut settings = Map::new();
        for (name, _) in RULE.iter().skip(NAMES) {
            let Some(value) = form.get(name) else { continue };
            let value = match form.texts(name) {
                Some(users) if USERS.contains(name) => json!(self.who_may_write(users, repository)?),
                Some(teams) if TEAMS.contains(name) => json!(self.which_teams(teams, repository)?),
                _ => value.clone(),
            };
            settings.insert((*name).to_owned(), value);
        }
        Ok(settings)
    }

    fn who_may_write(&self, users: Vec<String>, repository: i64) -> Result<Vec<String>, Answer> {
        let repository = self.repositories.get(repository).ok_or_else(Answer::absent)?;
        let mut found = Vec::new();
        for name in users {
            let user = self.person_named(&name).map(|(account, _)| account);
            let user = user.ok_or_else(|| Answer::invalid(format!("user does not exist [uid: 0, name: {name}]")))?;
            if user.id == repository.owner || self.given_access(user.id, repository) >= Access::Write {
                found.push(user.name.clone());
            }
        }
        Ok(found)
    }

    fn which_teams(&self, teams: Vec<String>, repository: i64) -> Result<Vec<String>, Answer> {
        let organisation = self.repositories.get(repository).ok_or_else(Answer::absent)?.owner;
        let known = |name: &String| {
            let found = self.teams_of(organisation).find(|team| folded(&team.name) == folded(name));
            found.map(|team| team.name.clone()).ok_or_else(|| {
                Answer::invalid(format!("team does not exist [org_id: {organisation}, team_id: 0, name: {name}]"))
            })
        };
        teams.iter().map(known).collect()
    }
}
