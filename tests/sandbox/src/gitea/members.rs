//! Members: of organisations and of teams.

use http::Method;
use serde_json::json;
use std::collections::BTreeSet;

use super::answer::{Answer, Reply};
use super::paging::{self, Pages};
use super::request::Request;
use super::users;
use super::world::World;

impl World {
    pub(crate) fn answer_members(&mut self, request: &Request, organisation: i64, rest: &[&str]) -> Reply {
        let name = match rest {
            [] => {
                let user = self.need_user(&request.who)?;
                // others see members who made that public, which nobody here does
                let sees = self.is_administrator(&request.who) || self.is_member(organisation, user);
                let teams = self.teams_of(organisation).filter(|_| sees);
                let members: BTreeSet<i64> = teams.flat_map(|team| team.members.iter().copied()).collect();
                let rows = users::views(self, request, members);
                return Ok(paging::list(request, &self.base, Pages::PLAIN, rows));
            }
            [name] => *name,
            _ => return Err(Answer::nowhere()),
        };
        let user = self.member_named(name)?;
        if request.method == Method::GET {
            return if self.is_member(organisation, user) { Ok(Answer::done()) } else { Err(Answer::absent()) };
        }
        self.need_owner(&request.who, organisation)?;
        let teams: Vec<i64> = self.teams_of(organisation).map(|team| team.id).collect();
        for team in &teams {
            self.check_not_last_owner(*team, user)?;
        }
        for team in teams {
            self.teams.get_mut(team).map(|team| team.members.remove(&user));
        }
        Ok(Answer::done())
    }

    pub(crate) fn answer_team_members(&mut self, request: &Request, team: i64, rest: &[&str]) -> Reply {
        let members = self.teams.get(team).map(|team| team.members.clone()).unwrap_or_default();
        let name = match rest {
            [] => {
                let rows = users::views(self, request, members);
                return Ok(paging::list(request, &self.base, Pages::WHOLE, rows));
            }
            [name] => *name,
            _ => return Err(Answer::nowhere()),
        };
        let user = self.member_named(name)?;
        match request.method {
            Method::GET => {
                let account = self.accounts.get(user).filter(|_| members.contains(&user)).ok_or_else(Answer::absent)?;
                return Ok(Answer::found(self.user_view(&request.who, account)));
            }
            Method::PUT => {
                self.need_team_owner(&request.who, team)?;
                self.teams.get_mut(team).map(|team| team.members.insert(user));
            }
            _ => {
                self.need_team_owner(&request.who, team)?;
                self.check_not_last_owner(team, user)?;
                self.teams.get_mut(team).map(|team| team.members.remove(&user));
            }
        }
        Ok(Answer::done())
    }

    fn member_named(&self, name: &str) -> Result<i64, Answer> {
        let found = self.person_named(name).map(|(account, _)| account.id);
        found.ok_or_else(|| {
            Answer::absent_as("GetUserByName", json!([format!("user does not exist [uid: 0, name: {name}]")]))
        })
    }

    fn check_not_last_owner(&self, team: i64, user: i64) -> Result<(), Answer> {
        let is_last = |members: &BTreeSet<i64>| members.len() == 1 && members.contains(&user);
        match self.teams.get(team) {
            Some(team) if team.is_owners() && is_last(&team.members) => {
                Err(Answer::failed(format!("user is the last member of owner team [uid: {user}]")))
            }
            _ => Ok(()),
        }
    }
}
