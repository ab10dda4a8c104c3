//! Patterns as values have them: each under the key that says how it selects.

use evenkeel_engine::export::document::Node;

use crate::desired::Pattern;

/// A pattern under the key that says how it selects, unless it is everything.
pub(super) fn pattern(
    pattern: &Pattern,
    matches: &'static str,
    excludes: &'static str,
) -> (&'static str, Option<Node>) {
    let (key, node) = named(pattern, matches, excludes);
    (key, node.filter(|_| !pattern.is_everything()))
}

/// A pattern under the key that says how it selects.
pub(super) fn named(pattern: &Pattern, matches: &'static str, excludes: &'static str) -> (&'static str, Option<Node>) {
    let key = if matches!(pattern, Pattern::Matches(_)) { matches } else { excludes };
    (key, Some(Node::Text(pattern.text().to_owned())))
}
