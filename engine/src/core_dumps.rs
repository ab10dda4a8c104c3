//! No core dumps: a copy of the memory on a disk would be a copy of every secret in it.

/// Asks the system to write none of this process, where it can be asked. A command that takes its place is not concerned.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub(crate) fn forbid() {
    use rustix::process::{DumpableBehavior, set_dumpable_behavior};
    // Not by the limit of their size: it does not count where dumps go to a program, and a command would inherit it.
    if let Err(error) = set_dumpable_behavior(DumpableBehavior::NotDumpable) {
        tracing::debug!("core dumps stay possible: {error}");
    }
}

/// Asks the system to write none of this process.
#[cfg(all(unix, not(any(target_os = "linux", target_os = "android"))))]
pub(crate) fn forbid() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = Rlimit { current: Some(0), ..getrlimit(Resource::Core) };
    if let Err(error) = setrlimit(Resource::Core, limit) {
        tracing::debug!("core dumps stay possible: {error}");
    }
}

/// The system writes none unless somebody has asked for them.
#[cfg(not(unix))]
pub(crate) fn forbid() {}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use rustix::process::{DumpableBehavior, dumpable_behavior};

    #[test]
    fn the_memory_of_a_process_with_secrets_is_never_written_to_a_disk() {
        super::forbid();
        assert_eq!(dumpable_behavior().unwrap(), DumpableBehavior::NotDumpable);
    }
}
