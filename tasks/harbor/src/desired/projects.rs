//! Projects with what belongs to them: quota, retention, rules, webhooks, labels, members.

use std::{collections::BTreeSet, sync::Arc};

use evenkeel_core::{
    reading::Reading,
    values::{
        ProjectName, ValuePath,
        model::{Harbor, HarborLabel, HarborProject, HarborWebhook, ImmutableTags, ProjectSettings, TeamHarbor},
    },
};
use evenkeel_engine::plain::{DeclaredObject, PlainKind};
use evenkeel_harbor_client::types::{Label, ProjectMetadata};

use super::{
    Declared,
    lengths::{Column, check},
    members::{DesiredMember, Member, declared_members},
    patterns::{self, Pattern},
    retention::{self, DesiredRetention},
    webhooks,
};
use crate::{
    allowlist::Allowlist,
    names,
    project::{ImmutableRule, ImmutableRules, Labels, Webhook, Webhooks},
};

/// A project with everything that belongs to it. What is absent is not managed.
#[derive(Clone, Debug)]
pub struct DesiredProject {
    /// Its name.
    pub name: String,
    /// Its settings.
    pub metadata: Declared<ProjectMetadata>,
    /// The vulnerabilities that it allows.
    pub allowlist: Option<Declared<Allowlist>>,
    /// What scans its images, by name.
    pub scanner: Option<Declared<String>>,
    /// The registry that it is a cache of, by name; matters at creation only.
    pub registry: Option<String>,
    /// How much it may store, in bytes; -1 is unlimited.
    pub quota: Option<Declared<i64>>,
    /// Which images are kept.
    pub retention: Option<Declared<DesiredRetention>>,
    /// Its objects of plain kinds: tags that stay as they are, who is told about events, labels for images.
    pub objects: Vec<Arc<DeclaredObject<crate::Harbor>>>,
    /// Who is a member, and with which role.
    pub members: Vec<DesiredMember>,
    /// Whether nobody else may be a member, but for the project's maker.
    pub members_are_all: bool,
}

/// The roles of a team's groups.
const PROJECT_ADMIN: i64 = 1;
const DEVELOPER: i64 = 2;

pub(super) fn desired(reading: &Reading<'_>, harbor: &Harbor) -> Vec<DesiredProject> {
    let mut projects = Vec::new();
    let mut names = BTreeSet::new();
    for (id, name, path) in reading.teams() {
        if ProjectName::parse(&name).is_err() {
            let message = format!("team `{id}` becomes `{name}`, which is no name of a project");
            let hint = "harbor wants single dashes between letters and digits: give the team another id, or change `platform.names.teamPrefix`";
            reading.report(reading.problem(&path, &message).with_hint(hint));
            continue;
        }
        let own = reading.values.teams.get(id).and_then(|team| team.harbor.as_ref());
        let team = Some(id.as_str().into());
        projects.push(of_team(reading, harbor.team_defaults.as_ref(), own, &name, &path, team));
        names.insert(name);
    }
    for (index, declared) in harbor.projects.iter().flatten().enumerate() {
        let path = reading.path(&["projects"]).index(index);
        let name = declared.name.to_string();
        if !names.insert(name.clone()) {
            let problem = reading.problem(&path, &format!("project `{name}` is declared twice"));
            reading.report(problem.with_hint("what teams imply counts too"));
        }
        projects.push(declared_project(reading, declared, &name, &path));
    }
    projects
}

/// A project that the values declare by itself.
fn declared_project(reading: &Reading<'_>, declared: &HarborProject, name: &str, path: &ValuePath) -> DesiredProject {
    let layer = Layer { settings: declared.settings(), path: path.clone() };
    let building = Building { reading, name: name.to_owned(), path: path.clone(), team: None, layers: vec![layer] };
    let mut project = building.build();
    set_cache(reading, declared, path, &mut project);
    DesiredProject {
        registry: declared.registry.as_ref().map(ToString::to_string),
        members_are_all: declared.members.is_some(),
        members: declared_members(reading, declared, &path.clone().key("members")),
        ..project
    }
}

/// How a cache fetches: settings among all others, which the server ignores where nothing is cached.
fn set_cache(reading: &Reading<'_>, declared: &HarborProject, path: &ValuePath, project: &mut DesiredProject) {
    let Some(cache) = &declared.cache else { return };
    let path = path.clone().key("cache");
    if declared.registry.is_none() {
        let problem = reading.problem(&path, "it has no effect without a registry that the project is a cache of");
        reading.report(problem.with_hint("write `registry` beside it, by its name under `registries`"));
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
}

/// A team's project: private unless the values say otherwise, with the team's group and that of all teams' administrators.
fn of_team(
    reading: &Reading<'_>,
    defaults: Option<&TeamHarbor>,
    own: Option<&TeamHarbor>,
    name: &str,
    path: &ValuePath,
    team: Option<Arc<str>>,
) -> DesiredProject {
    let own = own.map(|own| Layer { settings: own.settings(), path: path.clone().key("harbor") });
    let defaults =
        defaults.map(|defaults| Layer { settings: defaults.settings(), path: reading.path(&["teamDefaults"]) });
    let layers = own.into_iter().chain(defaults).collect();
    let mut project = Building { reading, name: name.to_owned(), path: path.clone(), team, layers }.build();
    if project.metadata.value.public.is_none() {
        // Nobody wrote that: one that was there before evenkeel stays as public as it is (law 11).
        project.metadata.value.public = Some("false".to_owned());
        project.metadata.built_in.insert("public".to_owned());
    }
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
    project
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
    fn build(self) -> DesiredProject {
        DesiredProject {
            metadata: self.metadata(),
            allowlist: self.allowlist(),
            scanner: self.setting("scanner", |settings| settings.scanner).map(|(scanner, path)| {
                Declared::new(scanner.to_string(), self.reading.cause(&path)).of_team(self.team.clone())
            }),
            registry: None,
            quota: self.setting("storageQuota", |settings| settings.storage_quota).map(|(quota, path)| {
                Declared::new(quota.bytes(), self.reading.cause(&path)).of_team(self.team.clone())
            }),
            retention: self.retention(),
            objects: self.objects(),
            members: Vec::new(),
            members_are_all: false,
            name: self.name,
        }
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

    fn retention(&self) -> Option<Declared<DesiredRetention>> {
        let (retention, path) = self.setting("retention", |settings| settings.retention)?;
        let wanted = retention::desired(self.reading, retention, &path)?;
        Some(Declared::new(wanted, self.reading.cause(&path)).of_team(self.team.clone()))
    }

    fn allowlist(&self) -> Option<Declared<Allowlist>> {
        let (declared, path) = self.setting("cveAllowlist", |settings| settings.cve_allowlist)?;
        let reuses = self.setting("systemAllowlist", |settings| settings.system_allowlist);
        if reuses.is_some_and(|(reuses, _)| reuses) {
            let problem = self.reading.problem(&path, "it has no effect beside `systemAllowlist: true`");
            self.reading.report(problem.with_hint("leave one of the two out"));
        }
        let allowlist = Allowlist::declared(self.reading, declared, &path);
        Some(Declared::new(allowlist, self.reading.cause(&path)).of_team(self.team.clone()))
    }

    /// Its objects of plain kinds.
    fn objects(&self) -> Vec<Arc<DeclaredObject<crate::Harbor>>> {
        let objects = self.immutable_rules().into_iter().chain(self.webhooks()).chain(self.labels());
        objects.map(Arc::new).collect()
    }

    fn immutable_rules(&self) -> Vec<DeclaredObject<crate::Harbor>> {
        let Some((rules, path)) = self.setting("immutableTags", |settings| settings.immutable_tags) else {
            return Vec::new();
        };
        let mut desired: Vec<DeclaredObject<crate::Harbor>> = Vec::with_capacity(rules.len());
        for (index, rule) in rules.iter().enumerate() {
            let path = path.clone().index(index);
            let Some(rule) = self.immutable_rule(rule, &path) else { continue };
            let rule = self.object(&ImmutableRules, rule, &path);
            if desired.iter().any(|known| known.object == rule.object) {
                self.reading.twice(&path, "rule of immutable tags", rule.object.name());
            }
            desired.push(rule);
        }
        desired
    }

    fn immutable_rule(&self, rule: &ImmutableTags, path: &ValuePath) -> Option<ImmutableRule> {
        let tags = patterns::Declared {
            matches: ("tags", rule.tags.as_ref()),
            excludes: ("excludeTags", rule.exclude_tags.as_ref()),
        };
        let repositories = patterns::Declared {
            matches: ("repositories", rule.repositories.as_ref()),
            excludes: ("excludeRepositories", rule.exclude_repositories.as_ref()),
        };
        let repositories = repositories.read(self.reading, path).unwrap_or_else(Pattern::everything);
        let Some(tags) = tags.read(self.reading, path) else {
            let problem = self.reading.problem(path, "a rule names the tags that stay as they are");
            self.reading.report(problem.with_hint("write `tags` or `excludeTags`"));
            return None;
        };
        Some(ImmutableRule::declared(repositories, tags, rule.disabled))
    }

    fn webhooks(&self) -> Vec<DeclaredObject<crate::Harbor>> {
        let Some((webhooks, path)) = self.setting("webhooks", |settings| settings.webhooks) else { return Vec::new() };
        let names = || webhooks.iter().map(|webhook| webhook.name.as_str());
        check(self.reading, &path, names().map(|name| (Column::Webhook, name)));
        self.reading.each_once("webhook", names(), &path);
        let webhook = |(index, webhook): (usize, &HarborWebhook)| {
            let path = path.clone().index(index);
            let (policy, is_confidential) = webhooks::policy(self.reading, webhook, &path);
            self.object(&Webhooks, Webhook { policy, is_confidential }, &path)
        };
        webhooks.iter().enumerate().map(webhook).collect()
    }

    fn labels(&self) -> Vec<DeclaredObject<crate::Harbor>> {
        let Some((labels, path)) = self.setting("labels", |settings| settings.labels) else { return Vec::new() };
        let names = || labels.iter().map(|label| label.name.as_str());
        check(self.reading, &path, names().map(|name| (Column::Label, name)));
        self.reading.each_once("label", names(), &path);
        let label = |(index, label): (usize, &HarborLabel)| {
            let value = Label {
                name: Some(label.name.to_string()),
                description: label.description.clone(),
                color: label.color.clone(),
                ..Label::default()
            };
            self.object(&Labels, value, &path.clone().index(index))
        };
        labels.iter().enumerate().map(label).collect()
    }

    /// An object of this project, which the value at a place asks for.
    fn object<K: PlainKind<crate::Harbor>>(
        &self,
        kind: &'static K,
        value: K::Object,
        path: &ValuePath,
    ) -> DeclaredObject<crate::Harbor> {
        let declared = Declared::new(value, self.reading.cause(path)).of_team(self.team.clone());
        DeclaredObject::new(kind, declared).within(&names::project(&self.name))
    }
}
