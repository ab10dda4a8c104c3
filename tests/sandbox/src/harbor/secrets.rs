//! Which secrets the server takes, and how it makes its own.

use crate::random::random_word;

/// 8 to 128 characters, with an upper case letter, a lower case letter and a digit.
pub(crate) fn are_fit(secret: &str) -> bool {
    (8..=128).contains(&secret.chars().count())
        && secret.chars().any(char::is_uppercase)
        && secret.chars().any(char::is_lowercase)
        && secret.chars().any(|character| character.is_ascii_digit())
}

/// What is said about one that is not taken.
pub(crate) fn unfit(what: &str) -> String {
    format!(
        "the {what} must be 8-128, inclusively, characters long with at least 1 uppercase letter, 1 lowercase letter and 1 number"
    )
}

/// A new one of 32 characters.
pub(crate) fn made() -> String {
    loop {
        let secret = random_word(32);
        if are_fit(&secret) {
            return secret;
        }
    }
}
