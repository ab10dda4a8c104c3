//! Keycloak client, generated at build time from OpenAPI.
