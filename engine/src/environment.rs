//! The environment of this process: the one place that reads it.

use std::ffi::OsString;

/// A variable of the environment by which a process is configured; an empty one is as good as none.
pub(crate) fn environment_variable(name: &str) -> Option<OsString> {
    any_variable(name).filter(|value| !value.is_empty())
}

/// A variable of the environment, where an empty one says something too.
#[expect(clippy::disallowed_methods, reason = "this is the one look at the environment")]
pub(crate) fn any_variable(name: &str) -> Option<OsString> {
    // A name with `=` or NUL in it cannot be a variable's, and `var_os` answers `None` to it.
    std::env::var_os(name)
}
