//! Our OpenAPI documents, held against those of the applications.

mod check;
mod gitea_spec;
mod harbor_spec;
mod keycloak_spec;
mod swagger;
