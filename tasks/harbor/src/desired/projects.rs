//! Projects with what belongs to them: quota, retention, rules, webhooks, labels, members.

use std::{collections::BTreeSet, sync::Arc};

use evenkeel_core::{
    object::ObjectId,
    plan::Cause,
    values::{
        Problems, ProjectName, ValuePath,
        model::{Harbor, HarborProject, ImmutableTags, ProjectSettings, TeamHarbor},
    },
};
use evenkeel_harbor_client::types::{Label, ProjectMetadata, WebhookPolicy};

use super::{
    Declared,
    allowlist::{self, DesiredAllowlist},
    lengths::{Column, check},
    members::declared_members,
    patterns::{self, Pattern},
    reading::Reading,
    retention::{self, DesiredRetention},
    schedule::is_readable,
    webhooks,
};
use crate::names::{GROUP_MEMBER, IMMUTABLE_RULE, LABEL, USER_MEMBER, WEBHOOK};

/// A project with everything that belongs to it. What is absent is not managed.
#[derive(Clone, Debug)]
pub struct DesiredProject {
    /// Its name.
    pub name: String,
    /// Its settings.
    pub metadata: Declared<ProjectMetadata>,
    /// Whether nobody wrote that it is private: one that was there before evenkeel stays as public as it is (law 11).
    pub is_private_by_default: bool,
    /// The vulnerabilities that it allows.
    pub allowlist: Option<DesiredAllowlist>,
    /// What scans its images, by name.
    pub scanner: Option<Declared<String>>,
    /// The registry that it is a cache of, by name; matters at creation only.
    pub registry: Option<String>,
    /// How much it may store, in bytes; -1 is unlimited.
    pub quota: Option<Declared<i64>>,
    /// Which images are kept.
    pub retention: Option<Declared<DesiredRetention>>,
    /// Tags that stay as they are.
    pub immutable_rules: Option<Vec<DesiredImmutableRule>>,
    /// Who is told about events.
    pub webhooks: Option<Vec<DesiredWebhook>>,
    /// Labels for images.
    pub labels: Option<Vec<DesiredLabel>>,
    /// Who is a member, and with which role.
    pub members: Vec<DesiredMember>,
    /// Whether nobody else may be a member, but for the project's maker.
    pub members_are_all: bool,
}

/// A rule of tags that can neither be overwritten nor deleted.
#[derive(Clone, Debug)]
pub struct DesiredImmutableRule {
    /// The object: `project/repositories:tags`.
    pub object: ObjectId,
    /// Which tags.
    pub tags: Pattern,
    /// Which repositories.
    pub repositories: Pattern,
    /// Whether it is off; `None` leaves it alone once there is a rule.
    pub disabled: Option<bool>,
    /// The value that asks for it.
    pub cause: Cause,
}

/// A webhook policy.
#[derive(Clone, Debug)]
pub struct DesiredWebhook {
    /// The object: `project/name`.
    pub object: ObjectId,
    /// The policy; `name`, `targets` and `event_types` are set.
    pub policy: Declared<WebhookPolicy>,
    /// Whether its address may not be shown.
    pub is_confidential: bool,
}

/// A label of a project.
#[derive(Clone, Debug)]
pub struct DesiredLabel {
    /// The object: `project/name`.
    pub object: ObjectId,
    /// The label; `name` is set.
    pub label: Declared<Label>,
}

/// Who may be a member.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Member {
    /// A group of the login provider; case counts.
    Group(String),
    /// A user.
    User(String),
}

impl Member {
    /// The membership as an object.
    #[must_use]
    pub fn object(&self, project: &str) -> ObjectId {
        match self {
            Self::Group(name) => ObjectId::within(GROUP_MEMBER, project, name),
            Self::User(name) => ObjectId::within(USER_MEMBER, project, name),
        }
    }
}

/// A member with its role.
#[derive(Clone, Debug)]
pub struct DesiredMember {
    /// Who.
    pub member: Member,
    /// Harbor's number of the role.
    pub role_id: i64,
    /// Whether a team implies it, and nobody wrote it: not of a project that was there before evenkeel (law 11).
    pub is_implied: bool,
    /// The value that asks for it.
    pub cause: Cause,
}

/// The roles of a team's groups.
const PROJECT_ADMIN: i64 = 1;
const DEVELOPER: i64 = 2;

pub(super) fn desired(reading: &Reading<'_>, harbor: &Harbor) -> Result<Vec<DesiredProject>, Problems> {
    let mut problems = Problems::default();
    let mut projects = Vec::new();
    let mut names = BTreeSet::new();
    for (id, name, path) in reading.teams() {
        if ProjectName::parse(&name).is_err() {
            let problem =
                reading.problem(&path, &format!("team `{id}` becomes `{name}`, which is no name of a project"));
            let hint = "harbor wants single dashes between letters and digits: give the team another id, or change `platform.names.teamPrefix`";
            problems.push(problem.with_hint(hint));
            continue;
        }
        let own = reading.values.teams.get(id).and_then(|team| team.harbor.as_ref());
        names.insert(name.clone());
        let project = of_team(reading, harbor.team_defaults.as_ref(), own, &name, &path, Reading::team(id));
        projects.extend(problems.take(project));
    }
    for (index, declared) in harbor.projects.iter().flatten().enumerate() {
        let path = reading.path(&["projects"]).index(index);
        let name = declared.name.to_string();
        if !names.insert(name.clone()) {
            let problem = reading.problem(&path, &format!("project `{name}` is declared twice"));
            problems.push(problem.with_hint("what teams imply counts too"));
        }
        projects.extend(problems.take(declared_project(reading, declared, &name, &path)));
    }
    problems.into_result(projects)
}

/// A project that the values declare by itself.
fn declared_project(
    reading: &Reading<'_>,
    declared: &HarborProject,
    name: &str,
    path: &ValuePath,
) -> Result<DesiredProject, Problems> {
    let mut problems = Problems::default();
    let layer = Layer { settings: declared.settings(), path: path.clone() };
    let building = Building { reading, name: name.to_owned(), path: path.clone(), team: None, layers: vec![layer] };
    let project = problems.take(building.build()).and_then(|mut project| {
        problems.take(set_cache(reading, declared, path, &mut project))?;
        Some(project)
    });
    let members = problems.take(declared_members(reading, declared, &path.clone().key("members")));
    match project.zip(members) {
        Some((project, members)) => Ok(DesiredProject {
            registry: declared.registry.as_ref().map(ToString::to_string),
            members_are_all: declared.members.is_some(),
            members,
            ..project
        }),
        None => Err(problems),
    }
}

/// How a cache fetches: settings among all others, which the server ignores where nothing is cached.
fn set_cache(
    reading: &Reading<'_>,
    declared: &HarborProject,
    path: &ValuePath,
    project: &mut DesiredProject,
) -> Result<(), Problems> {
    let Some(cache) = &declared.cache else { return Ok(()) };
    let path = path.clone().key("cache");
    if declared.registry.is_none() {
        let problem = reading.problem(&path, "it has no effect without a registry that the project is a cache of");
        return Err(problem.with_hint("write `registry` beside it, by its name under `registries`").into());
    }
    let ProjectMetadata { proxy_speed_kb, max_upstream_conn, proxy_cache_local_on_not_found, .. } =
        &mut project.metadata.value;
    let fields = [
        ("speedKb", "proxy_speed_kb", proxy_speed_kb, cache.speed_kb.map(|number| number.to_string())),
        (
            "maxConnections",
            "max_upstream_conn",
            max_upstream_conn,
            cache.max_connections.map(|number| number.to_string()),
        ),
        (
            "serveRemoved",
            "proxy_cache_local_on_not_found",
            proxy_cache_local_on_not_found,
            cache.serve_removed.map(|serves| serves.to_string()),
        ),
    ];
    for (key, field, place, value) in fields {
        if value.is_some() {
            project.metadata.field_causes.insert(field.to_owned(), reading.cause(&path.clone().key(key)));
            *place = value;
        }
    }
    Ok(())
}

/// A team's project: private unless the values say otherwise, with the team's group and that of all teams' administrators.
fn of_team(
    reading: &Reading<'_>,
    defaults: Option<&TeamHarbor>,
    own: Option<&TeamHarbor>,
    name: &str,
    path: &ValuePath,
    team: Option<Arc<str>>,
) -> Result<DesiredProject, Problems> {
    let own = own.map(|own| Layer { settings: own.settings(), path: path.clone().key("harbor") });
    let defaults =
        defaults.map(|defaults| Layer { settings: defaults.settings(), path: reading.path(&["teamDefaults"]) });
    let layers = own.into_iter().chain(defaults).collect();
    let mut project = Building { reading, name: name.to_owned(), path: path.clone(), team, layers }.build()?;
    project.is_private_by_default = project.metadata.value.public.is_none();
    project.metadata.value.public.get_or_insert_with(|| "false".to_owned());
    let administrators = reading.values.platform.names.all_teams_admin.to_string();
    let names_path = ValuePath::root().key("platform").key("names").key("allTeamsAdmin");
    project.members = vec![
        DesiredMember {
            member: Member::Group(name.to_owned()),
            role_id: DEVELOPER,
            is_implied: true,
            cause: reading.cause(path),
        },
        DesiredMember {
            member: Member::Group(administrators),
            role_id: PROJECT_ADMIN,
            is_implied: true,
            cause: reading.cause(&names_path),
        },
    ];
    Ok(project)
}

/// Settings with the place where they are declared.
struct Layer<'a> {
    settings: ProjectSettings<'a>,
    path: ValuePath,
}

/// A project in the making. The first layer that says something about a setting has the word.
struct Building<'a> {
    reading: &'a Reading<'a>,
    name: String,
    path: ValuePath,
    team: Option<Arc<str>>,
    layers: Vec<Layer<'a>>,
}

impl<'a> Building<'a> {
    fn build(self) -> Result<DesiredProject, Problems> {
        let mut problems = Problems::default();
        let retention = problems.take(self.retention());
        let immutable_rules = problems.take(self.immutable_rules());
        let webhooks = problems.take(self.webhooks());
        let labels = problems.take(self.labels());
        let allowlist = problems.take(self.allowlist());
        let (Some(retention), Some(immutable_rules), Some(webhooks), Some(labels), Some(allowlist)) =
            (retention, immutable_rules, webhooks, labels, allowlist)
        else {
            return Err(problems);
        };
        Ok(DesiredProject {
            metadata: self.metadata(),
            allowlist,
            scanner: self.setting("scanner", |settings| settings.scanner).map(|(scanner, path)| {
                Declared::new(scanner.to_string(), self.reading.cause(&path)).of_team(self.team.clone())
            }),
            is_private_by_default: false,
            registry: None,
            quota: self.setting("storageQuota", |settings| settings.storage_quota).map(|(quota, path)| {
                Declared::new(quota.bytes(), self.reading.cause(&path)).of_team(self.team.clone())
            }),
            retention,
            immutable_rules,
            webhooks,
            labels,
            members: Vec::new(),
            members_are_all: false,
            name: self.name,
        })
    }

    /// What the first layer that has it says about a setting, with its place.
    fn setting<T>(&self, key: &str, of: impl Fn(&ProjectSettings<'a>) -> Option<T>) -> Option<(T, ValuePath)> {
        self.layers.iter().find_map(|layer| Some((of(&layer.settings)?, layer.path.clone().key(key))))
    }

    fn metadata(&self) -> Declared<ProjectMetadata> {
        let mut declared = Declared::new(ProjectMetadata::default(), self.reading.cause(&self.path));
        let mut set = |field: &str, value: Option<(String, ValuePath)>| {
            value.map(|(text, path)| {
                declared.field_causes.insert(field.to_owned(), self.reading.cause(&path));
                text
            })
        };
        let flag = |key: &str, of: fn(&ProjectSettings<'a>) -> Option<bool>| {
            self.setting(key, of).map(|(value, path)| (value.to_string(), path))
        };
        let severity = self.setting("severity", |settings| settings.severity);
        let value = ProjectMetadata {
            public: set("public", flag("public", |settings| settings.public)),
            auto_scan: set("auto_scan", flag("autoScan", |settings| settings.auto_scan)),
            auto_sbom_generation: set("auto_sbom_generation", flag("autoSbom", |settings| settings.auto_sbom)),
            prevent_vul: set("prevent_vul", flag("preventVulnerable", |settings| settings.prevent_vulnerable)),
            severity: set("severity", severity.map(|(word, path)| (word.as_str().to_owned(), path))),
            enable_content_trust_cosign: set(
                "enable_content_trust_cosign",
                flag("requireSignature", |settings| settings.require_signature),
            ),
            reuse_sys_cve_allowlist: set(
                "reuse_sys_cve_allowlist",
                flag("systemAllowlist", |settings| settings.system_allowlist),
            ),
            ..ProjectMetadata::default()
        };
        declared.value = value;
        declared.of_team(self.team.clone())
    }

    fn retention(&self) -> Result<Option<Declared<DesiredRetention>>, Problems> {
        let Some((retention, path)) = self.setting("retention", |settings| settings.retention) else { return Ok(None) };
        let wanted = retention::desired(self.reading, retention, &path)?;
        Ok(wanted.map(|wanted| Declared::new(wanted, self.reading.cause(&path)).of_team(self.team.clone())))
    }

    fn allowlist(&self) -> Result<Option<DesiredAllowlist>, Problems> {
        let Some((declared, path)) = self.setting("cveAllowlist", |settings| settings.cve_allowlist) else {
            return Ok(None);
        };
        let reuses = self.setting("systemAllowlist", |settings| settings.system_allowlist);
        if reuses.is_some_and(|(reuses, _)| reuses) {
            let problem = self.reading.problem(&path, "it has no effect beside `systemAllowlist: true`");
            return Err(problem.with_hint("leave one of the two out").into());
        }
        allowlist::desired(self.reading, declared, &path).map(Some)
    }

    fn immutable_rules(&self) -> Result<Option<Vec<DesiredImmutableRule>>, Problems> {
        let Some((rules, path)) = self.setting("immutableTags", |settings| settings.immutable_tags) else {
            return Ok(None);
        };
        let rules = rules.iter().enumerate().map(|(index, rule)| self.immutable_rule(rule, &path.clone().index(index)));
        let rules: Vec<DesiredImmutableRule> = rules.collect::<Result<_, _>>()?;
        self.each_once(rules.iter().map(|rule| &rule.object), &path)?;
        Ok(Some(rules))
    }

    fn immutable_rule(&self, rule: &ImmutableTags, path: &ValuePath) -> Result<DesiredImmutableRule, Problems> {
        let tags = patterns::Declared {
            matches: ("tags", rule.tags.as_ref()),
            excludes: ("excludeTags", rule.exclude_tags.as_ref()),
        };
        let repositories = patterns::Declared {
            matches: ("repositories", rule.repositories.as_ref()),
            excludes: ("excludeRepositories", rule.exclude_repositories.as_ref()),
        };
        let Some(tags) = tags.read(self.reading, path)? else {
            let problem = self.reading.problem(path, "a rule names the tags that stay as they are");
            return Err(problem.with_hint("write `tags` or `excludeTags`").into());
        };
        let repositories = repositories.read(self.reading, path)?.unwrap_or_else(Pattern::everything);
        Ok(DesiredImmutableRule {
            object: ObjectId::within(IMMUTABLE_RULE, &self.name, &format!("{repositories}:{tags}")),
            tags,
            repositories,
            disabled: rule.disabled,
            cause: self.reading.cause(path),
        })
    }

    fn webhooks(&self) -> Result<Option<Vec<DesiredWebhook>>, Problems> {
        let Some((webhooks, path)) = self.setting("webhooks", |settings| settings.webhooks) else { return Ok(None) };
        check(self.reading, &path, webhooks.iter().map(|webhook| (Column::Webhook, webhook.name.as_str())))?;
        let mut desired = Vec::with_capacity(webhooks.len());
        let mut problems = Problems::default();
        for (index, webhook) in webhooks.iter().enumerate() {
            let path = path.clone().index(index);
            let policy = problems.take(webhooks::policy(self.reading, webhook, &path));
            let Some((policy, is_confidential)) = policy else { continue };
            desired.push(DesiredWebhook {
                object: ObjectId::within(WEBHOOK, &self.name, webhook.name.as_str()),
                policy: Declared::new(policy, self.reading.cause(&path)).of_team(self.team.clone()),
                is_confidential,
            });
        }
        problems.take(self.each_once(desired.iter().map(|webhook| &webhook.object), &path));
        problems.into_result(Some(desired))
    }

    fn labels(&self) -> Result<Option<Vec<DesiredLabel>>, Problems> {
        let Some((labels, path)) = self.setting("labels", |settings| settings.labels) else { return Ok(None) };
        check(self.reading, &path, labels.iter().map(|label| (Column::Label, label.name.as_str())))?;
        let labels: Vec<DesiredLabel> = labels
            .iter()
            .enumerate()
            .map(|(index, label)| {
                let value = Label {
                    name: Some(label.name.to_string()),
                    description: label.description.clone(),
                    color: label.color.clone(),
                    ..Label::default()
                };
                let cause = self.reading.cause(&path.clone().index(index));
                DesiredLabel {
                    object: ObjectId::within(LABEL, &self.name, label.name.as_str()),
                    label: Declared::new(value, cause).of_team(self.team.clone()),
                }
            })
            .collect();
        self.each_once(labels.iter().map(|label| &label.object), &path)?;
        Ok(Some(labels))
    }

    fn each_once<'o>(&self, objects: impl Iterator<Item = &'o ObjectId>, path: &ValuePath) -> Result<(), Problems> {
        let mut seen = BTreeSet::new();
        for object in objects {
            if !seen.insert(object) {
                return Err(self.reading.problem(path, &format!("`{object}` is declared twice")).into());
            }
        }
        Ok(())
    }
}

/// Harbor's schedules have six fields (server-behaviour 6).
pub(crate) fn check_schedule(reading: &Reading<'_>, schedule: &str, path: &ValuePath) -> Result<(), Problems> {
    if schedule.is_empty() || is_readable(schedule) {
        return Ok(());
    }
    let problem = reading.problem(path, "a schedule of harbor has six fields");
    Err(problem.with_hint("seconds come first: `0 0 2 * * *` is every night at two").into())
}
