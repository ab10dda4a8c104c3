//! Text to document.

use openapiv3::OpenAPI;

use crate::Error;

/// Parses a document; `name` is for messages.
///
/// # Errors
/// [`Error::Parse`] with line, column and source for text that is no OpenAPI 3.0 document.
pub fn parse(text: &str, name: &str) -> Result<OpenAPI, Error> {
    // Without strict booleans, YAML 1.1 words such as `no` and `y` become booleans on the way
    // through the untagged types of the document.
    let options = serde_saphyr::options! { strict_booleans: true };
    let document: OpenAPI = serde_saphyr::from_str_with_options(text, options)
        .map_err(|error| Error::Parse { name: name.to_owned(), message: error.to_string() })?;
    if document.openapi.starts_with("3.0.") {
        Ok(document)
    } else {
        Err(Error::Parse {
            name: name.to_owned(),
            message: format!("openapi `{}` cannot be generated, only 3.0", document.openapi),
        })
    }
}
