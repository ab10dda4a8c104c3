//! Keycloak's administration, as far as evenkeel speaks it: the client that
//! `openapi-specs/keycloak.yaml` generates at build time, and what that document cannot say.

mod schemas;

#[expect(
    missing_docs,
    clippy::disallowed_methods,
    reason = "generated; the document's descriptions are the documentation, and programs pass the session's own HTTP client"
)]
mod generated {
    include!(concat!(env!("OUT_DIR"), "/client.rs"));
}

pub use generated::*;
pub use schemas::json_schema;

evenkeel_transport::client_hooks!(Client);

impl evenkeel_transport::ErrorBody for types::ErrorRepresentation {
    fn message(&self) -> String {
        let text = self
            .error_message
            .as_deref()
            .or(self.error_description.as_deref())
            .or(self.error.as_deref())
            .or(self.message.as_deref());
        text.unwrap_or_default().to_owned()
    }
}
