//! Repositories as they are changed: what is left out stays (server-behaviour 3.4).

use super::answer::{Answer, Reply};
use super::body::{Form, Kind, Model};
use super::names::{self, folded};
use super::repositories::Repository;
use super::request::Request;
use super::world::World;

/// What is stored beside the settings below.
const OWN: Model = &[
    ("name", Kind::Text),
    ("description", Kind::Text),
    ("website", Kind::Text),
    ("private", Kind::Flag),
    ("template", Kind::Flag),
    ("archived", Kind::Flag),
    ("default_branch", Kind::Text),
    ("has_issues", Kind::Flag),
    ("has_wiki", Kind::Flag),
    ("wiki_branch", Kind::Text),
    ("has_pull_requests", Kind::Flag),
    ("has_projects", Kind::Flag),
    ("has_releases", Kind::Flag),
    ("has_packages", Kind::Flag),
    ("has_actions", Kind::Flag),
    ("ignore_whitespace_conflicts", Kind::Flag),
    ("allow_merge_commits", Kind::Flag),
    ("allow_rebase", Kind::Flag),
    ("allow_rebase_explicit", Kind::Flag),
    ("allow_squash_merge", Kind::Flag),
    ("allow_fast_forward_only_merge", Kind::Flag),
    ("allow_rebase_update", Kind::Flag),
    ("default_delete_branch_after_merge", Kind::Flag),
    ("default_merge_style", Kind::Text),
    ("default_allow_maintainer_edit", Kind::Flag),
    ("internal_tracker", Kind::Any),
    ("external_tracker", Kind::Any),
    ("external_wiki", Kind::Any),
];

/// How many of the model's fields are not settings.
const FIELDS: usize = 7;

impl World {
    pub(crate) fn change_repository(&mut self, request: &Request, id: i64) -> Reply {
        let form = Form::read(request, OWN)?;
        form.check_plain_name("name", "Name")?;
        if !form.text("name").is_empty() {
            self.rename_repository(id, form.text("name"))?;
        }
        let now = self.now();
        let repository = self.repositories.get_mut(id).ok_or_else(Answer::absent)?;
        repository.updated = now;
        if let Some(archived) = form.flag("archived") {
            repository.archived = archived.then(|| repository.archived.unwrap_or(now));
        }
        change(repository, &form);
        let repository = self.repositories.get(id).ok_or_else(Answer::absent)?;
        Ok(Answer::found(self.repository_view(&request.who, repository)))
    }

    fn rename_repository(&mut self, id: i64, name: &str) -> Result<(), Answer> {
        let repository = self.repositories.get(id).ok_or_else(Answer::absent)?;
        let (owner, former) = (repository.owner, repository.name.clone());
        if former == name {
            return Ok(());
        }
        names::check_repository(name)?;
        if self.repository_named(owner, name).is_some_and(|other| other.id != id) {
            let owner = self.accounts.get(owner).map_or("", |account| account.name.as_str());
            return Err(Answer::invalid(format!("repository already exists [uname: {owner}, name: {name}]")));
        }
        self.repository_names.remove(&(owner, folded(&former)));
        self.repository_redirects.insert((owner, folded(&former)), id);
        self.repository_redirects.remove(&(owner, folded(name)));
        self.repository_names.insert((owner, folded(name)), id);
        if let Some(repository) = self.repositories.get_mut(id) {
            name.clone_into(&mut repository.name);
        }
        Ok(())
    }
}

fn change(repository: &mut Repository, form: &Form) {
    for (name, field) in [("description", &mut repository.description), ("website", &mut repository.website)] {
        if let Some(text) = form.given(name) {
            text.clone_into(field);
        }
    }
    repository.private = form.flag("private").unwrap_or(repository.private);
    repository.template = form.flag("template").unwrap_or(repository.template);
    // one that does not exist is ignored, unless there is none at all
    let is_there = |name: &str| repository.branches.is_empty() || repository.branches.contains(name);
    if let Some(branch) = form.given("default_branch").filter(|name| !name.is_empty() && is_there(name)) {
        branch.clone_into(&mut repository.default_branch);
    }
    for (name, _) in OWN.iter().skip(FIELDS) {
        if let Some(value) = form.get(name) {
            repository.settings.insert((*name).to_owned(), value.clone());
        }
    }
}
