//! The suite on the sandbox, and the replayer by itself.

mod gitea_contracts;
mod gitea_suite;
mod harbor_baseline;
mod harbor_contracts;
mod harbor_suite;
mod keycloak_contracts;
mod keycloak_live;
mod kubernetes_contracts;
mod replayer;
