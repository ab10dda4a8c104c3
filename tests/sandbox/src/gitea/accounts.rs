//! Accounts: users and organisations, which share one space of names and one sequence of numbers.

use secrecy::SecretString;
use serde_json::{Value, json};

use super::answer::Answer;
use super::login::Identity;
use super::options::GiteaVersion;
use super::time::{self, NEVER, ZERO};
use super::world::World;
use super::{avatar, names};

/// One account.
#[derive(Debug)]
pub(crate) struct Account {
    pub(crate) id: i64,
    pub(crate) name: String,
    pub(crate) full_name: String,
    pub(crate) email: String,
    /// The name of the avatar, made of the address or name that the account had at first.
    pub(crate) avatar: String,
    pub(crate) description: String,
    pub(crate) website: String,
    pub(crate) location: String,
    pub(crate) visibility: String,
    pub(crate) created: i64,
    pub(crate) sort: Sort,
}

/// Which sort of account.
#[derive(Debug)]
pub(crate) enum Sort {
    Person(Person),
    Organisation { repo_admin_change_team_access: bool },
}

/// What only a user has.
#[derive(Debug)]
pub(crate) struct Person {
    pub(crate) password: SecretString,
    pub(crate) login_name: String,
    pub(crate) pronouns: String,
    /// Addresses that the user had before, and that stay taken.
    pub(crate) former_emails: Vec<String>,
    pub(crate) is_admin: bool,
    pub(crate) active: bool,
    pub(crate) prohibit_login: bool,
    pub(crate) restricted: bool,
    pub(crate) must_change_password: bool,
}

/// How much of a user the caller sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sight {
    /// All: the user itself, and administrators.
    Whole,
    /// What whoever is logged in sees.
    LoggedIn,
    /// What anybody sees.
    Anybody,
}

impl Person {
    /// A user with a password, who may log in at once.
    pub(crate) fn new(password: SecretString) -> Self {
        Self {
            password,
            login_name: String::new(),
            pronouns: String::new(),
            former_emails: Vec::new(),
            is_admin: false,
            active: true,
            prohibit_login: false,
            restricted: false,
            must_change_password: false,
        }
    }
}

impl Account {
    /// An account without anything but its name, address and sort.
    pub(crate) fn new(id: i64, name: &str, email: &str, created: i64, sort: Sort) -> Self {
        Self {
            id,
            name: name.to_owned(),
            full_name: String::new(),
            email: email.to_owned(),
            avatar: avatar::of(if email.is_empty() { name } else { email }),
            description: String::new(),
            website: String::new(),
            location: String::new(),
            visibility: "public".to_owned(),
            created,
            sort,
        }
    }

    pub(crate) fn person(&self) -> Option<&Person> {
        match &self.sort {
            Sort::Person(person) => Some(person),
            Sort::Organisation { .. } => None,
        }
    }

    pub(crate) fn person_mut(&mut self) -> Option<&mut Person> {
        match &mut self.sort {
            Sort::Person(person) => Some(person),
            Sort::Organisation { .. } => None,
        }
    }

    pub(crate) fn is_organisation(&self) -> bool {
        matches!(self.sort, Sort::Organisation { .. })
    }
}

impl World {
    pub(crate) fn account_named(&self, name: &str) -> Option<&Account> {
        self.accounts.get(*self.account_names.get(&names::folded(name))?)
    }

    pub(crate) fn person_named(&self, name: &str) -> Option<(&Account, &Person)> {
        let account = self.account_named(name)?;
        Some((account, account.person()?))
    }

    pub(crate) fn person(&self, id: i64) -> Option<&Person> {
        self.accounts.get(id)?.person()
    }

    /// The number of the user of that name, or 404 in the words of the lookup.
    pub(crate) fn user_id(&self, name: &str) -> Result<i64, Answer> {
        let found = self.person_named(name).map(|(account, _)| account.id);
        found.ok_or_else(|| {
            Answer::refused(http::StatusCode::NOT_FOUND, format!("user redirect does not exist [name: {name}]"))
        })
    }

    pub(crate) fn is_administrator(&self, who: &Identity) -> bool {
        who.user().and_then(|id| self.person(id)).is_some_and(|person| person.is_admin)
    }

    /// 422 for a name that an account has.
    pub(crate) fn check_name_is_free(&self, name: &str) -> Result<(), Answer> {
        if self.account_names.contains_key(&names::folded(name)) {
            return Err(Answer::invalid(format!("user already exists [name: {name}]")));
        }
        Ok(())
    }

    /// Whether another user has the address, or had it before.
    pub(crate) fn email_is_taken(&self, email: &str, by_others_than: Option<i64>) -> bool {
        let email = names::folded(email);
        let has = |known: &String| names::folded(known) == email;
        let others = self.accounts.all().filter(|account| Some(account.id) != by_others_than);
        let mut people = others.filter_map(|account| Some((account, account.person()?)));
        people.any(|(account, person)| has(&account.email) || person.former_emails.iter().any(has))
    }

    pub(crate) fn store_account(&mut self, make: impl FnOnce(i64) -> Account) -> i64 {
        let id = self.accounts.insert(make);
        if let Some(account) = self.accounts.get(id) {
            self.account_names.insert(names::folded(&account.name), id);
            self.account_redirects.remove(&names::folded(&account.name));
        }
        id
    }

    pub(crate) fn sight(&self, who: &Identity, id: i64) -> Sight {
        match who.user() {
            Some(user) if user == id || self.is_administrator(who) => Sight::Whole,
            Some(_) => Sight::LoggedIn,
            None => Sight::Anybody,
        }
    }

    /// A user as that caller sees it.
    pub(crate) fn user_view(&self, who: &Identity, account: &Account) -> Value {
        self.account_view(account, self.sight(who, account.id))
    }

    /// A user, or an organisation in the shape of one.
    pub(crate) fn account_view(&self, account: &Account, sight: Sight) -> Value {
        let person = account.person();
        let is_whole = sight == Sight::Whole;
        let flag = |read: fn(&Person) -> bool| is_whole && person.is_some_and(read);
        let email = match sight {
            Sight::Anybody => format!("{}@noreply.{}", names::folded(&account.name), self.host()),
            Sight::Whole | Sight::LoggedIn => account.email.clone(),
        };
        let mut view = json!({
            "id": account.id, "login": account.name, "username": account.name, "full_name": account.full_name,
            "login_name": person.filter(|_| is_whole).map_or("", |person| &person.login_name),
            "email": email, "avatar_url": self.avatar_url(account), "language": "",
            "is_admin": flag(|person| person.is_admin), "restricted": flag(|person| person.restricted),
            "active": flag(|person| person.active), "prohibit_login": flag(|person| person.prohibit_login),
            "last_login": if is_whole { NEVER } else { ZERO }, "created": time::written(account.created),
            "location": account.location, "website": account.website, "description": account.description,
            "visibility": account.visibility,
            "followers_count": 0, "following_count": 0, "starred_repos_count": 0,
        });
        if self.version == GiteaVersion::Forgejo7 {
            view["pronouns"] = json!(person.map_or("", |person| &person.pronouns));
        }
        view
    }

    pub(crate) fn avatar_url(&self, account: &Account) -> String {
        format!("{}/avatars/{}", self.base, account.avatar)
    }

    /// The server's address without its scheme and port.
    pub(crate) fn host(&self) -> &str {
        let authority = self.base.split_once("://").map_or(self.base.as_str(), |(_, authority)| authority);
        authority.split(':').next().unwrap_or(authority)
    }
}
