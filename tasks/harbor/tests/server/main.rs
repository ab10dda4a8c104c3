//! The Harbor task against a Harbor that behaves as the real one: one test for each habit of the server that the task has to
//! live with, named after what would go wrong.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod calls;
mod configuration;
mod cost;
mod declarations;
mod first_contact;
mod former;
mod inside;
mod login;
mod members;
mod ours;
mod projects;
mod prune;
mod published;
mod registries;
mod replications;
mod retention;
mod rights;
mod robots;
mod secrets;
mod settings;
mod stage;
mod system;
mod users;
mod webhooks;
