//! What is taken out of everything that this process tells.

use std::sync::LazyLock;

use evenkeel_transport::Mask;

/// The secrets of this process, which has one standard output and one standard error.
static SECRETS: LazyLock<Mask> = LazyLock::new(Mask::default);

/// What is taken out of everything that this process tells.
#[must_use]
pub fn mask() -> &'static Mask {
    &SECRETS
}
