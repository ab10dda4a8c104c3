//! Users, as everybody sees them and as administrators make and change them (server-behaviour 3.3, 3.4).

use http::{Method, StatusCode};
use secrecy::SecretString;
use serde_json::Value;

use super::accounts::{Account, Person, Sort};
use super::answer::{Answer, Reply};
use super::body::{Form, Kind, Model};
use super::names::{self, folded};
use super::options::GiteaVersion;
use super::paging::{self, Pages};
use super::request::Request;
use super::world::World;

const CREATE: Model = &[
    ("username", Kind::Text),
    ("login_name", Kind::Text),
    ("source_id", Kind::Whole),
    ("full_name", Kind::Text),
    ("email", Kind::Text),
    ("password", Kind::Text),
    ("must_change_password", Kind::Flag),
    ("restricted", Kind::Flag),
    ("visibility", Kind::Text),
];

const CHANGE: Model = &[
    ("login_name", Kind::Text),
    ("source_id", Kind::Whole),
    ("full_name", Kind::Text),
    ("email", Kind::Text),
    ("password", Kind::Text),
    ("must_change_password", Kind::Flag),
    ("admin", Kind::Flag),
    ("active", Kind::Flag),
    ("prohibit_login", Kind::Flag),
    ("restricted", Kind::Flag),
    ("visibility", Kind::Text),
    ("location", Kind::Text),
    ("website", Kind::Text),
    ("description", Kind::Text),
    ("pronouns", Kind::Text),
];

const RENAME: Model = &[("new_username", Kind::Text)];

/// The shortest password.
const SHORTEST: usize = 8;

/// Where a user is refused because of what belongs to it.
fn held(id: i64, what: &str) -> Answer {
    Answer::invalid(format!("user still has {what} [uid: {id}]"))
}

impl World {
    /// What is asked of any user.
    pub(crate) fn answer_users(&mut self, request: &Request, rest: &[&str]) -> Reply {
        let (name, rest) = match rest {
            ["search"] => return self.search_users(request),
            [name, rest @ ..] => (*name, rest),
            [] => return Err(Answer::nowhere()),
        };
        if let Some(account) = self.account_redirects.get(&folded(name)).and_then(|id| self.accounts.get(*id)) {
            let below: String = rest.iter().map(|segment| format!("/{segment}")).collect();
            return Err(Answer::moved(&format!("/api/v1/users/{}{below}", account.name)));
        }
        let id = self.user_id(name)?;
        match rest {
            [] => {
                let account = self.accounts.get(id).ok_or_else(Answer::absent)?;
                Ok(Answer::found(self.user_view(&request.who, account)))
            }
            ["orgs"] => {
                self.need_user(&request.who)?;
                self.list_organisations_of(request, id)
            }
            ["repos"] => Ok(self.list_repositories(request, id)),
            ["tokens", rest @ ..] => self.answer_tokens(request, id, rest),
            _ => Err(Answer::nowhere()),
        }
    }

    pub(crate) fn answer_admin_users(&mut self, request: &Request, rest: &[&str]) -> Reply {
        match (rest, &request.method) {
            ([], &Method::GET) => Ok(self.list_users(request)),
            ([], _) => self.create_user(request),
            ([name], &Method::PATCH) => {
                let id = self.user_id(name)?;
                self.change_user(request, id)
            }
            ([name], _) => {
                let id = self.user_id(name)?;
                self.delete_user(request, id)
            }
            ([name, "orgs"], _) => {
                let owner = self.user_id(name)?;
                self.create_organisation(request, owner)
            }
            ([name, "repos"], _) => {
                let owner = self.user_id(name)?;
                self.create_repository(request, owner)
            }
            ([name, "rename"], _) => {
                let id = self.user_id(name)?;
                self.rename_user(request, id)
            }
            _ => Err(Answer::nowhere()),
        }
    }

    /// Users by name.
    fn people(&self) -> Vec<(&Account, &Person)> {
        let mut people: Vec<(&Account, &Person)> =
            self.accounts.all().filter_map(|account| Some((account, account.person()?))).collect();
        people.sort_by_key(|(account, _)| folded(&account.name));
        people
    }

    fn list_users(&self, request: &Request) -> Answer {
        let login_name = request.parameter("login_name");
        let fits = |person: &Person| login_name.is_none_or(|name| person.login_name == name);
        let rows = self.people().into_iter().filter(|(_, person)| fits(person));
        let rows = rows.map(|(account, _)| self.user_view(&request.who, account)).collect();
        paging::list(request, &self.base, self.whole_before_forgejo(), rows)
    }

    fn search_users(&self, request: &Request) -> Reply {
        let part = folded(request.parameter("q").unwrap_or_default());
        let fits =
            |account: &Account| folded(&account.name).contains(&part) || folded(&account.full_name).contains(&part);
        let rows = self.people().into_iter().filter(|(account, _)| fits(account));
        let rows = rows.map(|(account, _)| self.user_view(&request.who, account)).collect();
        Ok(paging::search(request, &self.base, self.whole_before_forgejo(), rows))
    }

    /// Lists that Gitea 1.22 gives whole unless a page is asked for.
    pub(crate) fn whole_before_forgejo(&self) -> Pages {
        match self.version {
            GiteaVersion::Forgejo7 => Pages::LINKED,
            GiteaVersion::Gitea122 => Pages::LINKED.unless_asked(),
        }
    }

    fn create_user(&mut self, request: &Request) -> Reply {
        let form = Form::read(request, CREATE)?;
        self.check_new_user(&form)?;
        let (name, email) = (form.text("username"), form.text("email"));
        self.check_name_is_free(name)?;
        if self.email_is_taken(email, None) {
            return Err(Answer::invalid(format!("e-mail already in use [email: {email}]")));
        }
        let person = Person {
            login_name: form.text("login_name").to_owned(),
            must_change_password: form.flag("must_change_password").unwrap_or(true),
            restricted: form.flag("restricted").unwrap_or_default(),
            ..Person::new(SecretString::from(form.text("password")))
        };
        let now = self.now();
        let id = self.store_account(|id| Account {
            full_name: form.text("full_name").to_owned(),
            visibility: form.given("visibility").filter(|word| !word.is_empty()).unwrap_or("public").to_owned(),
            ..Account::new(id, name, email, now, Sort::Person(person))
        });
        let account = self.accounts.get(id).ok_or_else(Answer::absent)?;
        Ok(Answer::created(self.user_view(&request.who, account)))
    }

    /// In the order in which the server looks at what is sent.
    fn check_new_user(&self, form: &Form) -> Result<(), Answer> {
        form.require("username", "Username")?;
        if !names::is_account_name(form.text("username")) {
            return Err(Answer::invalid("[Username]: invalid username"));
        }
        form.require("email", "Email")?;
        check_email(form)?;
        if self.version == GiteaVersion::Gitea122 {
            form.require("password", "Password")?;
        }
        form.check_visibility()?;
        if let Some(source) = form.whole("source_id").filter(|source| *source != 0) {
            return Err(Answer::invalid(format!("login source does not exist [id: {source}]")));
        }
        if self.version == GiteaVersion::Forgejo7 && form.text("password").len() < SHORTEST {
            return Err(Answer::bad("PasswordIsRequired"));
        }
        names::check_account(form.text("username"))
    }

    /// What is left out stays. Nothing is changed where anything is refused.
    fn change_user(&mut self, request: &Request, id: i64) -> Reply {
        let form = Form::read(request, CHANGE)?;
        self.check_changed_user(&form, id)?;
        let account = self.accounts.get_mut(id).ok_or_else(Answer::absent)?;
        let email = form.given("email").filter(|email| !email.is_empty()).unwrap_or(&account.email).to_owned();
        let former = std::mem::replace(&mut account.email, email);
        let moved = !former.eq_ignore_ascii_case(&account.email);
        let email = account.email.clone();
        for (name, field) in [
            ("full_name", &mut account.full_name),
            ("location", &mut account.location),
            ("website", &mut account.website),
            ("description", &mut account.description),
        ] {
            if let Some(text) = form.given(name) {
                text.clone_into(field);
            }
        }
        if let Some(visibility) = form.given("visibility").filter(|word| !word.is_empty()) {
            visibility.clone_into(&mut account.visibility);
        }
        if let Some(person) = account.person_mut() {
            person.former_emails.retain(|known| !known.eq_ignore_ascii_case(&email));
            person.former_emails.extend(moved.then_some(former));
            change_person(person, &form);
        }
        let account = self.accounts.get(id).ok_or_else(Answer::absent)?;
        Ok(Answer::found(self.user_view(&request.who, account)))
    }

    fn check_changed_user(&self, form: &Form, id: i64) -> Result<(), Answer> {
        form.require("login_name", "LoginName")?;
        check_email(form)?;
        form.check_visibility()?;
        let is_forgejo = self.version == GiteaVersion::Forgejo7;
        if let Some(source) = form.whole("source_id").filter(|source| *source != 0) {
            let message = format!("login source does not exist [id: {source}]");
            return Err(if is_forgejo { Answer::failed(message) } else { Answer::invalid(message) });
        }
        if form.given("password").is_some_and(|password| !password.is_empty() && password.len() < SHORTEST) {
            return Err(Answer::bad(format!("password must be at least {SHORTEST} characters")));
        }
        let email = form.text("email");
        if !email.is_empty() && self.email_is_taken(email, Some(id)) {
            let message = format!("e-mail already in use [email: {email}]");
            return Err(if is_forgejo { Answer::bad(message) } else { Answer::invalid(message) });
        }
        Ok(())
    }

    fn rename_user(&mut self, request: &Request, id: i64) -> Reply {
        let form = Form::read(request, RENAME)?;
        form.require("new_username", "NewName")?;
        let name = form.text("new_username");
        if !names::is_account_name(name) {
            return Err(Answer::invalid("[NewName]: invalid username"));
        }
        names::check_account(name)?;
        if self.account_named(name).is_some_and(|account| account.id != id) {
            return Err(Answer::invalid("The username is already taken."));
        }
        let account = self.accounts.get_mut(id).ok_or_else(Answer::absent)?;
        let former = folded(&std::mem::replace(&mut account.name, name.to_owned()));
        self.account_names.remove(&former);
        self.account_redirects.insert(former, id);
        self.account_redirects.remove(&folded(name));
        self.account_names.insert(folded(name), id);
        let status = if self.version == GiteaVersion::Forgejo7 { StatusCode::NO_CONTENT } else { StatusCode::OK };
        Ok(Answer { status, ..Answer::done() })
    }

    fn delete_user(&mut self, request: &Request, id: i64) -> Reply {
        if request.who.user() == Some(id) {
            return Err(Answer::invalid("you cannot delete yourself"));
        }
        let own: Vec<i64> = self
            .repositories
            .all()
            .filter(|repository| repository.owner == id)
            .map(|repository| repository.id)
            .collect();
        if request.parameter("purge") == Some("true") {
            own.into_iter().for_each(|repository| self.remove_repository(repository));
        } else if !own.is_empty() {
            return Err(held(id, "ownership of repositories"));
        } else if self.teams.all().any(|team| team.members.contains(&id)) {
            return Err(held(id, "membership of organizations"));
        }
        self.remove_account(id);
        Ok(Answer::done())
    }

    /// Takes an account away with all that is its own.
    pub(crate) fn remove_account(&mut self, id: i64) {
        if let Some(account) = self.accounts.remove(id) {
            self.account_names.remove(&folded(&account.name));
        }
        self.account_redirects.retain(|_, account| *account != id);
        self.tokens.retain(|token| token.user != id);
        self.applications.retain(|application| application.user != id);
        self.teams.all_mut().for_each(|team| {
            team.members.remove(&id);
        });
        self.repositories.all_mut().for_each(|repository| {
            repository.collaborators.remove(&id);
        });
    }
}

fn change_person(person: &mut Person, form: &Form) {
    form.text("login_name").clone_into(&mut person.login_name);
    if let Some(password) = form.given("password").filter(|password| !password.is_empty()) {
        person.password = SecretString::from(password);
    }
    if let Some(pronouns) = form.given("pronouns") {
        pronouns.clone_into(&mut person.pronouns);
    }
    for (name, field) in [
        ("must_change_password", &mut person.must_change_password),
        ("admin", &mut person.is_admin),
        ("active", &mut person.active),
        ("prohibit_login", &mut person.prohibit_login),
        ("restricted", &mut person.restricted),
    ] {
        *field = form.flag(name).unwrap_or(*field);
    }
}

/// 422 for an address that is none.
fn check_email(form: &Form) -> Result<(), Answer> {
    let email = form.text("email");
    let is_one = email.split_once('@').is_some_and(|(name, host)| !name.is_empty() && !host.is_empty());
    if email.is_empty() || is_one && !email.contains(char::is_whitespace) {
        return Ok(());
    }
    Err(Answer::invalid("[Email]: Email"))
}

/// Accounts as a list of users has them.
pub(crate) fn views(world: &World, request: &Request, ids: impl IntoIterator<Item = i64>) -> Vec<Value> {
    let mut accounts: Vec<&Account> = ids.into_iter().filter_map(|id| world.accounts.get(id)).collect();
    accounts.sort_by_key(|account| folded(&account.name));
    accounts.into_iter().map(|account| world.user_view(&request.who, account)).collect()
}
