//! Several Secrets that would become one copy: `copy-{namespace}-{name}` is `copy-a-b-c` for `a/b-c` and for `a-b/c`.
//!
//! They must not take turns, and whoever may name Secrets in one namespace must not get into a copy of another one: a copy stays with
//! the source that it names.

use crate::{observe::ObservedCopy, wanted::Wanted};

/// The one that counts, and the others as people read them. Without a copy that names one of them, none counts more than the others.
pub(super) fn settle<'a>(candidates: &[Wanted<'a>], copy: Option<&ObservedCopy>) -> (Wanted<'a>, Option<String>) {
    let named = copy.and_then(|copy| copy.marks.source());
    let chosen = candidates.iter().find(|candidate| Some(candidate.source) == named.as_ref()).unwrap_or(&candidates[0]);
    let others: Vec<String> = candidates
        .iter()
        .filter(|candidate| candidate.source != chosen.source)
        .map(|candidate| format!("`{}`", candidate.source))
        .collect();
    (*chosen, (!others.is_empty()).then(|| others.join(", ")))
}
