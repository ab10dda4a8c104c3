//! Who is a member of which project, and with which role.

use evenkeel_core::{
    diff::FieldChange,
    object::ObjectId,
    plan::{Action, Dependencies, Origin},
};
use evenkeel_harbor_client::types::ProjectMemberEntity;

use super::{Operation, PlanBuilder};
use crate::{
    desired::{Desired, DesiredMember, DesiredProject, Member},
    names::{self, AUTH_MODE, GROUP_MEMBER, OIDC_AUTH, USER, USER_GROUP, configuration},
    observe::Observed,
};

pub(super) fn plan(plan: &mut PlanBuilder<'_>, desired: &Desired, observed: &Observed) {
    // The mode that will hold: groups can be members only once it is that of OpenID Connect (server-behaviour 4).
    let mode = desired.auth_mode().unwrap_or_else(|| observed.configuration.text(AUTH_MODE)).to_owned();
    let none = Vec::new();
    for project in &desired.projects {
        let there = observed.members.get(&project.name).unwrap_or(&none);
        // Whoever is in a team would get into a project that other people made.
        let is_of_others =
            observed.projects.contains_key(&project.name) && !plan.is_ours(&names::project(&project.name));
        for declared in &project.members {
            let object = declared.member.object(&project.name);
            if is_of_others && declared.is_implied && !plan.is_ours(&object) {
                leave_alone(plan, project, declared, there);
                continue;
            }
            plan_member(plan, project, declared, there, &mode);
        }
        if project.members_are_all {
            let maker = observed.projects.get(&project.name).and_then(|project| project.owner_name.as_deref());
            plan_others(plan, project, there, maker);
        }
    }
}

/// Notes what a team would imply about the members of a project that is not ours.
fn leave_alone(
    plan: &mut PlanBuilder<'_>,
    project: &DesiredProject,
    declared: &DesiredMember,
    there: &[ProjectMemberEntity],
) {
    let found = there.iter().find(|entity| is(entity, &declared.member));
    if found.and_then(|entity| entity.role_id) != Some(declared.role_id) {
        let (Member::Group(name) | Member::User(name)) = &declared.member;
        plan.leave_alone(&names::project(&project.name), [format!("member {name}")]);
    }
}

fn plan_member(
    plan: &mut PlanBuilder<'_>,
    project: &DesiredProject,
    declared: &DesiredMember,
    there: &[ProjectMemberEntity],
    mode: &str,
) {
    let object = declared.member.object(&project.name);
    let origin = Origin { cause: &declared.cause, team: project.metadata.team.as_ref() };
    if let Some(found) = there.iter().find(|entity| is(entity, &declared.member)) {
        let (Some(id), Some(role)) = (found.id, found.role_id) else { return };
        if role != declared.role_id {
            let change = FieldChange::new("role", Some(word(role).into()), Some(word(declared.role_id).into()));
            let operation = Operation::UpdateMember(project.name.clone(), id, declared.role_id);
            plan.push(object, Action::Update, change, origin, Dependencies::default(), operation)
                .removes_relation(rank(declared.role_id) < rank(role));
        }
        return;
    }
    let is_group = matches!(declared.member, Member::Group(_));
    if is_group && mode != OIDC_AUTH {
        let message =
            format!("waits for login through OpenID Connect: harbor's mode is `{mode}`, in which no group is known");
        return plan.note(object, message);
    }
    let project_object = names::project(&project.name);
    let dependencies = match &declared.member {
        // The first to name a group makes it; two at once can fail (contract members).
        Member::Group(group) => {
            Dependencies::after([project_object, configuration(AUTH_MODE), ObjectId::new(USER_GROUP, group.as_str())])
                .exclusive_in(ObjectId::new(GROUP_MEMBER, group.as_str()))
        }
        Member::User(user) => Dependencies::after([project_object, ObjectId::new(USER, user.as_str())]),
    };
    let change = FieldChange::new("role", None, Some(word(declared.role_id).into()));
    let operation = Operation::AddMember(project.name.clone(), declared.member.clone(), declared.role_id);
    plan.push(object, Action::Create, change, origin, dependencies, operation);
}

/// Members that a declared list leaves out. Whoever made the project stays (server-behaviour 4).
fn plan_others(
    plan: &mut PlanBuilder<'_>,
    project: &DesiredProject,
    there: &[ProjectMemberEntity],
    maker: Option<&str>,
) {
    for entity in there {
        let (Some(id), Some(name)) = (entity.id, entity.entity_name.clone()) else { continue };
        let member = match entity.entity_type.as_deref() {
            Some("g") => Member::Group(name),
            _ if maker == Some(name.as_str()) => continue,
            _ => Member::User(name),
        };
        if project.members.iter().any(|declared| declared.member == member) {
            continue;
        }
        let operation = Operation::RemoveMember(project.name.clone(), id);
        let origin = Origin::of(&project.metadata);
        plan.remove_relation(member.object(&project.name), "member", origin, Dependencies::default(), operation);
    }
}

fn is(entity: &ProjectMemberEntity, member: &Member) -> bool {
    let name = entity.entity_name.as_deref();
    match member {
        Member::Group(group) => entity.entity_type.as_deref() == Some("g") && name == Some(group),
        Member::User(user) => entity.entity_type.as_deref() == Some("u") && name == Some(user),
    }
}

/// How much a role may do, compared with others. One that is not known may do everything.
const fn rank(role_id: i64) -> u8 {
    match role_id {
        5 => 0,
        3 => 1,
        2 => 2,
        4 => 3,
        _ => 4,
    }
}

/// The role in the values' words.
fn word(role_id: i64) -> String {
    let word = match role_id {
        1 => "projectAdmin",
        2 => "developer",
        3 => "guest",
        4 => "maintainer",
        5 => "limitedGuest",
        other => return other.to_string(),
    };
    word.to_owned()
}
