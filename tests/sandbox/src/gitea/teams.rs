//! Teams: what they may, and how that reads back (server-behaviour 3.4).

use http::Method;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

use super::access::Access;
use super::answer::{Answer, Reply};
use super::login::Identity;
use super::names::folded;
use super::paging::{self, Pages};
use super::request::Request;
use super::world::World;

/// The team that owns its organisation.
const OWNERS: &str = "Owners";

/// Everything that a team can have.
pub(crate) const UNITS: [&str; 10] = [
    "repo.actions",
    "repo.code",
    "repo.ext_issues",
    "repo.ext_wiki",
    "repo.issues",
    "repo.packages",
    "repo.projects",
    "repo.pulls",
    "repo.releases",
    "repo.wiki",
];

/// One team.
#[derive(Debug)]
pub(crate) struct Team {
    pub(crate) id: i64,
    pub(crate) organisation: i64,
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) access: Access,
    /// What it may in each unit, which counts below `admin` only.
    pub(crate) units: BTreeMap<&'static str, Access>,
    pub(crate) includes_all_repositories: bool,
    pub(crate) can_create_org_repo: bool,
    pub(crate) members: BTreeSet<i64>,
    pub(crate) repositories: BTreeSet<i64>,
}

impl Team {
    pub(crate) fn is_owners(&self) -> bool {
        self.access == Access::Owner
    }

    pub(crate) fn has(&self, repository: i64) -> bool {
        self.repositories.contains(&repository)
    }

    /// What its members may in the unit in which they may most.
    pub(crate) fn widest_access(&self) -> Access {
        if self.access >= Access::Admin {
            return self.access;
        }
        self.units.values().copied().max().unwrap_or_default()
    }

    /// Units as they are shown: all of them from `admin` on.
    fn shown_units(&self) -> Map<String, Value> {
        let shown = |unit: &&'static str| {
            let access = if self.access >= Access::Admin { Some(self.access) } else { self.units.get(*unit).copied() };
            Some(((*unit).to_owned(), json!(access?.word())))
        };
        UNITS.iter().filter_map(shown).collect()
    }

    /// The team without its organisation.
    pub(crate) fn view(&self) -> Value {
        let units = self.shown_units();
        json!({
            "id": self.id, "name": self.name, "description": self.description, "organization": null,
            "includes_all_repositories": self.includes_all_repositories, "permission": self.access.word(),
            "units": units.keys().collect::<Vec<_>>(), "units_map": units, "can_create_org_repo": self.can_create_org_repo,
        })
    }
}

impl World {
    pub(crate) fn team_view_with_organisation(&self, team: &Team) -> Value {
        let mut view = team.view();
        view["organization"] =
            self.accounts.get(team.organisation).map_or(Value::Null, |account| self.organisation_view(account));
        view
    }

    /// The team that every organisation begins with.
    pub(crate) fn store_owners(&mut self, organisation: i64, owner: i64) {
        self.teams.insert(|id| Team {
            id,
            organisation,
            name: OWNERS.to_owned(),
            description: String::new(),
            access: Access::Owner,
            units: BTreeMap::new(),
            includes_all_repositories: true,
            can_create_org_repo: true,
            members: BTreeSet::from([owner]),
            repositories: BTreeSet::new(),
        });
    }

    /// What is asked of the teams of an organisation.
    pub(crate) fn answer_teams_of(&mut self, request: &Request, organisation: i64, rest: &[&str]) -> Reply {
        self.need_member(&request.who, organisation)?;
        match (rest, &request.method) {
            ([], &Method::GET) => {
                let mut answer = paging::list(request, &self.base, Pages::PLAIN, self.team_views(organisation, ""));
                self.nothing_is_null(&mut answer);
                Ok(answer)
            }
            ([], _) => {
                self.need_owner(&request.who, organisation)?;
                self.create_team(request, organisation)
            }
            (["search"], _) => {
                let rows = self.team_views(organisation, request.parameter("q").unwrap_or_default());
                Ok(paging::search(request, &self.base, Pages::LINKED, rows))
            }
            _ => Err(Answer::nowhere()),
        }
    }

    /// The teams whose name holds the text, by name.
    fn team_views(&self, organisation: i64, part: &str) -> Vec<Value> {
        let part = folded(part);
        let mut teams: Vec<&Team> =
            self.teams_of(organisation).filter(|team| folded(&team.name).contains(&part)).collect();
        teams.sort_by_key(|team| folded(&team.name));
        teams.into_iter().map(Team::view).collect()
    }

    /// What is asked of one team.
    pub(crate) fn answer_teams(&mut self, request: &Request, id: &str, rest: &[&str]) -> Reply {
        let team = id.parse().ok().and_then(|id| self.teams.get(id)).ok_or_else(Answer::absent)?;
        let (id, organisation) = (team.id, team.organisation);
        let user = self.need_user(&request.who)?;
        let sees =
            team.members.contains(&user) || self.is_administrator(&request.who) || self.is_owner(organisation, user);
        if !sees {
            let is_member = self.is_member(organisation, user);
            return Err(if is_member { Answer::forbidden("Must be a team member") } else { Answer::absent() });
        }
        match (rest, &request.method) {
            ([], &Method::GET) => Ok(Answer::found(self.team_view_with_organisation(team))),
            ([], &Method::PATCH) => {
                self.need_team_owner(&request.who, id)?;
                self.change_team(request, id)
            }
            ([], _) => {
                self.need_team_owner(&request.who, id)?;
                self.teams.remove(id);
                Ok(Answer::done())
            }
            (["members", rest @ ..], _) => self.answer_team_members(request, id, rest),
            (["repos", rest @ ..], _) => self.answer_team_repositories(request, id, rest),
            _ => Err(Answer::nowhere()),
        }
    }

    /// 404, and not 403, for who does not own the team's organisation.
    pub(crate) fn need_team_owner(&self, who: &Identity, team: i64) -> Result<(), Answer> {
        let organisation = self.teams.get(team).ok_or_else(Answer::absent)?.organisation;
        self.need_owner(who, organisation).map(|_| ()).map_err(|_| Answer::absent())
    }
}
