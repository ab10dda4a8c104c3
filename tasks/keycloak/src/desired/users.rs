//! Local accounts and their memberships.

use std::{collections::BTreeMap, sync::Arc};

use evenkeel_core::{
    plan::Cause,
    values::{
        SecretValue, ValuePath,
        model::{Keycloak, User},
    },
};
use evenkeel_keycloak_client::types::UserRepresentation;

use super::{Declared, Reading};

/// A local account.
#[derive(Clone, Debug)]
pub struct DesiredUser {
    /// The email in lower case: what the account is known by.
    pub email: String,
    /// The account's own fields.
    pub user: Declared<UserRepresentation>,
    /// The password at creation, looked up only when the account is made.
    pub initial_password: Option<SecretValue>,
    /// What the values say about single groups: the teams of `teams`, and the group of each declared flag.
    pub memberships: BTreeMap<String, DesiredMembership>,
    /// The value of `teams`, where it is declared: then the user is in no other team's group. Groups that
    /// no team stands for, those of other people among them, are left alone.
    pub teams: Option<Cause>,
}

/// Whether a user is to be in a group.
#[derive(Clone, Debug)]
pub struct DesiredMembership {
    /// In it, or not in it.
    pub member: bool,
    /// The value that says so.
    pub cause: Cause,
    /// The team, for a team's group.
    pub team: Option<Arc<str>>,
}

impl DesiredUser {
    /// The groups that the user is to be in.
    pub fn member_of(&self) -> impl Iterator<Item = &str> {
        self.memberships.iter().filter(|(_, membership)| membership.member).map(|(group, _)| group.as_str())
    }
}

pub(super) fn desired(reading: &Reading<'_>, keycloak: &Keycloak) -> Vec<DesiredUser> {
    reading
        .values
        .users
        .iter()
        .enumerate()
        .map(|(index, user)| {
            account(reading, &ValuePath::root().key("users").index(index), user, keycloak.implied.nicknames)
        })
        .collect()
}

fn account(reading: &Reading<'_>, path: &ValuePath, user: &User, nicknames: bool) -> DesiredUser {
    let email = user.email.folded();
    let value = UserRepresentation {
        username: Some(email.clone()),
        email: Some(email.clone()),
        email_verified: Some(true),
        enabled: user.enabled,
        first_name: user.first_name.clone(),
        last_name: user.last_name.clone(),
        attributes: nicknames.then(|| BTreeMap::from([("nickname".to_owned(), vec![nickname(&email)])])),
        ..Default::default()
    };
    let team = match user.teams.as_deref() {
        Some([only]) => Some(only.as_str().into()),
        _ => None,
    };
    DesiredUser {
        email,
        user: Declared::new(value, reading.cause(path)).of_team(team),
        initial_password: user.initial_password.clone(),
        memberships: memberships(reading, path, user),
        teams: user.teams.as_ref().map(|_| reading.cause(&path.clone().key("teams"))),
    }
}

/// The teams that the user is in, and what each flag says about the group that it stands for; an absent key
/// says nothing. The teams that the user is not in are not listed: there may be thousands.
fn memberships(reading: &Reading<'_>, path: &ValuePath, user: &User) -> BTreeMap<String, DesiredMembership> {
    let mut memberships = BTreeMap::new();
    if let Some(teams) = &user.teams {
        let cause = reading.cause(&path.clone().key("teams"));
        for id in teams {
            let membership = DesiredMembership { member: true, cause: cause.clone(), team: Some(id.as_str().into()) };
            memberships.insert(reading.values.platform.names.team(id), membership);
        }
    }
    let flags = [
        ("platformAdmin", user.platform_admin),
        ("allTeamsAdmin", user.all_teams_admin),
        ("teamAdmin", user.team_admin),
    ];
    for ((_, group), (key, flag)) in reading.administrator_names().into_iter().zip(flags) {
        if let Some(member) = flag {
            let cause = reading.cause(&path.clone().key(key));
            memberships.insert(group, DesiredMembership { member, cause, team: None });
        }
    }
    memberships
}

/// The email in the form that Gitea takes for a user name: `@` and `.` become `-`, other characters
/// than letters, digits, `-` and `_` go, a run of separators becomes one `-`, none stand at the ends.
fn nickname(email: &str) -> String {
    let mut name = String::with_capacity(email.len());
    for character in email.chars() {
        let separator = matches!(character, '@' | '.' | '-' | '_');
        if separator && name.ends_with(['-', '_']) {
            name.pop();
            name.push('-');
        } else if separator {
            name.push(if character == '_' { '_' } else { '-' });
        } else if character.is_ascii_alphanumeric() {
            name.push(character.to_ascii_lowercase());
        }
    }
    name.trim_matches(['-', '_']).to_owned()
}

#[cfg(test)]
mod tests {
    use super::nickname;

    #[test]
    fn a_nickname_is_a_user_name_that_gitea_takes() {
        for (email, expected) in [
            ("ada@example.com", "ada-example-com"),
            ("a.b+c@example.com", "a-bc-example-com"),
            ("__a..b@@x.io.", "a-b-x-io"),
            ("a_.b@x.io", "a-b-x-io"),
            ("Grace_H@Example.com", "grace_h-example-com"),
        ] {
            assert_eq!(nickname(email), expected, "{email}");
        }
    }
}
