//! One suite that runs against the sandbox and, unchanged, against real servers.
//!
//! * [`replay`] sends recorded exchanges again and reports every disagreement;
//! * [`contracts`] holds the recorded exchanges;
//! * [`scenario`] is what the suite is made of, and [`table`] what it prints;
//! * [`keycloak`], [`gitea`], [`harbor`] and [`kubernetes`] clear a real server between scenarios, each of which assumes a fresh one.
//!
//! * [`live`] runs the task itself and meddles behind its back.
//!
//! The suite is a second witness: but for the live scenarios' runs, it shares neither transport nor client nor types with what
//! it judges.

pub mod contracts;
pub mod gitea;
pub mod harbor;
pub mod keycloak;
pub mod kubernetes;
pub mod live;
pub mod replay;
pub mod scenario;
pub mod table;
