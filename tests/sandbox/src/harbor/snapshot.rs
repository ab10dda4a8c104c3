//! All state as one sorted value, so that a test can compare what was there before and after.

use serde_json::{Map, Value, json};

use super::identity::Identity;
use super::members::{Entity, Role};
use super::projects::Project;
use super::robots::Level;
use super::world::World;

/// Every object by name, numbers included. Secrets are left out, but a robot's `update_time` moves with each new one.
pub(crate) fn of(world: &World) -> Value {
    let named = |rows: Vec<(String, Value)>| Value::Object(rows.into_iter().collect::<Map<_, _>>());
    let robots = world.robots.all().filter(|robot| robot.level == Level::System);
    json!({
        "configuration": world.configuration.snapshot(),
        "users": named(world.users.all().map(|user| (user.name.clone(), user.view())).collect()),
        "userGroups": named(world.groups.all().map(|group| {
            (format!("{}/{}", group.kind, group.name), json!(group.id))
        }).collect()),
        "projects": named(world.projects.all().map(|project| (project.name.clone(), of_project(world, project))).collect()),
        "robots": named(robots.map(|robot| (world.full_name(robot), world.robot_view(robot))).collect()),
        "labels": world.labels.all().map(super::labels::Label::view).collect::<Vec<_>>(),
        "registries": named(world.registries.all().map(|row| (row.name.clone(), row.view())).collect()),
        "replications": named(world.replication_views().collect()),
        "schedules": world.schedules.snapshot(),
        "scanners": named(world.scanners.all().map(|row| (row.name.clone(), row.view())).collect()),
        "allowlist": world.allowlist.snapshot(),
        "preheat": named(world.preheat.all().map(|row| (row.name.clone(), row.view())).collect()),
    })
}

/// What no answer shows: secrets by the objects that hold them.
pub(crate) fn hidden(world: &World) -> Value {
    let registries = world.registries.all().map(|registry| (registry.name.clone(), json!(registry.access_secret)));
    let robots = world.robots.all().map(|robot| (world.full_name(robot), json!(robot.shown_secret())));
    let scanners = world.scanners.all().map(|scanner| (scanner.name.clone(), json!(scanner.credential)));
    let preheat = world.preheat.all().map(|instance| (instance.name.clone(), json!(instance.auth_info)));
    json!({
        "configuration": world.configuration.hidden(),
        "scanners": scanners.collect::<Map<_, _>>(),
        "preheat": preheat.collect::<Map<_, _>>(),
        "registries": registries.collect::<Map<_, _>>(),
        "robots": robots.collect::<Map<_, _>>(),
    })
}

fn of_project(world: &World, project: &Project) -> Value {
    let members = world.members.all().filter(|member| member.project == project.id).map(|member| {
        let name = match member.entity {
            Entity::User(id) => format!("user {}", world.name_of(Identity::User(id))),
            Entity::Group(id) => {
                format!("group {}", world.groups.get(id).map(|group| group.name.as_str()).unwrap_or_default())
            }
        };
        (name, json!({ "id": member.id, "role": Role::of(member.role).map(Role::number) }))
    });
    let robots = world.robots.all().filter(|robot| robot.level == Level::Project(project.id));
    let quota = world.quotas.all().find(|quota| quota.project == project.id);
    let retention = world.retentions.all().find(|retention| retention.project == project.id);
    let rules = world.immutable_rules.all().filter(|rule| rule.project == project.id);
    let webhooks = world.webhooks.all().filter(|webhook| webhook.project == project.id);
    json!({
        "id": project.id,
        "metadata": project.metadata,
        "scanner": project.scanner,
        "cveAllowlist": project.allowlist_view(),
        "members": members.collect::<Map<_, _>>(),
        "quota": quota.map(|quota| json!({ "id": quota.id, "limit": quota.limit, "used": project.used() })),
        // at a fixed moment, so that the next scheduled time does not move
        "retention": retention.map(|retention| retention.view(0)),
        "robots": robots.map(|robot| (world.full_name(robot), world.robot_view(robot))).collect::<Map<_, _>>(),
        "immutableRules": rules.map(super::immutable_rules::ImmutableRule::view).collect::<Vec<_>>(),
        "webhooks": webhooks.map(|webhook| (webhook.name.clone(), webhook.view())).collect::<Map<_, _>>(),
        "repositories": project.repositories.keys().collect::<Vec<_>>(),
    })
}
