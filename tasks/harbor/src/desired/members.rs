//! The members that a project's values declare.

use evenkeel_core::{
    object::ObjectId,
    plan::Cause,
    reading::Reading,
    values::{
        ValuePath,
        model::{HarborMember, HarborProject},
    },
};

use super::lengths::{Column, check};
use crate::names::{GROUP_MEMBER, USER_MEMBER};

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

/// Each member once: with two roles it would get one in this run, and the other in the next.
pub(super) fn declared_members(
    reading: &Reading<'_>,
    declared: &HarborProject,
    path: &ValuePath,
) -> Vec<DesiredMember> {
    let mut members: Vec<DesiredMember> = Vec::new();
    for (index, declared) in declared.members.iter().flatten().enumerate() {
        let path = path.clone().index(index);
        if let Some(group) = &declared.group {
            check(reading, &path, [(Column::Group, group.as_str())]);
        }
        let Some(member) = declared_member(reading, declared, &path) else { continue };
        if members.iter().any(|other| other.member == member) {
            let problem = reading.problem(&path, "this member is declared twice");
            reading.report(problem.with_hint("write it once, with the role that it shall have"));
        }
        let cause = reading.cause(&path);
        members.push(DesiredMember { member, role_id: declared.role.id(), is_implied: false, cause });
    }
    members
}

fn declared_member(reading: &Reading<'_>, declared: &HarborMember, path: &ValuePath) -> Option<Member> {
    match (&declared.group, &declared.user) {
        (Some(group), None) => Some(Member::Group(group.to_string())),
        (None, Some(user)) => Some(Member::User(user.to_string())),
        _ => {
            let problem = reading.problem(path, "a member is a group or a user");
            reading.report(problem.with_hint("write exactly one of `group` and `user`"));
            None
        }
    }
}
