//! Organisations: who sees them, and what a change blanks (server-behaviour 3.4).

use http::Method;
use serde_json::{Value, json};

use super::accounts::{Account, Sort};
use super::answer::{Answer, Reply};
use super::body::{Form, Kind, Model};
use super::names::{self, folded};
use super::options::GiteaVersion;
use super::paging::{self, Pages};
use super::request::Request;
use super::world::{Owner, World};

const ORGANISATION: Model = &[
    ("username", Kind::Text),
    ("full_name", Kind::Text),
    ("email", Kind::Text),
    ("description", Kind::Text),
    ("website", Kind::Text),
    ("location", Kind::Text),
    ("visibility", Kind::Text),
    ("repo_admin_change_team_access", Kind::Flag),
];

/// The longest name.
const LONGEST: usize = 40;

impl World {
    pub(crate) fn answer_organisations(&mut self, request: &Request, rest: &[&str]) -> Reply {
        let (name, rest) = match (rest, &request.method) {
            ([], &Method::GET) => return self.list_organisations(request),
            ([], _) => {
                let user = self.need_user(&request.who)?;
                return self.create_organisation(request, user);
            }
            ([name, rest @ ..], _) => (*name, rest),
        };
        let id = self.organisation_id(name)?;
        match (rest, &request.method) {
            ([], &Method::GET) => self.read_organisation(request, id),
            ([], &Method::PATCH) => {
                self.need_owner(&request.who, id)?;
                self.change_organisation(request, id)
            }
            ([], _) => {
                self.need_owner(&request.who, id)?;
                self.delete_organisation(id)
            }
            (["members", rest @ ..], _) => self.answer_members(request, id, rest),
            (["teams", rest @ ..], _) => self.answer_teams_of(request, id, rest),
            (["repos"], &Method::GET) => Ok(self.list_repositories(request, id)),
            (["repos"], _) => {
                self.need_user(&request.who)?;
                self.create_repository(request, id)
            }
            (["labels", rest @ ..], &Method::GET) => self.answer_labels(request, Owner::Organisation(id), rest),
            ([kind, rest @ ..], _) => {
                self.need_owner(&request.who, id)?;
                let owner = Owner::Organisation(id);
                match (*kind, rest) {
                    ("hooks", rest) => self.answer_hooks(request, owner, rest),
                    ("labels", rest) => self.answer_labels(request, owner, rest),
                    ("actions", ["secrets", rest @ ..]) => self.answer_secrets(request, owner, rest),
                    _ => Err(Answer::nowhere()),
                }
            }
        }
    }

    /// The number of the organisation of that name, or 404 in the words of the lookup.
    fn organisation_id(&self, name: &str) -> Result<i64, Answer> {
        let found = self.account_named(name).filter(|account| account.is_organisation());
        found.map(|account| account.id).ok_or_else(|| {
            Answer::absent_as("GetOrgByName", json!([format!("user redirect does not exist [name: {name}]")]))
        })
    }

    pub(crate) fn organisation_view(&self, account: &Account) -> Value {
        let changes_teams = matches!(account.sort, Sort::Organisation { repo_admin_change_team_access: true });
        json!({
            "id": account.id, "name": account.name, "username": account.name, "full_name": account.full_name,
            "email": account.email, "avatar_url": self.avatar_url(account), "description": account.description,
            "website": account.website, "location": account.location, "visibility": account.visibility,
            "repo_admin_change_team_access": changes_teams,
        })
    }

    /// By name.
    fn organisations(&self, fits: impl Fn(&Account) -> bool) -> Vec<Value> {
        let mut found: Vec<&Account> =
            self.accounts.all().filter(|account| account.is_organisation() && fits(account)).collect();
        found.sort_by_key(|account| folded(&account.name));
        found.into_iter().map(|account| self.organisation_view(account)).collect()
    }

    /// Those that the caller sees by what they are; those that it sees as a member only are not among them.
    pub(crate) fn list_organisations(&self, request: &Request) -> Reply {
        let who = &request.who;
        let rows = self.organisations(|account| match account.visibility.as_str() {
            "public" => true,
            "limited" => who.user().is_some(),
            _ => self.is_administrator(who),
        });
        Ok(paging::list(request, &self.base, self.whole_before_forgejo(), rows))
    }

    /// Those that a user is in, as far as the caller sees them.
    pub(crate) fn list_organisations_of(&self, request: &Request, user: i64) -> Reply {
        let fits = |account: &Account| self.is_member(account.id, user) && self.sees(&request.who, account.id);
        Ok(paging::list(request, &self.base, Pages::LINKED.unless_asked(), self.organisations(fits)))
    }

    pub(crate) fn create_organisation(&mut self, request: &Request, owner: i64) -> Reply {
        let form = Form::read(request, ORGANISATION)?;
        form.require("username", "UserName")?;
        let name = form.text("username");
        if !names::is_account_name(name) {
            return Err(Answer::invalid("[UserName]: invalid username"));
        }
        if name.len() > LONGEST {
            return Err(Answer::invalid("[UserName]: MaxSize"));
        }
        form.check_visibility()?;
        names::check_account(name)?;
        self.check_name_is_free(name)?;
        let change = form.flag("repo_admin_change_team_access").unwrap_or_default();
        let sort = Sort::Organisation { repo_admin_change_team_access: change };
        let now = self.now();
        let id = self.store_account(|id| Account {
            full_name: form.text("full_name").to_owned(),
            description: form.text("description").to_owned(),
            website: form.text("website").to_owned(),
            location: form.text("location").to_owned(),
            visibility: form.given("visibility").filter(|word| !word.is_empty()).unwrap_or("public").to_owned(),
            ..Account::new(id, name, form.text("email"), now, sort)
        });
        self.store_owners(id, owner);
        let account = self.accounts.get(id).ok_or_else(Answer::absent)?;
        Ok(Answer::created(self.organisation_view(account)))
    }

    fn read_organisation(&self, request: &Request, id: i64) -> Reply {
        if !self.sees(&request.who, id) {
            return Err(Answer::absent_as("HasOrgOrUserVisible", Value::Null));
        }
        let account = self.accounts.get(id).ok_or_else(Answer::absent)?;
        Ok(Answer::found(self.organisation_view(account)))
    }

    /// Texts that are left out are blanked, but the address stays: Gitea 1.22 answers with what was sent and stores nothing of it. Forgejo does not
    /// make an organisation public again.
    fn change_organisation(&mut self, request: &Request, id: i64) -> Reply {
        let form = Form::read(request, ORGANISATION)?;
        form.check_visibility()?;
        let is_forgejo = self.version == GiteaVersion::Forgejo7;
        let account = self.accounts.get_mut(id).ok_or_else(Answer::absent)?;
        form.text("full_name").clone_into(&mut account.full_name);
        form.text("description").clone_into(&mut account.description);
        form.text("website").clone_into(&mut account.website);
        form.text("location").clone_into(&mut account.location);
        if let Some(email) = form.given("email").filter(|_| is_forgejo) {
            email.clone_into(&mut account.email);
        }
        let ignored = if is_forgejo { "public" } else { "" };
        if let Some(visibility) = form.given("visibility").filter(|word| !word.is_empty() && *word != ignored) {
            visibility.clone_into(&mut account.visibility);
        }
        if let Some(change) = form.flag("repo_admin_change_team_access") {
            account.sort = Sort::Organisation { repo_admin_change_team_access: change };
        }
        let account = self.accounts.get(id).ok_or_else(Answer::absent)?;
        let mut view = self.organisation_view(account);
        if !is_forgejo {
            view["email"] = json!(form.text("email"));
        }
        Ok(Answer::found(view))
    }

    fn delete_organisation(&mut self, id: i64) -> Reply {
        if self.repositories.all().any(|repository| repository.owner == id) {
            return Err(Answer::failed(format!("user still has ownership of repositories [uid: {id}]")));
        }
        let owner = Owner::Organisation(id);
        self.teams.retain(|team| team.organisation != id);
        self.hooks.retain(|hook| hook.owner != owner);
        self.labels.retain(|label| label.owner != owner);
        self.secrets.retain(|secret| secret.owner != owner);
        self.remove_account(id);
        Ok(Answer::done())
    }
}
