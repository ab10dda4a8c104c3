//! What every part of the composition knows, and to what it adds.

use evenkeel_engine::export::{Composer, Place};
use evenkeel_transport::check_segment;

use super::{decisions::Decisions, found::Found, fresh::Fresh, implied::ImpliedFields, left_out::LeftOut};
use crate::desired::Administration;

/// Values in the making, and what they are made of.
pub(super) struct Composing<'a> {
    pub(super) place: &'a Place<Administration>,
    pub(super) found: &'a Found,
    pub(super) fresh: &'a Fresh,
    pub(super) implied: &'a ImpliedFields,
    pub(super) decisions: &'a Decisions,
    pub(super) composer: Composer<'a>,
}

impl<'a> Composing<'a> {
    /// Notes what is there and cannot be declared.
    pub(super) fn remark(&mut self, left_out: impl Into<LeftOut>) {
        self.composer.remark(left_out.into().to_string());
    }

    /// Whether values can name an object; one that they cannot is told.
    pub(super) fn can_name(&mut self, kind: &str, name: &str) -> bool {
        match check_segment(name) {
            Ok(()) => true,
            Err(why) => {
                self.remark(LeftOut::Unnameable { kind: kind.to_owned(), name: name.to_owned(), why });
                false
            }
        }
    }

    /// Whether values can have a list with all of these names; one that they cannot is told. A declared list is the whole list, so
    /// that one name must not be missing.
    pub(super) fn can_list<'n>(&mut self, what: &str, names: impl IntoIterator<Item = &'n String>) -> bool {
        let refused = names.into_iter().find_map(|name| Some((name, check_segment(name).err()?)));
        if let Some((name, why)) = refused {
            self.remark(LeftOut::ListOfUnnameable { list: what.to_owned(), name: name.clone(), why });
        }
        refused.is_none()
    }

    /// Whether a role or group of this name follows from a team, or from the platform's names.
    pub(super) fn is_implied(&self, name: &str) -> bool {
        let names = &self.place.names;
        let administrators = [&names.platform_admin, &names.all_teams_admin, &names.team_admin];
        let team = name.strip_prefix(names.team_prefix.as_str());
        self.decisions.administrators && administrators.iter().any(|administrator| administrator.as_str() == name)
            || team.is_some_and(|team| self.decisions.teams.contains(team))
    }

    /// Whether several users may have one email address.
    pub(super) fn shares_emails(&self) -> bool {
        self.found.realm.as_ref().and_then(|realm| realm.duplicate_emails_allowed) == Some(true)
    }

    /// The role that every user has, and with it those inside.
    pub(super) fn default_role(&self) -> Option<&'a str> {
        self.found.realm.as_ref()?.default_role.as_ref()?.name.as_deref()
    }
}
