//! The repositories that a team has.

use http::Method;

use super::access::Access;
use super::answer::{Answer, Reply};
use super::paging::{self, Pages};
use super::repositories::Repository;
use super::request::Request;
use super::teams::Team;
use super::world::World;

impl World {
    pub(crate) fn answer_team_repositories(&mut self, request: &Request, team: i64, rest: &[&str]) -> Reply {
        let (owner, name) = match rest {
            [] => {
                let has = |repository: &&Repository| self.teams.get(team).is_some_and(|team| team.has(repository.id));
                let rows = self.repositories.all().filter(has);
                let rows = rows.map(|repository| self.repository_view(&request.who, repository)).collect();
                return Ok(paging::list(request, &self.base, Pages::PLAIN, rows));
            }
            [owner, name] => (*owner, *name),
            _ => return Err(Answer::nowhere()),
        };
        let organisation = self.teams.get(team).map(|team| team.organisation).unwrap_or_default();
        let repository = self.need_repository(&request.who, owner, name)?;
        if repository.owner != organisation {
            return Err(Answer::absent());
        }
        let (id, access) = (repository.id, self.access(&request.who, repository));
        if request.method == Method::GET {
            let has = self.teams.get(team).is_some_and(|team| team.has(id));
            let view = self.repository_view(&request.who, repository);
            return if has { Ok(Answer::found(view)) } else { Err(Answer::absent()) };
        }
        if access < Access::Admin {
            return Err(Answer::forbidden("Must have admin-level access to the repository"));
        }
        let team = self.teams.get_mut(team).ok_or_else(Answer::absent)?;
        match request.method {
            Method::PUT => team.repositories.insert(id),
            _ => team.repositories.remove(&id),
        };
        Ok(Answer::done())
    }

    /// The teams that a repository is given to, by name. Neither paged nor counted.
    pub(crate) fn list_teams_of_repository(&self, repository: &Repository) -> Answer {
        let mut teams: Vec<&Team> = self.teams_of(repository.owner).filter(|team| team.has(repository.id)).collect();
        teams.sort_by_key(|team| team.name.to_lowercase());
        Answer::found(teams.into_iter().map(Team::view).collect())
    }
}
