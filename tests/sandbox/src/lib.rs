//! Stateful stand-ins of the applications, over real HTTP.
