//! Teams as they are made and changed.

use std::collections::{BTreeMap, BTreeSet};

use super::access::Access;
use super::answer::{Answer, Content, Reply};
use super::body::{Form, Kind, Model};
use super::names::folded;
use super::options::GiteaVersion;
use super::request::Request;
use super::teams::{Team, UNITS};
use super::world::World;
use serde_json::Value;

const TEAM: Model = &[
    ("name", Kind::Text),
    ("description", Kind::Text),
    ("permission", Kind::Text),
    ("units", Kind::Texts),
    ("units_map", Kind::TextMap),
    ("includes_all_repositories", Kind::Flag),
    ("can_create_org_repo", Kind::Flag),
];

/// The longest name.
const LONGEST: usize = 255;

impl World {
    pub(crate) fn create_team(&mut self, request: &Request, organisation: i64) -> Reply {
        let form = Form::read(request, TEAM)?;
        form.require("name", "Name")?;
        check(&form)?;
        let access = permission(&form);
        let units = units(&form, access).unwrap_or_default();
        if access < Access::Admin && units.is_empty() {
            return Err(Answer::failed("units permission should not be empty"));
        }
        let name = form.text("name");
        self.check_team_name(organisation, name, None).map_err(Answer::invalid)?;
        let includes_all_repositories = form.flag("includes_all_repositories").unwrap_or_default();
        let repositories = if includes_all_repositories { self.repositories_of(organisation) } else { BTreeSet::new() };
        let id = self.teams.insert(|id| Team {
            id,
            organisation,
            name: name.to_owned(),
            description: form.text("description").to_owned(),
            access,
            units,
            includes_all_repositories,
            can_create_org_repo: form.flag("can_create_org_repo").unwrap_or_default(),
            members: BTreeSet::new(),
            repositories,
        });
        let team = self.teams.get(id).ok_or_else(Answer::absent)?;
        Ok(Answer::created(self.team_view_with_organisation(team)))
    }

    /// Permission, and whether all repositories are included, change together only. Empty units change nothing.
    pub(crate) fn change_team(&mut self, request: &Request, id: i64) -> Reply {
        let form = Form::read(request, TEAM)?;
        check(&form)?;
        let organisation = self.teams.get(id).ok_or_else(Answer::absent)?.organisation;
        let name = form.text("name");
        self.check_team_name(organisation, name, Some(id)).map_err(Answer::failed)?;
        let all = self.repositories_of(organisation);
        let team = self.teams.get_mut(id).ok_or_else(Answer::absent)?;
        if !name.is_empty() {
            name.clone_into(&mut team.name);
        }
        if let Some(description) = form.given("description") {
            description.clone_into(&mut team.description);
        }
        if let Some(can) = form.flag("can_create_org_repo") {
            team.can_create_org_repo = can || team.is_owners();
        }
        if !team.is_owners() && !form.text("permission").is_empty() {
            team.access = permission(&form);
            if let Some(included) = form.flag("includes_all_repositories") {
                team.includes_all_repositories = included;
                // who is not included any more keeps what it has
                team.repositories.extend(all.into_iter().filter(|_| included));
            }
        }
        if let Some(units) = units(&form, team.access) {
            team.units = units;
        }
        Ok(Answer::found(team.view()))
    }

    /// Says where another team of the organisation has the name.
    fn check_team_name(&self, organisation: i64, name: &str, own: Option<i64>) -> Result<(), String> {
        let name = folded(name);
        let is_taken = |team: &Team| Some(team.id) != own && folded(&team.name) == name;
        if self.teams_of(organisation).any(is_taken) {
            return Err(format!("team already exists [org_id: {organisation}, name: {name}]"));
        }
        Ok(())
    }

    pub(crate) fn repositories_of(&self, owner: i64) -> BTreeSet<i64> {
        self.repositories.all().filter(|repository| repository.owner == owner).map(|repository| repository.id).collect()
    }

    /// Gitea 1.22 writes a page of teams without teams as null.
    pub(crate) fn nothing_is_null(&self, answer: &mut Answer) {
        if self.version == GiteaVersion::Gitea122 && answer.content == Content::Json(Value::Array(Vec::new())) {
            answer.content = Content::Json(Value::Null);
        }
    }
}

fn check(form: &Form) -> Result<(), Answer> {
    form.check_plain_name("name", "Name")?;
    if form.text("name").len() > LONGEST {
        return Err(Answer::invalid("[Name]: MaxSize"));
    }
    Ok(())
}

/// What was asked for, or the least that a unit is given.
fn permission(form: &Form) -> Access {
    let asked = Access::read(form.text("permission"));
    let map = form.map("units_map");
    if asked >= Access::Admin || map.is_empty() {
        return asked;
    }
    let given = map.into_iter().map(|(_, word)| Access::read(word)).filter(|access| *access > Access::None);
    given.min().unwrap_or_default()
}

/// The units that were sent, or those of an administrator; `None` where none were. Unknown ones are dropped.
fn units(form: &Form, access: Access) -> Option<BTreeMap<&'static str, Access>> {
    if access >= Access::Admin {
        let of_admin = |unit: &'static str| if unit.starts_with("repo.ext_") { Access::Read } else { Access::Admin };
        return Some(UNITS.iter().map(|unit| (*unit, of_admin(unit))).collect());
    }
    let known = |name: &str| UNITS.iter().find(|unit| **unit == name).copied();
    let map = form.map("units_map");
    if !map.is_empty() {
        return Some(map.into_iter().filter_map(|(name, word)| Some((known(name)?, Access::read(word)))).collect());
    }
    let list = form.texts("units").filter(|list| !list.is_empty())?;
    Some(list.iter().filter_map(|name| Some((known(name)?, access))).collect())
}
