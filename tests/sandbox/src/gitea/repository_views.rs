//! Repositories as the server shows them.

use serde_json::{Value, json};

use super::access::Access;
use super::accounts::Sight;
use super::login::Identity;
use super::repositories::Repository;
use super::time::{self, NEVER, ZERO};
use super::world::World;

/// What is false where there are no pull requests.
const OF_PULL_REQUESTS: [&str; 9] = [
    "ignore_whitespace_conflicts",
    "allow_merge_commits",
    "allow_rebase",
    "allow_rebase_explicit",
    "allow_squash_merge",
    "allow_fast_forward_only_merge",
    "allow_rebase_update",
    "default_delete_branch_after_merge",
    "default_allow_maintainer_edit",
];

impl World {
    /// A repository as that caller sees it. The owner is shown as to whoever is logged in.
    pub(crate) fn repository_view(&self, who: &Identity, repository: &Repository) -> Value {
        let owner = self.accounts.get(repository.owner);
        let full_name = format!("{}/{}", owner.map_or("", |owner| owner.name.as_str()), repository.name);
        let access = self.access(who, repository);
        let api = format!("{}/api/v1/repos/{full_name}", self.base);
        let html = format!("{}/{full_name}", self.base);
        let is_hidden = owner.is_some_and(|owner| owner.visibility != "public");
        let mut view = json!({
            "id": repository.id, "owner": owner.map(|owner| self.account_view(owner, Sight::LoggedIn)),
            "name": repository.name, "full_name": full_name, "description": repository.description,
            "website": repository.website, "empty": repository.branches.is_empty(), "private": repository.private,
            "internal": is_hidden && !repository.private, "template": repository.template,
            "archived": repository.archived.is_some(),
            "archived_at": repository.archived.map_or(NEVER.to_owned(), time::written),
            "default_branch": repository.default_branch, "created_at": time::written(repository.created),
            "updated_at": time::written(repository.updated),
            "permissions": {
                "admin": access >= Access::Admin, "push": access >= Access::Write, "pull": access >= Access::Read,
            },
            "languages_url": format!("{api}/languages"), "html_url": html, "url": api, "clone_url": format!("{html}.git"),
            "ssh_url": format!("ssh://root@{}/{full_name}.git", self.host()),
        });
        self.fill(&mut view, repository);
        view
    }

    /// Adds the settings, and what is the same for every repository that nobody has worked with.
    fn fill(&self, view: &mut Value, repository: &Repository) {
        let always = json!({
            "fork": false, "parent": null, "mirror": false, "mirror_interval": "", "mirror_updated": ZERO, "size": 0,
            "language": "", "link": "", "original_url": "", "avatar_url": "", "stars_count": 0, "forks_count": 0,
            "watchers_count": 1, "open_issues_count": 0, "open_pr_counter": 0, "release_counter": 0,
            "object_format_name": "sha1", "repo_transfer": null,
        });
        let (Value::Object(view), Value::Object(always)) = (view, always) else { return };
        view.extend(always);
        view.extend(repository.settings.clone());
        let has = |name: &str| repository.settings.get(name) == Some(&Value::Bool(true));
        if !has("has_issues") || repository.settings.contains_key("external_tracker") {
            view.remove("internal_tracker");
        }
        if !has("has_pull_requests") {
            view.extend(OF_PULL_REQUESTS.map(|name| (name.to_owned(), Value::Bool(false))));
        }
    }
}
