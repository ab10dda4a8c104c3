//! What every part of the composition knows, and to what it adds.

use evenkeel_core::values::{AddressableName, ObjectName};
use evenkeel_engine::export::{Composer, Place};

use super::decisions::Decisions;
use crate::{
    desired::Administration,
    names::{AUTH_MODE, CONFIGURATION, ROBOT_NAME_PREFIX},
    observe::Observed,
};

/// Values in the making, and what they are made of.
pub(super) struct Composing<'a> {
    pub(super) place: &'a Place<Administration>,
    pub(super) observed: &'a Observed,
    pub(super) decisions: &'a Decisions,
    pub(super) composer: Composer<'a>,
}

impl<'a> Composing<'a> {
    /// Whether values can name an object; one that they cannot is told.
    pub(super) fn can_name(&mut self, kind: &str, name: &str, project: &str) -> bool {
        let can = AddressableName::parse(name).is_ok();
        if !can {
            self.composer.remark(format!("{kind} {name:?} of project `{project}`, whose name values do not take"));
        }
        can
    }

    /// Whether values may declare a key of the configuration.
    pub(super) fn may_declare_key(&self, key: &str) -> bool {
        let mut not_kept = self.composer.not_kept.iter();
        !not_kept.any(|(object, field)| *object.kind() == CONFIGURATION && field == Some(key))
    }

    /// The login mode of the server.
    pub(super) fn auth_mode(&self) -> &'a str {
        self.observed.configuration.text(AUTH_MODE)
    }

    /// The prefix of robots as a name of the platform, where it can be one.
    pub(super) fn prefix(&self) -> Option<&'a str> {
        let prefix = self.observed.configuration.text(ROBOT_NAME_PREFIX);
        ObjectName::parse(prefix).is_ok().then_some(prefix)
    }
}
