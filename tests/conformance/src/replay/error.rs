//! Why a replay does not come to its end.

use super::contract::Contract;

/// Why a contract was not replayed to its end.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// No HTTP client could be made.
    #[error("no HTTP client could be made: {0}")]
    Client(reqwest::Error),
    /// A request got no answer.
    #[error("there was no answer: {0}")]
    NoAnswer(reqwest::Error),
    /// The file asks the replayer for a value that it was not given.
    #[error("contract `{file}` needs a value for `{name}`")]
    NotGiven {
        /// The contract file.
        file: String,
        /// The variable.
        name: String,
    },
    /// Something has to happen to the server, and did not.
    #[error("contract `{file}`: `{event}` did not happen: {reason}")]
    NotHappened {
        /// The contract file.
        file: String,
        /// What should have happened.
        event: String,
        /// Why it did not.
        reason: String,
    },
    /// The file contradicts itself.
    #[error("contract `{file}` is broken: {reason}")]
    Broken {
        /// The contract file.
        file: String,
        /// What is wrong with it.
        reason: String,
    },
}

impl Contract {
    pub(crate) fn broken(&self, reason: String) -> ReplayError {
        ReplayError::Broken { file: self.file.clone(), reason }
    }
}
