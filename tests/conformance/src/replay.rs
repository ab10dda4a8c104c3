//! Replays contracts: recorded exchanges with a real server, sent again to any server that claims to be the same.
//!
//! The rules are those of `tests/contracts/README.md`. What a replay finds is a list of [`Disagreement`]s; none means that
//! the server answered as the recorded one did, in status, headers and body, step for step.
//!
//! ```no_run
//! # async fn replay() -> Result<(), Box<dyn std::error::Error>> {
//! use evenkeel_conformance::{contracts, replay::Replayer};
//!
//! let replayer = Replayer::new("http://127.0.0.1:8080")?
//!     .given("admin_user", "admin".into())
//!     .given("admin_password", "correct horse".into());
//! for contract in contracts::keycloak()? {
//!     let replay = replayer.replay(&contract).await?;
//!     assert!(replay.disagreements.is_empty(), "{replay}");
//! }
//! # Ok(())
//! # }
//! ```

mod answer;
mod compare;
mod contract;
mod error;
mod ordered;
mod pattern;
mod pointer;
mod report;
mod run;
mod send;
mod variables;

pub use contract::{
    BodyIs, Claims, Contract, ContractError, Credential, Event, Exchange, Keep, Request, Response, Step, StepUnordered,
    Until, Watch,
};
pub use error::ReplayError;
pub use ordered::OrderedJson;
pub use report::{Disagreement, Replay};
pub use run::{Happening, LeftOut, PlayedClock, Replayer, Waiting};
pub(crate) use send::client as plain_client;
