//! Credentials in headers: what follows a scheme, such as `Bearer`.

use base64::{Engine, engine::general_purpose::STANDARD};

/// What an `Authorization` says in confidence.
pub(crate) fn credentials_in(value: &str) -> Vec<String> {
    let credential = value.rsplit(' ').next().unwrap_or(value).to_owned();
    let pair = STANDARD.decode(&credential).ok().and_then(|pair| String::from_utf8(pair).ok());
    let password = pair.and_then(|pair| Some(pair.split_once(':')?.1.to_owned()));
    [Some(credential), password].into_iter().flatten().collect()
}
