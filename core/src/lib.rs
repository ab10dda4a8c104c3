//! The pure part of evenkeel: what people declare, how it differs from what is there, and what follows.
//!
//! Data flows one way: [`values`] become a task's desired state; desired and observed state go
//! through [`diff`] into a [`plan`]; applying a plan gives a [`report`]. Nothing here reads a file,
//! a clock or the network, so that every decision can be tested by calling a function.

pub mod cause;
pub mod declared;
pub mod diff;
pub mod field;
pub mod field_path;
pub mod memory;
pub mod object;
pub mod overlay;
pub mod plan;
pub mod reading;
pub mod report;
pub mod text;
pub mod values;
