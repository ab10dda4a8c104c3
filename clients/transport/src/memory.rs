//! How much memory the answers of servers may leave in this process.
//!
//! Caps on answers and lists say what each may hold. What a run keeps of all of them depends on the run, so that it is measured
//! and not computed: a process that has called [`guard_memory`] takes no further answer once it has grown by more than
//! a run may grow.

use std::{
    fs,
    sync::{
        OnceLock,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use crate::limits::{MIB, MOST_GROWTH_BYTES, TooMuch};

/// How many bytes come in between two looks at the memory: looking costs as much as a hundred kilobytes.
const UNMEASURED: usize = 4 * MIB;

static GUARDED: AtomicBool = AtomicBool::new(false);
static CEILING: OnceLock<usize> = OnceLock::new();
static SINCE: AtomicUsize = AtomicUsize::new(0);

/// Bounds what answers of servers may leave in the memory of this process, for every session and cluster in it. It is for
/// processes that make one run: other work in the process would be counted as the run's.
///
/// It needs Linux's `/proc`; elsewhere the caps on each answer and each list are all there is.
pub fn guard_memory() {
    GUARDED.store(true, Ordering::Relaxed);
}

/// Makes sure that there is room for so many bytes more.
pub(crate) fn take(bytes: usize) -> Result<(), TooMuch> {
    if !GUARDED.load(Ordering::Relaxed) {
        return Ok(());
    }
    let is_first = CEILING.get().is_none();
    if !is_first && SINCE.fetch_add(bytes, Ordering::Relaxed).saturating_add(bytes) < UNMEASURED {
        return Ok(());
    }
    SINCE.store(0, Ordering::Relaxed);
    let Some(resident) = resident() else { return Ok(()) };
    let ceiling = *CEILING.get_or_init(|| ceiling(resident));
    if resident.saturating_add(bytes) > ceiling { Err(TooMuch::Memory) } else { Ok(()) }
}

const fn ceiling(begin: usize) -> usize {
    let more = if begin > MOST_GROWTH_BYTES / 2 { begin.saturating_mul(2) } else { MOST_GROWTH_BYTES };
    begin.saturating_add(more)
}

/// The memory that this process has now, in bytes, as Linux counts it.
fn resident() -> Option<usize> {
    resident_of(&fs::read_to_string("/proc/self/status").ok()?)
}

fn resident_of(status: &str) -> Option<usize> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<usize>().ok()?.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn larger_values_may_be_followed_by_larger_answers() {
        assert_eq!(ceiling(20 * MIB), 148 * MIB);
        assert_eq!(ceiling(64 * MIB), 192 * MIB);
        assert_eq!(ceiling(300 * MIB), 900 * MIB);
    }

    #[test]
    fn the_memory_of_a_process_is_read_as_linux_writes_it() {
        assert_eq!(resident_of("Name:\tevenkeel\nVmHWM:\t   9000 kB\nVmRSS:\t    8192 kB\n"), Some(8 * MIB));
        assert_eq!(resident_of("Name:\tevenkeel\n"), None);
    }
}
