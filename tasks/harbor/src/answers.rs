//! What Harbor's answers to creates and deletes come to.

use evenkeel_transport::{
    ApiError, ErrorBody, Kind, ResultExt, location_id,
    progenitor_client::{Error as CallError, ResponseValue},
};
use serde::de::DeserializeOwned;

use crate::{Error, error::WithContext};

/// The answer to a create, with the number that it names.
pub(crate) fn created<T: DeserializeOwned, E: ErrorBody>(
    answer: Result<ResponseValue<T>, CallError<E>>,
) -> Result<Option<i64>, ApiError> {
    let id = answer.as_ref().ok().and_then(location_id).and_then(|id| id.parse().ok());
    answer.api().map(|_| id)
}

/// The answer to a delete. An object that is not there any more leaves nothing to do.
pub(crate) fn deleted<T>(answer: Result<T, ApiError>, kind: &'static str, name: &str) -> Result<(), Error> {
    match answer {
        Err(error) if error.kind() == Kind::NotFound => Ok(()),
        answer => answer.map(drop).context("delete", kind, name),
    }
}
