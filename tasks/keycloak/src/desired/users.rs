//! Local accounts and their memberships.
//!
//! There may be tens of thousands of users: what is the same for many (groups, teams, the file) is shared, and
//! causes are made when a change needs one.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use evenkeel_core::{
    plan::Cause,
    values::{
        Part, SecretValue, ValuePath,
        model::{Keycloak, User},
    },
};
use evenkeel_keycloak_client::types::UserRepresentation;

use super::Reading;
use crate::account::{Account, NICKNAME, Nickname};

/// A local account.
#[derive(Clone, Debug)]
pub struct DesiredUser {
    /// The email in lower case: what the account is known by.
    pub email: Arc<str>,
    /// The account's own fields.
    pub account: Account,
    /// The password at creation, looked up only when the account is made. Most users have none.
    pub initial_password: Option<Box<SecretValue>>,
    /// What the values say about single groups, in the order of the groups' names: the teams of `teams`, and
    /// the group of each declared flag.
    pub memberships: Box<[DesiredMembership]>,
    /// The only team that the user is in.
    pub team: Option<Arc<str>>,
    /// Whether `teams` is declared: then the user is in no other team's group. Groups that no team stands for,
    /// those of other people among them, are left alone.
    teams: Option<Line>,
    /// The position in the list of users.
    index: usize,
    /// Lists of several layers are not merged, so that all about a user is in one file.
    file: Option<Arc<str>>,
    line: Line,
}

/// A line in the user's file, where that has lines.
type Line = Option<u32>;

/// Whether a user is to be in a group.
#[derive(Clone, Debug)]
pub struct DesiredMembership {
    /// The group's path without the first slash.
    pub group: Arc<str>,
    /// In it, or not in it.
    pub member: bool,
    /// The team, for a team's group.
    pub team: Option<Arc<str>>,
    /// The key of the user that says so.
    key: MembershipKey,
    line: Line,
}

/// The keys of a user that say in which groups it is to be.
#[derive(Clone, Copy, Debug)]
enum MembershipKey {
    Teams,
    PlatformAdmin,
    AllTeamsAdmin,
    TeamAdmin,
}

impl MembershipKey {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Teams => "teams",
            Self::PlatformAdmin => "platformAdmin",
            Self::AllTeamsAdmin => "allTeamsAdmin",
            Self::TeamAdmin => "teamAdmin",
        }
    }
}

impl DesiredUser {
    /// The groups that the user is to be in.
    pub fn member_of(&self) -> impl Iterator<Item = &Arc<str>> {
        self.memberships.iter().filter(|membership| membership.member).map(|membership| &membership.group)
    }

    /// Whether the values say something about the user's membership in this group alone.
    #[must_use]
    pub fn mentions(&self, group: &str) -> bool {
        self.memberships.binary_search_by(|membership| (*membership.group).cmp(group)).is_ok()
    }

    /// The fields that are compared with those of an account that is there.
    #[must_use]
    pub fn declared(&self) -> UserRepresentation {
        let email = Some(self.email.as_ref().to_owned());
        UserRepresentation { username: email, ..self.account.representation() }
    }

    /// What is sent to make the user, but for the password: enabled and verified unless declared otherwise, and in
    /// its groups from the start.
    #[must_use]
    pub fn created(&self) -> UserRepresentation {
        let groups: Vec<String> = self.member_of().map(|group| format!("/{group}")).collect();
        UserRepresentation {
            enabled: self.account.enabled.or(Some(true)),
            email_verified: self.account.email_verified.or(Some(true)),
            groups: (!groups.is_empty()).then_some(groups),
            ..self.declared()
        }
    }

    /// The user, about whose nickname nobody says anything.
    #[must_use]
    pub fn without_nickname(&self) -> Self {
        Self { account: Account { nickname: None, ..self.account.clone() }, ..self.clone() }
    }

    /// The value that asks for the user.
    #[must_use]
    pub fn cause(&self) -> Cause {
        Cause { value: format!("users[{}]", self.index), file: self.file.clone(), line: self.line }
    }

    /// The value that asks for a membership.
    #[must_use]
    pub fn cause_of(&self, membership: &DesiredMembership) -> Cause {
        self.cause_of_key(membership.key.as_str(), membership.line)
    }

    /// The value of `teams`, where it is declared.
    #[must_use]
    pub fn cause_of_teams(&self) -> Option<Cause> {
        self.teams.map(|line| self.cause_of_key("teams", line))
    }

    fn cause_of_key(&self, key: &str, line: Line) -> Cause {
        Cause { value: format!("users[{}].{key}", self.index), file: self.file.clone(), line }
    }
}

pub(super) fn desired(reading: &Reading<'_>, keycloak: &Keycloak) -> Vec<Arc<DesiredUser>> {
    let accounts = Accounts::new(reading, keycloak);
    reading.values.users.iter().enumerate().map(|(index, user)| Arc::new(accounts.declared(index, user))).collect()
}

/// What all users have in common, each text once.
struct Accounts<'a> {
    reading: &'a Reading<'a>,
    nicknames: bool,
    /// By the team's id: the group, and the team.
    teams: HashMap<String, (Arc<str>, Arc<str>)>,
    /// The groups that the flags stand for.
    administrators: [Arc<str>; 3],
}

impl<'a> Accounts<'a> {
    fn new(reading: &'a Reading<'a>, keycloak: &Keycloak) -> Self {
        let teams = reading.team_groups().into_iter().map(|(group, team)| (team.as_ref().to_owned(), (group, team)));
        Self {
            reading,
            nicknames: keycloak.implied.nicknames.is_implied(),
            teams: teams.collect(),
            administrators: reading.administrator_names().map(|(_, name)| name.into()),
        }
    }

    fn declared(&self, index: usize, user: &User) -> DesiredUser {
        let path = ValuePath::root().key("users").index(index);
        let email: Arc<str> = user.email.folded().into();
        let place = self.reading.document.part(&path);
        let written = place.location();
        let team = match user.teams.as_deref() {
            Some([only]) => self.teams.get(only.as_str()).map(|(_, team)| Arc::clone(team)),
            _ => None,
        };
        let mut attributes: BTreeMap<Box<str>, Box<[String]>> = user
            .attributes
            .iter()
            .flatten()
            .map(|(name, values)| (name.as_str().into(), without_blanks(values)))
            .collect();
        // One that is declared comes before the one that the email gives.
        let declared = attributes.remove(NICKNAME);
        let account = Account {
            email: Some(Arc::clone(&email)),
            enabled: user.enabled,
            email_verified: user.email_verified,
            first_name: user.first_name.as_deref().map(Into::into),
            last_name: user.last_name.as_deref().map(Into::into),
            nickname: declared.map(Nickname::Values).or_else(|| self.nicknames.then_some(Nickname::OfEmail)),
            attributes,
        };
        DesiredUser {
            email,
            account,
            initial_password: user.initial_password.clone().map(Box::new),
            memberships: self.memberships(&place, user),
            team,
            teams: user.teams.as_ref().map(|_| line_of(&place, MembershipKey::Teams)),
            index,
            line: written.as_ref().and_then(|location| location.line),
            file: written.map(|location| location.file),
        }
    }

    /// The teams that the user is in, and what each flag says about the group that it stands for; an absent
    /// key says nothing. The teams that the user is not in are not listed: there may be thousands.
    fn memberships(&self, place: &Part<'_>, user: &User) -> Box<[DesiredMembership]> {
        let teams = user.teams.iter().flatten().filter_map(|id| self.teams.get(id.as_str()));
        let teams = teams.map(|(group, team)| (group, true, Some(Arc::clone(team)), MembershipKey::Teams));
        let flags = [
            (MembershipKey::PlatformAdmin, user.platform_admin),
            (MembershipKey::AllTeamsAdmin, user.all_teams_admin),
            (MembershipKey::TeamAdmin, user.team_admin),
        ];
        let flags = self.administrators.iter().zip(flags);
        let flags = flags.filter_map(|(group, (key, member))| Some((group, member?, None, key)));
        let membership = |(group, member, team, key)| {
            let group = Arc::clone(group);
            DesiredMembership { group, member, team, key, line: line_of(place, key) }
        };
        let mut memberships: Vec<DesiredMembership> = teams.chain(flags).map(membership).collect();
        memberships.sort_by(|one, two| one.group.cmp(&two.group));
        memberships.dedup_by(|one, two| one.group == two.group);
        memberships.into()
    }
}

/// Keycloak drops blank values without a word (seen on 26.7.3 and 26.0.7).
fn without_blanks(values: &[String]) -> Box<[String]> {
    values.iter().filter(|value| !value.trim().is_empty()).cloned().collect()
}

fn line_of(user: &Part<'_>, key: MembershipKey) -> Line {
    user.location_of(key.as_str())?.line
}
