//! Build-time generation of the typed clients from OpenAPI.
