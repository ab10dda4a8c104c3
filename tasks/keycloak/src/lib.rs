//! Converges Keycloak to the desired values.
