//! What a generated call comes to: its value, or the one error of this crate.

use progenitor_client::{Error, ResponseValue};
use serde::de::DeserializeOwned;

use crate::{ApiError, Kind, decode, decoded, envelope, failure};

/// How a server's error body reads.
pub trait ErrorBody {
    /// What the server says about the failure, empty where it says nothing.
    fn message(&self) -> String;

    /// Whether it is the API that says so, where its bodies tell: a proxy before it, or a server that does not serve the path at all, answers 404
    /// too, and that says nothing about an object. `None` is a body of another shape than the API describes.
    fn is_of_the_api(_body: Option<&Self>) -> bool
    where
        Self: Sized,
    {
        true
    }
}

impl ErrorBody for () {
    fn message(&self) -> String {
        String::new()
    }
}

impl<E: ErrorBody> From<Error<E>> for ApiError {
    fn from(error: Error<E>) -> Self {
        match error {
            Error::ErrorResponse(response) => Self::from_status(response.status(), response.message())
                .said_by(E::is_of_the_api(Some(&response)))
                .of_read(envelope::is_of_read(response.headers())),
            Error::UnexpectedResponse(response) => envelope::open(&response),
            Error::InvalidResponsePayload(body, error) => match envelope::status_of(&body) {
                Some(failed) => failed.said_by(E::is_of_the_api(None)),
                None => Self::new(Kind::Decode, decode::describe(&error)),
            },
            Error::CommunicationError(error) | Error::ResponseBodyError(error) | Error::InvalidUpgrade(error) => {
                failure::classify(&error).into_error()
            }
            Error::InvalidRequest(message) | Error::Custom(message) => Self::new(Kind::Request, message),
        }
    }
}

/// The result of a generated call, in the caller's words.
pub trait ResultExt<T> {
    /// The value, or the one error of this crate.
    ///
    /// # Errors
    /// Every failed call.
    fn api(self) -> Result<T, ApiError>;

    /// The value, or `None` when the server says that there is no such object (404).
    ///
    /// # Errors
    /// Every other failed call.
    fn optional(self) -> Result<Option<T>, ApiError>;

    /// The value, or `None` when the object exists already (409): read it again and compare.
    ///
    /// # Errors
    /// Every other failed call.
    fn unless_conflict(self) -> Result<Option<T>, ApiError>;
}

impl<T: DeserializeOwned, E: ErrorBody> ResultExt<T> for Result<ResponseValue<T>, Error<E>> {
    fn api(self) -> Result<T, ApiError> {
        match self {
            Ok(value) => Ok(value.into_inner()),
            Err(Error::InvalidResponsePayload(body, error)) if envelope::status_of(&body).is_none() => {
                Err(ApiError::new(Kind::Decode, decode::locate::<T>(&body, &error)))
            }
            Err(error) => Err(error.into()),
        }
    }

    fn optional(self) -> Result<Option<T>, ApiError> {
        none_on(self.api(), Kind::NotFound)
    }

    fn unless_conflict(self) -> Result<Option<T>, ApiError> {
        none_on(self.api(), Kind::Conflict)
    }
}

fn none_on<T>(result: Result<T, ApiError>, kind: Kind) -> Result<Option<T>, ApiError> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.kind() == kind => Ok(None),
        Err(error) => Err(error),
    }
}

/// The id that a `201 Created` names: the last segment of its `Location`, percent-decoded.
#[must_use]
pub fn location_id<T>(response: &ResponseValue<T>) -> Option<String> {
    let location = response.headers().get(http::header::LOCATION)?.to_str().ok()?;
    let path = location.split(['?', '#']).next()?;
    let segment = path.trim_end_matches('/').rsplit('/').next().filter(|segment| !segment.is_empty())?;
    decoded(segment)
}
