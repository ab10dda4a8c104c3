//! The members that a project's values declare.

use evenkeel_core::values::{
    Problems, ValuePath,
    model::{HarborMember, HarborProject},
};

use super::{
    DesiredMember, Member,
    lengths::{Column, check},
    reading::Reading,
};

/// Each member once: with two roles it would get one in this run, and the other in the next.
pub(super) fn declared_members(
    reading: &Reading<'_>,
    declared: &HarborProject,
    path: &ValuePath,
) -> Result<Vec<DesiredMember>, Problems> {
    let mut problems = Problems::default();
    let mut members: Vec<DesiredMember> = Vec::new();
    for (index, member) in declared.members.iter().flatten().enumerate() {
        let path = path.clone().index(index);
        if let Some(group) = &member.group {
            problems.take(check(reading, &path, [(Column::Group, group.as_str())]));
        }
        let Some(member) = problems.take(declared_member(reading, member, &path)) else { continue };
        if members.iter().any(|other| other.member == member.member) {
            let problem = reading.problem(&path, "this member is declared twice");
            problems.push(problem.with_hint("write it once, with the role that it shall have"));
        }
        members.push(member);
    }
    problems.into_result(members)
}

fn declared_member(
    reading: &Reading<'_>,
    declared: &HarborMember,
    path: &ValuePath,
) -> Result<DesiredMember, Problems> {
    let member = match (&declared.group, &declared.user) {
        (Some(group), None) => Member::Group(group.to_string()),
        (None, Some(user)) => Member::User(user.to_string()),
        _ => {
            let problem = reading.problem(path, "a member is a group or a user");
            return Err(problem.with_hint("write exactly one of `group` and `user`").into());
        }
    };
    Ok(DesiredMember { member, role_id: declared.role.id(), is_implied: false, cause: reading.cause(path) })
}
