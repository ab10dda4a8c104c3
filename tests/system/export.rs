//! `evenkeel … export` as people run it: what it writes, where, and what it says.

mod harbor;
mod keycloak;
