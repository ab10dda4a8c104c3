//! The kinds of objects that this task manages, as people write them after `--only`.

use evenkeel_core::object::{Kind, ObjectId};

/// A part of the server's configuration: `settings`, `login`, `auth_mode` or `robot_name_prefix`.
pub const CONFIGURATION: Kind = Kind::new("configuration");
/// The server itself, of which a run has something to tell.
pub const SERVER: Kind = Kind::new("server");
/// A project, by name.
pub const PROJECT: Kind = Kind::new("project");
/// How much a project may store, by the project's name.
pub const QUOTA: Kind = Kind::new("quota");
/// The vulnerabilities that a project allows, by the project's name.
pub const ALLOWLIST: Kind = Kind::new("cve-allowlist");
/// What scans the images of a project, by the project's name.
pub const PROJECT_SCANNER: Kind = Kind::new("project-scanner");
/// Which images of a project are kept, by the project's name.
pub const RETENTION: Kind = Kind::new("retention");
/// A rule of tags that stay as they are: `project/repositories:tags`.
pub const IMMUTABLE_RULE: Kind = Kind::new("immutable-tag-rule");
/// A webhook policy: `project/name`.
pub const WEBHOOK: Kind = Kind::new("webhook");
/// A label of a project: `project/name`.
pub const LABEL: Kind = Kind::new("label");
/// A group's membership: `project/group`.
pub const GROUP_MEMBER: Kind = Kind::new("group-member");
/// A user's membership: `project/user`.
pub const USER_MEMBER: Kind = Kind::new("user-member");
/// A robot, by its name without prefix; one of a project is `project+name`.
pub const ROBOT: Kind = Kind::new("robot");
/// A rule of a retention policy that others have made: `project/position`.
pub const RETENTION_RULE: Kind = Kind::new("retention-rule");
/// What a robot of the system may do in a project: `project/robot`.
pub const ROBOT_PERMISSION: Kind = Kind::new("robot-permission");
/// The secret of a robot, by the robot's name without prefix.
pub const ROBOT_SECRET: Kind = Kind::new("robot-secret");
/// Another registry, by name.
pub const REGISTRY: Kind = Kind::new("registry");
/// A replication policy, by name.
pub const REPLICATION: Kind = Kind::new("replication");
/// Something of the whole system of which there is one: `garbage-collection`, `audit-log-purge`, `scan-all`, `default-scanner`,
/// `cve-allowlist`.
pub const SYSTEM: Kind = Kind::new("system");
/// A scanner, by name.
pub const SCANNER: Kind = Kind::new("scanner");
/// A label for the images of all projects, by name.
pub const SYSTEM_LABEL: Kind = Kind::new("system-label");
/// An instance of a preheat provider, by name.
pub const PREHEAT_INSTANCE: Kind = Kind::new("preheat-instance");
/// A local account, by user name.
pub const USER: Kind = Kind::new("user");
/// A group of users: by name, or by its distinguished name in LDAP.
pub const USER_GROUP: Kind = Kind::new("user-group");
/// A namespace of the cluster.
pub const NAMESPACE: Kind = Kind::new("namespace");
/// A Secret of the cluster: `namespace/name`.
pub const SECRET: Kind = Kind::new("secret");
/// The image pull secrets of a service account: `namespace/account`.
pub const PULL_SECRETS: Kind = Kind::new("image-pull-secrets");

/// What belongs to declared objects and is only ever told of: no object of these kinds is declared.
pub(crate) const RELATIONS: [Kind; 2] = [RETENTION_RULE, ROBOT_PERMISSION];

/// The task's name on the command line, and the value of [`label::TASK`](evenkeel_kubernetes_client::label::TASK) on its Secrets.
pub const TASK: &str = "harbor";

/// The part of the configuration that decides how people log in.
pub const AUTH_MODE: &str = "auth_mode";
/// The part of the configuration that every robot's name begins with.
pub const ROBOT_NAME_PREFIX: &str = "robot_name_prefix";
/// The keys of the configuration with which the login mode works.
pub const LOGIN: &str = "login";
/// All other keys of the configuration.
pub const SETTINGS: &str = "settings";
/// The login mode in which there are local accounts.
pub const DB_AUTH: &str = "db_auth";
/// The login mode in which groups of LDAP are known.
pub const LDAP_AUTH: &str = "ldap_auth";
/// The login mode in which groups of an OpenID Connect provider are members.
pub const OIDC_AUTH: &str = "oidc_auth";
/// The service account whose pods pull with the registry secrets.
pub const DEFAULT_ACCOUNT: &str = "default";

/// A part of the configuration as an object.
#[must_use]
pub fn configuration(part: &str) -> ObjectId {
    ObjectId::new(CONFIGURATION, part)
}

/// A project as an object.
#[must_use]
pub fn project(name: &str) -> ObjectId {
    ObjectId::new(PROJECT, name)
}

/// A robot as an object, by the name under which the server stores it.
#[must_use]
pub fn robot(stored_name: &str) -> ObjectId {
    ObjectId::new(ROBOT, stored_name)
}

/// Harbor's number for groups of an OpenID Connect provider.
pub const GROUP_TYPE_OIDC: i64 = 3;
/// Harbor's number for groups of LDAP.
pub const GROUP_TYPE_LDAP: i64 = 1;
