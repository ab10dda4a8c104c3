//! Local accounts and their memberships.
//!
//! There may be tens of thousands of users: what is the same for many (groups, teams, the file) is shared, and
//! causes are made when a change needs one.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

use evenkeel_core::{
    plan::Cause,
    reading::Reading,
    values::{
        AddressableName, GroupPath, Part, SecretValue, TeamId, ValuePath,
        model::{Keycloak, User},
    },
};
use evenkeel_keycloak_client::types::UserRepresentation;

use super::{DesiredTies, platform, ties::refuse_implied_groups};
use crate::account::{Account, NICKNAME, Nickname};

/// A local account.
#[derive(Clone, Debug)]
pub struct DesiredUser {
    /// What the account is known by, in lower case: the user name, or the email where none is declared.
    pub name: Arc<str>,
    /// The account's own fields.
    pub account: Account,
    /// The password at creation, looked up only when the account is made. Most users have none.
    pub initial_password: Option<Box<SecretValue>>,
    /// What the values say about single groups, in the order of the groups' names: the teams of `teams`, and
    /// the group of each declared flag.
    pub memberships: Box<[DesiredMembership]>,
    /// What else the user is tied to, if any of it is declared.
    pub ties: Option<Box<DesiredTies>>,
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
    Groups,
}

impl MembershipKey {
    /// Those of administrators, from most rights to least.
    const FLAGS: [Self; 3] = [Self::PlatformAdmin, Self::AllTeamsAdmin, Self::TeamAdmin];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Teams => "teams",
            Self::PlatformAdmin => "platformAdmin",
            Self::AllTeamsAdmin => "allTeamsAdmin",
            Self::TeamAdmin => "teamAdmin",
            Self::Groups => "groups",
        }
    }
}

impl DesiredMembership {
    /// Whether a new user is made in the group: what the values imply is there by then. A path that they only name may lead
    /// nowhere, which must not keep the account from being made.
    #[must_use]
    pub const fn comes_along(&self) -> bool {
        self.member && !self.is_by_path()
    }

    /// Whether the values name the group by its path.
    #[must_use]
    pub const fn is_by_path(&self) -> bool {
        matches!(self.key, MembershipKey::Groups)
    }
}

impl DesiredUser {
    /// The groups that the user is to be in from the start.
    pub fn member_of(&self) -> impl Iterator<Item = &Arc<str>> {
        self.memberships.iter().filter(|membership| membership.comes_along()).map(|membership| &membership.group)
    }

    /// Whether the values list the groups that the user is in.
    #[must_use]
    pub fn lists_groups(&self) -> bool {
        self.ties.as_ref().is_some_and(|ties| ties.groups)
    }

    /// Whether the values say something about the user's membership in this group alone.
    #[must_use]
    pub fn mentions(&self, group: &str) -> bool {
        self.memberships.binary_search_by(|membership| (*membership.group).cmp(group)).is_ok()
    }

    /// The fields that are compared with those of an account that is there.
    #[must_use]
    pub fn declared(&self) -> UserRepresentation {
        let username = Some(self.name.as_ref().to_owned());
        UserRepresentation { username, ..self.account.representation() }
    }

    /// What is sent to make the user, but for the password: enabled, and its email verified, unless declared otherwise, and in
    /// its groups from the start.
    #[must_use]
    pub fn created(&self) -> UserRepresentation {
        let groups: Vec<String> = self.member_of().map(|group| format!("/{group}")).collect();
        UserRepresentation {
            enabled: self.account.enabled.or(Some(true)),
            email_verified: self.account.email_verified.or(self.account.email.as_ref().map(|_| true)),
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

    /// The value of `groups`, which is the whole list.
    #[must_use]
    pub fn cause_of_groups(&self) -> Cause {
        self.cause_of_key("groups", self.line)
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
    /// The keys of a user that say whether it is in a group that the values imply.
    implied: HashMap<Arc<str>, MembershipKey>,
}

impl<'a> Accounts<'a> {
    fn new(reading: &'a Reading<'a>, keycloak: &Keycloak) -> Self {
        let teams =
            platform::team_groups(reading).into_iter().map(|(group, team)| (team.as_ref().to_owned(), (group, team)));
        let administrators: [Arc<str>; 3] = platform::administrator_names(reading).map(|(_, name)| name.into());
        let of_teams = platform::team_groups(reading).into_keys().map(|group| (group, MembershipKey::Teams));
        let of_flags = administrators.iter().cloned().zip(MembershipKey::FLAGS);
        let implied = of_teams.chain(of_flags).collect();
        Self {
            reading,
            nicknames: keycloak.implied.nicknames.is_implied(),
            teams: teams.collect(),
            administrators,
            implied,
        }
    }

    fn declared(&self, index: usize, user: &User) -> DesiredUser {
        let path = ValuePath::root().key("users").index(index);
        let name: Arc<str> = user.name().into();
        let email = user.email.as_ref().map(|email| shared(&name, email.folded()));
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
        let derives = self.nicknames && email.is_some();
        let account = Account {
            username: user.username.as_ref().map(|_| Arc::clone(&name)),
            enabled: user.enabled,
            email_verified: user.email_verified,
            first_name: user.first_name.as_deref().map(Into::into),
            last_name: user.last_name.as_deref().map(Into::into),
            nickname: declared.map(Nickname::Values).or_else(|| derives.then_some(Nickname::OfEmail)),
            email,
            attributes,
            required_actions: user.required_actions.as_deref().map(each_once),
        };
        check_lists(self.reading, user, &path);
        refuse_implied_groups(self.reading, user, &path, |group| self.implied.get(group).map(|key| key.as_str()));
        DesiredUser {
            name,
            account,
            initial_password: user.initial_password.clone().map(Box::new),
            memberships: self.memberships(&place, user),
            ties: DesiredTies::of(self.reading, user, &path),
            team,
            teams: user.teams.as_ref().map(|_| line_of(&place, MembershipKey::Teams)),
            index,
            line: written.as_ref().and_then(|location| location.line),
            file: written.map(|location| location.file),
        }
    }

    /// The teams that the user is in, the groups that it lists by path, and what each flag says about the group that it stands for; an absent
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
        let implied = teams.chain(flags).map(|(group, member, team, key)| (Arc::clone(group), member, team, key));
        let by_path = user.groups.iter().flatten().map(|path| path.relative().into());
        let by_path = by_path.map(|group| (group, true, None, MembershipKey::Groups));
        let membership =
            |(group, member, team, key)| DesiredMembership { group, member, team, key, line: line_of(place, key) };
        let mut memberships: Vec<DesiredMembership> = implied.chain(by_path).map(membership).collect();
        memberships.sort_by(|one, two| one.group.cmp(&two.group));
        memberships.dedup_by(|one, two| one.group == two.group);
        memberships.into()
    }
}

/// Each team, group and action once. Roles are looked at where they are read.
fn check_lists(reading: &Reading<'_>, user: &User, path: &ValuePath) {
    if let Some(teams) = &user.teams {
        reading.each_named_once(teams.iter().map(TeamId::as_str).enumerate(), &path.clone().key("teams"));
    }
    if let Some(groups) = &user.groups {
        reading.each_named_once(groups.iter().map(GroupPath::relative).enumerate(), &path.clone().key("groups"));
    }
    if let Some(actions) = &user.required_actions {
        let actions = actions.iter().map(AddressableName::as_str).enumerate();
        reading.each_named_once(actions, &path.clone().key("requiredActions"));
    }
}

/// Keycloak drops blank values without a word (seen on 26.7.3 and 26.0.7).
fn without_blanks(values: &[String]) -> Box<[String]> {
    values.iter().filter(|value| !value.trim().is_empty()).cloned().collect()
}

/// The name again, where the text is the same: it is held once.
fn shared(name: &Arc<str>, text: String) -> Arc<str> {
    if **name == *text { Arc::clone(name) } else { text.into() }
}

fn each_once(names: &[AddressableName]) -> Box<[Box<str>]> {
    let names: BTreeSet<&str> = names.iter().map(AddressableName::as_str).collect();
    names.into_iter().map(Into::into).collect()
}

fn line_of(user: &Part<'_>, key: MembershipKey) -> Line {
    user.location_of(key.as_str())?.line
}
