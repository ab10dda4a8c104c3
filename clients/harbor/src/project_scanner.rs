//! What scans a project.

use evenkeel_transport::{ApiError, ResultExt, progenitor_client::Error};

use crate::{Client, types::ScannerRegistration};

/// The scanner of a project: its own, or the default one. Without any the answer has no body, which no document says.
///
/// # Errors
/// As each call.
pub async fn scanner_of_project(client: &Client, project: &str) -> Result<Option<ScannerRegistration>, ApiError> {
    let answer = client.project_scanner_get().project_name_or_id(project).x_is_resource_name(true).send().await;
    match answer {
        Err(Error::InvalidResponsePayload(body, _)) if body.is_empty() => Ok(None),
        answer => answer.api().map(Some),
    }
}
