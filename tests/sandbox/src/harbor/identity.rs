//! Who asks, and what he may. Rights are looked up at each request.

use serde_json::Value;

use super::answer::Answer;
use super::members::Role;
use super::projects::Project;
use super::world::World;

/// The account behind a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Identity {
    /// Nobody, or somebody whose credentials were refused: the server makes no difference.
    Nobody,
    /// A user's number.
    User(i64),
    /// A robot's number.
    Robot(i64),
}

/// What anybody may do in a public project.
const PUBLIC: [(&str, &str); 9] = [
    ("project", "read"),
    ("repository", "list"),
    ("repository", "read"),
    ("repository", "pull"),
    ("artifact", "list"),
    ("artifact", "read"),
    ("tag", "list"),
    ("label", "list"),
    ("label", "read"),
];

impl World {
    /// Whether a system administrator asks.
    pub(crate) fn is_admin(&self, who: Identity) -> bool {
        matches!(who, Identity::User(id) if self.users.get(id).is_some_and(|user| user.admin))
    }

    /// The account's name as failures show it.
    pub(crate) fn name_of(&self, who: Identity) -> String {
        match who {
            Identity::Nobody => String::new(),
            Identity::User(id) => self.users.get(id).map(|user| user.name.clone()).unwrap_or_default(),
            Identity::Robot(id) => self.robots.get(id).map(|robot| self.full_name(robot)).unwrap_or_default(),
        }
    }

    /// 401 unless somebody is logged in.
    pub(crate) fn need_login(&self, who: Identity) -> Result<(), Answer> {
        if who == Identity::Nobody { Err(Answer::unauthorized()) } else { Ok(()) }
    }

    /// 401 or 403 unless the account may do that in the system. The 403 says nothing but the account's name.
    pub(crate) fn need(&self, who: Identity, resource: &str, action: &str) -> Result<(), Answer> {
        self.need_login(who)?;
        if self.may(who, resource, action) {
            return Ok(());
        }
        Err(Answer::forbidden(self.name_of(who)))
    }

    /// Whether the account may do that in the system.
    pub(crate) fn may(&self, who: Identity, resource: &str, action: &str) -> bool {
        match who {
            Identity::Robot(id) => self.robots.get(id).is_some_and(|robot| robot.may_in_system(resource, action)),
            other => self.is_admin(other),
        }
    }

    /// 401 or 403 unless the account may do that in the project. Who may not see a project cannot tell that it is missing.
    pub(crate) fn need_in(
        &self,
        who: Identity,
        project: Option<&Project>,
        resource: &str,
        action: &str,
    ) -> Result<(), Answer> {
        let may = match project {
            Some(project) => self.may_in(who, project, resource, action),
            None => self.is_admin(who),
        };
        match may {
            true => Ok(()),
            false if who == Identity::Nobody => Err(Answer::unauthorized()),
            false => Err(Answer::forbidden("forbidden")),
        }
    }

    /// Whether the account may do that in the project.
    pub(crate) fn may_in(&self, who: Identity, project: &Project, resource: &str, action: &str) -> bool {
        if project.is_public() && PUBLIC.contains(&(resource, action)) {
            return true;
        }
        match who {
            Identity::Nobody => false,
            Identity::Robot(id) => {
                self.robots.get(id).is_some_and(|robot| robot.may_in_project(project.id, resource, action))
            }
            Identity::User(id) => {
                self.is_admin(who) || self.role_of(id, project.id).is_some_and(|role| role.may(resource, action))
            }
        }
    }

    /// The role that a user has in a project by name.
    fn role_of(&self, user: i64, project: i64) -> Option<Role> {
        let mut own = self.members.all().filter(|member| member.project == project && member.is_user(user));
        own.find_map(|member| Role::of(member.role))
    }

    /// Whether the account sees the project in lists.
    pub(crate) fn sees(&self, who: Identity, project: &Project) -> bool {
        match who {
            // a robot sees the projects that its permissions name, whatever they allow there
            Identity::Robot(id) => {
                project.is_public() || self.robots.get(id).is_some_and(|robot| robot.covers(project.id))
            }
            other => self.may_in(other, project, "project", "read"),
        }
    }

    /// The roles that a view of a project shows to who asks.
    pub(crate) fn shown_roles(&self, who: Identity, project: &Project) -> Vec<Value> {
        match who {
            Identity::User(id) if !self.is_admin(who) => {
                self.role_of(id, project.id).map(|role| role.number().into()).into_iter().collect()
            }
            Identity::User(_) => vec![Role::ProjectAdmin.number().into()],
            _ => Vec::new(),
        }
    }
}
