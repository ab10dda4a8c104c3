//! What an answer says where nothing is there: of a schedule that nobody has set, the server sends no byte (contract `schedules`).

use evenkeel_transport::{
    ApiError, ErrorBody, ResultExt,
    progenitor_client::{Error, ResponseValue},
};
use serde::de::DeserializeOwned;

/// The answer, or `None` where its body is empty or null.
///
/// # Errors
/// As each call.
pub fn unless_empty<T, E>(answer: Result<ResponseValue<T>, Error<E>>) -> Result<Option<T>, ApiError>
where
    T: DeserializeOwned,
    E: ErrorBody,
{
    match answer {
        Err(Error::InvalidResponsePayload(body, _)) if matches!(body.trim_ascii(), b"" | b"null") => Ok(None),
        answer => answer.api().map(Some),
    }
}
