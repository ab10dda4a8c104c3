//! What the answers of servers may hold at most, and what is said of those that hold more.

/// The most memory that the values of one answer may need, as `Weight::memory` in `answer` estimates it.
pub(crate) const MOST_VALUES_BYTES: usize = 64 * MIB;
/// The most bytes of all answers of a session together: a million accounts, read three times, are less than half of it.
pub(crate) const MOST_BYTES: u64 = 4 * 1024 * MIB as u64;
/// The most rows of all answers of a session together.
pub(crate) const MOST_ROWS: u64 = 10_000_000;
/// The most answers of a session: a first run for 20,000 users needs 26,094.
pub(crate) const MOST_ANSWERS: u64 = 1_000_000;
/// How many bytes a process may grow from its first answer on. One whose values were larger than half of it may grow by twice of
/// what it had: what is read and planned then is larger as well.
pub(crate) const MOST_GROWTH_BYTES: usize = 128 * MIB;

pub(crate) const MIB: usize = 1024 * 1024;

/// Why an answer is not read any further. Another attempt would end alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TooMuch {
    /// The answer's text is too long.
    #[error("the answer is larger than {0} bytes")]
    Bytes(usize),
    /// The answer's text is short enough, but what would be made of it is not.
    #[error("the answer has too many values: they would need more than {} MiB of memory", MOST_VALUES_BYTES / MIB)]
    Values,
    /// All answers of the run together are too long.
    #[error("the answers of this run are larger than {} GiB together", MOST_BYTES / 1024 / MIB as u64)]
    RunBytes,
    /// All answers of the run together have too many rows.
    #[error("the answers of this run have more than {MOST_ROWS} rows together")]
    RunRows,
    /// The run has asked too much.
    #[error("this run has had more than {MOST_ANSWERS} answers")]
    RunAnswers,
    /// What the answers of the run have left in memory is too much.
    #[error("what the server answers needs more memory than a run may take: {} MiB, or twice its own values", MOST_GROWTH_BYTES / MIB)]
    Memory,
}
