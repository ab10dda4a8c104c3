//! What who may where.

use super::answer::Answer;
use super::login::Identity;
use super::repositories::Repository;
use super::teams::Team;
use super::world::World;

/// How much somebody may.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Access {
    #[default]
    None,
    Read,
    Write,
    Admin,
    Owner,
}

impl Access {
    /// What is unknown is nothing.
    pub(crate) fn read(word: &str) -> Self {
        match word {
            "read" => Self::Read,
            "write" => Self::Write,
            "admin" => Self::Admin,
            "owner" => Self::Owner,
            _ => Self::None,
        }
    }

    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Read => "read",
            Self::Write => "write",
            Self::Admin => "admin",
            Self::Owner => "owner",
        }
    }
}

impl World {
    /// The user who asks; 401 for nobody.
    pub(crate) fn need_user(&self, who: &Identity) -> Result<i64, Answer> {
        who.user().ok_or_else(Answer::token_required)
    }

    /// 401 for nobody, 403 for who does not administrate the server.
    pub(crate) fn need_administrator(&self, who: &Identity) -> Result<i64, Answer> {
        let user = self.need_user(who)?;
        if self.is_administrator(who) { Ok(user) } else { Err(Answer::forbidden("user should be the site admin")) }
    }

    pub(crate) fn teams_of(&self, organisation: i64) -> impl Iterator<Item = &Team> {
        self.teams.all().filter(move |team| team.organisation == organisation)
    }

    pub(crate) fn is_member(&self, organisation: i64, user: i64) -> bool {
        self.teams_of(organisation).any(|team| team.members.contains(&user))
    }

    pub(crate) fn is_owner(&self, organisation: i64, user: i64) -> bool {
        self.teams_of(organisation).any(|team| team.is_owners() && team.members.contains(&user))
    }

    /// Whether the caller sees the organisation.
    pub(crate) fn sees(&self, who: &Identity, organisation: i64) -> bool {
        let visibility = self.accounts.get(organisation).map_or("private", |account| account.visibility.as_str());
        match (visibility, who.user()) {
            ("public", _) | ("limited", Some(_)) => true,
            (_, Some(user)) => self.is_administrator(who) || self.is_member(organisation, user),
            (_, None) => false,
        }
    }

    /// 401 for nobody, 403 for who is in none of the organisation's teams.
    pub(crate) fn need_member(&self, who: &Identity, organisation: i64) -> Result<i64, Answer> {
        let user = self.need_user(who)?;
        if self.is_administrator(who) || self.is_member(organisation, user) {
            return Ok(user);
        }
        Err(Answer::forbidden("Must be an organization member"))
    }

    /// 401 for nobody, 403 for who does not own the organisation.
    pub(crate) fn need_owner(&self, who: &Identity, organisation: i64) -> Result<i64, Answer> {
        let user = self.need_user(who)?;
        if self.is_administrator(who) || self.is_owner(organisation, user) {
            return Ok(user);
        }
        Err(Answer::forbidden("Must be an organization owner"))
    }

    /// What a user may in a repository.
    pub(crate) fn access(&self, who: &Identity, repository: &Repository) -> Access {
        let is_public = !repository.private && self.sees(who, repository.owner);
        let given = match who.user() {
            Some(_) if self.is_administrator(who) => Access::Owner,
            Some(user) if user == repository.owner => Access::Owner,
            Some(user) => self.given_access(user, repository),
            None => Access::None,
        };
        given.max(if is_public { Access::Read } else { Access::None })
    }

    /// What a user was given by teams, or as a collaborator.
    pub(crate) fn given_access(&self, user: i64, repository: &Repository) -> Access {
        let teams = self.teams_of(repository.owner).filter(|team| team.members.contains(&user));
        let by_team = teams.filter(|team| team.has(repository.id)).map(Team::widest_access).max();
        let alone = repository.collaborators.get(&user).copied();
        by_team.max(alone).unwrap_or_default()
    }

    /// The repository of these names; 404 for who may not read it.
    pub(crate) fn need_repository(&self, who: &Identity, owner: &str, name: &str) -> Result<&Repository, Answer> {
        let owner = self.account_named(owner).ok_or_else(Answer::absent)?;
        let repository = self.repository_named(owner.id, name).ok_or_else(Answer::absent)?;
        if self.access(who, repository) == Access::None { Err(Answer::absent()) } else { Ok(repository) }
    }

    /// The number of a repository that the caller administrates.
    pub(crate) fn need_administered(&self, who: &Identity, owner: &str, name: &str) -> Result<i64, Answer> {
        let repository = self.need_repository(who, owner, name)?;
        self.need_user(who)?;
        if self.access(who, repository) < Access::Admin {
            let message = "user should be an owner or a collaborator with admin write of a repository";
            return Err(Answer::forbidden(message));
        }
        Ok(repository.id)
    }
}
