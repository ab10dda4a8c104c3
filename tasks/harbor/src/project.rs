//! Objects that live in a project, each a plain kind: one file with how it is listed, compared and written.

mod immutable_rules;
mod labels;
mod webhooks;

use evenkeel_engine::plain::AnyKind;

pub(crate) use immutable_rules::{ImmutableRule, ImmutableRules};
pub(crate) use labels::Labels;
pub(crate) use webhooks::{Webhook, Webhooks};

use crate::Harbor;

/// All of them, in the order in which they are planned.
static KINDS: [&dyn AnyKind<Harbor>; 3] = [&ImmutableRules, &Webhooks, &Labels];

/// All of them.
pub(crate) fn kinds() -> impl Iterator<Item = &'static dyn AnyKind<Harbor>> {
    KINDS.into_iter()
}
